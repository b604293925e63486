"""The denoiser's network: a U-Net without any offset; knows no data set.

Convolutions without offsets, ReLUs and means of pixels are homogeneous: an image of twice the flux gives twice the answer,
at any noise (Mohan et al. 2020, arXiv:1906.05478, §4). It is convolutional throughout, without statistics over the image, so
that it takes any size and an answer depends on its neighbourhood alone: two 3 x 3 convolutions each way at strides 1, 2 and
4, two at stride 8 (2 (2 + 4 + 8) + 16), and 8 for the grid of the coarsest cells: 52 pixels.
"""

from __future__ import annotations

import keras
from keras import layers

LEVELS = 3
CELL = 2**LEVELS
"""Sides are filled up to a multiple of this."""


def denoiser(bands: int, width: int) -> keras.Model:
    """(s, s, bands) in units of the noise → (s, s, bands): the image without its noise; 0 before training."""
    image = keras.Input((None, None, bands), name="image")
    widths = [width * min(2**level, 4) for level in range(LEVELS + 1)]
    x, fine = image, []
    for level in range(LEVELS):
        x = _block(x, widths[level], f"down{level}")
        fine.append(x)
        x = layers.AveragePooling2D(2, name=f"pool{level}")(x)
    x = _block(x, widths[LEVELS], "bottom")
    for level in reversed(range(LEVELS)):
        x = layers.UpSampling2D(2, name=f"up{level}")(x)
        x = layers.Conv2D(widths[level], 1, use_bias=False, name=f"narrow{level}")(x)
        x = _block(layers.Concatenate(name=f"join{level}")([x, fine[level]]), widths[level], f"rise{level}")
    signal = layers.Conv2D(bands, 1, use_bias=False, kernel_initializer="zeros", dtype="float32", name="signal")(x)
    return keras.Model(image, signal, name="denoiser")


def _block(x: keras.KerasTensor, width: int, name: str) -> keras.KerasTensor:
    for part in "ab":
        x = layers.Conv2D(
            width, 3, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"{name}{part}"
        )(x)
        x = layers.LeakyReLU(0.1, name=f"{name}{part}_bend")(x)
    return x
