"""Colour in the real window on real Euclid stamps: one key, a label that remembers it, a project that opens in colour again."""

from __future__ import annotations

import shutil
from typing import Any

import numpy as np
import pytest

from astrolens_gui.core.images.recipe import Recipe
from astrolens_gui.ui.qt import Qt, QtGui

pytestmark = pytest.mark.window

LENS = "102020057_NEG582019329494705421"


@pytest.fixture
def opened(shown: Any, shared_data: Any, tmp_path: Any) -> Any:
    """`opened()` → a window of its own on one and the same project of three Euclid stamps."""
    from astrolens_gui.workbench import Workbench

    stamps = tmp_path / "stamps"
    stamps.mkdir()
    for name in (LENS, "102159187_2646504448657919965", "J0331163-274757_group"):
        shutil.copy(shared_data / "lenses/euclid_q1" / f"{name}.fits", stamps)
    benches, windows = [], []

    def make() -> Any:
        bench = Workbench.start()
        folder = tmp_path / "survey.astrolens"
        if not benches:
            bench.open(folder, create={}).result(60)
            assert bench.import_images([stamps]).result(60).added == 3
            bench.close_project().result(60)
        window = shown(bench)
        benches.append(bench)
        windows.append(window)
        window.session.open(folder)
        return window

    yield make
    for window, bench in zip(windows, benches, strict=True):
        window.close()
        bench.close()


def picture(window: Any) -> np.ndarray:
    image = window.stage.image.canvas.grab().toImage().convertToFormat(QtGui.QImage.Format_RGB888)
    bits = image.constBits()
    bits.setsize(image.bytesPerLine() * image.height())
    lines = np.frombuffer(bits, np.uint8).reshape(image.height(), image.bytesPerLine())
    return lines[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).astype(int)


def in_colour(window: Any) -> bool:
    return bool((np.ptp(picture(window), axis=-1) > 80).sum() > 500)


def visit(qtbot: Any, window: Any, name: str) -> None:
    row = next(
        row for row in range(window.queue.rowCount()) if window.queue.name_of(window.queue.object_at(row)) == name
    )
    wanted = window.queue.object_at(row)
    window.current.show(wanted, row)
    qtbot.waitUntil(lambda: not window.stage.sight(wanted).reason, timeout=10_000)


def test_that_a_key_shows_colour_and_the_project_opens_with_it_again(qtbot, opened):
    window = opened()
    qtbot.waitUntil(lambda: window.queue.rowCount() == 3, timeout=20_000)
    visit(qtbot, window, LENS)
    assert not in_colour(window)
    qtbot.keyClick(window.stage.image, Qt.Key_Q)
    assert window.current.recipe.mode == "rgb"
    qtbot.waitUntil(lambda: in_colour(window), timeout=10_000)
    qtbot.keyClick(window.stage.image, Qt.Key_A, Qt.ShiftModifier)
    locked = window.current.recipe.locked
    assert locked
    lens = window.current.object_id
    qtbot.keyClick(window.stage.image, "1")
    qtbot.waitUntil(lambda: window.queue.grade_of(lens) == "A" and not window.grading.busy, timeout=5000)
    events = window.workbench.runner.submit("db", lambda: window.workbench.opened.store.events(), quiet=True)
    screen = events.result(10)[-1].screen
    assert Recipe.from_dict(screen) == window.current.recipe
    assert screen["shown"]["band"] == "VIS"
    window.close()

    again = opened()
    qtbot.waitUntil(lambda: again.queue.rowCount() == 3, timeout=20_000)
    assert (again.current.recipe.mode, again.current.recipe.lock) == ("rgb", "band")
    assert again.current.recipe.locked == locked
    visit(qtbot, again, LENS)
    qtbot.waitUntil(lambda: in_colour(again), timeout=10_000)


def test_that_an_object_of_one_band_says_that_it_has_no_colour(qtbot, window):
    qtbot.keyClick(window.stage.image, Qt.Key_Q)
    assert window.current.recipe.mode == "single"
    assert "one band" in window.status.word.toolTip() + window.status.word.text()
