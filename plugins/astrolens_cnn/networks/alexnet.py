"""AlexNet (Krizhevsky, Sutskever and Hinton 2012, NIPS 25), its two towers joined into one.

As published: kernels of 11, 5, 3, 3 and 3 pixels with 96, 256, 384, 384 and 256 filters, overlapping 3×3 pooling, two
layers of 4,096 units with dropout 0.5. With one tower, 227×227×3 pixels and 1,000 classes: 62,378,344 weights (with two,
whose halves of conv2, conv4 and conv5 don't meet, 60,965,224). Left out: local response normalisation, which has no
weights and was found to help nothing (Simonyan and Zisserman 2014, table 3).
"""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from .ends import answers, stamps

SMALLEST = 67


def network(shape: tuple[int, int, int], classes: int, units: int = 4096) -> keras.Model:
    """(size, size, bands) → logits (classes,) and features (units,)."""
    inputs = stamps(shape, "alexnet", SMALLEST)
    x = layers.Conv2D(96, 11, strides=4, activation="relu", name="conv1")(inputs)
    x = layers.MaxPooling2D(3, 2)(x)
    x = layers.Conv2D(256, 5, padding="same", activation="relu", name="conv2")(x)
    x = layers.MaxPooling2D(3, 2)(x)
    x = layers.Conv2D(384, 3, padding="same", activation="relu", name="conv3")(x)
    x = layers.Conv2D(384, 3, padding="same", activation="relu", name="conv4")(x)
    x = layers.Conv2D(256, 3, padding="same", activation="relu", name="maps")(x)
    x = layers.MaxPooling2D(3, 2)(x)
    x = layers.Flatten()(x)
    for number in (6, 7):
        x = layers.Dense(units, activation="relu", name=f"dense{number}")(x)
        x = layers.Dropout(0.5)(x)
    return answers(inputs, x, classes)


class AlexNet(Classifier):
    """The backend `alexnet`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return network(shape, classes)
