"""GAMOCLASS (Metcalf et al. 2019, §4): three 3×3 convolutions with 3×3 pooling, one dense layer, dropout.

The numbers of filters are not published; 32, 64 and 128 are ours.
"""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from .parts import Shape, at_least, ends


def network(shape: Shape, classes: int, published: bool = False) -> keras.Model:
    at_least(shape, 27, "gamoclass")
    inputs = x = keras.Input(shape, name="stamp")
    for filters, name in ((32, "conv1"), (64, "conv2"), (128, "maps")):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
        x = layers.MaxPooling2D(3)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(256, "relu", name="dense")(x)
    x = layers.Dropout(0.5)(x)
    return ends(inputs, x, classes, published)


class Gamoclass(Classifier):
    """The backend `gamoclass`."""

    def network(self, shape: Shape, classes: int) -> keras.Model:
        return network(shape, classes)
