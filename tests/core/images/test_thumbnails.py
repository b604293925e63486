"""Thumbnails keep the whole image, its cuts and its shape."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.core.images import fits, stacks
from astrolens_gui.core.images.stretch import Recipe, limits, render
from astrolens_gui.core.images.thumbnails import Shelf, page, picture, small, thumb


def test_that_every_real_lens_has_a_thumbnail_that_is_not_flat(shared_data):
    for path in sorted((shared_data / "lenses").rglob("*.fits")):
        small = thumb(fits.planes(path), 96, Recipe())
        assert small.shape == (96, 96, 3)
        assert small.std() > 5, path.name


def test_that_the_recipes_band_is_shown_and_the_first_one_else(shared_data):
    planes = fits.planes(shared_data / "lenses/euclid_q1/J0331163-274757_group.fits")
    assert (thumb(planes, 64, Recipe(band="H")) == thumb(planes[-1:], 64, Recipe())).all()
    assert (thumb(planes, 64, Recipe(band="u")) == thumb(planes[:1], 64, Recipe())).all()
    with pytest.raises(ValueError, match="no image"):
        thumb([], 64, Recipe())


@pytest.mark.parametrize("shape", [(2, 2), (26, 26), (169, 187), (2600, 100), (3, 1000), (64, 64)])
@pytest.mark.parametrize("size", [32, 64, 200])
def test_that_any_shape_fits_the_square(shape, size):
    image = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    assert picture(image, size, Recipe()).shape == (size, size, 3)


def test_that_a_source_keeps_its_place_with_row_0_at_the_bottom():
    image = np.zeros((300, 300), np.float32)
    image[60:66, 210:216] = 1
    shown = picture(image, 100, Recipe(cuts="minmax"))[..., 0]
    y, x = np.argwhere(shown > 128).mean(axis=0)
    assert (99 - y, x) == pytest.approx((20.5, 70.5), abs=1)


def test_that_a_large_image_is_held_small_with_its_means():
    image = np.random.default_rng(2).normal(5, 1, (2000, 1400)).astype(np.float32)
    held = small(image)
    assert max(held.pixels.shape) <= 640
    assert max(held.whole.shape) <= 640
    assert held.pixels.mean() == pytest.approx(5, abs=0.01)
    assert stacks.blocks(image[None], 4)[0, 3, 2] == pytest.approx(image[12:16, 8:12].mean(), rel=1e-5)


def pile(seed=0):
    """Stamps with sources, one constant, one half empty, one with a pixel without a value."""
    random = np.random.default_rng(seed)
    stack = random.normal(0, 1, (40, 61, 61)) + (random.random((40, 61, 61)) > 0.97) * random.exponential(
        30, (40, 61, 61)
    )
    stack[3], stack[4, :30], stack[5, 0, 0], stack[6] = 5, 0, np.nan, np.nan
    return stack.astype(np.float32)


@pytest.mark.parametrize("cuts", ["zscale", "percentile", "minmax", "corner_rms", "centre"])
def test_that_the_cuts_of_a_stack_are_those_of_each_stamp(cuts):
    stack, recipe = pile(), Recipe(cuts=cuts)
    lows, highs = stacks.cuts(stack, recipe)
    wanted = np.array([limits(one, recipe) for one in stack])
    assert np.allclose(lows, wanted[:, 0], rtol=1e-9, atol=1e-12)
    assert np.allclose(highs, wanted[:, 1], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("shape", [(26, 26), (33, 33), (61, 61), (101, 101)])
def test_that_zscale_of_a_stack_is_astropys(shape):
    from astropy.visualization import ZScaleInterval

    random = np.random.default_rng(1)
    stack = (random.normal(100, 3, (30, *shape)) + (random.random((30, *shape)) > 0.9) * 500).astype(np.float32)
    low, high = stacks.zscale(stack.reshape(30, -1))
    wanted = np.array([ZScaleInterval().get_limits(one) for one in stack])
    assert np.allclose(low, wanted[:, 0], rtol=1e-6)
    assert np.allclose(high, wanted[:, 1], rtol=1e-6)


@pytest.mark.parametrize("stretch", ["linear", "asinh", "log", "histeq"])
@pytest.mark.parametrize("invert", [False, True])
def test_that_a_stack_has_the_colours_of_each_stamp(stretch, invert):
    stack = pile()
    recipe = Recipe(stretch=stretch, cuts="zscale", colormap="viridis", invert=invert, contrast=1.4, bias=0.4)
    lows, highs = stacks.cuts(stack, recipe)
    made = stacks.pictures(stack, recipe, lows, highs, 61)
    for one, low, high, shown in zip(stack, lows, highs, made, strict=True):
        wanted = render(one, recipe, low, high)[::-1].astype(int)
        assert np.abs(shown[..., 2::-1].astype(int) - wanted).max() <= 3
        assert (shown[..., 3] == 255).all()


def test_that_another_stretch_reads_no_file_and_a_changed_file_is_read_again(tmp_path):
    from astropy.io import fits as afits

    path, shelf = tmp_path / "a.fits", Shelf()
    afits.writeto(path, np.eye(30, dtype=np.float32))
    planes = fits.planes(path)
    (first,) = page([planes], 30, Recipe(cuts="minmax"), shelf)
    page([planes], 64, Recipe(cuts="zscale", stretch="log"), shelf)
    assert shelf.reads == 1
    afits.writeto(path, np.eye(30, dtype=np.float32)[::-1].copy(), overwrite=True)
    (second,) = page([planes], 30, Recipe(cuts="minmax"), shelf)
    assert shelf.reads == 2
    assert (second == first[::-1]).all()


def test_that_the_shelf_never_holds_more_than_it_may(tmp_path):
    from astropy.io import fits as afits

    shelf = Shelf(nbytes=10 * 40 * 40 * 4)
    for number in range(25):
        path = tmp_path / f"{number}.fits"
        afits.writeto(path, np.full((40, 40), number, np.float32))
        page([fits.planes(path)], 16, Recipe(), shelf)
    assert shelf._nbytes == 10 * 40 * 40 * 4
    assert len(shelf._held) == 10


def test_that_a_page_shows_what_can_be_read_and_says_what_cannot(tmp_path):
    from astropy.io import fits as afits

    afits.writeto(tmp_path / "good.fits", np.eye(30, dtype=np.float32))
    good = fits.planes(tmp_path / "good.fits")
    gone = [type(good[0])(**{**good[0].__dict__, "path": str(tmp_path / "gone.fits")})]
    shown = page([good, gone, [], good], 20, Recipe())
    assert [isinstance(one, np.ndarray) for one in shown] == [True, False, False, True]
    assert "gone.fits" in str(shown[1])
    assert "no image" in str(shown[2])


def three_bands(folder, shapes=((60, 60), (60, 60), (60, 60)), scales=(0.1, 0.1, 0.1)):
    """A file with bands g, r, i: a source in the middle of all, one at the upper right that only g has."""
    from astropy.io import fits as afits

    hdus = [afits.PrimaryHDU()]
    for band, (height, width), scale in zip("gri", shapes, scales, strict=True):
        data = np.random.default_rng(3).normal(0, 0.01, (height, width)).astype(np.float32)
        y, x = np.mgrid[:height, :width]
        side = height / 60
        data[np.hypot(y - (height - 1) / 2, x - (width - 1) / 2) < 6 * side] = 50
        if band == "g":
            data[np.hypot(y - 50 * side, x - 50 * side) < 4 * side] = 50
        hdu = afits.ImageHDU(data, name=band)
        hdu.header["CDELT1"], hdu.header["CDELT2"] = -scale / 3600, scale / 3600
        hdus.append(hdu)
    afits.HDUList(hdus).writeto(folder / "colour.fits")
    return fits.planes(folder / "colour.fits")


@pytest.mark.parametrize("composer", ["lupton", "simple", "matrix"])
def test_that_a_colour_stamp_shows_the_bands_in_their_colours_and_places(tmp_path, composer):
    (shown,) = page([three_bands(tmp_path)], 120, Recipe(mode="rgb", composer=composer), Shelf())
    assert shown.shape == (120, 120, 4)
    blue, green, red = (int(value) for value in shown[59, 59, :3])
    assert max(blue, green, red) - min(blue, green, red) < 40
    assert min(blue, green, red) > 60
    blue, green, red = (int(value) for value in shown[19, 100, :3])
    assert blue > 2 * red


def test_that_bands_of_other_pixel_scales_lie_on_each_other(tmp_path):
    planes = three_bands(tmp_path, ((60, 60), (30, 30), (20, 20)), (0.1, 0.2, 0.3))
    (shown,) = page([planes], 60, Recipe(mode="rgb"), Shelf())
    bright = shown[..., 1] > 60
    y, x = np.argwhere(bright).mean(axis=0)
    assert (y, x) == pytest.approx((29.5, 29.5), abs=1.0)


def test_that_bands_of_one_file_cost_one_reading(tmp_path, monkeypatch):
    from astrolens_gui.core.images import fast

    read, count = fast.read, []
    monkeypatch.setattr(fast, "read", lambda *given: count.append(given) or read(*given))
    page([three_bands(tmp_path)], 60, Recipe(mode="rgb"), Shelf())
    assert len(count) == 1
