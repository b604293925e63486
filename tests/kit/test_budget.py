"""A budget counts by the clock it is given, from the moment it is made."""

from __future__ import annotations

import math

import pytest

from astrolens_gui.kit import budget


@pytest.fixture
def clock(monkeypatch):
    """Hands that the test turns."""
    now = [100.0]
    monkeypatch.setattr(budget, "clock", lambda: now[0])
    return now


def test_that_a_budget_is_used_up_when_its_minutes_have_passed(clock):
    two = budget.Budget(2)
    assert (two.left(), two.share(), two.over()) == (120.0, 0.0, False)
    clock[0] += 30
    assert (two.left(), two.share(), two.over()) == (90.0, 0.25, False)
    clock[0] += 1000
    assert (two.left(), two.share(), two.over()) == (0.0, 1.0, True)


def test_that_no_minutes_are_no_limit(clock):
    endless = budget.Budget(0)
    clock[0] += 1e9
    assert (endless.left(), endless.share(), endless.over()) == (math.inf, 0.0, False)
