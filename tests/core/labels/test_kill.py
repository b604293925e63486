"""SIGKILL while grading, of the program or of its server: every label whose next image was shown is there, and every page whole."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from grade_and_kill import kills

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a matter of POSIX")


def test_that_no_shown_label_is_lost_when_the_program_is_killed(address: str | Path) -> None:
    count = 5 if isinstance(address, str) else 10
    results = list(kills(address, count=count, seed=20260102))
    assert [kill.lost for kill in results] == [()] * count
    assert [kill.problems for kill in results] == [()] * count
    assert sum(kill.shown > 0 for kill in results) >= count // 2, "the kills came before anything was graded"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="the server's processes are another user's")
@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
def test_that_no_shown_label_is_lost_when_the_server_is_killed(address: str) -> None:
    results = list(kills(address, count=3, seed=20260103, server=True))
    assert [kill.lost for kill in results] == [()] * 3
    assert [kill.problems for kill in results] == [()] * 3
    assert any(kill.shown for kill in results), "the kills came before anything was graded"
