"""Panels side by side: locked by sky, pixel or not, on real files of one and of several telescopes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from astrolens_gui.core.images.geometry import View
from astrolens_gui.ui.qt import QApplication, Qt, QtCore, QtGui
from astrolens_gui.ui.views.board import arrangement
from astrolens_gui.ui.views.bond import Bond, Site

STAMPS = (
    "lenses/euclid_q1/102020057_NEG582019329494705421.fits",
    "lenses/euclid_q1/J0331163-274757_group.fits",
    "lenses/euclid_q1/EUCLJ174517.55+655612.5.fits",
    "lenses/quasars_hst_jwst/he0435_F814W_HST.fits",
    "lenses/quasars_hst_jwst/he0435_F115W_JWST.fits",
    "pairs/cosmos_hsc_hst/Cut_HSC.fits",
    "pairs/cosmos_hsc_hst/Cut_HST.fits",
)


@pytest.fixture(scope="module")
def sites(shared_data: Path) -> dict[str, Site]:
    from astrolens_gui.core.images import readers

    def site(path: str) -> Site:
        plane = readers.inspect(shared_data / path).planes[0]
        return Site(readers.celestial(plane), plane.shape, plane.pixel_scale)

    return {
        "hsc": site("pairs/cosmos_hsc_hst/Cut_HSC.fits"),
        "hst": site("pairs/cosmos_hsc_hst/Cut_HST.fits"),
        "turned": site("pairs/decam_multi_epoch/c4d_150329_083320_ooi_r_ls9.N11.fits"),
        "again": site("pairs/decam_multi_epoch/c4d_140818_232043_ooi_z_ls9.N12.fits"),
        "euclid": site("lenses/euclid_q1/102020057_NEG582019329494705421.fits"),
        "quasar hst": site("lenses/quasars_hst_jwst/he0435_F814W_HST.fits"),
        "quasar jwst": site("lenses/quasars_hst_jwst/he0435_F115W_JWST.fits"),
    }


# -- where things lie


@pytest.mark.parametrize(("one", "other"), [("hsc", "hst"), ("hst", "hsc"), ("turned", "again")])
@pytest.mark.parametrize("angle", [0.0, 33.0])
def test_that_the_same_sky_is_at_the_same_screen_point_to_half_a_pixel(sites, one, other, angle):
    a, b = sites[one], sites[other]
    bond = Bond(a, b)
    assert bond.kind == "sky"
    view = View(600, 500, angle=angle, mirrored=angle > 0).fitted(a.shape)
    theirs = bond.follow(view)
    for sx in (20.0, 300.0, 580.0):
        for sy in (20.0, 250.0, 480.0):
            sky = a.wcs.pixel_to_world(*view.to_image(sx, sy))
            assert theirs.to_screen(*b.wcs.world_to_pixel(sky)) == pytest.approx((sx, sy), abs=0.5)


def test_that_another_field_is_compared_centre_on_centre_as_large_and_north_alike(sites):
    a, b = sites["hst"], sites["turned"]
    bond = Bond(a, b)
    assert bond.kind == "centre"
    view = View(500, 500).fitted(a.shape)
    theirs = bond.follow(view)
    assert (theirs.x, theirs.y) == pytest.approx(b.centre, abs=0.01)
    assert theirs.scale / view.scale == pytest.approx(b.pixel_scale / a.pixel_scale, rel=1e-2)
    for site, shown in ((a, view), (b, theirs)):
        here = site.wcs.pixel_to_world(*site.centre)
        north = site.wcs.world_to_pixel(here.directional_offset_by(0 * here.ra.unit, 2e-4 * here.ra.unit))
        (x0, y0), (x1, y1) = shown.to_screen(*site.centre), shown.to_screen(*north)
        assert np.degrees(np.arctan2(x1 - x0, y0 - y1)) == pytest.approx(0.0, abs=0.5)


def test_that_hst_and_jwst_without_wcs_are_matched_by_centre_and_pixel_scale(sites):
    a, b = sites["quasar hst"], sites["quasar jwst"]
    bond = Bond(a, b)
    assert bond.kind == "scale"
    theirs = bond.follow(View(400, 400, x=60.0, y=50.0, scale=4.0, angle=10.0))
    assert theirs.scale * a.pixel_scale == pytest.approx(4.0 * b.pixel_scale)
    assert (theirs.x - b.centre[0]) * b.pixel_scale == pytest.approx((60.0 - a.centre[0]) * a.pixel_scale)
    assert theirs.angle == 10.0
    assert bond.spot(*a.centre) == pytest.approx(b.centre)


def test_that_the_far_side_of_the_sky_is_another_field(sites):
    from astropy.wcs import WCS

    opposite = WCS(naxis=2)
    opposite.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    here = sites["hst"].wcs.pixel_to_world(*sites["hst"].centre)
    opposite.wcs.crval = [(here.ra.deg + 180) % 360, -here.dec.deg]
    opposite.wcs.crpix, opposite.wcs.cdelt = [125.5, 125.5], [-8e-6, 8e-6]
    assert Bond(sites["hst"], Site(opposite, (250, 250), 0.03)).kind == "centre"


@pytest.mark.parametrize(
    ("count", "room", "wanted"),
    [
        (1, (800, 600), (1, 1)),
        (2, (1000, 600), (1, 2)),
        (2, (500, 900), (2, 1)),
        (3, (1600, 600), (1, 3)),
        (4, (800, 700), (2, 2)),
        (5, (1000, 700), (2, 3)),
        (6, (1000, 700), (2, 3)),
        (9, (900, 800), (3, 3)),
    ],
)
def test_that_pictures_are_as_large_as_the_room_allows(count, room, wanted):
    assert arrangement(count, *room) == wanted


# -- in the window


@pytest.fixture
def lenses(qtbot: Any, shown: Any, shared_data: Path, tmp_path: Path) -> Any:
    """The window on real stamps of Euclid, HST, JWST and HSC, the panels in front."""
    from astrolens_gui.workbench import Workbench

    bench = Workbench.start()
    window = shown(bench)
    window.resize(1400, 900)
    window.session.open(tmp_path / "real.astrolens", create={})
    qtbot.waitUntil(lambda: window.session.is_open, timeout=20_000)
    window.projects.bring_in([shared_data / one for one in STAMPS], {"bands": None, "pixel_scale": None})
    qtbot.waitUntil(lambda: window.queue.rowCount() == len(STAMPS), timeout=60_000)
    qtbot.waitUntil(lambda: not window.stage.sight(window.current.object_id).reason, timeout=20_000)
    qtbot.keyClick(window.stage.image, Qt.Key_B, Qt.ControlModifier)
    assert window.stage.page == "panels"
    yield window
    window.close()
    bench.close()


def show(qtbot: Any, window: Any, name: str) -> Any:
    """Bring an object to the panels; the view."""
    queue = window.queue
    (found,) = (int(one) for one in queue.objects() if name in queue.name_of(int(one)))
    window.current.show(found, queue.row_of(found))
    qtbot.waitUntil(lambda: not window.stage.sight(found).reason, timeout=20_000)
    QApplication.processEvents()
    return window.stage.front


def wheel(canvas: Any, x: float, y: float, notches: int) -> None:
    """Turn the wheel over a point of a canvas."""
    point = QtCore.QPointF(x, y)
    event = QtGui.QWheelEvent(
        point, canvas.mapToGlobal(point.toPoint()), QtCore.QPoint(), QtCore.QPoint(0, 120 * notches), Qt.NoButton,
        Qt.NoModifier, Qt.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(canvas, event)


def skies(view: Any, sx: float, sy: float) -> list[Any]:
    """The place (SkyCoord, each in its image's own frame) that each panel shows at a screen point."""
    return [panel.content.image.wcs.pixel_to_world(*panel.canvas.view.to_image(sx, sy)) for panel in view.panels]


def apart_px(panel: Any, one: Any, other: Any) -> float:
    """How far two places are on the panel's screen."""
    wcs, to_screen = panel.content.image.wcs, panel.canvas.view.to_screen
    (x0, y0), (x1, y1) = (to_screen(*wcs.world_to_pixel(sky)) for sky in (one, other))
    return float(np.hypot(x1 - x0, y1 - y0))


@pytest.mark.window
def test_that_each_band_has_its_panel_and_all_show_the_same_sky_through_zoom_turn_and_pan(qtbot, lenses):
    view = show(qtbot, lenses, "102020057")
    assert [panel.title.text() for panel in view.panels] == ["VIS", "Y", "J", "H"]
    canvas = view.panels[2].canvas
    wheel(canvas, 100, 80, 4)
    canvas.turn(37)
    qtbot.mousePress(canvas, Qt.MiddleButton, pos=QtCore.QPoint(60, 60))
    qtbot.mouseMove(canvas, QtCore.QPoint(90, 75))
    qtbot.mouseRelease(canvas, Qt.MiddleButton, pos=QtCore.QPoint(90, 75))
    assert view.panels[0].canvas.view.angle == pytest.approx(37, abs=0.01)
    for sx, sy in ((10, 10), (200, 150), (150, 250)):
        there = skies(view, sx, sy)
        for panel, sky in zip(view.panels, there, strict=True):
            assert apart_px(panel, sky, there[2]) < 0.5


@pytest.mark.window
def test_that_a_pinned_object_of_another_telescope_follows_by_its_sky_and_scale(qtbot, lenses):
    view = show(qtbot, lenses, "Cut_HST")
    qtbot.mouseClick(view.bar.pin, Qt.LeftButton)
    view = show(qtbot, lenses, "Cut_HSC")
    titles = [panel.title.text() for panel in view.panels]
    assert len(titles) == 6
    assert titles[-1].startswith("Cut_HST")
    hsc, hst = view.panels[0], view.panels[-1]
    assert hst.canvas.view.scale / hsc.canvas.view.scale == pytest.approx(0.03 / 0.168, rel=1e-3)
    wheel(hst.canvas, 50, 60, 3)
    there = [skies(view, 77, 88)[place] for place in (0, -1)]
    assert apart_px(hst, *there) < 0.5
    hst.drop.click()
    assert len(view.panels) == 5


@pytest.mark.window
def test_that_the_lock_goes_round_sky_pixel_off_and_says_so(qtbot, lenses):
    view = show(qtbot, lenses, "102020057")
    first, last = view.panels[0].canvas, view.panels[-1].canvas
    assert view.bar.lock.text() == "Locked by sky"
    qtbot.keyClick(view, Qt.Key_L, Qt.ControlModifier | Qt.ShiftModifier)
    assert view.bar.lock.text() == "Locked by pixel"
    first.zoom_to(9.0)
    assert (last.view.x, last.view.y, last.view.scale) == (first.view.x, first.view.y, 9.0)
    qtbot.keyClick(view, Qt.Key_L, Qt.ControlModifier | Qt.ShiftModifier)
    assert view.bar.lock.text() == "Not locked"
    first.zoom_to(5.0)
    assert last.view.scale == 9.0
    qtbot.keyClick(view, Qt.Key_F)  # each on its own
    assert first.is_fitted
    assert last.is_fitted
    assert lenses.workbench.settings["panels"]["lock"] == "off"
    qtbot.mouseClick(view.bar.lock, Qt.LeftButton)
    assert view.bar.lock.text() == "Locked by sky"


@pytest.mark.window
def test_that_the_crosshair_is_at_one_place_of_the_sky_with_each_bands_value(qtbot, lenses):
    view = show(qtbot, lenses, "102020057")
    canvas = view.panels[1].canvas
    x, y = 70.0, 81.0
    sx, sy = canvas.view.to_screen(x, y)
    qtbot.mouseMove(canvas, QtCore.QPoint(round(sx), round(sy)))
    canvas.hovered.emit((x, y))
    for panel in view.panels:
        value = panel.raster.value(70, 81)
        assert float(panel.value.text().split()[0]) == pytest.approx(value, rel=1e-3)
        assert (panel.cross.at is None) == (panel is view.panels[1])
        if panel is not view.panels[1]:
            assert panel.cross.at == pytest.approx((x, y), abs=0.01)  # these bands lie on one grid
    assert view.bar.about.text().startswith("03:52:4")
    canvas.hovered.emit(None)
    assert all(panel.cross.at is None and panel.value.text() == "" for panel in view.panels)


@pytest.mark.window
def test_that_a_title_chooses_the_band_and_a_double_click_opens_it_large(qtbot, lenses):
    view = show(qtbot, lenses, "102020057")
    qtbot.mouseClick(view.panels[3].title, Qt.LeftButton)
    assert lenses.current.recipe.band == "H"
    assert [panel.title.isChecked() for panel in view.panels] == [False, False, False, True]
    qtbot.mouseDClick(view.panels[2].canvas, Qt.LeftButton)
    assert lenses.stage.page == "image"
    assert lenses.current.recipe.band == "J"
    qtbot.waitUntil(lambda: lenses.stage.image.frame is not None and lenses.stage.image.frame.image.band == "J")


@pytest.mark.window
def test_that_grading_keys_grade_here_and_the_next_object_comes(qtbot, lenses):
    view = show(qtbot, lenses, lenses.queue.name_of(lenses.queue.object_at(0)))
    first = lenses.current.object_id
    qtbot.keyClick(view, Qt.Key_1)
    qtbot.waitUntil(lambda: lenses.queue.grade_of(first) == "A", timeout=5000)
    qtbot.waitUntil(lambda: lenses.current.object_id != first, timeout=5000)
    assert lenses.stage.page == "panels"
    qtbot.waitUntil(lambda: not view.sight(lenses.current.object_id).reason, timeout=5000)
    assert view.panels[0].content.image.object_id == lenses.current.object_id


@pytest.mark.window
def test_that_shared_cuts_are_those_of_the_chosen_band_and_own_ones_differ(qtbot, lenses):
    view = show(qtbot, lenses, "102020057")

    def cuts() -> list[tuple[float, float]]:
        return [panel.rendering.engine.cuts(panel.rendering._recipe) for panel in view.panels]

    own = cuts()
    assert len(set(own)) == 4
    qtbot.mouseClick(view.bar.cuts, Qt.LeftButton)
    assert view.bar.cuts.text() == "Shared cuts"
    assert set(cuts()) == {own[0]}
    qtbot.mouseClick(view.panels[1].title, Qt.LeftButton)
    assert set(cuts()) == {own[1]}
    qtbot.mouseClick(view.bar.cuts, Qt.LeftButton)
    assert cuts() == own


@pytest.mark.window
def test_that_colour_has_a_panel_when_it_is_wanted(qtbot, lenses):
    view = show(qtbot, lenses, "102020057")
    qtbot.mouseClick(view.bar.colour, Qt.LeftButton)
    qtbot.waitUntil(lambda: len(view.panels) == 5 and view.panels[-1].is_ready, timeout=10_000)
    assert view.panels[-1].title.text() == "Colour"
    QApplication.processEvents()
    picture = view.panels[-1].canvas.picture(layers=False).convertToFormat(QtGui.QImage.Format_RGB888)
    rows = np.array(picture.constBits().asarray(picture.bytesPerLine() * picture.height()), np.uint8)
    rgb = rows.reshape(picture.height(), -1)[:, : 3 * picture.width()].reshape(-1, 3)
    assert (rgb.max(1) - rgb.min(1) > 8).mean() > 0.01
    qtbot.mouseClick(view.bar.bands, Qt.LeftButton)
    assert [panel.title.text() for panel in view.panels] == ["VIS", "Colour"]


@pytest.mark.window
def test_that_a_processed_picture_has_a_panel_that_says_it_is_no_data(qtbot, lenses):
    show(qtbot, lenses, "102020057")
    lenses.stage.show_page("image")
    image = lenses.stage.image
    here = lenses.current.object_id
    qtbot.waitUntil(lambda: image.frame is not None and image.frame.image.object_id == here, timeout=10_000)
    image.show_processed("residual", np.ones(image.frame.image.raster.shape, np.float32))
    qtbot.keyClick(image, Qt.Key_B, Qt.ControlModifier)
    view = lenses.stage.front
    assert [panel.title.text() for panel in view.panels][-1] == "residual"
    assert "not data" in view.panels[-1].canvas.plate
    show(qtbot, lenses, "J0331163")
    assert len(view.panels) == 4
    assert not any(panel.canvas.plate for panel in view.panels)


@pytest.mark.window
def test_that_the_display_bar_follows_the_panels_and_then_the_image_again(qtbot, lenses):
    view = show(qtbot, lenses, "EUCLJ174517")
    assert lenses.stage.bar._image is view.lead.content.image
    assert view.lead.title.text() == "VIS"  # where the recipe names no band: the one to look at first
    qtbot.keyClick(view, Qt.Key_B, Qt.ControlModifier)
    image = lenses.stage.image
    qtbot.waitUntil(lambda: image.frame is not None and image.frame.image.object_id == lenses.current.object_id)
    assert lenses.stage.bar._image is image.frame.image


@pytest.mark.window
def test_that_an_unreadable_object_is_a_sentence_and_an_empty_project_says_what_to_do(qtbot, lenses):
    view = show(qtbot, lenses, "102020057")
    lenses.current.show(-1)
    assert view.notice.isVisible()
    assert view.panels == []
    lenses.current.show(10_000)
    qtbot.waitUntil(lambda: view.sight(10_000).final, timeout=5000)
    assert "no object number" in view.notice.text


@pytest.mark.window
def test_that_the_panels_are_saved_as_one_picture_with_their_titles(qtbot, lenses, tmp_path):
    view = show(qtbot, lenses, "102020057")
    qtbot.wait(50)
    image = view.canvas.picture(2 * view.canvas.width(), 2 * view.canvas.height())
    assert (image.width(), image.height()) == (2 * view.canvas.width(), 2 * view.canvas.height())
    grey = image.convertToFormat(QtGui.QImage.Format_Grayscale8)
    rows = np.array(grey.constBits().asarray(grey.bytesPerLine() * grey.height()), np.uint8)
    values = rows.reshape(grey.height(), -1)[:, : grey.width()]
    half_x, half_y = grey.width() // 2, grey.height() // 2
    quarters = [values[:half_y, :half_x], values[:half_y, half_x:], values[half_y:, :half_x], values[half_y:, half_x:]]
    assert all(quarter.std() > 10 for quarter in quarters)


@pytest.mark.window
def test_that_the_next_object_has_its_panels_painted_at_once(qtbot, lenses):
    names = ["J0331163", "102020057", "J0331163", "102020057", "J0331163"]
    for name in names[:2]:
        show(qtbot, lenses, name)
    qtbot.wait(300)
    took = []
    for name in names[2:]:
        begun = time.perf_counter()
        view = show(qtbot, lenses, name)
        for panel in view.panels:
            panel.canvas.repaint()
        took.append(time.perf_counter() - begun)
    assert sorted(took)[1] < 0.6  # 0.15 s is the goal on a quiet machine; see the measurements


@pytest.mark.window
def test_that_another_project_starts_without_pins_and_with_its_own_pictures(qtbot, lenses, shared_data, tmp_path):
    view = show(qtbot, lenses, lenses.queue.name_of(1))
    qtbot.mouseClick(view.bar.pin, Qt.LeftButton)
    lenses.stage.show_page("image")
    lenses.session.open(tmp_path / "other.astrolens", create={})
    qtbot.waitUntil(lambda: lenses.session.info is not None and lenses.session.info.name == "other", timeout=20_000)
    lenses.projects.bring_in([shared_data / "lenses/desi_hst_f140w"], {"bands": None, "pixel_scale": None})
    qtbot.waitUntil(lambda: lenses.queue.rowCount() == 11, timeout=20_000)
    lenses.stage.show_page("panels")
    show(qtbot, lenses, lenses.queue.name_of(1))
    assert [panel.title.text() for panel in view.panels] == ["F140W"]
    assert view.panels[0].content.image.name.startswith("DESI")


@pytest.mark.window
def test_that_pins_outlive_an_import(qtbot, lenses, shared_data):
    view = show(qtbot, lenses, "Cut_HST")
    qtbot.mouseClick(view.bar.pin, Qt.LeftButton)
    file = shared_data / "lenses/desi_hst_f140w/DESIJ0136-0008.fits"
    lenses.projects.bring_in([file], {"bands": None, "pixel_scale": None})
    qtbot.waitUntil(lambda: lenses.queue.rowCount() == len(STAMPS) + 1, timeout=20_000)
    show(qtbot, lenses, "DESIJ0136")
    assert [panel.title.text() for panel in view.panels] == ["F140W", "Cut_HST  plane 1"]


def test_that_one_field_in_two_frames_is_one_field():
    from astropy.wcs import WCS

    from astrolens_gui.ui.views.bond import Bond, Site

    icrs, galactic = WCS(naxis=2), WCS(naxis=2)
    icrs.wcs.ctype, galactic.wcs.ctype = ["RA---TAN", "DEC--TAN"], ["GLON-TAN", "GLAT-TAN"]
    icrs.wcs.crval, galactic.wcs.crval = [266.0, -29.0], [359.88, -0.08]
    for wcs in (icrs, galactic):
        wcs.wcs.crpix, wcs.wcs.cdelt = [100.5, 100.5], [-1 / 3600, 1 / 3600]
    x, y = galactic.world_to_pixel(icrs.pixel_to_world(100, 100))
    galactic.wcs.crpix = [100.5 + 100 - float(x), 100.5 + 100 - float(y)]
    assert Bond(Site(icrs, (200, 200)), Site(galactic, (200, 200))).kind == "sky"
