"""Where the networks of this folder begin and end alike: the smallest stamp they take, and two outputs; knows no layer
in between."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from astrolens_gui.api import UserError


def stamps(shape: tuple[int, int, int], name: str, smallest: int) -> Any:
    """The input of network `name`: (size, size, bands).

    Raises:
        UserError: the stamps are smaller than `smallest` pixels, at which its last feature map is one pixel.
    """
    if shape[0] < smallest:
        raise UserError(
            f"the network {name} needs stamps of at least {smallest} pixels a side and these have {shape[0]}; "
            "cut larger stamps or choose another network"
        )
    return keras.Input(shape, name="stamp")


def answers(inputs: Any, features: Any, classes: int) -> keras.Model:
    """The network that ends in `classes` logits (before softmax) of its features (N, D); both float32.

    A network that was published with one sigmoid unit is that network with `classes` = 1; with two classes it has
    one more weight a feature and one more offset, and its softmax is the sigmoid of the difference of its logits.
    """
    features = layers.Activation("linear", dtype="float32", name="features")(features)
    logits = layers.Dense(classes, dtype="float32", name="logits")(features)
    return keras.Model(inputs, {"logits": logits, "features": features})
