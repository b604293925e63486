"""The generator of stamps and its adversary (DCGAN, Radford et al. 2016, arXiv:1511.06434) and how they learn from arrays; knows
no file."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf
from keras import layers

STEPS = 3
"""Each doubles the side."""
FACTOR = 2**STEPS


def generator(side: int, bands: int, width: int, latent: int) -> keras.Model:
    """(latent,) normal → (side, side, bands), asinh(flux / noise) without a bound; `side` is a multiple of FACTOR."""
    start = keras.Input((latent,), name="latent")
    small, widest = side // FACTOR, width * FACTOR // 2
    x = layers.Dense(small * small * widest, use_bias=False, name="first")(start)
    x = _bent(layers.Reshape((small, small, widest), name="cells")(x), "first")
    for step in range(STEPS - 1):
        x = layers.Conv2DTranspose(widest >> (step + 1), 4, 2, "same", use_bias=False, name=f"grow{step}")(x)
        x = _bent(x, f"grow{step}")
    return keras.Model(start, layers.Conv2DTranspose(bands, 4, 2, "same", name="stamp")(x), name="generator")


def adversary(side: int, bands: int, width: int) -> keras.Model:
    """(side, side, bands) → the logit of "real"."""
    stamp = keras.Input((side, side, bands), name="stamp")
    x = stamp
    for step in range(STEPS):
        x = layers.Conv2D(width << step, 4, 2, "same", name=f"look{step}")(x)
        x = layers.LeakyReLU(0.2, name=f"look{step}_bend")(x)
    return keras.Model(stamp, layers.Dense(1, name="verdict")(layers.Flatten(name="flat")(x)), name="adversary")


def _bent(x: Any, name: str) -> Any:
    return layers.ReLU(name=f"{name}_bend")(
        layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_norm")(x)
    )


class Learner:
    """Both networks and one step of each, compiled; the loss is the non-saturating one (Goodfellow et al. 2014)."""

    def __init__(self, side: int, bands: int, width: int, latent: int, how: Any) -> None:
        self.draws, self.judge = generator(side, bands, width, latent), adversary(side, bands, width)
        self.latent, self.flip = latent, how.flip
        self._optimizers = [keras.optimizers.Adam(how.learning_rate, beta_1=0.5) for _ in range(2)]
        for each, network in zip(self._optimizers, (self.draws, self.judge), strict=True):
            each.build(network.trainable_variables)
        self.step = tf.function(self._step, jit_compile=False, reduce_retracing=True)

    def _step(self, real: tf.Tensor) -> tf.Tensor:
        """(loss of the generator, of the adversary) on one batch of asinh values."""
        noise = tf.random.normal((tf.shape(real)[0], self.latent))
        with tf.GradientTape() as drawing, tf.GradientTape() as judging:
            made = self.draws(noise, training=True)
            true, false = self.judge(real, training=True), self.judge(made, training=True)
            swapped = tf.cast(tf.random.uniform(tf.shape(true)) < self.flip, tf.float32)
            entropy = tf.nn.sigmoid_cross_entropy_with_logits
            adversary = tf.reduce_mean(entropy(1 - swapped, true)) + tf.reduce_mean(entropy(swapped, false))
            fooled = tf.reduce_mean(entropy(tf.ones_like(false), false))
        for loss, tape, network, optimizer in (
            (fooled, drawing, self.draws, self._optimizers[0]),
            (adversary, judging, self.judge, self._optimizers[1]),
        ):
            optimizer.apply(tape.gradient(loss, network.trainable_variables), network.trainable_variables)
        return tf.stack([fooled, adversary])
