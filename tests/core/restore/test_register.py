"""Two images come to lie on one grid, on made-up and on real pairs; degrading gives the seeing and noise that were asked for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, shift

from astrolens_gui.api import UserError
from astrolens_gui.core.images import fits
from astrolens_gui.core.images.prepare import levels
from astrolens_gui.core.restore import quality
from astrolens_gui.core.restore.degrade import blur_sigma, degrade
from astrolens_gui.core.restore.register import by_correlation, flux_scale, register


def field(seed, shape=(120, 110), count=25):
    random = np.random.default_rng(seed)
    image = np.zeros(shape)
    for _ in range(count):
        y, x = random.uniform(5, shape[0] - 5), random.uniform(5, shape[1] - 5)
        image[int(y), int(x)] += random.uniform(300, 3000)
    return gaussian_filter(image, 2.0)


@pytest.mark.parametrize("unit", [1e-11, 1.0])
def test_that_a_shift_is_found_to_a_tenth_of_a_pixel_under_noise_and_gaps(unit):
    random = np.random.default_rng(0)
    sky = field(1)
    moved = shift(sky, (-3.4, 5.75), order=3) + random.normal(0, 1, sky.shape)
    moved[:6, :20] = np.nan
    seen = sky + random.normal(0, 1, sky.shape)
    found = by_correlation((moved * unit).astype(np.float32), (seen * unit).astype(np.float32))
    assert found.shift == pytest.approx((3.4, -5.75), abs=0.1)
    assert np.isnan(found.image).any()


def test_that_other_skies_are_refused():
    random = np.random.default_rng(1)
    a, b = (field(seed) + random.normal(0, 1, (120, 110)) for seed in (5, 6))
    with pytest.raises(UserError, match="do not show the same sky"):
        by_correlation(a, b)


def test_that_fluxes_in_other_units_are_brought_to_one():
    random = np.random.default_rng(2)
    sky = field(3)
    reference = sky + random.normal(0, 0.5, sky.shape) + 7
    other = (gaussian_filter(sky, 1.2) + random.normal(0, 0.5, sky.shape)) * 1e-3 - 2
    factor, offset = flux_scale(other.astype(np.float32), reference.astype(np.float32))
    assert factor == pytest.approx(1000, rel=0.03)
    assert factor * -2 + offset == pytest.approx(7, abs=0.3)


@pytest.mark.parametrize("name", ["G265911", "G266035", "G266662", "G278109"])
def test_that_real_stamps_of_kids_and_sdss_without_wcs_come_to_lie_on_each_other(shared_data, name):
    good, poor = (fits.planes(shared_data / f"nonlenses/gama_{survey}_r/{name}.fits")[0] for survey in ("kids", "sdss"))
    reference = fits.read(poor)
    found = by_correlation(fits.read(good), reference, 0.339 / 0.2)
    assert found.alike > 0.5
    bright = np.unravel_index(np.nanargmax(gaussian_filter(np.nan_to_num(reference), 2)), reference.shape)
    there = np.unravel_index(np.nanargmax(gaussian_filter(np.nan_to_num(found.image), 2)), reference.shape)
    assert np.hypot(*np.subtract(bright, there)) <= 2


def test_that_two_visits_of_vista_are_registered_better_than_they_came(shared_data):
    one, two = (fits.read(fits.planes(shared_data / f"pairs/vista_two_visits/Zim{n}.fits")[0]) for n in (1, 2))
    part = (slice(200, 700), slice(200, 700))
    found = by_correlation(two[part], one[part])
    assert found.alike > 0.6
    assert math.hypot(*found.shift) < 60


def test_that_space_and_ground_are_joined_by_their_wcs(shared_data):
    folder = shared_data / "pairs/cosmos_hsc_hst"
    hsc, hst = fits.planes(folder / "Cut_HSC.fits")[2], fits.planes(folder / "Cut_HST.fits")[0]
    found = register(fits.read(hst), fits.celestial(hst), fits.read(hsc), fits.celestial(hsc))
    assert found.image.shape == (50, 50)
    assert found.alike > 0.4


def test_that_degrading_gives_the_noise_and_the_seeing_asked_for_and_keeps_flux_and_gaps():
    random = np.random.default_rng(3)
    point = np.zeros((101, 101))
    point[50, 50] = 1e5
    start = gaussian_filter(point, 1.5)
    image = (start + random.normal(0, 1, point.shape)) * 1e-11
    image[:3, :3] = np.nan
    sigma = blur_sigma(1.5 * 2.3548 * 0.2, 3.0 * 2.3548 * 0.2, 0.2)
    poor = degrade(image, sigma, 2.0, random)
    assert poor.dtype == np.float32
    assert levels(poor[None])[1][0] == pytest.approx(2e-11, rel=0.15)
    assert np.isnan(poor[:3, :3]).all()
    assert np.isfinite(poor[3:, 3:]).all()
    assert poor[40:61, 40:61].sum() == pytest.approx(1e-6, rel=0.02)
    assert np.nanmax(poor) == pytest.approx(1e5 / (2 * math.pi * 9) * 1e-11, rel=0.03)
    with pytest.raises(UserError, match="only be made worse"):
        blur_sigma(1.0, 0.8, 0.2)


def test_that_bands_are_given_noise_of_their_own():
    image = np.random.default_rng(4).normal(0, 1, (64, 64, 2))
    poor = degrade(image, 0.0, 5.0, np.random.default_rng(5)) - image
    assert abs(np.corrcoef(poor[..., 0].ravel(), poor[..., 1].ravel())[0, 1]) < 0.1


def test_that_the_measures_give_hand_made_values():
    truth = np.zeros((32, 32))
    truth[10:20, 10:20] = 4.0
    assert quality.psnr(truth + 0.4, truth) == pytest.approx(20.0)  # 20 log10(4 / 0.4)
    assert quality.psnr(truth, truth) == math.inf
    assert quality.gain_db(truth + 1, truth + 0.1, truth) == pytest.approx(20.0)
    assert quality.ssim(truth, truth) == pytest.approx(1.0)
    assert quality.ssim(truth + np.random.default_rng(0).normal(0, 2, truth.shape), truth) < 0.6
    assert quality.flux_bias(truth * 1.01, truth, [(14.5, 14.5)], 4) == pytest.approx(0.01)
    assert quality.flux_bias(truth + 3, truth + 3, [(14.5, 14.5)], 4, background=3) == pytest.approx(0.0)
    arc = np.zeros((32, 32))
    arc[5, 5:14] = 2.0
    assert quality.arc_snr(arc, arc, 1.0) == pytest.approx(6.0)  # sqrt(9 x 4)
    holed = truth.copy()
    holed[0, 0] = np.nan
    assert quality.psnr(holed + 0.4, truth) == pytest.approx(20.0)
