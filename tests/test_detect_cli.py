"""`astrolens detect` from end to end, with a numpy detector: images and projects in, tables and regions out."""

from __future__ import annotations

import csv
import json

import numpy as np
import pytest
from astropy.io import fits

from astrolens_gui import cli
from astrolens_gui.api import InputSpec
from astrolens_gui.core.learn.models import ModelInfo, write_model
from astrolens_gui.testing import checks_detect
from astrolens_gui.testing.toy_detect import BlobParams, Blobs

HEAD = {
    **{"FILTER": "VIS", "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 60, "CRPIX2": 50, "CRVAL2": 2.0},
    **{"CDELT1": -0.1 / 3600, "CDELT2": 0.1 / 3600},
}
SHAPE = (120, 120)


def run(*argv):
    return cli.run([str(one) for one in argv], lambda *_: 0)


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A trained toy detector as a model folder."""
    folder = tmp_path_factory.mktemp("model")
    backend = Blobs(BlobParams())
    backend.learnt = np.array([0.3, 17, 18], np.float32)
    (folder / "fitted").mkdir()
    backend.save(folder / "fitted")
    spec = InputSpec(("VIS",), 0.1, 64, "asinh_noise")
    info = ModelInfo("toy-detector-1", "toy-detector", "1", {}, {}, spec, ("lens",), folder=folder / "toy-detector-1")
    return write_model(info, folder / "fitted").folder


@pytest.fixture(scope="module")
def skies(tmp_path_factory):
    """Three fields of rings, of which the last has no value at all, and a stamp of 26 pixels."""
    folder = tmp_path_factory.mktemp("skies")
    images, boxes, _ = checks_detect.fields(3, InputSpec(("VIS",), 0.1, SHAPE[0]), 8)
    for row, image in enumerate(images[..., 0]):
        data = np.sinh(image) if row < 2 else np.full(SHAPE, np.nan)
        fits.writeto(folder / f"f{row}.fits", data.astype(np.float32), fits.Header({**HEAD, "CRVAL1": 10.0 + row}))
    fits.writeto(folder / "tiny.fits", np.zeros((26, 26), np.float32), fits.Header({**HEAD, "CRVAL1": 20.0}))
    return folder, boxes[boxes[:, 0] < 2]


def test_that_finds_of_images_are_written_on_the_sky(skies, model, tmp_path, capsys):
    folder, boxes = skies
    for suffix in ("csv", "reg", "json"):
        assert run("detect", folder, "--model", model, "--score", "0.6", "--out", tmp_path / f"b.{suffix}") == 0
    said = capsys.readouterr().out
    assert "toy-detector-1 looked at 3 images" in said
    assert "f2: none of its pixels has a value" in said
    with (tmp_path / "b.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["ID"] for row in rows} == {"f0", "f1"}
    for image, x, y, *_ in boxes.tolist():
        mine = [row for row in rows if row["ID"] == f"f{image:.0f}"]
        near = min(mine, key=lambda row: np.hypot(float(row["x"]) - x, float(row["y"]) - y))
        assert np.hypot(float(near["x"]) - x, float(near["y"]) - y) < 7  # of a ring it is the rim that is brightest
        assert float(near["score"]) >= 0.6
        dec = 2.0 + (float(near["y"]) + 1 - 50) * 0.1 / 3600
        assert float(near["dec_deg"]) == pytest.approx(dec, abs=1e-7)
        assert float(near["w_arcsec"]) == pytest.approx(1.7, rel=1e-3)
    assert (tmp_path / "b.reg").read_text().count("box(") + (tmp_path / "b.reg").read_text().count("polygon(") == len(
        rows
    )
    told = json.loads((tmp_path / "b.json").read_text())
    assert len(told) == len(rows)
    assert len(told[0]["sky"]) == len(told[0]["points"]) > 4


def test_that_a_project_keeps_what_was_found_and_finds_it_again_once(skies, model, tmp_path, capsys):
    project = tmp_path / "p.astrolens"
    assert run("import", project, skies[0]) == 0
    counts = []
    for _ in range(2):
        capsys.readouterr()
        assert run("detect", project, "--model", model, "--json") == 0
        counts.append(len(json.loads(capsys.readouterr().out)["boxes"]))
    assert counts[0] == counts[1] > 0
    assert run("detect", project) == 0  # the first model is the champion


def test_that_mistakes_are_one_sentence(skies, model, tmp_path, capsys):
    wrong = (
        (("detect", tmp_path / "gone.fits"), "there is no such file"),
        (("detect", skies[0], "--out", tmp_path / "boxes.xls"), "boxes are written as .csv, .reg, .json"),
        (("detect", skies[0], "--backend", "toy"), "the backend toy does not detect"),
        (("detect", skies[0], "--model", model, "--backend", "cnn"), "the backend cnn does not detect"),
        (("detect", skies[0], "--model", "nobody"), "there is no model 'nobody'"),
    )
    for argv, says in wrong:
        assert run(*argv) == 1
        error = capsys.readouterr().err
        assert says in error
        assert "bug" not in error


def test_that_an_image_of_another_scale_is_refused(model, tmp_path, capsys):
    fits.writeto(
        tmp_path / "a.fits",
        np.zeros((40, 40), np.float32),
        fits.Header({**HEAD, "CDELT1": -1 / 3600, "CDELT2": 1 / 3600}),
    )
    assert run("detect", tmp_path / "a.fits", "--model", model) == 1
    assert "pixel scale" in capsys.readouterr().err


def test_that_an_image_without_a_band_is_told_how_to_name_it(model, tmp_path, capsys):
    fits.writeto(tmp_path / "a.fits", np.zeros((120, 120), np.float32))
    for extra in ((), ("--model", model)):
        assert run("detect", tmp_path / "a.fits", "--pixel-scale", "0.1", *extra) == 1
        assert "with --bands VIS" in capsys.readouterr().err
    assert run("detect", tmp_path / "a.fits", "--pixel-scale", "0.1", "--model", model, "--bands", "VIS") == 0


def test_that_an_export_without_a_box_says_how_to_get_some(skies, tmp_path, capsys):
    project = tmp_path / "p.astrolens"
    assert run("import", project, skies[0]) == 0
    capsys.readouterr()
    assert run("export", project, "--format", "coco", "--out", tmp_path / "boxes.json") == 0
    told = capsys.readouterr().out
    assert told.startswith("0 boxes in ")
    assert f"astrolens detect {project}" in told


def test_that_each_unfit_image_is_refused_by_name_and_the_others_are_looked_at(skies, model, tmp_path, capsys):
    fits.writeto(
        tmp_path / "red.fits", np.zeros((64, 64), np.float32), fits.Header({**HEAD, "FILTER": "r", "CRVAL1": 1.0})
    )
    coarse = {**HEAD, "CRVAL1": 2.0, "CDELT1": -0.3 / 3600, "CDELT2": 0.3 / 3600}
    fits.writeto(tmp_path / "coarse.fits", np.zeros((64, 64), np.float32), fits.Header(coarse))
    images = [
        tmp_path / "red.fits",
        tmp_path / "coarse.fits",
        skies[0] / "f0.fits",
        skies[0] / "tiny.fits",
        skies[0] / "f2.fits",
    ]
    assert run("detect", *images, "--model", model, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["images"] == 2
    assert sorted(sentence.split(":")[0] for sentence in told["refused"]) == ["coarse", "f2", "red"]
