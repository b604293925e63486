"""The shapes a backend's class must have; a backend need not inherit from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from .answers import Detections, Restored
from .context import Context
from .types import FitReport, TrainingSet


@runtime_checkable
class Backend(Protocol):
    """Every backend. The constructor stores its params and does nothing else."""

    def __init__(self, params: Any) -> None: ...

    def save(self, folder: Path) -> None:
        """Write weights into an existing folder: safetensors or npy, never pickle."""

    def load(self, folder: Path) -> None:
        """Rebuild from a folder that `save` wrote; raise ValueError with one sentence when it does not fit."""


@runtime_checkable
class Classifies(Backend, Protocol):
    def classify(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """float32 (N, size, size, bands), finite → float32 (N, classes): unnormalised log-probabilities (logits).

        The host applies the calibration stored with the model. The input is read-only; N batches of 1 give what
        one batch of N gives.
        """


@runtime_checkable
class Embeds(Backend, Protocol):
    def embed(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """float32 (N, size, size, bands) → float32 (N, D): features of the penultimate layer."""


@runtime_checkable
class Explains(Backend, Protocol):
    def explain(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """float32 (N, size, size, bands) → float32 (N, size, size): how much each place spoke for a lens.

        Not negative, and at most 1, which the strongest place of a stamp has; all 0 where nothing spoke for a lens.
        The lens is the last class, as in every training set that the program makes.
        """


@runtime_checkable
class Differentiates(Backend, Protocol):
    def gradient(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """float32 (N, size, size, bands) → float32 of the same shape: the derivative of the lens log-odds by each value.

        With z what `classify` returns for the same stamp, the log-odds are z[-1] - logsumexp(z[:-1]): the lens is the
        last class. The input is read-only; no calibration enters.
        """


@runtime_checkable
class Detects(Backend, Protocol):
    def detect(self, batch: np.ndarray, ctx: Context) -> Detections:
        """float32 (N, size, size, bands), finite → what is in each image, without doubles.

        The host cuts large images into overlapping tiles and joins the answers, so what is said of a place may depend on
        what lies within `BackendSpec.halo` pixels of it and on nothing farther away.
        """


@runtime_checkable
class Restores(Backend, Protocol):
    def restore(self, batch: np.ndarray, ctx: Context) -> Restored:
        """float32 (N, size, size, bands), finite → the images as they would be without noise, or sharper.

        Any even size of at least 32 px, whatever it was trained on; linear in flux; a pixel's answer depends on what
        lies within `BackendSpec.halo` pixels of it. The host joins tiles and puts units, WCS and gaps back.
        """


@runtime_checkable
class Wonders(Backend, Protocol):
    def anomaly(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """float32 (N, size, size, bands) → float32 (N,): how unlike the training images each stamp is, largest oddest."""


@runtime_checkable
class Simulates(Backend, Protocol):
    def simulate(self, out: Path, count: int, ctx: Context) -> Path:
        """Write `count` FITS files and a truth table (ID,is_lens,…) below `out`; return the table's path.

        Same `ctx.seed`, same bytes.
        """


@runtime_checkable
class Trainable(Backend, Protocol):
    def fit(self, data: TrainingSet, fit_params: Any, ctx: Context) -> FitReport:
        """Train on `data.indices("train")`, watch "validation"; afterwards `self` answers and saves as trained.

        `data.kind` is "classes" for what classifies, "boxes" for what detects, "pairs" for what restores.

        Calls `ctx.progress` at least once an epoch with `loss=…`.
        """
