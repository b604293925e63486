"""Images that nobody graded: seen in two strengths, weighed in slowly, and not at all where nothing asks for them."""

from __future__ import annotations

import numpy as np
import pytest
from astrolens_cnn.plugin import Network, Training
from astrolens_cnn.settings import Training as Settings

from astrolens_gui.api import Context, InputSpec, TrainingSet, build
from astrolens_gui.testing import data

pytest.importorskip("keras", reason="Keras is not installed")
model = pytest.importorskip("astrolens_cnn.networks.residual", reason="TensorFlow is not installed")
batches = pytest.importorskip("astrolens_cnn.batches")
learner = pytest.importorskip("astrolens_cnn.learner")

SPEC = InputSpec(("r",), 0.2, 26)
SMALL = Network(width=4, symmetries="1")


def made_set(folder, unlabelled=100):
    made = data.training_set(folder, SPEC, 48)
    if unlabelled:
        np.save(folder / "unlabelled.npy", data.stamps(unlabelled, SPEC, 9)[0])
    return TrainingSet.open(made.folder)


def weights(folder, much, unlabelled=100):
    backend = model.Residual(SMALL)
    how = {"precision": "float32", "epochs": 2, "unlabelled": much}
    report = backend.fit(made_set(folder, unlabelled), build(Training, how), Context(seed=3))
    return [np.array(each) for each in backend._trained.weights], report


def test_that_two_views_of_the_same_stamps_come_from_the_seed(tmp_path):
    made = batches.Batches(made_set(tmp_path), "train", 8, 5, 1.0, unlabelled=True)
    made.draw(2)
    weak, strong = made.pair(1)
    assert weak.shape == strong.shape == (16, 26, 26, 1)
    assert np.abs(strong - weak).mean() > 0.1
    np.testing.assert_array_equal(made.pair(1)[1], strong)
    assert not np.array_equal(made.pair(0)[1], strong)
    assert batches.Batches(made_set(tmp_path), "train", 8, 5, 1.0).pair(1) is None
    assert batches.Batches(made_set(tmp_path / "none", 0), "train", 8, 5, 1.0, unlabelled=True).pair(1) is None


def test_that_a_set_with_ungraded_images_is_learnt_as_before_where_their_weight_is_0(tmp_path):
    (plain, _), (beside, _) = weights(tmp_path / "a", 0.0, 0), weights(tmp_path / "b", 0.0)
    for one, other in zip(plain, beside, strict=True):
        np.testing.assert_array_equal(one, other)


def test_that_they_change_what_is_learnt_the_same_way_each_time(tmp_path):
    (plain, _), (first, _), (again, report) = (
        weights(tmp_path / name, much) for name, much in zip("abc", (0, 1, 1), strict=True)
    )
    assert any(not np.allclose(one, other) for one, other in zip(plain, first, strict=True))
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    assert np.isfinite([epoch["loss"] for epoch in report.epochs]).all()


def test_that_the_network_is_drawn_to_what_the_mean_of_its_weights_says():
    """With a labelled loss of no weight the answers to the strong view move towards the teacher's to the weak one."""
    random = np.random.default_rng(1)
    how = build(Settings, {"batch_size": 8, "weight_decay": 0.0, "label_smoothing": 0.0, "ema": 0.999})
    made = learner.Learner(lambda: model.network((26, 26, 1), 2, SMALL), how)
    for mean in made.averaged.trainable_variables:  # a teacher with an opinion of its own
        mean.assign(mean + random.normal(0, 0.3, mean.shape))
    images = random.normal(size=(8, 26, 26, 1)).astype(np.float32)
    views = random.normal(size=(2, 16, 26, 26, 1)).astype(np.float32)

    def softmax(logits):
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return raised / raised.sum(axis=1, keepdims=True)

    taught = softmax(np.asarray(made.averaged(views[0], training=False)["logits"]))

    def apart():
        logits = np.asarray(made.live(np.concatenate([images, views[1]]), training=True)["logits"])[8:]
        return float(-(taught * np.log(softmax(logits))).sum(axis=1).mean())

    before = apart()
    own = softmax(np.asarray(made.live(images, training=False)["logits"]))
    for number in range(15):
        made.step(images, own.astype(np.float32), 3e-3, 10_000 + number, (views[0], views[1]), 10.0)
    assert apart() < 0.8 * before
