"""The denoiser as a backend: restores, says how odd an image is, learns, saves and loads; knows no layer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, Restored, TrainingSet, UserError

from . import blindspot, network, training

WEIGHTS = "weights.safetensors"
PIXELS = 1 << 19
"""Of one call: what the network holds for them is below a gigabyte."""
LARGEST_WIDTH, MOST_BANDS = 128, 64
ODD = 0.05
"""Share of an image whose residuals say how odd it is: a ring or a trail is a small part of a stamp."""


class Autoencoder:
    """U-Net that answers with an image's noise, so that what it leaves is the image, linear in flux."""

    def __init__(self, params: Any) -> None:
        self.params = params
        self._trained: training.Trained | None = None
        self._answer: Any = None
        self._shape = (0, 0)

    def fit(self, data: TrainingSet, fit_params: Any, ctx: Context) -> FitReport:
        """After `load` it goes on from the loaded weights, where they fit."""
        bands, width = len(data.input.bands), int(self.params.width)
        start = self._trained.network if self._trained is not None and self._shape == (bands, width) else None
        trained, report = training.train(width, data, fit_params, ctx, start)
        self._take(trained, bands, width)
        return report

    def restore(self, batch: np.ndarray, ctx: Context) -> Restored:
        """`mean`: the batch less its noise; `sigma`: its standard error, brought to that of images that were held out while it
        learnt; no draws, for it has one answer only."""
        mean, sigma = self._run(batch, ctx)
        return Restored(mean, sigma, np.zeros((len(mean), 0, *mean.shape[1:]), np.float32))

    def anomaly(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """Reconstruction error in sigma: (image - answer) / (noise of the place), summed over cells of 2 x 2 px in quadrature of
        the bands; root mean square of the worst 5 % of a stamp."""
        batch = np.asarray(batch, np.float32)
        mean, _ = self._run(batch, ctx)
        left = (batch - mean) / np.sqrt(1 + self._known().shot * np.maximum(mean, 0))
        many, high, wide, bands = left.shape
        high, wide = high // 2 * 2, wide // 2 * 2
        cells = left[:, :high, :wide].reshape(many, high // 2, 2, wide // 2, 2, bands).sum(axis=(2, 4)) / 2
        power = np.sort((cells.astype(np.float64) ** 2).mean(axis=-1).reshape(many, -1), axis=1)
        worst = max(1, round(ODD * power.shape[1]))
        return np.sqrt(power[:, -worst:].mean(axis=1)).astype(np.float32)

    def save(self, folder: Path) -> None:
        trained, (bands, width) = self._known(), self._shape
        about = {"bands": bands, "width": width, "mode": trained.mode, "factor": trained.factor}
        about["shot"] = trained.shot.tolist()
        kit.save_keras(trained.network, Path(folder) / WEIGHTS, {"about": json.dumps(about)})

    def load(self, folder: Path) -> None:
        path = Path(folder) / WEIGHTS
        _, header = kit.read_header(path)
        try:
            about = json.loads(header["about"])
            bands, width, factor = int(about["bands"]), int(about["width"]), float(about["factor"])
            shot, mode = np.array(about["shot"], np.float32), str(about["mode"])
        except (KeyError, ValueError, TypeError):
            raise UserError(f"{path}: these weights do not say which network they are for") from None
        fits = 1 <= bands <= MOST_BANDS and 1 <= width <= LARGEST_WIDTH and 0 < factor < 1e3
        if not fits or shot.shape != (bands,) or not np.isfinite(shot).all() or (shot < 0).any():
            raise UserError(f"{path}: no denoiser is like what these weights say of themselves; train or import again")
        made = network.denoiser(bands, width)
        kit.load_keras(made, path)
        self._take(training.Trained(made, mode, shot, factor), bands, width)

    def _known(self) -> training.Trained:
        if self._trained is None:
            raise UserError("this denoiser has no weights yet; train it or load a model")
        return self._trained

    def _take(self, trained: training.Trained, bands: int, width: int) -> None:
        """Make a network the one that answers, in float32."""
        with kit.dtype_scope("float32"):
            same = network.denoiser(bands, width)
        same.set_weights([np.asarray(each) for each in trained.network.weights])
        self._trained = training.Trained(same, trained.mode, trained.shot, trained.factor)
        self._shape = (bands, width)
        blind, shot = trained.mode == "blind_spot", tf.constant(trained.shot)

        def answer(images: Any) -> Any:
            return blindspot.answer(same, images, shot, trained.factor) if blind else network.answer(same, images)

        self._answer = tf.function(answer, jit_compile=False, reduce_retracing=True)

    def _run(self, batch: np.ndarray, ctx: Context) -> tuple[np.ndarray, np.ndarray]:
        """(mean, sigma) float32 like the batch."""
        trained, (bands, _) = self._known(), self._shape
        batch = np.asarray(batch, np.float32)
        if batch.ndim != 4 or batch.shape[3] != bands:
            raise UserError(f"this denoiser takes images of {bands} bands, not an array of shape {batch.shape}")
        count, height, width, _ = batch.shape
        views = range(0, 8, 8 // int(self.params.symmetries))
        mean, variance = np.zeros_like(batch), np.zeros_like(batch)
        at_once = max(1, PIXELS // (height * width))
        with kit.device_scope(ctx):
            for start in range(0, count, at_once):
                part = slice(start, start + at_once)
                for view in views:
                    seen = training.filled(_turned(batch[part], view))
                    high, wide = (width, height) if view & 1 else (height, width)
                    clean, doubt = (each.numpy()[:, :high, :wide] for each in self._answer(tf.constant(seen)))
                    mean[part] += _back(clean, view) / len(views)
                    variance[part] += _back(doubt, view) / len(views)
                ctx.progress(min((start + at_once) / count, 1.0))
        # A blind network's is applied before its answer is joined with the pixel's own value.
        return mean, np.sqrt(variance * np.float32(1 if trained.mode == "blind_spot" else trained.factor))


def _turned(images: np.ndarray, view: int) -> np.ndarray:
    """One of the eight symmetries: transposed where the view is odd, then mirrored in rows by 4, in columns by 2."""
    made = images.transpose(0, 2, 1, 3) if view & 1 else images
    return made[:, :: -1 if view & 4 else 1, :: -1 if view & 2 else 1]


def _back(images: np.ndarray, view: int) -> np.ndarray:
    made = images[:, :: -1 if view & 4 else 1, :: -1 if view & 2 else 1]
    return made.transpose(0, 2, 1, 3) if view & 1 else made
