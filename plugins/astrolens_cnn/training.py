"""How a network of this package learns: batches, augmentation, step size, stopping; knows arrays and Keras, no
network."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, TrainingSet

FEWEST_STEPS = 8
"""Steps an epoch at least, so that twenty labels are seen in enough augmented versions."""
FEWEST_TO_STOP = 10
"""Validation stamps a class below which the validation loss is too noisy to stop by."""

Build = Callable[[], keras.Model]
"""Makes the untrained network: input (size, size, bands), outputs {"logits", "features"}."""


def train(build: Build, data: TrainingSet, how: Any, ctx: Context) -> tuple[keras.Model, FitReport]:
    """The trained network and what is told of it; `how` is a `plugin.Training`."""
    classes = len(data.classes)
    policy = kit.fast_dtype(ctx.device) if how.precision == "auto" else how.precision
    with kit.device_scope(ctx), kit.deterministic(ctx.seed):
        with kit.dtype_scope(policy):
            trained = build()
        train = Batches(data, "train", how.batch_size, ctx.seed, how.augment)
        validation = Batches(data, "validation", 256, ctx.seed)
        classifier = keras.Model(trained.input, trained.output["logits"])
        classifier.compile(
            keras.optimizers.AdamW(how.learning_rate, weight_decay=how.weight_decay, clipnorm=1.0),
            keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=how.label_smoothing),
            weighted_metrics=["accuracy"],
            jit_compile=False,  # slower than oneDNN on a CPU
        )
        progress = kit.keras_progress(ctx, how.epochs)
        callbacks = [progress, Cosine(how.learning_rate, how.epochs * len(train))]
        held = np.asarray(data.targets[validation.rows]).sum(axis=0) if len(validation.rows) else np.zeros(classes)
        if held.min() >= FEWEST_TO_STOP:
            callbacks.append(
                keras.callbacks.EarlyStopping("val_loss", patience=how.patience, restore_best_weights=True)
            )
        classifier.fit(
            train,
            validation_data=validation if len(validation.rows) else None,
            epochs=how.epochs,
            callbacks=callbacks,
            shuffle=False,
            verbose=0,
        )
    ended = "all epochs" if len(progress.history) == how.epochs else "early stopping"
    return trained, FitReport(tuple(progress.history), ended, used={"precision": policy})


class Batches(keras.utils.PyDataset):
    """Rows of a training set as Keras takes them: augmented and drawn by weight for training, as they are for
    validation."""

    def __init__(self, data: TrainingSet, split: str, batch: int, seed: int, strength: float | None = None) -> None:
        super().__init__()
        self.images, self.targets, self.weights = data.images, data.targets, data.weights
        self.rows, self.batch, self.seed, self.strength = data.indices(split), batch, seed, strength  # type: ignore[arg-type]
        self.epoch = 0
        self._draw()

    def _draw(self) -> None:
        self.order = self.rows
        if self.strength is not None:
            steps = max(-(-len(self.rows) // self.batch), FEWEST_STEPS)
            random = np.random.default_rng((self.seed, self.epoch))
            self.order = self.rows[kit.weighted_rows(self.weights[self.rows], steps * self.batch, random)]

    def on_epoch_end(self) -> None:
        self.epoch += 1
        self._draw()

    def __len__(self) -> int:
        return -(-len(self.order) // self.batch)

    def __getitem__(self, step: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows = self.order[step * self.batch : (step + 1) * self.batch]
        images, targets = np.asarray(self.images[rows]), np.asarray(self.targets[rows])
        if self.strength is None:
            return images, targets, np.asarray(self.weights[rows])
        random = np.random.default_rng((self.seed, self.epoch, step))
        much = {"shift": 0.06 * self.strength, "contrast": 0.2 * self.strength, "noise": 0.3 * self.strength}
        return kit.jitter(images, random, **much), targets, np.ones(len(rows), np.float32)


class Cosine(keras.callbacks.Callback):
    """The step size: up to its peak in the first tenth, then down to 0 as a cosine.

    Keras's own schedule would be traced once a variable, which alone takes longer than the epochs of a small set.
    """

    def __init__(self, peak: float, steps: int) -> None:
        super().__init__()
        self.peak, self.steps, self.step = peak, steps, 0

    def on_train_batch_begin(self, batch, logs=None):
        rise = min(1.0, (self.step + 1) / (min(100, self.steps // 10) + 1))
        fall = (1 + math.cos(math.pi * self.step / self.steps)) / 2
        self.model.optimizer.learning_rate = self.peak * rise * fall
        self.step += 1
