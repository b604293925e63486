"""The main job in the real window, by keys and clicks, on Euclid Q1 and HST stamps: open, look, grade, train, rank."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.window

STAMPS = (
    "lenses/euclid_q1",
    "lenses/desi_hst_f140w",
    "nonlenses/euclid_q1_neighbours",
    "nonlenses/desi_hst_f140w_neighbours",
)


def truth(shared_data: Path) -> dict[str, str]:
    """{object name: grade} from the manifest."""
    with (shared_data / "MANIFEST.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["path"].rsplit("/", 1)[0] in STAMPS]
    return {Path(row["path"]).stem: "A" if row["label"].startswith("lens") else "X" for row in rows}


KEYS = {"A": "1", "X": "4"}


def test_that_a_person_can_do_the_whole_job_in_the_window(
    shared_data: Path, tmp_path: Path, qtbot: Any, window: Any, snap: Callable[[str], None]
):
    from PyQt5.QtCore import Qt
    from PyQt5.QtWidgets import QPushButton

    grades = truth(shared_data)
    snap("start")

    # A new project from four folders of real stamps.
    sources = [shared_data / folder for folder in STAMPS]
    project = tmp_path / "survey.astrolens"
    window.session.open(project, create={}, then=lambda: window.projects.bring_in(sources, {}))
    qtbot.waitUntil(lambda: window.queue.rowCount() == len(grades), timeout=20_000)
    qtbot.keyClick(window, Qt.Key_Home)
    qtbot.waitUntil(lambda: window.current.object_id > 0, timeout=10_000)
    painted: list[int] = []
    window.stage.painted.connect(lambda object_id, _: painted.append(object_id))

    # Every object by one key; the next one shows by itself, after the label is on disk.
    for count in range(1, len(grades)):
        target = window.current.object_id
        key = KEYS[grades[window.queue.name_of(target)]]
        qtbot.waitUntil(lambda: is_seen(window), timeout=5_000)
        qtbot.keyClick(window, key)
        qtbot.waitUntil(lambda target=target: window.current.object_id != target, timeout=5_000)
        assert window.queue.grade_of(target) != ""
        if count == 3:
            qtbot.waitUntil(lambda: window.current.object_id in painted, timeout=5_000)
            snap("grading")
        if count == 5:  # undo returns to the object; grade it again
            qtbot.keyClick(window, Qt.Key_Z, Qt.ControlModifier)
            qtbot.waitUntil(lambda target=target: window.current.object_id == target, timeout=5_000)
            assert window.queue.grade_of(target) == ""
            qtbot.waitUntil(lambda: is_seen(window), timeout=5_000)
            qtbot.keyClick(window, key)
            qtbot.waitUntil(lambda target=target: window.current.object_id != target, timeout=5_000)

    # The last one with the mouse.
    target = window.current.object_id
    value = grades[window.queue.name_of(target)]
    button = next(
        b for b in window.labelbar.findChildren(QPushButton) if f" {value} " in f" {b.text()} ".replace("\t", " ")
    )
    qtbot.waitUntil(lambda: is_seen(window), timeout=5_000)
    qtbot.mouseClick(button, Qt.LeftButton)
    qtbot.waitUntil(lambda: window.queue.grade_of(target) == value, timeout=5_000)

    # All of them at once.
    qtbot.keyClick(window, Qt.Key_V)
    qtbot.waitUntil(lambda: window.stage.is_mosaic, timeout=5_000)
    qtbot.wait(1500)
    snap("mosaic")
    qtbot.keyClick(window, Qt.Key_V)

    # Retrain by its key: the verdict is said, the queue is in the new order.
    window.panel.choose("toy")
    qtbot.keyClick(window, Qt.Key_F6)
    qtbot.keyClick(window.learning.retraining.dialog, Qt.Key_F6)
    qtbot.waitUntil(lambda: "Provisional" in window.panel.verdict.text(), timeout=90_000)
    qtbot.waitUntil(
        lambda: np.isfinite([window.queue.score_of(i) or np.nan for i in ids(window)]).any(), timeout=60_000
    )
    window.show_dock("models")
    qtbot.keyClick(window, Qt.Key_Home)
    qtbot.waitUntil(lambda: painted[-1] == window.current.object_id, timeout=5_000)
    snap("trained")

    stored = labels_on_disk(project)
    assert stored == grades


def is_seen(window: Any) -> bool:
    """Whether the current object's pixels are on the screen: what is not shown is not graded."""
    return not window.stage.sight(window.current.object_id).reason


def ids(window: Any) -> list[int]:
    return [window.queue.object_at(row) for row in range(window.queue.rowCount())]


def labels_on_disk(project: Path) -> dict[str, str]:
    """What another program would find now."""
    from astrolens_gui.core.project import Project

    with Project.open(project).store(read_only=True) as store:
        return {row.name: row.grade for row in store.labels()}


@pytest.mark.slow
def test_that_the_same_works_in_a_real_window_under_xvfb(shared_data: Path):
    if os.environ.get("ASTROLENS_UNDER_XVFB"):
        pytest.skip("this is the run under Xvfb")
    xvfb = shutil.which("xvfb-run")
    if xvfb is None:
        pytest.skip("xvfb-run is not installed (Debian: apt install xvfb)")
    here = f"{Path(__file__)}::test_that_a_person_can_do_the_whole_job_in_the_window"
    command = [
        xvfb,
        "-a",
        "-s",
        "-screen 0 1600x1000x24",
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        here,
    ]
    environment = {**os.environ, "QT_QPA_PLATFORM": "xcb", "ASTROLENS_UNDER_XVFB": "1"}
    environment.pop("ASTROLENS_SCREENSHOTS", None)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout[-3000:]
    assert "1 passed" in done.stdout
