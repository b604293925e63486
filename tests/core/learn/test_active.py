"""Queue orders: seeded, stable, and useful in the sense that each promises."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.core.learn import active
from astrolens_gui.core.learn.scoring import probability

LOGIT = np.random.default_rng(0).normal(-4, 3, 1000)


def scores(logit):
    return {"logit": logit, "score": probability(logit), "labelled": np.zeros(len(logit), bool)}


def needed(count):
    """What orders that need more than scores are given."""
    random = np.random.default_rng(1)
    target = np.full(count, np.nan)
    target[:5], target[5:20] = 1.0, 0.0
    embedding = random.normal(size=(count, 4)).astype(np.float32)
    return {
        "embedding": embedding,
        "target": target,
        "members": random.normal(size=(count, 3)),
        "anomaly": embedding[:, 0],
        "like": np.arange(count) == 7,
    }


@pytest.mark.parametrize("spec", active.STRATEGIES, ids=lambda spec: spec.id)
def test_that_an_order_is_a_finite_number_each_and_repeats_with_its_seed(spec):
    logit = LOGIT.copy()
    logit[::3] = np.nan
    known = scores(logit) | {name: value for name, value in needed(len(logit)).items() if name in spec.needs}
    first, again = spec.function(known, 5), spec.function(known, 5)
    assert first.shape == (1000,)
    assert first.dtype == np.float64
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, again)


@pytest.mark.parametrize("spec", [spec for spec in active.STRATEGIES if not spec.needs], ids=lambda spec: spec.id)
def test_that_an_order_works_before_any_score_and_on_nothing(spec):
    assert np.unique(spec.function(scores(np.full(50, np.nan)), 1)).size == 50
    assert spec.function(scores(np.zeros(0)), 1).size == 0


def test_that_the_random_order_is_even_and_keeps_an_objects_place_when_others_are_added():
    few, many = active.random(scores(LOGIT[:100]), 7), active.random(scores(LOGIT), 7)
    np.testing.assert_array_equal(few, many[:100])
    assert abs(many.mean() - 0.5) < 0.04
    assert abs(np.corrcoef(np.arange(1000), many)[0, 1]) < 0.1
    assert not np.array_equal(many, active.random(scores(LOGIT), 8))


def test_that_top_follows_the_logit_and_puts_unscored_objects_behind():
    logit = np.array([0.5, np.nan, 3.0, -2.0])
    assert np.argsort(-active.top(scores(logit), 0)).tolist() == [2, 0, 3, 1]


def test_that_uncertain_asks_where_as_many_lie_above_as_lenses_are_expected():
    order = np.argsort(-active.uncertain(scores(LOGIT), 0))
    expected = probability(LOGIT).sum()
    rank = np.flatnonzero(np.argsort(-LOGIT) == order[0])[0]
    assert abs(rank - expected) <= 2


def test_that_mixed_shows_top_uncertain_and_random_ones_early():
    order = np.argsort(-active.mixed(scores(LOGIT), 3))
    first = set(order[:40].tolist())
    for single, least in ((active.top, 10), (active.uncertain, 10), (active.random, 2)):
        best = set(np.argsort(-single(scores(LOGIT), 3))[:least].tolist())
        assert best <= first


def test_that_graded_objects_take_no_turns_of_the_mixture():
    known = scores(LOGIT)
    known["labelled"][np.argsort(-LOGIT)[:400]] = True  # as after a training: what was graded a lens stands on top
    left = np.flatnonzero(~known["labelled"])
    order = np.argsort(-active.mixed(known, 3))
    first = set([row for row in order if not known["labelled"][row]][:40])
    for single, least in ((active.top, 10), (active.uncertain, 10), (active.random, 2)):
        assert set(left[np.argsort(-single(known, 3)[left])[:least]].tolist()) <= first
