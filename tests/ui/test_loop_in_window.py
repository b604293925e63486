"""The main job in the real window on real stamps: import, grade by key and click, retrain, re-rank, export."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest

from astrolens_gui.ui.qt import Qt, QtWidgets

pytestmark = pytest.mark.window

FOLDERS = (
    "lenses/euclid_q1",
    "lenses/desi_hst_f140w",
    "nonlenses/euclid_q1_neighbours",
    "nonlenses/desi_hst_f140w_neighbours",
)


@pytest.fixture
def real_window(shown: Any) -> Any:
    from astrolens_gui.workbench import Workbench

    bench = Workbench.start()
    window = shown(bench)
    yield window
    window.close()
    bench.close()


def truth(shared_data: Path) -> dict[str, str]:
    with (shared_data / "MANIFEST.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["path"].rsplit("/", 1)[0] in FOLDERS]
    return {Path(row["path"]).stem: ("1" if row["label"].startswith("lens") else "4") for row in rows}


def test_that_the_loop_runs_on_euclid_and_hst_stamps(qtbot, real_window, shared_data, tmp_path, monkeypatch):
    window, keys, project = real_window, truth(shared_data), tmp_path / "survey.astrolens"
    window.session.open(project, create={})
    qtbot.waitUntil(lambda: window.session.is_open, timeout=20_000)
    window.projects.bring_in([shared_data / folder for folder in FOLDERS], {"bands": None, "pixel_scale": None})
    qtbot.waitUntil(lambda: window.queue.rowCount() >= len(keys), timeout=60_000)
    image = window.stage.image

    graded = {}
    while window.queue.next_ungraded(-1) >= 0:
        object_id = window.current.object_id
        qtbot.waitUntil(
            lambda one=object_id: image.frame is not None and image.frame.image.object_id == one, timeout=20_000
        )
        name = window.queue.name_of(object_id)
        key = keys[name.rsplit("/", 1)[-1]]
        if len(graded) % 2:
            qtbot.mouseClick(window.labelbar._grade_buttons["A" if key == "1" else "X"], Qt.LeftButton)
        else:
            qtbot.keyClick(image, key)
        qtbot.waitUntil(
            lambda one=object_id: window.queue.grade_of(one) != "" and not window.grading.busy, timeout=5000
        )
        graded[name] = window.queue.grade_of(object_id)
    assert {name.rsplit("/", 1)[-1]: grade for name, grade in graded.items()} == {
        name: "A" if key == "1" else "X" for name, key in keys.items()
    }

    qtbot.keyClick(image, Qt.Key_Z, Qt.ControlModifier)
    last = name
    qtbot.waitUntil(lambda: window.queue.name_of(window.current.object_id) == last, timeout=5000)
    qtbot.waitUntil(lambda: window.queue.progress()[0] == len(keys) - 1, timeout=5000)

    window.panel.choose("toy")
    qtbot.keyClick(image, Qt.Key_F6)
    qtbot.keyClick(window.learning.retraining.dialog, Qt.Key_F6)
    qtbot.waitUntil(
        lambda: window.panel.verdict.text().startswith(("Provisional", "Accepted", "Refused")), timeout=120_000
    )
    assert window.panel.verdict.text().startswith(("Provisional", "Accepted")), window.panel.verdict.text()
    qtbot.waitUntil(
        lambda: any(window.queue.score_of(one) is not None for one in window.queue.objects()), timeout=60_000
    )
    assert window.toolbar.strategy.currentData() == "mixed"  # the order after the first training

    out = tmp_path / "grades.csv"
    monkeypatch.setattr(
        QtWidgets.QFileDialog, "getSaveFileName", lambda _, __, ___, filters: (str(out), filters.split(";;")[0])
    )
    window.projects.export()
    qtbot.waitUntil(lambda: "grades in" in window.status.word.text(), timeout=20_000)
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(keys) - 1
    assert {row["ID"]: row["grade"] for row in rows}.items() <= graded.items()


def test_that_the_demo_opens_a_project_ready_to_grade_and_again_at_once(qtbot, real_window, monkeypatch):
    from astrolens_gui.ui import projects

    monkeypatch.setattr(projects, "DEMO_COUNT", 8)
    window = real_window
    window.action_set["demo"].trigger()
    qtbot.waitUntil(lambda: window.stage.image is not None and window.stage.image.frame is not None, timeout=60_000)
    assert window.queue.rowCount() == 8
    assert window.windowTitle() == "demo — AstroLens"
    window.action_set["close_project"].trigger()
    qtbot.waitUntil(lambda: not window.session.is_open, timeout=10_000)
    assert window.start.recent.count() == 1
    window.action_set["demo"].trigger()
    qtbot.waitUntil(lambda: window.queue.rowCount() == 8, timeout=20_000)
