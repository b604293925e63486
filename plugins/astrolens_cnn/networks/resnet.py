"""ResNet50 (He et al. 2016, arXiv:1512.03385, table 1) as in keras.applications: 23,591,810 weights with three bands and
2 classes, 53,120 of them running means and variances.

As published: a 7×7 stem with stride 2, 3×3 pooling, four stages of 3, 4, 6 and 3 bottlenecks (1×1, 3×3, 1×1), global
average. Here: where a 1×1 convolution has stride 2, every second pixel is taken first (pooling of size 1 and stride 2)
and the convolution follows with stride 1. That is the same function; trained with the stride, TensorFlow 2.21 corrupts
the heap.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from ..classifier import Classifier
from ..layers import Normalisation
from .ends import answers, stamps

SMALLEST = 16
STAGES = ((64, 3), (128, 4), (256, 6), (512, 3))
"""Filters and bottlenecks of each stage; a bottleneck gives four times its filters."""


def convolution(x: Any, filters: int, kernel: int, name: str) -> Any:
    x = layers.Conv2D(filters, kernel, padding="same", name=name)(x)
    return Normalisation(momentum=0.9, epsilon=1.001e-5, name=f"{name}_norm")(x)


def bottleneck(x: Any, filters: int, name: str, first: bool, down: bool) -> Any:
    if down:
        x = layers.MaxPooling2D(1, strides=2)(x)
    skip = convolution(x, 4 * filters, 1, f"{name}_skip") if first else x
    x = layers.ReLU()(convolution(x, filters, 1, f"{name}_a"))
    x = layers.ReLU()(convolution(x, filters, 3, f"{name}_b"))
    x = convolution(x, 4 * filters, 1, f"{name}_c")
    return layers.Add()([skip, x])


def network(shape: tuple[int, int, int], classes: int) -> keras.Model:
    """(size, size, bands) → logits (classes,) and features (2048,)."""
    inputs = stamps(shape, "resnet", SMALLEST)
    x = layers.ZeroPadding2D(3)(inputs)
    x = layers.Conv2D(64, 7, strides=2, name="stem")(x)
    x = layers.ReLU()(Normalisation(momentum=0.9, epsilon=1.001e-5, name="stem_norm")(x))
    x = layers.MaxPooling2D(3, strides=2)(layers.ZeroPadding2D(1)(x))
    for stage, (filters, depth) in enumerate(STAGES, 1):
        for block in range(1, depth + 1):
            first = block == 1
            x = bottleneck(x, filters, f"stage{stage}_block{block}", first, down=first and stage > 1)
            last = (stage, block) == (len(STAGES), depth)
            x = layers.ReLU(name="maps" if last else None)(x)
    return answers(inputs, layers.GlobalAveragePooling2D()(x), classes)


class ResNet(Classifier):
    """The backend `resnet`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return network(shape, classes)
