"""`--bands` names planes without a name: where it would name none it is said or refused, never passed over."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astrolens_gui import cli
from astrolens_gui.core.images.bands import passed_over


def run(*argv: object) -> int:
    return cli.run([str(one) for one in argv], lambda *_: 0)


@pytest.fixture
def images(tmp_path: Path) -> Path:
    """Three stamps that say VIS, and beside them a folder with a cube of two planes without a name."""
    (tmp_path / "stamps").mkdir()
    (tmp_path / "cubes").mkdir()
    head = {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 8.5, "CRPIX2": 8.5, "CRVAL2": -3.0,
            "CDELT1": -0.1 / 3600, "CDELT2": 0.1 / 3600}  # fmt: skip
    noise = np.random.default_rng(0)
    for n in range(3):
        values = {**head, "CRVAL1": 10.0 + n, "FILTER": "VIS"}
        data = noise.normal(size=(16, 16)).astype(np.float32)
        fits.writeto(tmp_path / "stamps" / f"s{n}.fits", data, fits.Header(values))
    data = noise.normal(size=(2, 16, 16)).astype(np.float32)
    fits.writeto(tmp_path / "cubes" / "cube.fits", data, fits.Header({**head, "CRVAL1": 20.0}))
    return tmp_path


@pytest.mark.parametrize(
    ("given", "names", "said"),
    [
        ((), ["VIS"], ""),
        (("VIS",), ["VIS"], ""),
        (("g", "r"), ["r", "g", "i"], ""),
        (("g",), ["VIS"], "it has the band VIS, and --bands g is for 1 plane without a name; leave it out"),
        (
            ("g", "r", "i"),
            ["", ""],
            "it has 2 planes without a name, and --bands g,r,i is for 3 planes without a name; give 2, or leave it out",
        ),
        (
            ("g", "r"),
            ["g", "r", ""],
            "it has the bands g, r and 1 plane without a name, and --bands g,r is for 2 planes without a name; give 1, or leave "
            "it out",
        ),
    ],
)
def test_that_it_is_said_why_names_were_not_taken(given, names, said):
    assert passed_over(given, names) == said


@pytest.mark.parametrize("command", [["score"], ["detect"], ["restore", "--out", "restored"]])
def test_that_names_no_image_takes_are_refused(command, images, capsys, monkeypatch):
    monkeypatch.chdir(images)
    verb, *more = command
    assert run(verb, "stamps", *more, "--bands", "g") == 1
    assert "s0: it has the band VIS, and --bands g is for 1 plane without a name" in capsys.readouterr().err
    assert run("import", "p.astrolens", "stamps") == 0
    for option, value in (("--bands", "VIS"), ("--pixel-scale", "0.1")):
        assert run(verb, "p.astrolens", *more, option, value) == 1
        said = capsys.readouterr().err
        assert f"p.astrolens is a project, whose images were told {option} when they were imported" in said
    assert not (images / "restored").exists()


def test_that_an_import_says_which_objects_took_no_name(images, capsys, monkeypatch):
    monkeypatch.chdir(images)
    assert run("import", "a.astrolens", "stamps", "cubes", "--bands", "g,r") == 0
    said = capsys.readouterr().out
    assert "3 of 4 objects took no name from --bands. s0: it has the band VIS" in said
    assert "can't be scored" not in said  # the cube's planes took theirs
    assert run("import", "b.astrolens", "cubes", "--bands", "g") == 0
    assert "1 of 1 objects took no name from --bands. cube: it has 2 planes without a name" in capsys.readouterr().out
    assert run("import", "c.astrolens", "stamps", "--bands", "VIS") == 0
    assert "--bands" not in capsys.readouterr().out


def test_that_a_catalogues_images_that_have_names_are_refused_others(images, capsys, monkeypatch):
    monkeypatch.chdir(images)
    Path("sources.csv").write_text("ID,RA,DEC\na,10.0,-3.0\n", encoding="utf-8")
    asked = ["import", "p.astrolens", "stamps/s0.fits", "--catalogue", "sources.csv", "--size-px", "8"]
    assert run(*asked, "--bands", "g") == 1
    assert "s0.fits: it has the band VIS, and --bands g is for 1 plane" in capsys.readouterr().err
    assert not Path("p.astrolens").exists()
    assert run(*asked) == 0


def test_that_pairs_take_all_names_or_none(images, capsys, monkeypatch):
    monkeypatch.chdir(images)
    worse = ["--fwhm", "0.2", "--to-fwhm", "0.4", "--size", "32"]
    assert run("pairs", "set", "--degrade", "stamps", *worse, "--bands", "g") == 1
    assert "s0.fits: it has the band VIS, and --bands g is for 1 plane" in capsys.readouterr().err
    assert run("pairs", "set", "--degrade", "cubes", *worse, "--bands", "g,r,i") == 1
    assert "cube.fits: it has 2 planes without a name" in capsys.readouterr().err
