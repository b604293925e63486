"""Two models held against each other: places, what they disagree on, and paired figures on held-out objects alone."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.core.learn import metrics
from astrolens_gui.core.learn.versus import Versus


def made(logit: np.ndarray, target: np.ndarray | None = None, held: np.ndarray | None = None) -> Versus:
    count = len(logit)
    target = np.full(count, np.nan) if target is None else target
    return Versus(np.arange(count), logit, target, np.zeros(count, bool) if held is None else held)


def test_that_what_only_one_has_on_top_comes_first_and_a_change_far_down_last():
    first = -np.arange(1000.0)
    second = first.copy()
    second[[2, 500]] = second[[500, 2]]  # 3rd against 501st
    second[[800, 999]] = second[[999, 800]]
    found = made(np.stack([first, second], 1))
    assert found.order[:2].tolist() == [2, 500]
    assert found.disagreement[2] == pytest.approx(np.log10(501 / 3))
    assert set(found.order[2:4].tolist()) == {800, 999}
    assert found.disagreement[0] == 0


def test_that_another_calibration_is_no_disagreement():
    logit = np.random.default_rng(0).normal(size=50)
    found = made(np.stack([logit, 3 * logit - 7], 1))
    assert not found.disagreement.any()


def test_that_the_figures_are_of_held_out_decided_objects_and_paired():
    random = np.random.default_rng(1)
    lens = np.arange(300) < 90
    target = np.where(lens, 1.0, 0.0)
    target[::50] = 0.5  # undecided
    held = np.arange(300) % 2 == 0
    poor = lens + random.normal(0, 2, 300)
    good = np.where(held, lens + random.normal(0, 0.3, 300), -5 * lens)  # wrong where it does not count
    found = made(np.stack([poor, good], 1), target, held)
    (figure,) = found.figures(draws=500)
    rows = held & (target != 0.5)
    assert figure.values[1] == metrics.auroc(lens[rows], good[rows]) > 0.95
    assert figure.change_interval[0] > 0
    assert figure.change == pytest.approx(figure.values[1] - figure.values[0])
    assert sum(found.counts()) == rows.sum()
    assert found.caution() == ""


def test_that_without_held_out_grades_it_says_so_and_counts_nothing():
    found = made(np.random.default_rng(2).normal(size=(30, 2)))
    assert found.figures() == []
    assert "0 lenses and 0 non-lenses" in found.caution()
    few = made(found.logit, (np.arange(30) < 9) * 1.0, np.ones(30, bool))
    assert "say little" in few.caution()
    assert len(few.figures(draws=50)) == 1


def test_that_no_object_is_no_error():
    empty = made(np.zeros((0, 2)))
    assert empty.order.size == empty.disagreement.size == 0
