"""SIGKILL while grading: every label whose next image was shown is on the disk."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from grade_and_kill import kills


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a matter of POSIX")
def test_that_no_shown_label_is_lost_when_the_program_is_killed(tmp_path: Path) -> None:
    results = list(kills(tmp_path / "labels.sqlite", count=10, seed=20260102))
    assert [kill.lost for kill in results] == [()] * 10
    assert [kill.problems for kill in results] == [()] * 10
    assert sum(kill.shown > 0 for kill in results) >= 5, "the kills came before anything was graded: nothing was tested"
