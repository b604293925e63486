"""One step of the denoiser's learning, compiled: its own error as each mode estimates it; knows no data set."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from . import blindspot, network

STEP = 0.05
"""Of the noise: how far an image is moved to see how much of a movement the answer keeps."""
ROUGH = 10.0
"""Of the noise: a larger error counts by its size, not its square; it is a cosmic ray of the wanted image."""
DOUBT = 0.1
"""Weight of the stated variance's part of the loss."""


class Learner:
    """A network that learns (`live`), and the mean of its recent weights, which answers (`averaged`).

    Each mode estimates the squared error of each pixel of the answer f for the noisy image y:
        supervised: (f - wanted)² - (variance of `wanted`, 0 of a clean one), as in Noise2Noise (Lehtinen et al. 2018);
        stein: (f - y)² - v + 2 v df/dy, unbiased for normal noise of variance v (Stein 1981, Ann. Stat. 9, 1135), the derivative by
            one random direction (Ramani et al. 2008, IEEE TIP 17, 1540), drawn as correlated as the noise is;
        blind_spot: (f - y)² where f did not see y (Noise2Self), whose noise stays in it.
    The network learns f by that over the noise's scale, and its variance s² by ln(s² + v) + (that + v) / (s² + v), v being the variance
    that was taken off: the same least value as without v, but of something that is never negative.
    """

    def __init__(self, bands: int, width: int, how: Any, mode: str, shot: np.ndarray, start: Any = None) -> None:
        self.mode, self.how = mode, how
        self.live, self.averaged = network.denoiser(bands, width), network.denoiser(bands, width)
        if start is not None:
            self.live.set_weights([np.asarray(each) for each in start.weights])
        self.averaged.set_weights(self.live.get_weights())
        self._shot = tf.constant(shot, tf.float32)
        self._estimate = {"supervised": self._supervised, "stein": self._stein, "blind_spot": self._blind_spot}[mode]
        self._optimizer = keras.optimizers.Adam(how.learning_rate, beta_2=0.99, clipnorm=1.0)
        self._optimizer.build(self.live.trainable_variables)
        self._step = tf.function(self._learn, jit_compile=False, reduce_retracing=True)
        self._watch = tf.function(self._judge, jit_compile=False, reduce_retracing=True)

    def step(self, batch: tuple[np.ndarray, ...], rate: float, number: int) -> float:
        """Learn from (images, wanted or noise, wanted's noise); the batch's loss."""
        keep = min(self.how.ema, (1 + number) / (10 + number))
        return float(self._step(*map(tf.constant, batch), tf.constant(rate), tf.constant(keep)))

    def watch(self, batch: tuple[np.ndarray, ...]) -> tuple[float, float, float]:
        """(loss, sum of the estimated squared errors, sum of the stated variances) of a batch that is not learnt from."""
        loss, error, stated = self._watch(*map(tf.constant, batch))
        return float(loss), float(error), float(stated)

    def _learn(self, images: Any, other: Any, grain: Any, rate: Any, keep: Any) -> Any:
        with tf.GradientTape() as tape:
            loss, doubt, *_ = self._losses(self.live, images, other, grain, True)
            total = loss + DOUBT * doubt
        slopes = tape.gradient(total, self.live.trainable_variables)
        self._optimizer.learning_rate.assign(rate)
        self._optimizer.apply(slopes, self.live.trainable_variables)
        for mean, now in zip(self.averaged.variables, self.live.variables, strict=True):
            mean.assign(mean.value + (1 - keep) * (now.value - mean.value))
        return loss

    def _judge(self, images: Any, other: Any, grain: Any) -> Any:
        loss, _, error, stated = self._losses(self.averaged, images, other, grain, False)
        return loss, error, stated

    def _losses(self, model: Any, images: Any, other: Any, grain: Any, training: bool) -> tuple[Any, Any, Any, Any]:
        clean, variance, error, own, known = self._estimate(model, images, other, grain, training)
        weight = known / tf.sqrt(1.0 + network.SHOT * tf.nn.relu(tf.stop_gradient(clean)))
        count = tf.maximum(tf.reduce_sum(known), 1.0)
        loss = tf.reduce_sum(weight * error) / count
        told = tf.stop_gradient(error)
        doubt = tf.reduce_sum(known * (tf.math.log(variance + own) + (told + own) / (variance + own))) / count
        # Over the noise's scale, so that a few bright cores don't decide whether the stated variance is too small.
        even = known / network.scale(images) ** 2
        return loss, doubt, tf.reduce_sum(even * told), tf.reduce_sum(even * variance)

    def _supervised(self, model: Any, images: Any, wanted: Any, grain: Any, training: bool) -> Any:
        known = tf.cast(tf.math.is_finite(wanted), tf.float32)
        clean, variance = network.answer(model, images, training)
        away = tf.where(known > 0, (clean - tf.where(known > 0, wanted, 0.0)) ** 2, 0.0)
        most = (ROUGH * network.scale(images)) ** 2
        away = 2 * most * (tf.sqrt(1.0 + away / most) - 1.0)
        own = grain**2 * (1.0 + self._shot * tf.nn.relu(tf.stop_gradient(clean)))
        return clean, variance, away - own, own, known

    def _stein(self, model: Any, images: Any, noise: Any, _: Any, training: bool) -> Any:
        clean, variance = network.answer(model, images, training)
        power = 1.0 + self._shot * tf.nn.relu(tf.stop_gradient(clean))
        drawn = noise * tf.sqrt(power)
        moved, _ = network.answer(model, images + STEP * drawn, training)
        error = (clean - images) ** 2 - power + 2.0 * drawn * (moved - clean) / STEP
        return clean, variance, error, power, tf.cast(tf.not_equal(images, 0.0), tf.float32)

    def _blind_spot(self, model: Any, images: Any, _: Any, __: Any, training: bool) -> Any:
        phase = tf.random.uniform((), 0, 4, tf.int32) if training else tf.constant(0)
        hidden = blindspot.spots(tf.shape(images), phase)
        clean, variance = network.answer(model, blindspot.blinded(images, hidden), training)
        known = hidden * tf.cast(tf.not_equal(images, 0.0), tf.float32)
        return clean, variance, (clean - images) ** 2, tf.zeros_like(clean), known
