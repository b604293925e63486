"""The enhancer as a backend: restores, learns, saves and loads; knows no layer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, Restored, TrainingSet, UserError

from . import network, training

WEIGHTS = "weights.safetensors"
PIXELS = 1 << 19
"""Of one call, draws included: what the network holds for them is about a gigabyte."""
GRAIN = 16
"""The noise repeats after so many pixels: the host's tiles begin at multiples of it, so that a place has the same noise in all."""
LARGEST_WIDTH, MOST_BANDS = 128, 64


class Gan:
    """Conditional adversarial enhancer (Schawinski et al. 2017, arXiv:1702.00403), linear in flux at both ends."""

    def __init__(self, params: Any) -> None:
        self.params = params
        self._trained: keras.Model | None = None
        self._answer: Any = None
        self._shape = (0, 0)

    def fit(self, data: TrainingSet, fit_params: Any, ctx: Context) -> FitReport:
        """After `load` it goes on from the loaded weights, where they fit."""
        bands, width = len(data.input.bands), int(self.params.width)
        start = self._trained if self._shape == (bands, width) else None
        trained, report = training.train(width, data, fit_params, ctx, start)
        self._take(trained, bands, width)
        return report

    def restore(self, batch: np.ndarray, ctx: Context) -> Restored:
        """`params.draws` answers an image; `mean` is theirs, `sigma` their scatter (NaN of a single one). Network input is
        asinh(flux / noise), its answer goes back through sinh. Tiles of one image join without a seam, draw by draw, where
        they begin at multiples of `GRAIN` pixels, for their noise is the same."""
        bands, _ = self._shape
        if self._trained is None:
            raise UserError("this enhancer has no weights yet; train it on pairs or load a model")
        batch = np.asarray(batch, np.float32)
        if batch.ndim != 4 or batch.shape[3] != bands:
            raise UserError(f"this enhancer takes images of {bands} bands, not an array of shape {batch.shape}")
        count, height, width, _ = batch.shape
        many = int(self.params.draws)
        draws = np.empty((count, many, height, width, bands), np.float32)
        padded = [(0, -side % network.CELL) for side in (height, width)]
        noise = _noise(many, height + padded[0][1], width + padded[1][1], ctx.seed)
        at_once = max(1, PIXELS // (noise.shape[1] * noise.shape[2]))
        with kit.device_scope(ctx):
            for row in range(count):
                given = np.pad(np.arcsinh(batch[row]), (*padded, (0, 0)), mode="reflect")
                for start in range(0, many, at_once):
                    part = noise[start : start + at_once]
                    added = self._answer(tf.constant(np.repeat(given[None], len(part), 0)), tf.constant(part)).numpy()
                    draws[row, start : start + len(part)] = np.sinh(given + added)[:, :height, :width]
                ctx.progress((row + 1) / count)
        scatter = draws.std(axis=1, ddof=1) if many > 1 else np.full(batch.shape, np.nan)
        return Restored(draws.mean(axis=1), np.asarray(scatter, np.float32), draws)

    def save(self, folder: Path) -> None:
        if self._trained is None:
            raise UserError("this enhancer has no weights yet; train it on pairs or load a model")
        bands, width = self._shape
        kit.save_keras(self._trained, Path(folder) / WEIGHTS, {"bands": str(bands), "width": str(width)})

    def load(self, folder: Path) -> None:
        path = Path(folder) / WEIGHTS
        _, about = kit.read_header(path)
        try:
            bands, width = int(about["bands"]), int(about["width"])
        except (KeyError, ValueError):
            raise UserError(f"{path}: these weights do not say which network they are for") from None
        if not (1 <= bands <= MOST_BANDS and 1 <= width <= LARGEST_WIDTH):
            raise UserError(f"{path}: no network has {bands} bands and {width} filters")
        made = network.generator(bands, width)
        kit.load_keras(made, path)
        self._take(made, bands, width)

    def _take(self, trained: keras.Model, bands: int, width: int) -> None:
        """Make a network the one that answers, in float32."""
        with kit.dtype_scope("float32"):
            same = network.generator(bands, width)
        same.set_weights([np.asarray(each) for each in trained.weights])
        self._trained, self._shape = same, (bands, width)
        self._answer = tf.function(lambda given, noise: same([given, noise], training=False), reduce_retracing=True)


def _noise(many: int, height: int, width: int, seed: int) -> np.ndarray:
    """float32 (many, height, width, NOISE), normal; a draw's depends on its number, the place and the seed, on no image."""
    cells = [
        np.random.default_rng([seed & 0xFFFFFFFF, draw]).standard_normal((GRAIN, GRAIN, network.NOISE), np.float32)
        for draw in range(many)
    ]
    return np.tile(np.stack(cells), (1, -(-height // GRAIN), -(-width // GRAIN), 1))[:, :height, :width]
