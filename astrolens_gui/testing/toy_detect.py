"""A complete detector in numpy: bright blobs above a learnt threshold; what docs and tests train in a second."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np

from astrolens_gui.api import (
    MASK_SIDE,
    BackendSpec,
    Context,
    Detections,
    FitReport,
    InputSpec,
    Param,
    TrainingSet,
    hookimpl,
)

from . import toy_weights

REACH = 4
"""Pixels to each side that a pixel's brightness is summed over, and that a blob's peak must exceed."""
SIZE = 16.0
"""Pixels of a blob's box before anything is learnt."""


@dataclass(frozen=True)
class BlobParams:
    least_score: Annotated[float, Param("Finds with a lower score are not told", 0.0, 0.99)] = 0.05


@dataclass(frozen=True)
class BlobFitParams:
    epochs: Annotated[int, Param("Thresholds that are tried.", low=2, high=100)] = 12


SPEC = BackendSpec(
    id="toy-detector",
    title="Blobs above a threshold (numpy)",
    capabilities=("detect",),
    factory="astrolens_gui.testing.toy_detect:Blobs",
    input=InputSpec(size=64, normalisation="asinh_noise"),
    params=BlobParams,
    fit_params=BlobFitParams,
    run_in="thread",
    fit_in="thread",
    version="1",
    halo=2 * REACH + 2,
    doc="Takes every blob of light above a threshold for a lens; threshold and size of the box are learnt. Needs no "
    "TensorFlow: for trying the program out and for teaching.",
)


@hookimpl
def astrolens_backends() -> list[BackendSpec]:
    return [SPEC]


class Blobs:
    """Local maxima of the image summed over 9 x 9 pixels; score = 1 - exp(-brightness / threshold / 2)."""

    def __init__(self, params: BlobParams) -> None:
        self.params = params
        self.learnt = np.zeros(0, np.float32)  # (3,): threshold, width and height of a box

    def detect(self, batch: np.ndarray, ctx: Context) -> Detections:
        threshold, width, height = self._learnt()
        rows, boxes, scores = [], [], []
        for number, image in enumerate(np.asarray(batch)):
            ctx.progress(number / len(batch))
            x, y, bright = _peaks(image)
            score = 1 - np.exp(-bright / threshold / 2)
            kept = np.flatnonzero(score >= self.params.least_score)
            kept = kept[np.argsort(-score[kept], kind="stable")]
            rows.append(np.full(len(kept), number, np.int32))
            size = (np.full(len(kept), width), np.full(len(kept), height))
            boxes.append(np.stack([x[kept], y[kept], *size], axis=1))
            scores.append(score[kept])
        count = sum(len(each) for each in rows)
        disc = np.hypot(*(np.mgrid[:MASK_SIDE, :MASK_SIDE] - (MASK_SIDE - 1) / 2)) < MASK_SIDE / 2
        return Detections(
            image=np.concatenate(rows) if rows else np.zeros(0, np.int32),
            boxes=np.concatenate(boxes).astype(np.float32) if rows else np.zeros((0, 4), np.float32),
            score=np.concatenate(scores).astype(np.float32) if rows else np.zeros(0, np.float32),
            label=np.zeros(count, np.int32),
            masks=np.repeat(disc[None].astype(np.float32), count, axis=0),
        )

    def fit(self, data: TrainingSet, fit_params: BlobFitParams, ctx: Context) -> FitReport:
        rows, table = data.indices("train"), np.asarray(data.boxes)
        found = [_peaks(np.asarray(data.images[row])) for row in rows.tolist()]
        mine = [table[table[:, 0] == row, 1:5] for row in rows.tolist()]
        bright = np.concatenate([each[2] for each in found])
        right = np.concatenate([_hit(x, y, boxes) for (x, y, _), boxes in zip(found, mine, strict=True)])
        total = max(sum(len(boxes) for boxes in mine), 1)
        sizes = np.median(np.concatenate(mine), axis=0)[2:] if sum(map(len, mine)) else np.array([SIZE, SIZE])
        best, epochs = (np.inf, 1.0), []
        levels = np.quantile(bright, np.linspace(0.0, 0.99, fit_params.epochs)) if len(bright) else [1.0] * 2
        for epoch, level in enumerate(levels):
            told = bright >= level
            hits = int((right & told).sum())
            loss = 1 - 2 * hits / (int(told.sum()) + total)  # one less the F1 score
            best = min(best, (loss, max(float(level), 1e-3)))
            epochs.append({"loss": float(best[0])})
            ctx.progress((epoch + 1) / len(levels), f"threshold {epoch + 1}/{len(levels)}", loss=float(best[0]))
        self.learnt = np.array([best[1], *sizes], np.float32)
        return FitReport(epochs=tuple(epochs))

    def _learnt(self) -> tuple[float, float, float]:
        if not self.learnt.size:
            raise ValueError("this model is not trained yet: train it or load a model folder")
        threshold, width, height = (float(value) for value in self.learnt)
        return threshold, width, height

    def save(self, folder: Path) -> None:
        from safetensors.numpy import save_file

        save_file({"learnt": self.learnt}, folder / "weights.safetensors")

    def load(self, folder: Path) -> None:
        tensors = toy_weights.read(folder, "toy-detector", {"learnt"})
        if tensors["learnt"].shape != (3,):
            raise toy_weights.foreign(folder, "toy-detector")
        self.learnt = tensors["learnt"]


def _peaks(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """x, y and brightness of the local maxima of the bands' mean summed over 9 x 9 pixels."""
    from scipy.ndimage import maximum_filter, uniform_filter

    bright = uniform_filter(image.mean(axis=-1).astype(np.float64), 2 * REACH + 1, mode="constant")
    y, x = np.nonzero((bright == maximum_filter(bright, 2 * REACH + 1, mode="constant")) & (bright > 0))
    return x, y, bright[y, x]


def _hit(x: np.ndarray, y: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """bool: which peaks lie in the inner half of a box."""
    if not len(boxes):
        return np.zeros(len(x), bool)
    away = np.abs(np.stack([x, y], 1)[:, None] - boxes[None, :, :2])
    return np.asarray((away <= boxes[None, :, 2:] / 4).all(axis=2).any(axis=1))
