"""CAS Swinburne (Jacobs et al. 2017, arXiv:1704.02744; Metcalf et al. 2019, arXiv:1802.03609, section 4).

As published: convolutions of 11×11, 5×5 and 3×3 pixels with 96, 128 and 256 filters, batch normalisation behind the
first, 3×3 pooling behind each, two layers of 1,024 units with dropout 0.5; SGD with Nesterov's momentum 0.9 and step size
0.01, some 30 epochs, each stamp in three rotations. What differs: two logits for its one sigmoid unit, all eight
symmetries, normalised by asinh. The edges are padded, as in later re-implementations.
"""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from ..layers import Normalisation
from .ends import answers, stamps

SMALLEST = 27


def network(shape: tuple[int, int, int], classes: int) -> keras.Model:
    """(size, size, bands) → logits (classes,) and features (1024,)."""
    inputs = x = stamps(shape, "swinburne", SMALLEST)
    for filters, kernel, name in ((96, 11, "conv1"), (128, 5, "conv2"), (256, 3, "maps")):
        x = layers.Conv2D(filters, kernel, padding="same", activation="relu", name=name)(x)
        if name == "conv1":
            x = Normalisation(momentum=0.9, name="conv1_norm")(x)
        x = layers.MaxPooling2D(3)(x)
    x = layers.Flatten()(x)
    for number in (1, 2):
        x = layers.Dense(1024, activation="relu", name=f"dense{number}")(x)
        x = layers.Dropout(0.5)(x)
    return answers(inputs, x, classes)


class Swinburne(Classifier):
    """The backend `swinburne`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return network(shape, classes)
