"""A training keeps its time, ends its schedule within it, averages its weights rightly, and computes in halves what it
computes whole."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from astrolens_cnn.plugin import Training

from astrolens_gui.api import Context, InputSpec, UserError, build
from astrolens_gui.kit import budget
from astrolens_gui.testing import data

keras = pytest.importorskip("keras", reason="Keras is not installed")
training = pytest.importorskip("astrolens_cnn.training", reason="TensorFlow is not installed")
learner = pytest.importorskip("astrolens_cnn.learner", reason="TensorFlow is not installed")

SPEC = InputSpec(("r",), 0.2, 12)
HOW = Training(precision="float32", batch_size=16)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return data.training_set(tmp_path_factory.mktemp("set"), SPEC, 60)


def tiny(norm=True):
    """A network that compiles at once."""
    stamp = keras.Input((12, 12, 1))
    x = keras.layers.Conv2D(4, 3, strides=2, activation="relu", name="first")(stamp)
    x = keras.layers.BatchNormalization(momentum=0.9, name="norm")(x) if norm else x
    features = keras.layers.Flatten(name="features")(x)
    return keras.Model(stamp, {"logits": keras.layers.Dense(2, name="logits")(features), "features": features})


def test_that_a_training_ends_with_its_time_and_says_how_often_it_saw_the_stamps(made, monkeypatch):
    now = [0.0]

    def clock():
        now[0] += 0.05
        return now[0]

    monkeypatch.setattr(budget, "clock", clock)
    rates = []
    monkeypatch.setattr(training, "step_size", lambda *about: rates.append(STEP_SIZE(*about)) or rates[-1])
    how = replace(HOW, epochs=500, minutes=0.2, patience=500)
    _, report = training.train(tiny, made, how, Context(seed=1))
    assert report.stopped == "the time was used up"
    assert 12.0 <= now[0] < 14.0
    assert min(rates[-3:]) < 0.02 * max(rates)
    assert report.used["minutes"] == 0.0
    assert abs(report.used["epochs"] - len(report.epochs)) <= 1
    again = build(Training, {"epochs": 500, "minutes": 0.2, **report.used})
    assert again.epochs == report.used["epochs"] < 500


STEP_SIZE = training.step_size


def test_that_without_a_limit_of_time_all_epochs_are_run(made):
    _, report = training.train(tiny, made, replace(HOW, epochs=2), Context(seed=1))
    assert (report.stopped, len(report.epochs)) == ("all epochs", 2)
    assert "epochs" not in report.used


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [("cosine", [1.0, 0.75, 0.25, 0.0]), ("constant", [1] * 4), ("steps", [1, 0.1, 0.01, 0.01])],
)
def test_that_the_step_size_falls_as_the_schedule_says(schedule, expected):
    how = replace(HOW, schedule=schedule, learning_rate=2.0)
    rates = [training.step_size(how, share, 5000, 10_000) for share in (0.0, 1 / 3 + 1e-9, 2 / 3 + 1e-9, 1.0)]
    np.testing.assert_allclose(rates, 2 * np.array(expected), atol=1e-6)


def test_that_the_cosine_starts_small():
    rates = [training.step_size(HOW, 0.0, step, 1000) for step in range(101)]
    assert rates == sorted(rates)
    assert rates[0] < 0.02 * rates[-1]


@pytest.mark.parametrize("how", ["adamw", "adam", "sgd"])
def test_that_every_optimiser_lowers_the_loss(made, how):
    how = replace(HOW, optimizer=how, learning_rate=1e-2, epochs=3)
    _, report = training.train(tiny, made, how, Context(seed=1))
    assert report.epochs[-1]["loss"] < report.epochs[0]["loss"]


def batch(seed):
    random = np.random.default_rng(seed)
    images = random.normal(0, 1, (32, 12, 12, 1)).astype(np.float32)
    return images, np.eye(2, dtype=np.float32)[random.integers(0, 2, 32)]


def test_that_the_weights_that_answer_are_the_running_mean_statistics_included():
    keras.utils.set_random_seed(1)
    learns = learner.Learner(tiny, replace(HOW, ema=0.5, batch_size=32))
    expected = [np.asarray(each) for each in learner.weights(learns.live)]
    assert len(expected) == 8
    for number in range(4):
        learns.step(*batch(number), 1e-2, number)
        keep = min(0.5, (1 + number) / (10 + number))
        now = [np.asarray(each) for each in learner.weights(learns.live)]
        expected = [keep * old + (1 - keep) * new for old, new in zip(expected, now, strict=True)]
    for mean, by_hand in zip(learner.weights(learns.averaged), expected, strict=True):
        np.testing.assert_allclose(np.asarray(mean), by_hand, rtol=1e-4, atol=1e-6)
    assert not np.allclose(np.asarray(learns.live.get_layer("norm").moving_mean), expected[4])


def test_that_two_halves_learn_what_the_whole_batch_learns():
    ends = []
    for halves in (1, 2):
        keras.utils.set_random_seed(2)
        learns = learner.Learner(lambda: tiny(norm=False), replace(HOW, ema=0.0, batch_size=32), halves)
        assert learns.halves == halves
        told = [learns.step(*batch(number), 1e-2, number) for number in range(3)]
        ends.append([np.asarray(each) for each in learner.weights(learns.live)] + [np.asarray(told)])
    for one, two in zip(*ends, strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-5)


def test_that_the_loss_is_the_smoothed_cross_entropy():
    keras.utils.set_random_seed(3)
    learns = learner.Learner(tiny, replace(HOW, ema=0.0, batch_size=32, label_smoothing=0.1))
    images, targets = batch(0)
    logits = learns.live(images, training=False)["logits"]
    total, right, count = (float(each) for each in learns.judge(images, targets, np.ones(32, np.float32)))
    theirs = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1)(targets, logits)
    assert total / count == pytest.approx(float(theirs), rel=1e-4)
    assert right == np.sum(np.argmax(targets, 1) == np.argmax(logits, 1))


def test_that_a_loss_that_is_no_number_is_one_sentence(made):
    how = replace(HOW, optimizer="sgd", learning_rate=0.1, epochs=3)

    def exploding():
        network = tiny(norm=False)
        network.get_layer("logits").set_weights([np.full((100, 2), np.inf, np.float32), np.zeros(2, np.float32)])
        return network

    with pytest.raises(UserError, match=r"in epoch 1; lower learning_rate, which is 0\.1"):
        training.train(exploding, made, how, Context(seed=1))
