"""Fluxes, sizes and blur of the shapes that scenes are made of."""

from __future__ import annotations

import math

import numpy as np
import pytest
from astrolens_simulator.light import Arms, Grid, Sersic, binned, blur, moffat, spikes, tidal_tail

GRID = Grid(400, 0.05)


@pytest.mark.parametrize(("n", "q"), [(0.5, 1.0), (0.5, 0.5), (1.0, 1.0), (1.0, 0.3), (2.5, 0.7)])
def test_that_a_sersic_profile_has_unit_flux_and_half_of_it_within_its_radius(n: float, q: float):
    profile = Sersic(0.3, -0.2, 0.8, n, q, 0.6)
    window, image = profile.draw(GRID)
    assert image.sum() == pytest.approx(1, abs=0.03)
    along, across = GRID.offsets(window, 0.3, -0.2, 0.6)
    inside = q * along**2 + across**2 / q < 0.8**2
    assert image[inside].sum() == pytest.approx(0.5, abs=0.02)


def test_that_a_profile_outside_the_grid_adds_nothing():
    window, image = Sersic(99.0, 0.0, 0.2, 1.0).draw(GRID)
    assert image.size == 0
    assert np.zeros((400, 400))[window].shape == image.shape


def test_that_arms_rings_tails_and_spikes_have_unit_flux_and_no_negative_light():
    shapes = [
        Arms(1.0, 0.8, 0.7, 0.3, 2, math.radians(20), 1.0, 3.0).draw(GRID),
        Arms(1.5, 0.3, 0.8, 0.3, 0, math.pi / 2, 1.0, 0.6).draw(GRID),
        tidal_tail(GRID, 1.5, 0.2, 1.0, 1.5, 0.3),
        spikes(GRID, 0, 0, 6, 0.2, 1.0),
    ]
    for image in shapes:
        assert image.sum() == pytest.approx(1, abs=1e-4)
        assert image.min() >= 0


def test_that_a_ring_peaks_at_its_radius():
    image = Arms(2.0, 0.2, 1.0, 0.0, 0, math.pi / 2, 0.0, 0.0).draw(GRID)
    row = image[200, 200:]
    assert np.argmax(row) * GRID.step == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize("fwhm", [0.4, 0.85])
def test_that_a_blurred_point_has_the_moffat_full_width_and_keeps_its_flux(fwhm: float):
    point = np.zeros((GRID.side, GRID.side), np.float32)
    point[200, 200] = 1
    image = blur(point, moffat(GRID, fwhm, 3.0, 1.0, 0.0))
    assert image.sum() == pytest.approx(1, abs=1e-3)
    above = np.count_nonzero(image > image.max() / 2) * GRID.step**2
    assert 2 * math.sqrt(above / math.pi) == pytest.approx(fwhm, rel=0.06)


def test_that_binning_sums_flux():
    image = np.arange(64, dtype=np.float32).reshape(8, 8)
    assert binned(image, 2).sum() == image.sum()
    assert binned(image, 2)[0, 0] == image[:2, :2].sum()
