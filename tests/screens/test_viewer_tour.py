"""The viewer in the real window, by keys, on survey images: colour, lens tools, a field with its sources, a graded mosaic."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.window


@pytest.fixture
def tour(window: Any, tmp_path: Path, qtbot: Any) -> Callable[..., None]:
    """`tour(images)` makes a project of them; `tour(images, table, side_px)` one of a catalogue's sources in them."""

    def begin(images: list[Path], table: Path | None = None, side_px: int = 64) -> None:
        def bring() -> None:
            if table is None:
                window.projects.bring_in(images, {})
            else:
                window.workbench.import_catalogue(table, images, size_px=side_px)

        window.session.open(tmp_path / "tour.astrolens", create={}, then=bring)
        qtbot.waitUntil(lambda: window.queue.rowCount() > 0, timeout=30_000)
        window.current.show(window.queue.object_at(0), 0)

    return begin


def look_at(window: Any, qtbot: Any, name: str) -> None:
    """Go to the object whose name begins so, and wait until its pixels are there."""
    rows = range(window.queue.rowCount())
    row = next(row for row in rows if window.queue.name_of(window.queue.object_at(row)).startswith(name))
    window.current.show(window.queue.object_at(row), row)
    qtbot.waitUntil(lambda: not window.stage.sight(window.current.object_id).reason, timeout=10_000)


def centre_of(window: Any) -> np.ndarray:
    """The canvas as (h, w, 3)."""
    from PyQt5.QtGui import QImage

    picture = window.stage.image.canvas.grab().toImage().convertToFormat(QImage.Format_RGB888)
    pixels = np.frombuffer(picture.constBits().asstring(picture.byteCount()), np.uint8)
    return pixels.reshape(picture.height(), picture.bytesPerLine())[:, : 3 * picture.width()].reshape(
        picture.height(), picture.width(), 3
    )


def test_that_euclid_in_colour_shows_colour_and_labels_remember_it(shared_data, window, tour, qtbot, snap):
    from PyQt5.QtCore import Qt

    tour([shared_data / "lenses" / "euclid_q1"])
    look_at(window, qtbot, "102020057")
    assert np.ptp(centre_of(window)[200:-200, 200:-200].astype(int), axis=2).max() == 0
    qtbot.keyClick(window, Qt.Key_Q)
    qtbot.waitUntil(
        lambda: np.ptp(centre_of(window)[200:-200, 200:-200].astype(int), axis=2).max() > 60, timeout=10_000
    )
    qtbot.wait(300)
    snap("euclid-colour")
    target = window.current.object_id
    qtbot.keyClick(window, "1")
    qtbot.waitUntil(lambda: window.queue.grade_of(target) == "A", timeout=5_000)
    event = window.workbench.opened.on_db(lambda: window.workbench.store.events())[-1]
    assert event.screen["mode"] == "rgb"


def test_that_a_ring_is_measured_and_its_lens_subtracted(shared_data, window, tour, qtbot, snap):
    from PyQt5.QtCore import Qt

    tour([shared_data / "lenses" / "desi_hst_f140w"])
    look_at(window, qtbot, "DESIJ0215")
    qtbot.keyClick(window, Qt.Key_O)
    qtbot.keyClick(window, Qt.Key_E)
    window.show_dock("measure")
    qtbot.waitUntil(lambda: window.measuring.state.measured.circle is not None, timeout=5_000)
    qtbot.wait(200)
    snap("ring")
    qtbot.keyClick(window, Qt.Key_G, Qt.ShiftModifier)
    qtbot.waitUntil(lambda: window.stage.image.blinking.shows_processed, timeout=30_000)
    qtbot.wait(500)
    snap("ring-residual")


@pytest.fixture
def field(shared_data: Path, tmp_path: Path) -> tuple[list[Path], Path]:
    """The 2,600 × 2,600 field in four bands, and its brightest sources as a table."""
    from astropy.convolution import Gaussian2DKernel, convolve_fft
    from astropy.io import fits
    from photutils.segmentation import detect_sources

    images = [shared_data / "fields" / "profound_multiband" / f"{band}.fits" for band in ("g", "r", "i", "Z")]
    pixels = np.asarray(fits.getdata(images[1]), np.float32)
    middle = np.nanmedian(pixels)
    noise = 1.4826 * np.nanmedian(np.abs(pixels - middle))
    smooth = convolve_fft(np.nan_to_num(pixels - middle), Gaussian2DKernel(2))
    found = detect_sources(smooth, 2 * noise, 20)
    table = tmp_path / "sources.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["ID", "x", "y", "area"])
        for number, (box, area) in enumerate(zip(found.bbox, found.areas, strict=True)):
            rows.writerow([f"s{number:04d}", *box.center[::-1], area])
    return images, table


def test_that_a_field_shows_its_sources_and_walks_them(field, window, tour, qtbot, snap):
    from PyQt5.QtCore import Qt

    images, table = field
    tour(images, table)
    look_at(window, qtbot, "s0")
    qtbot.keyClick(window, Qt.Key_V, Qt.ShiftModifier)
    qtbot.waitUntil(lambda: window.stage.page == "field", timeout=10_000)
    qtbot.wait(1500)
    snap("field")
    for _ in range(12):  # what is too small to be judged is not graded: come closer
        qtbot.keyClick(window, Qt.Key_Plus)
    qtbot.waitUntil(lambda: not window.stage.sight(window.current.object_id).reason, timeout=20_000)
    qtbot.wait(500)
    snap("field-close")
    target = window.current.object_id
    qtbot.keyClick(window, "2")
    qtbot.waitUntil(lambda: window.queue.grade_of(target) == "B", timeout=5_000)


def test_that_a_page_of_a_hundred_stamps_is_graded_by_halves(window, tour, tmp_path, qtbot, snap):
    from PyQt5.QtCore import Qt

    sample = tmp_path / "sample"
    window.workbench.simulate("simulator", sample, 120, seed=4, params={"survey": "kids_gri"}).result(120)
    (sample / "truth.csv").unlink()
    tour([sample])
    qtbot.waitUntil(lambda: window.queue.rowCount() == 120, timeout=30_000)
    qtbot.keyClick(window, Qt.Key_V)
    qtbot.waitUntil(lambda: window.stage.is_mosaic, timeout=5_000)
    window.stage.mosaic.set_columns(10)
    for row in range(50):
        target = window.stage.mosaic.cursor_object
        qtbot.waitUntil(lambda target=target: not window.stage.sight(target).reason, timeout=10_000)
        qtbot.keyClick(window, "124"[row * 7 % 3])
        qtbot.waitUntil(lambda target=target: window.queue.grade_of(target) != "", timeout=5_000)
    qtbot.wait(500)
    snap("mosaic-100")
    window.set_theme("light")
    qtbot.wait(500)
    snap("mosaic-100-light")
    assert sum(bool(window.queue.grade_of(window.queue.object_at(row))) for row in range(120)) == 50
