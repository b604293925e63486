"""Graders as processes on one database at the same time: every event is there exactly once."""

from __future__ import annotations

from postgres_server import graded_at_once


def test_that_three_graders_at_once_lose_nothing_and_double_nothing(address):
    found = graded_at_once(str(address), ("ada", "bob", "cyd"), seconds=1.0)
    assert found.saved > 30
    assert (found.lost, found.doubled, found.foreign, found.wrong) == (0, 0, 0, 0)
