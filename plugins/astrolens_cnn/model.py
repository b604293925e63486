"""The network, its training and its inference, top to bottom; knows Keras and arrays, no label, no file of the project.

Residual blocks of 3×3 convolutions (He et al. 2016, arXiv:1512.03385), down-sampled by pooling: a 1×1 convolution
with stride 2 corrupts the heap in TensorFlow 2.21's CPU kernels when trained in float32.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, TrainingSet, UserError

WEIGHTS = "weights.safetensors"
SHAPES = (16, 256)
"""Stamps a compiled call: a batch is cut into the large one, its rest padded to the smallest that holds it."""
FEWEST_STEPS = 8
"""Steps an epoch at least, so that twenty labels are seen in enough augmented versions."""
FEWEST_TO_STOP = 10
"""Validation stamps a class below which the validation loss is too noisy to stop by."""


def network(shape: tuple[int, int, int], classes: int, width: int, blocks: int, folded: bool = False) -> keras.Model:
    """(size, size, bands) → logits (classes,) float32 and features (8 · width,) float32.

    `folded` leaves out batch normalisation, whose scale and offset then stand in the convolutions (see `fold`).
    """

    def convolution(x: Any, filters: int, kernel: int, name: str, stride: int = 1) -> Any:
        x = layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=folded, name=name)(x)
        return x if folded else layers.BatchNormalization(momentum=0.95, name=f"{name}_norm")(x)

    inputs = keras.Input(shape, name="stamp")
    x = layers.ReLU()(convolution(inputs, width, 5, "stem", stride=2))
    for stage in range(4):
        if stage:
            x = layers.MaxPooling2D(2, padding="same")(x)
        for block in range(blocks):
            filters, name = width * 2**stage, f"stage{stage}_block{block}"
            skip = x if x.shape[-1] == filters else convolution(x, filters, 1, f"{name}_skip")
            x = layers.ReLU()(convolution(x, filters, 3, f"{name}_a"))
            x = convolution(x, filters, 3, f"{name}_b")
            x = layers.ReLU()(layers.Add()([x, skip]))
    features = layers.GlobalAveragePooling2D(dtype="float32", name="features")(x)
    logits = layers.Dense(classes, dtype="float32", name="logits")(features)
    return keras.Model(inputs, {"logits": logits, "features": features})


def fold(trained: keras.Model, folded: keras.Model) -> None:
    """Set the weights of the folded network: each convolution takes over the batch normalisation behind it."""
    for layer in folded.layers:
        if not layer.weights:
            continue
        weights = [np.asarray(variable) for variable in trained.get_layer(layer.name).weights]
        if isinstance(layer, layers.Conv2D):
            norm = trained.get_layer(f"{layer.name}_norm")
            gamma, beta, mean, variance = (np.asarray(variable) for variable in norm.weights)
            scale = gamma / np.sqrt(variance + norm.epsilon)
            weights = [weights[0] * scale, beta - mean * scale]
        layer.set_weights(weights)


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


class ResidualClassifier:
    """The backend: classify, embed, fit, save, load."""

    def __init__(self, params: Any) -> None:
        self.params = params
        self._trained: keras.Model | None = None
        self._answer: Any = None

    def fit(self, data: TrainingSet, fit_params: Any, ctx: Context) -> FitReport:
        how, classes = fit_params, len(data.classes)
        policy = kit.fast_dtype(ctx.device) if how.precision == "auto" else how.precision
        with kit.device_scope(ctx), kit.deterministic(ctx.seed):
            with kit.dtype_scope(policy):
                trained = network(data.input.shape, classes, self.params.width, self.params.blocks)
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
        self._take(trained)
        ended = "all epochs" if len(progress.history) == how.epochs else "early stopping"
        return FitReport(tuple(progress.history), ended, used={"precision": policy})

    def classify(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        return self._run(batch, ctx)["logits"]

    def embed(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        return self._run(batch, ctx)["features"]

    def save(self, folder: Path) -> None:
        trained = self._known()
        about = {"shape": json.dumps(trained.input_shape[1:]), "classes": str(trained.output["logits"].shape[-1])}
        kit.save_keras(trained, Path(folder) / WEIGHTS, about)

    def load(self, folder: Path) -> None:
        path = Path(folder) / WEIGHTS
        _, about = kit.read_header(path)
        try:
            size, width, bands = (int(number) for number in json.loads(about["shape"]))
            classes = int(about["classes"])
        except (KeyError, TypeError, ValueError):
            raise UserError(f"{path}: these weights do not say which network they are for") from None
        if not (8 <= size == width <= 1024 and 1 <= bands <= 64 and 2 <= classes <= 1000):
            raise UserError(f"{path}: no network takes {size} x {width} pixels, {bands} bands and {classes} classes")
        trained = network((size, size, bands), classes, self.params.width, self.params.blocks)
        kit.load_keras(trained, path)
        self._take(trained)

    def _known(self) -> keras.Model:
        if self._trained is None:
            raise UserError("this network has no weights yet; train it or load a model")
        return self._trained

    def _take(self, trained: keras.Model) -> None:
        """Make a network the one that answers: folded, float32, compiled once for each of `SHAPES`."""
        classes = trained.output["logits"].shape[-1]
        with kit.dtype_scope("float32"):
            folded = network(trained.input_shape[1:], classes, self.params.width, self.params.blocks, folded=True)
        fold(trained, folded)
        self._trained = trained
        self._answer = tf.function(lambda stamps: folded(stamps, training=False), jit_compile=False)

    def _run(self, batch: np.ndarray, ctx: Context) -> dict[str, np.ndarray]:
        shape = self._known().input_shape[1:]
        batch = np.asarray(batch, np.float32)
        if batch.shape[1:] != shape:
            raise UserError(f"this network takes stamps of shape {shape}, not {batch.shape[1:]}")
        outputs: dict[str, list[np.ndarray]] = {"logits": [], "features": []}
        with kit.device_scope(ctx):
            start = 0
            while start < len(batch):
                size = next((shape for shape in SHAPES if shape >= len(batch) - start), SHAPES[-1])
                part = batch[start : start + size]
                padded = np.pad(part, ((0, size - len(part)), (0, 0), (0, 0), (0, 0))) if len(part) < size else part
                answer = self._answer(tf.constant(padded))
                for name, kept in outputs.items():
                    kept.append(answer[name].numpy()[: len(part)])
                start += size
                ctx.progress(min(start / len(batch), 1.0))
        return {name: np.concatenate(kept) if kept else self._nothing(name) for name, kept in outputs.items()}

    def _nothing(self, name: str) -> np.ndarray:
        return np.zeros((0, self._known().output[name].shape[-1]), np.float32)
