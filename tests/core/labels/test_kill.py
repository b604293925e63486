"""SIGKILL while grading, of the program or of its server: every label whose next image was shown is there, and every page whole."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from grade_and_kill import kill_servers_side, kills
from store_records import records

from astrolens_gui.core.labels.store import Store, StoreError

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a matter of POSIX")


def test_that_no_shown_label_is_lost_when_the_program_is_killed(address: str | Path) -> None:
    count = 4 if isinstance(address, str) else 10
    results = list(kills(address, count=count, seed=20260102))
    assert [kill.lost for kill in results] == [()] * count
    assert [kill.problems for kill in results] == [()] * count
    assert sum(kill.shown > 0 for kill in results) >= count // 2, "the kills came before anything was graded"


as_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="the server is another user's")


@as_root
@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
def test_that_no_shown_label_is_lost_when_the_server_is_killed(address: str) -> None:
    results = list(kills(address, count=2, seed=20260103, server=True))
    assert [kill.lost for kill in results] == [()] * 2
    assert [kill.problems for kill in results] == [()] * 2
    assert any(kill.shown for kill in results), "the kills came before anything was graded"


@as_root
@pytest.mark.parametrize("address", ["postgresql"], indirect=True)
def test_that_an_open_project_says_so_and_grades_on_once_the_server_is_back(address: str) -> None:
    with Store(address) as store:
        store.add_objects(records(3))
        store.label(1, "A", grader="me", scheme="abcx")
        kill_servers_side(address)
        end, refused = time.monotonic() + 30, []
        while True:
            try:
                store.label(2, "B", grader="me", scheme="abcx")
                break
            except StoreError as error:
                refused.append(str(error))
                assert time.monotonic() < end, refused[-1]
                time.sleep(0.05)
        assert all("does not answer" in sentence for sentence in refused)
        assert [(row.object, row.grade) for row in store.labels()] == [(1, "A"), (2, "B")]
        assert len(store.events()) == 2
