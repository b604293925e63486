"""What a model said when it was judged: told apart are changed images, wrong grades, and honest news."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.core.learn.judged import (
    FILE,
    Judged,
    better_in_another_order,
    grades_at_odds,
    grades_turned,
    images_changed,
    keys_of,
    lost_since,
    news_are_harder,
)

RANDOM = np.random.default_rng(8)


def judged(count: int = 200, prevalence: float = 0.5) -> Judged:
    lens = RANDOM.random(count) < prevalence
    return Judged(keys_of(f"o{i}" for i in range(count)), lens, np.where(lens, 4.0, -4.0) + RANDOM.normal(0, 1, count))


def test_that_it_is_read_as_it_was_written_and_nothing_is_made_of_rubbish(tmp_path: Path):
    made = judged()
    made.save(tmp_path)
    found = Judged.read(tmp_path)
    assert found is not None
    for name in ("keys", "lens", "logit"):
        np.testing.assert_array_equal(getattr(found, name), getattr(made, name))
    for rubbish in (b"", b"PK rubbish", np.lib.format.magic(1, 0)):
        (tmp_path / FILE).write_bytes(rubbish)
        assert Judged.read(tmp_path) is None
    np.savez(tmp_path / FILE, keys=made.keys, lens=made.lens, logit=made.logit[:3])
    assert Judged.read(tmp_path) is None
    assert Judged.read(tmp_path / "nowhere") is None


def test_that_keys_are_of_the_name_alone_and_differ():
    keys = keys_of(f"o{i}" for i in range(10_000))
    assert len(np.unique(keys)) == 10_000
    assert keys[7] == keys_of(["o7"])[0]
    assert keys_of([]).size == 0


def test_that_rounding_of_another_device_is_no_change_and_other_images_are():
    then = judged()
    order = RANDOM.permutation(200)
    keys, same = then.keys[order], then.logit[order] + RANDOM.normal(0, 0.01, 200)
    assert images_changed(then, keys, same) == ""
    assert images_changed(then, keys, RANDOM.permutation(same)) != ""
    assert "40 of 200 held-out images" in images_changed(then, keys, np.r_[same[:40] + 3, same[40:]])
    assert images_changed(then, keys, np.r_[same[:4] + 3, same[4:]]) == "", "a few files may have been mended"
    assert images_changed(then, keys_of(f"other{i}" for i in range(200)), same + 5) == "", "nothing in common"
    gone = np.where(np.arange(200) < 50, np.nan, same)
    assert "50 of 200" in images_changed(then, keys, gone), "no answer is another answer"


@pytest.mark.parametrize("prevalence", [0.5, 0.05])
def test_that_flipped_grades_are_at_odds_and_honest_ones_are_not(prevalence: float):
    then, refused, told = judged(400, prevalence), 0, 0
    for _ in range(50):
        lens = RANDOM.random(300) < prevalence
        logit = np.where(lens, 4.0, -4.0) + RANDOM.normal(0, 1, 300)
        refused += bool(grades_at_odds(then, lens, logit))
        told += bool(grades_at_odds(then, lens ^ (RANDOM.random(300) < 0.2), logit))
    assert refused == 0
    assert told >= 49


def test_that_few_grades_and_grades_at_the_top_of_the_list_are_believed():
    then = judged()
    assert grades_at_odds(then, np.ones(19, bool), np.full(19, -5.0)) == ""
    assert grades_at_odds(then, np.zeros(300, bool), np.full(300, 5.0)) == "", "false alarms are what grading is for"
    assert "20 of 20" in grades_at_odds(then, np.ones(20, bool), np.full(20, -5.0))
    assert grades_at_odds(then, np.ones(20, bool), np.full(20, -5.0), temperature=10.0) == "", "it was never sure"


def test_that_news_which_the_champion_ranks_worse_are_pointed_out_and_alike_ones_are_not():
    then, random = judged(), np.random.default_rng(3)
    lens = random.random(200) < 0.5
    keys = np.r_[then.keys, keys_of(f"new{i}" for i in range(200))]
    for scatter, said in ((1.0, False), (9.0, True)):
        logit = np.where(lens, 4.0, -4.0) + random.normal(0, scatter, 200)
        note = news_are_harder(then, keys, np.r_[then.lens, lens], np.r_[then.logit, logit])
        assert bool(note) is said
    assert "on newer ones" in note
    few = slice(0, 205)
    assert news_are_harder(then, keys[few], np.r_[then.lens, lens][few], np.r_[then.logit, logit][few]) == ""


def test_that_classes_which_changed_places_are_told_and_corrections_are_not():
    keys, lens = keys_of(f"object{i}" for i in range(60)), np.arange(60) < 25
    then = Judged(keys, lens, np.zeros(60))
    assert grades_turned(then, keys, lens) == ""
    assert "60 of 60 held-out objects are of the other class" in grades_turned(then, keys, ~lens)
    corrected = np.where(np.arange(60) < 30, ~lens, lens)
    assert grades_turned(then, keys, corrected) == "", "half may be corrected"
    assert "31 of 60" in grades_turned(then, keys, np.where(np.arange(60) < 31, ~lens, lens))
    assert grades_turned(then, keys[:4], ~lens[:4]) == "", "too few to say"
    assert grades_turned(then, keys_of(f"new{i}" for i in range(60)), ~lens) == "", "other objects"


def test_that_bands_in_another_order_are_named_and_hard_objects_are_not():
    random = np.random.default_rng(5)
    lens = random.random(300) < 0.3
    good, bad = np.where(lens, 2.0, -2.0) + random.normal(0, 1, 300), random.normal(0, 1, 300)
    names = [["g", "r", "i"], ["g", "i", "r"], ["i", "r", "g"]]
    said = better_in_another_order(lens, np.stack([bad, bad, good]), names)
    assert "planes i, r, g read as g, r, i the champion ranks them with AUROC 0.99" in said
    assert better_in_another_order(lens, np.stack([good, good + 0.01, bad]), names) == ""
    others = random.normal(0, 1, (2, 300))
    assert better_in_another_order(lens, np.stack([bad, *others]), names) == "", "hard in every order"
    assert better_in_another_order(lens[:20], np.stack([bad, bad, good])[:, :20], names) == "", "too few to say"


def test_that_small_losses_which_add_up_are_told_and_noise_is_not():
    random = np.random.default_rng(9)
    lens = random.random(400) < 0.4
    keys, base = keys_of(f"o{i}" for i in range(400)), np.where(lens, 2.0, 0.0)
    start = base + random.normal(0, 1, 400)
    worse = start + random.normal(0, 1.0, 400)
    line = [("m2", Judged(keys, lens, worse)), ("m1", Judged(keys, lens, start))]
    said = lost_since(line, keys, lens, worse + random.normal(0, 0.05, 400))
    assert "on which m1 had" in said
    assert "400 held-out objects" in said
    assert lost_since(line, keys, lens, start + random.normal(0, 0.05, 400)) == ""
    assert lost_since(line, keys_of(f"new{i}" for i in range(400)), lens, worse) == "", "nothing in common"
    assert lost_since([], keys, lens, worse) == ""
