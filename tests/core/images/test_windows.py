"""Windows of large images: the pixels and the sky of astropy's whole image, NaN beyond the edge, whatever the file's packing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits as afits
from astropy.wcs import WCS

from astrolens_gui.api import InputSpec, Plane
from astrolens_gui.core.images import readers, sections
from astrolens_gui.core.images.cutouts import Cutouts
from astrolens_gui.core.images.errors import ImageError
from astrolens_gui.core.images.stretch import Recipe
from astrolens_gui.core.images.thumbnails import thumb

SHAPE = (300, 260)


def _header(sip: bool = False) -> afits.Header:
    header = afits.Header()
    suffix = "-SIP" if sip else ""
    header["CTYPE1"], header["CTYPE2"] = f"RA---TAN{suffix}", f"DEC--TAN{suffix}"
    header["CRVAL1"], header["CRVAL2"], header["CRPIX1"], header["CRPIX2"] = 150.1, 2.2, 130.0, 150.0
    header["CD1_1"], header["CD1_2"], header["CD2_1"], header["CD2_2"] = -5e-5, 1e-6, 1e-6, 5e-5
    header["FILTER"] = "r"
    if sip:
        header["A_ORDER"] = header["B_ORDER"] = 2
        header["A_2_0"], header["A_1_1"], header["B_0_2"] = 3e-5, -2e-5, 1e-5
    return header


def _image() -> np.ndarray:
    image = np.random.default_rng(4).normal(100, 5, SHAPE).astype(np.float32)
    image[40:44, 50:60] = np.nan
    return image


def _hdu(kind: str, header: afits.Header) -> Any:
    image = _image()
    if kind == "float64":
        return afits.PrimaryHDU(image.astype(np.float64), header)
    if kind == "int16":
        return afits.PrimaryHDU(np.nan_to_num(image).astype(np.int16), header)
    if kind == "uint16":
        return afits.PrimaryHDU(np.nan_to_num(image).astype(np.uint16), header)
    if kind == "rice":
        return afits.CompImageHDU(image, header, compression_type="RICE_1", tile_shape=(64, 64))
    if kind == "gzip rows":
        return afits.CompImageHDU(image, header, compression_type="GZIP_2", quantize_level=0.0)
    return afits.PrimaryHDU(image, header)


KINDS = ("float32", "float64", "int16", "uint16", "rice", "gzip rows")
WINDOWS = [
    (0, 0, 64, 64),
    (100, 120, 64, 64),
    (-10, -20, 64, 64),
    (240, 280, 64, 64),
    (7, 30, 33, 21),
    (100, 121, 64, 64),
]


@pytest.fixture(params=KINDS)
def big(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, int]:
    path = tmp_path / "big.fits"
    hdu = _hdu(request.param, _header())
    hdus = [hdu] if isinstance(hdu, afits.PrimaryHDU) else [afits.PrimaryHDU(), hdu]
    afits.HDUList(hdus).writeto(path)
    return path, len(hdus) - 1


def _plane(path: Path, hdu: int, window: tuple[int, int, int, int], **more: Any) -> Plane:
    return Plane(str(path), hdu, band="r", shape=(window[3], window[2]), pixel_scale=0.18, window=window, **more)


def expected(data: np.ndarray, window: tuple[int, int, int, int]) -> np.ndarray:
    x, y, width, height = window
    out = np.full((height, width), np.nan, np.float32)
    for row in range(height):
        for column in range(width):
            if 0 <= y + row < data.shape[0] and 0 <= x + column < data.shape[1]:
                out[row, column] = data[y + row, x + column]
    return out


def test_that_windows_have_the_pixels_of_the_whole_image_and_nan_beyond_its_edge(big: tuple[Path, int]) -> None:
    with afits.open(big[0]) as file:
        data = np.asarray(file[big[1]].data)
    planes = [_plane(*big, window) for window in WINDOWS]
    for plane, window, image in zip(planes, WINDOWS, readers.read_all(planes), strict=True):
        assert image.dtype == np.float32
        assert image.dtype.isnative
        assert image.flags.c_contiguous
        np.testing.assert_array_equal(image, expected(data, window))
        np.testing.assert_array_equal(image, readers.read(plane))


@pytest.mark.parametrize("sip", [False, True])
def test_that_a_windows_sky_is_the_whole_images(tmp_path: Path, sip: bool) -> None:
    path = tmp_path / "sky.fits"
    afits.PrimaryHDU(_image(), _header(sip)).writeto(path)
    whole = WCS(afits.getheader(path))
    sky = readers.celestial(_plane(path, 0, (180, -15, 64, 40)))
    x, y = np.meshgrid(np.arange(64.0), np.arange(40.0))
    ours, theirs = sky.pixel_to_world(x, y), whole.pixel_to_world(x + 180, y - 15)
    assert ours.separation(theirs).max().mas < 1
    if sip:  # the test can fail: without its distortion the place is another
        assert np.hypot(*(np.array(whole.wcs_pix2world(60, 20, 0)) - np.array(whole.all_pix2world(60, 20, 0)))) > 1e-6


def test_that_tpv_and_north_down_move_along(shared_data: Path) -> None:
    path = shared_data / "fields" / "decam_z_c4d_170316.fits"
    with afits.open(path) as file:
        whole = WCS(file[1].header)
    sky = readers.celestial(Plane(str(path), 1, shape=(50, 60), window=(100, 30, 60, 50)))
    x, y = np.arange(0.0, 60, 7), np.arange(0.0, 45, 5)
    assert sky.pixel_to_world(x, y).separation(whole.pixel_to_world(x + 100, y + 30)).max().mas < 1


def test_that_the_middle_of_a_window_is_its_own(tmp_path: Path) -> None:
    path = tmp_path / "sky.fits"
    afits.PrimaryHDU(_image(), _header()).writeto(path)
    found = readers.centre(_plane(path, 0, (180, 10, 65, 41)))
    at = WCS(afits.getheader(path)).pixel_to_world(180 + 32, 10 + 20)
    assert found == pytest.approx((at.ra.deg, at.dec.deg), abs=1e-7)


def test_that_planes_of_a_cube_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "cube.fits"
    cube = np.arange(3 * 40 * 50, dtype=np.float32).reshape(3, 40, 50)
    afits.PrimaryHDU(cube).writeto(path)
    made = readers.read_all([Plane(str(path), 0, n, shape=(8, 8), window=(5, 6, 8, 8)) for n in (2, 0)])
    np.testing.assert_array_equal(made[0], cube[2, 6:14, 5:13])
    np.testing.assert_array_equal(made[1], cube[0, 6:14, 5:13])


def test_that_a_window_beside_the_image_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "small.fits"
    afits.PrimaryHDU(np.zeros((20, 20), np.float32)).writeto(path)
    with pytest.raises(ImageError, match=r"small\.fits.*import the catalogue again"):
        readers.read(_plane(path, 0, (500, 0, 10, 10)))


def test_that_a_file_that_changed_is_opened_anew(tmp_path: Path) -> None:
    path = tmp_path / "big.fits"
    for value in (1.0, 2.0):
        afits.PrimaryHDU(np.full(SHAPE, value, np.float32)).writeto(path, overwrite=True)
        assert readers.read(_plane(path, 0, (3, 4, 5, 6)))[0, 0] == value


def test_that_a_missing_file_is_named() -> None:
    with pytest.raises(ImageError, match=r"gone\.fits.*can't be read"):
        readers.read(_plane(Path("/nowhere/gone.fits"), 0, (3, 4, 5, 6)))


def test_that_cutouts_of_two_windows_are_not_taken_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "big.fits"
    afits.PrimaryHDU(_image(), _header()).writeto(path)
    spec = InputSpec(("r",), 0.18, 32)
    objects = [(n, [_plane(path, 0, window)]) for n, window in enumerate([(10, 100, 40, 40), (60, 100, 40, 40)])]
    for _ in range(2):  # read, then from the cache
        made, refused = Cutouts(tmp_path / "cache").batch(objects, spec)
        assert not refused
        assert not np.allclose(made[0], made[1])
    fresh = [Cutouts(tmp_path / f"own{n}").get(planes, spec) for n, planes in objects]
    np.testing.assert_array_equal(made, fresh)


def test_that_a_thumbnail_shows_the_window(tmp_path: Path) -> None:
    path = tmp_path / "big.fits"
    image = np.zeros(SHAPE, np.float32)
    image[100:110, 100:110] = 50.0
    afits.PrimaryHDU(image).writeto(path)
    picture = thumb([_plane(path, 0, (85, 85, 40, 40))], 40, Recipe(stretch="linear", cuts="minmax"))
    assert picture[15:25, 15:25].min() == 255
    assert picture[:15].max() == 0


def test_that_memory_mapped_pages_are_given_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "big.fits"
    afits.PrimaryHDU(_image()).writeto(path)
    monkeypatch.setattr(sections, "TOUCHED", 1000)
    plane = _plane(path, 0, (10, 10, 30, 30))
    first = readers.read(plane)
    np.testing.assert_array_equal(first, readers.read(plane))
    assert sections.sheet(plane).whole.touched == 0


SHRINKS = """
import os, sys
from astrolens_gui.api import Plane
from astrolens_gui.core.images import readers, sections, windows
from astrolens_gui.core.images.errors import ImageError

path, how = sys.argv[1:]
if how == "whole image":
    opened = sections.sheet(Plane(path, 0, shape=(300, 260)))
    opened.read(0, 10, 0, 10)
    os.truncate(path, 8000)
    read = lambda: opened.read(0, 300, 0, 260)
else:
    found = windows._inside
    def shrinking(boxes, shape):  # after the file was looked at, before its pixels are
        os.truncate(path, 8000)
        return found(boxes, shape)
    windows._inside = shrinking
    read = lambda: readers.read_all([Plane(path, 0, shape=(64, 64), window=(90, 150 + n, 64, 64)) for n in range(9)])
try:
    read()
except ImageError as error:
    print(error)
"""


@pytest.mark.parametrize("how", ["whole image", "windows"])
@pytest.mark.parametrize("kind", ["float32", "uint16"])
def test_that_a_file_that_shrinks_while_it_is_mapped_is_an_error_and_not_the_end(
    tmp_path: Path, kind: str, how: str
) -> None:
    path = tmp_path / "big.fits"
    _hdu(kind, _header()).writeto(path)
    command = [sys.executable, "-c", SHRINKS, str(path), how]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=os.environ)
    assert done.returncode == 0, done.stderr  # -7 is SIGBUS
    assert "big.fits: it has become shorter" in done.stdout
