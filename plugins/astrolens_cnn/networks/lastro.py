"""LASTRO EPFL (Schaefer et al. 2018, arXiv:1705.07132, "baseline"), the winner of the challenge on space-based images.

As published: eight convolutions without padding (4×4, then 3×3; 16, 16, 32, 32, 64, 64, 128, 128 filters), three layers
of 1,024 units, one sigmoid unit; a rectifier scaled and shifted so that normal numbers keep mean 0 and variance 1; in
the authors' code each pooling is followed by a scale and an offset a channel, which the paper's table has not. 5,674,145
trainable weights with one band in the code; without `scaled` 5,677,217 in all with four bands, as in the table.

What differs: batch normalisation is Keras's (theirs follows slower and slower means); the share dropped is constant
(theirs grows to one half, half of the way in 2,000 steps); an answer is that of the stamp as it lies unless
`symmetries` asks for more (theirs is the product of the probabilities of all eight). Normalised there by one mean and
one deviation of all pixels, here by asinh.
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import layers

from ..classifier import Classifier
from ..layers import Normalisation
from .ends import answers, stamps

SMALLEST = 62


def rectified(x: Any, name: str | None = None) -> Any:
    """(√(2π) max(0, x) - 1) / √(π - 1): mean 0 and variance 1 of a normal x stay so."""
    scale = math.sqrt(math.pi - 1)
    return layers.Rescaling(math.sqrt(2 * math.pi) / scale, -1 / scale, name=name)(layers.ReLU()(x))


def spread(fan_in: int) -> keras.initializers.Initializer:
    """Normal weights that give each unit variance 1."""
    return keras.initializers.RandomNormal(stddev=1 / math.sqrt(fan_in))


def convolution(x: Any, filters: int, kernel: int, name: str, last: str | None = None) -> Any:
    weights = spread(kernel * kernel * x.shape[-1])
    return rectified(layers.Conv2D(filters, kernel, kernel_initializer=weights, name=name)(x), last)


def dense(x: Any, name: str) -> Any:
    return rectified(layers.Dense(1024, kernel_initializer=spread(x.shape[-1]), name=name)(x))


def network(shape: tuple[int, int, int], classes: int, dropout: float = 0.25, scaled: bool = True) -> keras.Model:
    """(size, size, bands) → logits (classes,) and features (1024,)."""
    inputs = x = stamps(shape, "lastro", SMALLEST)
    for stage, filters in enumerate((16, 32, 64), 1):
        x = convolution(x, filters, 4 if stage == 1 else 3, f"conv{2 * stage - 1}")
        x = convolution(x, filters, 3, f"conv{2 * stage}")
        x = layers.MaxPooling2D(2, padding="same")(x)
        if scaled:  # the mean and the deviation of the largest of four are those of one again
            x = layers.DepthwiseConv2D(
                1,
                depthwise_initializer=keras.initializers.Constant(0.83),
                bias_initializer=keras.initializers.Constant(-0.92),
                name=f"scale{stage}",
            )(x)
        x = Normalisation(momentum=0.9, name=f"norm{stage}")(x)
    x = layers.Dropout(dropout)(x)
    x = layers.Dropout(dropout)(convolution(x, 128, 3, "conv7"))
    x = convolution(x, 128, 3, "conv8", last="maps")
    x = layers.Dropout(dropout)(Normalisation(momentum=0.9, name="norm4")(x))
    x = layers.Flatten()(x)
    x = layers.Dropout(dropout)(dense(x, "dense1"))
    x = layers.Dropout(dropout)(dense(x, "dense2"))
    x = layers.BatchNormalization(momentum=0.9, name="norm5")(dense(x, "dense3"))
    return answers(inputs, x, classes)


class Lastro(Classifier):
    """The backend `lastro`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return network(shape, classes, self.params.dropout, self.params.scaled)
