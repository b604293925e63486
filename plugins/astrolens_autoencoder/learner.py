"""One step of the denoiser's learning, compiled: what is hidden, the loss, the running mean; knows no data set."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from . import network

BRIGHT = 10.0
"""Brightness, in units of the sky's noise, at which a pixel's error counts half: a bright one is noisier, and few."""
NEAR = 7
"""Pixels a side that brightness is the mean over."""


class Learner:
    """A network that learns (`live`), and the mean of its recent weights, which answers (`averaged`).

    The loss is the square error weighed by 1 / (1 + brightness / BRIGHT), brightness being that of the *given* image's
    surroundings: as the weight doesn't depend on the wanted image, the least loss is the mean of what the wanted image may be,
    and no flux is lost. Alone, some pixels are hidden behind a neighbour's value and only they are asked for: what best
    predicts a noisy pixel without seeing it is the clean one.
    """

    def __init__(self, bands: int, width: int, how: Any, start: keras.Model | None = None) -> None:
        self.how = how
        self.live, self.averaged = network.denoiser(bands, width), network.denoiser(bands, width)
        if start is not None:
            self.live.set_weights([np.asarray(each) for each in start.weights])
        self.averaged.set_weights(self.live.get_weights())
        self.optimizer = keras.optimizers.AdamW(how.learning_rate, weight_decay=1e-4, clipnorm=1.0)
        self.optimizer.build(self.live.trainable_variables)
        self._step = tf.function(self._learn, jit_compile=False, reduce_retracing=True)
        self.watch = tf.function(self._watch, jit_compile=False, reduce_retracing=True)

    def step(self, given: np.ndarray, wanted: np.ndarray, asked: np.ndarray, rate: float, number: int) -> tf.Tensor:
        """Learn from a batch in units of the noise; `asked` float32 is 1 where the loss counts."""
        keep = min(self.how.ema, (1 + number) / (10 + number))
        return self._step(
            tf.constant(given), tf.constant(wanted), tf.constant(asked), tf.constant(rate), tf.constant(keep)
        )

    def _learn(self, given: tf.Tensor, wanted: tf.Tensor, asked: tf.Tensor, rate: tf.Tensor, keep: tf.Tensor) -> Any:
        variables = self.live.trainable_variables
        with tf.GradientTape() as tape:
            loss = _loss(self.live(given, training=True), given, wanted, asked)
        self.optimizer.learning_rate.assign(rate)
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        for mean, now in zip(self.averaged.weights, self.live.weights, strict=True):
            mean.assign(mean.value + (1 - keep) * (now.value - mean.value))
        return loss

    def _watch(self, given: tf.Tensor, wanted: tf.Tensor, asked: tf.Tensor) -> Any:
        return _loss(self.averaged(given, training=False), given, wanted, asked)


def _loss(answer: tf.Tensor, given: tf.Tensor, wanted: tf.Tensor, asked: tf.Tensor) -> Any:
    bright = tf.nn.avg_pool2d(tf.abs(given), NEAR, 1, "SAME")
    weight = asked / (1 + bright / BRIGHT)
    return tf.reduce_sum(weight * tf.square(answer - wanted)) / tf.maximum(tf.reduce_sum(asked), 1.0)


def hide(images: np.ndarray, share: float, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """(given, asked): some pixels take the value of another within two pixels of theirs (Krull et al. 2019, Noise2Void,
    arXiv:1811.10980); asked is 1 there. All bands of a pixel are hidden together."""
    count, height, width, _ = images.shape
    asked = random.random((count, height, width)) < share
    row, y, x = np.nonzero(asked)
    steps = np.array([(dy, dx) for dy in range(-2, 3) for dx in range(-2, 3) if dy or dx])
    dy, dx = steps[random.integers(0, len(steps), len(y))].T
    given = images.copy()
    given[row, y, x] = images[row, np.abs(_inside(y + dy, height)), np.abs(_inside(x + dx, width))]
    return given, np.repeat(asked[..., None], images.shape[3], axis=3).astype(np.float32)


def _inside(place: np.ndarray, side: int) -> np.ndarray:
    """Mirrored at the far edge (the near one is mirrored by the absolute value)."""
    return np.where(place >= side, 2 * (side - 1) - place, place)
