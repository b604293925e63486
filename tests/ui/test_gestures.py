"""Mouse and keys on the image: what each does to view, recipe or picture, and that none costs a label."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from pixel_fakes import FakeWorkbench, made, move

from astrolens_gui.api import Plane
from astrolens_gui.core.images import sections
from astrolens_gui.core.images.raster import ArrayRaster, raster
from astrolens_gui.core.images.stretch import render
from astrolens_gui.jobs.runner import Runner
from astrolens_gui.ui.bridge import Bridge
from astrolens_gui.ui.current import Current
from astrolens_gui.ui.qt import QApplication, QColor, Qt, QtCore, QtGui
from astrolens_gui.ui.views.canvas import Canvas
from astrolens_gui.ui.views.image import ImageView
from astrolens_gui.ui.views.layer import Layer, Tool

WAYS = [(0.0, False), (90.0, False), (37.0, False), (37.0, True), (180.0, True)]


def field(seed: int = 0, shape: tuple[int, int] = (40, 60)) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


def several(object_id: int, names: str = "gri") -> dict[str, object]:
    """One object in bands: (id, band) → LoadedImage."""
    rasters = {name: ArrayRaster(field(10 * object_id + n)) for n, name in enumerate(names)}
    return {
        name: made(r.data, object_id, band=name, bands=tuple(names), rasters=rasters) for name, r in rasters.items()
    }


class Banded(FakeWorkbench):
    """Objects of several bands."""

    def _load(self, object_id, band):
        found = self.images[object_id]
        return found[band or next(iter(found))] if isinstance(found, dict) else super()._load(object_id, band)


@pytest.fixture
def show(qtbot):
    """`show(images)` → (view, current, workbench), the first object on the screen at 600 × 500."""
    bridges = []

    def make(images, **fields):
        workbench, current = Banded(images, **fields), Current()
        bridge = Bridge(workbench)
        bridges.append(bridge)
        view = ImageView(bridge, workbench, current)
        qtbot.addWidget(view)
        view.resize(600, 500)
        view.show()
        qtbot.waitExposed(view)
        current.show(next(iter(images)))
        qtbot.waitUntil(lambda: view.frame is not None, timeout=5000)
        return view, current, workbench

    yield make
    for bridge in bridges:
        bridge.close()


def drag(canvas, start, end, button, steps=4):
    """Press, move and let go."""
    start, end = QtCore.QPoint(*start), QtCore.QPoint(*end)
    send(canvas, QtCore.QEvent.MouseButtonPress, start, button)
    for step in range(1, steps + 1):
        move(canvas, start + (end - start) * step / steps, button)
    send(canvas, QtCore.QEvent.MouseButtonRelease, end, button)


def send(canvas, kind, point, button):
    """A press or release; QTest would give it a time that makes it a double click of the last one."""
    buttons = button if kind == QtCore.QEvent.MouseButtonPress else Qt.NoButton
    event = QtGui.QMouseEvent(kind, QtCore.QPointF(point), canvas.mapToGlobal(point), button, buttons, Qt.NoModifier)
    QApplication.sendEvent(canvas, event)


def wheel(canvas, point, units=120):
    point = QtCore.QPoint(*point)
    event = QtGui.QWheelEvent(
        QtCore.QPointF(point), QtCore.QPointF(canvas.mapToGlobal(point)), QtCore.QPoint(), QtCore.QPoint(0, units),
        Qt.NoButton, Qt.NoModifier, Qt.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


def press_key(qtbot, window, key, modifiers=Qt.NoModifier):
    qtbot.keyClick(QApplication.focusWidget() or window, key, modifiers)


class Pencil(Tool):
    """Writes down what it is told; declines a press left of column 10."""

    hint = "draw"

    def __init__(self):
        super().__init__()
        self.told = []

    def press(self, spot):
        self.told.append(("press", spot))
        return spot.x >= 10

    def move(self, spot):
        self.told.append(("move", spot))

    def release(self, spot):
        self.told.append(("release", spot))

    def hover(self, spot):
        self.told.append(("hover", spot))

    def key(self, event):
        self.told.append(("key", event.key()))
        return event.key() == Qt.Key_Return

    def leave(self):
        self.told.append(("leave", None))

    def kinds(self):
        return [kind for kind, _ in self.told]


# -- mouse


@pytest.mark.parametrize(("angle", "mirrored"), WAYS)
@pytest.mark.parametrize("button", [Qt.LeftButton, Qt.MiddleButton])
def test_that_the_image_follows_the_hand_however_it_is_turned(show, button, angle, mirrored):
    view, _, _ = show({1: made(field())})
    canvas = view.canvas
    canvas.turn(angle)
    if mirrored:
        canvas.flip()
    canvas.zoom_by(4)
    held = canvas.pixel_at(QtCore.QPoint(300, 200))
    scale = canvas.view.scale
    drag(canvas, (300, 200), (250, 240), button)
    assert canvas.pixel_at(QtCore.QPoint(250, 240)) == pytest.approx(held, abs=1e-6)
    assert canvas.view.scale == scale


@pytest.mark.parametrize(("angle", "mirrored"), WAYS)
def test_that_the_wheel_keeps_what_is_under_the_cursor_however_the_image_is_turned(show, angle, mirrored):
    view, _, _ = show({1: made(field())})
    canvas = view.canvas
    canvas.turn(angle)
    if mirrored:
        canvas.flip()
    before, scale = canvas.pixel_at(QtCore.QPoint(310, 260)), canvas.view.scale
    wheel(canvas, (310, 260), 120)
    assert canvas.view.scale == pytest.approx(1.25 * scale)
    assert canvas.pixel_at(QtCore.QPoint(310, 260)) == pytest.approx(before, abs=1e-6)
    wheel(canvas, (310, 260), -15)  # a trackpad's small steps
    assert scale < canvas.view.scale < 1.25 * scale


def test_that_a_zoom_at_its_end_moves_nothing(show):
    view, _, _ = show({1: made(field())})
    for _ in range(40):
        wheel(view.canvas, (200, 150))
    closest = view.canvas.view
    wheel(view.canvas, (500, 400))
    assert view.canvas.view == closest


def test_that_a_pinch_zooms_where_the_fingers_are(show):
    view, _, _ = show({1: made(field())})
    canvas, at = view.canvas, QtCore.QPointF(320, 240)
    before, scale = canvas.pixel_at(at), canvas.view.scale
    pinch = SimpleNamespace(gestureType=lambda: Qt.ZoomNativeGesture, value=lambda: 0.5, localPos=lambda: at)
    assert canvas._hand.gesture(pinch)
    assert canvas.view.scale == pytest.approx(1.5 * scale)
    assert canvas.pixel_at(at) == pytest.approx(before, abs=1e-6)


def test_that_a_right_drag_changes_the_recipe_and_never_the_view(show):
    view, current, _ = show({1: made(field())})
    aim, recipe = view.canvas.view, current.recipe
    drag(view.canvas, (200, 200), (320, 280), Qt.RightButton)
    assert view.canvas.view == aim
    assert current.recipe.bias == pytest.approx(recipe.bias + 120 / view.canvas.width(), abs=1e-3)
    assert current.recipe.contrast > recipe.contrast
    assert (current.recipe.stretch, current.recipe.cuts) == (recipe.stretch, recipe.cuts)


def test_that_a_second_button_during_a_drag_does_nothing(show):
    view, current, _ = show({1: made(field())})
    canvas, recipe = view.canvas, current.recipe
    canvas.zoom_by(3)
    held = canvas.pixel_at(QtCore.QPoint(300, 200))
    send(canvas, QtCore.QEvent.MouseButtonPress, QtCore.QPoint(300, 200), Qt.LeftButton)
    send(canvas, QtCore.QEvent.MouseButtonPress, QtCore.QPoint(300, 200), Qt.RightButton)
    move(canvas, QtCore.QPoint(330, 210), Qt.LeftButton)
    send(canvas, QtCore.QEvent.MouseButtonRelease, QtCore.QPoint(330, 210), Qt.RightButton)
    move(canvas, QtCore.QPoint(340, 220), Qt.LeftButton)
    assert canvas.pixel_at(QtCore.QPoint(340, 220)) == pytest.approx(held, abs=1e-6)
    assert current.recipe == recipe


def test_that_a_tool_has_the_left_button_and_the_middle_one_still_pans(show):
    view, _, _ = show({1: made(field())})
    canvas, tool = view.canvas, Pencil()
    canvas.zoom_by(2)
    canvas.set_tool(tool)
    aim = canvas.view
    drag(canvas, (300, 200), (350, 240), Qt.LeftButton)
    assert canvas.view == aim
    assert tool.kinds() == ["press", "move", "move", "move", "move", "release"]
    spot = tool.told[-1][1]
    assert (spot.x, spot.y) == pytest.approx(canvas.pixel_at(QtCore.QPoint(350, 240)))
    assert (spot.sx, spot.sy) == (350.5, 240.5)
    drag(canvas, (300, 200), (330, 220), Qt.MiddleButton)
    assert canvas.view != aim
    assert tool.kinds()[6:] == []


def test_that_a_press_which_the_tool_declines_pans(show):
    view, _, _ = show({1: made(field())})
    canvas, tool = view.canvas, Pencil()
    canvas.zoom_by(2)
    canvas.drag(canvas.view, 2000, 0)  # the left edge comes into view
    canvas.set_tool(tool)
    aim, left = canvas.view, canvas.point_of(3, 20)
    drag(canvas, (left.x(), left.y()), (left.x() - 40, left.y()), Qt.LeftButton)
    assert tool.kinds()[0] == "press"
    assert "move" not in tool.kinds()
    assert canvas.view.x > aim.x


def test_that_esc_leaves_the_tool_and_other_keys_ask_it_first(show, qtbot):
    view, _, _ = show({1: made(field())})
    tool, heard = Pencil(), []
    view.canvas.tool_changed.connect(heard.append)
    view.canvas.set_tool(tool)
    qtbot.keyClick(view, Qt.Key_Return)
    assert view.canvas.tool is tool
    qtbot.keyClick(view, Qt.Key_Escape)
    assert view.canvas.tool is None
    assert tool.kinds() == ["key", "key", "leave"]
    assert heard == [tool, None]
    view.canvas.set_tool(tool)
    tool.finished.emit()
    assert view.canvas.tool is None


def test_that_a_double_click_fits_unless_the_tool_wants_it(show, qtbot):
    view, _, _ = show({1: made(field())})
    canvas = view.canvas
    fitted = canvas.view
    canvas.zoom_by(3, (100, 100))
    qtbot.mouseDClick(canvas, Qt.LeftButton, pos=QtCore.QPoint(50, 60))
    assert canvas.view == fitted
    tool = Pencil()
    tool.double_click = lambda spot: True
    canvas.set_tool(tool)
    canvas.zoom_by(3)
    closer = canvas.view
    qtbot.mouseDClick(canvas, Qt.LeftButton, pos=QtCore.QPoint(50, 60))
    assert canvas.view == closer


@pytest.mark.parametrize(("angle", "mirrored"), WAYS)
def test_that_a_resized_window_keeps_the_fit_or_the_centre(show, qtbot, angle, mirrored):
    view, _, _ = show({1: made(field())})
    canvas = view.canvas
    canvas.turn(angle)
    if mirrored:
        canvas.flip()
    view.resize(800, 400)
    qtbot.waitUntil(lambda: canvas.view.width == canvas.width() > 700)
    assert canvas.view == canvas.view.fitted((40, 60))
    canvas.zoom_by(2.5)
    before = canvas.view
    view.resize(650, 700)
    qtbot.waitUntil(lambda: canvas.view.width == canvas.width() < 700)
    after = canvas.view
    assert (after.x, after.y, after.scale, after.angle) == (before.x, before.y, before.scale, before.angle)


def test_that_the_readout_follows_when_the_image_moves_under_a_resting_pointer(show, qtbot):
    view, _, _ = show({1: made(field())})
    move(view.canvas, QtCore.QPoint(200, 150), Qt.NoButton)
    before = view.readout._pixel.text()
    view.canvas.flip()
    assert view.readout._pixel.text() != before
    x, _ = view.canvas.pixel_at(QtCore.QPoint(200, 150))
    assert f"x {int(x + 0.5) + 1:>4}" in view.readout._pixel.text()


def test_that_a_position_is_never_cut_off_into_another_number(show, qtbot, shared_data):
    view, _, _ = show({1: shared_data / "lenses/euclid_q1/102020057_NEG582019329494705421.fits"})
    ra, dec = map(float, view.frame.image.wcs.pixel_to_world_values(20.0, 30.0))
    decimals = set()
    for width in (1100, 860, 800, 760, 700, 640):
        view.resize(width, 500)
        QApplication.processEvents()
        view.readout.point((20.0, 30.0))
        label = view.readout._degrees
        assert label.fontMetrics().horizontalAdvance(label.text()) <= label.width()
        said = [float(part.rstrip("°")) for part in label.text().split()]
        if said:
            decimals.add(len(label.text().split()[0].rstrip("°").partition(".")[2]))
            assert said == pytest.approx([ra, dec], abs=0.6 * 10.0 ** -min(decimals))
    assert 8 in decimals


# -- keys, in the window


def test_that_keys_turn_and_flip_and_the_orientation_stays_with_the_next_object(window, qtbot):
    canvas, current = window.stage.image.canvas, window.current
    for key, modifiers, angle, mirrored in (
        (Qt.Key_BracketLeft, Qt.NoModifier, 90.0, False),
        (Qt.Key_X, Qt.NoModifier, 270.0, True),
        (Qt.Key_Y, Qt.NoModifier, 270.0, False),
        (Qt.Key_BracketRight, Qt.NoModifier, 180.0, False),
    ):
        press_key(qtbot, window, key, modifiers)
        assert (canvas.view.angle, canvas.view.mirrored) == (angle, mirrored)
    first = current.object_id
    press_key(qtbot, window, Qt.Key_Right)
    assert current.object_id != first
    qtbot.waitUntil(lambda: not window.stage.sight(current.object_id).reason, timeout=5000)
    assert (canvas.view.angle, canvas.view.mirrored) == (180.0, False)
    press_key(qtbot, window, Qt.Key_O, Qt.ShiftModifier)
    assert (canvas.view.angle, canvas.view.mirrored) == (0.0, False)


def grey(canvas) -> np.ndarray:
    """What is on the canvas, int (h, w)."""
    QApplication.processEvents()
    image = canvas.grab().toImage().convertToFormat(QtGui.QImage.Format_Grayscale8)
    lines = np.frombuffer(image.constBits().asstring(image.sizeInBytes()), np.uint8).reshape(image.height(), -1)
    return lines[:, : image.width()].astype(int)


def test_that_keys_show_crosshair_magnifier_and_scale_and_take_them_away(window, qtbot):
    view = window.stage.image
    move(view.canvas, QtCore.QPoint(120, 90), Qt.NoButton)
    for key, layer in ((Qt.Key_H, view.aids.reticle), (Qt.Key_Z, view.aids.magnifier), (Qt.Key_W, view.aids.scale)):
        before = grey(view.canvas)
        press_key(qtbot, window, key)
        assert layer.visible
        assert np.count_nonzero(grey(view.canvas) != before) > 500
        press_key(qtbot, window, key)
        assert not layer.visible
        assert np.abs(grey(view.canvas) - before).max() < 8  # Qt may hint a letter otherwise the second time


def test_that_a_grade_during_a_drag_is_kept_and_is_the_dragged_objects(window, qtbot, bench):
    canvas, current = window.stage.image.canvas, window.current
    first = current.object_id
    canvas.zoom_by(3)
    send(canvas, QtCore.QEvent.MouseButtonPress, QtCore.QPoint(200, 200), Qt.LeftButton)
    move(canvas, QtCore.QPoint(230, 210), Qt.LeftButton)
    press_key(qtbot, window, Qt.Key_1)
    move(canvas, QtCore.QPoint(260, 230), Qt.LeftButton)
    send(canvas, QtCore.QEvent.MouseButtonRelease, QtCore.QPoint(260, 230), Qt.LeftButton)
    qtbot.waitUntil(lambda: bool(bench.calls), timeout=3000)
    assert [(call["object_id"], call["grade"]) for name, call in bench.calls if name == "label"] == [(first, "A")]


def test_that_looking_while_labels_are_saved_loses_none(window, qtbot, bench):
    canvas = window.stage.image.canvas
    given = []
    looks = [Qt.Key_B, Qt.Key_O, Qt.Key_X, Qt.Key_Z, Qt.Key_H, Qt.Key_I]
    for look, grade in zip(looks, "123412", strict=True):
        graded = {object_id for object_id, _ in given}
        qtbot.waitUntil(lambda graded=graded: window.current.object_id not in graded, timeout=5000)
        qtbot.waitUntil(lambda: not window.stage.sight(window.current.object_id).reason, timeout=5000)
        given.append((window.current.object_id, "ABCX"[int(grade) - 1]))
        press_key(qtbot, window, getattr(Qt, f"Key_{grade}"))
        press_key(qtbot, window, look)
        wheel(canvas, (150, 150))
        drag(canvas, (100, 100), (140, 120), Qt.RightButton)
    qtbot.waitUntil(lambda: len([1 for name, _ in bench.calls if name == "label"]) == len(given), timeout=5000)
    assert [(call["object_id"], call["grade"]) for name, call in bench.calls if name == "label"] == given


# -- blink


def test_that_blink_shows_the_next_band_within_50_ms_and_names_it(show, qtbot):
    view, current, workbench = show({1: several(1), 2: several(2)})
    qtbot.waitUntil(lambda: all(view._prefetch.ready(1, band) for band in "ri"))
    workbench.hold = True  # the disk answers nothing any more
    seen, times = [], []
    for _ in range(4):
        start = time.perf_counter()
        assert view.blink() == ""
        view.canvas.repaint()
        times.append(time.perf_counter() - start)
        seen.append(view.frame.image.band)
        assert view.canvas.plate.startswith(seen[-1])
    assert seen == ["r", "i", "g", "r"]
    assert sorted(times)[1] < 0.050
    assert current.recipe.band == "r"
    assert "3 bands" in view.show_band(7)
    assert view.show_band(2) == ""
    assert view.frame.image.band == "i"


def test_that_an_object_of_one_band_says_that_there_is_nothing_to_blink(show):
    view, _, _ = show({1: made(field())})
    assert "nothing to blink" in view.blink()


def test_that_a_processed_picture_is_marked_blinked_and_gone_with_the_object(show, qtbot):
    view, current, _ = show({1: several(1), 2: several(2)})
    raw = view.frame.image.raster.data
    view.show_processed("residual", -raw, "σ")
    assert view.canvas.plate == "processed: residual · not data"
    assert view.frame.title == "residual"
    assert np.array_equal(view.frame.raster.data, -raw)
    assert view.frame.image.raster.data is raw  # the object's own pixels stay at hand
    assert view.readout.texts((3, 4))[1] == f"{-raw[4, 3]:.5g} σ"
    view.blink()
    assert (view.frame.title, view.canvas.plate) == ("", "raw")
    assert view.readout.texts((3, 4))[1] == f"{raw[4, 3]:.5g}"
    view.blink()
    assert view.frame.title == "residual"
    current.show(2)
    qtbot.waitUntil(lambda: view.frame is not None and view.frame.image.object_id == 2)
    assert (view.frame.title, view.canvas.plate) == ("", "")
    view.blink()
    assert view.frame.title == ""  # bands again
    with pytest.raises(ValueError, match="shape"):
        view.show_processed("model", np.zeros((3, 3)))


@pytest.mark.parametrize(("held_s", "after"), [(0.05, "r"), (0.5, "g")])
def test_that_a_tap_of_b_stays_and_a_held_b_goes_back_when_let_go(show, qtbot, held_s, after):
    view, _, _ = show({1: several(1)})
    view.setFocus()
    qtbot.waitUntil(lambda: view._prefetch.ready(1, "r"))
    view.blink()
    assert view.frame.image.band == "r"
    qtbot.wait(round(1000 * held_s))
    qtbot.keyRelease(view, Qt.Key_B)
    assert view.frame.image.band == after


# -- pictures


def test_that_until_the_next_picture_the_last_one_is_drawn_where_its_pixels_are_now(qtbot):
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(200, 200)
    canvas.set_image_shape((100, 100))
    canvas.show()
    qtbot.waitExposed(canvas)
    bgra = np.zeros((200, 200, 4), np.uint8)
    bgra[85:89, 90:94] = 255
    canvas.show(bgra)
    spot = canvas.view.to_image(92, 87)
    for change in (
        lambda: canvas.drag(canvas.view, 30, -12),
        lambda: canvas.zoom_by(1.7),
        lambda: canvas.turn(90),
        canvas.flip,
    ):
        change()
        QApplication.processEvents()
        assert QColor(canvas.grab().toImage().pixel(canvas.point_of(*spot))).red() == 255


def test_that_layers_are_painted_in_device_pixels_in_their_order(qtbot):
    class Blot(Layer):
        def __init__(self, colour):
            super().__init__()
            self.colour = QColor(colour)

        def paint(self, painter, view):
            x, y = view.to_screen(5, 5)
            painter.fillRect(QtCore.QRectF(x - 4, y - 4, 8, 8), self.colour)

    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(200, 200)
    canvas.set_image_shape((10, 10))
    canvas.show()
    qtbot.waitExposed(canvas)
    red, blue = Blot("#ff0000"), Blot("#0000ff")
    canvas.add_layer(red)
    canvas.add_layer(blue)
    at = canvas.point_of(5, 5)
    assert QColor(canvas.grab().toImage().pixel(at)).name() == "#0000ff"
    blue.visible = False
    blue.changed.emit()
    assert QColor(canvas.grab().toImage().pixel(at)).name() == "#ff0000"
    canvas.remove_layer(red)
    assert QColor(canvas.grab().toImage().pixel(at)).name() != "#ff0000"


def test_that_the_picture_for_a_file_is_the_view_at_any_size(show):
    view, current, _ = show({1: made(field(shape=(20, 20)))})
    current.set_recipe(cuts="minmax", stretch="linear")
    expected = render(view.frame.image.raster.data, current.recipe)
    for size in ((600, 468), (1500, 1170)):
        picture = view.canvas.picture(*size)
        assert (picture.width(), picture.height()) == size
        larger = size[0] / view.canvas.width()
        for row, column in ((0, 0), (7, 12), (19, 19)):
            sx, sy = view.canvas.view.to_screen(column, row)
            at = QtCore.QPoint(round(sx * larger), round((sy - view.canvas.height() / 2) * larger + size[1] / 2))
            assert QColor(picture.pixel(at)).getRgb()[:3] == tuple(expected[row, column])


def test_that_pixels_that_cannot_be_painted_are_a_sentence_and_no_crash(show, qtbot, monkeypatch):
    view, _, _ = show({1: made(field()), 2: made(field(2), 2)})

    def broken(*arguments):
        raise ValueError("the stretch gave no number")

    monkeypatch.setattr(view.engine, "paint", broken)
    with qtbot.captureExceptions() as raised:
        view.canvas.zoom_by(2)
        qtbot.waitUntil(lambda: view.notice.isVisible(), timeout=3000)
    assert raised == []
    assert view.notice.text == "the stretch gave no number"
    assert view.sight(1).final


# -- wide fields


class Images(dict):
    """Objects by id, and what the workbench's images offer besides."""

    def build_overviews(self, raster, ctx):
        self.built = raster


def wide_file(path, side=4200):
    """A FITS file above the size that is held in memory: stripes, and one pixel of 7.5 at (3000, 1000)."""
    cards = {"SIMPLE": "T", "BITPIX": -32, "NAXIS": 2, "NAXIS1": side, "NAXIS2": side}
    header = "".join(f"{f'{name:<8}= {value:>20}':<80}" for name, value in cards.items()) + f"{'END':<80}"
    pixels = np.zeros((side, side), ">f4")
    pixels[::7] += 1
    pixels[1000, 3000] = 7.5
    path.write_bytes(header.ljust(2880).encode() + pixels.tobytes() + bytes(-pixels.nbytes % 2880))
    return Plane(str(path), 0, None, "r", shape=(side, side))


def test_that_a_wide_field_is_never_read_on_the_main_thread(show, qtbot, tmp_path, monkeypatch):
    read_on = set()
    for name in ("_box", "_pick"):
        real = getattr(sections.Mapped, name)
        told = lambda *a, real=real: (read_on.add(threading.current_thread()), real(*a))[1]  # noqa: E731
        monkeypatch.setattr(sections.Mapped, name, told)
    wide = raster(wide_file(tmp_path / "wide.fits"))
    assert not wide.resident
    image = replace(made(field()), raster=wide, rasters={"r": wide})
    with Runner() as runner:
        images = Images({1: image})
        view, current, _ = show(images, runner=runner)
        canvas = view.canvas

        def settled():
            qtbot.waitUntil(lambda: canvas._picture.shows(canvas.view), timeout=5000)

        settled()
        qtbot.waitUntil(lambda: getattr(images, "built", None) is wide, timeout=5000)
        for gesture in (
            lambda: canvas.zoom_to(2.0),
            lambda: canvas.drag(canvas.view, 300, 90),
            lambda: canvas.turn(30),
        ):
            gesture()
            settled()
        qtbot.waitUntil(lambda: view.readout.texts((3000.0, 1000.0))[1] == "7.5", timeout=5000)
        current.set_recipe(cuts="manual", low=0.0, high=2.0)
        settled()
        assert view.frame.high == 2.0
        assert read_on
        assert threading.main_thread() not in read_on


def test_that_of_a_burst_of_views_of_a_wide_field_only_the_last_is_waited_for(show, qtbot, tmp_path, monkeypatch):
    wide = raster(wide_file(tmp_path / "wide.fits"))
    sampled = []
    real = wide.sample

    def slowly(to_image, width, height):
        sampled.append(to_image)
        time.sleep(0.05)
        return real(to_image, width, height)

    monkeypatch.setattr(wide, "sample", slowly)
    image = replace(made(field()), raster=wide, rasters={"r": wide})
    with Runner() as runner:
        view, _, _ = show(Images({1: image}), runner=runner)
        view.canvas.zoom_to(1.0)
        qtbot.waitUntil(lambda: view.canvas._picture.shows(view.canvas.view), timeout=5000)
        sampled.clear()
        for _ in range(20):
            start = time.perf_counter()
            view.canvas.drag(view.canvas.view, 7, 3)
            view.canvas.repaint()
            assert time.perf_counter() - start < 0.04  # the picture so far, moved
        qtbot.waitUntil(lambda: view.canvas._picture.shows(view.canvas.view), timeout=5000)
        assert len(sampled) <= 4
        assert sampled[-1] == view.canvas.view.to_image


HIDPI = """
import numpy as np
from astrolens_gui.ui import app
from astrolens_gui.ui.qt import QtCore
from astrolens_gui.ui.views.canvas import Canvas
application = app.application()
canvas = Canvas()
canvas.resize(300, 200)
canvas.renderer = lambda view: np.full((view.height, view.width, 4), 90, np.uint8)
canvas.set_image_shape((50, 50))
canvas.show()
application.processEvents()
assert (canvas.view.width, canvas.view.height) == (600, 400), canvas.view
assert canvas.scale_px == canvas.view.scale / 2
x, y = canvas.pixel_at(QtCore.QPointF(150, 100))
assert abs(x - 24.5) < 0.1 and abs(y - 24.5) < 0.1
assert canvas.grab().toImage().width() == 600
canvas.zoom_to(1.0)
assert canvas.view.scale == 1.0
print("sharp")
"""


def test_that_a_dense_screen_gets_all_its_pixels():
    environment = {**os.environ, "QT_SCALE_FACTOR": "2", "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([sys.executable, "-c", HIDPI], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.strip().endswith("sharp"), done.stderr
