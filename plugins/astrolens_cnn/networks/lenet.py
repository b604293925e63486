"""The lecture's first convolutional network, after LeNet-5 (LeCun et al. 1998): its Keras code for handwritten digits.

Two 5×5 convolutions with pooling, one dense layer of 1,000: 1,087,106 parameters with 28 × 28 × 1 pixels and ten classes, as there.
"""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from .parts import Shape, at_least, ends


def network(shape: Shape, classes: int, published: bool = False) -> keras.Model:
    at_least(shape, 16, "lenet")
    inputs = keras.Input(shape, name="stamp")
    x = layers.Conv2D(32, 5, activation="relu", name="conv1")(inputs)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(64, 5, activation="relu", name="maps")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(1000, "relu", name="dense")(x)
    return ends(inputs, x, classes, published)


class LeNet(Classifier):
    """The backend `lenet`."""

    def network(self, shape: Shape, classes: int) -> keras.Model:
        return network(shape, classes)
