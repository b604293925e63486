"""Colour pictures: Lupton's mapping against astropy's, what missing pixels do, which bands are red, green and blue."""

from __future__ import annotations

import itertools
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astrolens_gui.core.images import colour, fits
from astrolens_gui.core.images.colour import Level, channels, compose, level, lupton
from astrolens_gui.core.images.recipe import Recipe
from astrolens_gui.core.images.zeropoints import zero_points

PUBLISHED = Recipe(mode="rgb", grain=0.0, pedestal=0.0)
"""Lupton's mapping without what we add to it."""


def planes(seed: int, shape: tuple[int, int] = (41, 57), flux: float = 1.0, count: int = 3) -> list[np.ndarray]:
    """Noise of both signs with sources of up to a few thousand times its size."""
    rng = np.random.default_rng(seed)
    sources = 30 * rng.exponential(1, shape) ** 4 * (rng.random(shape) > 0.7)
    return [((rng.normal(0, 1, shape) + sources * rng.uniform(0.2, 2)) * flux).astype(np.float32) for _ in range(count)]


def astropys(bands, minimum, stretch, q) -> np.ndarray:
    from astropy.visualization import make_lupton_rgb

    return make_lupton_rgb(*bands, minimum=minimum, stretch=stretch, Q=q).astype(int)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from([1e-11, 1e-3, 1.0, 1e5]),
    st.floats(0.2, 200),
    st.sampled_from([0.0, 1e-3, 0.5, 3.0, 8.0, 20.0, 100.0]),
    st.lists(st.floats(-2, 2), min_size=3, max_size=3),
)
def test_that_luptons_picture_is_astropys_within_one_grey_level(seed, flux, stretch, q, minimum):
    bands, minimum = planes(seed, flux=flux), [flux * one for one in minimum]
    ours = lupton(*bands, minimum=minimum, stretch=stretch * flux, q=q).astype(int)
    assert np.abs(ours - astropys(bands, minimum, stretch * flux, q)).max() <= 1


@pytest.mark.parametrize("seed", range(4))
def test_that_missing_pixels_change_none_but_themselves(seed):
    bands = planes(seed)
    whole = lupton(*bands, stretch=3.0).astype(int)
    holes = np.random.default_rng(seed).random((3, *bands[0].shape)) < 0.1
    torn = lupton(*(np.where(hole, np.nan, band) for hole, band in zip(holes, bands, strict=True)), stretch=3.0)
    there = ~holes.any(axis=0)
    assert (torn[there] == whole[there]).all()
    assert np.abs(torn[there] - astropys(bands, 0, 3.0, 8)[there]).max() <= 1
    assert (torn[holes.all(axis=0)] == 0).all()


@pytest.mark.parametrize("composer", ["lupton", "simple", "matrix"])
def test_that_a_pixel_that_one_band_lacks_turns_grey_and_not_into_a_colour(composer):
    bands = [np.full((20, 20), 50.0, np.float32) for _ in range(3)]
    bands[1][5, 5] = np.nan
    levels = [Level(0.0, 100.0, 0.0, 1.0, 50.0, band) for band in "irg"]
    picture = compose(bands, replace(PUBLISHED, composer=composer), levels).astype(int)
    assert np.ptp(picture[5, 5]) <= 1
    assert np.abs(picture[5, 5] - picture[6, 6]).max() <= 1


def test_that_infinite_pixels_are_bright_and_not_a_failure():
    bands = planes(1)
    bands[0][3, 3], bands[1][4, 4] = np.inf, -np.inf
    with np.errstate(all="raise"):
        picture = lupton(*bands)
    assert picture[3, 3].max() >= 254
    assert picture.shape == (41, 57, 3)


@pytest.mark.parametrize("softening", [2.0, 16.0])
def test_that_softening_counts_in_units_of_the_noise_and_scales_multiply(softening):
    bands = planes(3)
    levels = [Level(0, 1, sky, 1.0, 1.0, band) for sky, band in zip((0.3, -0.2, 0.0), "irg", strict=True)]
    recipe = replace(PUBLISHED, softening=softening, q=5.0, scales={"r": 0.5, "z": 9.0})
    weighted = [bands[0], bands[1] * np.float32(0.5), bands[2]]
    noise = np.sqrt(1 + 0.25 + 1) / 3
    ours = compose(bands, recipe, levels).astype(int)
    assert np.abs(ours - astropys(weighted, (0.3, -0.1, 0.0), softening * noise, 5.0)).max() <= 1


def test_that_zero_points_bring_bands_of_different_units_to_the_same_colours():
    bands = planes(4)
    levels = [level(band, PUBLISHED, name) for band, name in zip(bands, "irg", strict=True)]
    before = compose(bands, PUBLISHED, levels, (25.0, 25.0, 25.0)).astype(int)
    counts = [band * np.float32(10 ** (0.4 * (zero - 25))) for band, zero in zip(bands, (30.0, 25.0, 0.0), strict=True)]
    levels = [level(band, PUBLISHED, name) for band, name in zip(counts, "irg", strict=True)]
    assert np.abs(compose(counts, PUBLISHED, levels, (30.0, 25.0, 0.0)).astype(int) - before).max() <= 1


def test_that_a_matrix_of_unit_rows_is_the_three_band_picture_and_weights_go_by_name():
    bands = planes(5, count=4)
    levels = [Level(0, 1, 0.1, 1.0, 2.0, band) for band in "zirg"]
    one = replace(
        PUBLISHED, composer="matrix", matrix=((0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1)), matrix_bands=tuple("zirg")
    )
    expected = compose(bands[1:], PUBLISHED, levels[1:])
    assert (compose(bands, one, levels) == expected).all()
    turned = replace(one, matrix=((0, 0, 1, 0), (0, 1, 0, 0), (1, 0, 0, 0)), matrix_bands=tuple("griz"))
    assert (compose(bands, turned, levels) == expected).all()


@pytest.mark.parametrize("count", range(1, 9))
def test_that_any_number_of_bands_makes_a_picture_by_the_matrix(count):
    bands = planes(6, count=count)
    levels = [Level(0, 1, 0.0, 1.0, 2.0) for _ in bands]
    picture = compose(bands, replace(PUBLISHED, composer="matrix"), levels)
    assert picture.shape == (41, 57, 3)
    assert picture.std() > 5
    assert colour.spread_matrix(count).sum(axis=1) == pytest.approx([1, 1, 1])
    if count == 1:
        assert (picture[..., 0] == picture[..., 2]).all()


def test_that_faint_pixels_have_no_colour_and_bright_ones_keep_theirs():
    shape = (200, 200)
    rng = np.random.default_rng(8)
    bands = [rng.normal(0, 1, shape).astype(np.float32) for _ in range(3)]
    bands[2][90:110, 90:110] += 40  # a blue source
    levels = [Level(0, 1, 0.0, 1.0, 10.0, band) for band in "irg"]
    fading = compose(bands, replace(PUBLISHED, grain=2.5, pedestal=0.7), levels).astype(int)
    plain = compose(bands, PUBLISHED, levels).astype(int)
    sky, source = np.s_[:80], np.s_[90:110, 90:110]
    assert np.ptp(fading[sky], axis=-1).mean() < 0.5 * np.ptp(plain[sky], axis=-1).mean()
    assert (fading[source][..., 2] - fading[source][..., 0]).mean() > 80


@pytest.mark.parametrize(
    ("bands", "expected"),
    [
        (("VIS", "Y", "J", "H"), ("H", "Y", "VIS")),
        (("g", "r", "i"), ("i", "r", "g")),
        (("g", "r", "i", "z", "y"), ("y", "r", "g")),
        (("u", "g", "r", "i"), ("i", "r", "g")),
        (("i", "J", "Ks"), ("Ks", "J", "i")),
        (("F814W", "F475W", "F160W"), ("F160W", "F814W", "F475W")),
        (("F814W", "F115W", "F560W"), ("F560W", "F115W", "F814W")),
        (("g", "z"), ("z", "g")),
        (("r",), ("r",)),
        (("R", "G", "B"), ("R", "G", "B")),
        (("plane 1", "plane 2", "plane 3"), ("plane 3", "plane 2", "plane 1")),
        (("HSC_g", "MEGACAM_r", "HSC_i"), ("HSC_i", "MEGACAM_r", "HSC_g")),
        ((), ()),
    ],
)
def test_that_bands_become_colours_by_wavelength(bands, expected):
    assert channels(Recipe(), bands) == expected


def test_that_named_bands_are_taken_and_those_that_are_not_there_chosen():
    assert channels(Recipe(red="VIS", green="J", blue="H"), ("VIS", "Y", "J", "H")) == ("VIS", "J", "H")
    assert channels(Recipe(red="K", green="", blue="VIS"), ("VIS", "Y", "J", "H")) == ("H", "Y", "VIS")
    assert channels(Recipe(blue="J"), ("VIS", "Y", "J", "H"))[2] == "J"
    assert channels(Recipe(composer="matrix"), ("VIS", "H", "Y", "J")) == ("H", "J", "Y", "VIS")


@pytest.mark.parametrize("given", list(itertools.product(("", "g", "i", "nowhere"), repeat=3)))
def test_that_three_bands_come_of_any_choice_and_the_automatic_ones_differ(given):
    chosen = channels(Recipe(red=given[0], green=given[1], blue=given[2]), ("g", "r", "i"))
    assert len(chosen) == 3
    assert all(one == name for one, name in zip(chosen, given, strict=True) if name in ("g", "i"))
    if len({name for name in given if name in ("g", "i")}) == sum(name in ("g", "i") for name in given):
        assert len(set(chosen)) == 3


def test_that_simple_colour_draws_each_band_between_its_own_cuts():
    from astrolens_gui.core.images.stretch import render

    bands = planes(9)
    recipe = Recipe(mode="rgb", composer="simple", stretch="sqrt", contrast=1.3)
    levels = [level(band, recipe, name) for band, name in zip(bands, "irg", strict=True)]
    picture = compose(bands, recipe, levels)
    for place, band in enumerate(bands):
        assert (picture[..., place] == render(band, recipe)[..., 0]).all()


def test_that_a_picture_is_written_where_it_is_wanted():
    bands = planes(10)
    levels = [level(band, Recipe()) for band in bands]
    bgra = np.full((*bands[0].shape, 4), 255, np.uint8)
    compose(bands, Recipe(), levels, out=bgra[..., 2::-1])
    assert (bgra[..., 2::-1] == compose(bands, Recipe(), levels)).all()
    assert (bgra[..., 3] == 255).all()


@pytest.mark.parametrize("flux", [1e-11, 1.0, 1e5])
@pytest.mark.parametrize("kind", ["nan", "zero", "constant", "one"])
def test_that_planes_without_anything_make_a_dark_picture(kind, flux):
    made = {"nan": np.nan, "zero": 0.0, "constant": flux, "one": np.nan}[kind]
    bands = [np.full((12, 9), made, np.float32) for _ in range(3)]
    if kind == "one":
        bands[1][4, 4] = flux
    levels = [level(band, Recipe()) for band in bands]
    with np.errstate(all="raise"):
        picture = compose(bands, Recipe(), levels)
    assert np.median(picture) < 60


def picture_of(path) -> tuple[np.ndarray, list[np.ndarray]]:
    found = {plane.band: plane for plane in fits.planes(path)}
    recipe = Recipe(mode="rgb")
    names = channels(recipe, list(found))
    pixels = [fits.read(found[name]) for name in names]
    levels = [level(one, recipe, name) for one, name in zip(pixels, names, strict=True)]
    return compose(pixels, recipe, levels, zero_points([found[name] for name in names])).astype(int), pixels


def test_that_euclids_sky_is_dark_and_neutral_its_cores_not_white_and_an_arc_blue(shared_data):
    stamps = sorted((shared_data / "lenses/euclid_q1").glob("10*.fits"))
    for path in stamps:
        picture, _ = picture_of(path)
        corner = np.concatenate([picture[:20, :20].reshape(-1, 3), picture[-20:, -20:].reshape(-1, 3)])
        assert np.median(corner) < 70, path.name
        assert np.ptp(np.median(corner, axis=0)) < 30, path.name
        assert (picture.min(axis=-1) > 250).mean() < 0.01, path.name
    picture, _ = picture_of(shared_data / "lenses/euclid_q1/102020057_NEG582019329494705421.fits")
    galaxy, arc = picture[70:76, 72:78].mean(axis=(0, 1)), picture[42:48, 45:53]  # rows from the bottom
    assert galaxy[0] > galaxy[2] + 30
    assert (arc[..., 2] - arc[..., 0]).max() > 20


def test_that_a_window_of_colour_is_composed_within_its_time():
    bands = planes(11, shape=(900, 1200))
    levels = [level(band, Recipe()) for band in bands]
    times = []
    for _ in range(5):
        before = time.perf_counter()
        compose(bands, Recipe(), levels)
        times.append(time.perf_counter() - before)
    assert min(times) < 0.12  # 11 ms alone on one core; a loaded machine gets ten times as much
