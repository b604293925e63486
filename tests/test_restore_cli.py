"""`astrolens pairs`, `train --pairs` and `restore` from end to end, with a numpy restorer."""

from __future__ import annotations

import json

import numpy as np
import pytest
from astropy.io import fits
from scipy.ndimage import gaussian_filter

from astrolens_gui import cli

HEAD = {"FILTER": "r", "CDELT1": -0.2 / 3600, "CDELT2": 0.2 / 3600, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}


def run(*argv):
    return cli.run([str(one) for one in argv], lambda *_: 0)


@pytest.fixture
def skies(tmp_path):
    random = np.random.default_rng(1)
    for number in range(40):
        sky = np.zeros((48, 48))
        sky[tuple(random.integers(12, 36, 2))] = 2000
        image = gaussian_filter(sky, 1.5) + random.normal(0, 1, sky.shape)
        fits.PrimaryHDU(image.astype(np.float32), fits.Header(HEAD)).writeto(tmp_path / f"S{number}.fits")
    return tmp_path


def test_that_pairs_train_a_restorer_that_restores_files(skies, tmp_path, capsys):
    images = sorted(skies.glob("S*.fits"))
    degrade = ("--degrade", *images, "--fwhm", "0.7", "--to-fwhm", "1,1.4", "--noise", "2", "--size", "48")
    assert run("pairs", tmp_path / "set", *degrade) == 0
    assert "40 pairs of 48 px (r, 0.2 arcsec)" in capsys.readouterr().out
    project = tmp_path / "p.astrolens"
    assert run("import", project, *images) == 0
    assert run("train", project, "--backend", "toy-restorer", "--pairs", tmp_path / "set", "--epochs", "4") == 0
    assert run("restore", project, "--out", tmp_path / "by_project") == 0
    capsys.readouterr()
    (model,) = (project / "models").iterdir()
    assert run("restore", images[0], "--out", tmp_path / "out", "--model", model, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["files"] == [str(tmp_path / "out" / images[0].name)]
    head = fits.getheader(said["files"][0])
    assert (head["ALRESTOR"], head["CTYPE1"]) == (model.name, "RA---TAN")
    assert len(list((tmp_path / "by_project").glob("*.fits"))) == 40


def test_that_mistakes_are_one_sentence(skies, tmp_path, capsys):
    image = skies / "S0.fits"
    assert run("restore", tmp_path / "gone.fits", "--out", tmp_path / "out") == 1
    assert "there is no such file" in capsys.readouterr().err
    assert run("restore", image, "--out", tmp_path / "out", "--backend", "toy-restorer") == 1
    assert "no model for restore fits these images" in capsys.readouterr().err
    assert run("pairs", tmp_path / "set", "--degrade", image, "--fwhm", "1", "--to-fwhm", "wide") == 1
    assert "--to-fwhm takes numbers" in capsys.readouterr().err
    assert run("pairs", tmp_path / "set") == 1
    assert "say where the pairs come from" in capsys.readouterr().err
