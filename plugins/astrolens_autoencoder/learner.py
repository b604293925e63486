"""One step of the denoiser's learning, compiled: its own error as each mode estimates it; knows no data set."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from astrolens_gui import kit

from . import blindspot, network

ROUGH = 30.0
"""Of the noise: a larger error counts by its size, not its square; it is a cosmic ray of the wanted image."""
DOUBT = 0.1
"""Weight of the stated variance's part of the loss."""
DOUBTING = 4
"""Where the stated variance is learnt from an answer of its own, which takes as long as the rest, it is in every so many steps only."""


class Learner:
    """A network that learns (`live`), and the mean of its recent weights, which answers (`averaged`).

    The squared error of each pixel of the answer f for the noisy image y is estimated by
        (f - wanted)² - v, v being the variance of `wanted`: 0 of a clean one, that of a second exposure's noise (Noise2Noise, Lehtinen
        et al. 2018), or of one made of the image itself (`training.recorrupted`); or, of a `blind` network,
        (f - y)² where f did not see y (Noise2Self), whose noise stays in it.
    The network learns f by that over the noise's scale, and its variance s² by ln(s² + v) + (that + v) / (s² + v), v being the variance
    that was taken off: the same least value as without v, but of something that is never negative.
    """

    def __init__(
        self, bands: int, width: int, how: Any, mode: str, shot: np.ndarray, more: float, start: Any = None
    ) -> None:
        self.how, self._again = how, mode == "recorrupted"
        self.live, self.averaged = network.denoiser(bands, width), network.denoiser(bands, width)
        if start is not None:
            self.live.set_weights([np.asarray(each) for each in start.weights])
        self.averaged.set_weights(self.live.get_weights())
        self._shot = tf.constant(shot, tf.float32)
        self._more = more
        self._estimate = self._blind if mode == "blind_spot" else self._told
        self._optimizer = keras.optimizers.Adam(how.learning_rate, beta_2=0.99, clipnorm=1.0)
        self._optimizer.build(self.live.trainable_variables)
        self._step = tf.function(self._learn, jit_compile=False, reduce_retracing=True)
        self._watch = tf.function(self._judge, jit_compile=False, reduce_retracing=True)

    @property
    def state(self) -> list[Any]:
        """All that its next step depends on."""
        return kit.state_of(self.live, self.averaged, self._optimizer)

    def step(self, batch: tuple[np.ndarray, ...], rate: float, number: int) -> float:
        """Learn from (images, wanted, the scatter of its noise); the batch's loss."""
        keep = min(self.how.ema, (1 + number) / (10 + number))
        doubting = not self._again or number % DOUBTING == 0
        return float(self._step(*map(tf.constant, batch), tf.constant(rate), tf.constant(keep), doubting))

    def watch(self, batch: tuple[np.ndarray, ...]) -> tuple[float, float, float, float]:
        """(loss, sum of the estimated squared errors, the same by an answer to an answer, sum of the stated variances) of a batch that is
        not learnt from."""
        loss, error, again, stated = (float(each) for each in self._watch(*map(tf.constant, batch)))
        return loss, error, again, stated

    def _learn(self, images: Any, other: Any, grain: Any, rate: Any, keep: Any, doubting: bool) -> Any:
        with tf.GradientTape() as tape:
            loss, doubt, *_ = self._losses(self.live, images, other, grain, True, doubting)
            total = loss + DOUBT * doubt
        slopes = tape.gradient(total, self.live.trainable_variables)
        self._optimizer.learning_rate.assign(rate)
        self._optimizer.apply(slopes, self.live.trainable_variables)
        for mean, now in zip(self.averaged.variables, self.live.variables, strict=True):
            mean.assign(mean.value + (1 - keep) * (now.value - mean.value))
        return loss

    def _judge(self, images: Any, other: Any, grain: Any) -> Any:
        loss, _, *sums = self._losses(self.averaged, images, other, grain, False, True)
        return loss, *sums

    def _losses(
        self, model: Any, images: Any, other: Any, grain: Any, training: bool, doubting: bool
    ) -> tuple[Any, Any, Any, Any, Any]:
        clean, variance, error, own, known = self._estimate(model, images, other, grain, training)
        weight = known / tf.sqrt(1.0 + network.SHOT * tf.nn.relu(tf.stop_gradient(clean)))
        count = tf.maximum(tf.reduce_sum(known), 1.0)
        loss = tf.reduce_sum(weight * error) / count
        plain = tf.stop_gradient(error)
        if self._again and doubting:
            variance, error = self._noised(model, tf.stop_gradient(clean), images - other, grain, training)
            own = tf.zeros_like(clean)
        told = tf.stop_gradient(error)
        doubt = tf.reduce_sum(known * (tf.math.log(variance + own) + (told + own) / (variance + own))) / count
        if not doubting:
            doubt = tf.zeros_like(doubt)
        # Over the noise's scale, so that a few bright cores don't decide whether the stated variance is too small.
        # Nor those where it is larger than the noise itself: one pixel can outweigh a thousand images.
        local = network.scale(images) ** 2
        even, stated = known / local, tf.minimum(variance, local)
        return loss, doubt, tf.reduce_sum(even * plain), tf.reduce_sum(even * told), tf.reduce_sum(even * stated)

    def _told(self, model: Any, images: Any, wanted: Any, grain: Any, training: bool) -> Any:
        known = tf.cast(tf.math.is_finite(wanted), tf.float32)
        clean, variance = network.answer(model, images, training)
        away = self._robust(known * (clean - tf.where(known > 0, wanted, 0.0)), images)
        own = self._more * grain**2 * (1.0 + self._shot * tf.nn.relu(tf.stop_gradient(clean)))
        return clean, variance, away - own, own, known

    def _noised(self, model: Any, clean: Any, apart: Any, grain: Any, training: bool) -> tuple[Any, Any]:
        """(stated variance, squared error) of the answer for an answer that noise was added to: what two images with much noise say of
        a small error is lost in it. The noise is that by which the two differ, the other way round, as it would be here."""
        amount = tf.sqrt(1.0 + self._shot * tf.nn.relu(clean))
        unit = tf.where(tf.math.is_finite(apart), apart, 0.0) / amount
        spread = tf.sqrt(tf.reduce_mean(unit**2, (1, 2), keepdims=True)) + 1e-6
        again, variance = network.answer(model, clean + tf.reverse(unit / spread, (1, 2)) * amount * grain, training)
        return variance, (again - clean) ** 2

    def _blind(self, model: Any, images: Any, _: Any, __: Any, training: bool) -> Any:
        phase = tf.random.uniform((), 0, 4, tf.int32) if training else tf.constant(0)
        hidden = blindspot.spots(tf.shape(images), phase)
        clean, variance = network.answer(model, blindspot.blinded(images, hidden), training)
        known = hidden * tf.cast(tf.not_equal(images, 0.0), tf.float32)
        return clean, variance, self._robust(clean - images, images), tf.zeros_like(clean), known

    def _robust(self, away: Any, images: Any) -> Any:
        """Its square, or where it is ROUGH its size."""
        most = (ROUGH * network.scale(images)) ** 2
        return 2 * most * (tf.sqrt(1.0 + away**2 / most) - 1.0)
