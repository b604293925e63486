"""Each classical finder as a backend: it learns, answers stamp by stamp, comes back from its file, keeps to its time."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace

import numpy as np
import pytest
from astrolens_classical import finder
from astrolens_classical.plugin import astrolens_backends

from astrolens_gui.api import Cancelled, Context, InputSpec, TrainingSet, UserError, build
from astrolens_gui.kit import budget
from astrolens_gui.testing import data

pytest.importorskip("sklearn", reason="scikit-learn is not installed")
pytest.importorskip("sep", reason="sep is not installed")

SPECS = {spec.id: spec for spec in astrolens_backends()}


def make(name):
    module, _, place = SPECS[name].factory.partition(":")
    return getattr(importlib.import_module(module), place)(build(SPECS[name].params))


def fit(name, made, ctx=None, **how):
    backend = make(name)
    how = {"c": 1.0, **({"gamma": 0.005} if name == "gabor-svm" else {}), **how}
    return backend, backend.fit(made, build(SPECS[name].fit_params, how), ctx or Context(seed=3))


@pytest.fixture(scope="module", params=list(SPECS))
def fitted(request, toy):
    made, images, is_lens = toy
    return request.param, *fit(request.param, made), images, is_lens


def margin(backend, images):
    logits = backend.classify(images, Context())
    assert logits.shape == (len(images), 2)
    assert logits.dtype == np.float32
    return logits[:, 1].astype(np.float64) - logits[:, 0]


def test_that_it_learns_rings_and_says_how_the_loss_fell(fitted):
    _, backend, report, images, is_lens = fitted
    found = margin(backend, images)
    assert np.mean(found[is_lens][:, None] > found[~is_lens][None]) > 0.9
    assert report.epochs[-1]["loss"] < report.epochs[0]["loss"]


def test_that_stamps_are_judged_one_by_one_and_left_alone(fitted):
    _, backend, _, images, _ = fitted
    images = images.copy()
    images.setflags(write=False)
    together = backend.classify(images[:40], Context())
    apart = np.concatenate([backend.classify(images[row : row + 1], Context()) for row in range(40)])
    np.testing.assert_allclose(together, apart, atol=1e-3)


def test_that_a_saved_finder_answers_the_same_and_a_cut_file_is_refused(fitted, tmp_path):
    name, backend, _, images, _ = fitted
    backend.save(tmp_path)
    again = make(name)
    again.load(tmp_path)
    np.testing.assert_array_equal(again.classify(images, Context()), backend.classify(images, Context()))
    other = make(next(one for one in SPECS if one != name))
    with pytest.raises(ValueError, match=r"weights\.safetensors: these weights"):
        other.load(tmp_path)
    path = tmp_path / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(ValueError, match=r"weights\.safetensors"):
        make(name).load(tmp_path)


def test_that_strange_stamps_get_finite_answers(fitted):
    _, backend, _, images, _ = fitted
    strange = np.zeros((6, *images.shape[1:]), np.float32)
    strange[1] = 21.0
    strange[2, 5, 5] = 21.0
    strange[3] = -21.0
    strange[4, : len(strange[4]) // 2] = 8.0
    strange[5] = np.random.default_rng(0).normal(0, 10, strange[5].shape)
    with np.errstate(all="raise", under="ignore"):
        assert np.isfinite(backend.classify(strange, Context())).all()
        assert np.isfinite(backend.embed(strange, Context())).all()
    assert backend.classify(strange[:0], Context()).shape == (0, 2)
    with pytest.raises(ValueError, match="takes stamps of shape"):
        backend.classify(np.zeros((1, 9, 9, 1), np.float32), Context())


@pytest.mark.parametrize("name", list(SPECS))
def test_that_an_untrained_finder_says_so(name):
    with pytest.raises(ValueError, match="learnt nothing yet"):
        make(name).classify(np.zeros((1, 40, 40, 1), np.float32), Context())


@pytest.mark.parametrize("name", ["hog-lr", "gabor-svm"])
def test_that_time_used_up_ends_the_measuring_and_the_report_repeats_it(name, tmp_path, monkeypatch):
    made = data.training_set(tmp_path, InputSpec(("VIS",), 0.1, 32), 800)
    ticks = iter(range(10**9))
    monkeypatch.setattr(budget, "clock", lambda: float(next(ticks)))
    backend, report = fit(name, made, minutes=0.5)
    assert report.stopped.startswith("time is up")
    assert 0 < report.used["stamps"] < 600
    assert report.used["minutes"] == 0
    again, _ = fit(name, made, **report.used)
    images, _ = data.stamps(20, InputSpec(("VIS",), 0.1, 32), 9)
    np.testing.assert_allclose(again.classify(images, Context()), backend.classify(images, Context()), atol=1e-4)


def test_that_a_cancelled_fit_stops(tmp_path):
    said = []
    made = data.training_set(tmp_path, InputSpec(("VIS",), 0.1, 26), 120)
    with pytest.raises(Cancelled):
        fit("arcs", made, Context(on_progress=said.append, is_cancelled=lambda: len(said) > 1))


def test_that_three_classes_and_soft_labels_of_a_rare_one_are_learnt(tmp_path):
    made = data.training_set(tmp_path, InputSpec(("r",), 0.2, 26), 120)
    targets = np.zeros((120, 3), np.float32)
    targets[:, 0], targets[:, 2] = np.asarray(made.targets).T  # class 1 has no example
    targets[1::2] = [0.1, 0.0, 0.9]
    np.save(tmp_path / "targets.npy", targets)
    np.save(tmp_path / "split.npy", np.zeros(120, np.int8))
    (tmp_path / "set.json").write_text(json.dumps({"classes": ["a", "b", "c"], "input": made.input.as_dict()}))
    images, is_lens = data.stamps(40, made.input, 8)
    for name in ("hog-lr", "gabor-svm"):
        backend, _ = fit(name, TrainingSet.open(tmp_path))
        logits = backend.classify(images, Context())
        assert (logits.argmax(axis=1) != 1).all()
        assert np.mean((logits[:, 2] > logits[:, 0]) == is_lens) > 0.9


@pytest.mark.slow
def test_that_it_passes_the_conformance_kit(tmp_path):
    from astrolens_gui.testing.checks import check

    small = replace(SPECS["arcs"], input=InputSpec(("r",), 0.2, 28))
    results = list(check(small, "astrolens_classical.plugin", tmp_path))
    assert {outcome.name: outcome.detail for outcome in results if outcome.state == "failed"} == {}


@pytest.mark.parametrize("count", [2, 5, 12])
def test_that_few_examples_are_learnt_from_or_refused_in_a_sentence(count, tmp_path):
    made = data.training_set(tmp_path / "set", InputSpec(("VIS",), 0.1, 26), count)
    if len(made.indices("train")) < finder.FEWEST:
        with pytest.raises(UserError, match="examples are too few for this finder to learn from; label at least 10"):
            fit(next(iter(SPECS)), made)
    else:
        assert fit(next(iter(SPECS)), made)[1].epochs
