"""AstrOmatic (E. Bertin; Metcalf et al. 2019, arXiv:1802.03609, section 4): the challenge's entry in plain TensorFlow.

As published: convolutions of 11×11, 5×5 and 3×3 pixels with 32, 64 and 64 filters, layers of 256 and 64 units, two classes;
exponential linear units; dropout of one third behind each convolution and one half behind each layer; weights drawn from a
truncated normal distribution of width 0.05. Not told there and chosen here: 2×2 pooling behind each convolution, edges
padded. Normalised there by arcsinh(10¹¹ x), here by arcsinh of the signal-to-noise. The small rotations (5° wide) of its
training are not made here; its step size, ×0.99 an epoch, follows a cosine.
"""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from .ends import answers, stamps

SMALLEST = 16


def network(shape: tuple[int, int, int], classes: int) -> keras.Model:
    """(size, size, bands) → logits (classes,) and features (64,)."""
    inputs = x = stamps(shape, "astromatic", SMALLEST)
    for filters, kernel, name in ((32, 11, "conv1"), (64, 5, "conv2"), (64, 3, "maps")):
        weights = keras.initializers.TruncatedNormal(stddev=0.05)
        x = layers.Conv2D(filters, kernel, padding="same", activation="elu", kernel_initializer=weights, name=name)(x)
        x = layers.MaxPooling2D(2)(x)
        x = layers.Dropout(1 / 3)(x)
    x = layers.Flatten()(x)
    for units in (256, 64):
        weights = keras.initializers.TruncatedNormal(stddev=0.05)
        x = layers.Dense(units, activation="elu", kernel_initializer=weights, name=f"dense{units}")(x)
        x = layers.Dropout(1 / 2)(x)
    return answers(inputs, x, classes)


class Astromatic(Classifier):
    """The backend `astromatic`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return network(shape, classes)
