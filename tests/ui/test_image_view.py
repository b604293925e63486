"""The single view: what it shows, when, and what it says of the pixel under the pointer."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from pixel_fakes import FakeWorkbench, loaded, made, move

from astrolens_gui.api import Changes
from astrolens_gui.core.images.engine import NO_DATA_TONES
from astrolens_gui.core.images.stretch import Recipe, render
from astrolens_gui.ui.bridge import Bridge
from astrolens_gui.ui.current import Current
from astrolens_gui.ui.prefetch import Prefetch
from astrolens_gui.ui.qt import QApplication, Qt, QtCore, QtGui
from astrolens_gui.ui.views import sky
from astrolens_gui.ui.views.displaybar import DisplayBar
from astrolens_gui.ui.views.image import PATIENCE_MS, ImageView

EUCLID = "lenses/euclid_q1/102020057_NEG582019329494705421.fits"


def field(seed: int = 0, shape: tuple[int, int] = (40, 60)) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1, shape).astype(np.float32)


@pytest.fixture
def show(qtbot):
    """`show(images, **FakeWorkbench fields)` → (view, current, workbench), shown at 600 × 500."""
    bridges = []

    def make(images, **fields):
        workbench, current = FakeWorkbench(images, **fields), Current()
        bridge = Bridge(workbench)
        bridges.append(bridge)
        view = ImageView(bridge, workbench, current)
        view.bridge = bridge
        qtbot.addWidget(view)
        view.resize(600, 500)
        view.show()
        qtbot.waitExposed(view)
        return view, current, workbench

    yield make
    for bridge in bridges:
        bridge.close()


def screen(view) -> QtGui.QImage:
    QApplication.processEvents()
    return view.canvas.grab().toImage()


def colour_at(view, x: float, y: float) -> tuple[int, int, int]:
    return QtGui.QColor(screen(view).pixel(view.canvas.point_of(x, y))).getRgb()[:3]


def test_that_an_empty_view_says_what_to_do(show):
    view, _, _ = show({})
    assert view.notice.isVisible()
    assert not view.canvas.isVisible()
    assert view.notice.text.startswith("Import images")


def test_that_every_pixel_is_drawn_crisp_and_row_0_at_the_bottom(show, qtbot):
    data = field(shape=(8, 12))
    view, current, _ = show({1: made(data)})
    current.set_recipe(cuts="minmax", stretch="linear")
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    expected = render(data, current.recipe)
    picture = screen(view)
    for row in range(8):
        for column in range(12):
            for dx, dy in ((0, 0), (0.3, -0.3), (-0.3, 0.3)):  # nearest neighbour: one colour over the whole pixel
                point = view.canvas.point_of(column + dx, row + dy)
                assert QtGui.QColor(picture.pixel(point)).getRgb()[:3] == tuple(expected[row, column])
    assert view.canvas.point_of(0, 0).y() > view.canvas.point_of(0, 7).y()


def test_that_the_former_image_stays_while_the_next_one_loads_quickly(show, qtbot):
    view, current, workbench = show({1: made(field(1), 1), 2: made(field(2), 2)})
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    workbench.hold = True
    current.show(2)
    qtbot.wait(PATIENCE_MS // 3)
    assert view.canvas.isVisible()
    assert view.frame.image.object_id == 1
    workbench.jobs[-1].finish()
    qtbot.waitUntil(lambda: view.frame.image.object_id == 2)
    qtbot.wait(PATIENCE_MS + 50)
    assert view.canvas.isVisible()


def test_that_a_slow_image_is_announced_so_that_the_former_one_is_not_graded(show, qtbot):
    view, current, workbench = show({1: made(field(1), 1), 2: made(field(2), 2)})
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    workbench.hold = True
    current.show(2)
    qtbot.waitUntil(view.notice.isVisible, timeout=PATIENCE_MS + 500)
    assert view.frame is None
    workbench.jobs[-1].finish()
    qtbot.waitUntil(view.canvas.isVisible)
    assert view.frame.image.object_id == 2


def test_that_an_answer_that_comes_too_late_is_not_shown(show, qtbot):
    view, current, workbench = show({1: made(field(1), 1), 2: made(field(2), 2)}, hold=True)
    current.show(1)
    workbench.jobs[0].set_running_or_notify_cancel()  # too late to be cancelled
    current.show(2)
    first, second = workbench.jobs[0], workbench.jobs[-1]
    second.finish()
    first.finish()
    qtbot.waitUntil(lambda: view.frame is not None)
    qtbot.wait(20)
    assert view.frame.image.object_id == 2


def test_that_an_unreadable_image_shows_its_sentence_and_copies_it(show, qtbot):
    sentence = "stamp.fits[1]: the file ends after 12 of 88 kB; copy it again"
    view, current, _ = show({1: ValueError(sentence), 2: made(field(), 2)})
    current.show(1)
    qtbot.waitUntil(lambda: view.notice.text == sentence)
    qtbot.mouseClick(view.notice._copy, Qt.LeftButton)
    assert QApplication.clipboard().text() == sentence
    current.show(2)
    qtbot.waitUntil(view.canvas.isVisible)


def test_that_a_changed_file_is_read_again(show, qtbot):
    view, current, workbench = show({1: made(field(1), 1)})
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    workbench.images[1] = made(field(2), 1)
    view.bridge.changed.emit(Changes(objects=(1,)))
    qtbot.waitUntil(lambda: np.array_equal(view.frame.image.data, field(2)))


def test_that_pixels_without_data_are_chequered_and_called_so(show, qtbot):
    data = field(shape=(20, 20))
    data[:10] = np.nan
    view, current, _ = show({1: made(data)})
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    tones = {QtGui.QColor.fromRgba(tone).getRgb()[:3] for tone in NO_DATA_TONES}
    assert {colour_at(view, x, 3) for x in (8, 9)} == tones
    assert colour_at(view, 8, 15) not in tones
    assert view.readout.texts((3.0, 3.0))[1] == "no data"


def test_that_the_recipe_changes_the_pixels_within_50_ms(show, qtbot):
    data = field(shape=(150, 150))
    view, current, _ = show({1: made(data)})
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    before, times = screen(view), []
    for stretch in ("linear", "histeq", "log", "sqrt", "asinh", "power"):
        start = time.perf_counter()
        current.set_recipe(stretch=stretch)
        view.canvas.repaint()
        times.append(time.perf_counter() - start)
    assert screen(view) != before
    assert sorted(times)[len(times) // 2] < 0.050


def test_that_a_right_drag_changes_contrast_and_bias_and_not_the_zoom(show, qtbot):
    view, current, _ = show({1: made(field())})
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    scale, port = view.canvas.scale_px, view.canvas
    qtbot.mousePress(port, Qt.RightButton, pos=QtCore.QPoint(200, 200))
    for step in (30, 60, 90):
        move(port, QtCore.QPoint(200 + step, 200 + step), Qt.RightButton)
    qtbot.mouseRelease(port, Qt.RightButton, pos=QtCore.QPoint(290, 290))
    fresh = Recipe()
    assert current.recipe.bias == pytest.approx(fresh.bias + 90 / port.width(), abs=0.03)
    assert current.recipe.contrast > fresh.contrast * 1.3
    assert view.canvas.scale_px == scale


def test_that_a_middle_drag_pans_and_a_double_click_fits_again(show, qtbot):
    view, current, _ = show({1: made(field())})
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    port, home = view.canvas, view.canvas.pixel_at(QtCore.QPoint(300, 200))
    qtbot.mousePress(port, Qt.MiddleButton, pos=QtCore.QPoint(300, 200))
    move(port, QtCore.QPoint(340, 220), Qt.MiddleButton)
    move(port, QtCore.QPoint(380, 240), Qt.MiddleButton)
    qtbot.mouseRelease(port, Qt.MiddleButton, pos=QtCore.QPoint(380, 240))
    assert view.canvas.pixel_at(QtCore.QPoint(380, 240)) == pytest.approx(home, abs=0.3)
    view.canvas.zoom_by(3)
    qtbot.mouseDClick(port, Qt.LeftButton, pos=QtCore.QPoint(100, 100))
    assert view.canvas.pixel_at(QtCore.QPoint(300, 200)) == pytest.approx(home, abs=0.01)


def test_that_the_wheel_zooms_at_the_cursor(show, qtbot):
    view, current, _ = show({1: made(field())})
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    port, point = view.canvas, QtCore.QPoint(420, 130)
    before, scale = view.canvas.pixel_at(point), view.canvas.scale_px
    wheel = QtGui.QWheelEvent(
        QtCore.QPointF(point),
        QtCore.QPointF(port.mapToGlobal(point)),
        QtCore.QPoint(),
        QtCore.QPoint(0, 240),
        Qt.NoButton,
        Qt.NoModifier,
        Qt.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(port, wheel)
    assert view.canvas.scale_px > scale * 1.2
    assert view.canvas.pixel_at(point) == pytest.approx(before, abs=0.05)


def wheel(view, at, notches):
    """Turn the wheel over a point of the canvas; forwards is closer."""
    port = view.canvas
    for _ in range(abs(notches)):
        QApplication.sendEvent(
            port,
            QtGui.QWheelEvent(
                QtCore.QPointF(at), QtCore.QPointF(port.mapToGlobal(at)), QtCore.QPoint(),
                QtCore.QPoint(0, 120 if notches > 0 else -120), Qt.NoButton, Qt.NoModifier, Qt.NoScrollPhase, False,
            ),
        )  # fmt: skip


@pytest.mark.parametrize("shape", [(40, 60), (600, 40), (3000, 3000)])
def test_that_the_wheel_stops_at_half_the_fit_and_keeps_the_image_in_view(show, qtbot, shape):
    view, current, _ = show({1: made(field(shape=shape))})
    current.show(1)
    qtbot.waitUntil(lambda: view.frame is not None)
    fitted = view.canvas.scale_px
    corner = QtCore.QPoint(5, 5)
    wheel(view, corner, -60)
    assert view.canvas.scale_px == pytest.approx(fitted / 2, rel=0.1)
    wheel(view, corner, 60)  # at the cursor, which is beside the image
    wheel(view, corner, -60)
    centre = view.canvas.pixel_at(view.canvas.rect().center())
    assert -2 <= centre[0] <= shape[1] + 1
    assert -2 <= centre[1] <= shape[0] + 1
    view.one_to_one()
    assert view.canvas.scale_px * view.devicePixelRatioF() == pytest.approx(1.0, rel=1e-3)
    view.fit()
    assert view.canvas.scale_px == pytest.approx(fitted, rel=1e-3)


def test_that_one_to_one_is_one_screen_pixel_per_image_pixel_and_the_zoom_stays_with_the_next_image(show, qtbot):
    view, current, _ = show({1: made(field(1), 1), 2: made(field(2), 2), 3: made(field(3, (30, 30)), 3)})
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    fitted = view.canvas.scale_px
    view.one_to_one()
    assert view.canvas.scale_px * view.devicePixelRatioF() == pytest.approx(1.0)
    current.show(2)
    qtbot.waitUntil(lambda: view.frame.image.object_id == 2)
    assert view.canvas.scale_px == pytest.approx(1.0 / view.devicePixelRatioF())
    current.show(3)  # another shape: fitted
    qtbot.waitUntil(lambda: view.frame.image.object_id == 3)
    assert view.canvas.scale_px > fitted


@pytest.mark.parametrize("size", [(0, 0), (1, 1), (5, 300), (300, 5), (119, 119), (130, 130)])
def test_that_a_view_of_any_size_paints(show, qtbot, size):
    view, current, _ = show({1: made(field(), pixel_scale=0.1)})
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    with qtbot.captureExceptions() as raised:
        view.canvas.setFixedSize(*size)
        QApplication.processEvents()
        view.canvas.grab()
        current.set_recipe(invert=True)
        QApplication.processEvents()
    assert raised == []


def test_that_the_fit_follows_the_window(show, qtbot):
    view, current, _ = show({1: made(field(shape=(50, 50)))})
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    before = view.canvas.scale_px
    view.resize(900, 800)
    qtbot.waitUntil(lambda: view.canvas.scale_px > before * 1.4)


def test_that_the_readout_agrees_with_the_files_own_wcs(show, qtbot, shared_data):
    from astropy.coordinates import Angle

    image = loaded(shared_data / EUCLID)
    view, current, _ = show({1: shared_data / EUCLID})
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible, timeout=5000)
    pixel, value, sexagesimal, degrees = view.readout.texts((30.25, 60.75))
    ra, dec = map(float, image.wcs.pixel_to_world_values(30.25, 60.75))
    assert pixel.split() == ["x", "31", "y", "62"]  # FITS counts from 1
    assert float(value.split()[0]) == pytest.approx(image.data[61, 30], rel=1e-4)
    shown_ra, shown_dec = sexagesimal.split()
    assert Angle(shown_ra, "hourangle").deg == pytest.approx(float(ra), abs=0.001 / 3600)
    assert Angle(shown_dec, "deg").deg == pytest.approx(float(dec), abs=0.001 / 3600)
    assert [float(part.rstrip("°")) for part in degrees.split()] == pytest.approx([ra, dec], abs=1e-8)


def test_that_one_pointer_move_costs_under_a_millisecond(shared_data):
    image = loaded(shared_data / EUCLID)
    sky.compass(image.wcs, None, 100, 100)
    start = time.perf_counter()
    for step in range(200):
        sky.compass(image.wcs, None, 100, 100, at=(0.3 * step, 70.0))
    assert (time.perf_counter() - start) / 200 < 1e-3


def test_that_the_position_is_copied_with_its_sign(show, qtbot, shared_data):
    view, current, _ = show({1: shared_data / EUCLID})
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible, timeout=5000)
    view._on_hover((10.0, 20.0))
    ra, dec = view.frame.image.wcs.pixel_to_world_values(10.0, 20.0)
    assert view.copy_position() == f"{ra:.8f} {dec:+.8f}" == QApplication.clipboard().text()


def test_that_painted_names_the_object_once_its_pixels_are_on_the_screen(show, qtbot):
    view, current, _ = show({1: made(field(1), 1), 2: made(field(2), 2)})
    seen = []
    view.painted.connect(lambda object_id, moment: seen.append((object_id, moment)))
    for object_id in (1, 2):
        start = time.monotonic()
        current.show(object_id)
        qtbot.waitUntil(lambda object_id=object_id: bool(seen) and seen[-1][0] == object_id)
        assert start <= seen[-1][1] <= time.monotonic()
    count = len(seen)
    view.canvas.repaint()  # nothing new
    assert len(seen) == count


def test_that_the_upcoming_images_are_read_ahead_and_shown_at_once(show, qtbot):
    images = {number: made(field(number), number) for number in range(1, 9)}
    view, current, workbench = show(images)
    view.set_upcoming(lambda: range(current.object_id + 1, 9))
    current.show(1)
    qtbot.waitUntil(lambda: all(view._prefetch.ready(number, "") for number in (2, 3, 4, 5)))
    assert not view._prefetch.ready(6, "")
    workbench.hold = True  # from here on the disk answers nothing
    current.show(2)
    assert view.frame.image.object_id == 2


def test_that_a_hidden_view_reads_nothing(show, qtbot):
    view, current, workbench = show({1: made(field())})
    view.hide()
    current.show(1)
    qtbot.wait(20)
    assert workbench.asked == []
    view.show()
    qtbot.waitUntil(view.canvas.isVisible)


def test_that_prefetched_images_nobody_needs_any_more_are_cancelled(qtbot):
    workbench = FakeWorkbench({number: made(field(), number) for number in range(20)}, hold=True)
    bridge = Bridge(workbench)
    prefetch = Prefetch(bridge, workbench)
    prefetch.expect([1, 2, 3], "")
    prefetch.ask(9, "", lambda image: None, lambda error: None)
    prefetch.expect([3, 4], "")
    asked = {entry[1]: job for entry, job in zip(workbench.asked, workbench.jobs, strict=True)}
    assert {number for number, job in asked.items() if job.cancelled()} == {1, 2}
    bridge.close()


def test_that_holding_the_arrow_key_reads_only_what_is_still_wanted(show, qtbot):
    view, current, workbench = show({number: made(field(), number) for number in range(1, 60)}, hold=True)
    for number in range(1, 60):
        current.show(number)
    assert [job.cancelled() for job in workbench.jobs] == [True] * 58 + [False]
    workbench.jobs[-1].finish()
    qtbot.waitUntil(lambda: view.frame is not None)
    assert view.frame.image.object_id == 59


def test_that_a_failure_met_ahead_is_told_once_and_then_tried_again(qtbot):
    workbench = FakeWorkbench({1: ValueError("the drive is away")})
    bridge = Bridge(workbench)
    prefetch = Prefetch(bridge, workbench)
    prefetch.expect([1], "")
    qtbot.waitUntil(lambda: prefetch.ready(1, ""))
    heard = []
    prefetch.ask(1, "", heard.append, heard.append)
    assert [str(error) for error in heard] == ["the drive is away"]
    workbench.images[1] = made(field())
    prefetch.ask(1, "", heard.append, heard.append)
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard[1].object_id == 1
    bridge.close()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.23456e-11, "1.2346e-11 W"),
        (0.0, "0 W"),
        (-0.0123456, "-0.012346 W"),
        (65504.0, "65504 W"),
        (123456.7, "123457 W"),
        (1e16, "1.0000e+16 W"),
        (math.nan, "no data"),
        (math.inf, "+inf"),
    ],
)
def test_that_values_of_any_size_read_well(value, text):
    assert sky.format_value(value, "W") == text


def test_that_sexagesimal_seconds_never_reach_sixty():
    assert sky.sexagesimal(359.99999999, -0.0000001) == ("00:00:00.0000", "-00:00:00.000")
    assert sky.sexagesimal(14.9999999999, 29.9999999999) == ("01:00:00.0000", "+30:00:00.000")
    assert sky.sexagesimal(187.70593, 12.39112) == ("12:30:49.4232", "+12:23:28.032")


@pytest.mark.parametrize("angle", [0.0, 37.0, 120.0, -90.0])
@pytest.mark.parametrize("flipped", [False, True])
def test_that_the_compass_follows_rotation_and_flips(angle, flipped):
    from astropy.wcs import WCS

    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [359.9999, 80.0]  # across RA 0, where differences wrap and the cosine matters
    wcs.wcs.crpix = [50.5, 50.5]
    scale, sign = 0.1 / 3600, 1 if flipped else -1
    wcs.wcs.cd = scale * np.array([[sign * cosine, sine], [-sign * sine, cosine]])
    found = sky.compass(wcs, None, 100, 100)
    to_pixel = np.linalg.inv(wcs.wcs.cd / scale)
    assert found.north == pytest.approx(tuple(to_pixel @ [0, 1]), abs=1e-4)
    assert found.east == pytest.approx(tuple(to_pixel @ [1, 0]), abs=1e-4)
    assert found.arcsec_per_pixel == pytest.approx(0.1, rel=1e-5)


def test_that_without_a_wcs_the_scale_bar_needs_a_pixel_scale():
    for nonsense in (None, 0.0, -0.2, math.nan, math.inf):
        assert sky.compass(None, nonsense, 10, 10) is None
    assert sky.compass(None, 0.2, 10, 10) == sky.Compass(None, None, 0.2)


@pytest.mark.parametrize(
    ("arcsec_per_px", "expected"),
    [(0.02, (2.0, "2″")), (0.1, (10.0, "10″")), (0.6, (60.0, "1′")), (30.0, (3600.0, "1°")), (0.0004, (0.05, "0.05″"))],
)
def test_that_the_scale_bar_has_a_round_length_that_fits(arcsec_per_px, expected):
    length, label = sky.scale_bar(arcsec_per_px, 140)
    assert (pytest.approx(length), label) == expected
    assert length / arcsec_per_px <= 140


def test_that_a_wide_field_seen_whole_shows_means_and_close_up_its_own_pixels(show, qtbot):
    data = field(shape=(1500, 1800))
    view, current, _ = show({1: made(data)})
    current.set_recipe(cuts="manual", low=-4.0, high=4.0, stretch="linear")
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    assert view.canvas.view.scale < 0.5
    grey = np.array([colour_at(view, x, y)[0] for x in range(100, 1700, 160) for y in range(100, 1400, 130)])
    assert grey.std() < 0.75 * 255 / 8  # single pixels would scatter by 255 / 8
    view.canvas.zoom_to(8.0)
    x, y = (round(value) for value in view.canvas.pixel_at(QtCore.QPoint(300, 200)))
    assert colour_at(view, x, y) == pytest.approx(tuple(render(data, current.recipe)[y, x]), abs=1)


def test_that_images_of_different_shapes_show_their_own_pixels(show, qtbot):
    shapes = {1: (34, 34), 2: (112, 112), 3: (20, 60), 4: (700, 900), 5: (34, 34)}
    images = {number: made(field(number, shape), number) for number, shape in shapes.items()}
    view, current, _ = show(images)
    for number in (1, 2, 3, 2, 4, 5, 4, 1):
        current.show(number)
        qtbot.waitUntil(lambda number=number: view.frame is not None and view.frame.image.object_id == number)
        height, width = shapes[number]
        assert view.canvas.scale_px == pytest.approx(
            min(view.canvas.width() / width, view.canvas.height() / height), rel=0.02
        )
        if view.canvas.scale_px > 2:
            expected = render(images[number].data, current.recipe)
            for x, y in ((0, 0), (width - 1, height - 1), (width // 2, height // 3)):
                assert colour_at(view, x, y) == tuple(expected[y, x])


def test_that_an_image_without_a_pointer_says_what_it_is(show, qtbot):
    view, current, _ = show({1: made(field(), pixel_scale=0.1)})
    current.show(1)
    qtbot.waitUntil(view.canvas.isVisible)
    assert view.readout.texts(None) == ("60 × 40 px", "0.1″/px", "no sky coordinates", "made.fits")


def test_that_every_readable_survey_image_is_shown_with_a_readout(show, qtbot, shared_data):
    from astrolens_gui.core.images import fits
    from astrolens_gui.core.images.errors import ImageError

    images = {}
    for path in sorted(shared_data.rglob("*.fits*")):
        try:
            plane = fits.planes(path)[0]
            data = fits.read(plane)
        except ImageError:
            continue
        if data.size < 400_000:
            number = len(images) + 1
            images[number] = made(
                data, number, wcs=fits.celestial(plane), pixel_scale=plane.pixel_scale, unit=plane.unit
            )
    assert len(images) > 50
    view, current, _ = show(images)
    bar = DisplayBar(current, view)
    qtbot.addWidget(bar)
    for number, image in images.items():
        current.show(number)
        qtbot.waitUntil(lambda number=number: view.frame is not None and view.frame.image.object_id == number)
        height, width = image.data.shape
        pixel, value, *sky_texts = view.readout.texts((width // 2, height // 2))
        assert pixel.split() == ["x", str(width // 2 + 1), "y", str(height // 2 + 1)]
        assert (value == "no data") == bool(np.isnan(image.data[height // 2, width // 2]))
        assert any(sky_texts)
        assert view.frame.low < view.frame.high
        assert float(bar.low.text()) < float(bar.high.text())
        assert view.canvas.isVisible()
