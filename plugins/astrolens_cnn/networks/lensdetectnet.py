"""LensDetectNet: an architecture with the exact counts of the lecture's network of this name.

49,714,696 parameters, 49,712,008 of them trainable, with 101 × 101 × 3 pixels and two classes. The lecture prints the
counts, not the layers; several networks have them. This one is shaped like LASTRO's: a 4×4, then 3×3 convolutions, each
normalised, all "valid".
"""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from .parts import Shape, at_least, ends

CONVOLUTIONS = (
    (32, 4, False),
    (32, 3, True),
    (64, 3, False),
    (64, 3, True),
    (128, 3, False),
    (512, 3, True),
    (512, 3, False),
)
"""(filters, kernel, pooled behind)."""


def network(shape: Shape, classes: int, published: bool = False) -> keras.Model:
    at_least(shape, 47, "lensdetectnet")
    inputs = x = keras.Input(shape, name="stamp")
    for number, (filters, kernel, pooled) in enumerate(CONVOLUTIONS, 1):
        x = layers.Conv2D(filters, kernel, name=f"conv{number}")(x)
        x = layers.BatchNormalization(name=f"conv{number}_norm")(x)
        x = layers.ReLU(name="maps" if number == len(CONVOLUTIONS) else None)(x)
        if pooled:
            x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(1858, "relu", name="dense")(x)
    x = layers.Dropout(0.5)(x)
    return ends(inputs, x, classes, published)


class LensDetectNet(Classifier):
    """The backend `lensdetectnet`."""

    def network(self, shape: Shape, classes: int) -> keras.Model:
        return network(shape, classes)
