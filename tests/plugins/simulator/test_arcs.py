"""Arcs as the painter asks for them, sources and point-spread functions from files, and lenstronomy's word on the deflection."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from astrolens_simulator.arcs import ArcBand, draw_arcs
from astrolens_simulator.lensing import Lens
from astrolens_simulator.light import Grid, Sersic, blur
from astrolens_simulator.plugin import SimulatorParams
from astrolens_simulator.psf import from_fits
from astrolens_simulator.simulator import Simulator
from astropy.io import fits

from astrolens_gui.api import Context, UserError

AXIS = np.linspace(-3, 3, 41) + 0.013
X, Y = np.meshgrid(AXIS, AXIS)
GRID = Grid(128, 0.05)
PSF = np.exp(-0.5 * (np.add.outer(np.arange(-7, 8) ** 2, np.arange(-7, 8) ** 2)) / 0.8**2)
BANDS = [ArcBand("VIS", 0.72, 24.6, PSF, 0.0025), ArcBand("H", 1.77, 29.9, PSF, 0.5)]


@pytest.mark.parametrize("slope", [2.0, 2.3])
def test_that_the_deflection_is_lenstronomys_to_a_ten_thousandth_of_an_arcsecond(slope: float):
    epl = pytest.importorskip("lenstronomy.LensModel.Profiles.epl_numba").EPL_numba()
    shear, sis = (
        getattr(pytest.importorskip(f"lenstronomy.LensModel.Profiles.{module}"), name)()
        for module, name in (("shear", "Shear"), ("sis", "SIS"))
    )
    lens = Lens(1.3, 0.72, 0.6, 0.06, 1.9, ((0.4, 1.7, -1.1),), slope)
    ratio = (1 - 0.72) / (1 + 0.72)
    parts = [
        epl.derivatives(X.ravel(), Y.ravel(), 1.3, slope, ratio * math.cos(1.2), ratio * math.sin(1.2)),
        shear.derivatives(X.ravel(), Y.ravel(), 0.06 * math.cos(3.8), 0.06 * math.sin(3.8)),
        sis.derivatives(X.ravel(), Y.ravel(), 0.4, center_x=1.7, center_y=-1.1),
    ]
    beta = lens.source_plane(X, Y)
    for axis, (place, ours) in enumerate(zip((X, Y), beta, strict=True)):
        theirs = place - sum(part[axis] for part in parts).reshape(X.shape)
        assert np.abs(ours - theirs).max() < 1e-4


def test_that_light_is_lenstronomys_sersic_to_three_percent_outside_the_core():
    theirs = pytest.importorskip("lenstronomy.LightModel.Profiles.sersic").SersicElliptic()
    ratio = (1 - 0.7) / (1 + 0.7)
    shape = {"e1": ratio * math.cos(0.8), "e2": ratio * math.sin(0.8)}
    away = np.hypot(X, Y) > 0.3
    for n in (1.0, 4.0):
        ours = Sersic(0, 0, 0.8, n, 0.7, 0.4)
        cos, sin = math.cos(0.4), math.sin(0.4)
        own = ours.at(cos * X + sin * Y, cos * Y - sin * X)[away]
        other = theirs.function(X.ravel(), Y.ravel(), 1.0, 0.8, n, **shape).reshape(X.shape)[away]
        assert np.ptp(np.log(own / other)) < 0.03


def test_that_images_are_four_within_the_caustic_two_outside_and_one_beyond_the_cut():
    count = Lens(1.0, 0.6, 0.5).image_counter()
    assert count(0.02, 0.01) == 4
    along = (0.45 * math.cos(0.5), 0.45 * math.sin(0.5))
    assert count(*along) == 2
    assert count(1.6, 0.3) == 1


@pytest.mark.parametrize("wanted", [15.0, 120.0])
def test_that_arcs_have_the_signal_to_noise_and_the_radius_asked_for(wanted: float):
    for seed in range(4):
        light, truth = draw_arcs(GRID, np.random.default_rng(seed), BANDS, theta_e=1.1, arc_snr=wanted)
        assert light.shape == (2, 64, 64)
        assert light.dtype == np.float32
        own = math.sqrt(sum(float(((plane / band.sigma) ** 2).sum()) for plane, band in zip(light, BANDS, strict=True)))
        assert own == pytest.approx(wanted, rel=1e-3)
        assert truth.arc_snr == pytest.approx(wanted)
        assert truth.theta_e == 1.1
        assert truth.n_images >= 2 or truth.magnification > 1
        y, x = np.indices((64, 64)) - 31.5
        radius = (np.hypot(x, y) * light[0]).sum() / light[0].sum() * 0.1
        assert 0.6 < radius < 1.9


def test_that_arcs_drawn_freely_follow_from_the_sources_magnitude():
    drawn = [draw_arcs(GRID, np.random.default_rng(seed), BANDS)[1] for seed in range(12)]
    assert all(22.5 <= truth.mag_source <= 26.0 for truth in drawn)
    assert all(truth.z_source > truth.z_lens for truth in drawn)
    assert len({round(truth.theta_e, 6) for truth in drawn}) == 12
    flux = [float(draw_arcs(GRID, np.random.default_rng(3), BANDS)[0].sum()) for _ in range(2)]
    assert flux[0] == flux[1]


def stamp_of_a_galaxy(path: Path, extra: float = 0.0) -> None:
    y, x = np.indices((60, 60)) - 29.5
    image = 50 * np.exp(-0.5 * (x**2 + (y / 0.6) ** 2) / 16) + 40 * np.exp(-0.5 * ((x - 6) ** 2 + (y - 3) ** 2) / 3)
    image += extra * np.exp(-0.5 * ((x + 24) ** 2 + (y - 22) ** 2) / 3)  # a neighbour, to be left out
    image += 7.0 + np.random.default_rng(0).normal(0, 1, image.shape)
    image[5:7, 50:] = np.nan
    fits.writeto(path, image.astype(np.float32))


def test_that_a_folder_of_galaxies_is_lensed_without_its_sky_and_neighbours(tmp_path: Path):
    from astrolens_simulator.sources import library

    for name, neighbour in (("plain", 0.0), ("beside", 900.0)):
        (tmp_path / name).mkdir()
        stamp_of_a_galaxy(tmp_path / name / "galaxy.fits", neighbour)
    plain, beside = (library(str(tmp_path / name))[0] for name in ("plain", "beside"))
    assert plain[1] == pytest.approx(beside[1], rel=0.05)
    assert np.abs(plain[0] - beside[0]).max() < 0.05 * plain[0].max()
    stamp = Simulator(SimulatorParams(sources=str(tmp_path / "plain"), only="lens")).stamp(0, 1)
    assert stamp.truth.magnification > 1
    assert np.isfinite(stamp.images).all()


@pytest.mark.parametrize(("made", "words"), [(False, "no such folder"), (True, "no FITS stamp with a galaxy")])
def test_that_a_folder_without_sources_is_refused_in_one_sentence(tmp_path: Path, made: bool, words: str):
    folder = tmp_path / "sources"
    if made:
        folder.mkdir()
    with pytest.raises(UserError, match=words):
        Simulator(SimulatorParams(sources=str(folder), only="lens")).simulate(tmp_path / "out", 1, Context(seed=1))


def test_that_a_psf_of_a_file_spreads_light_as_the_file_says(tmp_path: Path):
    path, sigma_px = tmp_path / "psf.fits", 2.0
    y, x = np.indices((31, 33)) - np.array([15, 16])[:, None, None]
    header = fits.Header({"PIXSCALE": 0.1})
    fits.writeto(path, np.exp(-0.5 * (x**2 + y**2) / sigma_px**2).astype(np.float32), header)
    point = np.zeros((128, 128), np.float32)
    point[64, 64] = 1
    image = blur(point, from_fits(str(path), GRID, 0.2))
    rows = np.arange(128) - 64
    assert image.sum() == pytest.approx(1, abs=1e-3)
    assert (image.sum(1) * rows**2).sum() == pytest.approx((sigma_px * 0.1 / GRID.step) ** 2, rel=0.03)
    assert abs((image.sum(1) * rows).sum()) < 0.01


def test_that_a_psf_that_is_no_image_is_refused_by_name(tmp_path: Path):
    (tmp_path / "psf.fits").write_text("not FITS", encoding="utf-8")
    with pytest.raises(UserError, match=r"psf\.fits: not a readable FITS file"):
        Simulator(SimulatorParams(psf=str(tmp_path / "psf.fits"))).stamp(0, 1)
