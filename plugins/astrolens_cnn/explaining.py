"""Why a network says what it says: what of its feature maps spoke for a lens, and the gradient by its input; trains nothing.

Grad-CAM (Selvaraju et al. 2017, arXiv:1610.02391) weighs each feature map by the derivative of the answer by it and adds them
up; here place by place (Draelos & Carin 2020, arXiv:2011.08891), which is the same where the maps are averaged for the
answer, and right where they are not. A network that looks at a stamp of 50 pixels ends in maps of 4 x 4, far too coarse for an
arc: so the maps of the earlier stages are taken, half and a quarter of the stamp's size, and the geometric mean
of both shown, the finer saying where and the coarser what (docs/why.md has what that does for the arcs).
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from astrolens_gui import kit
from astrolens_gui.api import Context, UserError

MAPS = "maps"
"""Name of a layer that is looked at alone, where it is at least a `COARSEST` part of the stamp."""

COARSEST, FINEST = 0.2, 0.55
"""Sides of the maps that are looked at, as a part of the stamp's; the last of the finest and of the coarsest size."""

SHAPES = (1, 32)
"""Stamps a compiled call: one for the object on the screen, many for a set."""

ROWS, NOISES = 9, 2
"""How many rows of cells are asked where they look, with how many stamps of noise."""

_known: weakref.WeakKeyDictionary[keras.Model, Explaining] = weakref.WeakKeyDictionary()


def of(classifier: Any) -> Explaining:
    """The explanations of a `Classifier`'s network, made once a network.

    Raises:
        UserError: it has no weights yet.
    """
    trained = classifier._known()
    if trained not in _known:
        answering = classifier.answering(trained)
        _known[trained] = Explaining(answering, classifier.symmetric, classifier.members(answering))
    return _known[trained]


class Explaining:
    """Explains the answers of `network`: (size, size, bands) → {"logits": …}, float32.

    `symmetric` makes of it what answers over several views of a stamp: the gradient is of that, the maps are of the
    stamp as it lies there. `members`: the networks that stand side by side in a committee, on the same input; their
    maps are averaged.
    """

    def __init__(
        self,
        network: keras.Model,
        symmetric: Callable[[Any], Any] = lambda network: network,
        members: Sequence[keras.Model] = (),
    ) -> None:
        self.shape = tuple(network.input_shape[1:])
        each = [looked_at(member) for member in members or (network,)]
        self._network, self._looks = network, [tensor for looks in each for tensor in looks]
        self._counts = [len(looks) for looks in each] if self._looks else [1]
        self._placing: list[np.ndarray] | None = None
        seen = {"logits": network.output["logits"]}
        looking = keras.Model(network.input, seen | {str(place): tensor for place, tensor in enumerate(self._looks)})
        says = symmetric(keras.Model(network.input, seen))
        names = [str(place) for place in range(len(self._looks))]

        def slope(stamps: tf.Tensor) -> tf.Tensor:
            with tf.GradientTape() as tape:
                tape.watch(stamps)
                odds = log_odds(says(stamps)["logits"])
            return tape.gradient(odds, stamps)

        def focus(stamps: tf.Tensor) -> list[tf.Tensor]:
            with tf.GradientTape() as tape:
                tape.watch(stamps)  # else nothing is recorded: no weight is watched here
                answer = looking(stamps, training=False)
                odds, maps = log_odds(answer["logits"]), [answer[name] for name in names]
            slopes = tape.gradient(odds, maps)
            return [tf.nn.relu(tf.reduce_sum(by * of, axis=-1)) for by, of in zip(slopes, maps, strict=True)]

        def product(stamps: tf.Tensor) -> list[tf.Tensor]:
            return [tf.nn.relu(tf.reduce_sum(slope(stamps) * stamps, axis=-1))]

        self._slope = tf.function(slope, jit_compile=False)
        self._focus = tf.function(focus if self._looks else product, jit_compile=False)

    def gradient(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """float32 like the batch: d(lens log-odds)/d(input)."""
        batch = self._fitting(batch)
        return self._run(lambda stamps: self._slope(stamps).numpy(), batch, np.empty(batch.shape, np.float32), ctx)

    def maps(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """float32 (N, size, size), 1 at the strongest place of a stamp, 0 all over where nothing spoke for a lens.

        A network without feature maps (a perceptron) gives the positive part of input times gradient.
        """
        batch = self._fitting(batch)
        with kit.device_scope(ctx):
            placing = self._places()

        def spoke(stamps: tf.Tensor) -> np.ndarray:
            fine = [
                _unit(spread @ coarse.numpy() @ spread.T)
                for coarse, spread in zip(self._focus(stamps), placing, strict=True)
            ]
            ends = np.cumsum(self._counts)
            members = [
                _unit(np.prod(fine[end - count : end], axis=0)) ** (1 / count)
                for end, count in zip(ends, self._counts, strict=True)
            ]
            return np.asarray(_unit(np.mean(members, axis=0)), np.float32)

        return self._run(spoke, batch, np.empty(batch.shape[:3], np.float32), ctx)

    def _fitting(self, batch: np.ndarray) -> np.ndarray:
        batch = np.asarray(batch, np.float32)
        if batch.shape[1:] != self.shape:
            raise UserError(f"this network takes stamps of shape {self.shape}, not {batch.shape[1:]}")
        return batch

    def _run(
        self, call: Callable[[tf.Tensor], np.ndarray], batch: np.ndarray, made: np.ndarray, ctx: Context
    ) -> np.ndarray:
        with kit.device_scope(ctx):
            start = 0
            while start < len(batch):
                size = SHAPES[0] if len(batch) - start <= SHAPES[0] else SHAPES[-1]
                part = batch[start : start + size]
                padded = np.pad(part, ((0, size - len(part)), (0, 0), (0, 0), (0, 0))) if len(part) < size else part
                made[start : start + size] = call(tf.constant(padded))[: len(part)]
                start += size
                ctx.progress(min(start / len(batch), 1.0))
        return made

    def _places(self) -> list[np.ndarray]:
        """For each of the looked-at maps, float64 (size, side): how its cells spread over the stamp's pixels."""
        if self._placing is None:
            size = self.shape[0]
            centres = [centres_of(self._network, tensor) for tensor in self._looks] or [np.arange(size, dtype=float)]
            self._placing = [
                np.stack([np.interp(np.arange(size), at, row) for row in np.eye(len(at))], axis=1) for at in centres
            ]
        return self._placing


def log_odds(logits: tf.Tensor) -> tf.Tensor:
    """(N,): of the last class, the lens, against all others."""
    return logits[:, -1] - tf.reduce_logsumexp(logits[:, :-1], axis=1)


def looked_at(network: keras.Model) -> list[Any]:
    """The tensors (N, side, side, channels) whose share in the answer is shown, finest first; none in a perceptron."""
    size = network.input_shape[1]
    layers = [layer for layer in network.layers if not isinstance(layer, keras.layers.InputLayer)]
    maps = [(layer.name, layer.output) for layer in layers if len(getattr(layer.output, "shape", ())) == 4]
    maps = [
        (name, tensor) for name, tensor in maps if (tensor.shape[1] or 0) > 1 and tensor.shape[1] == tensor.shape[2]
    ]
    if not maps:
        return []
    named = [tensor for name, tensor in maps if name == MAPS and tensor.shape[1] >= math.floor(COARSEST * size)]
    if named:
        return named[-1:]
    last = {tensor.shape[1]: tensor for _, tensor in maps}  # of each size the last
    small = sorted(side for side in last if side <= math.ceil(FINEST * size))
    within = [side for side in small if side >= math.floor(COARSEST * size)] or small[-1:]
    return [last[side] for side in sorted({*within[:1], *within[-1:]}, reverse=True)] or [maps[-1][1]]


def centres_of(network: keras.Model, maps: Any) -> np.ndarray:
    """float64 (side,): the pixel row that each row of cells looks at, rising.

    Padding and pooling shift and squeeze the maps against the stamp, by half a dozen pixels in deep networks: so it is
    asked of the network, as the centroid of the derivative of a row of cells by the stamp (noise).
    """
    size, side = network.input_shape[1], maps.shape[1]
    looking = keras.Model(network.input, maps)

    @tf.function(jit_compile=False)
    def slope(stamps: tf.Tensor, row: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            tape.watch(stamps)
            seen = tf.reduce_sum(tf.gather(looking(stamps, training=False), row, axis=1))
        return tf.reduce_sum(tf.abs(tape.gradient(seen, stamps)), axis=(0, 2, 3))

    noise = tf.constant(np.random.default_rng(0).normal(size=(NOISES, *network.input_shape[1:])).astype(np.float32))
    rows = np.unique(np.linspace(0, side - 1, ROWS).round().astype(int))  # between them it is linear
    centres = (rows + 0.5) * size / side - 0.5
    for place, row in enumerate(rows.tolist()):
        weight = slope(noise, tf.constant(row)).numpy().astype(np.float64)
        if weight.sum() > 0:
            centres[place] = float((weight * np.arange(size)).sum() / weight.sum())
    return np.interp(np.arange(side), rows, np.maximum.accumulate(centres)) + 1e-6 * np.arange(side)


def _unit(maps: np.ndarray) -> np.ndarray:
    """Each map of (N, size, size) as a share of its largest value."""
    largest = maps.max(axis=(1, 2), keepdims=True, initial=0)
    return np.divide(maps, largest, out=np.zeros_like(maps), where=largest > 0)
