"""One step of learning, compiled: what each proposal should have answered, the losses, the optimiser; knows no data set."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from astrolens_gui import kit

from .boxes import moved, offsets, overlaps
from .network import BINS, MASK, Network, Shape

GOOD, BAD = 0.5, 0.3
"""Overlaps from which a proposal is an object's, and below which it is nobody's (Ren et al. 2015)."""
PROPOSED = 24
"""The network's own best places an image that the heads learn from: what looks like an object."""
COPIES = 3
"""Shaken copies of each true box that they learn from besides."""

LOSSES = ("objectness", "place", "class", "box", "mask")


class Learner:
    """A network that learns (`live`), and the mean of its recent weights, which answers (`averaged`).

    Args:
        how: a `plugin.Training`. own: whether the heads see what the network proposes, or the boxes that are given.
    """

    def __init__(self, shape: Shape, how: Any, own: bool) -> None:
        self.live = Network(shape)
        self.averaged = Network(shape) if how.ema else self.live
        self.own, self.ema = own, how.ema
        variables = self.live.trainable_variables
        self.optimizer = keras.optimizers.AdamW(how.learning_rate, weight_decay=how.weight_decay, clipnorm=5.0)
        self.optimizer.exclude_from_weight_decay(var_list=[each for each in variables if len(each.shape) < 2])
        half = any(layer.compute_dtype == "float16" for part in self.live.parts for layer in part.layers)
        self._scaled = keras.optimizers.LossScaleOptimizer(self.optimizer) if half else self.optimizer
        self._scaled.build(variables)
        self._pairs = list(zip(self.averaged.variables, self.live.variables, strict=True)) if how.ema else []
        for mean, now in self._pairs:
            mean.assign(now)
        self._step = tf.function(self._learn, jit_compile=False, reduce_retracing=True)
        self.judge = tf.function(self._judge, jit_compile=False, reduce_retracing=True)

    def begin(self, trained: Network) -> None:
        """Start from the weights of a trained network of the same shape."""
        for network in (self.live, self.averaged):
            for variable, value in zip(network.variables, trained.variables, strict=True):
                variable.assign(np.asarray(value))

    @property
    def state(self) -> list[Any]:
        """All that its next step depends on."""
        return kit.state_of(self.live, self.averaged, self.optimizer, self._scaled)

    def step(self, batch: Any, rate: float, number: int) -> tf.Tensor:
        """Learn from a `batches.Batch`; the losses (5,) in the order of `LOSSES`."""
        keep = min(self.ema, (1 + number) / (10 + number))
        return self._step(batch, tf.constant(rate, tf.float32), tf.constant(keep, tf.float32))

    def _learn(self, batch: Any, rate: tf.Tensor, keep: tf.Tensor) -> tf.Tensor:
        variables = self.live.trainable_variables
        with tf.GradientTape() as tape:
            losses = self._losses(self.live, batch, True)
            wanted = self._scaled.scale_loss(tf.reduce_sum(losses))
        self.optimizer.learning_rate.assign(rate)
        self._scaled.apply(tape.gradient(wanted, variables), variables)
        for mean, now in self._pairs:
            mean.assign(mean.value + (1 - keep) * (now.value - mean.value))
        return losses

    def _judge(self, batch: Any) -> tf.Tensor:
        return self._losses(self.averaged, batch, False)

    def _losses(self, network: Network, batch: Any, training: bool) -> tf.Tensor:
        images, boxes, labels, masks, given = batch
        there = labels >= 0
        fine, levels = network.features(images, training)
        proposed = network.propose(levels, training)
        logits = tf.concat([tf.reshape(each, (tf.shape(images)[0], -1)) for each, _, _ in proposed], axis=1)
        by = tf.concat([each for _, each, _ in proposed], axis=1)
        bases = tf.concat([each for _, _, each in proposed], axis=0)
        objectness, place = _proposal_losses(logits, by, bases, boxes, there)
        best = given
        if self.own:
            _, rows = tf.math.top_k(tf.stop_gradient(logits), PROPOSED)
            best = moved(tf.gather(bases, rows), tf.gather(tf.stop_gradient(by), rows, batch_dims=1))
        shaken = _shaken(boxes)
        of_class, of_box = _head_losses(network, fine, tf.concat([best, shaken], 1), boxes, labels, there, training)
        of_mask = _mask_loss(network, fine, shaken[:, : tf.shape(boxes)[1]], boxes, masks, there, training)
        return tf.stack([objectness, place, of_class, of_box, of_mask])


def _proposal_losses(
    logits: tf.Tensor, by: tf.Tensor, bases: tf.Tensor, boxes: tf.Tensor, there: tf.Tensor
) -> tuple[tf.Tensor, tf.Tensor]:
    """Of objectness (N, A), by focal cross-entropy, and of offsets (N, A, 4): anchors (A, 4) against boxes (N, G, 4)."""
    overlap = tf.where(there[:, None, :], overlaps(bases[None], boxes), 0.0)
    most, whose = tf.reduce_max(overlap, axis=2), tf.argmax(overlap, axis=2)
    # each object has at least the anchor that fits it best
    own = (overlap >= tf.reduce_max(overlap, axis=1, keepdims=True) - 1e-4) & (overlap > 0.1)
    positive = (most >= GOOD) | tf.reduce_any(own, axis=2)
    counts = tf.cast(positive | (most < BAD), tf.float32)
    target = tf.cast(positive, tf.float32)
    total = tf.maximum(tf.reduce_sum(target), 1.0)
    entropy = tf.nn.sigmoid_cross_entropy_with_logits(target, logits)
    chance = tf.sigmoid(logits)
    easy = tf.where(positive, chance, 1 - chance)  # Lin et al. 2017, arXiv:1708.02002
    focal = counts * tf.square(1 - easy) * entropy
    wanted = offsets(tf.gather(boxes, whose, batch_dims=1), bases[None])
    return tf.reduce_sum(focal) / total, tf.reduce_sum(target * _smooth(by - wanted)) / total


def _shaken(boxes: tf.Tensor) -> tf.Tensor:
    """(N, G, 4) → (N, COPIES * G, 4), moved by up to a fifth of their size."""
    many = tf.tile(boxes, (1, COPIES, 1))
    noise = tf.random.uniform(tf.shape(many), -0.2, 0.2)
    return tf.concat([many[..., :2] + noise[..., :2] * many[..., 2:], many[..., 2:] * tf.exp(1.2 * noise[..., 2:])], -1)


def _head_losses(
    network: Network, fine: Any, rois: Any, boxes: Any, labels: Any, there: Any, training: bool
) -> tuple[tf.Tensor, tf.Tensor]:
    overlap = tf.where(there[:, None, :], overlaps(rois, boxes), 0.0)
    most, whose = tf.reduce_max(overlap, axis=2), tf.argmax(overlap, axis=2)
    hit = most >= GOOD
    target = tf.where(hit, tf.gather(labels, whose, batch_dims=1) + 1, 0)
    # neither a copy of a box that is not there, nor what half overlaps an object, tells anything
    counts = (rois[..., 2] > 0) & (hit | (most < GOOD - 0.1))
    wanted = offsets(tf.gather(boxes, whose, batch_dims=1), rois)
    shown, image, answer, goal, weight = _shown(counts, rois, target, wanted)
    logits, by = network.judge(fine, shown, image, training)
    each = tf.nn.sparse_softmax_cross_entropy_with_logits(answer, logits)
    of_class = tf.reduce_sum(weight * each) / tf.maximum(tf.reduce_sum(weight), 1.0)
    weight *= tf.cast(answer > 0, tf.float32)
    off = _smooth(4.0 * (by - goal))
    return 2.0 * of_class, tf.reduce_sum(weight * off) / tf.maximum(tf.reduce_sum(weight), 1.0)


def _mask_loss(network: Network, fine: Any, rois: Any, boxes: Any, masks: Any, there: Any, training: bool) -> tf.Tensor:
    """Of the mask that each shaken box (N, G, 4) should show, cut out of the true box's (N, G, 28, 28)."""
    known = there & (tf.reduce_max(masks, axis=(2, 3)) > 0)
    shown, image, own, true, weight = _shown(known, rois, boxes, masks)
    size, base = shown[:, 2:], tf.maximum(own[:, 2:], 1.0)
    # in cells of the true mask: its own bins lie at 0, 1, … 27
    first = (shown[:, :2] - size / 2 + size / (2 * MASK) - (own[:, :2] - base / 2)) / base * MASK - 0.5
    last = (shown[:, :2] + size / 2 - size / (2 * MASK) - (own[:, :2] - base / 2)) / base * MASK - 0.5
    window = tf.concat([first[:, ::-1], last[:, ::-1]], axis=1) / (MASK - 1)
    wanted = tf.image.crop_and_resize(true[..., None], window, tf.range(tf.shape(true)[0]), (MASK, MASK))[..., 0]
    logits = network.outline(fine, shown, image, training)
    entropy = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(wanted, logits), axis=(1, 2))
    return tf.reduce_sum(weight * entropy) / tf.maximum(tf.reduce_sum(weight), 1.0)


def _shown(counts: tf.Tensor, rois: tf.Tensor, *values: tf.Tensor) -> tuple[tf.Tensor, ...]:
    """(boxes (M, 4), image (M,), each of `values` (M, …), weight (M,)): those of (N, K, …) that count, and one more of
    weight 0, so that there is always something. What does not count must not enter the heads' normalisation."""
    image = tf.broadcast_to(tf.range(tf.shape(rois)[0])[:, None], tf.shape(counts))
    kept = []
    for value in (rois, image, *values):
        kept.append(tf.concat([tf.boolean_mask(value, counts), value[0, :1]], axis=0))
    weight = tf.ones(tf.shape(kept[1])[0] - 1)
    return (tf.maximum(kept[0], [-1e4, -1e4, 8.0, 8.0]), *kept[1:], tf.concat([weight, [0.0]], axis=0))


def _smooth(x: tf.Tensor) -> tf.Tensor:
    """Huber's loss of the offsets, summed over the last axis (Girshick 2015, eq. 3)."""
    size = tf.abs(x)
    return tf.reduce_sum(tf.where(size < 1.0, 0.5 * x * x, size - 0.5), axis=-1)


assert BINS * 2 == MASK
