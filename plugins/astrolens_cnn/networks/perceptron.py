"""The perceptron (Rosenblatt 1958): one weighted sum of all pixels, without a hidden layer.

Rosenblatt's unit answers 0 or 1 by a hard threshold; what is ranked here is its weighted sum, which that threshold
cuts. It learns by the slope of the likelihood instead of his rule, which never settles where classes overlap.
"""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from .parts import Shape, ends


def network(shape: Shape, classes: int, published: bool = False) -> keras.Model:
    """size² · bands weights and a bias for each output."""
    inputs = keras.Input(shape, name="stamp")
    return ends(inputs, layers.Flatten()(inputs), classes, published)


class Perceptron(Classifier):
    """The backend `perceptron`."""

    def network(self, shape: Shape, classes: int) -> keras.Model:
        return network(shape, classes)
