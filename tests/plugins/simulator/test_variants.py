"""What the populations, nuisances, masks and depths of the surveys do to the stamps and their truth."""

from __future__ import annotations

import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from astrolens_simulator import artefacts, noise
from astrolens_simulator.plugin import SimulatorParams
from astrolens_simulator.population import POPULATIONS, deflectors
from astrolens_simulator.simulator import Simulator
from astrolens_simulator.surveys import noise_of, surveys
from astropy.io import fits

from astrolens_gui.api import Context, UserError


def test_that_the_shifted_population_has_other_radii_redshifts_sizes_and_classes():
    standard, shifted = deflectors("euclid_vis", "standard"), deflectors("euclid_vis", "shifted")
    for column, name in ((0, "dispersion"), (2, "z_source"), (3, "theta_E"), (5, "radius")):
        assert np.median(shifted[:, column]) < 0.95 * np.median(standard[:, column]), name
    assert dict(POPULATIONS["standard"].shares) != dict(POPULATIONS["shifted"].shares)
    for population in POPULATIONS.values():
        assert sum(share for _, share in population.shares) == pytest.approx(1)


def test_that_einstein_radii_follow_from_dispersion_and_redshifts():
    from astropy.cosmology import FlatLambdaCDM

    model = FlatLambdaCDM(H0=70, Om0=0.3, Tcmb0=0)
    sigma, z, z_source, theta_e, *_ = deflectors("hsc_grizy", "standard")[:20].T
    ratio = 1 - (model.comoving_distance(z) / model.comoving_distance(z_source)).value
    assert theta_e == pytest.approx(4 * np.pi * (sigma / 299_792.458) ** 2 * ratio * 206_264.806, rel=0.01)


def test_that_harsh_observing_is_noisier_and_more_blurred():
    def border(nuisance: str) -> float:
        simulator = Simulator(SimulatorParams(survey="challenge1_space", size=40, nuisance=nuisance))  # type: ignore[arg-type]
        spread = [np.diff(simulator.stamp(number, 1).images[0][:, :4]).std() for number in range(24)]
        return float(np.median(spread))

    def peak(nuisance: str) -> float:
        simulator = Simulator(SimulatorParams(survey="hsc_grizy", only="elliptical", nuisance=nuisance))  # type: ignore[arg-type]
        return float(np.nanmedian([simulator.stamp(number, 1).images[2][30:35, 30:35].sum() for number in range(12)]))

    assert border("harsh") > 1.1 * border("standard")
    assert peak("harsh") < peak("standard")


def test_that_masked_blocks_are_nan_in_arrays_and_files_alike(tmp_path: Path):
    simulator = Simulator(SimulatorParams(survey="challenge1_ground", size=40))
    table = simulator.simulate(tmp_path, 16, Context(seed=2))
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    shares = []
    for number, row in enumerate(rows):
        stamp = simulator.stamp(number, 2).images
        with fits.open(tmp_path / row["field"] / f"{row['ID']}.fits") as hdus:
            assert [hdu.name for hdu in hdus[1:]] == ["U", "G", "R", "I"]
            for plane, hdu in zip(stamp, hdus[1:], strict=True):
                assert np.array_equal(plane, hdu.data, equal_nan=True)
        shares.append(np.isnan(stamp).mean())
    assert 0 < np.count_nonzero(shares) < 16
    assert simulator.survey.masked_value == 100


def test_that_noise_keeps_its_variance_and_gains_the_neighbours_correlation():
    white = np.random.default_rng(0).standard_normal((400, 400), np.float32)
    for weights, expected in (((), 0.0), ((0.12,), 0.233), ((0.45, 0.25, 0.1), 0.76)):
        image = noise.correlated(white, weights)
        assert image.std() == pytest.approx(1, abs=0.03)
        assert (image[:, 1:] * image[:, :-1]).mean() == pytest.approx(expected, abs=0.03)


@pytest.mark.parametrize(
    ("survey", "band", "depth"),
    [("hsc_grizy", "i", 26.2), ("hsc_grizy", "g", 26.8), ("lsst", "r", 26.5), ("kids_gri", "r", 25.0), ("des_gri", "r", 25.2)],
)  # fmt: skip
def test_that_surveys_are_as_deep_as_published(survey: str, band: str, depth: float):
    """Five sigma, point source: Aihara et al. 2018, Ivezić et al. 2019 (two of ten years), de Jong et al. 2017, Abbott et al. 2021.

    Theirs are of apertures of 2 arcsec (KiDS, DES scaled): within 0.5.
    """
    about = surveys()[survey]
    chosen = next(one for one in about.bands if one.name == band)
    assert about.depth(chosen) == pytest.approx(depth, abs=0.5)


def test_that_noise_follows_from_exposure_sky_and_read_noise():
    given = {"exposure_s": 100.0, "electrons_zero_point": 27.0, "zero_point": 27.0, "pixel_scale": 0.2}
    sigma, gain = noise_of(exposures=1, sky_mag_arcsec2=21.0, read_noise_e=0.0, **given)
    assert gain == pytest.approx(100)
    assert (sigma * gain) ** 2 == pytest.approx(100 * 0.04 * 10 ** (0.4 * 6), rel=1e-6)
    four, _ = noise_of(exposures=4, sky_mag_arcsec2=21.0, read_noise_e=0.0, **given)
    assert sigma / four == pytest.approx(2)
    dark, _ = noise_of(exposures=1, sky_mag_arcsec2=99.0, read_noise_e=5.0, **given)
    assert dark * gain == pytest.approx(5)


@pytest.mark.parametrize("draw", [artefacts.cosmic_ray, artefacts.trail, artefacts.ghost, artefacts.bad_columns])
def test_that_a_defect_marks_pixels_of_one_band_and_nothing_else(draw):
    for seed in range(5):
        images = np.zeros((3, 48, 48), np.float32)
        draw(images, np.random.default_rng(seed))
        marked = [bool(np.abs(plane).max() > 0.5) for plane in images]
        assert sum(marked) == 1
        assert np.isfinite(images).all()


@pytest.mark.parametrize("name", ["lens", "companions", "star", "artefact"])
def test_that_a_single_class_can_be_asked_for(name: str):
    simulator = Simulator(SimulatorParams(only=name, size=32))  # type: ignore[arg-type]
    drawn = [simulator.stamp(number, 5).truth for number in range(8)]
    assert {truth.kind for truth in drawn} == {name}
    assert all(truth.subclass for truth in drawn)


def test_that_power_law_lenses_without_lenstronomy_are_refused_in_one_sentence(tmp_path: Path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match="pip install lenstronomy"):
        Simulator(SimulatorParams(mass="power_law")).simulate(tmp_path, 1, Context(seed=1))


def test_that_a_psf_that_is_not_there_leaves_the_folder_to_the_corrected_run(tmp_path: Path):
    wrong = SimulatorParams(survey="challenge1_space", psf=str(tmp_path / "none.fits"))
    with pytest.raises(UserError, match=r"none\.fits"):
        Simulator(wrong).simulate(tmp_path / "out", 3, Context())
    assert not (tmp_path / "out").exists()
