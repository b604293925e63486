"""Golden objects at drawn places, duplicates at their distance, audits and stages that anybody can draw again."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.core.grading import order
from astrolens_gui.core.grading.order import Blind, Repeats

KEY = order.key_of(7, "ada")


def _mixed(settings, waiting=None, count=1000, step=20):
    ids = np.arange(count) + 5000
    golden = np.zeros(count, bool)
    golden[::step] = True
    ranked = np.argsort(~golden, kind="stable")  # a model that puts every golden object first
    waiting = np.ones(count, bool) if waiting is None else waiting
    return order.mixed_in(ranked, ids, waiting, golden, settings, KEY), golden


def test_that_golden_objects_lie_among_the_others_however_a_model_ranks_them():
    made, golden = _mixed(Blind(golden=0.05))
    assert sorted(made) == list(range(1000))
    per_hundred = golden[made].reshape(10, 100).sum(axis=1)
    assert per_hundred[:9].min() >= 3
    assert per_hundred.max() <= 8
    others = made[~golden[made]]
    assert np.array_equal(others, np.sort(others))  # the rest is in the order that it came in


def test_that_the_first_golden_objects_come_early():
    made, golden = _mixed(Blind(golden=0.02, early=10, within=50))
    assert golden[made[:50]].sum() >= 9
    assert golden[made[50:150]].sum() <= 4


def test_that_graded_golden_objects_stay_and_the_rest_are_spread_over_what_is_left():
    waiting = np.ones(1000, bool)
    waiting[:500] = False
    made, golden = _mixed(Blind(golden=0.1), waiting)
    open_ones = made[waiting[made]]
    assert golden[open_ones].sum() == 25
    assert golden[open_ones[:100]].sum() in range(7, 13)
    assert sorted(made) == list(range(1000))


@pytest.mark.parametrize("waiting", [np.zeros(40, bool), np.arange(40) % 2 == 0])
def test_that_a_queue_of_nothing_but_golden_objects_is_whole(waiting):
    ids = np.arange(40)
    made = order.mixed_in(np.arange(40), ids, waiting, np.arange(40) % 2 == 0, Blind(golden=0.1), KEY)
    assert sorted(made) == list(range(40))


def test_that_a_share_is_repeated_once_each_after_the_spacing_and_no_golden_object():
    repeats = Repeats(Blind(duplicates=0.2, spacing=30), KEY, never=set(range(0, 1000, 10)))
    first, second, answers = {}, {}, 0
    for one in range(1000):
        repeats.answered(one)
        first[one] = answers = answers + 1
        while (again := repeats.due()) is not None:
            repeats.answered(again, again=True)
            answers += 1
            assert again not in second
            second[again] = answers
    gaps = [second[one] - first[one] for one in second]
    assert 110 <= len(second) <= 210
    assert min(gaps) >= 30
    assert not any(one % 10 == 0 for one in second)
    while (again := repeats.due(at_end=True)) is not None:
        repeats.answered(again, again=True)
        second[again] = 0
    assert abs(len(second) - 180) < 40


def test_that_an_interrupted_grader_is_asked_the_same_again():
    settings = Blind(duplicates=0.3, spacing=10)
    whole = Repeats.after(settings, KEY, [(one, False) for one in range(60)])
    parted = Repeats.after(settings, KEY, [(one, False) for one in range(40)])
    for one in range(40, 60):
        parted.answered(one)
    assert whole == parted
    assert whole.due() is not None


def test_that_a_changed_grade_is_no_new_answer_and_an_undone_one_is_not_due():
    repeats = Repeats(Blind(duplicates=0.5, spacing=1), KEY)
    for one in range(20):
        repeats.answered(one)
        repeats.answered(one)
    due = repeats.due(at_end=True)
    repeats.taken_back(due)
    assert repeats.due(at_end=True) != due


def test_that_an_audit_is_a_drawn_share_of_the_rejected_and_at_least_one():
    rejected = list(range(200))
    made = order.audited(rejected, 0.1, 3)
    assert len(made) == 20
    assert made == order.audited(rejected[::-1], 0.1, 3)
    assert made != order.audited(rejected, 0.1, 4)
    assert len(order.audited(rejected, 0.0001, 3)) == 1
    assert order.audited([], 0.5, 3) == order.audited(rejected, 0, 3) == []


@pytest.mark.parametrize("wrong", [{"duplicates": 2}, {"golden": -1}, {"spacing": 0}, {"early": 20, "within": 10}])
def test_that_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        Blind(**wrong)
