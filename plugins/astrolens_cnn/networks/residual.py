"""The default: a compact residual network, and its folding into one that answers faster.

Residual blocks of 3×3 convolutions (He et al. 2016, arXiv:1512.03385), down-sampled by pooling: a 1×1 convolution
with stride 2 corrupts the heap in TensorFlow 2.21's CPU kernels when trained in float32.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from astrolens_gui import kit

from ..classifier import Classifier
from ..layers import Normalisation


def network(shape: tuple[int, int, int], classes: int, params: Any, folded: bool = False) -> keras.Model:
    """(size, size, bands) → logits (classes,) float32 and features (8 · width,) float32; `params` is a
    `settings.Network`.

    `folded` leaves out batch normalisation, whose scale and offset then stand in the convolutions (see `fold`).
    """
    inputs = keras.Input(shape, name="stamp")
    return keras.Model(inputs, outputs(inputs, classes, params, folded))


def outputs(inputs: Any, classes: int, params: Any, folded: bool = False, prefix: str = "") -> dict[str, Any]:
    """The network's outputs for `inputs`; `prefix` stands before the names of its layers."""

    def convolution(x: Any, filters: int, kernel: int, name: str, stride: int = 1) -> Any:
        name = prefix + name
        x = layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=folded, name=name)(x)
        return x if folded else Normalisation(momentum=0.95, name=f"{name}_norm")(x)

    x = layers.ReLU()(convolution(inputs, params.width, 5, "stem", stride=2))
    for stage in range(4):
        if stage:
            x = layers.MaxPooling2D(2, padding="same")(x)
        for block in range(params.blocks):
            filters, name = params.width * 2**stage, f"stage{stage}_block{block}"
            skip = x if x.shape[-1] == filters else convolution(x, filters, 1, f"{name}_skip")
            x = layers.ReLU()(convolution(x, filters, 3, f"{name}_a"))
            x = convolution(x, filters, 3, f"{name}_b")
            x = layers.ReLU()(layers.Add()([x, skip]))
    features = layers.GlobalAveragePooling2D(dtype="float32", name=f"{prefix}features")(x)
    return {"logits": layers.Dense(classes, dtype="float32", name=f"{prefix}logits")(features), "features": features}


def fold(trained: keras.Model, folded: keras.Model) -> None:
    """Set the weights of the folded network: each convolution takes over the batch normalisation behind it."""
    for layer in folded.layers:
        if not layer.weights:
            continue
        weights = [np.asarray(variable) for variable in trained.get_layer(layer.name).weights]
        if isinstance(layer, layers.Conv2D):
            norm = trained.get_layer(f"{layer.name}_norm")
            gamma, beta, mean, variance = (np.asarray(variable) for variable in norm.weights)
            scale = gamma / np.sqrt(variance + norm.epsilon)
            weights = [weights[0] * scale, beta - mean * scale]
        layer.set_weights(weights)


class Residual(Classifier):
    """The backend `cnn`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        return network(shape, classes, self.params)

    def answering(self, trained: keras.Model) -> keras.Model:
        classes = trained.output["logits"].shape[-1]
        with kit.dtype_scope("float32"):
            folded = network(trained.input_shape[1:], classes, self.params, folded=True)
        fold(trained, folded)
        return folded
