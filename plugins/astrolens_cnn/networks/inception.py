"""Inception-v3 (Szegedy et al. 2016, arXiv:1512.00567), as Keras has it, with names that a weights file can rely on.

23,851,784 parameters with three bands and 1,000 classes. The dimensions of each module are those of the paper's table 1.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from ..classifier import Classifier
from .parts import Shape, at_least, ends


class _Layers:
    """Convolutions without bias, each with a normalisation without scale behind it, numbered in order."""

    def __init__(self) -> None:
        self.number = 0

    def __call__(self, x: Any, filters: int, kernel: int | tuple[int, int], strides: int = 1, padding: str = "same"):
        self.number += 1
        name = f"conv{self.number:02d}"
        x = layers.Conv2D(filters, kernel, strides=strides, padding=padding, use_bias=False, name=name)(x)
        x = layers.BatchNormalization(scale=False, name=f"{name}_norm")(x)
        return layers.ReLU()(x)


def network(shape: Shape, classes: int, published: bool = False) -> keras.Model:
    at_least(shape, 75, "inception")
    conv = _Layers()
    inputs = keras.Input(shape, name="stamp")
    x = conv(inputs, 32, 3, 2, "valid")
    x = conv(x, 32, 3, padding="valid")
    x = conv(x, 64, 3)
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = conv(x, 80, 1, padding="valid")
    x = conv(x, 192, 3, padding="valid")
    x = layers.MaxPooling2D(3, strides=2)(x)
    for pooled in (32, 64, 64):
        x = _block35(conv, x, pooled)
    small = conv(conv(conv(x, 64, 1), 96, 3), 96, 3, 2, "valid")
    x = layers.Concatenate()([conv(x, 384, 3, 2, "valid"), small, layers.MaxPooling2D(3, strides=2)(x)])
    for filters in (128, 160, 160, 192):
        x = _block17(conv, x, filters)
    one = conv(conv(x, 192, 1), 320, 3, 2, "valid")
    two = conv(conv(conv(conv(x, 192, 1), 192, (1, 7)), 192, (7, 1)), 192, 3, 2, "valid")
    x = layers.Concatenate()([one, two, layers.MaxPooling2D(3, strides=2)(x)])
    x = _block8(conv, x, "mixed9")
    x = _block8(conv, x, "maps")
    return ends(inputs, layers.GlobalAveragePooling2D()(x), classes, published)


def _block35(conv: _Layers, x: Any, pooled: int) -> Any:
    around = layers.AveragePooling2D(3, strides=1, padding="same")(x)
    branches = [
        conv(x, 64, 1),
        conv(conv(x, 48, 1), 64, 5),
        conv(conv(conv(x, 64, 1), 96, 3), 96, 3),
        conv(around, pooled, 1),
    ]
    return layers.Concatenate()(branches)


def _block17(conv: _Layers, x: Any, filters: int) -> Any:
    seven = conv(conv(conv(x, filters, 1), filters, (1, 7)), 192, (7, 1))
    twice = conv(conv(conv(x, filters, 1), filters, (7, 1)), filters, (1, 7))
    twice = conv(conv(twice, filters, (7, 1)), 192, (1, 7))
    around = layers.AveragePooling2D(3, strides=1, padding="same")(x)
    return layers.Concatenate()([conv(x, 192, 1), seven, twice, conv(around, 192, 1)])


def _block8(conv: _Layers, x: Any, name: str) -> Any:
    narrow = conv(x, 384, 1)
    wide = conv(conv(x, 448, 1), 384, 3)
    around = layers.AveragePooling2D(3, strides=1, padding="same")(x)
    branches = [conv(x, 320, 1)]
    branches += [conv(part, 384, kernel) for part in (narrow, wide) for kernel in ((1, 3), (3, 1))]
    return layers.Concatenate(name=name)([*branches, conv(around, 192, 1)])


class Inception(Classifier):
    """The backend `inception`."""

    def network(self, shape: Shape, classes: int) -> keras.Model:
        return network(shape, classes)
