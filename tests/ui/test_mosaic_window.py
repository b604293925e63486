"""The mosaic in the real window on the real workbench: its keys, pages graded and taken back on disk, and what the status line says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from astrolens_gui.ui.qt import QApplication, Qt
from astrolens_gui.workbench import Workbench

pytestmark = pytest.mark.window

COUNT = 30


@pytest.fixture
def window(qtbot: Any, shown: Any, tmp_path: Any) -> Any:
    from astropy.io import fits

    images = tmp_path / "images"
    images.mkdir()
    random = np.random.default_rng(1)
    for number in range(COUNT):
        fits.writeto(images / f"s{number:02d}.fits", random.normal(0, 1, (32, 32)).astype(np.float32))
    (images / "s07.fits").write_bytes((images / "s07.fits").read_bytes()[:3000])
    fits.writeto(images / "s05b.fits", random.normal(0, 1, (32, 32)).astype(np.float32))
    with Workbench.start(window=True) as bench:
        bench.open(tmp_path / "sample.astrolens", create={"scheme": "abcx"}).result(60)
        bench.import_images([images]).result(60)
        (images / "s05b.fits").unlink()  # gone after the import: its stamp can't be read
        made = shown(bench)
        made.resize(1200, 900)
        made.session.open(tmp_path / "sample.astrolens")
        qtbot.waitUntil(lambda: made.current.object_id > 0, timeout=10_000)
        made.stage.show_page("mosaic")
        made.stage.mosaic.set_columns(5)
        qtbot.waitUntil(lambda: len(made.stage.mosaic.seen) > 5, timeout=10_000)
        qtbot.waitUntil(lambda: not made.stage.mosaic._thumbs._jobs, timeout=10_000)
        QApplication.processEvents()
        yield made
        made.close()


def press(qtbot: Any, window: Any, key: Any, modifier: Any = Qt.NoModifier) -> None:
    qtbot.keyClick(QApplication.focusWidget() or window, key, modifier)


def on_disk(window: Any) -> dict[int, str]:
    bench = window.workbench
    return {row.object: row.grade for row in bench.opened.on_db(lambda: bench.store.labels(bench.grader))}


def gone(window: Any) -> int:
    model = window.queue
    return next(
        model.object_at(row) for row in range(model.rowCount()) if model.name_of(model.object_at(row)) == "s05b"
    )


def test_that_ctrl_return_grades_the_rest_of_the_page_on_disk_and_one_undo_takes_it_back(qtbot, window):
    mosaic = window.stage.mosaic
    first = mosaic.cursor_object
    press(qtbot, window, Qt.Key_1)
    qtbot.waitUntil(lambda: window.queue.grade_of(first) == "A", timeout=5000)
    page = set(mosaic.seen)
    assert first in page
    press(qtbot, window, Qt.Key_Return, Qt.ControlModifier)
    qtbot.waitUntil(lambda: "graded X together" in window.status.word.text(), timeout=5000)
    assert on_disk(window) == {one: "A" if one == first else "X" for one in page}
    assert gone(window) not in on_disk(window)
    assert not mosaic.isHidden()  # Ctrl+Return is not Return: no stamp was opened
    press(qtbot, window, Qt.Key_Z, Qt.ControlModifier)
    qtbot.waitUntil(lambda: on_disk(window) == {first: "A"}, timeout=5000)
    qtbot.waitUntil(lambda: window.queue.progress()[0] == 1 and not window.grading.busy, timeout=5000)
    press(qtbot, window, Qt.Key_Y, Qt.ControlModifier)
    qtbot.waitUntil(lambda: len(on_disk(window)) == len(page), timeout=5000)
    qtbot.waitUntil(lambda: window.queue.progress()[0] == len(page), timeout=5000)


def test_that_a_selected_page_is_graded_by_a_digit_and_escape_only_ends_the_selection(qtbot, window):
    mosaic = window.stage.mosaic
    window.queue_view.filter.setText("s")
    qtbot.wait(200)
    qtbot.waitUntil(lambda: len(mosaic.seen) > 5, timeout=5000)
    press(qtbot, window, Qt.Key_A, Qt.ControlModifier)
    assert len(mosaic.selected) == len(mosaic.whole)
    press(qtbot, window, Qt.Key_Escape)
    assert mosaic.selected == []
    assert window.queue_view.filter.text() == "s"  # the selection was meant
    press(qtbot, window, Qt.Key_Escape)
    assert window.queue_view.filter.text() == ""
    qtbot.wait(200)
    qtbot.waitUntil(lambda: len(mosaic.seen) > 5, timeout=5000)
    press(qtbot, window, Qt.Key_Right, Qt.ShiftModifier)
    press(qtbot, window, Qt.Key_Down, Qt.ShiftModifier)
    chosen = set(mosaic.selected) & mosaic.seen
    press(qtbot, window, Qt.Key_2)
    qtbot.waitUntil(lambda: set(on_disk(window)) == chosen, timeout=5000)
    assert set(on_disk(window).values()) == {"B"}


def test_that_a_page_refused_by_the_disk_stays_ungraded_and_is_said(qtbot, window, monkeypatch):
    from astrolens_gui.core.labels import together
    from astrolens_gui.core.labels.store import StoreError

    def full(*_: Any, **__: Any) -> Any:
        raise StoreError("the disk is full; make room and try again")

    monkeypatch.setattr(together, "label", full)
    press(qtbot, window, Qt.Key_Return, Qt.ControlModifier)
    qtbot.waitUntil(lambda: "the disk is full" in window.status.problem.text(), timeout=5000)
    assert window.queue.progress()[0] == 0
    assert on_disk(window) == {}


def test_that_columns_of_the_objects_are_fetched_for_a_filter(qtbot, window):
    window.queue_view.filter.setText("pixel_scale:none")
    qtbot.waitUntil(lambda: "pixel_scale" in window.queue.columns, timeout=5000)
    qtbot.waitUntil(lambda: not window.queue.problem, timeout=5000)
    assert window.queue.rowCount() == window.queue.progress()[1]
    window.queue_view.filter.setText("pixel_scale>0")
    qtbot.waitUntil(lambda: window.queue.rowCount() == 0, timeout=5000)
    window.queue_view.filter.setText("nonsense>0")
    qtbot.waitUntil(lambda: window.queue_view.problem.isVisible(), timeout=5000)
    assert "no column nonsense" in window.queue_view.problem.text()


def test_that_z_shows_a_stamp_large_and_letting_go_ends_it(qtbot, window):
    mosaic = window.stage.mosaic
    qtbot.keyPress(QApplication.focusWidget(), Qt.Key_Z)
    qtbot.waitUntil(mosaic._loupe.isVisible, timeout=2000)
    qtbot.keyRelease(QApplication.focusWidget(), Qt.Key_Z)
    assert not mosaic._loupe.isVisible()


def test_that_a_grade_is_for_the_stamp_that_is_shown_large(qtbot, window):
    mosaic = window.stage.mosaic
    under = mosaic.cursor_object
    other = window.queue.object_at(next(r for r in range(8) if window.queue.object_at(r) in mosaic.seen - {under}))
    qtbot.keyPress(QApplication.focusWidget(), Qt.Key_Z)
    mosaic._peek._row = window.queue.row_of(other)  # as the pointer on its way over it has it
    press(qtbot, window, Qt.Key_1)
    qtbot.waitUntil(lambda: on_disk(window) == {other: "A"}, timeout=5000)
    assert not mosaic._loupe.isVisible()
