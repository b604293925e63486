"""Sampling by views against a plain loop over screen pixels, in memory and from files."""

from __future__ import annotations

import math
import os
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astrolens_gui.api import Cancelled, Context
from astrolens_gui.core.images import fits, pyramid
from astrolens_gui.core.images import raster as rasters
from astrolens_gui.core.images.errors import ImageError
from astrolens_gui.core.images.geometry import View
from astrolens_gui.core.images.raster import ArrayRaster, FileRaster, build_overviews, raster
from astrolens_gui.core.images.sections import sheet

EDGE = 1e-6
"""Screen pixels whose centre falls this near to the border of two image pixels may show either."""


def expected(array: np.ndarray, view: View) -> tuple[np.ndarray, np.ndarray]:
    """(nearest pixel or NaN, whether that is beyond doubt) of every screen pixel, one at a time."""
    out, sure = np.full((view.height, view.width), np.nan), np.ones((view.height, view.width), bool)
    to_image = view.to_image
    for row in range(view.height):
        for column in range(view.width):
            x, y = to_image(column + 0.5, row + 0.5)
            i, j = math.floor(x + 0.5), math.floor(y + 0.5)
            sure[row, column] = min(abs(x + 0.5 - round(x + 0.5)), abs(y + 0.5 - round(y + 0.5))) > EDGE
            if 0 <= i < array.shape[1] and 0 <= j < array.shape[0]:
                out[row, column] = array[j, i]
    return out, sure


views = st.builds(
    View,
    width=st.integers(1, 40),
    height=st.integers(1, 30),
    x=st.floats(-10, 40),
    y=st.floats(-10, 30),
    scale=st.floats(0.51, 30),
    angle=st.one_of(st.sampled_from([0.0, 90.0, 180.0, 270.0]), st.floats(0, 359.9)),
    mirrored=st.booleans(),
)
shapes = st.tuples(st.integers(2, 25), st.integers(2, 33))


def numbered(shape: tuple[int, int]) -> np.ndarray:
    array = np.arange(shape[0] * shape[1], dtype=np.float32).reshape(shape)
    array[shape[0] // 2, shape[1] // 3] = np.nan
    return array


@settings(max_examples=150, deadline=None)
@given(views, shapes)
def test_that_every_screen_pixel_has_the_nearest_image_pixel(view, shape):
    array = numbered(shape)
    found = ArrayRaster(array).sample(view.to_image, view.width, view.height)
    wanted, sure = expected(array, view)
    assert found.dtype == np.float32
    assert found.flags.c_contiguous
    np.testing.assert_array_equal(found[sure], wanted[sure])


@pytest.fixture
def opened(write):
    """opened(array) → (FileRaster, Plane)."""

    def make(array: np.ndarray) -> tuple[FileRaster, fits.Plane]:
        plane = fits.planes(write("field.fits", array))[0]
        return FileRaster(plane, sheet(plane)), plane

    return make


def some_views(shape: tuple[int, int], scales: tuple[float, ...]) -> list[View]:
    rng = np.random.default_rng(5)
    made = []
    for scale in scales:
        for angle in (0, 90, 180, 270, 33.3, 211.0):
            x, y = rng.uniform(-5, shape[1] + 5), rng.uniform(-5, shape[0] + 5)
            made.append(View(60, 45, x, y, scale, angle, bool(rng.integers(2))))
    return made


def test_that_a_file_is_sampled_as_the_array_in_it(opened):
    array = numbered((300, 410))
    large, _ = opened(array)
    for view in some_views(array.shape, (0.6, 1.0, 1.37, 8.0)):
        wanted, sure = expected(array, view)
        found = large.sample(view.to_image, view.width, view.height)
        np.testing.assert_array_equal(found[sure], wanted[sure], str(view))


def test_that_without_overviews_a_shrunk_file_shows_pixels_from_under_each_screen_pixel(opened):
    y, x = np.mgrid[0:300, 0:410]
    for values, axis in ((x, 0), (y, 1)):
        large, _ = opened(values.astype(np.float32))
        for view in some_views(values.shape, (0.3, 0.11)):
            found = large.sample(view.to_image, view.width, view.height)
            at = view.to_image(np.arange(view.width) + 0.5, np.arange(view.height)[:, None] + 0.5)[axis]
            there = np.isfinite(found)
            assert there.any()
            assert np.abs(found - at)[there].max() <= 1.01 / view.scale


def test_that_a_shrunk_image_shows_means_of_what_lies_under_a_screen_pixel(opened, tmp_path):
    array = np.random.default_rng(0).normal(size=(640, 800)).astype(np.float32)
    array[100:130, 200:290] = np.nan
    small, (large, _) = ArrayRaster(array), opened(array)
    build_overviews(large, tmp_path / "cache", Context())
    assert large.has_overviews
    for level in (1, 2):
        view = View(800 >> level, 640 >> level).fitted(array.shape)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            blocks = array
            for _ in range(level):
                blocks = np.nanmean(blocks.reshape(len(blocks) // 2, 2, -1, 2), axis=(1, 3))
        for one in (small, large):
            found = one.sample(view.to_image, view.width, view.height)
            np.testing.assert_allclose(found, blocks[::-1], rtol=1e-5, atol=1e-6)
    for view in some_views(array.shape, (0.5, 0.24, 0.1)):
        np.testing.assert_array_equal(
            small.sample(view.to_image, view.width, view.height), large.sample(view.to_image, view.width, view.height)
        )


def test_that_values_and_sections_are_the_images_own(opened):
    array = numbered((60, 70))
    for one in (ArrayRaster(array), opened(array)[0]):
        assert one.value(3, 50) == array[50, 3]
        assert math.isnan(one.value(-1, 0))
        assert math.isnan(one.value(70, 0))
        np.testing.assert_array_equal(one.section(-4, 9, 65, 99), array[:9, 65:])
        np.testing.assert_array_equal(one.data, array)
        np.testing.assert_array_equal(one.overview(), array)


def test_that_the_overview_of_a_large_image_is_some_of_its_pixels(opened, monkeypatch):
    monkeypatch.setattr(rasters, "OVERVIEW_PX", 1000)
    array = np.random.default_rng(0).normal(size=(300, 410)).astype(np.float32)
    for one in (ArrayRaster(array), opened(array)[0]):
        assert 500 < one.overview().size <= 1100
        assert np.isin(one.overview(), array).all()


def test_that_an_image_too_large_for_memory_says_so(opened, monkeypatch):
    large, _ = opened(np.zeros((60, 70), np.float32))
    monkeypatch.setattr(rasters, "WHOLE_BYTES", 1000)
    with pytest.raises(ImageError, match=r"field.fits.*70 x 60 px it is too large.*make a cutout"):
        _ = large.data


def test_that_large_planes_are_opened_and_small_and_packed_ones_read(write, shared_data, monkeypatch):
    plane = fits.planes(write("field.fits", numbered((60, 70))))[0]
    assert raster(plane).resident
    monkeypatch.setattr(rasters, "RESIDENT_PX", 1000)
    assert isinstance(raster(plane), FileRaster)
    assert raster(fits.planes(shared_data / "fields/abell2744_f105w_400.fits.gz")[0]).resident
    assert raster(replace(plane, window=(0, 0, 50, 40), shape=(40, 50))).resident


@pytest.mark.parametrize("shape", [(512, 512), (301, 517), (1, 700), (700, 3), (90, 1025)])
def test_that_levels_are_means_that_leave_nan_out(shape):
    array = np.random.default_rng(1).normal(5, 2, shape).astype(np.float32)
    array[:3, :9] = np.nan
    array[shape[0] // 2, -1] = np.nan
    array[-1, shape[1] // 2] = 3e38
    array[-1, shape[1] // 2 - 1] = 3e38
    before = array
    for level in pyramid.levels(array):
        height, width = before.shape
        even = np.pad(before, ((0, height % 2), (0, width % 2)), constant_values=np.nan).astype(np.float64)
        with np.testing.suppress_warnings() as quiet:
            quiet.filter(RuntimeWarning)
            wanted = np.nanmean(even.reshape(-(-height // 2), 2, -(-width // 2), 2), axis=(1, 3))
        np.testing.assert_allclose(level, wanted, rtol=1e-6)
        before = level
    assert max(before.shape) <= pyramid.SMALLEST


def test_that_kept_overviews_are_used_again_and_those_of_another_file_are_not(opened, tmp_path, monkeypatch):
    array = np.random.default_rng(0).normal(size=(700, 600)).astype(np.float32)
    cache = tmp_path / "cache"
    build_overviews(opened(array)[0], cache, Context())
    kept = list(cache.iterdir())
    assert len(kept) == 1
    built = []
    monkeypatch.setattr(pyramid, "build", lambda *_: built.append(1))
    again, plane = opened(array)[0], None
    plane = again.plane
    place = pyramid.Place.of(cache, plane.path, plane.hdu, plane.plane)
    if place.path != kept[0]:  # written anew, so its time is another
        kept[0].rename(place.path)
    build_overviews(again, cache, Context())
    assert not built
    assert again.has_overviews
    changed, _ = opened(array + 1)
    build_overviews(changed, cache, Context())
    assert built
    assert not changed.has_overviews


def test_that_half_written_or_foreign_overviews_are_not_used(opened, tmp_path):
    large, plane = opened(np.zeros((700, 600), np.float32))
    build_overviews(large, tmp_path / "cache", Context())
    place = pyramid.Place.of(tmp_path / "cache", plane.path, plane.hdu, plane.plane)
    whole = place.path.read_bytes()
    assert pyramid.stored(place, (700, 600)) is not None
    for damaged in (whole[:-1], whole[:10], b"", b"x" * len(whole), whole.replace(b"700", b"701", 1)):
        place.path.write_bytes(damaged)
        assert pyramid.stored(place, (700, 600)) is None
    assert pyramid.stored(place, (600, 700)) is None


def test_that_old_overviews_go_when_there_are_too_many(opened, tmp_path, monkeypatch):
    cache = tmp_path / "cache"
    cache.mkdir()
    for n, name in enumerate(("older.overviews", "newer.overviews", "abandoned.partial", "of another.kind")):
        (cache / name).write_bytes(bytes(1000))
        os.utime(cache / name, (n, n))
    large, plane = opened(np.zeros((700, 600), np.float32))
    own = pyramid.Place.of(cache, plane.path, plane.hdu, plane.plane).path
    monkeypatch.setattr(pyramid, "KEPT_BYTES", 2_500 + sum(4 * h * w for h, w in pyramid.shapes((700, 600))) - 1_000)
    build_overviews(large, cache, Context())
    assert {path.name for path in cache.iterdir()} == {own.name, "newer.overviews", "of another.kind"}


@pytest.mark.parametrize("at", [0.0, 0.5, 0.9])
def test_that_a_cancelled_build_leaves_nothing(opened, tmp_path, monkeypatch, at):
    monkeypatch.setattr(pyramid, "_STRIP", 1 << 14)
    large, _ = opened(np.zeros((700, 600), np.float32))
    reached = []
    ctx = Context(
        on_progress=lambda p: reached.append(p.fraction), is_cancelled=lambda: bool(reached and reached[-1] >= at)
    )
    with pytest.raises(Cancelled):
        build_overviews(large, tmp_path / "cache", ctx)
    assert list((tmp_path / "cache").iterdir()) == []
    assert not large.has_overviews


def test_that_a_cache_that_cannot_be_written_is_a_sentence(opened, tmp_path):
    large, _ = opened(np.zeros((700, 600), np.float32))
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(ImageError, match=r"field.fits.*overviews can't be kept in"):
        build_overviews(large, tmp_path / "cache", Context())


@pytest.mark.skipif(not hasattr(__import__("mmap"), "MADV_DONTNEED"), reason="pages can't be given back on this system")
def test_that_looking_at_a_large_file_and_making_its_overviews_takes_little_memory(tmp_path):
    psutil = pytest.importorskip("psutil")
    side = 4000
    path = tmp_path / "large.fits"
    with open(path, "wb") as file:
        cards = ("SIMPLE  =                    T", "BITPIX  =                  -32", "NAXIS   =                    2")
        cards = (*cards, f"NAXIS1  = {side:20d}", f"NAXIS2  = {side:20d}", "END")
        file.write("".join(card.ljust(80) for card in cards).ljust(2880).encode())
        for _ in range(40):
            file.write(np.ones((side // 40, side), ">f4").tobytes())
        file.write(b"\0" * (-file.tell() % 2880))
    plane = fits.planes(path)[0]
    large = FileRaster(plane, sheet(plane))

    def mapped() -> float:
        """MB of the file's pages that count as this process's."""
        found = [m for m in psutil.Process().memory_maps(grouped=True) if "large" in m.path or "overviews" in m.path]
        return sum(m.rss for m in found) / 2**20

    seen = []
    for view in some_views(large.shape, (0.1, 0.3, 1.0)):
        large.sample(replace(view, width=1200, height=900).to_image, 1200, 900)
        seen.append(mapped())
    build_overviews(large, tmp_path / "cache", Context(on_progress=lambda _: seen.append(mapped())))
    assert max(seen) < 8
