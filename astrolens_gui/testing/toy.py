"""A complete backend in numpy: logistic regression on ring features; what docs and tests train in a second."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import numpy as np

from astrolens_gui.api import BackendSpec, Context, FitReport, Param, TrainingSet, hookimpl

from . import toy_weights


@dataclass(frozen=True)
class ToyParams:
    rings: Annotated[int, Param("Number of rings around the centre whose brightness is measured.", low=2, high=32)] = 8


@dataclass(frozen=True)
class ToyFitParams:
    epochs: Annotated[int, Param("Passes over the training set.", low=1, high=10_000)] = 200
    learning_rate: Annotated[float, Param("Step of the gradient descent.", low=1e-6, high=10)] = 0.5


@hookimpl
def astrolens_backends() -> list[BackendSpec]:
    return [
        BackendSpec(
            id="toy",
            title="Ring features + logistic regression (numpy)",
            capabilities=("classify", "embed", "explain", "gradient"),
            factory="astrolens_gui.testing.toy:ToyBackend",
            params=ToyParams,
            fit_params=ToyFitParams,
            fit_in="process",
            run_in="thread",
            version="1",
            doc="The brightness and the scatter in rings around the centre, weighed by logistic regression. Trains in "
            "a second, needs no TensorFlow: for trying the program out and for teaching, not for finding lenses.",
        ),
    ]


class ToyBackend:
    """Softmax regression on ring means and ring scatters, both standardised."""

    def __init__(self, params: ToyParams) -> None:
        self.params = params
        self.weights = np.zeros((0, 0), np.float32)  # (features + 1, classes); the last row is the bias
        self.centre = np.zeros(0, np.float32)
        self.width = np.zeros(0, np.float32)

    def embed(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """float32 (N, size, size, bands) → float32 (N, 2·rings·bands): mean and scatter in each ring."""
        n, height, width, bands = batch.shape
        features = np.empty((n, self.params.rings, 2, bands), np.float32)
        for ring, inside in enumerate(self._rings(height, width)):
            pixels = batch[:, inside, :].astype(np.float64)
            features[:, ring, 0] = pixels.mean(axis=1) if inside.any() else 0
            features[:, ring, 1] = pixels.std(axis=1) if inside.any() else 0
        return features.reshape(n, -1)

    def _rings(self, height: int, width: int) -> list[np.ndarray]:
        """bool (height, width) for each ring: its pixels."""
        y, x = np.mgrid[:height, :width]
        radius = np.hypot(y - (height - 1) / 2, x - (width - 1) / 2)
        edges = np.linspace(0, min(height, width) / 2, self.params.rings + 1)
        return [(radius >= low) & (radius < high) for low, high in pairwise(edges)]

    def classify(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        if not self.weights.size:
            raise ValueError("this model is not trained yet: train it or load a model folder")
        return (self._design(self.embed(batch, ctx)) @ self.weights).astype(np.float32)

    def gradient(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """d(log-odds of the last class)/d(pixel), by hand: the mean of n pixels moves by 1/n of one, their scatter s by
        (pixel - mean) / (n s)."""
        n, height, width, bands = batch.shape
        z = self.classify(batch, ctx).astype(np.float64)
        share = np.exp(z[:, :-1] - np.logaddexp.reduce(z[:, :-1], axis=1)[:, None])
        by_class = np.concatenate([-share, np.ones((n, 1))], axis=1)
        by_feature = (by_class @ self.weights[:-1].T.astype(np.float64)) / self.width
        by_feature = by_feature.reshape(n, self.params.rings, 2, bands)
        made = np.zeros(batch.shape)
        for ring, inside in enumerate(self._rings(height, width)):
            pixels = batch[:, inside, :].astype(np.float64)
            if not pixels.shape[1]:
                continue
            away = pixels - pixels.mean(axis=1, keepdims=True)
            scatter = np.maximum(pixels.std(axis=1, keepdims=True), 1e-12)
            by_mean, by_scatter = by_feature[:, None, ring, 0], by_feature[:, None, ring, 1]
            made[:, inside, :] = (by_mean + by_scatter * away / scatter) / pixels.shape[1]
        return made.astype(np.float32)

    def explain(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """Where pixel times gradient is positive, as a share of the largest: what the brightness there did for a lens."""
        spoke = np.maximum((self.gradient(batch, ctx) * batch).sum(axis=-1), 0)
        largest = spoke.max(axis=(1, 2), keepdims=True)
        return np.divide(spoke, largest, out=np.zeros_like(spoke), where=largest > 0).astype(np.float32)

    def _design(self, features: np.ndarray) -> np.ndarray:
        standard = (features - self.centre) / self.width
        return np.concatenate([standard, np.ones((len(standard), 1), np.float32)], axis=1).astype(np.float64)

    def fit(self, data: TrainingSet, fit_params: ToyFitParams, ctx: Context) -> FitReport:
        rows = data.indices("train")
        features = np.concatenate(
            [self.embed(data.images[part], ctx) for part in np.array_split(rows, len(rows) // 256 + 1)]
        )
        self.centre, self.width = features.mean(axis=0), features.std(axis=0) + 1e-6
        design, targets = self._design(features), np.asarray(data.targets[rows], np.float64)
        weights = np.asarray(data.weights[rows], np.float64)
        weights /= weights.sum()
        theta = np.zeros((design.shape[1], len(data.classes)))
        epochs = []
        for epoch in range(fit_params.epochs):
            logits = design @ theta
            logits -= logits.max(axis=1, keepdims=True)
            log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            loss = float(-(weights[:, None] * targets * log_p).sum())
            theta -= fit_params.learning_rate * (
                design.T @ (weights[:, None] * (np.exp(log_p) - targets)) + 1e-3 * theta
            )
            epochs.append({"loss": loss})
            ctx.progress((epoch + 1) / fit_params.epochs, f"epoch {epoch + 1}/{fit_params.epochs}", loss=loss)
        self.weights = theta.astype(np.float32)
        return FitReport(epochs=tuple(epochs))

    def save(self, folder: Path) -> None:
        from safetensors.numpy import save_file

        save_file({"weights": self.weights, "centre": self.centre, "width": self.width}, folder / "weights.safetensors")

    def load(self, folder: Path) -> None:
        tensors = toy_weights.read(folder, "toy", {"weights", "centre", "width"})
        if len(tensors["weights"]) != len(tensors["centre"]) + 1:
            raise toy_weights.foreign(folder, "toy")
        self.weights, self.centre, self.width = tensors["weights"], tensors["centre"], tensors["width"]
