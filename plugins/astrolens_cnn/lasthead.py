"""Tuning of a trained network's last layer alone: a regression on the features it gives, held near what it was; knows
arrays, no network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

PULLS = (100.0, 10.0, 1.0, 0.1)
"""How hard the layer is pulled back to what it was, from the firmest; the validation stamps choose."""
STEPS = 300


@dataclass(frozen=True)
class Layer:
    """logits = features @ kernel (D, classes) + bias (classes,), both float64."""

    kernel: np.ndarray
    bias: np.ndarray

    def logits(self, features: np.ndarray) -> np.ndarray:
        return np.asarray(features, np.float64) @ self.kernel + self.bias


@dataclass(frozen=True)
class Graded:
    """Features (N, D) of some stamps, their targets (N, classes), rows that sum to 1, and weights (N,)."""

    features: np.ndarray
    targets: np.ndarray
    weights: np.ndarray

    def loss(self, layer: Layer) -> float:
        """Weighted cross-entropy with the targets."""
        log = _log_softmax(layer.logits(self.features))
        return float(-(self.weights[:, None] * self.targets * log).sum() / self.weights.sum())


def tune(before: Layer, train: Graded, held: Graded) -> tuple[Layer, list[dict[str, float]]]:
    """The layer with the smallest loss on the held stamps among several pulls, and one dict of numbers for each.

    Minimises Σ w · cross-entropy / Σ w + pull / (2 N) · ‖(layer - before) · σ‖², with σ the features' deviations: the
    firmer the pull, the less the new grades can bend. With nothing held the firmest is taken.
    """
    scale = np.maximum(np.asarray(train.features, np.float64).std(axis=0), 1e-9)
    best, least, said = before, held.loss(before) if len(held.weights) else np.inf, []
    for pull in PULLS:
        layer = _fit(before, train, pull / len(train.weights), scale)
        numbers = {"loss": train.loss(layer), "pull": pull}
        if len(held.weights):
            numbers["val_loss"] = held.loss(layer)
        said.append(numbers)
        if numbers.get("val_loss", 0.0) < least:
            best, least = layer, numbers.get("val_loss", 0.0)
        if not len(held.weights):
            break
    return best, said


def _fit(before: Layer, data: Graded, pull: float, scale: np.ndarray) -> Layer:
    shape, cut = before.kernel.shape, before.kernel.size
    features, share = np.asarray(data.features, np.float64) / scale, data.weights / data.weights.sum()
    start = np.concatenate([(before.kernel * scale[:, None]).ravel(), before.bias])

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        log = _log_softmax(features @ values[:cut].reshape(shape) + values[cut:])
        away = values - start
        slope = share[:, None] * (np.exp(log) * data.targets.sum(axis=1, keepdims=True) - data.targets)
        gradient = np.concatenate([(features.T @ slope).ravel(), slope.sum(axis=0)]) + pull * away
        return float(-(share[:, None] * data.targets * log).sum() + pull / 2 * away @ away), gradient

    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS}).x
    return Layer(found[:cut].reshape(shape) / scale[:, None], found[cut:])


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    top = logits - logits.max(axis=1, keepdims=True)
    return top - np.log(np.exp(top).sum(axis=1, keepdims=True))
