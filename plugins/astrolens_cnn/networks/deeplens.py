"""CMU DeepLens (Lanusse et al. 2017, arXiv:1703.02642), the winner of the challenge on ground-based images.

As published: a 7×7 stem with 32 filters at full resolution, five stages of three pre-activated bottlenecks (He et al.
2016, arXiv:1603.05027) with exponential linear units, global average, one sigmoid unit: 3,519,489 weights with one band,
3,522,625 with three, 3,524,193 with four; 46 convolutions. What differs: the first 1×1 convolutions of stages 2 to 5
have stride 2 there; here every second pixel is taken first (pooling of size 1 and stride 2), which is the same function
(trained with the stride, TensorFlow 2.21 corrupts the heap). Normalised there by the mean image and the noise of the
training set, clipped at 250 sigma; here by asinh. Batches there hold 128 stamps, which take 7 GB at 101 pixels.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from ..classifier import Classifier
from ..layers import Normalisation
from .ends import answers, stamps

SMALLEST = 16
STAGES = ((16, 32), (32, 64), (64, 128), (128, 256), (256, 512))
"""Filters inside and at the end of the bottlenecks of each stage."""


def convolution(filters: int, kernel: int, name: str, bias: bool = True) -> layers.Layer:
    return layers.Conv2D(filters, kernel, padding="same", use_bias=bias, kernel_initializer="he_normal", name=name)


def activated(x: Any, name: str) -> Any:
    return layers.ELU(name=f"{name}_elu")(Normalisation(momentum=0.9, name=f"{name}_norm")(x))


def unit(x: Any, inside: int, outside: int, name: str, down: bool, preactivated: bool) -> Any:
    before = x if preactivated else activated(x, f"{name}_in")
    if down:
        before = layers.MaxPooling2D(1, strides=2)(before)
    h = activated(convolution(inside, 1, f"{name}_a", bias=False)(before), f"{name}_a")
    h = activated(convolution(inside, 3, f"{name}_b", bias=False)(h), f"{name}_b")
    h = convolution(outside, 1, f"{name}_c")(h)
    same = x.shape[-1] == outside and not down
    skip = x if same else convolution(outside, 1, f"{name}_skip")(before)
    return layers.Add(name=f"{name}_out")([h, skip])


def network(shape: tuple[int, int, int], classes: int) -> keras.Model:
    """(size, size, bands) → logits (classes,) and features (512,)."""
    inputs = stamps(shape, "deeplens", SMALLEST)
    x = layers.Conv2D(32, 7, padding="same", use_bias=False, name="stem")(inputs)
    x = activated(x, "stem")
    for stage, (inside, outside) in enumerate(STAGES, 1):
        for number in range(1, 4):
            first = number == 1
            name = f"stage{stage}_unit{number}"
            x = unit(x, inside, outside, name, down=first and stage > 1, preactivated=first and stage == 1)
    x = layers.Activation("linear", name="maps")(x)
    return answers(inputs, layers.GlobalAveragePooling2D()(x), classes)


class DeepLens(Classifier):
    """The backend `deeplens`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return network(shape, classes)
