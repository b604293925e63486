"""A catalogue and large images from the command line: sources become objects, mistakes are one sentence, nothing is left half-made."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.__main__ import main


@pytest.fixture
def field(tmp_path: Path) -> Path:
    """Two bands of 400 × 300 px with a WCS, and sources: eight inside, one outside."""
    from astropy.io import fits
    from astropy.wcs import WCS

    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cdelt = [150.0, 2.0], [200.5, 150.5], [-0.2 / 3600, 0.2 / 3600]
    for band in "gr":
        header = wcs.to_header()
        header["FILTER"] = band
        fits.writeto(tmp_path / f"{band}.fits", np.random.default_rng(1).normal(size=(300, 400)).astype("f4"), header)
    with (tmp_path / "sources.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["NUMBER", "ALPHA_J2000", "DELTA_J2000", "z_phot"])
        for number in range(8):
            ra, dec = wcs.pixel_to_world_values(40.0 + 40 * number, 150.0)
            table.writerow([f"{number:03d}", f"{ra:.8f}", f"{dec:.8f}", 0.1 * number])
        table.writerow(["900", "10.0", "-40.0", 1.0])
    return tmp_path


def imported(field: Path, *more: str) -> int:
    images = [str(field / "g.fits"), str(field / "r.fits")]
    return main(["import", str(field / "p.astrolens"), *images, "--catalogue", str(field / "sources.csv"), *more])


def test_that_a_catalogue_becomes_objects_and_nothing_is_cut_out(field, capsys):
    before = sorted(field.iterdir())
    assert imported(field, "--size", "6", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["added"] == 8
    assert "1 source" in " ".join(told["refused"])
    assert sorted(field.iterdir()) == sorted([*before, field / "p.astrolens"])
    assert imported(field, "--size", "6", "--json") == 0
    assert json.loads(capsys.readouterr().out)["added"] == 0

    out = field / "scores.csv"
    assert main(["score", str(field / "p.astrolens"), "--backend", "toy", "--out", str(out)]) in (0, 1)
    assert main(["export", str(field / "p.astrolens"), "--format", "reg", "--out", str(field / "boxes.reg")]) == 0


def test_that_the_columns_can_be_named(field, capsys):
    assert imported(field, "--columns", "ra=ALPHA_J2000,dec=nowhere") == 1
    assert "no column 'nowhere'; its columns are NUMBER, ALPHA_J2000" in capsys.readouterr().err
    assert imported(field, "--columns", "ra:ALPHA_J2000") == 1
    assert "--columns takes role=COLUMN pairs" in capsys.readouterr().err
    assert not (field / "p.astrolens").exists()
    assert imported(field, "--columns", "ra=ALPHA_J2000,dec=DELTA_J2000,id=NUMBER", "--prefix", "T1_") == 0


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["g.fits", "--catalogue", "none.csv"], "none.csv: there is no such table"),
        (["g.fits", "--size", "5"], "--size is for the sources of a catalogue"),
        (["sources.csv"], "sources.csv is a table; name it with --catalogue"),
        (["g.fits", "--catalogue", "sources.csv", "--size", "-3"], "--size must be a positive number"),
        (["g.fits", "--catalogue", "g.fits"], "g.fits"),
    ],
)
def test_that_a_mistake_is_one_sentence_and_leaves_no_project(field, argv, words, capsys, monkeypatch):
    monkeypatch.chdir(field)
    assert main(["import", "p.astrolens", *argv]) == 1
    err = capsys.readouterr().err
    assert words in err
    assert err.count("\n") == 1
    assert not (field / "p.astrolens").exists()
