"""A multilayer perceptron: two hidden layers, fully connected, that know nothing of neighbouring pixels."""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from .parts import Shape, ends


def network(shape: Shape, classes: int, published: bool = False) -> keras.Model:
    inputs = keras.Input(shape, name="stamp")
    x = layers.Flatten()(inputs)
    x = layers.Dense(128, "relu", name="hidden1")(x)
    x = layers.Dropout(0.3)(x)
    x = layers.Dense(64, "relu", name="hidden2")(x)
    return ends(inputs, x, classes, published)


class MultilayerPerceptron(Classifier):
    """The backend `mlp`."""

    def network(self, shape: Shape, classes: int) -> keras.Model:
        return network(shape, classes)
