"""Simulated stamps against real ones of the same survey: noise, its correlation, background, PSF and flux."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astrolens_simulator.light import Grid, blur, moffat
from astrolens_simulator.plugin import SimulatorParams
from astrolens_simulator.simulator import Simulator
from astrolens_simulator.surveys import surveys
from astropy.io import fits
from astropy.stats import sigma_clipped_stats

from astrolens_gui.api import build


def sky(image: np.ndarray) -> dict[str, float]:
    """Level over sigma, sigma, correlation of neighbours and share of pixels that are sky, clipped at 2.5 sigma."""
    image = image.astype(float)
    _, level, sigma = sigma_clipped_stats(image[np.isfinite(image) & (image != 0)], sigma=2.5, maxiters=10)
    empty = np.abs(image - level) < 2.5 * sigma
    residual = (image - level) / sigma
    found = {"level": level / sigma, "sigma": sigma, "share": float(empty.mean())}
    for name, step in (("one", 1), ("two", 2)):
        both = empty[:, :-step] & empty[:, step:]
        found[name] = float(np.mean((residual[:, :-step] * residual[:, step:])[both]) / np.var(residual[empty]))
    return found


def typical(images: list[np.ndarray]) -> dict[str, float]:
    each = [sky(image) for image in images]
    return {key: float(np.median([one[key] for one in each])) for key in each[0]}


def real(folder: Path, extension: str = "") -> list[np.ndarray]:
    images = []
    for path in sorted(folder.glob("*.fits")):
        with fits.open(path) as hdus:
            named = [h.data for h in hdus if h.data is not None and h.name == (extension or "PRIMARY")]
            images += [image for image in named if image.ndim == 2]
    return images


def simulated(survey: str, size: int, count: int, **more) -> np.ndarray:
    simulator = Simulator(build(SimulatorParams, {"survey": survey, "size": size, **more}))
    return np.stack([simulator.stamp(number, 12).images for number in range(count)])


@pytest.fixture(scope="module")
def vyjh() -> np.ndarray:
    return simulated("euclid_vyjh", 120, 24)


@pytest.mark.parametrize(("band", "name"), enumerate(["VIS_FLUX", "NIR_Y_FLUX", "NIR_J_FLUX", "NIR_H_FLUX"]))
def test_that_the_sky_of_euclid_is_that_of_real_q1_stamps(shared_data: Path, vyjh: np.ndarray, band: int, name: str):
    """Sigma within 20 %, correlation of neighbours within 0.12, level within 0.4 sigma, share of sky within 0.1."""
    theirs = typical([image for image in real(shared_data / "lenses" / "euclid_q1", name) if min(image.shape) >= 100])
    ours = typical(list(vyjh[:, band]))
    assert ours["sigma"] == pytest.approx(theirs["sigma"], rel=0.2)
    assert ours["one"] == pytest.approx(theirs["one"], abs=0.12)
    assert ours["two"] == pytest.approx(theirs["two"], abs=0.15)
    assert ours["level"] == pytest.approx(theirs["level"], abs=0.4)
    assert ours["share"] == pytest.approx(theirs["share"], abs=0.1)


def test_that_the_histogram_of_vis_sky_is_that_of_real_stamps(shared_data: Path, vyjh: np.ndarray):
    """The cumulative distributions of pixels below five sigma differ by less than 0.12 anywhere."""
    theirs = np.concatenate([image.ravel() for image in real(shared_data / "lenses" / "euclid_q1", "VIS_FLUX")])
    ours = vyjh[:, 0].ravel()
    edges = np.linspace(-0.008, 0.012, 80)
    assert np.abs(np.array([(ours < edge).mean() - (theirs < edge).mean() for edge in edges])).max() < 0.12


def test_that_central_galaxies_of_euclid_are_as_bright_as_real_lenses(shared_data: Path, vyjh: np.ndarray):
    """The flux within one arcsecond of the middle: medians within a factor of two."""

    def middle(image: np.ndarray) -> float:
        y, x = image.shape[0] // 2, image.shape[1] // 2
        return float(np.nansum(image[y - 10 : y + 10, x - 10 : x + 10]))

    theirs = np.median([middle(image) for image in real(shared_data / "lenses" / "euclid_q1", "VIS_FLUX")])
    ours = np.median([middle(image) for image in simulated("euclid_vis", 64, 60, only="lens")[:, 0]])
    assert 0.5 < ours / theirs < 2


def test_that_the_vis_psf_is_the_one_that_comes_with_a_real_stamp(shared_data: Path):
    """The share of a point's flux in the middle pixel and in the nine around it, within 15 %."""
    with fits.open(shared_data / "lenses" / "euclid_q1" / "EUCLJ174517.55+655612.5.fits") as hdus:
        psf = hdus["VIS_PSF"].data / hdus["VIS_PSF"].data.sum()
    band, fine = surveys()["euclid_vis"].bands[0], 5
    grid = Grid(61 * fine, 0.1 / fine)
    point = np.zeros((grid.side, grid.side), np.float32)
    point[152, 152] = 1
    ours = blur(point, moffat(grid, band.fwhm_arcsec, band.moffat_beta, 1, 0)).reshape(61, fine, 61, fine).sum((1, 3))
    for half in (0, 1):
        share = psf[10 - half : 11 + half, 10 - half : 11 + half].sum()
        assert ours[30 - half : 31 + half, 30 - half : 31 + half].sum() == pytest.approx(share, rel=0.15)


def test_that_the_sky_of_kids_is_that_of_real_r_stamps(shared_data: Path):
    theirs = typical(real(shared_data / "nonlenses" / "gama_kids_r"))
    ours = typical(list(simulated("kids_gri", 128, 12)[:, 1]))
    assert ours["sigma"] == pytest.approx(theirs["sigma"], rel=0.15)
    assert ours["one"] == pytest.approx(theirs["one"], abs=0.25)  # theirs lie on big galaxies
    assert ours["share"] == pytest.approx(theirs["share"], abs=0.15)
