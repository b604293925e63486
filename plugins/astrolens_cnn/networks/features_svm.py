"""The features of the trained default network, judged by a support vector machine; knows no layer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import Context, FitReport, TrainingSet, UserError
from astrolens_gui.kit.svm import load_arrays, save_arrays

from .residual import Residual
from .stacking import Stack

MACHINE = "svm.safetensors"


class FeaturesSvm:
    """The backend `cnn-svm`."""

    def __init__(self, params: Any) -> None:
        self.params = params
        self._cnn = Residual(params)
        self._stack: Stack | None = None

    def fit(self, data: TrainingSet, fit_params: Any, ctx: Context) -> FitReport:
        """Nine tenths of the time are for the network."""
        cnn = Residual(self.params)
        report = cnn.fit(data, replace(fit_params, minutes=0.9 * fit_params.minutes), ctx.part(0.0, 0.9))

        quiet = replace(ctx, on_progress=lambda _: None)  # can be cancelled

        def features(rows: np.ndarray) -> np.ndarray:
            parts = [rows[at : at + 256] for at in range(0, len(rows), 256)]
            return np.concatenate([cnn.embed(data.images[part], quiet) for part in parts])

        stack = Stack.fit(features, data, ctx.part(0.9, 1.0))
        self._cnn, self._stack = cnn, stack
        return report

    def classify(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        return self._known().logits(self._cnn.embed(batch, ctx))

    def embed(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        return self._cnn.embed(batch, ctx)

    def save(self, folder: Path) -> None:
        save_arrays(Path(folder) / MACHINE, self._known().arrays())
        self._cnn.save(folder)

    def load(self, folder: Path) -> None:
        path = Path(folder) / MACHINE
        stack, cnn = Stack.of_arrays(load_arrays(path)[0], path), Residual(self.params)
        cnn.load(folder)
        stack.check_features(cnn.features, path)
        self._cnn, self._stack = cnn, stack

    def _known(self) -> Stack:
        if self._stack is None:
            raise UserError("this network has no weights yet; train it or load a model")
        return self._stack
