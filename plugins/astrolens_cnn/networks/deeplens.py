"""CMU DeepLens (Lanusse et al. 2017, arXiv:1703.02642, MNRAS 473, 3895), winner of the challenge on ground images.

46 convolutions in pre-activated bottleneck units with ELU. 3,519,489, 3,522,625 and 3,524,193 parameters with one, three and four bands and
its single sigmoid unit. A stage begins with a 1×1 convolution of stride 2; here pooling over one pixel goes before it, which is the same
function. Published images are whitened by the noise and clipped at 250 of it; here they come as asinh of the same.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from ..classifier import Classifier
from .parts import Shape, ends

STAGES = ((16, 32), (32, 64), (64, 128), (128, 256), (256, 512))
"""(inner, outer) filters of the three units of each stage."""


def network(shape: Shape, classes: int, published: bool = False) -> keras.Model:
    inputs = keras.Input(shape, name="stamp")
    x = layers.Conv2D(32, 7, padding="same", use_bias=False, name="stem")(inputs)
    x = layers.ELU()(layers.BatchNormalization(name="stem_norm")(x))
    for stage, (inner, outer) in enumerate(STAGES, 1):
        for unit in range(1, 4):
            first = (stage, unit) == (1, 1)
            x = _unit(x, inner, outer, f"stage{stage}_unit{unit}", active=first, halves=stage > 1 and unit == 1)
    x = layers.Activation("linear", name="maps")(x)
    return ends(inputs, layers.GlobalAveragePooling2D()(x), classes, published)


def _unit(x: Any, inner: int, outer: int, name: str, active: bool, halves: bool) -> Any:
    """h = 1×1 (ELU, BN), 3×3 (ELU, BN), 1×1 of a = ELU(BN(x)), plus a shortcut; `active`: x is activated already."""
    a = x if active else _activated(x, f"{name}_pre")
    if halves:
        a = layers.MaxPooling2D(1, strides=2)(a)
    shortcut = x
    if halves or x.shape[-1] != outer:
        shortcut = layers.Conv2D(outer, 1, kernel_initializer="he_normal", name=f"{name}_skip")(a)
    h = layers.Conv2D(inner, 1, use_bias=False, kernel_initializer="he_normal", name=f"{name}_in")(a)
    h = _activated(h, f"{name}_in")
    h = layers.Conv2D(inner, 3, padding="same", use_bias=False, kernel_initializer="he_normal", name=f"{name}_mid")(h)
    h = _activated(h, f"{name}_mid")
    h = layers.Conv2D(outer, 1, kernel_initializer="he_normal", name=f"{name}_out")(h)
    return layers.Add()([h, shortcut])


def _activated(x: Any, name: str) -> Any:
    return layers.ELU()(layers.BatchNormalization(name=f"{name}_norm")(x))


class DeepLens(Classifier):
    """The backend `deeplens`."""

    def network(self, shape: Shape, classes: int) -> keras.Model:
        return network(shape, classes)
