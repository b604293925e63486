"""ResNet-50 (He et al. 2016, arXiv:1512.03385), as Keras has it: 23,591,810 parameters with three bands and two classes.

A stage begins with a 1×1 convolution of stride 2. Here pooling over one pixel with stride 2 goes before it: the same function of the same
parameters, whose training does not crash TensorFlow 2.21 on a CPU.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from ..classifier import Classifier
from .parts import Shape, at_least, ends

STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
"""(inner filters, blocks); each block gives four times as many."""


def network(shape: Shape, classes: int, published: bool = False) -> keras.Model:
    at_least(shape, 32, "resnet")
    inputs = keras.Input(shape, name="stamp")
    x = layers.ZeroPadding2D(3)(inputs)
    x = layers.Conv2D(64, 7, strides=2, name="stem")(x)
    x = layers.ReLU()(_norm(x, "stem"))
    x = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))
    for stage, (filters, blocks) in enumerate(STAGES, 1):
        for block in range(1, blocks + 1):
            x = _block(x, filters, f"stage{stage}_block{block}", first=block == 1, halves=stage > 1 and block == 1)
    x = layers.Activation("linear", name="maps")(x)
    return ends(inputs, layers.GlobalAveragePooling2D()(x), classes, published)


def _norm(x: Any, name: str) -> Any:
    return layers.BatchNormalization(epsilon=1.001e-5, name=f"{name}_norm")(x)


def _block(x: Any, filters: int, name: str, first: bool, halves: bool) -> Any:
    """1×1, 3×3, 1×1, added to what came in."""
    if halves:
        x = layers.MaxPooling2D(1, strides=2)(x)
    skip = _norm(layers.Conv2D(4 * filters, 1, name=f"{name}_skip")(x), f"{name}_skip") if first else x
    x = layers.ReLU()(_norm(layers.Conv2D(filters, 1, name=f"{name}_in")(x), f"{name}_in"))
    x = layers.ReLU()(_norm(layers.Conv2D(filters, 3, padding="same", name=f"{name}_mid")(x), f"{name}_mid"))
    x = _norm(layers.Conv2D(4 * filters, 1, name=f"{name}_out")(x), f"{name}_out")
    return layers.ReLU()(layers.Add()([skip, x]))


class ResNet(Classifier):
    """The backend `resnet`."""

    def network(self, shape: Shape, classes: int) -> keras.Model:
        return network(shape, classes)
