"""LASTRO-EPFL (Schaefer et al. 2018, arXiv:1705.07132), winner of the challenge on space images.

Eight "valid" convolutions (101 → 5 pixels) and three dense layers of 1,024. 5,677,217 parameters in all with four bands
and its single sigmoid unit; the published code has 224 more, which its paper does not explain. Published with scaled and
shifted ReLUs, batches of 15 + 15 and the product of the eight turned answers; here plain ReLUs.
"""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from .parts import Shape, at_least, ends


def network(shape: Shape, classes: int, published: bool = False) -> keras.Model:
    at_least(shape, 62, "lastro")
    inputs = x = keras.Input(shape, name="stamp")
    for stage, (filters, kernel) in enumerate(((16, 4), (32, 3), (64, 3)), 1):
        x = layers.Conv2D(filters, kernel, activation="relu", name=f"conv{stage}a")(x)
        x = layers.Conv2D(filters, 3, activation="relu", name=f"conv{stage}b")(x)
        x = layers.MaxPooling2D(2)(x)
        x = layers.BatchNormalization(name=f"norm{stage}")(x)
    x = layers.Dropout(0.5)(x)
    x = layers.Conv2D(128, 3, activation="relu", name="conv4a")(x)
    x = layers.Dropout(0.5)(x)
    x = layers.Conv2D(128, 3, activation="relu", name="maps")(x)
    x = layers.BatchNormalization(name="norm4")(x)
    x = layers.Dropout(0.5)(x)
    x = layers.Flatten()(x)
    for number in (1, 2, 3):
        x = layers.Dense(1024, "relu", name=f"dense{number}")(x)
        if number < 3:
            x = layers.Dropout(0.5)(x)
    x = layers.BatchNormalization(name="norm5")(x)
    return ends(inputs, x, classes, published)


class Lastro(Classifier):
    """The backend `lastro`."""

    def network(self, shape: Shape, classes: int) -> keras.Model:
        return network(shape, classes)
