"""The denoiser as a backend: restores, says how odd an image is, learns, saves and loads; knows no layer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, Restored, TrainingSet, UserError

from . import certainty, network, training
from .certainty import Certainty
from .learner import hide

WEIGHTS, CERTAINTY = "weights.safetensors", "certainty.json"
PIXELS = 1 << 20
"""Of one call: what the network holds for them is about a gigabyte."""
LARGEST_WIDTH, MOST_BANDS = 128, 64
MOST_TO_MEASURE = 256
"""Held images that the certainty is taken from."""


class Autoencoder:
    """Denoising autoencoder in U-Net form, homogeneous in flux."""

    def __init__(self, params: Any) -> None:
        self.params = params
        self._trained: keras.Model | None = None
        self._certainty: Certainty | None = None
        self._answer: Any = None
        self._shape = (0, 0)

    def fit(self, data: TrainingSet, fit_params: Any, ctx: Context) -> FitReport:
        """After `load` it goes on from the loaded weights, where they fit."""
        if fit_params.mode == "pairs" and data.wanted is None:
            raise UserError(
                "there are no wanted images to learn from; make pairs with `astrolens pairs`, or choose blind_spot"
            )
        alone = data.wanted is None or fit_params.mode == "blind_spot"
        bands, width = len(data.input.bands), int(self.params.width)
        start = self._trained if self._shape == (bands, width) else None
        trained, report = training.train(width, data, alone, fit_params, ctx.part(0.0, 0.95), start)
        self._take(trained, bands, width)
        self._certainty = self._measure(data, alone, fit_params.hidden, ctx.part(0.95, 1.0))
        return report

    def restore(self, batch: np.ndarray, ctx: Context) -> Restored:
        """One answer an image, and its standard error by brightness; no draws: it does not invent."""
        images = self._checked(batch)
        answer = self._ask(images, ctx)
        assert self._certainty is not None
        mean = self._certainty.combined(images, answer)
        return Restored(mean, self._certainty.sigma(answer), np.zeros((len(mean), 0, *mean.shape[1:]), np.float32))

    def anomaly(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """How coherent the difference between image and answer is: the logarithm of its mean square after a 3 x 3 mean,
        in units of what white noise of unit variance has there."""
        images = self._checked(batch)
        away = images - self._ask(images, ctx)
        smooth = sum(np.roll(away, (dy, dx), axis=(1, 2)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)) / 3.0
        square = np.square(smooth.astype(np.float64))[:, 1:-1, 1:-1].mean(axis=(1, 2, 3))
        return np.log(np.maximum(square, 1e-12)).astype(np.float32)

    def save(self, folder: Path) -> None:
        if self._trained is None or self._certainty is None:
            raise UserError("this denoiser has no weights yet; train it or load a model")
        bands, width = self._shape
        kit.save_keras(self._trained, Path(folder) / WEIGHTS, {"bands": str(bands), "width": str(width)})
        about = {name: getattr(self._certainty, name).tolist() for name in ("error", "own")}
        (Path(folder) / CERTAINTY).write_text(json.dumps(about), encoding="utf-8")

    def load(self, folder: Path) -> None:
        path = Path(folder) / WEIGHTS
        _, about = kit.read_header(path)
        try:
            bands, width = int(about["bands"]), int(about["width"])
        except (KeyError, ValueError):
            raise UserError(f"{path}: these weights do not say which network they are for") from None
        if not (1 <= bands <= MOST_BANDS and 1 <= width <= LARGEST_WIDTH):
            raise UserError(f"{path}: no network has {bands} bands and {width} filters")
        known = _read(Path(folder) / CERTAINTY)
        made = network.denoiser(bands, width)
        kit.load_keras(made, path)
        self._take(made, bands, width)
        self._certainty = known

    def _checked(self, batch: np.ndarray) -> np.ndarray:
        if self._trained is None:
            raise UserError("this denoiser has no weights yet; train it or load a model")
        images = np.asarray(batch, np.float32)
        if images.ndim != 4 or images.shape[3] != self._shape[0]:
            raise UserError(
                f"this denoiser takes images of {self._shape[0]} bands, not an array of shape {images.shape}"
            )
        return images

    def _ask(self, images: np.ndarray, ctx: Context) -> np.ndarray:
        """The network's answer, mean over the symmetries, float32 like the images."""
        height, width = images.shape[1:3]
        padded = ((0, 0), (0, -height % network.CELL), (0, -width % network.CELL), (0, 0))
        given, answer = np.pad(images, padded, mode="reflect"), np.empty(images.shape, np.float32)
        at_once = max(1, PIXELS // (given.shape[1] * given.shape[2]))
        turns = [(turn, mirror) for mirror in (False, True) for turn in range(4)][: int(self.params.symmetries)]
        with kit.device_scope(ctx):
            for start in range(0, len(images), at_once):
                part = given[start : start + at_once]
                total = np.zeros(part.shape, np.float64)
                for turn, mirror in turns:
                    total += _back(self._answer(tf.constant(_turned(part, turn, mirror))).numpy(), turn, mirror)
                answer[start : start + len(part)] = (total / len(turns))[:, :height, :width]
                ctx.progress(min((start + len(part)) / len(images), 1.0))
        return answer

    def _measure(self, data: TrainingSet, alone: bool, share: float, ctx: Context) -> Certainty:
        """By images that were not learnt from; where none are held, by some that were."""
        rows = data.indices("validation")
        rows = (rows if len(rows) else data.indices("train"))[:MOST_TO_MEASURE]
        images = np.asarray(data.images[rows], np.float32)
        quiet = replace(ctx, on_progress=lambda _: None)
        if not alone:
            wanted = np.where(images != 0, np.asarray(data.wanted[rows], np.float32), np.nan)  # type: ignore[index]
            answer = self._ask(images, quiet)
            noise = _noise_of(wanted)
            return certainty.measured(answer, wanted, noise)
        random = np.random.default_rng(ctx.seed & 0xFFFFFFFF)
        answers, seen = [], []
        for _ in range(2):
            given, asked = hide(images, share, random)
            hidden = (asked > 0) & (images != 0)
            answers.append(self._ask(given, quiet)[hidden])
            seen.append(images[hidden])
        return certainty.blind(np.concatenate(answers), np.concatenate(seen))

    def _take(self, trained: keras.Model, bands: int, width: int) -> None:
        """Make a network the one that answers, in float32."""
        with kit.dtype_scope("float32"):
            same = network.denoiser(bands, width)
        same.set_weights([np.asarray(each) for each in trained.weights])
        self._trained, self._shape = same, (bands, width)
        self._answer = tf.function(lambda given: same(given, training=False), reduce_retracing=True)


def _noise_of(wanted: np.ndarray) -> float:
    """Variance of white noise in the wanted images (a second exposure has its own), from differences of neighbours' middle half;
    near 0 for clean ones."""
    away = np.diff(wanted, 2, axis=2)
    away = away[np.isfinite(away)]
    if not away.size:
        return 0.0
    low, high = np.quantile(away, [0.25, 0.75])
    return float(((high - low) / 1.349) ** 2 / 6)  # of differences 1, -2, 1


def _read(path: Path) -> Certainty:
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        arrays = [np.array(about[name], np.float64) for name in ("error", "own")]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} can't be read ({error}); restore the file or train again") from None
    if any(each.shape != certainty.EDGES.shape or not np.isfinite(each).all() for each in arrays):
        raise UserError(f"{path} does not say how sure this denoiser is; restore the file or train again")
    return Certainty(np.maximum(arrays[0], 0.0), np.clip(arrays[1], 0.0, 1.0))


def _turned(images: np.ndarray, turn: int, mirror: bool) -> np.ndarray:
    seen = images[:, :, ::-1] if mirror else images
    return np.ascontiguousarray(np.rot90(seen, turn, axes=(1, 2)))


def _back(images: np.ndarray, turn: int, mirror: bool) -> np.ndarray:
    seen = np.rot90(images, -turn, axes=(1, 2))
    return seen[:, :, ::-1] if mirror else seen
