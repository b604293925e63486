"""What the screen shows against astropy.visualization, and that neither holes nor odd fluxes nor a turn of the view break it."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_stretch import ODD, reference

from astrolens_gui.core.images import colour, paint, stretch
from astrolens_gui.core.images.engine import NO_DATA_TONES, Engine
from astrolens_gui.core.images.geometry import Affine, View
from astrolens_gui.core.images.raster import ArrayRaster
from astrolens_gui.core.images.recipe import CUTS, Recipe

TONES = {tuple(tone.to_bytes(4, "little")) for tone in NO_DATA_TONES}
SKY = {"sky": np.random.default_rng(0).normal(10, 2, (60, 80)).astype(np.float32)}


def engine(array: np.ndarray) -> Engine:
    made = Engine()
    made.set_rasters({"r": ArrayRaster(array)})
    return made


def one_to_one(array: np.ndarray) -> View:
    return View(array.shape[1], array.shape[0]).fitted(array.shape)


def shown(array: np.ndarray, recipe: Recipe, view: View | None = None, surround: int = 0) -> np.ndarray:
    """BGRA, row 0 at the top."""
    one = engine(array)
    return one.paint(one.sample(view or one_to_one(array), recipe), recipe, surround)


def lensed(scale: float = 1.0) -> np.ndarray:
    """A stamp with a galaxy, noise and a hole, in units of any size."""
    y, x = np.mgrid[-30:31, -40:41]
    array = 50 * np.exp(-np.hypot(x, y) / 4) + np.random.default_rng(3).normal(0, 1, x.shape)
    array[5:9, 60:70] = np.nan
    return (array * scale).astype(np.float32)


@pytest.mark.parametrize("scale", [1.0, 1e-11, 1e11])
@pytest.mark.parametrize("cuts", [name for name in CUTS if name != "manual"])
@pytest.mark.parametrize("name", [spec.id for spec in stretch.BUILTIN])
def test_that_the_screen_is_within_one_grey_level_of_astropy(name, cuts, scale):
    array = lensed(scale)
    recipe = Recipe(stretch=name, cuts=cuts)
    low, high = stretch.limits(array, recipe)
    picture = shown(array, recipe)[::-1]
    good = np.isfinite(array)
    wanted = reference(np.where(good, array, low).astype(float), name, low, high)
    if name == "histeq":
        values = np.clip(array[good].astype(float), low, high)  # astropy's takes them to reach from cut to cut
        wanted[good] = (np.searchsorted(np.sort(values), values, "right") - 1) / (values.size - 1) * 255
    for channel in range(3):
        assert np.abs(picture[..., channel].astype(float) - wanted)[good].max() <= 1.05
    assert (picture[..., 3] == 255).all()


@pytest.mark.parametrize("key", ODD)
@pytest.mark.parametrize("name", [spec.id for spec in stretch.BUILTIN])
@pytest.mark.filterwarnings("error")
def test_that_odd_images_are_painted_as_thumbnails_are(key, name):
    with np.errstate(over="ignore"):
        array = ODD[key].astype(np.float32)
    for cuts in ("percentile", "zscale", "minmax"):
        recipe = Recipe(stretch=name, cuts=cuts, colormap="viridis", contrast=1.3, bias=0.4)
        picture = shown(array, recipe)[::-1]
        good = ~np.isnan(array)
        if (key, name) == ("denormal", "histeq"):
            continue  # the screen tells 1e-40 from 2e-40, thumbnails don't
        thumbnail = stretch.render(array, recipe, *engine(array).cuts(recipe))[..., ::-1].astype(int)
        # One grey level is at most 9 of a channel of a colour map, see the test of the maps; contrast makes it 1.3.
        assert np.abs(picture[..., :3].astype(int) - thumbnail)[good].max(initial=0) <= 12
        assert {tuple(one) for one in picture[~good].tolist()} <= TONES


def test_that_real_images_are_painted_as_thumbnails_are(shared_data):
    from astrolens_gui.core.images import fits

    for name in ("lenses/euclid_q1/J0331163-274757_group.fits", "fields/kids_r.fits", "fields/vics82_J.fits"):
        array = fits.read(fits.planes(shared_data / name)[0])
        for key in stretch.STRETCHES:
            recipe = Recipe(stretch=key, cuts="zscale")
            low, high = stretch.limits(array, recipe)
            picture = shown(array, recipe)[::-1][..., 0].astype(int)
            good = np.isfinite(array)
            assert np.abs(picture - stretch.render(array, recipe, low, high)[..., 0])[good].max() <= 1 + (
                key == "histeq"
            ), (name, key)


def test_that_bytes_are_blue_green_red_alpha():
    array = np.linspace(0, 1, 64, dtype=np.float32).reshape(8, 8)
    recipe = Recipe(stretch="linear", cuts="minmax", colormap="heat")
    picture = shown(array, recipe)
    assert picture.dtype == np.uint8
    assert picture.shape == (8, 8, 4)
    assert picture.flags.c_contiguous
    assert picture.flags.writeable
    np.testing.assert_array_equal(picture[::-1, :, 2::-1], stretch.render(array, recipe))


views = st.builds(
    View,
    width=st.integers(1, 50),
    height=st.integers(1, 40),
    x=st.floats(-40, 120),
    y=st.floats(-40, 100),
    scale=st.floats(0.2, 20),
    angle=st.one_of(st.sampled_from([0.0, 90.0, 180.0, 270.0]), st.floats(0, 359.9)),
    mirrored=st.booleans(),
)


@settings(max_examples=150, deadline=None)
@given(views)
def test_that_outside_is_surround_holes_are_chequered_and_pixels_are_neither(view):
    array = np.full((60, 80), 0.5, np.float32)
    array[20:30, 10:25] = np.nan
    recipe = Recipe(stretch="linear", cuts="manual", low=0.0, high=1.0)
    picture = shown(array, recipe, view, surround=0xFF010203)
    x, y = view.to_image(np.arange(view.width) + 0.5, np.arange(view.height)[:, None] + 0.5)
    x, y = np.broadcast_to(x, picture.shape[:2]), np.broadcast_to(y, picture.shape[:2])
    inside = (x > -0.499) & (x < 79.499) & (y > -0.499) & (y < 59.499)
    outside = (x < -0.501) | (x > 79.501) | (y < -0.501) | (y > 59.501)
    assert {tuple(one) for one in picture[outside].tolist()} <= {(3, 2, 1, 255)}
    reach = 1 + 2 / view.scale  # means of a shrunk image mix hole and pixels
    hole = (x > 9.5 + reach) & (x < 24.5 - reach) & (y > 19.5 + reach) & (y < 29.5 - reach)
    assert {tuple(one) for one in picture[hole].tolist()} <= TONES
    whole = inside & ((x < 9.5 - reach) | (x > 24.5 + reach) | (y < 19.5 - reach) | (y > 29.5 + reach))
    assert {tuple(one) for one in picture[whole].tolist()} <= {(128, 128, 128, 255)}


def test_that_the_surround_may_be_transparent():
    picture = shown(np.ones((4, 4), np.float32), Recipe(), View(12, 12, 1.5, 1.5))
    assert picture[0, 0].tolist() == [0, 0, 0, 0]


def test_that_equalisation_stays_while_the_view_moves():
    array = lensed()
    one, recipe = engine(array), Recipe(stretch="histeq", cuts="minmax")
    whole = one.paint(one.sample(one_to_one(array), recipe), recipe)
    moved = one.paint(one.sample(one_to_one(array).panned(7, 0), recipe), recipe)
    np.testing.assert_array_equal(whole[:, :-7], moved[:, 7:])


def test_that_the_same_view_is_sampled_once_and_another_image_anew():
    one, view = engine(SKY["sky"]), View(30, 20, 9, 9)
    first = one.sample(view, Recipe())
    assert one.sample(view, Recipe(stretch="log", cuts="minmax")) is first
    assert one.sample(view.panned(1, 0), Recipe()) is not first
    one.set_rasters({"r": ArrayRaster(SKY["sky"] + 1)})
    assert one.sample(view, Recipe()) is not first


def test_that_the_band_of_the_recipe_is_shown_and_the_first_where_there_is_none():
    one = Engine()
    one.set_rasters({"g": ArrayRaster(np.zeros((5, 5))), "r": ArrayRaster(np.ones((5, 5)))})
    assert one.band(Recipe(band="r")) == "r"
    assert one.band(Recipe(band="Y")) == "g"
    assert list(one.sample(View(3, 3, 2, 2), Recipe(band="r")).planes) == ["r"]
    with pytest.raises(ValueError, match="no bands"):
        Engine().sample(View(3, 3), Recipe())
    assert Engine().cuts(Recipe()) == (0.0, 1.0)


def test_that_a_band_with_a_map_is_sampled_where_its_own_pixels_are():
    coarse = np.arange(100, dtype=np.float32).reshape(10, 10)
    fine = np.repeat(np.repeat(coarse, 2, axis=0), 2, axis=1)
    one, half = Engine(), Affine(0.5, 0, -0.25, 0, 0.5, -0.25)
    one.set_rasters({"r": ArrayRaster(fine), "i": ArrayRaster(coarse)}, {"i": lambda view: half.after(view.to_image)})
    view = View(17, 13, 9.3, 8.1, 1.7, 30.0)
    red, other = (one.sample(view, Recipe(band=band)).planes[band] for band in ("r", "i"))
    np.testing.assert_array_equal(red, other)


def test_that_a_colour_picture_is_what_compose_makes_of_the_planes():
    rng = np.random.default_rng(1)
    bands = {name: rng.normal(0, 1, (40, 50)).astype(np.float32) + 20 * (k + 1) for k, name in enumerate("gri")}
    for array in bands.values():
        array[10:20, 10:20] += 100
        array[0:4, 0:4] = np.nan
    one, recipe = Engine(), Recipe(mode="rgb")
    one.set_rasters(
        {name: ArrayRaster(array) for name, array in bands.items()}, None, {"g": 25.0, "r": 25.1, "i": 25.3}
    )
    sampled = one.sample(one_to_one(bands["g"]), recipe)
    picture = one.paint(sampled, recipe)[::-1]
    names = colour.channels(recipe, tuple(bands))
    assert sampled.bands == names == ("i", "r", "g")
    levels = [colour.level(bands[name], recipe, name) for name in names]
    wanted = colour.compose([bands[name] for name in names], recipe, levels, [25.3, 25.1, 25.0])
    hole = np.isnan(bands["g"])
    np.testing.assert_array_equal(picture[..., 2::-1][~hole], wanted[~hole])
    assert {tuple(pixel) for pixel in picture[hole].tolist()} <= TONES


@pytest.mark.parametrize("keep", [0.0, 50.0, 90.0, 99.5, 99.99, 100.0])
def test_that_percentiles_of_sorted_pixels_are_those_of_unsorted_ones(keep):
    array = lensed()
    plain, ranked = engine(array), ArrayRaster(array)
    ranked.rank()
    quick = Engine()
    quick.set_rasters({"r": ranked})
    recipe = Recipe(cuts="percentile", percentile=keep)
    assert quick.cuts(recipe) == pytest.approx(plain.cuts(recipe), rel=1e-6, abs=1e-6)


def test_that_a_plugins_stretch_is_painted_too(monkeypatch):
    from astrolens_gui.api import StretchSpec

    monkeypatch.setattr(stretch, "STRETCHES", dict(stretch.STRETCHES))
    stretch.register([StretchSpec("flat", "Flat", lambda x: 0 * x)])
    assert shown(SKY["sky"], Recipe(stretch="flat"))[..., :3].max() == 0


@pytest.mark.parametrize(
    ("recipe", "limit_ms"), [(Recipe(), 12.0), (Recipe(stretch="histeq"), 12.0), (Recipe(colormap="viridis"), 12.0)]
)
def test_that_painting_a_window_is_fast_enough_to_follow_the_hand(recipe, limit_ms):
    array = np.random.default_rng(0).normal(size=(1000, 1300)).astype(np.float32)
    one = engine(array)
    sampled = one.sample(View(1200, 900, 600, 500), recipe)
    one.paint(sampled, recipe)
    spent = []
    for _ in range(7):
        begun = time.thread_time()
        one.paint(sampled, recipe)
        spent.append((time.thread_time() - begun) * 1e3)
    assert min(spent) < limit_ms


def test_that_holes_and_surround_make_painting_hardly_slower():
    array = np.random.default_rng(0).normal(size=(900, 1200)).astype(np.float32)
    torn = array.copy()
    torn[::2, ::3] = np.nan
    one, other, view = engine(array), engine(torn), View(1200, 900, 599.5, 449.5)
    beside = view.panned(300.0, 200.0)
    recipes = [Recipe(), Recipe(stretch="histeq"), Recipe(cuts="manual", low=1e-30, high=1e-29)]

    def spent(painter, seen, recipe):
        sampled, times = painter.sample(seen, recipe), []
        for _ in range(5):
            begun = time.thread_time()
            painter.paint(sampled, recipe, surround=0xFF010203)
            times.append(time.thread_time() - begun)
        return min(times)

    for recipe in recipes:
        assert spent(other, beside, recipe) <= 3 * spent(one, view, recipe)


def test_that_the_histogram_of_an_image_without_pixels_is_black():
    empty = np.full((5, 5), np.nan, np.float32)
    curve = paint.equalised(empty, 0.0, 1.0)
    assert np.isfinite(curve.curve).all()
