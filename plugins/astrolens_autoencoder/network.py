"""The network of the denoiser, a U-Net that answers with an image's noise, and the space in which it sees it; knows no data set.

It is convolutional throughout, without statistics over the image, so that it takes any size and an answer depends on its
neighbourhood alone. Reach in pixels: three 3 x 3 convolutions at full resolution, four at stride 2, four at stride 4 and two at
stride 8 (3 + 8 + 16 + 16), 7 for the grids of the coarser cells and 1 for the neighbours of a blind spot: 51.
"""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf
from keras import layers

LEVELS = 3
CELL = 2**LEVELS
"""Sides are filled up to a multiple of this."""
SHOT = 0.1
"""Variance that a flux of one noise adds to the sky's, in the internal space: Euclid VIS has 0.09. It sets a scale, no more."""
MOST = 6.0
"""Of `scale`: more is never taken away, so that a bright source can lose nothing that counts."""
BRIGHTEST = 3000.0
"""Of the sky's noise: where an image is brighter its pixels pass unchanged; they are measured to better than 1 % each, and few networks
have learnt from so bright ones."""
FIRST_VARIANCE = 0.1


def denoiser(bands: int, width: int) -> keras.Model:
    """(s, s, 2 bands) as `seen` → (s, s, 2 bands): noise in units of `scale`, 0 before training, and ln of its variance."""
    given = keras.Input((None, None, 2 * bands), name="given")
    x, fine = given, []
    for level in range(LEVELS):
        x = _block(x, width * (level + 1), f"down{level}", 2 if level else 1)
        fine.append(x)
        x = layers.AveragePooling2D(2, name=f"pool{level}")(x)
    x = _block(x, width * (LEVELS + 1), "bottom", 2)
    for level in reversed(range(LEVELS)):
        filters = width * (level + 1)
        x = layers.Conv2D(filters, 1, name=f"narrow{level}")(x)
        x = layers.UpSampling2D(2, name=f"up{level}")(x)
        x = _block(layers.Concatenate(name=f"join{level}")([x, fine[level]]), filters, f"rise{level}", 2)
    start = keras.initializers.Constant(math.log(FIRST_VARIANCE))
    outputs = [
        layers.Conv2D(bands, 1, kernel_initializer="zeros", bias_initializer=bias, dtype="float32", name=name)(x)
        for name, bias in (("noise", "zeros"), ("doubt", start))
    ]
    return keras.Model(given, layers.Concatenate(dtype="float32", name="both")(outputs), name="denoiser")


def scale(images: Any) -> Any:
    """Rough noise of each pixel, in units of the sky's: sqrt(1 + SHOT |x|)."""
    return tf.sqrt(1.0 + SHOT * tf.abs(images))


def seen(images: Any) -> Any:
    """What the network is shown: asinh(x), which tells faint from sky, and 2 (scale - 1) / SHOT, in which the noise is alike
    everywhere (Anscombe 1948, Biometrika 35, 246)."""
    stable = tf.sign(images) * (scale(images) - 1.0) * (2.0 / SHOT)
    return tf.concat([tf.asinh(images), stable / 4.0], -1)


def answer(network: keras.Model, images: Any, training: bool = False) -> tuple[Any, Any]:
    """(clean, variance) float32 like `images`, whose sides are multiples of CELL: the image less its noise."""
    noise, doubt = tf.split(network(seen(images), training=training), 2, -1)
    local = scale(images)
    clean = images - local * MOST * tf.tanh(noise / MOST) / (1.0 + (images / BRIGHTEST) ** 2)
    return clean, tf.exp(tf.clip_by_value(doubt, -9.0, 9.0)) * local**2


def _block(x: keras.KerasTensor, width: int, name: str, times: int) -> keras.KerasTensor:
    for part in range(times):
        x = layers.Conv2D(width, 3, padding="same", kernel_initializer="he_normal", name=f"{name}_{part}")(x)
        x = layers.LeakyReLU(0.1, name=f"{name}_{part}_bend")(x)
    return x
