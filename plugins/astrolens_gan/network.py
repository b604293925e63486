"""The networks of the enhancer: a U-Net that is given noise besides the image, and an adversary that judges patches; knows
no data set.

Both work on asinh(flux / noise) and are convolutional throughout, without statistics over the image, so that they take any
size and an answer depends on its neighbourhood alone. Reach of the U-Net in pixels: two 3 x 3 convolutions each way at
strides 1, 2 and 4, and two at stride 8 (2 (2 + 4 + 8) + 16), and 8 for the grid of the coarsest cells: 52.
"""

from __future__ import annotations

import keras
from keras import layers

LEVELS = 3
CELL = 2**LEVELS
"""Sides are filled up to a multiple of this."""
NOISE = 2
"""Planes of noise beside the image."""


def generator(bands: int, width: int) -> keras.Model:
    """[(s, s, bands) of asinh, (s, s, NOISE) normal] → (s, s, bands): what is to be added to the first; 0 before training."""
    image = keras.Input((None, None, bands), name="image")
    noise = keras.Input((None, None, NOISE), name="noise")
    x = layers.Concatenate(name="both")([image, noise])
    widths = [width * min(2**level, 4) for level in range(LEVELS + 1)]
    fine, grain = [], noise
    for level in range(LEVELS):
        x = _block(x, widths[level], f"down{level}")
        fine.append(x)
        x = layers.AveragePooling2D(2, name=f"pool{level}")(x)
        # the mean of four has half of their scatter
        grain = layers.Rescaling(2.0, name=f"grain{level}")(layers.AveragePooling2D(2, name=f"coarse{level}")(grain))
    x = layers.Concatenate(name="bottom_noise")([x, grain])
    x = _block(x, widths[LEVELS], "bottom")
    for level in reversed(range(LEVELS)):
        x = layers.UpSampling2D(2, name=f"up{level}")(x)
        x = layers.Conv2D(widths[level], 1, name=f"narrow{level}")(x)
        x = _block(layers.Concatenate(name=f"join{level}")([x, fine[level]]), widths[level], f"rise{level}")
    added = layers.Conv2D(bands, 1, kernel_initializer="zeros", dtype="float32", name="added")(x)
    return keras.Model([image, noise], added, name="generator")


def adversary(bands: int, width: int) -> keras.Model:
    """[(s, s, bands) given, (s, s, bands) judged], both asinh → logits of "real", one for each patch of 34 px."""
    given, judged = (keras.Input((None, None, bands), name=name) for name in ("given", "judged"))
    x = layers.Concatenate(name="pair")([given, judged])
    for level in range(3):
        x = layers.Conv2D(width * 2**level, 4, 2 if level < 2 else 1, "same", name=f"look{level}")(x)
        x = layers.LeakyReLU(0.2, name=f"bend{level}")(x)
    logits = layers.Conv2D(1, 4, padding="same", dtype="float32", name="verdict")(x)
    return keras.Model([given, judged], logits, name="adversary")


def _block(x: keras.KerasTensor, width: int, name: str) -> keras.KerasTensor:
    for part in "ab":
        x = layers.Conv2D(width, 3, padding="same", kernel_initializer="he_normal", name=f"{name}{part}")(x)
        x = layers.LeakyReLU(0.1, name=f"{name}{part}_bend")(x)
    return x
