"""The backend: learns boxes and masks, detects in images of any size, saves and loads; the network is in `network.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, TrainingSet, UserError
from astrolens_gui.api.answers import Detections

from . import training
from .batches import padded
from .network import Network, Shape
from .plugin import Detector
from .sources import places

WEIGHTS = "weights.safetensors"
LIMITS = {"bands": 64, "width": 64, "classes": 1000}
"""A weights file that claims more is refused before a network of its size is built."""


class Rcnn:
    """Faster R-CNN with a mask head (see the package's README)."""

    def __init__(self, params: Detector) -> None:
        self.params = params
        self._network: Network | None = None
        self._answer: Any = None

    def fit(self, data: TrainingSet, fit_params: Any, ctx: Context) -> FitReport:
        """After `load` it goes on from the loaded weights, where bands, width and classes are as many."""
        if data.kind != "boxes":
            raise UserError(f"a detector learns from boxes, not from a training set of the kind {data.kind!r}")
        shape = Shape(data.input.shape[-1], self.params.width, len(data.classes))
        trained, report = training.train(
            shape, data, self.params.proposals == "sources", fit_params, ctx, self._network
        )
        self._take(trained)
        return report

    def detect(self, batch: np.ndarray, ctx: Context) -> Detections:
        """One image after the other: what is found in one does not depend on the others."""
        self._known()
        batch = np.asarray(batch, np.float32)
        if batch.ndim != 4 or batch.shape[-1] != self._known().shape.bands:
            raise UserError(f"this detector takes images of {self._known().shape.bands} band(s), not {batch.shape}")
        own, how = self.params.proposals == "network", self.params
        least, overlap = (tf.constant(value, tf.float32) for value in (how.least_score, how.overlap))
        found: list[Detections] = []
        with kit.device_scope(ctx):
            for row, image in enumerate(batch):
                given = np.zeros((0, 4), np.float32) if own else places(image)
                parts = self._answer(tf.constant(padded(image[None])), tf.constant(given), least, overlap)
                found.append(_within(row, image.shape, *(part.numpy() for part in parts)))
                ctx.progress((row + 1) / len(batch))
        names = ("image", "boxes", "score", "label", "masks")
        empty = _within(0, batch.shape[1:], *_nothing())
        return Detections(*(np.concatenate([getattr(each, name) for each in [empty, *found]]) for name in names))

    def save(self, folder: Path) -> None:
        network = self._known()
        about = {name: str(value) for name, value in vars(network.shape).items()}
        kit.save_keras(network, Path(folder) / WEIGHTS, about)

    def load(self, folder: Path) -> None:
        path = Path(folder) / WEIGHTS
        _, about = kit.read_header(path)
        try:
            values = {name: int(about[name]) for name in LIMITS}
        except (KeyError, ValueError):
            raise UserError(f"{path}: these weights do not say which network they are for") from None
        if not all(1 <= values[name] <= most for name, most in LIMITS.items()):
            raise UserError(f"{path}: no network has {', '.join(f'{name} {value}' for name, value in values.items())}")
        with kit.dtype_scope("float32"):
            network = Network(Shape(**values))
        kit.load_keras(network, path)
        self._take(network)

    def _known(self) -> Network:
        if self._network is None:
            raise UserError("this detector has no weights yet; train it or load a model")
        return self._network

    def _take(self, trained: Network) -> None:
        """Make a network the one that answers, in float32."""
        with kit.dtype_scope("float32"):
            self._network = network = Network(trained.shape)
        for variable, value in zip(network.variables, trained.variables, strict=True):
            variable.assign(np.asarray(value))
        own = self.params.proposals == "network"
        image = tf.TensorSpec((1, None, None, trained.shape.bands), tf.float32)
        number = tf.TensorSpec((), tf.float32)
        self._answer = tf.function(
            lambda image, given, least, overlap: network.detect(image, given, least, overlap, own),
            [image, tf.TensorSpec((None, 4), tf.float32), number, number],
            jit_compile=False,
        )


def _within(row: int, shape: tuple[int, ...], boxes: Any, scores: Any, labels: Any, masks: Any) -> Detections:
    """Finds whose middle lies in the image: what stands in the padding is none."""
    inside = ((boxes[:, :2] >= -0.5) & (boxes[:, :2] < (shape[1] - 0.5, shape[0] - 0.5))).all(axis=1)
    boxes, scores, labels, masks = (each[inside] for each in (boxes, scores, labels, masks))
    return Detections(np.full(len(boxes), row, np.int32), boxes, scores, labels, masks)


def _nothing() -> tuple[np.ndarray, ...]:
    return (
        np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int32), np.zeros((0, 28, 28), np.float32)
    )  # fmt: skip
