"""Whose word weighs how much in what a network learns."""

from __future__ import annotations

import numpy as np

from astrolens_gui.core.learn.trust import FEWEST_SHARED, LEAST, weights


def campaign(skills: dict[str, float], objects: int = 400, seed: int = 1) -> tuple[dict[int, list], np.ndarray]:
    random = np.random.default_rng(seed)
    lens = random.random(objects) < 0.3
    votes = {
        number: [(name, float(lens[number] == (random.random() < right))) for name, right in skills.items()]
        for number in range(objects)
    }
    return votes, lens


def test_that_who_is_right_more_often_weighs_more_and_a_coin_next_to_nothing():
    found = weights(campaign({"ann": 0.97, "bea": 0.85, "coin": 0.5, "dan": 0.9})[0])
    assert found["ann"] > found["dan"] > found["bea"] > 5 * found["coin"]
    assert found["coin"] >= LEAST


def test_that_targets_made_with_them_are_nearer_to_the_truth_than_a_plain_mean():
    votes, lens = campaign({"ann": 0.95, "coin": 0.5, "dice": 0.55, "dan": 0.9})
    found = weights(votes)
    plain = np.array([np.mean([target for _, target in given]) for given in votes.values()])
    weighed = np.array(
        [np.average([t for _, t in given], weights=[found[name] for name, _ in given]) for given in votes.values()]
    )
    assert np.square(weighed - lens).mean() < 0.5 * np.square(plain - lens).mean()


def test_that_without_shared_objects_all_weigh_alike():
    alone = {number: [("ann" if number % 2 else "bea", 1.0)] for number in range(100)}
    assert weights(alone) == {}
    votes, _ = campaign({"ann": 0.9, "bea": 0.9}, FEWEST_SHARED - 1)
    assert weights(votes) == {}
    assert weights({}) == {}


def test_that_a_newcomer_weighs_as_the_others_do_on_average_and_undecided_words_say_nothing():
    votes, _ = campaign({"ann": 0.95, "bea": 0.8})
    votes[0].append(("new", 1.0))
    found = weights(votes)
    assert found["new"] == (found["ann"] + found["bea"]) / 2
    assert weights({number: [("ann", 0.5), ("bea", 0.5)] for number in range(50)}) == {}
