"""The multilayer perceptron: every pixel to every unit, layer upon layer (Rumelhart, Hinton and Williams 1986,
Nature 323, 533).

As published: sigmoid units, learnt by back-propagation (`teaching.py` follows one step by hand). Here: rectified units
by default, which learn faster (Glorot, Bordes and Bengio 2011), and logits in the last layer. It knows nothing of
neighbours: shuffle the pixels of all stamps alike and it learns as well.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from ..classifier import Classifier
from .ends import answers, stamps

SMALLEST = 1


def network(
    shape: tuple[int, int, int], classes: int, hidden: int = 128, depth: int = 2, activation: str = "relu"
) -> keras.Model:
    """(size, size, bands) → logits (classes,) and features (hidden,)."""
    inputs = stamps(shape, "mlp", SMALLEST)
    x: Any = layers.Flatten()(inputs)
    for layer in range(depth):
        x = layers.Dense(hidden, activation=activation, name=f"hidden{layer + 1}")(x)
    return answers(inputs, x, classes)


class Mlp(Classifier):
    """The backend `mlp`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return network(shape, classes, self.params.hidden, self.params.depth, self.params.activation)
