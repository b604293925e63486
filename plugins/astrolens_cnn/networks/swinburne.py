"""CAS Swinburne (Jacobs et al. 2017, arXiv:1704.02744; Metcalf et al. 2019, §4): three convolutions after AlexNet, two
dense layers of 1,024."""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from .parts import Shape, at_least, ends


def network(shape: Shape, classes: int, published: bool = False) -> keras.Model:
    at_least(shape, 27, "swinburne")
    inputs = x = keras.Input(shape, name="stamp")
    for filters, kernel, name in ((96, 11, "conv1"), (128, 5, "conv2"), (256, 3, "maps")):
        x = layers.Conv2D(filters, kernel, padding="same", activation="relu", name=name)(x)
        if name == "conv1":
            x = layers.BatchNormalization(name="norm1")(x)
        x = layers.MaxPooling2D(3)(x)
    x = layers.Flatten()(x)
    for number in (1, 2):
        x = layers.Dense(1024, "relu", name=f"dense{number}")(x)
        x = layers.Dropout(0.5)(x)
    return ends(inputs, x, classes, published)


class Swinburne(Classifier):
    """The backend `swinburne`."""

    def network(self, shape: Shape, classes: int) -> keras.Model:
        return network(shape, classes)
