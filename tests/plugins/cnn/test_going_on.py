"""A loaded network goes on learning from where it was: all of it, or its last layer alone."""

from __future__ import annotations

import numpy as np
import pytest
from astrolens_cnn.plugin import Network, Training

from astrolens_gui.api import Context, InputSpec, UserError, build
from astrolens_gui.testing import data

pytest.importorskip("keras", reason="Keras is not installed")
model = pytest.importorskip("astrolens_cnn.networks.residual", reason="TensorFlow is not installed")
lasthead = pytest.importorskip("astrolens_cnn.lasthead", reason="TensorFlow is not installed")

SPEC = InputSpec(("r",), 0.2, 26)
SMALL = Network(width=4, symmetries="1")


def fit(folder, backend, **how):
    made = data.training_set(folder, SPEC, 120)
    return backend.fit(made, build(Training, {"precision": "float32", **how}), Context(seed=3))


@pytest.fixture(scope="module")
def champion(tmp_path_factory):
    backend = model.Residual(SMALL)
    fit(tmp_path_factory.mktemp("first"), backend, epochs=4)
    folder = tmp_path_factory.mktemp("champion")
    backend.save(folder)
    return folder


def loaded(folder):
    backend = model.Residual(SMALL)
    backend.load(folder)
    return backend


def test_that_training_goes_on_from_loaded_weights(champion, tmp_path):
    report = fit(tmp_path, loaded(champion), epochs=1, tune="all")
    fresh = fit(tmp_path / "again", model.Residual(SMALL), epochs=1)
    assert report.epochs[0]["loss"] < 0.8 * fresh.epochs[0]["loss"]


def test_that_a_network_of_another_shape_starts_anew(champion, tmp_path):
    backend = model.Residual(Network(width=8, symmetries="1"))
    backend._trained = loaded(champion)._trained
    assert np.isfinite(fit(tmp_path, backend, epochs=1, tune="all").epochs[0]["loss"])


def test_that_tuning_the_head_changes_the_last_layer_alone(champion, tmp_path):
    backend = loaded(champion)
    before = {variable.path: np.array(variable) for variable in backend._trained.weights}
    report = fit(tmp_path, backend)  # auto: few labels
    changed = {path for path, was in before.items() if not np.array_equal(was, dict(_paths(backend))[path])}
    assert all("logits" in path for path in changed)
    assert len(report.epochs) >= 2
    images, is_lens = data.stamps(200, SPEC, 55)
    logits = backend.classify(images, Context())
    assert np.mean((logits[:, 1] > logits[:, 0]) == is_lens) > 0.85


def _paths(backend):
    return [(variable.path, np.array(variable)) for variable in backend._trained.weights]


def test_that_there_is_no_head_to_tune_without_a_network(tmp_path):
    with pytest.raises(UserError, match="no weights yet"):
        fit(tmp_path, model.Residual(SMALL), tune="head")


def test_that_the_head_is_fitted_as_logistic_regression_where_nothing_pulls():
    linear = pytest.importorskip("sklearn.linear_model")
    random = np.random.default_rng(0)
    features = random.normal(size=(400, 3))
    is_lens = random.random(400) < 1 / (1 + np.exp(-(features @ [1.5, -1.0, 0.3] + 0.2)))
    graded = lasthead.Graded(features, np.stack([~is_lens, is_lens], 1).astype(float), np.ones(400))
    zero = lasthead.Layer(np.zeros((3, 2)), np.zeros(2))
    free = lasthead._fit(zero, graded, 1e-9, np.ones(3))
    same = linear.LogisticRegression(C=1e9, max_iter=2000).fit(features, is_lens)
    assert np.allclose(free.kernel[:, 1] - free.kernel[:, 0], same.coef_[0], atol=2e-3)


def test_that_a_firm_pull_leaves_the_head_as_it_was():
    random = np.random.default_rng(1)
    before = lasthead.Layer(random.normal(size=(3, 2)), np.zeros(2))
    graded = lasthead.Graded(random.normal(size=(50, 3)), np.eye(2)[random.integers(0, 2, 50)], np.ones(50))
    assert np.allclose(lasthead._fit(before, graded, 1e6, np.ones(3)).kernel, before.kernel, atol=1e-4)


def test_that_the_held_stamps_keep_the_head_that_is_best_for_them():
    random = np.random.default_rng(2)
    features = random.normal(size=(60, 4))
    targets = np.eye(2)[(features[:, 0] > 0).astype(int)]
    before = lasthead.Layer(np.stack([-5 * np.eye(4)[0], 5 * np.eye(4)[0]], 1), np.zeros(2))
    upside_down = lasthead.Graded(features[:30], 1 - targets[:30], np.ones(30))
    after, _ = lasthead.tune(before, upside_down, lasthead.Graded(features[30:], targets[30:], np.ones(30)))
    assert np.array_equal(after.kernel, before.kernel), "wrong grades make it no better: it stays"
