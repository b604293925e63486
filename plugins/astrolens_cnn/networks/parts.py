"""What the networks of the family share: their two ends, and a floor under the size of stamps."""

from __future__ import annotations

from typing import Any

import keras
from keras import layers

from astrolens_gui.api import UserError

Shape = tuple[int, int, int]


def ends(inputs: Any, features: Any, classes: int, published: bool = False) -> keras.Model:
    """Close a network with one logit a class, in float32 whatever the rest computes in.

    `published`: with the single sigmoid unit that most papers have instead, to count parameters by.
    """
    features = layers.Activation("linear", dtype="float32", name="features")(features)
    if published:
        return keras.Model(inputs, layers.Dense(1, "sigmoid", dtype="float32", name="score")(features))
    logits = layers.Dense(classes, dtype="float32", name="logits")(features)
    return keras.Model(inputs, {"logits": logits, "features": features})


def at_least(shape: Shape, smallest: int, name: str) -> None:
    """Refuse stamps that would be pooled away.

    Raises:
        UserError: naming the network and the smallest side that it takes.
    """
    if min(shape[:2]) < smallest:
        raise UserError(f"{name} needs stamps of at least {smallest} pixels a side, not {min(shape[:2])}; choose cnn")
