"""Restorers learn from a project's own images or from pairs, are judged on images that they did not see, and become champions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from scipy.ndimage import gaussian_filter

from astrolens_gui.api import UserError
from astrolens_gui.core.learn import pairset
from astrolens_gui.workbench import Workbench

HEAD = {"FILTER": "r", "CDELT1": -0.2 / 3600, "CDELT2": 0.2 / 3600, "CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"}
COUNT = 130


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Smooth skies under noise, and beside them without."""
    folder, random = tmp_path_factory.mktemp("noisy"), np.random.default_rng(1)
    (folder / "clean").mkdir()
    for number in range(COUNT):
        clean = np.zeros((40, 40))
        clean[tuple(random.integers(10, 30, 2))] = random.uniform(50, 400)
        clean = gaussian_filter(clean, 3) * 1e-11
        for name, image in (("", clean + random.normal(0, 1e-11, clean.shape)), ("clean/", clean)):
            fits.PrimaryHDU(image.astype(np.float32), fits.Header(HEAD)).writeto(folder / f"{name}N{number}.fits")
    return folder


@pytest.fixture
def project(bench: Workbench, noisy: Path, tmp_path: Path) -> Workbench:
    bench.open(tmp_path / "p.astrolens", create={}).result(60)
    assert bench.import_images(sorted(noisy.glob("*.fits"))).result(60).added == COUNT
    return bench


@pytest.fixture(scope="module")
def pairs(noisy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pairs") / "set"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASTROLENS_HOME", str(out.parent / "home"))
        with Workbench.start() as bench:
            made = bench.pairs(out, simulated=noisy, size=40).result(60)
    assert made.count == COUNT
    return out


def test_that_images_alone_train_a_restorer_that_is_judged_and_used(project):
    report = project.train("toy-restorer", {"epochs": 8}).result(120)
    assert (report.verdict, report.champion) == ("accepted", True)
    assert report.metrics["gain"] > 0.8 * report.metrics["MSE_raw"]
    (row,) = project.model_rows().result(10)
    assert (row.task, row.champion) == ("restore/toy-restorer", True)
    ids = project.queue("random").result(10).object[:2]
    made = project.restore([int(one) for one in ids]).result(60)  # the champion, without being named
    assert {one.model for one in made} == {report.model}
    assert np.isnan(project.queue("top").result(10).logit).all()  # a restorer ranks no queue


def test_that_pairs_train_too_and_the_better_model_stays(project, pairs):
    first = project.train("toy-restorer", {"epochs": 12}, pairs=pairs).result(120)
    assert first.verdict == "accepted"
    worse = project.train("toy-restorer", {"epochs": 2}, pairs=pairs).result(120)
    assert worse.verdict in ("refused", "accepted")
    again = project.train("toy-restorer", {"epochs": 12}, pairs=pairs).result(120)
    assert again.metrics["MSE"] == pytest.approx(first.metrics["MSE"])
    assert worse.metrics["gain change_ci"][1] < 0 or worse.verdict == "accepted"


def test_that_judging_without_truth_says_what_the_truth_would(noisy):
    """The estimate of the error against noise of our own is the error against the clean image."""
    names = sorted(path.name for path in noisy.glob("*.fits"))
    noise = np.float32(1e-11)
    images, clean = (
        np.stack([fits.getdata(noisy / place / name) / noise for name in names])[..., None] for place in ("", "clean")
    )
    asked, truth = pairset.recorrupted(images.astype(np.float32), np.random.default_rng(2))
    shrink = 1 / np.sqrt(1 + pairset.ALPHA**2)
    for width in (0.6, 1.5, 4.0):
        answers = np.stack([gaussian_filter(one, (width, width, 0)) for one in asked])
        told = pairset.errors(answers, truth).mean() - 1 / pairset.ALPHA**2
        true = ((answers - clean * shrink) ** 2).mean()
        assert told == pytest.approx(true, abs=0.05)


def test_that_labels_pairs_and_backends_that_do_not_belong_together_are_refused(project, pairs, tmp_path):
    with pytest.raises(UserError, match="learns from labels, not from pairs"):
        project.train("toy", pairs=pairs).result(60)
    with pytest.raises(UserError, match="is no set of pairs"):
        project.train("toy-restorer", pairs=tmp_path).result(60)
    with pytest.raises(UserError, match="one of --simulated"):
        project.pairs(tmp_path / "x").result(60)
    with pytest.raises(UserError, match="--fwhm"):
        project.pairs(tmp_path / "x", degrade=(tmp_path,)).result(60)
