"""The lens equation against closed forms: rings, magnifications, critical areas and distances."""

from __future__ import annotations

import math

import numpy as np
import pytest
from astrolens_simulator.lensing import Lens, distance_modulus, einstein_radius_arcsec, kpc_per_arcsec

STEP = 0.01
AXIS = (np.arange(600) - 299.5) * STEP
X, Y = np.meshgrid(AXIS, AXIS)


def jacobian(lens: Lens) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    beta_x, beta_y = lens.source_plane(X, Y)
    xy, xx = np.gradient(beta_x, STEP)
    yy, yx = np.gradient(beta_y, STEP)
    return xx, xy, yx, yy


@pytest.mark.parametrize("angle", [0.0, 0.7, 2.1])
def test_that_a_round_lens_maps_its_einstein_ring_to_one_point(angle: float):
    turns = np.linspace(0, 2 * math.pi, 50)
    beta = Lens(1.2, 1.0, angle).source_plane(1.2 * np.cos(turns), 1.2 * np.sin(turns))
    assert np.abs(beta).max() < 1e-3


def test_that_the_magnification_of_a_round_lens_is_two_theta_e_over_beta():
    fine = np.meshgrid(*[(np.arange(1500) - 749.5) * 0.003] * 2)
    beta_x, beta_y = Lens(1.0, 1.0, 0.0).source_plane(*fine)
    disc = 0.04
    for offset in (0.25, 0.5, 0.8):
        lensed = np.count_nonzero(np.hypot(beta_x - offset, beta_y) < disc) * 0.003**2
        assert lensed / (math.pi * disc**2) == pytest.approx(2 / offset, rel=0.03)


@pytest.mark.parametrize(("q", "angle"), [(0.95, 0.3), (0.7, 1.0), (0.5, 2.5)])
def test_that_the_area_within_the_critical_curve_is_that_of_the_einstein_circle(q: float, angle: float):
    xx, xy, yx, yy = jacobian(Lens(1.0, q, angle))
    area = np.count_nonzero(xx * yy - xy * yx < 0) * STEP**2
    assert area == pytest.approx(math.pi, rel=0.01)


@pytest.mark.parametrize(("q", "angle"), [(0.8, 0.0), (0.6, 0.9)])
def test_that_the_divergence_of_the_deflection_is_the_isothermal_density_along_the_major_axis(q: float, angle: float):
    xx, _, _, yy = jacobian(Lens(1.0, q, angle))
    kappa = 1 - (xx + yy) / 2
    major = math.cos(angle) * X + math.sin(angle) * Y
    minor = math.cos(angle) * Y - math.sin(angle) * X
    psi = np.hypot(q * major, minor)
    away = psi > 0.3
    assert np.allclose(kappa[away], math.sqrt(q) / (2 * psi[away]), rtol=5e-3)


def test_that_the_deflection_has_no_curl_with_shear():
    _, xy, yx, _ = jacobian(Lens(1.0, 0.7, 0.4, 0.08, 1.1))
    away = np.hypot(X, Y) > 0.3
    assert np.abs(xy - yx)[away].max() < 5e-3


def test_that_shear_alone_stretches_along_its_direction():
    for angle in (0.0, 0.6, 1.9):
        beta_x, beta_y = Lens(0.0, 0.9, 0.0, 0.1, angle).source_plane(
            np.array([math.cos(angle)]), np.array([math.sin(angle)])
        )
        assert math.hypot(beta_x[0], beta_y[0]) == pytest.approx(0.9)


def test_that_distances_agree_with_astropy():
    from astropy.cosmology import FlatLambdaCDM

    model = FlatLambdaCDM(H0=70, Om0=0.3, Tcmb0=0)
    for z in (0.1, 0.5, 1.0, 3.0):
        assert distance_modulus(z) == pytest.approx(model.distmod(z).value, abs=2e-3)
        assert kpc_per_arcsec(z) == pytest.approx(1 / model.arcsec_per_kpc_proper(z).value, rel=1e-3)
    ratio = 1 - float(model.comoving_distance(0.5) / model.comoving_distance(2.0))
    expected = 4 * math.pi * (250 / 299_792.458) ** 2 * ratio * 206_264.806
    assert einstein_radius_arcsec(250, 0.5, 2.0) == pytest.approx(expected, rel=1e-3)
    assert einstein_radius_arcsec(250, 0.5, 0.4) == 0
