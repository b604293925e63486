"""Kapteyn Resnet (Petrillo, Koopmans, Verdoes Kleijn, Tortora, Vernardos; Metcalf et al. 2019, arXiv:1802.03609).

As published: a residual network of three stages with five blocks each (He et al. 2016, arXiv:1512.03385, section 4.2: 32
layers, 16, 32 and 64 filters), 80×80 pixels, three classes (no lens, dubious, clear: more than 160 pixels of arc), the mean
of three networks; stretched as STIFF does. What differs: two classes, since truth tables here know two (with three in the
training set it has three); one network, whose seeds `voting` may combine; normalised by asinh. Skips that change the
shape take every second pixel and fill the new channels with zeros (option A there): they have no weights.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from ..classifier import Classifier
from ..layers import Normalisation
from .ends import answers, stamps

SMALLEST = 16
BLOCKS = 5


def convolution(x: Any, filters: int, stride: int, name: str) -> Any:
    """A 3×3 convolution and its normalisation, which stands for the offset."""
    x = layers.Conv2D(
        filters, 3, strides=stride, padding="same", use_bias=False, kernel_initializer="he_normal", name=name
    )(x)
    return Normalisation(momentum=0.9, name=f"{name}_norm")(x)


def block(x: Any, filters: int, name: str) -> Any:
    skip, new = x, filters - x.shape[-1]
    if new:
        skip = ops.pad(layers.MaxPooling2D(1, strides=2)(x), ((0, 0), (0, 0), (0, 0), (new // 2, new - new // 2)))
    h = layers.ReLU()(convolution(x, filters, 2 if new else 1, f"{name}_a"))
    return layers.Add()([convolution(h, filters, 1, f"{name}_b"), skip])


def network(shape: tuple[int, int, int], classes: int) -> keras.Model:
    """(size, size, bands) → logits (classes,) and features (64,)."""
    inputs = stamps(shape, "kapteyn", SMALLEST)
    x = layers.ReLU()(convolution(inputs, 16, 1, "stem"))
    for stage, filters in enumerate((16, 32, 64), 1):
        for number in range(1, BLOCKS + 1):
            x = block(x, filters, f"stage{stage}_block{number}")
            x = layers.ReLU(name="maps" if (stage, number) == (3, BLOCKS) else None)(x)
    return answers(inputs, layers.GlobalAveragePooling2D()(x), classes)


class Kapteyn(Classifier):
    """The backend `kapteyn`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return network(shape, classes)
