"""The lecture's network for handwritten digits, after LeNet-5 (LeCun et al. 1998, Proc. IEEE 86, 2278).

As taught: 5×5 convolutions with 32 and 64 filters, each with 2×2 max pooling, 1,000 rectified units, 10 classes; at
28×28 pixels and one band 832 + 51,264 + 1,025,000 + 10,010 = 1,087,106 weights. Here the same at any size: at 101
pixels the layer of 1,000 units has 31 million of them. LeCun's own had 6 and 16 filters, average pooling and tanh.
"""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from .ends import answers, stamps

SMALLEST = 16


def network(shape: tuple[int, int, int], classes: int) -> keras.Model:
    """(size, size, bands) → logits (classes,) and features (1000,)."""
    inputs = stamps(shape, "lenet", SMALLEST)
    x = layers.Conv2D(32, 5, activation="relu", name="conv1")(inputs)
    x = layers.MaxPooling2D(2, 2)(x)
    x = layers.Conv2D(64, 5, activation="relu", name="maps")(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(1000, activation="relu", name="dense")(x)
    return answers(inputs, x, classes)


class LeNet(Classifier):
    """The backend `lenet`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return network(shape, classes)
