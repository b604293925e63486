"""The perceptron (Rosenblatt 1958, Psychological Review 65, 386): one unit that weighs every pixel.

As published: y = 1 where Σ w·x + b > 0, else 0, and w grows by (t - y)·x for each stamp it got wrong (`teaching.py`
does that). Here: the same unit, but its activation Σ w·x + b is kept, because ranks need more than a yes or no (the
threshold is where it is 0), and cross-entropy takes the place of the rule, which never ends on classes that no plane
separates. With more than two classes there is one unit a class.
"""

from __future__ import annotations

import keras
from keras import layers

from ..classifier import Classifier
from .ends import stamps

SMALLEST = 1


def network(shape: tuple[int, int, int], classes: int) -> keras.Model:
    """(size, size, bands) → logits (classes,); the features are the activations."""
    inputs = stamps(shape, "perceptron", SMALLEST)
    x = layers.Flatten()(inputs)
    units = 1 if classes <= 2 else classes
    activation = layers.Dense(units, kernel_initializer="zeros", dtype="float32", name="unit")(x)
    if classes == 2:  # the log-odds of the lens are the activation itself
        against = layers.Rescaling(-0.5, dtype="float32")(activation)
        for_a_lens = layers.Rescaling(0.5, dtype="float32")(activation)
        logits = layers.Concatenate(dtype="float32", name="logits")([against, for_a_lens])
    else:
        logits = layers.Activation("linear", dtype="float32", name="logits")(activation)
    return keras.Model(inputs, {"logits": logits, "features": activation})


class Perceptron(Classifier):
    """The backend `perceptron`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return network(shape, classes)
