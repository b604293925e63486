"""What every network of this package is to the program: a backend that classifies, embeds, learns, saves and loads;
knows no layer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, TrainingSet, UserError

from . import explaining, lasthead, symmetry, training

WEIGHTS = "weights.safetensors"
SHAPES = (16, 256)
"""Views of stamps a compiled call: a batch is cut into the large one, its rest padded to the smallest that holds it."""
MANY_LABELS = 2000
"""Stamps to train on below which "auto" tunes the last layer alone: from 80 to 1,000 labels that was never worse than
the champion, and all layers were."""
MOST_VALUES = 1 << 20
"""Of a stamp, bands included: a weights file that claims more is refused before a network of its size is built."""


class Classifier:
    """A backend around one Keras network: a subclass says which (`network`), all else is here."""

    def __init__(self, params: Any) -> None:
        self.params = params
        self._trained: keras.Model | None = None
        self._own: lasthead.Layer | None = None  # the last layer as the network learnt it, where it was tuned since
        self._answer: Any = None

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        """The untrained network: (size, size, bands) → {"logits": (classes,), "features": (D,)}, both float32; every
        layer with weights has a name of its own."""
        raise NotImplementedError

    def answering(self, trained: keras.Model) -> keras.Model:
        """The network that gives the answers: the trained one in float32."""
        with kit.dtype_scope("float32"):
            same = self.network(trained.input_shape[1:], trained.output["logits"].shape[-1])
        same.set_weights([np.asarray(variable) for variable in trained.weights])
        return same

    def fit(self, data: TrainingSet, fit_params: Any, ctx: Context) -> FitReport:
        """After `load` it goes on from the loaded weights; `fit_params.tune` says what of them may change."""
        shape, classes = data.input.shape, len(data.classes)
        few = self._trained is not None and len(data.indices("train")) < MANY_LABELS
        if fit_params.tune == "head" or (fit_params.tune == "auto" and few and self._fits(data) and self._has_head()):
            return self._tune_head(data, ctx)
        trained, report = training.train(lambda: self.network(shape, classes), data, fit_params, ctx, self._trained)
        self._take(trained)
        return report

    def _fits(self, data: TrainingSet) -> bool:
        """Whether the loaded network takes these stamps and tells these classes apart."""
        trained = self._known()
        return trained.input_shape[1:] == data.input.shape and trained.output["logits"].shape[-1] == len(data.classes)

    def _has_head(self) -> bool:
        """Whether the logits are a layer of weights over the features: a perceptron's and a committee's are not."""
        return len(self._known().get_layer("logits").weights) == 2

    def _tune_head(self, data: TrainingSet, ctx: Context) -> FitReport:
        """Fit the last layer anew to the features that the loaded network gives; the stamps to watch are learnt from too,
        for nothing is stopped in time."""
        trained = self._known()
        if not self._fits(data):
            raise UserError("the last layer alone can be tuned where input and classes stay; train the whole network")
        if not self._has_head():
            raise UserError("this network has no last layer over its features to tune alone; train the whole network")
        rows = np.concatenate([data.indices("train"), data.indices("validation")])
        features = self.embed(np.asarray(data.images[rows]), ctx.part(0.0, 0.8))
        graded = lasthead.Graded(
            features, np.asarray(data.targets[rows], np.float64), np.asarray(data.weights[rows], np.float64)
        )
        own = self._own or _last_layer(trained)
        tuned = lasthead.tune(own, graded)
        ctx.progress(1.0, "last layer tuned", loss=graded.loss(tuned.layer))
        last = (tuned.layer.kernel.astype(np.float32), tuned.layer.bias.astype(np.float32))
        trained.get_layer("logits").set_weights(last)
        self._take(trained, own)
        epochs = tuple(
            {"loss": graded.loss(one.layer), "pull": one.pull, "slips": one.slips, "evidence": one.evidence}
            for one in tuned.fits
        )
        told = f"the last layer is tuned at once; it takes {tuned.slips:.1%} of the grades for slips"
        return FitReport(epochs, told, used={"precision": "float32"})

    def classify(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        return self._run(batch, ctx)["logits"]

    def embed(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        return self._run(batch, ctx)["features"]

    def explain(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        return explaining.of(self).maps(batch, ctx)

    def gradient(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        return explaining.of(self).gradient(batch, ctx)

    def save(self, folder: Path) -> None:
        trained = self._known()
        about = {"shape": json.dumps(trained.input_shape[1:]), "classes": str(trained.output["logits"].shape[-1])}
        kit.save_keras(trained, Path(folder) / WEIGHTS, about)
        if self._own is not None:
            self._own.save(folder)

    def load(self, folder: Path) -> None:
        path = Path(folder) / WEIGHTS
        _, about = kit.read_header(path)
        try:
            size, width, bands = (int(number) for number in json.loads(about["shape"]))
            classes = int(about["classes"])
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
            raise UserError(f"{path}: these weights do not say which network they are for") from None
        sound = 8 <= size == width <= 256 and 1 <= bands <= 64 and size * size * bands <= MOST_VALUES
        if not (sound and 2 <= classes <= 1000):
            raise UserError(f"{path}: no network takes {size} x {width} pixels, {bands} bands and {classes} classes")
        try:
            trained = self.network((size, size, bands), classes)
        except (ValueError, TypeError, ArithmeticError):  # Keras, of maps that come out empty
            raise UserError(
                f"{path}: this network takes no stamps of {size} pixels and {bands} bands; train or import again"
            ) from None
        kit.load_keras(trained, path)
        self._take(trained, lasthead.Layer.load(folder, (trained.output["features"].shape[-1], classes)))

    def _known(self) -> keras.Model:
        if self._trained is None:
            raise UserError("this network has no weights yet; train it or load a model")
        return self._trained

    def members(self, answering: keras.Model) -> list[keras.Model]:
        """The networks that stand side by side in the one that answers, each to its features: one, but in a committee."""
        return [answering]

    @property
    def features(self) -> int:
        """How many numbers `embed` gives a stamp."""
        return int(self._known().output["features"].shape[-1])

    def symmetric(self, network: Any) -> symmetry.Answer:
        """What `classify` says where `network` answers for one stamp: the mean over the views that the parameters ask
        for."""
        return symmetry.averaged(lambda stamps: network(stamps, training=False), self._views)

    @property
    def _views(self) -> int:
        count = int(getattr(self.params, "symmetries", 1))
        if count not in (1, 2, 4, 8):
            raise UserError(f"symmetries must be 1, 2, 4 or 8, not {count}")
        return count

    def _take(self, trained: keras.Model, own: lasthead.Layer | None = None) -> None:
        """Make a network the one that answers, compiled once for each of `SHAPES`; `own` was its last layer before it was
        tuned."""
        self._trained, self._own = trained, own
        self._answer = tf.function(self.symmetric(self.answering(trained)), jit_compile=False)

    def _run(self, batch: np.ndarray, ctx: Context) -> dict[str, np.ndarray]:
        shape = self._known().input_shape[1:]
        batch = np.asarray(batch, np.float32)
        if batch.shape[1:] != shape:
            raise UserError(f"this network takes stamps of shape {shape}, not {batch.shape[1:]}")
        outputs: dict[str, list[np.ndarray]] = {"logits": [], "features": []}
        with kit.device_scope(ctx):
            start = 0
            shapes = [shape // self._views for shape in SHAPES]
            while start < len(batch):
                size = next((shape for shape in shapes if shape >= len(batch) - start), shapes[-1])
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


def _last_layer(trained: keras.Model) -> lasthead.Layer:
    kernel, bias = (np.asarray(each, np.float64) for each in trained.get_layer("logits").weights)
    return lasthead.Layer(kernel, bias)
