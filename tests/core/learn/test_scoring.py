"""Logits become calibrated scores, and no step of it changes a ranking."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.api import Cancelled, Context, InputSpec
from astrolens_gui.core.learn import metrics, scoring
from astrolens_gui.core.learn.models import Calibration, ModelError, ModelInfo
from astrolens_gui.core.plugins import create

LOGITS = np.random.default_rng(0).normal(0, 6, (500, 2)).astype(np.float32)


def model(**calibration) -> ModelInfo:
    return ModelInfo(
        "m", "toy", "1", {}, {}, InputSpec(("r",), 0.2, 32), scoring.CLASSES, calibration=Calibration(**calibration)
    )


def test_that_the_prior_shift_is_bayes_theorem():
    logit = scoring.lens_logit(LOGITS, scoring.CLASSES, Calibration(1.0, 0.5, 1e-3))
    at_half = scoring.probability(scoring.lens_logit(LOGITS, scoring.CLASSES))
    expected = at_half * 1e-3 / (at_half * 1e-3 + (1 - at_half) * 0.999)
    np.testing.assert_allclose(scoring.probability(logit), expected, rtol=1e-9)


def test_that_calibration_changes_no_ranking_metric():
    truth = LOGITS[:, 1] + np.random.default_rng(1).normal(0, 6, 500) > 0
    before = scoring.lens_logit(LOGITS, scoring.CLASSES)
    after = scoring.lens_logit(LOGITS, scoring.CLASSES, Calibration(3.7, 0.5, 5e-4))
    assert metrics.auroc(truth, before) == metrics.auroc(truth, after)
    for n in (1, 10):
        assert metrics.tpr_n(truth, before, n) == metrics.tpr_n(truth, after, n)


def test_that_class_order_is_read_by_name():
    swapped = scoring.lens_logit(LOGITS[:, ::-1], ("lens", "nonlens"))
    np.testing.assert_array_equal(swapped, scoring.lens_logit(LOGITS, scoring.CLASSES))


def test_that_class_probabilities_sum_to_one_and_lens_is_the_score():
    calibration = Calibration(1.4, 0.5, 0.02)
    three = np.random.default_rng(2).normal(0, 3, (50, 3))
    names = ("ring", "lens", "spiral")
    columns = scoring.class_probabilities(three, names, calibration)
    np.testing.assert_allclose(sum(columns.values()), 1.0)
    logit = scoring.lens_logit(three, names, calibration)
    np.testing.assert_allclose(columns["lens"], scoring.probability(logit))


def test_that_extreme_logits_neither_overflow_nor_tie():
    logits = np.array([[0, 800], [0, 900], [900, 0]], np.float32)
    with np.errstate(over="raise"):
        made = scoring.scored(np.arange(3), logits, model())
    assert made.logit[1] > made.logit[0]
    assert made.score.tolist() == [1.0, 1.0, 0.0]


def test_that_a_logit_that_is_not_finite_stays_unscored():
    made = scoring.scored(np.arange(2), np.array([[0, np.inf], [0, 1]]), model())
    assert np.isnan(made.logit[0])
    assert np.isnan(made.score[0])
    assert np.isfinite(made.logit[1])


def test_that_a_cancelled_scoring_keeps_what_was_done():
    batches = [(np.arange(4) + 4 * k, LOGITS[4 * k : 4 * k + 4]) for k in range(5)]
    done: list[np.ndarray] = []
    ctx = Context(is_cancelled=lambda: len(done) == 2)
    parts = scoring.score(iter(batches), lambda images, _: images, model(), ctx, total=20)
    with pytest.raises(Cancelled):
        done.extend(part.ids for part in parts)
    np.testing.assert_array_equal(np.concatenate(done), np.arange(8))


@pytest.mark.parametrize("total", [20, 0])
def test_that_a_backends_own_progress_moves_the_jobs_bar_and_never_back(total):
    """A backend tells 0..1 of each batch, and begins again where a batch is halved for want of memory."""
    batches = [(np.arange(4) + 4 * k, LOGITS[4 * k : 4 * k + 4]) for k in range(5)]
    said = []

    def run(images, ctx):
        for fraction in (0.5, 0.75, 0.25, 1.0):
            ctx.progress(fraction)
        return images

    for _ in scoring.score(iter(batches), run, model(), Context(on_progress=said.append).part(0.2, 0.8), total=total):
        pass
    fractions = [one.fraction for one in said]
    assert fractions == sorted(fractions)
    assert (said[0].message, said[-1].message) == (f"0 of {total} scored", f"20 of {total} scored")
    if total:
        np.testing.assert_allclose(fractions[:5], np.array([0.1, 0.15, 0.15, 0.2, 0.2]) * 0.6 + 0.2)
        assert fractions[-1] == pytest.approx(0.8)
        assert [one.message for one in said[5:9]] == ["4 of 20 scored"] * 4
    else:
        assert set(fractions) == {0.2}


@pytest.mark.parametrize("shape", [(5, 3), (5, 1), (5,), (5, 2, 2)])
def test_that_weights_for_other_classes_are_one_sentence(shape):
    with pytest.raises(ModelError, match="for the 2 classes nonlens, lens") as error:
        scoring.scored(np.arange(5), np.zeros(shape), replace(model(), folder=Path("models/m")))
    assert str(error.value).startswith(f"{Path('models/m')}: ")
    assert "\n" not in str(error.value)


def test_that_predict_keeps_a_model_loaded_and_reloads_it_when_it_changes(tmp_path):
    toy = pytest.importorskip("astrolens_gui.testing.toy")
    data = pytest.importorskip("astrolens_gui.testing.data")
    spec = data.concrete(InputSpec())
    made = data.training_set(tmp_path / "set", spec)
    images, _ = data.stamps(6, spec, 5)
    answers = []
    for epochs in (5, 200):
        backend = toy.ToyBackend(toy.ToyParams())
        backend.fit(made, toy.ToyFitParams(epochs=epochs), Context())
        backend.save(tmp_path)
        (tmp_path / "model.json").write_text(f"{epochs}", encoding="utf-8")
        kwargs = {
            "factory": "astrolens_gui.testing.toy:ToyBackend",
            "params": toy.ToyParams(),
            "capability": "classify",
        }
        _, out = scoring.predict(folder=str(tmp_path), **kwargs, arrays={"batch": images}, ctx=Context())
        answers.append(out["output"])
        np.testing.assert_array_equal(answers[-1], backend.classify(images, Context()))
    assert not np.array_equal(*answers)


def test_that_a_missing_backend_is_one_sentence():
    with pytest.raises(ValueError, match=r"nowhere\.at\.all:Thing can't be imported") as error:
        create("nowhere.at.all:Thing", None)
    assert "\n" not in str(error.value)
