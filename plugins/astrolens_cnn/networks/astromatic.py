"""AstrOmatic (Bertin's entry of the challenge; Metcalf et al. 2019, §4): three wide convolutions with ELU and two dense layers."""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from .parts import Shape, at_least, ends


def network(shape: Shape, classes: int, published: bool = False) -> keras.Model:
    at_least(shape, 26, "astromatic")
    inputs = x = keras.Input(shape, name="stamp")
    for filters, kernel, name in ((32, 11, "conv1"), (64, 5, "conv2"), (64, 3, "maps")):
        x = layers.Conv2D(filters, kernel, padding="same", activation="elu", name=name)(x)
        x = layers.MaxPooling2D(2)(x)
        x = layers.Dropout(1 / 3)(x)
    x = layers.Flatten()(x)
    for units, name in ((256, "dense1"), (64, "dense2")):
        x = layers.Dense(units, "elu", name=name)(x)
        x = layers.Dropout(0.5)(x)
    return ends(inputs, x, classes, published)


class AstrOmatic(Classifier):
    """The backend `astromatic`."""

    def network(self, shape: Shape, classes: int) -> keras.Model:
        return network(shape, classes)
