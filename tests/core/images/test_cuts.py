"""Cuts as lens finders use them: from the RMS of the corners, and from the middle of the stamp."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.core.images import cuts, fits
from astrolens_gui.core.images.recipe import CUTS, Recipe
from astrolens_gui.core.images.stretch import held, limits


def stamp(flux: float = 1.0, side: int = 60) -> np.ndarray:
    """Noise of RMS 1 about 3, a source of 200 in the middle, in units of `flux`."""
    rng = np.random.default_rng(5)
    y, x = np.mgrid[:side, :side] - side / 2
    return ((rng.normal(3, 1, (side, side)) + 200 * np.exp(-(x**2 + y**2) / 18)) * flux).astype(np.float32)


@pytest.mark.parametrize("flux", [1e-11, 1.0, 1e5])
def test_that_corner_cuts_are_so_many_rms_about_the_sky(flux):
    low, high = limits(stamp(flux), Recipe(cuts="corner_rms", low_sigma=2.0, high_sigma=10.0, corner_px=15))
    assert low / flux == pytest.approx(1.0, abs=0.4)
    assert high / flux == pytest.approx(13.0, abs=1.5)


@pytest.mark.parametrize("flux", [1e-11, 1.0])
def test_that_centre_cuts_end_above_the_brightest_of_the_middle_and_not_of_a_star_beside(flux):
    image = stamp(flux)
    image[30, 55] = 1e4 * flux
    low, high = limits(image, Recipe(cuts="centre", centre_gain=1.3, low_sigma=0.0))
    peak = image[23:37, 23:37].max()
    assert high == pytest.approx(low + 1.3 * (peak - low), rel=1e-5)
    assert high < 400 * flux
    wide = limits(image, Recipe(cuts="centre", centre_gain=1.3, low_sigma=0.0, centre_px=60))
    assert wide[1] > 1e4 * flux


def test_that_a_neighbour_in_one_corner_and_a_zero_wedge_in_another_count_for_nothing():
    image = stamp()
    clean = cuts.corners(image, 12)
    image[:12, :12] += 500 * np.random.default_rng(0).random((12, 12)).astype(np.float32)
    image[-12:, -12:] = 0.0
    assert cuts.corners(image, 12) == pytest.approx(clean, abs=0.5)


@pytest.mark.parametrize("name", [name for name in CUTS if name != "manual"])
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (5, 40), (26, 26)])
@pytest.mark.parametrize("filled", ["noise", "constant", "zero", "nan", "one", "holes", "infinite"])
def test_that_no_image_breaks_any_cuts(name, shape, filled):
    image = np.random.default_rng(1).normal(0, 1e-11, shape).astype(np.float32)
    if filled in {"constant", "zero", "nan", "one"}:
        image[...] = {"constant": 4e-11, "zero": 0.0}.get(filled, np.nan)
    if filled == "one":
        image[0, 0] = 7.0
    if filled == "holes":
        image[::2] = np.nan
    if filled == "infinite":
        image[0, 0] = np.inf
    with np.errstate(all="raise"):
        low, high = limits(image, Recipe(cuts=name))
    assert np.isfinite([low, high]).all()
    assert low < high
    assert np.float32(low) < np.float32(high)


def test_that_the_corners_of_real_stamps_say_what_astropys_clipped_statistics_say(shared_data):
    from astropy.stats import sigma_clipped_stats

    for path in sorted((shared_data / "lenses/euclid_q1").glob("102*.fits")):
        image = fits.read(fits.planes(path)[0])
        _, median, rms = sigma_clipped_stats(np.concatenate([image[:15, :15], image[-15:, -15:]]))
        sky, found = cuts.corners(image)
        assert sky == pytest.approx(median, abs=float(rms)), path.name
        assert 0.6 * rms < found < 2.0 * rms, path.name


def test_that_locked_cuts_hold_for_the_band_or_for_all_and_others_find_their_own():
    image, kept = stamp(), {"VIS": (0.0, 9.0), "": (1.0, 5.0)}
    recipe = Recipe(locked=kept, band="VIS")
    assert held(recipe) is None
    by_band = Recipe(locked=kept, band="VIS", lock="band")
    assert limits(image, by_band) == (0.0, 9.0)
    assert limits(image, by_band, "Y") == limits(image, recipe)
    everywhere = Recipe(locked=kept, band="VIS", lock="project")
    assert limits(image, everywhere, "Y") == limits(image, everywhere) == (1.0, 5.0)
    assert limits(np.full((4, 4), np.nan), everywhere) == (1.0, 5.0)
