"""VGG16 (Simonyan & Zisserman 2015, arXiv:1409.1556): thirteen 3×3 convolutions and three dense layers.

50,382,658 parameters with 101 × 101 × 3 pixels and two classes; no batch normalisation, as published.
"""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from .parts import Shape, at_least, ends

STAGES = ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512))
"""(convolutions, filters) before each pooling."""


def network(shape: Shape, classes: int, published: bool = False) -> keras.Model:
    at_least(shape, 32, "vgg")
    inputs = x = keras.Input(shape, name="stamp")
    for stage, (count, filters) in enumerate(STAGES, 1):
        for number in range(1, count + 1):
            last = (stage, number) == (len(STAGES), count)
            name = "maps" if last else f"stage{stage}_conv{number}"
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
        x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    for number in (1, 2):
        x = layers.Dense(4096, "relu", name=f"dense{number}")(x)
    return ends(inputs, x, classes, published)


class VGG(Classifier):
    """The backend `vgg`."""

    def network(self, shape: Shape, classes: int) -> keras.Model:
        return network(shape, classes)
