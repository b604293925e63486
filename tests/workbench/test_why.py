"""Asking a model why, through the workbench: maps, the smallest flip, the table of flips, and who can't be asked."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.api import BackendSpec, UserError
from astrolens_gui.core.images.prepare import crop
from astrolens_gui.workbench import Workbench
from astrolens_gui.workbench.why import contours, corner


@pytest.fixture
def trained(bench: Workbench, graded: Path) -> str:
    """The model's id: the toy backend, trained on the graded half."""
    return str(bench.train("toy", {"epochs": 60}).result(120).model)


def test_that_each_map_lies_on_the_stamp_and_is_asked_for_once(bench: Workbench, trained: str):
    target = int(bench.queue().result(10).object[0])
    for what in ("gradcam", "occlusion", "integrated"):
        found = bench.explain(target, what).result(60)
        assert found.asked.model == trained
        assert found.map.shape == (found.asked.size,) * 2
        assert np.isfinite(found.map).all()
        assert found.asked.explains == ("gradcam", "occlusion", "integrated")
        assert bench.explain(target, what).result(60) is found
    with pytest.raises(UserError, match="there is no explanation 'dream'"):
        bench.explain(target, "dream").result(10)


def test_that_the_map_agrees_with_the_score(bench: Workbench, trained: str):
    """The logit beside the map is the one in the queue: same model, same calibration."""
    bench.score().result(60)
    queue = bench.queue().result(10)
    for place in (0, 5):
        found = bench.explain(int(queue.object[place]), "gradcam").result(60)
        assert found.asked.logit == pytest.approx(queue.logit[place], abs=1e-4)
        assert found.asked.score == pytest.approx(queue.score[place], abs=1e-5)


def test_that_the_smallest_flip_flips_and_a_smaller_one_does_not(bench: Workbench, trained: str):
    target = int(bench.queue().result(10).object[1])
    found = bench.examine(target).result(60)
    assert found.robustness is not None
    if np.isfinite(found.eps):
        assert (found.logit_after > 0) != found.asked.is_lens
        assert np.abs(found.change).max() == pytest.approx(found.eps)
    assert found.after == pytest.approx(found.before + found.change)
    assert {curve.name for curve in found.curves} >= {"PSF", "noise", "shift x", "shift y", "orientation"}


def test_that_the_flips_of_all_graded_objects_are_a_table(bench: Workbench, trained: str, tmp_path: Path):
    found = bench.flips().result(60)
    assert len(found) == 30
    assert set(found.grade) == {"A", "X"}
    assert found.flipped[0] == 0
    assert (found.smallest_random >= found.smallest / 1.02).all()
    out = tmp_path / "flips.csv"
    assert bench.write_flips(found, out).result(10) == 30
    with out.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for row, eps in zip(rows, found.smallest, strict=True):
        assert row["smallest_flip_sigma"] == ("" if np.isinf(eps) else f"{eps:.6g}")
    with pytest.raises(UserError, match="choose another folder"):
        bench.write_flips(found, tmp_path / "no" / "flips.csv").result(10)


def test_that_a_backend_without_gradients_is_explained_by_occlusion_alone(bench: Workbench, trained: str):
    spec = bench.plugins.backend("toy")
    bench.plugins._records[BackendSpec]["toy"] = replace(spec, capabilities=("classify",))
    target = int(bench.queue().result(10).object[0])
    assert bench.explain(target, "occlusion").result(60).asked.explains == ("occlusion",)
    with pytest.raises(UserError, match="has no explain; occlusion works with any"):
        bench.explain(target, "gradcam").result(60)
    with pytest.raises(UserError, match="has no gradient"):
        bench.flips().result(60)
    found = bench.examine(target).result(60)
    assert found.robustness is None
    assert np.isnan(found.eps)
    assert found.curves


def test_that_without_a_model_or_a_grade_it_says_what_to_do(bench: Workbench, project: Path):
    target = int(bench.queue().result(10).object[0])
    with pytest.raises(UserError, match="grade some and train"):
        bench.explain(target).result(30)
    with pytest.raises(UserError, match="grade some first"):
        bench.flips().result(30)


@pytest.mark.parametrize("shape", [(50, 50), (51, 50), (101, 64), (64, 101)])
@pytest.mark.parametrize("size", [50, 33])
def test_that_the_corner_is_where_the_crop_begins(shape: tuple[int, int], size: int):
    image = np.arange(shape[0] * shape[1]).reshape(shape)
    x, y = corner(shape, size)
    assert np.array_equal(crop(image, size), image[y : y + size, x : x + size])


def test_that_contours_enclose_what_is_above_half_the_maximum():
    y, x = np.mgrid[:40, :40]
    [line] = contours(np.exp(-((x - 25) ** 2 + (y - 12) ** 2) / 50).astype(np.float32))
    assert np.hypot(line[:, 0] - 25, line[:, 1] - 12) == pytest.approx(np.sqrt(50 * np.log(2)), abs=0.1)
    assert contours(np.zeros((9, 9), np.float32)) == ()
