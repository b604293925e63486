"""Inception: several kernels beside one another in each layer (Szegedy et al. 2014, arXiv:1409.4842; 2015, 1512.00567).

`v3` as published and as in keras.applications: 23,851,784 weights with three bands and 1,000 classes; eleven modules, among
them factorised 7×7 kernels (1×7, then 7×1); global average. Without its auxiliary classifier, as there. `compact` is our
own short one for small data: three modules of the first paper (1×1, 3×3, 5×5 and pooling side by side, normalised) behind
a small stem. What differs in training: Adam for RMSProp; label smoothing 0.1 as published.
"""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import layers

from ..classifier import Classifier
from .ends import answers, stamps

SMALLEST, SMALLEST_COMPACT = 75, 16
Kernel = int | tuple[int, int]


class Names:
    """Convolutions numbered in the order in which they are made, so that weights find their places again."""

    def __init__(self) -> None:
        self.count = 0

    def conv(self, x: Any, filters: int, kernel: Kernel, strides: int = 1, padding: str = "same") -> Any:
        """A convolution without offset, its normalisation without scale, a rectifier."""
        self.count += 1
        name = f"conv{self.count}"
        x = layers.Conv2D(filters, kernel, strides=strides, padding=padding, use_bias=False, name=name)(x)
        return layers.ReLU()(layers.BatchNormalization(momentum=0.9, scale=False, name=f"{name}_norm")(x))

    def chain(self, x: Any, *steps: tuple[int, Kernel]) -> Any:
        for filters, kernel in steps:
            x = self.conv(x, filters, kernel)
        return x

    def pooled(self, x: Any, filters: int) -> Any:
        return self.conv(layers.AveragePooling2D(3, strides=1, padding="same")(x), filters, 1)


def join(*branches: Any) -> Any:
    return layers.Concatenate()(list(branches))


def v3(shape: tuple[int, int, int], classes: int) -> keras.Model:
    """(size, size, bands) → logits (classes,) and features (2048,)."""
    inputs = stamps(shape, "inception (v3)", SMALLEST)
    net = Names()
    x = net.conv(inputs, 32, 3, strides=2, padding="valid")
    x = net.conv(net.conv(x, 32, 3, padding="valid"), 64, 3)
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = net.conv(net.conv(x, 80, 1, padding="valid"), 192, 3, padding="valid")
    x = layers.MaxPooling2D(3, strides=2)(x)
    for last in (32, 64, 64):  # figure 5 of the second paper: two 3×3 for a 5×5
        x = join(
            net.conv(x, 64, 1),
            net.chain(x, (48, 1), (64, 5)),
            net.chain(x, (64, 1), (96, 3), (96, 3)),
            net.pooled(x, last),
        )
    x = join(
        net.conv(x, 384, 3, strides=2, padding="valid"),
        net.conv(net.chain(x, (64, 1), (96, 3)), 96, 3, strides=2, padding="valid"),
        layers.MaxPooling2D(3, strides=2)(x),
    )
    for inside in (128, 160, 160, 192):  # figure 6: 7×7 as 1×7 and 7×1
        x = join(
            net.conv(x, 192, 1),
            net.chain(x, (inside, 1), (inside, (1, 7)), (192, (7, 1))),
            net.chain(x, (inside, 1), (inside, (7, 1)), (inside, (1, 7)), (inside, (7, 1)), (192, (1, 7))),
            net.pooled(x, 192),
        )
    x = join(
        net.conv(net.conv(x, 192, 1), 320, 3, strides=2, padding="valid"),
        net.conv(net.chain(x, (192, 1), (192, (1, 7)), (192, (7, 1))), 192, 3, strides=2, padding="valid"),
        layers.MaxPooling2D(3, strides=2)(x),
    )
    for _ in range(2):  # figure 7: 1×3 and 3×1 side by side
        middle, deep = net.conv(x, 384, 1), net.chain(x, (448, 1), (384, 3))
        x = join(
            net.conv(x, 320, 1),
            *(net.conv(middle, 384, kernel) for kernel in ((1, 3), (3, 1))),
            *(net.conv(deep, 384, kernel) for kernel in ((1, 3), (3, 1))),
            net.pooled(x, 192),
        )
    x = layers.Activation("linear", name="maps")(x)
    return answers(inputs, layers.GlobalAveragePooling2D()(x), classes)


def compact(shape: tuple[int, int, int], classes: int) -> keras.Model:
    """(size, size, bands) → logits (classes,) and features (256,)."""
    inputs = stamps(shape, "inception (compact)", SMALLEST_COMPACT)
    net = Names()
    x = net.conv(inputs, 32, 5, strides=2)
    for filters in (16, 32, 64):
        x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
        x = join(
            net.conv(x, filters, 1),
            net.chain(x, (filters, 1), (2 * filters, 3)),
            net.chain(x, (filters // 2, 1), (filters // 2, 5)),
            net.conv(layers.MaxPooling2D(3, strides=1, padding="same")(x), filters // 2, 1),
        )
    x = layers.Activation("linear", name="maps")(x)
    return answers(inputs, layers.GlobalAveragePooling2D()(x), classes)


def network(shape: tuple[int, int, int], classes: int, form: Literal["v3", "compact"] = "v3") -> keras.Model:
    return v3(shape, classes) if form == "v3" else compact(shape, classes)


class Inception(Classifier):
    """The backend `inception`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return network(shape, classes, self.params.form)
