"""VGG16 (Simonyan and Zisserman 2014, arXiv:1409.1556, configuration D).

As published: thirteen 3×3 convolutions in five stages (64, 128, 256, 512, 512 filters), 2×2 pooling after each, two
layers of 4,096 units with dropout 0.5. At 101×101×3 pixels with 2 classes 50,382,658 weights, of which 35.7 million
stand in the two wide layers. Here: He's initialisation; the authors began with the weights of a shallower network,
because sixteen layers without normalisation hardly start from small random numbers.
"""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from .ends import answers, stamps

SMALLEST = 32
STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Filters and convolutions of each stage."""


def network(shape: tuple[int, int, int], classes: int, units: int = 4096) -> keras.Model:
    """(size, size, bands) → logits (classes,) and features (units,)."""
    inputs = x = stamps(shape, "vgg", SMALLEST)
    for stage, (filters, depth) in enumerate(STAGES, 1):
        for number in range(1, depth + 1):
            name = "maps" if (stage, number) == (5, 3) else f"stage{stage}_conv{number}"
            x = layers.Conv2D(filters, 3, padding="same", activation="relu", kernel_initializer="he_normal", name=name)(
                x
            )
        x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    for number in (1, 2):
        x = layers.Dense(units, activation="relu", kernel_initializer="he_normal", name=f"dense{number}")(x)
        x = layers.Dropout(0.5)(x)
    return answers(inputs, x, classes)


class Vgg(Classifier):
    """The backend `vgg`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return network(shape, classes)
