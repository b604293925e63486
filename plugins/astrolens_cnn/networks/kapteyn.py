"""Kapteyn's residual network (Metcalf et al. 2019, §4): three stages of five convolutions, on the centre of the stamp.

Published with three classes (none, dubious, clear), whose binary answers spoilt its ROC curve, and the mean of three
networks; here one network with the classes of the labels and a continuous score. Filters 16, 32 and 64 are ours (He et
al. 2016 have them for small images).
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from ..classifier import Classifier
from .parts import Shape, ends


def network(shape: Shape, classes: int, published: bool = False) -> keras.Model:
    inputs = keras.Input(shape, name="stamp")
    x = _convolution(inputs, 16, "stem", 2)
    for stage, filters in enumerate((16, 32, 64), 1):
        x = _convolution(x, filters, f"stage{stage}_in", 1 if stage == 1 else 2)
        for block in (1, 2):
            name = f"stage{stage}_block{block}"
            y = _convolution(_convolution(x, filters, f"{name}_a"), filters, f"{name}_b", active=False)
            x = layers.ReLU()(layers.Add()([x, y]))
    x = layers.Activation("linear", name="maps")(x)
    return ends(inputs, layers.GlobalAveragePooling2D()(x), classes, published)


def _convolution(x: Any, filters: int, name: str, strides: int = 1, active: bool = True) -> Any:
    x = layers.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False, name=name)(x)
    x = layers.BatchNormalization(name=f"{name}_norm")(x)
    return layers.ReLU()(x) if active else x


class Kapteyn(Classifier):
    """The backend `kapteyn`."""

    def network(self, shape: Shape, classes: int) -> keras.Model:
        return network(shape, classes)
