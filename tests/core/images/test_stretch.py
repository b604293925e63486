"""Rendering against astropy.visualization, and what no image may break."""

from __future__ import annotations

import time

import numpy as np
import pytest

from astrolens_gui.api import StretchSpec
from astrolens_gui.core.images import colormaps, fits, stretch
from astrolens_gui.core.images.stretch import Recipe


def reference(image: np.ndarray, name: str, lo: float, hi: float) -> np.ndarray:
    from astropy import visualization as av

    clipped = np.clip(image, lo, hi)
    chosen = {
        "linear": av.LinearStretch,
        "sqrt": av.SqrtStretch,
        "log": av.LogStretch,
        "asinh": av.AsinhStretch,
        "sinh": av.SinhStretch,
        "power": lambda: av.PowerStretch(2),
        "histeq": lambda: av.HistEqStretch(clipped),
    }[name]()
    return np.asarray(av.ImageNormalize(vmin=lo, vmax=hi, stretch=chosen, clip=True)(image), dtype=float) * 255


@pytest.fixture(scope="module")
def real(shared_data) -> dict[str, np.ndarray]:
    names = {
        "euclid": "lenses/euclid_q1/J0331163-274757_group.fits",
        "kids": "fields/kids_r.fits",
        "emmi": "fields/sep_emmi_256.fits",
        "nan rows": "fields/vics82_J.fits",
    }
    return {key: fits.read(fits.planes(shared_data / name)[0]) for key, name in names.items()}


@pytest.mark.parametrize("name", [spec.id for spec in stretch.BUILTIN])
@pytest.mark.parametrize("cuts", ["percentile", "zscale", "minmax"])
def test_that_a_real_image_is_within_one_grey_level_of_astropy(real, name, cuts):
    for key, image in real.items():
        recipe = Recipe(stretch=name, cuts=cuts)
        lo, hi = stretch.limits(image, recipe)
        ours = stretch.render(image, recipe)[..., 0].astype(float)
        good = np.isfinite(image)
        difference = np.abs(ours - reference(image.astype(float), name, lo, hi))[good]
        assert difference.max() <= 1.05, (key, difference.max())  # 1 level, plus the rounding of the reference to none


@pytest.mark.parametrize("cuts", ["percentile", "zscale", "minmax"])
def test_that_cuts_equal_astropys(real, cuts):
    from astropy import visualization as av

    interval = {
        "percentile": av.PercentileInterval(99.5),
        "zscale": av.ZScaleInterval(),
        "minmax": av.MinMaxInterval(),
    }[cuts]
    for image in real.values():
        low, high = map(float, interval.get_limits(image))
        assert stretch.limits(image, Recipe(cuts=cuts)) == pytest.approx((low, high), rel=1e-4, abs=1e-4 * (high - low))


def test_that_manual_cuts_are_taken_and_half_given_ones_filled():
    image = np.arange(100, dtype=np.float32).reshape(10, 10)
    assert stretch.limits(image, Recipe(cuts="manual", low=3, high=50)) == (3, 50)
    assert stretch.limits(image, Recipe(cuts="manual", low=3)) == (3, 99)
    assert stretch.limits(image, Recipe(cuts="manual", low=50, high=3)) == (3, 50)


ODD = {
    "all nan": np.full((9, 7), np.nan),
    "constant": np.full((9, 7), 3.5),
    "zero": np.zeros((9, 7)),
    "one pixel not nan": np.where(np.arange(63).reshape(9, 7) == 5, 1.0, np.nan),
    "infinite": np.where(np.arange(63).reshape(9, 7) == 5, np.inf, 1.0),
    "tiny": np.linspace(0, 1e-11, 63).reshape(9, 7),
    "denormal": np.linspace(0, 1e-40, 63).reshape(9, 7),
    "huge": np.linspace(-3e38, 3e38, 63).reshape(9, 7),
    "beyond float32": np.linspace(-1e300, 1e300, 63).reshape(9, 7),
    "large offset": 1e5 + np.linspace(0, 1, 63).reshape(9, 7),
    "integers": np.arange(63).reshape(9, 7),
}


@pytest.mark.parametrize("key", ODD)
@pytest.mark.parametrize("name", [spec.id for spec in stretch.BUILTIN])
@pytest.mark.parametrize("cuts", ["percentile", "zscale", "minmax"])
@pytest.mark.filterwarnings("error")
def test_that_odd_images_render_without_a_warning(key, name, cuts):
    image = ODD[key]
    before = image.copy()
    low, high = stretch.limits(image, Recipe(cuts=cuts))
    assert np.isfinite([low, high]).all()
    assert low < high
    picture = stretch.render(image, Recipe(stretch=name, cuts=cuts))
    assert picture.shape == (9, 7, 3)
    assert picture.dtype == np.uint8
    np.testing.assert_array_equal(image, before)


def test_that_nan_has_the_colour_of_the_lower_cut():
    image = np.array([[0.0, 1.0], [np.nan, 0.5]])
    for name in stretch.STRETCHES:
        picture = stretch.render(image, Recipe(stretch=name, cuts="minmax", colormap="viridis"))
        np.testing.assert_array_equal(picture[1, 0], picture[0, 0] if name != "histeq" else colormaps.lut("viridis")[0])


def test_that_contrast_and_bias_act_as_in_ds9():
    image = np.linspace(0, 1, 256).reshape(16, 16)
    plain = stretch.render(image, Recipe(stretch="linear", cuts="minmax"))[..., 0].astype(int)
    steep = stretch.render(image, Recipe(stretch="linear", cuts="minmax", contrast=2.0))[..., 0].astype(int)
    np.testing.assert_allclose(steep, np.clip((plain - 127.5) * 2 + 127.5, 0, 255), atol=1.5)
    dark = stretch.render(image, Recipe(stretch="linear", cuts="minmax", bias=0.75))[..., 0].astype(int)
    np.testing.assert_allclose(dark, np.clip(plain - 63.75, 0, 255), atol=1.5)


def test_that_inverting_turns_the_colour_map_round():
    image = np.linspace(0, 1, 64).reshape(8, 8)
    gray = stretch.render(image, Recipe(stretch="linear", cuts="minmax")).astype(int)
    turned = stretch.render(image, Recipe(stretch="linear", cuts="minmax", invert=True)).astype(int)
    np.testing.assert_allclose(gray + turned, 255, atol=1)
    heat = stretch.render(image, Recipe(stretch="linear", cuts="minmax", colormap="heat", invert=True))
    np.testing.assert_array_equal(heat[0, 0], colormaps.lut("heat")[-1])


def test_that_large_and_small_images_take_the_same_colours():
    image = np.random.default_rng(0).normal(size=(300, 300)).astype(np.float32)
    whole = stretch.render(image, Recipe(), -1.0, 4.0)
    np.testing.assert_array_equal(whole[:50, :60], stretch.render(image[:50, :60], Recipe(), -1.0, 4.0))


def test_that_every_colour_map_runs_from_end_to_end():
    for name in stretch.COLORMAPS:
        table = colormaps.lut(name)
        assert table.shape == (256, 3)
        assert (table[0] != table[-1]).any()
        assert np.abs(np.diff(table.astype(int), axis=0)).max() <= 9, name
    with pytest.raises(ValueError, match="no colour map 'jet'; there are: gray"):
        colormaps.lut("jet")


def test_that_a_recipe_survives_json_and_newer_names():
    recipe = Recipe("log", "manual", low=-1.0, high=2.0, band="r")
    assert Recipe.from_dict({**recipe.as_dict(), "of a later version": 1}) == recipe


def test_that_unknown_names_are_refused_with_those_there_are():
    image = np.zeros((4, 4))
    with pytest.raises(ValueError, match="no stretch 'cube'; there are: linear"):
        stretch.render(image, Recipe(stretch="cube"))
    with pytest.raises(ValueError, match="no cuts 'sigma'; there are: percentile"):
        stretch.render(image, Recipe(cuts="sigma"))


def test_that_a_plugins_stretch_is_used_and_cannot_replace_a_built_in_one(monkeypatch):
    monkeypatch.setattr(stretch, "STRETCHES", dict(stretch.STRETCHES))
    stretch.register([StretchSpec("flat", "Flat", lambda x: 0 * x), StretchSpec("linear", "Wrong", lambda x: 0 * x)])
    image = np.linspace(0, 1, 64).reshape(8, 8)
    assert stretch.render(image, Recipe(stretch="flat", cuts="minmax")).max() == 0
    assert stretch.render(image, Recipe(stretch="linear", cuts="minmax")).max() == 255


@pytest.mark.parametrize(("side", "limit_ms"), [(101, 1.0), (2600, 150.0)])
def test_that_rendering_is_fast_enough_to_follow_the_hand(side, limit_ms):
    image = np.random.default_rng(0).normal(size=(side, side)).astype(np.float32)
    recipe = Recipe()
    low, high = stretch.limits(image, recipe)
    spent = []
    for _ in range(7):
        begun = time.thread_time()
        stretch.render(image, recipe, low, high)
        spent.append((time.thread_time() - begun) * 1e3)
    assert min(spent) < limit_ms
