"""Horizontal and vertical wavelet responses, their modulus, and a small network on it.

The challenge's entry NeuralNet2 (Metcalf et al. 2019, A&A 625, A119, §4): a Mallat wavelet with a kernel of 4 pixels, the
input sqrt(H² + V²), two convolutions of 32 3×3 filters with dropout and pooling, three dense layers. The wavelet is the
quadratic spline of Mallat & Zhong (1992) and stands in the network as a convolution that does not learn.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers, ops

from ..classifier import Classifier

SMOOTH = (0.125, 0.375, 0.375, 0.125)
SLOPE = (0.0, -2.0, 2.0, 0.0)
_LEAST = 1e-6
"""Added to the modulus, whose slope at 0 would be infinite."""


def kernels(bands: int) -> np.ndarray:
    """float32 (4, 4, bands, 2 · bands): for each band its horizontal, then for each its vertical response."""
    across = np.outer(SMOOTH, SLOPE)  # axis 0 is y: smooth along y, slope along x
    out = np.zeros((4, 4, bands, 2 * bands), np.float32)
    for band in range(bands):
        out[:, :, band, band], out[:, :, band, bands + band] = across, across.T
    return out


def modulus(inputs: Any) -> Any:
    """(…, size, size, bands) → (…, size - 3, size - 3, bands): sqrt(H² + V²) of every band, 0 where nothing changes."""
    bands = inputs.shape[-1]
    fixed = layers.Conv2D(2 * bands, 4, use_bias=False, trainable=False, dtype="float32", name="wavelet")
    both = fixed(inputs)
    fixed.set_weights([kernels(bands)])
    square = ops.square(both)
    return ops.sqrt(square[..., :bands] + square[..., bands:] + _LEAST**2) - _LEAST


class Wavelet(Classifier):
    """The backend `wavelet`."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        inputs = keras.Input(shape, name="stamp")
        x = modulus(inputs)
        for number in range(2):
            x = layers.Conv2D(32, 3, activation="relu", name="maps" if number else "convolution")(x)
            x = layers.Dropout(0.2, name=f"drop_{number}")(x)
            x = layers.MaxPooling2D(2, name=f"pool_{number}")(x)
        x = layers.Flatten(name="flat")(x)
        x = layers.Dense(128, activation="relu", name="dense_1")(x)
        features = layers.Dense(64, activation="relu", dtype="float32", name="features")(x)
        logits = layers.Dense(classes, dtype="float32", name="logits")(features)
        return keras.Model(inputs, {"logits": logits, "features": features})
