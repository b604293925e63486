"""Time left and the thinning of reports, against a clock of the test's own."""

from __future__ import annotations

import pytest

from astrolens_gui.jobs.eta import Eta
from astrolens_gui.jobs.events import Throttle


def test_that_a_steady_job_is_estimated_exactly_and_counts_down_between_reports():
    eta = Eta()
    for second in range(11):
        eta.update(100.0 + second, second / 40)
    assert eta.left_s(110.0) == pytest.approx(30.0)
    assert eta.left_s(115.0) == pytest.approx(25.0)
    assert eta.left_s(500.0) == 0.0


def test_that_a_slow_start_is_forgotten():
    eta = Eta()
    eta.update(0.0, 0.0)
    for second in range(60, 121):
        eta.update(float(second), (second - 60) / 120)
    assert eta.left_s(120.0) == pytest.approx(60.0, rel=0.05)


def test_that_nothing_is_claimed_too_early_or_without_progress():
    eta = Eta()
    assert eta.left_s(0.0) is None
    eta.update(0.0, 0.0)
    eta.update(0.2, 0.5)
    assert eta.left_s(0.2) is None
    still = Eta()
    still.update(0.0, 0.3)
    still.update(10.0, 0.3)
    assert still.left_s(10.0) is None


def test_that_a_step_backwards_begins_anew():
    eta = Eta()
    eta.update(0.0, 0.0)
    eta.update(10.0, 0.9)
    eta.update(11.0, 0.1)
    assert eta.left_s(11.0) is None
    eta.update(13.0, 0.3)
    assert eta.left_s(13.0) == pytest.approx(7.0)


def test_that_many_reports_in_the_window_stay_few_points_and_as_exact():
    eta = Eta()
    for step in range(20_001):
        eta.update(step / 1000, step / 40_000)
    assert len(eta._points) <= 1001
    assert eta.left_s(20.0) == pytest.approx(20.0)


def test_that_a_throttle_sends_the_first_at_once_and_the_newest_of_the_others():
    now, sent = [0.0], []
    throttle = Throttle(sent.append, per_s=10, clock=lambda: now[0])
    for value in range(5):
        throttle(value)
    assert sent == [0]
    throttle.flush(now=False)
    assert sent == [0]
    now[0] = 0.2
    throttle.flush(now=False)
    throttle.flush()
    assert sent == [0, 4]
