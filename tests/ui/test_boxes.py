"""Boxes by mouse and key: every gesture is an event on disk, and undo takes each of them back."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from astrolens_gui.ui.qt import QApplication, Qt, QtCore, QtGui
from astrolens_gui.workbench import Workbench

SIZE = 100


def _stamp(path: Path, turn: float, band: str) -> None:
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [150.0, 2.0], [50.5, 50.5]
    r = math.radians(turn)
    wcs.wcs.cd = np.diag([-0.1, 0.1]) / 3600 @ [[math.cos(r), -math.sin(r)], [math.sin(r), math.cos(r)]]
    header = wcs.to_header()
    header["FILTER"] = band
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.writeto(path, np.random.default_rng(1).normal(size=(SIZE, SIZE)).astype("f4"), header)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Workbench]:
    """A real project: two objects in two bands, the second band turned by 30° on the sky."""
    for name in ("one", "two"):
        _stamp(tmp_path / "images" / "VIS" / f"{name}.fits", 0.0, "VIS")
        _stamp(tmp_path / "images" / "Y" / f"{name}.fits", 30.0, "Y")
    with Workbench.start(window=True) as bench:
        bench.settings.set("grader", "ana")
        bench.open(tmp_path / "p.astrolens", create={}).result(60)
        assert bench.import_images([tmp_path / "images"]).result(60).added == 2
        bench.close_project().result(60)
        yield bench


@pytest.fixture
def window(qtbot: Any, shown: Any, bench: Workbench, tmp_path: Path) -> Iterator[Any]:
    window = shown(bench)
    window.session.open(tmp_path / "p.astrolens")
    qtbot.waitUntil(lambda: window.stage.image is not None and window.stage.image.frame is not None, timeout=10000)
    window.current.set_recipe(band="VIS")
    qtbot.waitUntil(lambda: window.stage.image.frame.image.band == "VIS", timeout=10000)
    qtbot.wait(50)
    yield window
    window.close()


class Hand:
    """Mouse on image pixels."""

    def __init__(self, window: Any, qtbot: Any) -> None:
        self.canvas, self.qtbot, self.window = window.stage.image.canvas, qtbot, window

    def _send(self, kind: Any, x: float, y: float, modifiers: Any) -> None:
        sx, sy = self.canvas.view.to_screen(x, y)
        ratio = self.canvas.devicePixelRatioF()
        place = QtCore.QPointF((sx - 0.5) / ratio, (sy - 0.5) / ratio)
        QApplication.sendEvent(
            self.canvas, QtGui.QMouseEvent(kind, place, Qt.LeftButton, Qt.LeftButton, modifiers or Qt.NoModifier)
        )

    def drag(self, start: tuple[float, float], end: tuple[float, float], modifiers: Any = None) -> None:
        self._send(QtCore.QEvent.MouseButtonPress, *start, modifiers)
        for part in (0.3, 0.7, 1.0):
            x, y = (a + (b - a) * part for a, b in zip(start, end, strict=True))
            self._send(QtCore.QEvent.MouseMove, x, y, modifiers)
        self._send(QtCore.QEvent.MouseButtonRelease, *end, modifiers)

    def click(self, x: float, y: float) -> None:
        self._send(QtCore.QEvent.MouseButtonPress, x, y, None)
        self._send(QtCore.QEvent.MouseButtonRelease, x, y, None)

    def double_click(self, x: float, y: float) -> None:
        self._send(QtCore.QEvent.MouseButtonDblClick, x, y, None)

    def key(self, key: Any, modifiers: Any = Qt.NoModifier) -> None:
        self.qtbot.keyClick(self.window.stage.image, key, modifiers)


@pytest.fixture
def hand(window: Any, qtbot: Any) -> Hand:
    hand = Hand(window, qtbot)
    hand.key(Qt.Key_N, Qt.ShiftModifier)
    assert hand.canvas.tool is window.marking.tool
    return hand


@pytest.fixture
def stored(bench: Workbench, window: Any, qtbot: Any) -> Any:
    """`stored(n)` waits until n boxes of the object shown are on disk and on the screen, and gives them."""

    def wait(count: int, **values: Any) -> list[Any]:
        one = window.current.object_id

        def there() -> list[Any]:
            return bench.boxes(one, window.stage.image.frame.image.wcs).result(10)

        def agrees() -> bool:
            rows, marks = there(), window.marking.layer.marks
            on_screen = [(mark.key, round(mark.region["x"], 3), mark.class_name) for mark in marks]
            on_disk = [(row.box, round(row.x, 3), row.class_name) for row in rows]
            last = rows[-1] if rows else None
            wanted = all(getattr(last, name) == pytest.approx(value, abs=0.3) for name, value in values.items())
            return len(rows) == count and on_screen == on_disk and wanted

        qtbot.waitUntil(agrees, timeout=5000)
        return there()

    return wait


def test_that_a_drag_draws_a_box_where_it_began_and_ended(hand: Hand, stored: Any) -> None:
    hand.drag((20.0, 30.0), (60.0, 50.0))
    [row] = stored(1)
    assert (row.x, row.y, row.w, row.h) == pytest.approx((40.0, 40.0, 40.0, 20.0), abs=0.3)
    assert (row.source, row.class_name, row.band, row.angle) == ("ana", "lens", "VIS", 0.0)
    assert row.w_arcsec == pytest.approx(4.0, abs=0.03)


def test_that_a_click_draws_no_box(hand: Hand, stored: Any, bench: Workbench) -> None:
    hand.click(20.0, 30.0)
    hand.drag((20.0, 30.0), (20.3, 30.2))
    hand.drag((20.0, 30.0), (60.0, 30.2))  # a line is none either
    assert stored(0) == []
    assert bench.store.events() == []


def test_that_a_box_is_moved_resized_and_deleted_and_each_is_undone(
    hand: Hand, stored: Any, window: Any, bench: Workbench
) -> None:
    hand.drag((20.0, 20.0), (40.0, 40.0))
    stored(1, x=30.0)
    hand.drag((30.0, 30.0), (60.0, 50.0))
    stored(1, x=60.0, y=50.0, w=20.0)
    hand.drag((70.0, 60.0), (80.0, 90.0))  # its upper right corner
    stored(1, x=65.0, y=65.0, w=30.0, h=50.0)
    hand.drag((50.0, 65.0), (60.0, 20.0))  # its left side: only across
    stored(1, x=70.0, y=65.0, w=20.0, h=50.0)
    hand.key(Qt.Key_Delete)
    stored(0)
    for expected in ((70.0, 20.0), (65.0, 30.0), (60.0, 20.0), (30.0, 20.0)):
        hand.key(Qt.Key_Z, Qt.ControlModifier)
        stored(1, x=expected[0], w=expected[1])
    hand.key(Qt.Key_Z, Qt.ControlModifier)
    stored(0)
    hand.key(Qt.Key_Y, Qt.ControlModifier)
    stored(1, x=30.0)
    assert all(event.kind in {"box", "retract"} for event in bench.store.events())


def test_that_a_corner_dragged_past_the_other_leaves_a_box(hand: Hand, stored: Any) -> None:
    hand.drag((20.0, 20.0), (40.0, 40.0))
    stored(1)
    hand.drag((40.0, 40.0), (5.0, 5.0))
    [row] = stored(1)
    assert min(row.w, row.h) > 0.5
    assert (row.x - row.w / 2, row.y - row.h / 2) == pytest.approx((20.0, 20.0), abs=0.3)


def test_that_a_click_again_selects_the_box_below(hand: Hand, stored: Any, window: Any) -> None:
    hand.drag((10.0, 10.0), (90.0, 90.0))
    [large] = stored(1)
    hand.drag((30.0, 30.0), (60.0, 60.0), Qt.ShiftModifier)
    small = next(row for row in stored(2) if row.box != large.box)
    layer = window.marking.layer
    assert layer.selected == small.box
    chosen = []
    for _ in range(3):
        hand.click(45.0, 45.0)
        chosen.append(layer.selected)
    assert chosen == [large.box, small.box, large.box]
    hand.click(95.0, 95.0)
    assert layer.selected == ""


def test_that_a_box_is_named_with_a_note(hand: Hand, stored: Any, window: Any, qtbot: Any) -> None:
    hand.drag((20.0, 20.0), (40.0, 40.0))
    stored(1)
    hand.double_click(30.0, 30.0)
    popup = window.marking.popup
    popup.name.setCurrentText("arc")
    popup.note.setText("tangential")
    qtbot.keyClick(popup.note, Qt.Key_Return)
    qtbot.waitUntil(lambda: [mark.class_name for mark in window.marking.layer.marks] == ["arc"], timeout=5000)
    [row] = stored(1)
    assert (row.class_name, row.note) == ("arc", "tangential")
    hand.drag((60.0, 60.0), (80.0, 80.0))
    assert stored(2)[-1].class_name == "arc"  # the next one is likely to be of the same class


def test_that_a_box_lies_at_the_same_place_of_the_sky_in_another_band(
    hand: Hand, stored: Any, window: Any, qtbot: Any
) -> None:
    hand.drag((60.0, 30.0), (80.0, 40.0))
    [drawn] = stored(1)
    image = window.stage.image
    here = image.frame.image.wcs
    window.current.set_recipe(band="Y")
    qtbot.waitUntil(lambda: image.frame is not None and image.frame.image.band == "Y", timeout=5000)
    stored(1)
    [mark] = window.marking.layer.marks
    truth = image.frame.image.wcs.world_to_pixel(here.pixel_to_world(drawn.x, drawn.y))
    assert (mark.region["x"], mark.region["y"]) == pytest.approx([float(v) for v in truth], abs=1e-3)
    assert abs(mark.region["angle"]) == pytest.approx(30.0, abs=0.01)


def test_that_a_refused_change_comes_back_with_a_sentence(
    hand: Hand, stored: Any, window: Any, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from astrolens_gui.core.labels.records import StoreError

    hand.drag((20.0, 20.0), (40.0, 40.0))
    stored(1, x=30.0)

    def full(*_: Any, **__: Any) -> None:
        raise StoreError("labels.sqlite: the disk is full; make room and try again")

    said: list[str] = []
    monkeypatch.setattr(window, "fail", said.append)
    with monkeypatch.context() as patch:
        for verb in ("change_box", "add_boxes", "remove_box"):
            patch.setattr(bench.store, verb, full)
        hand.drag((30.0, 30.0), (60.0, 60.0))
        hand.qtbot.waitUntil(lambda: len(said) == 1)
        stored(1, x=30.0)
        hand.drag((70.0, 70.0), (90.0, 90.0))
        hand.qtbot.waitUntil(lambda: len(said) == 2)
        stored(1, x=30.0)
    assert "change of the box is not saved: labels.sqlite: the disk is full" in said[0]
    assert "new box is not saved" in said[1]


def test_that_escape_first_gives_up_the_drag_and_then_the_tool(hand: Hand, stored: Any, window: Any) -> None:
    hand._send(QtCore.QEvent.MouseButtonPress, 20.0, 20.0, None)
    hand._send(QtCore.QEvent.MouseMove, 50.0, 50.0, None)
    assert window.marking.layer.draft is not None
    hand.key(Qt.Key_Escape)
    assert window.marking.layer.draft is None
    hand._send(QtCore.QEvent.MouseButtonRelease, 50.0, 50.0, None)
    assert hand.canvas.tool is window.marking.tool
    hand.key(Qt.Key_Escape)
    assert hand.canvas.tool is None
    stored(0)


def test_that_boxes_stay_with_their_object(hand: Hand, stored: Any, window: Any) -> None:
    hand.drag((20.0, 20.0), (40.0, 40.0))
    stored(1)
    first, grading = window.current.object_id, window.grading
    hand.key(Qt.Key_Right)
    stored(0)
    assert window.current.object_id != first
    hand.key(Qt.Key_Z, Qt.ControlModifier)  # comes back to the object whose box it takes away
    hand.qtbot.waitUntil(lambda: window.current.object_id == first and not grading.busy)
    stored(0)
    hand.key(Qt.Key_Y, Qt.ControlModifier)
    stored(1)


def test_that_other_peoples_boxes_are_shown_but_not_taken_hold_of(
    hand: Hand, stored: Any, window: Any, bench: Workbench
) -> None:
    one = window.current.object_id
    bench.settings.set("grader", "bo")
    bench.add_box(one, {"x": 50.0, "y": 50.0, "w": 40.0, "h": 40.0, "band": "VIS"}).result(10)
    bench.settings.set("grader", "ana")
    stored(1)
    hand.click(50.0, 50.0)
    assert window.marking.layer.selected == ""
    assert [mark.mine for mark in window.marking.layer.marks] == [False]


def test_that_hidden_boxes_are_not_painted(hand: Hand, stored: Any, window: Any) -> None:
    hand.drag((20.0, 20.0), (80.0, 80.0))
    stored(1)
    hand.key(Qt.Key_Escape)
    canvas = window.stage.image.canvas
    with_box = canvas.picture().copy()
    window.marking.toggle_boxes()
    assert canvas.picture() != with_box
    assert canvas.picture() == canvas.picture(layers=True)
    window.marking.toggle_boxes()
    assert canvas.picture() == with_box


def test_that_a_region_file_comes_in_and_goes_out(hand: Hand, stored: Any, window: Any, tmp_path: Path) -> None:
    path = tmp_path / "in.reg"
    path.write_text('image\ncircle(51,51,10)\npolygon(20,20,40,20,30,40)\nicrs;circle(10,10,1")\n')
    window.marking.bring_in(path)
    rows = stored(2)
    hand.qtbot.waitUntil(lambda: window.marking.report is not None)
    assert "1 regions lie on no image" in window.marking.report.text.toPlainText()
    assert [row.kind for row in rows] == ["circle", "polygon"]
    hand.drag((50.0, 50.0), (60.0, 50.0))
    moved = stored(2)[0]
    assert (moved.kind, moved.x, moved.w) == ("circle", pytest.approx(60.0, abs=0.3), pytest.approx(20.0, abs=0.01))
