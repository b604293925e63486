"""LensDetectNet: a network with the exact weight counts that the lecture prints (49,714,696; 49,712,008 trainable).

The lecture (C. R. Bom, "Deep Learning Applications in Astronomy") prints the counts, not the layers, and the counts do
not identify one network. This is the plainest that has them at 101×101×3 pixels: seven convolutions without padding,
each with batch normalisation (1,344 channels, so 2,688 running means and variances), 1,858 units, dropout, 2 classes.
Its recipe is that of the public port of the lecture's notebook (SGD, 64 stamps a batch, 50 epochs), with the momentum
that it builds and does not use.
"""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from ..layers import Normalisation
from .ends import answers, stamps

SMALLEST = 53
CONVOLUTIONS = ((32, 4, False), (32, 3, True), (64, 3, False), (64, 3, True), (128, 3, False), (512, 3, True))
"""Filters, kernel, and whether 2×2 pooling follows; one more convolution of 512 filters ends them."""


def network(shape: tuple[int, int, int], classes: int) -> keras.Model:
    """(size, size, bands) → logits (classes,) and features (1858,)."""
    inputs = x = stamps(shape, "lensdetectnet", SMALLEST)
    for number, (filters, kernel, pooled) in enumerate((*CONVOLUTIONS, (512, 3, False)), 1):
        x = layers.Conv2D(filters, kernel, name=f"conv{number}")(x)
        x = Normalisation(momentum=0.9, name=f"conv{number}_norm")(x)
        x = layers.ReLU(name="maps" if number == 7 else None)(x)
        x = layers.MaxPooling2D(2)(x) if pooled else x
    x = layers.Flatten()(x)
    x = layers.Dense(1858, activation="relu", name="dense")(x)
    x = layers.Dropout(0.5)(x)
    return answers(inputs, x, classes)


class LensDetectNet(Classifier):
    """The backend `lensdetectnet`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return network(shape, classes)
