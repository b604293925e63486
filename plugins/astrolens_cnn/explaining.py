"""Why a network says what it says: Grad-CAM and the gradient by its input, one compiled call each; trains nothing.

Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391, equations 1 and 2): each feature map of the last convolution is weighed
by the mean over the map of the derivative of the answer by it; the positive part of their sum is what spoke for a lens.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from astrolens_gui import kit
from astrolens_gui.api import Context, UserError

MAPS = "maps"
"""Name of the layer that Grad-CAM looks at; where no layer has it, the last with maps as output."""

SHAPES = (1, 32)
"""Stamps a compiled call: one for the object on the screen, many for a set."""

_known: weakref.WeakKeyDictionary[keras.Model, Explaining] = weakref.WeakKeyDictionary()


def of(classifier: Any) -> Explaining:
    """The explanations of a `Classifier`'s network, made once a network.

    Raises:
        UserError: it has no weights yet.
    """
    trained = classifier._known()
    if trained not in _known:
        _known[trained] = Explaining(classifier.answering(trained))
    return _known[trained]


class Explaining:
    """Explains the answers of `network`: (size, size, bands) → {"logits": …}, float32."""

    def __init__(self, network: keras.Model) -> None:
        self.shape = tuple(network.input_shape[1:])
        found = _maps(network)
        seen = {"logits": network.output["logits"]} | ({} if found is None else {MAPS: found})
        looking = keras.Model(network.input, seen)

        def slope(stamps: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                tape.watch(stamps)
                odds = log_odds(looking(stamps, training=False)["logits"])
            return tape.gradient(odds, stamps)

        def focus(stamps: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                tape.watch(stamps)  # else nothing is recorded: no weight is watched here
                answer = looking(stamps, training=False)
                odds, maps = log_odds(answer["logits"]), answer[MAPS]
            weight = tf.reduce_mean(tape.gradient(odds, maps), axis=(1, 2), keepdims=True)
            coarse = tf.nn.relu(tf.reduce_sum(weight * maps, axis=-1, keepdims=True))
            return tf.image.resize(coarse, self.shape[:2], "bilinear")[..., 0]

        def product(stamps: tf.Tensor) -> tf.Tensor:
            return tf.nn.relu(tf.reduce_sum(slope(stamps) * stamps, axis=-1))

        self._slope = tf.function(slope, jit_compile=False)
        self._focus = tf.function(focus if found is not None else product, jit_compile=False)

    def gradient(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """float32 like the batch: d(lens log-odds)/d(input)."""
        return self._run(self._slope, batch, ctx, self.shape)

    def maps(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """float32 (N, size, size): Grad-CAM, at the size of the stamp by bilinear interpolation, 1 at its strongest place.

        A network without feature maps (a perceptron) gives the positive part of input times gradient.
        """
        spoke = self._run(self._focus, batch, ctx, self.shape[:2])
        largest = spoke.max(axis=(1, 2), keepdims=True, initial=0)
        return np.divide(spoke, largest, out=np.zeros_like(spoke), where=largest > 0)

    def _run(
        self, call: Callable[[tf.Tensor], tf.Tensor], batch: np.ndarray, ctx: Context, out: tuple[int, ...]
    ) -> np.ndarray:
        batch = np.asarray(batch, np.float32)
        if batch.shape[1:] != self.shape:
            raise UserError(f"this network takes stamps of shape {self.shape}, not {batch.shape[1:]}")
        made = np.empty((len(batch), *out), np.float32)
        with kit.device_scope(ctx):
            start = 0
            while start < len(batch):
                size = SHAPES[0] if len(batch) - start <= SHAPES[0] else SHAPES[-1]
                part = batch[start : start + size]
                padded = np.pad(part, ((0, size - len(part)), (0, 0), (0, 0), (0, 0))) if len(part) < size else part
                made[start : start + size] = call(tf.constant(padded)).numpy()[: len(part)]
                start += size
                ctx.progress(min(start / len(batch), 1.0))
        return made


def log_odds(logits: tf.Tensor) -> tf.Tensor:
    """(N,): of the last class, the lens, against all others."""
    return logits[:, -1] - tf.reduce_logsumexp(logits[:, :-1], axis=1)


def _maps(network: keras.Model) -> Any:
    """The tensor that Grad-CAM looks at, None in a network that has no feature maps."""
    named = [layer for layer in network.layers if layer.name == MAPS]
    layers = named or [layer for layer in network.layers if not isinstance(layer, keras.layers.InputLayer)]
    found = [layer.output for layer in layers if hasattr(layer.output, "shape") and len(layer.output.shape) == 4]
    wide = [tensor for tensor in found if tensor.shape[1] and tensor.shape[1] > 1]
    return wide[-1] if wide else None
