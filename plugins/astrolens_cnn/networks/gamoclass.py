"""GAMOCLASS (Tuccillo, Huertas-Company, Velasco-Forero, Decencière; Metcalf et al. 2019, arXiv:1802.03609, section 4).

As published: three 3×3 convolutions, more filters each time, every one with 3×3 pooling; one dense layer with dropout; one
sigmoid unit. Not told in the text and chosen here: 32, 64 and 128 filters, 128 units, dropout 0.5, edges padded.
Normalised there in a way not told, here by asinh. Their training warmed up for 25 of at most 300 epochs and stopped after
20 without a better validation accuracy; here the step size rises in the first tenth, and the validation loss is watched.
"""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from .ends import answers, stamps

SMALLEST = 27


def network(shape: tuple[int, int, int], classes: int) -> keras.Model:
    """(size, size, bands) → logits (classes,) and features (128,)."""
    inputs = x = stamps(shape, "gamoclass", SMALLEST)
    for filters, name in ((32, "conv1"), (64, "conv2"), (128, "maps")):
        x = layers.Conv2D(filters, 3, padding="same", activation="relu", name=name)(x)
        x = layers.MaxPooling2D(3)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(128, activation="relu", name="dense")(x)
    x = layers.Dropout(0.5)(x)
    return answers(inputs, x, classes)


class Gamoclass(Classifier):
    """The backend `gamoclass`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return network(shape, classes)
