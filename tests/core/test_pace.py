"""The guess of a training's time: learnt from trainings on this computer, and silent before the first."""

from __future__ import annotations

import math

import pytest

from astrolens_gui.core.learn.pace import KEPT, guess, noted


def test_that_nothing_is_guessed_before_the_first_training():
    assert math.isnan(guess([], 100))


def test_that_the_same_training_takes_as_long_and_a_larger_one_longer():
    assert guess([(100, 20.0)], 100) == pytest.approx(20.0, rel=0.02)
    assert 20.0 < guess([(100, 20.0)], 400) < 80.0


def test_that_fixed_cost_and_cost_of_a_label_are_told_apart_by_two_trainings():
    past = [(100, 15.0), (1000, 60.0)]  # 10 s and 0.05 s a label
    assert guess(past, 4000) == pytest.approx(210.0, rel=0.1)


def test_that_the_newest_count_most_and_old_ones_go():
    slow_then_fast = [(100, 60.0)] * 6 + [(100, 10.0)] * 6
    assert guess(slow_then_fast, 100) < 25
    assert len(noted([(100, 1.0)] * KEPT, 200, 2.0)) == KEPT
