"""AlexNet (Krizhevsky, Sutskever & Hinton 2012) on a single tower, without its local response normalisation.

62,378,344 parameters with 227 × 227 × 3 pixels and 1,000 classes.
"""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from .parts import Shape, at_least, ends


def network(shape: Shape, classes: int, published: bool = False) -> keras.Model:
    at_least(shape, 67, "alexnet")
    inputs = keras.Input(shape, name="stamp")
    x = layers.Conv2D(96, 11, strides=4, activation="relu", name="conv1")(inputs)
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = layers.Conv2D(256, 5, padding="same", activation="relu", name="conv2")(x)
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = layers.Conv2D(384, 3, padding="same", activation="relu", name="conv3")(x)
    x = layers.Conv2D(384, 3, padding="same", activation="relu", name="conv4")(x)
    x = layers.Conv2D(256, 3, padding="same", activation="relu", name="maps")(x)
    x = layers.MaxPooling2D(3, strides=2)(x)
    x = layers.Flatten()(x)
    for number in (6, 7):
        x = layers.Dense(4096, "relu", name=f"dense{number}")(x)
        x = layers.Dropout(0.5)(x)
    return ends(inputs, x, classes, published)


class AlexNet(Classifier):
    """The backend `alexnet`."""

    def network(self, shape: Shape, classes: int) -> keras.Model:
        return network(shape, classes)
