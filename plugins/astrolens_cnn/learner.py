"""One step of learning, compiled: loss, gradients, step of the optimiser, running mean of the weights; knows no data
set."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from astrolens_gui import kit

MANY_WEIGHTS = 8_000_000
"""Above this a batch stays whole: the gradients of each half would cost more than two halves side by side save."""
GOING_ON = 0.1
"""Of the step size, where a training goes on from trained weights: they are to be bent, not forgotten."""


class Learner:
    """A network that learns (`live`), and the mean of its recent weights, which answers (`averaged`).

    Args:
        build: makes the untrained network, under the dtype policy of the moment.
        how: a `settings.Training`. halves: how many parts of a batch are computed side by side (`kit.side_by_side`).
        compiled: by XLA, which pays on a GPU only.
        start: a trained network of the same shape to go on from; `pace` is then what its steps are shortened to.
    """

    def __init__(
        self,
        build: Callable[[], keras.Model],
        how: Any,
        halves: int = 1,
        compiled: bool = False,
        start: keras.Model | None = None,
    ) -> None:
        self.live = build()
        self.averaged = build() if how.ema else self.live
        self.pace = GOING_ON if start is not None and take_over(self.live, start) else 1.0
        self.smoothing, self.ema = how.label_smoothing, how.ema
        small = how.batch_size >= 32 and self.live.count_params() <= MANY_WEIGHTS
        self.halves = halves if small else 1
        self.optimizer = optimizer(how, self.live)
        half_precision = "float16" in {layer.compute_dtype for layer in self.live.layers}
        self._scaled = keras.optimizers.LossScaleOptimizer(self.optimizer) if half_precision else self.optimizer
        self._scaled.build(self.live.trainable_variables)
        self._pairs = list(zip(weights(self.averaged), weights(self.live), strict=True)) if how.ema else []
        for mean, now in self._pairs:
            mean.assign(now)
        stamps = tf.TensorSpec((None, *self.live.input_shape[1:]), tf.float32)
        classes = tf.TensorSpec((None, self.live.output["logits"].shape[-1]), tf.float32)
        self._compiled = tf.function(self._step, jit_compile=compiled)
        self.judge = tf.function(
            self._judge, [stamps, classes, tf.TensorSpec((None,), tf.float32)], jit_compile=compiled
        )

    @property
    def state(self) -> list[Any]:
        """All that its next step depends on."""
        return kit.state_of(self.live, self.averaged, self.optimizer, self._scaled)

    def step(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        rate: float,
        number: int,
        pair: tuple[np.ndarray, np.ndarray] | None = None,
        much: float = 0.0,
    ) -> tuple[tf.Tensor, tf.Tensor]:
        """Learn from one batch with step size `rate`; `number` counts the steps from 0. → (loss of the labelled, share right).

        `pair`: unlabelled stamps, changed a little and changed much, whose loss weighs `much`: the cross-entropy of what the
        network that learns says of the second with what the mean of its recent weights says of the first (mean teacher: Tarvainen &
        Valpola 2017, arXiv:1703.01780; the two strengths: Xie et al. 2020, arXiv:1904.12848). Probabilities are taken as they are:
        thresholds (FixMatch) make a rare class vanish or, where classes are evened, flood.
        """
        # The mean starts short, so that the first weights, which are random, are soon forgotten.
        keep = min(self.ema, (1 + number) / (10 + number))
        more = () if pair is None else (tf.constant(pair[0]), tf.constant(pair[1]), tf.constant(much, tf.float32))
        return self._compiled(
            tf.constant(images),
            tf.constant(targets),
            tf.constant(rate, tf.float32),
            tf.constant(keep, tf.float32),
            *more,
        )

    def _step(
        self,
        images: tf.Tensor,
        targets: tf.Tensor,
        rate: tf.Tensor,
        keep: tf.Tensor,
        weak: tf.Tensor | None = None,
        strong: tf.Tensor | None = None,
        much: tf.Tensor | None = None,
    ) -> Any:
        taught = (
            None if weak is None else tf.nn.softmax(tf.cast(self.averaged(weak, training=False)["logits"], tf.float32))
        )
        variables, count = self.live.trainable_variables, images.shape[0]
        edges = [count * part // self.halves for part in range(self.halves + 1)]
        losses, right, slopes = [], [], []
        for start, stop in pairwise(edges):
            with tf.GradientTape() as tape:
                if taught is None or strong is None:
                    logits, unlabelled = self.live(images[start:stop], training=True)["logits"], 0.0
                else:
                    first, last = start * strong.shape[0] // count, stop * strong.shape[0] // count
                    together = tf.concat([images[start:stop], strong[first:last]], axis=0)
                    logits, others = tf.split(
                        self.live(together, training=True)["logits"], [stop - start, last - first], axis=0
                    )
                    apart = tf.nn.softmax_cross_entropy_with_logits(taught[first:last], tf.cast(others, tf.float32))
                    unlabelled = much * tf.reduce_sum(apart) / strong.shape[0]
                loss = tf.reduce_sum(self._loss(targets[start:stop], logits)) / count
                penalty = sum(self.live.losses) * (stop - start) / count if self.live.losses else 0.0
                wanted = self._scaled.scale_loss(loss + penalty + unlabelled)
            slopes.append(tape.gradient(wanted, variables))
            losses.append(loss)
            right.append(tf.reduce_sum(_right(targets[start:stop], logits)) / count)
        self.optimizer.learning_rate.assign(rate)
        self._scaled.apply([tf.add_n(parts) for parts in zip(*slopes, strict=True)], variables)
        # The statistics of batch normalisation are weights here: those of the mean are the mean of theirs.
        for mean, now in self._pairs:
            mean.assign(mean.value + (1 - keep) * (now.value - mean.value))
        return tf.add_n(losses), tf.add_n(right)

    def _judge(self, images: tf.Tensor, targets: tf.Tensor, each: tf.Tensor) -> Any:
        """Weighted sums over a batch: (loss, right answers, weights)."""
        logits = self.averaged(images, training=False)["logits"]
        loss, right = self._loss(targets, logits), _right(targets, logits)
        return tf.reduce_sum(each * loss), tf.reduce_sum(each * right), tf.reduce_sum(each)

    def _loss(self, targets: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        """Cross-entropy of each stamp with the targets, drawn towards equal shares by the label smoothing."""
        even = 1.0 / targets.shape[-1]
        return tf.nn.softmax_cross_entropy_with_logits(
            targets * (1 - self.smoothing) + self.smoothing * even, tf.cast(logits, tf.float32)
        )


def optimizer(how: Any, network: keras.Model) -> keras.optimizers.Optimizer:
    """As `how` says; weights decay, offsets and normalisations don't."""
    decay = how.weight_decay or None
    if how.optimizer == "sgd":
        made = keras.optimizers.SGD(how.learning_rate, momentum=0.9, nesterov=True, weight_decay=decay)
    elif how.optimizer == "adam":
        made = keras.optimizers.Adam(how.learning_rate, weight_decay=decay)
    else:
        made = keras.optimizers.AdamW(how.learning_rate, weight_decay=how.weight_decay, clipnorm=1.0)
    made.exclude_from_weight_decay(var_list=[variable for variable in network.variables if len(variable.shape) < 2])
    return made


def take_over(network: keras.Model, start: keras.Model) -> bool:
    """Give a network the weights of another; False, and nothing done, where their shapes differ."""
    mine, theirs = weights(network), weights(start)
    if [variable.shape for variable in mine] != [variable.shape for variable in theirs]:
        return False
    for here, there in zip(mine, theirs, strict=True):
        here.assign(there)
    return True


def weights(network: keras.Model) -> list[Any]:
    """All variables but the states of random generators."""
    return [variable for variable in network.variables if "seed_generator" not in variable.path]


def _right(targets: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
    return tf.cast(tf.equal(tf.argmax(targets, -1), tf.argmax(logits, -1)), tf.float32)
