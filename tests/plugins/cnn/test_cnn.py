"""The residual classifier: what it computes, that it learns, that it comes back, that it stays within its input."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
from astrolens_cnn.plugin import CNN, Network, Training

from astrolens_gui import kit
from astrolens_gui.api import Cancelled, Context, InputSpec, TrainingSet, build
from astrolens_gui.testing import data

keras = pytest.importorskip("keras", reason="Keras is not installed")
model = pytest.importorskip("astrolens_cnn.networks.residual", reason="TensorFlow is not installed")
batches = pytest.importorskip("astrolens_cnn.batches", reason="TensorFlow is not installed")

SMALL = Network(width=8, symmetries="1")
SPEC = InputSpec(("r", "i"), 0.2, 26)


def fit(folder, spec=SPEC, count=120, params=SMALL, seed=3, ctx=None, **how):
    made = data.training_set(folder, spec, count)
    backend = model.Residual(params)
    report = backend.fit(made, build(Training, {"epochs": 5, "patience": 5, **how}), ctx or Context(seed=seed))
    return backend, report


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    return fit(tmp_path_factory.mktemp("cnn"))


@pytest.fixture(scope="module")
def stamps():
    return data.stamps(300, SPEC, 77)


def test_that_it_learns_rings_from_small_stamps(fitted, stamps):
    images, is_lens = stamps
    logits = fitted[0].classify(images, Context())
    assert logits.dtype == np.float32
    assert logits.shape == (300, 2)
    assert np.mean((logits[:, 1] > logits[:, 0]) == is_lens) > 0.9
    losses = [epoch["loss"] for epoch in fitted[1].epochs]
    assert losses[-1] < losses[0]


def test_that_the_report_names_the_number_format_it_was_trained_in(fitted):
    """ "auto" means another thing on another machine: the model keeps what it was here."""
    [precision] = fitted[1].used.values()
    assert precision == fitted[0]._trained.get_layer("stem").dtype_policy.name
    assert build(Training, fitted[1].used).precision == precision != "auto"


def test_that_folding_the_normalisation_changes_no_answer(fitted, stamps):
    images, _ = stamps
    backend = fitted[0]
    slow = model.network((26, 26, 2), 2, SMALL)
    slow.set_weights([np.asarray(weight) for weight in backend._trained.weights])
    expected = np.asarray(slow(images[:64], training=False)["logits"])
    np.testing.assert_allclose(backend.classify(images[:64], Context()), expected, atol=1e-4)


@pytest.mark.parametrize("count", [1, 15, 17, 257, 300])
def test_that_the_size_of_a_batch_does_not_matter(fitted, stamps, count):
    images, _ = stamps
    whole = fitted[0].classify(images, Context())
    np.testing.assert_allclose(fitted[0].classify(images[:count], Context()), whole[:count], atol=1e-4)
    np.testing.assert_allclose(
        fitted[0].classify(images[count - 1 : count], Context()), whole[count - 1 : count], atol=1e-4
    )


def test_that_no_stamp_gives_no_answer(fitted):
    assert fitted[0].classify(np.zeros((0, 26, 26, 2), np.float32), Context()).shape == (0, 2)


def test_that_embeddings_are_the_features_before_the_logits(fitted, stamps):
    backend, images = fitted[0], stamps[0][:10]
    features = backend.embed(images, Context())
    assert features.shape == (10, 8 * SMALL.width)
    kernel, bias = (np.asarray(weight) for weight in backend._trained.get_layer("logits").weights)
    np.testing.assert_allclose(features @ kernel + bias, backend.classify(images, Context()), atol=1e-4)


def test_that_a_saved_model_answers_the_same(fitted, stamps, tmp_path):
    fitted[0].save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["weights.safetensors"]
    again = model.Residual(SMALL)
    again.load(tmp_path)
    np.testing.assert_array_equal(again.classify(stamps[0], Context()), fitted[0].classify(stamps[0], Context()))


def test_that_weights_saved_by_the_first_version_fit_still(fitted, tmp_path):
    """Names and shapes of the variables are the format of every model folder out there; change them and old folders must
    say, in their header, which structure they hold."""
    backend = model.Residual(Network())
    backend._take(model.network((50, 50, 1), 2, backend.params))
    backend.save(tmp_path)
    shapes, about = kit.read_header(tmp_path / "weights.safetensors")
    listed = json.dumps(sorted((name, list(shape)) for name, shape in shapes.items()))
    assert hashlib.sha256(listed.encode()).hexdigest()[:16] == "65fbfc776f19164b"
    assert about == {"shape": "[50, 50, 1]", "classes": "2"}


def test_that_weights_of_another_width_are_refused(fitted, tmp_path):
    fitted[0].save(tmp_path)
    with pytest.raises(ValueError, match="do not fit the network"):
        model.Residual(Network(width=16)).load(tmp_path)


@pytest.mark.parametrize("shape", [[26, 26, 10**9], [10**6, 10**6, 1], [256, 256, 64], [26], "x", [26, 20, 1]])
def test_that_a_bomb_of_a_shape_is_refused_before_a_network_is_built(tmp_path, shape):
    from safetensors.numpy import save_file

    about = {"shape": json.dumps(shape), "classes": "2"}
    save_file({"stem/kernel": np.zeros(1, np.float32)}, tmp_path / "weights.safetensors", metadata=about)
    with pytest.raises(ValueError, match=r"weights\.safetensors"):
        model.Residual(SMALL).load(tmp_path)


def test_that_stamps_of_another_shape_are_refused(fitted):
    with pytest.raises(ValueError, match=r"takes stamps of shape \(26, 26, 2\)"):
        fitted[0].classify(np.zeros((1, 30, 30, 2), np.float32), Context())


def test_that_an_untrained_network_says_so():
    with pytest.raises(ValueError, match="no weights yet"):
        model.Residual(SMALL).classify(np.zeros((1, 26, 26, 2), np.float32), Context())


def test_that_the_same_seed_gives_the_same_weights(fitted, tmp_path):
    again, _ = fit(tmp_path)
    for one, two in zip(fitted[0]._trained.weights, again._trained.weights, strict=True):
        np.testing.assert_array_equal(one.numpy(), two.numpy())


def test_that_five_lenses_among_many_are_learnt(tmp_path):
    made = data.training_set(tmp_path, SPEC, 200)
    lenses = np.flatnonzero(np.asarray(made.targets)[:, 1] == 1)
    keep = np.sort(np.r_[lenses[:5], np.flatnonzero(np.asarray(made.targets)[:, 1] == 0)])
    images, targets = np.asarray(made.images)[keep], np.asarray(made.targets)[keep]
    np.save(tmp_path / "images.npy", images)
    np.save(tmp_path / "targets.npy", targets)
    np.save(tmp_path / "weights.npy", np.where(targets[:, 1] == 1, 10.5, 0.525).astype(np.float32))
    np.save(tmp_path / "split.npy", np.zeros(len(keep), np.int8))
    backend = model.Residual(SMALL)
    report = backend.fit(TrainingSet.open(tmp_path), build(Training, {"epochs": 8}), Context(seed=1))
    assert report.stopped == "all epochs"
    fresh, is_lens = data.stamps(200, SPEC, 5)
    logits = backend.classify(fresh, Context())
    margin = logits[:, 1] - logits[:, 0]
    assert np.mean(margin[is_lens][:, None] > margin[~is_lens][None]) > 0.9


@pytest.mark.parametrize("size", [16, 33, 64])
def test_that_one_band_and_any_size_fit_the_same_code(size, tmp_path):
    backend, again = model.Residual(SMALL), model.Residual(SMALL)
    backend._take(model.network((size, size, 1), 2, SMALL))
    backend.save(tmp_path)
    again.load(tmp_path)
    stamps = np.random.default_rng(0).normal(0, 1, (3, size, size, 1)).astype(np.float32)
    np.testing.assert_array_equal(again.classify(stamps, Context()), backend.classify(stamps, Context()))


def test_that_another_seed_draws_other_stamps_and_the_same_seed_the_same(tmp_path):
    made = data.training_set(tmp_path, SPEC, 60)
    first, same, other = (batches.Batches(made, "train", 16, seed, 1.0) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first[3][0], same[3][0])
    assert not np.array_equal(first[3][0], other[3][0])
    first.draw(1)
    assert not np.array_equal(first[3][0], same[3][0])


def test_that_early_stopping_says_so_and_keeps_the_best(tmp_path):
    # Labels without meaning: the validation loss rises soon.
    made = data.training_set(tmp_path, SPEC, 120)
    targets = np.eye(2, dtype=np.float32)[np.random.default_rng(0).integers(0, 2, 120)]
    np.save(tmp_path / "targets.npy", targets)
    backend = model.Residual(SMALL)
    report = backend.fit(made, build(Training, {"epochs": 40, "patience": 2, "augment": 0.0}), Context(seed=0))
    assert report.stopped == "early stopping"
    assert len(report.epochs) < 40


def test_that_a_cancelled_fit_stops(tmp_path):
    said = []
    ctx = Context(on_progress=said.append, is_cancelled=lambda: len(said) > 1)
    with pytest.raises(Cancelled):
        fit(tmp_path, ctx=ctx, epochs=500)


def test_that_bfloat16_training_learns_as_well_and_answers_in_float32(tmp_path, stamps):
    images, is_lens = stamps
    backend, _ = fit(tmp_path, precision="mixed_bfloat16")
    assert backend._trained.get_layer("stem").compute_dtype == "bfloat16"
    logits = backend.classify(images, Context())
    assert np.mean((logits[:, 1] > logits[:, 0]) == is_lens) > 0.9
    assert np.unique(logits[:, 1] - logits[:, 0]).size > 290


def test_that_no_convolution_of_one_pixel_has_a_stride():
    """TensorFlow 2.21 corrupts the heap when it trains one (DESIGN §5)."""
    for blocks in (1, 3):
        for layer in model.network((64, 64, 1), 2, Network(blocks=blocks)).layers:
            if isinstance(layer, keras.layers.Conv2D) and layer.kernel_size == (1, 1):
                assert layer.strides == (1, 1)


@pytest.mark.slow
def test_that_it_passes_the_conformance_kit(tmp_path):
    from astrolens_gui.testing.checks import check

    small = replace(CNN, input=InputSpec(size=24))
    results = list(check(small, "astrolens_cnn.plugin", tmp_path, values={"width": 4}, epochs=3))
    assert {outcome.name: outcome.detail for outcome in results if outcome.state == "failed"} == {}
    assert sum(outcome.state == "passed" for outcome in results) >= 11
