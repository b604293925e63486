"""Models that do not classify are judged on what is held out: better ones pass, worse ones don't, and few images decide nothing."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.api import Context, InputSpec, NoParams, UserError
from astrolens_gui.core.detect.quality import YARDSTICK
from astrolens_gui.core.learn import fitting
from astrolens_gui.core.learn.models import read_model
from astrolens_gui.core.learn.retrain import Champion
from astrolens_gui.testing import checks_detect
from astrolens_gui.testing.toy_detect import SPEC, BlobFitParams, BlobParams


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return checks_detect.box_set(tmp_path_factory.mktemp("set"), InputSpec(("r",), 0.2, 64), count=60)


def answers(data, share: float, shift: float = 0.0) -> dict[str, np.ndarray]:
    """The true boxes of the held-out images: so many of each image, each with a false one of a lower score beside it."""
    rows, table = fitting.held(data), np.asarray(data.boxes)
    place = {row: at for at, row in enumerate(rows.tolist())}
    random = np.random.default_rng(4)
    kept = [one for one in table.tolist() if int(one[0]) in place and random.random() < share]
    image = np.array([place[int(one[0])] for one in kept], np.int32)
    boxes = np.array([one[1:5] for one in kept], np.float32)
    boxes[:, 0] += shift
    return {
        "image": image,
        "boxes": boxes,
        "score": np.linspace(0.9, 0.6, len(kept)).astype(np.float32),
        "label": np.zeros(len(kept), np.int32),
        "masks": np.zeros((0, 28, 28), np.float32),
    }


def verdict(data, ours, theirs=None, lineage=""):
    return fitting.judge(ours, theirs or {}, data, fitting.held(data), YARDSTICK, lineage, 3)


def test_that_figures_are_those_of_the_held_out_images(data):
    perfect = verdict(data, answers(data, 1.0))
    assert (perfect.kind, perfect.metrics["AP"], perfect.metrics["N_held"]) == ("accepted", 1.0, 12)
    assert (perfect.metrics["completeness"], perfect.metrics["purity"]) == (1.0, 1.0)
    half = verdict(data, answers(data, 0.5))
    assert 0.2 < half.metrics["AP"] < 0.8
    assert half.metrics["AP"] == pytest.approx(half.metrics["completeness"])
    assert verdict(data, answers(data, 1.0, shift=40)).metrics["AP"] == 0.0


def test_that_a_worse_model_is_refused_and_an_equal_one_is_not(data):
    good, poor = answers(data, 1.0), answers(data, 0.4)
    worse = verdict(data, poor, good)
    assert worse.kind == "refused"
    assert "worse than the champion" in worse.reason
    assert worse.metrics["AP change_ci"][1] < 0
    assert verdict(data, good, good).kind == "accepted"
    better = verdict(data, good, poor)
    assert (better.kind, better.metrics["AP_champion"]) == (
        "accepted",
        pytest.approx(verdict(data, poor).metrics["AP"]),
    )
    assert better.metrics["AP change_ci"][0] > 0


def test_that_nothing_held_out_decides_nothing_and_broken_answers_are_refused(data):
    right = answers(data, 1.0)
    first = {name: array[right["image"] < 3] if len(array) else array for name, array in right.items()}
    few = fitting.judge(first, {}, data, fitting.held(data)[:3], YARDSTICK, "", 3)
    assert few.kind == "provisional"
    none = fitting.judge({}, {}, data, np.zeros(0, int), YARDSTICK, "", 3)
    assert none.kind == "provisional"
    broken = answers(data, 1.0)
    broken["score"][0] = np.nan
    assert "not finite (score)" in verdict(data, broken).reason


def here(entry, kwargs, ctx):
    return getattr(fitting, entry.partition(":")[2])(**kwargs, ctx=ctx)


def trained(data, tmp_path, champion=None, **changes):
    return fitting.fit_task(
        data=data,
        about={"hash": "abcdef12", "label_ids": (1, 2), "split": {"seed": 1, "rule": "block"}},
        spec=SPEC,
        params=BlobParams(),
        fit_params=BlobFitParams(epochs=6),
        yardstick=YARDSTICK,
        models_dir=tmp_path / "models",
        champion=champion,
        run=here,
        ctx=Context(seed=2, workdir=tmp_path),
        **changes,
    )


def test_that_a_training_leaves_a_model_folder_with_its_figures(data, tmp_path):
    outcome = trained(data, tmp_path)
    assert outcome.verdict.activates
    info = read_model(outcome.model.folder)
    assert (info.backend, info.classes, info.dataset_hash, info.parent) == ("toy-detector", ("lens",), "abcdef12", "")
    assert info.metrics["AP"] == outcome.verdict.metrics["AP"] > 0.3
    (tmp_path / "second").mkdir()
    second = trained(data, tmp_path / "second", Champion(info, SPEC), start=str(info.folder))
    assert second.model.parent == info.id
    assert second.verdict.metrics["AP_champion"] == pytest.approx(info.metrics["AP"])


def test_that_a_training_that_fails_leaves_no_model(data, tmp_path):
    def fails(entry, kwargs, ctx):
        raise UserError("the child ended")

    with pytest.raises(UserError, match="the child ended"):
        fitting.fit_task(
            data=data,
            about={},
            spec=SPEC,
            params=NoParams(),
            fit_params=BlobFitParams(),
            yardstick=YARDSTICK,
            models_dir=tmp_path / "models",
            champion=None,
            run=fails,
            ctx=Context(workdir=tmp_path),
        )
    assert not (tmp_path / "models").exists()
