"""The lens tools by mouse and key: what each does to the measurements, what is kept, and that grading goes on meanwhile."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from pixel_fakes import move

from astrolens_gui.core.images.raster import ArrayRaster
from astrolens_gui.core.measure.plate import Plate
from astrolens_gui.ui.qt import QApplication, QColor, Qt, QtCore, QtGui
from astrolens_gui.ui.views.measure_layer import angle_text
from astrolens_gui.ui.views.measure_panel import rows
from astrolens_gui.ui.views.measure_state import MeasureState
from astrolens_gui.workbench.records import LoadedImage

pytestmark = pytest.mark.window


def at(window, x, y):
    return window.stage.image.canvas.point_of(x, y)


def drag(qtbot, window, start, *stops):
    canvas = window.stage.image.canvas
    qtbot.mousePress(canvas, Qt.LeftButton, pos=at(window, *start))
    for stop in stops:
        move(canvas, at(window, *stop), Qt.LeftButton)
    qtbot.mouseRelease(canvas, Qt.LeftButton, pos=at(window, *stops[-1]))


def click(qtbot, window, x, y):
    qtbot.mouseClick(window.stage.image.canvas, Qt.LeftButton, pos=at(window, x, y))


def press(qtbot, window, key, modifier=Qt.NoModifier):
    qtbot.keyClick(window.stage.image, key, modifier)


@pytest.fixture
def measuring(window):
    return window.measuring


@pytest.fixture
def circle(qtbot, window, measuring):
    """A window with the circle's tool on, its circle in the middle at 1″ = 10 px."""
    press(qtbot, window, Qt.Key_E)
    qtbot.waitUntil(lambda: measuring.state.measured.circle is not None)
    measuring.state.set(circle=(20.0, 20.0), theta=1.0)
    return measuring


def test_that_e_puts_a_circle_on_the_central_source(qtbot, window, measuring):
    press(qtbot, window, Qt.Key_E)
    qtbot.waitUntil(lambda: measuring.state.measured.circle is not None)
    x, y = measuring.state.measured.circle
    assert abs(x - 19.5) < 20
    assert abs(y - 19.5) < 20
    assert measuring.state.measured.theta == pytest.approx(1.0)
    assert window.stage.image.canvas.tool is measuring.tools["einstein_circle"]
    press(qtbot, window, Qt.Key_E)
    assert window.stage.image.canvas.tool is None
    assert measuring.state.measured.circle is not None


def test_that_the_rim_sizes_and_the_inside_moves(qtbot, window, circle):
    drag(qtbot, window, (30, 20), (33, 20), (35, 20))
    assert circle.state.measured.theta == pytest.approx(1.5, abs=0.03)
    assert circle.state.measured.circle == (20.0, 20.0)
    drag(qtbot, window, (20, 24), (21, 24), (17, 20))
    x, y = circle.state.measured.circle
    assert (x, y) == (pytest.approx(17, abs=0.2), pytest.approx(16, abs=0.2))
    assert circle.state.measured.theta == pytest.approx(1.5, abs=0.03)


def test_that_outside_the_circle_the_left_button_pans(qtbot, window, circle):
    before = window.stage.image.canvas.view
    canvas = window.stage.image.canvas
    drag(qtbot, window, (38, 38), (30, 30))
    assert canvas.view != before
    assert (circle.state.measured.circle, circle.state.measured.theta) == ((20.0, 20.0), 1.0)


def wheel(window, delta, modifiers):
    canvas = window.stage.image.canvas
    middle = QtCore.QPointF(canvas.rect().center())
    event = QtGui.QWheelEvent(
        middle, canvas.mapToGlobal(middle.toPoint()).__class__(middle.toPoint()), QtCore.QPoint(), QtCore.QPoint(0, delta),
        Qt.NoButton, modifiers, Qt.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


def test_that_shift_and_wheel_size_the_circle_and_the_wheel_alone_zooms(window, circle):
    canvas = window.stage.image.canvas
    scale = canvas.view.scale
    wheel(window, 120, Qt.ShiftModifier)
    assert circle.state.measured.theta == pytest.approx(1.05)
    assert canvas.view.scale == scale
    wheel(window, -120, Qt.ShiftModifier | Qt.ControlModifier)
    assert circle.state.measured.theta == pytest.approx(1.05 / 1.01)
    wheel(window, 120, Qt.NoModifier)
    assert canvas.view.scale > scale
    assert circle.state.measured.theta == pytest.approx(1.05 / 1.01)


def test_that_keys_move_size_and_remove_the_circle(qtbot, window, circle):
    press(qtbot, window, Qt.Key_Right, Qt.AltModifier)
    press(qtbot, window, Qt.Key_Up, Qt.AltModifier)
    assert circle.state.measured.circle == (pytest.approx(20.5), pytest.approx(20.5))
    press(qtbot, window, Qt.Key_Greater)
    assert circle.state.measured.theta == pytest.approx(1.05)
    press(qtbot, window, Qt.Key_Backspace)
    assert circle.state.measured.circle is None


def test_that_the_circle_is_painted_on_its_radius(qtbot, window, circle):
    canvas = window.stage.image.canvas
    QApplication.processEvents()
    picture = canvas.grab().toImage()

    def yellow(x, y):
        point = at(window, x, y)
        near = [QColor(picture.pixel(point.x() + dx, point.y() + dy)) for dx in range(-2, 3) for dy in range(-2, 3)]
        return any(c.red() > 200 and c.blue() < 170 and c.green() > 150 for c in near)

    for angle in (0.3, 1.2, 2.5, 4.0, 5.5):
        assert yellow(20 + 10 * math.cos(angle), 20 + 10 * math.sin(angle))
        assert not yellow(20 + 7 * math.cos(angle), 20 + 7 * math.sin(angle))


def test_that_the_ruler_measures_while_it_is_dragged(qtbot, window, measuring):
    press(qtbot, window, Qt.Key_R)
    canvas = window.stage.image.canvas
    qtbot.mousePress(canvas, Qt.LeftButton, pos=at(window, 10, 10))
    move(canvas, at(window, 13, 14), Qt.LeftButton)
    assert {name: value for name, value, _ in rows(measuring.state)}["Ruler"].startswith("0.5")
    move(canvas, at(window, 16, 18), Qt.LeftButton)
    qtbot.mouseRelease(canvas, Qt.LeftButton, pos=at(window, 16, 18))
    span = measuring.state.plate.span(*measuring.state.measured.ruler[0], *measuring.state.measured.ruler[1])
    assert span.length == pytest.approx(1.0, abs=0.02)
    drag(qtbot, window, (16, 18), (16, 10))  # an end taken again
    span = measuring.state.plate.span(*measuring.state.measured.ruler[0], *measuring.state.measured.ruler[1])
    assert span.length == pytest.approx(0.6, abs=0.02)
    click(qtbot, window, 30, 30)
    assert measuring.state.measured.ruler is not None


def test_that_clicks_mark_images_move_them_and_take_them_away(qtbot, window, measuring):
    press(qtbot, window, Qt.Key_E, Qt.ShiftModifier)
    for x, y in ((12, 20), (28, 20), (20, 33)):
        click(qtbot, window, x, y)
    found = measuring.state.measured
    assert len(found.images) == 3
    assert found.images[0] == (pytest.approx(12, abs=0.1), pytest.approx(20, abs=0.1))
    drag(qtbot, window, (20, 33), (20, 30), (20, 28))
    assert measuring.state.measured.images[2][1] == pytest.approx(28, abs=0.1)
    assert measuring.state.theta == pytest.approx(0.8, abs=0.01)
    click(qtbot, window, 20, 28)
    assert len(measuring.state.measured.images) == 2
    values = measuring.state.measured.values(measuring.state.plate)
    assert values["n_images"] == 2
    assert values["separation_arcsec"] == pytest.approx(1.6, abs=0.02)
    assert values["theta_E_arcsec"] == pytest.approx(0.8, abs=0.01)
    assert values["theta_E_from"] == "image positions"


def test_that_esc_leaves_a_tool_and_keeps_what_was_measured(qtbot, window, measuring):
    press(qtbot, window, Qt.Key_R)
    drag(qtbot, window, (5, 5), (15, 5))
    assert measuring.panel.buttons["ruler"].isChecked()
    press(qtbot, window, Qt.Key_Escape)
    assert window.stage.image.canvas.tool is None
    assert not measuring.panel.buttons["ruler"].isChecked()
    assert measuring.state.measured.ruler is not None


@pytest.mark.parametrize("key", [Qt.Key_E, Qt.Key_R])
def test_that_digits_grade_while_a_tool_is_on(qtbot, window, bench, measuring, key):
    press(qtbot, window, key)
    first = window.current.object_id
    press(qtbot, window, Qt.Key_2)
    qtbot.waitUntil(lambda: first in bench.grades)
    assert bench.grades[first].grade == "B"
    qtbot.waitUntil(lambda: window.current.object_id != first)


def test_that_unkept_measurements_go_with_the_object_and_kept_ones_come_back(qtbot, window, bench, circle):
    first = window.current.object_id
    press(qtbot, window, Qt.Key_M, Qt.ShiftModifier)
    qtbot.waitUntil(lambda: not circle.state.is_draft)
    assert bench.measured[first]["theta_E_arcsec"] == 1.0
    assert bench.measured[first]["centre"] == [20.0, 20.0]
    assert bench.measured[first]["positions"] == "pixels"
    circle.state.set(theta=1.7)
    press(qtbot, window, Qt.Key_Right)
    qtbot.waitUntil(lambda: circle.state.object_id not in (first, -1))
    assert not circle.state.measured
    assert window.stage.image.canvas.tool is None
    press(qtbot, window, Qt.Key_Left)
    qtbot.waitUntil(lambda: circle.state.object_id == first and bool(circle.state.measured))
    assert circle.state.measured.theta == 1.0
    assert not circle.state.is_draft
    assert not circle.panel.empty.isVisible()


def test_that_what_was_undone_is_not_drawn_any_more(qtbot, window, bench, circle):
    from astrolens_gui.api import Changes

    target = window.current.object_id
    press(qtbot, window, Qt.Key_M, Qt.ShiftModifier)
    qtbot.waitUntil(lambda: not circle.state.is_draft)
    bench.measured[target] = {}
    bench.tell(Changes(labels=(target,), origin="grading", extra={"kind": "measure", "object": target}))
    qtbot.waitUntil(lambda: circle.state.measured.circle is None)


def test_that_taking_the_last_measurement_away_can_be_kept_too(qtbot, window, bench, circle):
    target = window.current.object_id
    press(qtbot, window, Qt.Key_M, Qt.ShiftModifier)
    qtbot.waitUntil(lambda: not circle.state.is_draft)
    circle.panel.table._labels[0][2].click()
    assert circle.state.measured.circle is None
    assert circle.panel.keep.text() == "Forget"
    press(qtbot, window, Qt.Key_M, Qt.ShiftModifier)
    qtbot.waitUntil(lambda: bench.measured[target] == {})


def test_that_a_failed_keeping_is_said_and_leaves_the_draft(qtbot, window, bench, circle, monkeypatch):
    def refuse(*_, **__):
        raise OSError("the disk is full")

    monkeypatch.setattr(bench, "measure", lambda *a, **k: bench._job(refuse))
    press(qtbot, window, Qt.Key_M, Qt.ShiftModifier)
    qtbot.waitUntil(lambda: "disk is full" in window.status.problem.toolTip() + window.status.problem.text())
    assert circle.state.is_draft


def test_that_plots_follow_the_circle_and_close(qtbot, window, circle):
    press(qtbot, window, Qt.Key_R, Qt.ShiftModifier)
    press(qtbot, window, Qt.Key_U, Qt.ShiftModifier)
    radial, polar = circle.panel.radial, circle.panel.polar
    qtbot.waitUntil(lambda: radial.plot._shown[1] is not None and polar.plot._shown[0] is not None)
    assert radial.plot._shown[1].unit == "arcsec"
    circle.state.set(theta=0.6)
    qtbot.waitUntil(lambda: polar.plot._shown[1] == 0.6)
    qtbot.waitUntil(lambda: radial.plot._shown[1].radius.max() < 1.6)  # 2.5 Einstein radii
    press(qtbot, window, Qt.Key_U, Qt.ShiftModifier)
    assert polar.isHidden()
    assert not circle.panel.buttons["polar_unwrap"].isChecked()


def test_that_a_line_is_plotted_with_its_width(qtbot, window, measuring):
    press(qtbot, window, Qt.Key_L, Qt.ShiftModifier)
    drag(qtbot, window, (5, 20), (35, 20))
    plot = measuring.panel.line.plot
    qtbot.waitUntil(lambda: plot._shown[1] is not None and len(plot._shown[1].value) > 25)
    data = window.stage.image.frame.image.raster.data
    x = np.linspace(*(end[0] for end in measuring.state.line), len(plot._shown[1].value))
    expected = np.interp(x, np.arange(40), data[19:22].mean(axis=0))
    assert plot._shown[1].value == pytest.approx(expected, abs=0.25)
    measuring.panel.width.setValue(1)
    qtbot.waitUntil(lambda: np.std(plot._shown[1].value) > 1.2 * np.std(expected))
    assert not measuring.state.measured  # a profile is looked at, never kept


def test_that_the_panel_says_what_to_do_and_its_numbers_can_be_copied(qtbot, window, measuring):
    assert "Press E" in measuring.panel.empty.text()
    measuring.state.set(circle=(20.0, 20.0), theta=1.2341)
    measuring.panel.copy.click()
    assert QApplication.clipboard().text() == "θ_E\t1.234″"
    assert not measuring.panel.empty.isVisibleTo(measuring.panel)


def test_that_a_drag_costs_little(qtbot, window, circle):
    canvas = window.stage.image.canvas
    QApplication.processEvents()
    times = []
    for step in range(30):
        start = time.perf_counter()
        circle.state.set(theta=1.0 + 0.01 * step)
        canvas.repaint()
        times.append(time.perf_counter() - start)
    assert np.median(times) < 0.05  # 16 ms and less on a quiet machine


def test_that_another_band_shows_the_same_place_on_the_sky(qtbot):
    from astropy.wcs import WCS

    def image(scale, size):
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
        wcs.wcs.crval, wcs.wcs.crpix = [10.0, -5.0], [size / 2, size / 2]
        wcs.wcs.cdelt = [-scale / 3600, scale / 3600]
        raster = ArrayRaster(np.zeros((size, size), np.float32))
        return LoadedImage(3, "x", "a", ("a", "b"), raster, wcs, scale, "", "x.fits", rasters={"a": raster})

    state = MeasureState()
    fine, coarse = image(0.1, 100), image(0.3, 40)
    assert state.show(fine)
    state.set(circle=(70.0, 40.0), theta=1.5, images=((60.0, 40.0), (80.0, 40.0)))
    assert not state.show(coarse)
    assert Plate(coarse.wcs).icrs(*state.measured.circle) == pytest.approx(Plate(fine.wcs).icrs(70, 40), abs=1e-7)
    assert state.measured.theta == 1.5
    assert len(state.measured.images) == 2
    assert state.is_draft


@pytest.mark.parametrize(
    ("value", "unit", "said"), [(1.23456, "arcsec", "1.235″"), (12.34, "px", "12.3 px"), (150.0, "arcsec", "2.500′")]
)
def test_that_angles_are_said_as_astronomers_do(value, unit, said):
    assert angle_text(value, unit) == said


def test_that_an_image_that_cannot_be_shown_has_no_measurements(qtbot, window, bench, circle, monkeypatch):
    def refuse(*_):
        raise OSError("gone")

    monkeypatch.setattr(bench, "image", lambda *a, **k: bench._job(refuse))
    window.current.show(999, 5)
    qtbot.waitUntil(lambda: circle.state.image is None)
    assert not circle.state.measured
    press(qtbot, window, Qt.Key_R)
    assert window.stage.image.canvas.tool is None


@pytest.fixture
def real(qtbot, shown, shared_data, tmp_path):
    """The real workbench on two real lenses, DESI J1101-0602 in front."""
    import shutil

    from astrolens_gui.workbench import Workbench

    folder = tmp_path / "stamps"
    folder.mkdir()
    for name in ("DESIJ1101-0602", "DESIJ1624+0129"):
        shutil.copy(shared_data / "lenses" / "desi_hst_f140w" / f"{name}.fits", folder)
    bench = Workbench.start()
    window = shown(bench)
    window.session.open(tmp_path / "rings.astrolens", create={})
    qtbot.waitUntil(lambda: window.session.is_open, timeout=20_000)
    window.projects.bring_in([folder], {"bands": None, "pixel_scale": None})
    qtbot.waitUntil(lambda: window.queue.rowCount() == 2, timeout=20_000)
    row = next(row for row in (0, 1) if "1101" in window.queue.name_of(window.queue.object_at(row)))
    window.current.show(window.queue.object_at(row), row)
    image = window.stage.image
    qtbot.waitUntil(
        lambda: image.frame is not None and image.frame.image.object_id == window.current.object_id, timeout=20_000
    )
    yield window
    window.close()
    bench.close()


def test_that_lens_light_is_subtracted_kept_undone_and_blinks(qtbot, real):
    measuring, image = real.measuring, real.stage.image
    press(qtbot, real, Qt.Key_E)
    qtbot.waitUntil(lambda: measuring.state.measured.circle is not None, timeout=10_000)
    assert measuring.state.measured.circle == (pytest.approx(96.8, abs=0.5), pytest.approx(93.0, abs=0.5))
    press(qtbot, real, Qt.Key_G, Qt.ShiftModifier)
    assert measuring.panel.light.button.text() == "Cancel"
    qtbot.waitUntil(lambda: bool(measuring.state.measured.lens_light), timeout=30_000)
    assert measuring.state.measured.lens_light["quality"] == "good"
    qtbot.waitUntil(lambda: getattr(image.frame, "title", "") == "residual", timeout=5_000)
    assert not measuring.panel.light.previews["residual"].icon().isNull()
    press(qtbot, real, Qt.Key_B)
    qtbot.waitUntil(lambda: image.frame.title == "", timeout=5_000)
    press(qtbot, real, Qt.Key_M, Qt.ShiftModifier)
    qtbot.waitUntil(lambda: not measuring.state.is_draft, timeout=5_000)
    target = real.current.object_id
    kept = real.workbench.measures(target).result()
    assert kept["lens_light"]["quality"] == "good"
    assert kept["positions"] == "icrs"
    assert kept["centre"] == [pytest.approx(165.4753, abs=1e-3), pytest.approx(-6.0422, abs=1e-3)]
    press(qtbot, real, Qt.Key_Z, Qt.ControlModifier)
    qtbot.waitUntil(lambda: not measuring.state.measured, timeout=5_000)
    assert real.workbench.measures(target).result() == {}


def test_that_a_fit_can_be_cancelled_and_ends_with_its_object(qtbot, real):
    measuring = real.measuring
    press(qtbot, real, Qt.Key_G, Qt.ShiftModifier)
    measuring.panel.light.button.click()
    qtbot.waitUntil(lambda: not measuring.panel.light.busy, timeout=10_000)
    assert not measuring.state.measured.lens_light
    press(qtbot, real, Qt.Key_G, Qt.ShiftModifier)
    first = real.current.object_id
    press(qtbot, real, Qt.Key_1)
    qtbot.waitUntil(lambda: measuring.state.object_id not in (first, -1), timeout=10_000)
    qtbot.waitUntil(lambda: not measuring.panel.light.busy, timeout=10_000)
    assert not measuring.state.measured


def test_that_a_residual_too_wide_to_show_stays_a_preview(qtbot, real, monkeypatch):
    from astrolens_gui.ui import measuring as module

    measuring = real.measuring
    monkeypatch.setattr(module, "SHOWN_PX", 100)
    monkeypatch.setattr("astrolens_gui.core.measure.lens_light.LARGEST", 100)
    monkeypatch.setattr("astrolens_gui.core.measure.lens_light.window.__defaults__", (100,))
    press(qtbot, real, Qt.Key_G, Qt.ShiftModifier)
    qtbot.waitUntil(lambda: measuring._light is not None, timeout=30_000)
    assert measuring._light.residual.shape == (100, 100)
    assert not measuring.panel.light.previews["residual"].icon().isNull()
    assert getattr(real.stage.image.frame, "title", "") == ""
    monkeypatch.setattr(module, "SHOWN_PX", 10**6)
    measuring._show_picture("model")
    qtbot.waitUntil(lambda: real.stage.image.frame.title == "model", timeout=5_000)
    shown = real.stage.image.frame.raster.data
    assert shown.shape == (180, 180)
    assert np.isnan(shown[0, 0])
    assert np.isfinite(shown[90, 90])
