"""The published networks: their counts of weights, the stamps they take, two outputs that rest at inference, and that
those which learn in a moment learn."""

from __future__ import annotations

import gc
import importlib
from dataclasses import replace

import numpy as np
import pytest
from astrolens_cnn.plugin import NETWORKS, Training

from astrolens_gui.api import Context, InputSpec, UserError, build
from astrolens_gui.core.plugins import create
from astrolens_gui.testing import data

keras = pytest.importorskip("keras", reason="Keras is not installed")
pytest.importorskip("tensorflow", reason="TensorFlow is not installed")

PUBLISHED = [
    ("lenet", (28, 28, 1), 10, {}, 1_087_106, 0),
    ("alexnet", (227, 227, 3), 1000, {}, 62_378_344, 0),
    ("vgg", (101, 101, 3), 2, {}, 50_382_658, 0),
    ("inception", (299, 299, 3), 1000, {}, 23_851_784, 34_432),
    ("resnet", (224, 224, 3), 2, {}, 23_591_810, 53_120),
    ("deeplens", (101, 101, 1), 1, {}, 3_519_489, 10_944),
    ("deeplens", (101, 101, 3), 1, {}, 3_522_625, 10_944),
    ("deeplens", (101, 101, 4), 1, {}, 3_524_193, 10_944),
    ("lensdetectnet", (101, 101, 3), 2, {}, 49_714_696, 2_688),
    ("lastro", (101, 101, 1), 1, {}, 5_674_145 + 2_528, 2_528),
    ("lastro", (101, 101, 4), 1, {"scaled": False}, 5_677_217, 2_528),
]
"""File, shape, classes (1: the published sigmoid unit), parameters, weights in all, and those that are not learnt."""

PLAIN = {spec.id: spec for spec in NETWORKS if spec.id not in {"cnn", "voting"} and hasattr(spec, "factory")}
SMALLEST = {
    "perceptron": 1,
    "mlp": 1,
    "lenet": 16,
    "alexnet": 67,
    "vgg": 32,
    "inception": 75,
    "resnet": 16,
    "deeplens": 16,
    "lensdetectnet": 53,
    "lastro": 62,
    "astromatic": 16,
    "gamoclass": 27,
    "kapteyn": 16,
    "swinburne": 27,
}

LARGE = {"vgg", "alexnet", "inception", "resnet", "lensdetectnet"}
"""Asked only once and with weights of 0, to keep the tests short."""


def module(name: str):
    return importlib.import_module(f"astrolens_cnn.networks.{name}")


@pytest.fixture(autouse=True)
def no_network_stays():
    yield
    gc.collect()


@pytest.fixture
def quick_weights(monkeypatch):
    """Networks whose weights are only counted get zeros, which take no time to draw."""
    monkeypatch.setattr(
        keras.initializers.GlorotUniform, "__call__", lambda self, shape, dtype=None: np.zeros(shape, "f")
    )
    monkeypatch.setattr(keras.initializers.HeNormal, "__call__", lambda self, shape, dtype=None: np.zeros(shape, "f"))


@pytest.mark.parametrize(("name", "shape", "classes", "how", "total", "fixed"), PUBLISHED)
def test_that_a_network_has_the_published_weights(quick_weights, name, shape, classes, how, total, fixed):
    network = module(name).network(shape, classes, **how)
    assert network.count_params() == total
    assert sum(int(np.prod(weight.shape)) for weight in network.non_trainable_weights) == fixed


def test_that_our_head_has_one_more_weight_a_feature_than_the_published_sigmoid_unit(quick_weights):
    counts = [module("gamoclass").network((32, 32, 1), classes).count_params() for classes in (1, 2)]
    assert counts[1] - counts[0] == 128 + 1


@pytest.mark.parametrize("name", SMALLEST)
def test_that_a_network_takes_its_smallest_stamps_and_rests_at_inference(name, request):
    if name in LARGE:
        request.getfixturevalue("quick_weights")
    size = SMALLEST[name]
    network = create(PLAIN[name].factory, build(PLAIN[name].params)).network((size, size, 2), 2)
    stamps = np.random.default_rng(1).normal(0, 1, (2, size, size, 2)).astype(np.float32)
    once = network(stamps, training=False)
    first = once if name in LARGE else network(stamps[:1], training=False)
    for output in ("logits", "features"):
        values = np.asarray(once[output])
        assert values.dtype == np.float32
        assert values.ndim == 2
        assert np.isfinite(values).all()
        scale = max(1.0, float(np.abs(values).max()))
        # One by one as together, so neither a mean over the batch nor dropout.
        np.testing.assert_allclose(np.asarray(first[output])[:1], values[:1], atol=1e-3 * scale)
    assert once["logits"].shape == (2, 2)
    paths = [weight.path for weight in network.weights]
    assert len(set(paths)) == len(paths)
    for layer in network.layers:  # TensorFlow 2.21 corrupts the heap when it trains one of these
        if isinstance(layer, keras.layers.Conv2D) and layer.kernel_size == (1, 1):
            assert layer.strides == (1, 1), layer.name
    if name not in {"perceptron", "mlp"}:
        assert len(network.get_layer("maps").output.shape) == 4


@pytest.mark.parametrize("name", [name for name, size in SMALLEST.items() if size > 1])
def test_that_smaller_stamps_are_refused_in_a_sentence(name):
    size = SMALLEST[name] - 1
    with pytest.raises(UserError, match=f"at least {size + 1} pixels a side and these have {size};"):
        module(name).network((size, size, 1), 2)


@pytest.mark.parametrize("size", [5, 6, 101])
def test_that_taking_every_second_pixel_first_is_the_convolution_with_stride(size):
    maps = np.random.default_rng(0).normal(size=(2, size, size, 3)).astype(np.float32)
    strided = keras.layers.Conv2D(4, 1, strides=2, padding="same")
    plain = keras.layers.Conv2D(4, 1)
    expected = strided(maps)
    plain.build(maps.shape)
    plain.set_weights(strided.get_weights())
    found = plain(keras.layers.MaxPooling2D(1, strides=2)(maps))
    np.testing.assert_allclose(np.asarray(found), np.asarray(expected), atol=1e-6)


def test_that_the_perceptrons_log_odds_are_its_activation():
    network = module("perceptron").network((4, 4, 1), 2)
    network.set_weights([np.arange(16.0)[:, None], np.array([0.5])])
    answer = network(np.full((1, 4, 4, 1), 0.1, np.float32))
    logits = np.asarray(answer["logits"])[0]
    assert logits[1] - logits[0] == pytest.approx(12.5)
    assert np.asarray(answer["features"]).item() == pytest.approx(12.5)
    assert module("perceptron").network((4, 4, 1), 3)(np.zeros((1, 4, 4, 1)))["logits"].shape == (1, 3)


def test_that_lastros_rectifier_keeps_mean_and_variance():
    x = np.random.default_rng(0).normal(size=(1, 400_000)).astype(np.float32)
    out = np.asarray(module("lastro").rectified(x))
    assert abs(out.mean()) < 0.01
    assert out.var() == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("spec", PLAIN.values(), ids=PLAIN)
def test_that_each_row_of_the_table_holds(quick_weights, spec):
    """Weights as told, for one band at the largest size; a paper; recipes that can be trained by time."""
    size = spec.input.size
    assert spec.input.normalisation == "asinh_noise"
    assert f"stamps of {SMALLEST[spec.id]} to {size} px" in spec.doc
    assert spec.group in {"challenge", "textbook"}
    assert any(char.isdigit() for char in spec.doc.split("\n\n")[0]) or spec.id == "lensdetectnet"
    how = build(spec.fit_params)
    assert isinstance(how, Training)
    assert how.minutes == 0
    count = create(spec.factory, build(spec.params)).network((size, size, 1), 2).count_params()
    told = spec.doc.rsplit("\n\n", 1)[1].split(" weights")[0].replace(",", "")
    number = float(told.split()[0]) * (1e6 if "million" in told else 1)
    assert count == pytest.approx(number, rel=0.02)


@pytest.mark.parametrize(
    ("name", "values", "epochs"),
    [("perceptron", {}, 4), ("mlp", {"hidden": 16}, 3), ("gamoclass", {}, 4)],
)
def test_that_small_networks_learn_rings(tmp_path, name, values, epochs):
    spec = InputSpec(("r",), 0.2, 27)
    backend = create(PLAIN[name].factory, build(PLAIN[name].params, values))
    how = replace(build(PLAIN[name].fit_params), epochs=epochs, batch_size=16)
    report = backend.fit(data.training_set(tmp_path, spec), how, Context(seed=2))
    assert report.epochs[-1]["loss"] < report.epochs[0]["loss"]
    images, is_lens = data.stamps(100, spec, 9)
    logits = backend.classify(images, Context())
    margin = logits[:, 1] - logits[:, 0]
    assert np.mean(margin[is_lens][:, None] > margin[~is_lens][None]) > 0.9
