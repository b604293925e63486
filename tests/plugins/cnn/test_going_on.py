"""A loaded network goes on learning from where it was: all of it, or its last layer alone."""

from __future__ import annotations

import numpy as np
import pytest
from astrolens_cnn.plugin import Network, Training
from astrolens_cnn.settings import PerceptronTraining

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


@pytest.fixture
def perceptron(tmp_path):
    made = pytest.importorskip("astrolens_cnn.networks.perceptron").Perceptron(SMALL)
    made.fit(
        data.training_set(tmp_path / "first", SPEC, 120), build(PerceptronTraining, {"epochs": 1}), Context(seed=1)
    )
    return made


def test_that_a_network_without_a_head_goes_on_as_a_whole(perceptron, tmp_path):
    """Its logits are no layer of weights over the features."""
    again = build(PerceptronTraining, {"epochs": 2})
    report = perceptron.fit(data.training_set(tmp_path, SPEC, 120), again, Context(seed=1))
    assert report.stopped == "all epochs"
    with pytest.raises(UserError, match="no last layer over its features"):
        perceptron._tune_head(data.training_set(tmp_path / "head", SPEC, 120), Context())


def test_that_every_tuning_begins_from_what_the_network_learnt_by_itself(champion, tmp_path):
    """Tuned on some grades and then on others is tuned on the others: none counts twice, also across a saved folder."""
    once, twice = loaded(champion), loaded(champion)
    wrong = data.training_set(tmp_path / "wrong", SPEC, 60)
    turned = np.array(wrong.targets)[:, ::-1].copy()
    np.save(wrong.folder / "targets.npy", turned)
    how = build(Training, {"tune": "head"})
    twice.fit(type(wrong).open(wrong.folder), how, Context(seed=3))
    twice.save(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*.safetensors")) == [lasthead.FILE, "weights.safetensors"]
    between = loaded(tmp_path)
    images = data.stamps(50, SPEC, 5)[0]
    assert not np.allclose(between.classify(images, Context()), once.classify(images, Context()))
    for number, backend in enumerate((once, between)):
        backend.fit(data.training_set(tmp_path / str(number), SPEC, 120), how, Context(seed=3))
    np.testing.assert_array_equal(between.classify(images, Context()), once.classify(images, Context()))


def test_that_training_all_layers_makes_a_layer_of_its_own(champion, tmp_path):
    backend = loaded(champion)
    fit(tmp_path / "head", backend, tune="head")
    fit(tmp_path / "all", backend, epochs=1, tune="all")
    (tmp_path / "saved").mkdir()
    backend.save(tmp_path / "saved")
    assert not (tmp_path / "saved" / lasthead.FILE).exists()


def test_that_an_own_layer_of_another_network_is_refused(champion, tmp_path):
    backend = loaded(champion)
    backend.save(tmp_path)
    lasthead.Layer(np.zeros((3, 2)), np.zeros(2)).save(tmp_path)
    with pytest.raises(UserError, match=f"{lasthead.FILE}: this layer does not fit the network"):
        backend.load(tmp_path)
    (tmp_path / lasthead.FILE).write_bytes(b"none")
    with pytest.raises(UserError, match="cannot be read"):
        backend.load(tmp_path)
