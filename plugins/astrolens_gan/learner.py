"""One step of the enhancer's learning, compiled: its two answers, the adversary's judgement, the losses; knows no data set."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from astrolens_gui import kit

from . import network

LOSSES = ("pixel", "spread", "fooled", "adversary")


class Learner:
    """A generator that learns (`live`) against an adversary, and the mean of its recent weights, which answers (`averaged`).

    The distance to the wanted image is the fair continuous ranked probability score of two answers d, d' (Gneiting and
    Raftery 2007, JASA 102, 359), (|d - t| + |d' - t|) / 2 - spread_weight |d - d'| / 2, a pixel, of asinh(flux / noise): least
    where the answers scatter as the truth does. Without its second term it is the L1 of pix2pix (Isola et al. 2017).
    """

    def __init__(self, bands: int, width: int, how: Any, start: keras.Model | None = None) -> None:
        self.how = how
        self.live, self.averaged = network.generator(bands, width), network.generator(bands, width)
        if start is not None:
            self.live.set_weights([np.asarray(each) for each in start.weights])
        self.averaged.set_weights(self.live.get_weights())
        self.judge = network.adversary(bands, width) if how.adversary_weight else None
        self._drawing = _optimizer(how, self.live)
        self._judging = _optimizer(how, self.judge) if self.judge is not None else None
        self._step = tf.function(self._learn, jit_compile=False, reduce_retracing=True, autograph=False)
        self.watch = tf.function(self._watch, jit_compile=False, reduce_retracing=True, autograph=False)

    @property
    def state(self) -> list[Any]:
        """All that its next step depends on."""
        return kit.state_of(self.live, self.averaged, self.judge, self._drawing, self._judging)

    def step(self, images: np.ndarray, wanted: np.ndarray, rate: float, number: int) -> tf.Tensor:
        """Learn from a batch in units of the noise, `wanted` NaN where unknown; the numbers of `LOSSES`."""
        keep = min(self.how.ema, (1 + number) / (10 + number))
        return self._step(tf.constant(images), tf.constant(wanted), tf.constant(rate), tf.constant(keep))

    def _learn(self, images: tf.Tensor, wanted: tf.Tensor, rate: tf.Tensor, keep: tf.Tensor) -> tf.Tensor:
        given, truth, known = _compressed(images, wanted)
        how, live = self.how, self.live
        fooled = adversary = tf.constant(0.0)
        with tf.GradientTape() as tape:
            first, second = _two(live, given, True)
            error, apart = _score(first, second, truth, known)
            loss = how.pixel_weight * (error - how.spread_weight * apart)
            shown = known * first + (1 - known) * truth
            if self.judge is not None:
                fooled = tf.reduce_mean(tf.nn.softplus(-self.judge([given, shown], training=True)))
                loss += how.adversary_weight * fooled
        self._drawing.learning_rate.assign(rate)
        self._drawing.apply(tape.gradient(loss, live.trainable_variables), live.trainable_variables)
        if self.judge is not None and self._judging is not None:
            with tf.GradientTape() as tape:
                real, false = (self.judge([given, each], training=True) for each in (truth, tf.stop_gradient(shown)))
                adversary = tf.reduce_mean(tf.nn.softplus(-real)) + tf.reduce_mean(tf.nn.softplus(false))
            self._judging.learning_rate.assign(rate / 2)
            self._judging.apply(
                tape.gradient(adversary, self.judge.trainable_variables), self.judge.trainable_variables
            )
        for mean, now in zip(self.averaged.variables, live.variables, strict=True):
            mean.assign(mean.value + (1 - keep) * (now.value - mean.value))
        return tf.stack([error, apart, fooled, adversary])

    def _watch(self, images: tf.Tensor, wanted: tf.Tensor) -> tf.Tensor:
        """The score of a batch that is not learnt from."""
        given, truth, known = _compressed(images, wanted)
        error, apart = _score(*_two(self.averaged, given, False), truth, known)
        return error - self.how.spread_weight * apart


def _compressed(images: tf.Tensor, wanted: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """asinh of both, the second the first's where it is unknown, and where it is known (1 or 0)."""
    known = tf.cast(tf.math.is_finite(wanted), tf.float32)
    given = tf.asinh(images)
    return given, tf.where(known > 0, tf.asinh(tf.where(known > 0, wanted, 0.0)), given), known


def _two(model: keras.Model, given: tf.Tensor, training: bool) -> tuple[tf.Tensor, tf.Tensor]:
    shape = tf.shape(given)
    noise = tf.random.normal((2 * shape[0], shape[1], shape[2], network.NOISE))
    added = model([tf.concat([given, given], 0), noise], training=training)
    first, second = tf.split(added, 2)
    return given + first, given + second


def _score(first: tf.Tensor, second: tf.Tensor, truth: tf.Tensor, known: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Mean distance to the truth, and half of that between the answers."""
    count = tf.maximum(tf.reduce_sum(known), 1.0)
    error = 0.5 * (tf.abs(first - truth) + tf.abs(second - truth))
    return tf.reduce_sum(known * error) / count, 0.5 * tf.reduce_sum(known * tf.abs(first - second)) / count


def _optimizer(how: Any, model: keras.Model) -> keras.optimizers.Optimizer:
    made = keras.optimizers.Adam(how.learning_rate, beta_1=0.5, clipnorm=10.0)
    made.build(model.trainable_variables)
    return made
