"""The field view: markers are where the sources are, clicks choose, double clicks open, keys grade, a stamp says what it lacks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from astrolens_gui.api import Changes
from astrolens_gui.core.images import raster
from astrolens_gui.core.images.geometry import View
from astrolens_gui.ui.qt import QApplication, Qt, QtCore, QtGui
from astrolens_gui.ui.views.cataloguing import CatalogueDialog, is_table
from astrolens_gui.ui.views.fieldmarkers import CURRENT, Markers
from astrolens_gui.workbench import Workbench, fields

pytestmark = pytest.mark.window

SIDE, COUNT = 700, 40


def header(band: str) -> fits.Header:
    made = fits.Header()
    made["CTYPE1"], made["CTYPE2"], made["FILTER"] = "RA---TAN", "DEC--TAN", band
    made["CRVAL1"], made["CRVAL2"], made["CRPIX1"], made["CRPIX2"] = 150.0, 2.0, 350.5, 350.5
    made["CD1_1"], made["CD2_2"] = -0.2 / 3600, 0.2 / 3600
    return made


@pytest.fixture
def survey(tmp_path: Path) -> tuple[Path, list[Path], np.ndarray]:
    """(catalogue, images of two bands, the sources' pixels)"""
    random = np.random.default_rng(2)
    at = random.uniform(60, SIDE - 60, (COUNT, 2))
    y, x = np.mgrid[:SIDE, :SIDE]
    image = random.normal(0, 1, (SIDE, SIDE))
    for a, b in at:
        image += 60 * np.exp(-((x - a) ** 2 + (y - b) ** 2) / 8)
    paths = []
    for band in ("r", "g"):
        paths.append(tmp_path / f"{band}.fits")
        fits.PrimaryHDU(image.astype(np.float32), header(band)).writeto(paths[-1])
    sky = WCS(header("r")).pixel_to_world_values(*at.T)
    table = tmp_path / "sources.csv"
    table.write_text(
        "ID,RA,DEC\n" + "".join(f"s{n:02d},{a:.8f},{d:.8f}\n" for n, (a, d) in enumerate(zip(*sky, strict=True)))
    )
    return table, paths, at


@pytest.fixture
def bench() -> Iterator[Workbench]:
    with Workbench.start(window=True) as bench:
        yield bench


@pytest.fixture
def walked(qtbot: Any, shown: Any, bench: Workbench, survey: Any, tmp_path: Path) -> Iterator[Any]:
    """The window on the catalogue's project, its field view in front."""
    window = shown(bench)
    bench.open(tmp_path / "p.astrolens", create={}).result(60)
    bench.import_catalogue(survey[0], survey[1], size_px=48).result(60)
    window.session.open(tmp_path / "p.astrolens")
    qtbot.waitUntil(lambda: window.current.object_id > 0 and window.queue.rowCount() == COUNT, timeout=20000)
    window.action_set["toggle_field"].trigger()
    assert window.stage.page == "field"
    qtbot.waitUntil(lambda: window.stage.front._ready, timeout=20000)
    yield window
    window.close()


def number(window: Any, object_id: int) -> int:
    return int(window.queue.name_of(object_id)[1:])


def point(window: Any, object_id: int) -> QtCore.QPoint:
    view = window.stage.front
    return view.canvas.point_of(*view.markers.place_of(object_id))


def test_that_markers_are_where_the_sources_are(walked: Any, survey: Any) -> None:
    field = walked.stage.front.field
    assert len(field.ids) == COUNT
    for object_id, x, y in zip(field.ids.tolist(), field.x, field.y, strict=True):
        assert (x, y) == (pytest.approx(survey[2][number(walked, object_id)], abs=2e-3))


def test_that_a_click_on_a_marker_goes_to_its_source(qtbot: Any, walked: Any) -> None:
    other = walked.queue.object_at(7)
    qtbot.mouseClick(walked.stage.front.canvas, Qt.LeftButton, pos=point(walked, other))
    assert walked.current.object_id == other
    assert walked.current.position == 7
    assert walked.stage.page == "field"


def test_that_a_drag_beside_the_markers_pans(qtbot: Any, walked: Any) -> None:
    canvas = walked.stage.front.canvas
    canvas.zoom_by(4.0)
    before, shown = canvas.view, walked.current.object_id
    qtbot.mousePress(canvas, Qt.MiddleButton, pos=QtCore.QPoint(200, 200))
    moved = QtGui.QMouseEvent(
        QtCore.QEvent.MouseMove, QtCore.QPointF(240, 200), Qt.NoButton, Qt.MiddleButton, Qt.NoModifier
    )
    canvas.mouseMoveEvent(moved)
    qtbot.mouseRelease(canvas, Qt.MiddleButton, pos=QtCore.QPoint(240, 200))
    assert canvas.view.x < before.x
    assert walked.current.object_id == shown


def test_that_a_double_click_shows_the_source_large(qtbot: Any, walked: Any) -> None:
    other = walked.queue.object_at(11)
    qtbot.mouseDClick(walked.stage.front.canvas, Qt.LeftButton, pos=point(walked, other))
    assert walked.stage.page == "image"
    assert walked.current.object_id == other
    qtbot.waitUntil(lambda: not walked.stage.sight(other).reason, timeout=10000)
    assert walked.stage.image.frame.image.raster.shape == (48, 48)


def test_that_the_pointer_names_the_source_under_it(qtbot: Any, walked: Any) -> None:
    view, other = walked.stage.front, walked.queue.object_at(3)
    place = point(walked, other)
    view.canvas.mouseMoveEvent(
        QtGui.QMouseEvent(QtCore.QEvent.MouseMove, QtCore.QPointF(place), Qt.NoButton, Qt.NoButton, Qt.NoModifier)
    )
    assert view.markers._under == other
    assert view.markers._name == walked.queue.name_of(other)


def test_that_a_key_grades_what_is_seen_and_goes_on(qtbot: Any, walked: Any, bench: Workbench) -> None:
    view, first = walked.stage.front, walked.current.object_id
    view.come_close()
    assert not view.sight(first).reason
    qtbot.keyClick(QApplication.focusWidget() or walked, "1")
    qtbot.waitUntil(lambda: walked.current.object_id != first, timeout=5000)
    assert walked.queue.grade_of(first) == "A"
    assert bench.label_of(first).result(10).grade == "A"
    place = view.markers.place_of(walked.current.object_id)
    x, y = view.canvas.view.to_screen(*place)
    assert 0 < x < view.canvas.view.width
    assert 0 < y < view.canvas.view.height
    assert view.markers._names[view.markers._grades[view.field.place(first)]] == "A"


def test_that_what_is_too_small_or_outside_is_not_graded_by_chance(walked: Any) -> None:
    view, here = walked.stage.front, walked.current.object_id
    view.fit()
    view.canvas.set_view(View(1, 1, x=350, y=350, scale=0.2))
    assert "too small" in view.sight(here).reason
    view.canvas.set_view(View(1, 1, x=-5000, y=-5000, scale=4.0))
    assert "outside" in view.sight(here).reason


def test_that_the_queues_filter_is_the_markers(qtbot: Any, walked: Any) -> None:
    view = walked.stage.front
    assert view.markers.count == COUNT
    walked.queue.set_filter("s0")
    assert view.markers.count == 10
    assert "30 hidden by the filter" in view.line.text()
    walked.queue.set_filter("")
    assert view.markers.count == COUNT


def test_that_the_band_follows_the_recipe(qtbot: Any, walked: Any) -> None:
    view = walked.stage.front
    walked.current.set_recipe(band="g")
    qtbot.waitUntil(lambda: view.field is not None and view.field.image.band == "g" and view._ready, timeout=10000)
    assert "g.fits" in view.line.text()


def test_that_a_stamp_says_what_a_field_view_needs(qtbot: Any, shown: Any, bench: Workbench, tmp_path: Path) -> None:
    (tmp_path / "stamps").mkdir()
    fits.PrimaryHDU(np.ones((60, 60), np.float32), header("r")).writeto(tmp_path / "stamps" / "a.fits")
    window = shown(bench)
    bench.open(tmp_path / "p.astrolens", create={}).result(60)
    bench.import_images([tmp_path / "stamps"]).result(60)
    window.session.open(tmp_path / "p.astrolens")
    qtbot.waitUntil(lambda: window.current.object_id > 0, timeout=20000)
    window.stage.show_page("field")
    view = window.stage.front
    qtbot.waitUntil(lambda: "import a catalogue" in view.notice.text, timeout=10000)
    assert view.sight(window.current.object_id).final
    window.close()


def test_that_a_large_image_shows_itself(qtbot: Any, shown: Any, bench: Workbench, survey: Any, tmp_path: Path) -> None:
    window = shown(bench)
    bench.open(tmp_path / "p.astrolens", create={}).result(60)
    bench.import_images(survey[1][:1]).result(60)
    window.session.open(tmp_path / "p.astrolens")
    qtbot.waitUntil(lambda: window.current.object_id > 0, timeout=20000)
    window.stage.show_page("field")
    qtbot.waitUntil(lambda: window.stage.front._ready, timeout=20000)
    assert window.stage.front.field.image.raster.shape == (SIDE, SIDE)
    assert not window.stage.sight(window.current.object_id).reason
    window.close()


def test_that_a_hidden_field_goes_with_its_project(qtbot: Any, walked: Any, survey: Any, tmp_path: Path) -> None:
    """The same numbers mean other objects there: no pixel of the former sky, and no grade by it."""
    bench, view = walked.workbench, walked.stage.front
    walked.stage.show_page("image")
    bench.open(tmp_path / "other.astrolens", create={}).result(60)
    bench.import_catalogue(survey[0], survey[1][1:], size_px=48).result(60)
    walked.session.open(tmp_path / "other.astrolens")
    qtbot.waitUntil(lambda: walked.session.info.name == "other" and walked.current.object_id > 0, timeout=20000)
    assert view.field is None
    walked.stage.show_page("field")
    assert view.sight(walked.current.object_id).reason
    qtbot.waitUntil(lambda: view._ready, timeout=20000)
    assert view.field.image.path == survey[1][1]
    assert view.field.opened is bench.opened


def test_that_a_field_of_the_former_project_is_not_taken_for_this_one(
    qtbot: Any, walked: Any, bench: Workbench, tmp_path: Path
) -> None:
    """Nobody has told the view yet that another project is open."""
    view, here = walked.stage.front, walked.current.object_id
    view.come_close()
    assert not view.sight(here).reason
    bench._opened = copy(bench.opened)
    bench._opened.project = copy(bench.opened.project)
    assert "on the way" in view.sight(here).reason


def test_that_an_answer_to_a_former_question_is_dropped(
    qtbot: Any, walked: Any, bench: Workbench, survey: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Object and band are the same numbers and words in both projects; the answers come in the wrong order."""
    view, here = walked.stage.front, walked.current.object_id
    good = fields.load(bench.opened, here, "r")
    asked: list[Future[Any]] = []
    monkeypatch.setattr(fields, "field", lambda *_: asked.append(Future()) or asked[-1])
    bench.tell(Changes(project=True))
    qtbot.waitUntil(lambda: len(asked) == 1, timeout=5000)
    bench.tell(Changes(project=True))
    qtbot.waitUntil(lambda: len(asked) == 2, timeout=5000)
    asked[1].set_result(good)
    asked[0].set_result(replace(good, ids=good.ids + 1000))
    qtbot.waitUntil(lambda: view.field is good and view._ready, timeout=10000)
    qtbot.wait(50)
    assert view.field is good


def test_that_a_recipe_chosen_elsewhere_is_followed_when_the_field_is_shown_again(qtbot: Any, walked: Any) -> None:
    view = walked.stage.front
    walked.stage.show_page("image")
    walked.current.set_recipe(band="g")
    walked.stage.show_page("field")
    qtbot.waitUntil(lambda: view.field is not None and view.field.image.band == "g" and view._ready, timeout=10000)


def test_that_a_scheme_is_not_read_again_for_every_grade(
    qtbot: Any, walked: Any, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unwanted() -> None:
        raise AssertionError("files on the main thread")

    monkeypatch.setattr(bench, "schemes", unwanted)
    view, first = walked.stage.front, int(walked.stage.front.field.ids[0])
    walked.queue.set_grade(first, "A")
    assert view.markers._names[view.markers._grades[0]] == "A"
    walked.queue.set_colours({"A": "#123456"})
    assert view.markers._colours["A"].name() == "#123456"


def test_that_overviews_of_a_field_are_given_up_with_it(
    qtbot: Any, walked: Any, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = threading.Event(), threading.Event()

    def build(raster: Any, ctx: Any) -> None:
        begun.set()
        try:
            while True:
                ctx.progress(0.5)
                time.sleep(0.01)
        finally:
            ended.set()

    monkeypatch.setattr(raster, "RESIDENT_PX", 100)
    monkeypatch.setattr(bench.images, "build_overviews", build)
    bench.images._rasters.clear()
    walked.current.set_recipe(band="g")
    qtbot.waitUntil(begun.is_set, timeout=10000)
    view = walked.stage.front
    assert view.wide.value(3, 4) is None
    qtbot.waitUntil(lambda: view.wide.value(3, 4) is not None, timeout=10000)
    assert view.wide.value(3, 4) == pytest.approx(view.field.image.raster.value(3, 4))
    walked.current.show(-1)
    qtbot.waitUntil(ended.is_set, timeout=10000)


# -- markers alone


def painted(markers: Markers, view: View) -> np.ndarray:
    image = QtGui.QImage(view.width, view.height, QtGui.QImage.Format_RGB32)
    image.fill(Qt.black)
    painter = QtGui.QPainter(image)
    markers.paint(painter, view)
    painter.end()
    pointer = image.constBits()
    pointer.setsize(image.sizeInBytes())
    return np.frombuffer(pointer, np.uint8).reshape(view.height, view.width, 4)[..., :3].copy()


@pytest.mark.parametrize("count", [1, 500, 30_000])
def test_that_markers_stand_at_their_places_however_many(qtbot: Any, count: int) -> None:
    markers, view = Markers(), View(400, 300, x=1000, y=1000, scale=2.0)
    x, y = np.full(count, 930.0), np.full(count, 1060.0)
    x[-1], y[-1] = 1050.0, 980.0
    markers.set_sources(np.arange(count), x, y, 0)
    picture = painted(markers, view)
    assert picture[170:210, 280:320].max() > 150
    assert picture[:, 80:280].max() == 0


def test_that_grades_colour_the_markers_and_the_current_one_is_ringed(qtbot: Any) -> None:
    markers, view = Markers(), View(400, 300, x=100, y=100, scale=1.0)
    markers.set_sources(np.array([5, 9]), np.array([50.0, 150.0]), np.array([100.0, 100.0]), 0)
    markers.set_grades(np.array([1, 0]), ["", "A"], np.array([True, True]), {"A": "#ff0000"})
    left = painted(markers, view)[100:200, 100:190].astype(int)
    assert (left[..., 2] - left[..., 0]).max() > 200  # red
    markers.set_current(9)
    right = painted(markers, view)[100:200, 210:300].astype(int)
    assert np.abs(right - np.array([CURRENT.blue(), CURRENT.green(), CURRENT.red()])).sum(-1).min() < 30
    markers.set_grades(np.array([1, 0]), ["", "A"], np.array([False, True]), {})
    assert painted(markers, view)[100:200, 100:190].max() == 0
    assert markers.nearest(50, 100, 1.0) == -1
    assert markers.nearest(151, 101, 1.0) == 9


def test_that_a_hundred_thousand_markers_are_painted_within_a_frame(qtbot: Any) -> None:
    random = np.random.default_rng(1)
    markers = Markers()
    markers.set_sources(np.arange(100_000), *random.uniform(0, 20_000, (2, 100_000)), 64)
    spent = []
    for step in range(7):
        begun = time.perf_counter()
        painted(markers, View(1200, 900, x=10_000 + step, y=10_000, scale=0.045))
        spent.append(time.perf_counter() - begun)
    assert np.median(spent) < 0.1  # 8 ms on an idle machine


# -- the column mapper


def test_that_the_column_mapper_guesses_says_what_comes_and_imports(
    qtbot: Any, shown: Any, bench: Workbench, survey: Any, tmp_path: Path
) -> None:
    window = shown(bench)
    bench.open(tmp_path / "p.astrolens", create={}).result(60)
    dialog = CatalogueDialog(survey[0], [], window.bridge, bench, {}, window)
    qtbot.addWidget(dialog)
    qtbot.waitUntil(lambda: dialog.preview.rowCount() > 0, timeout=10000)
    assert dialog.columns["ra"].currentData() == "RA"
    assert "Add the FITS images" in dialog.said.text()
    assert not dialog.ok.isEnabled()
    dialog.add(survey[1])
    qtbot.waitUntil(lambda: dialog.ok.isEnabled(), timeout=20000)
    assert dialog.said.text() == f"{COUNT} sources, {COUNT} lie in 2 bands; cutouts of 50 px."
    dialog.columns["ra"].setCurrentIndex(0)
    qtbot.waitUntil(lambda: "no columns for RA and Dec" in dialog.said.text(), timeout=10000)
    assert not dialog.ok.isEnabled()
    dialog.columns["ra"].setCurrentIndex(dialog.columns["ra"].findData("RA"))
    dialog.unit.setCurrentIndex(1)
    dialog.size_box.setValue(32)
    qtbot.waitUntil(lambda: dialog.ok.isEnabled() and "32 px" in dialog.said.text(), timeout=10000)
    report = bench.import_catalogue(survey[0], dialog.images(), **dialog.options()).result(60)
    assert report.added == COUNT
    window.close()


def test_that_tables_are_told_from_images_by_their_names() -> None:
    names = {
        "a.csv": True,
        "b.vot": True,
        "mycat.fits": True,
        "image.fits": False,
        "c.fits.gz": False,
        "d.parquet": True,
    }
    assert {name: is_table(Path(name)) for name in names} == names
