"""CAST: a contrast stretch and a Wiener filter, a small network for each triple of bands, their scores stacked.

The challenge's entries CAST-SB and CAST-GB (Metcalf et al. 2019, A&A 625, A119, §4): 0.1 % of the pixels saturated at
either end, a low-pass Wiener filter, "convolutional 2D layers with 20 5×5 filters"; on the ground one network for each of
the four triples of u, g, r, i and a support vector machine on their scores.
"""

from __future__ import annotations

import itertools
import json
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from astrolens_gui.api import Context, FitReport, TrainingSet, UserError
from astrolens_gui.kit.svm import load_arrays, save_arrays

from .. import training
from ..classifier import WEIGHTS, Classifier
from .stacking import Stack

SATURATED = 0.001
BRIGHTEST = 8.0
"""What saturates is this after the stretch: about as much as in prepared stamps, whose augmentation is meant for it."""
WIENER_PX = 3
MOST_TRIPLES = 4
MACHINE = "svm.safetensors"


def triples(bands: int) -> list[tuple[int, ...]]:
    """Channels of each network: every triple of up to four bands, neighbouring ones of more, all of fewer than three."""
    if bands < 3:
        return [tuple(range(bands))]
    if bands > 4:
        return [(first, first + 1, first + 2) for first in np.linspace(0, bands - 3, MOST_TRIPLES).round().astype(int)]
    return list(itertools.combinations(range(bands), 3))


def preprocess(stamps: np.ndarray) -> np.ndarray:
    """float32 (n, s, s, bands) → the same shape, 0..`BRIGHTEST`: each stamp's band stretched, then smoothed where it is noise.

    Wiener's filter as in Lim (1990): the local mean, plus what the local variance has above the noise's share of the
    deviation; the noise is the mean of the local variances.
    """
    from scipy.ndimage import uniform_filter

    flat = stamps.reshape(len(stamps), -1, stamps.shape[-1])
    low, high = np.quantile(flat, [SATURATED, 1 - SATURATED], axis=1)[:, :, None, None, :].astype(np.float32)
    out = BRIGHTEST * np.clip((stamps - low) / np.maximum(high - low, 1e-6), 0, 1)
    window = (0, WIENER_PX, WIENER_PX, 0)
    mean = uniform_filter(out, window)
    variance = np.maximum(uniform_filter(out * out, window) - mean * mean, 0)
    noise = variance.mean(axis=(1, 2), keepdims=True)
    return mean + (out - mean) * np.maximum(variance - noise, 0) / np.maximum(np.maximum(variance, noise), 1e-12)


class Cnn(Classifier):
    """One of the small networks."""

    def network(self, shape: tuple[int, int, int], classes: int) -> keras.Model:
        inputs = keras.Input(shape, name="stamp")
        x = layers.Conv2D(20, 5, activation="relu", name="convolution")(inputs)
        x = layers.MaxPooling2D(2, name="pool_0")(x)
        x = layers.Conv2D(20, 5, activation="relu", name="maps")(x)
        x = layers.MaxPooling2D(2, name="pool_1")(x)
        features = layers.Flatten(dtype="float32", name="features")(x)
        logits = layers.Dense(classes, dtype="float32", name="logits")(features)
        return keras.Model(inputs, {"logits": logits, "features": features})


class Cast:
    """The backend `cast`."""

    def __init__(self, params: Any) -> None:
        self.params = params
        self._members: list[tuple[tuple[int, ...], Cnn]] = []
        self._stack: Stack | None = None

    def fit(self, data: TrainingSet, fit_params: Any, ctx: Context) -> FitReport:
        """The networks share the time evenly; with one triple its own logits are the answer."""
        chosen = triples(len(data.input.bands))
        how = replace(fit_params, minutes=0.92 * fit_params.minutes / len(chosen))
        every = _prepared(data, ctx.part(0.0, 0.05))
        members, reports = [], []
        for number, channels in enumerate(chosen):
            low = 0.05 + 0.9 * number / len(chosen)
            part = _of_bands(data, every, channels, ctx.workdir / f"triple_{number}")
            member = Cnn(self.params)
            reports.append(member.fit(part, how, ctx.part(low, low + 0.9 / len(chosen)).kept(f"triple_{number}")))
            members.append((channels, member))
        self._members, self._stack = members, None
        if len(members) > 1:
            quiet = replace(ctx, on_progress=lambda _: None)  # can be cancelled

            def scores(rows: np.ndarray) -> np.ndarray:
                parts = [self._scores(every[rows[at : at + 256]], quiet) for at in range(0, len(rows), 256)]
                return np.concatenate(parts)

            self._stack = Stack.fit(scores, data, ctx.part(0.95, 1.0))
        ctx.progress(1.0, "trained")
        return training.together(reports)

    def classify(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        self._known()
        out = []
        for at in range(0, len(batch), 256):
            prepared = preprocess(np.asarray(batch[at : at + 256], np.float32))
            scores = self._scores(prepared, ctx)
            out.append(scores if self._stack is None else self._stack.logits(scores))
            ctx.progress(min(1.0, (at + 256) / len(batch)))
        return np.concatenate(out) if out else self._members[0][1].classify(batch[..., list(self._members[0][0])], ctx)

    def embed(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        self._known()
        out = [np.zeros((0, sum(cnn.features for _, cnn in self._members)), np.float32)]
        quiet = replace(ctx, on_progress=lambda _: None)
        for at in range(0, len(batch), 256):
            prepared = preprocess(np.asarray(batch[at : at + 256], np.float32))
            parts = [cnn.embed(prepared[..., list(to)], quiet) for to, cnn in self._members]
            out.append(np.concatenate(parts, axis=1))
            ctx.progress(min(1.0, (at + 256) / len(batch)))
        return np.concatenate(out)

    def save(self, folder: Path) -> None:
        self._known()
        for number, (_, cnn) in enumerate(self._members):
            with tempfile.TemporaryDirectory() as part:
                cnn.save(Path(part))
                shutil.copyfile(Path(part) / WEIGHTS, Path(folder) / _file(number))
        about = {"channels": json.dumps([list(channels) for channels, _ in self._members])}
        arrays = {} if self._stack is None else self._stack.arrays()
        save_arrays(Path(folder) / MACHINE, arrays or {"none": np.zeros(1, np.float32)}, about)

    def load(self, folder: Path) -> None:
        path = Path(folder) / MACHINE
        arrays, about = load_arrays(path)
        try:
            channels = [tuple(int(one) for one in each) for each in json.loads(about["channels"])]
            good = 1 <= len(channels) <= MOST_TRIPLES and all(
                each and 0 <= min(each) <= max(each) < 64 for each in channels
            )
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
            good = False
        if not good:
            raise UserError(f"{path}: these weights do not say which bands each network takes; train or import again")
        members = [(each, Cnn(self.params)) for each in channels]
        for number, (_, cnn) in enumerate(members):
            _load(cnn, Path(folder) / _file(number))
        stack = Stack.of_arrays(arrays, path) if len(members) > 1 else None
        if stack is not None:
            stack.check_features(len(members) * (stack.classes - 1), path)
        self._stack, self._members = stack, members

    def _scores(self, prepared: np.ndarray, ctx: Context) -> np.ndarray:
        """The logits of the only network, or of each network its log-odds of every class but the first."""
        quiet = replace(ctx, on_progress=lambda _: None)
        answers = [cnn.classify(prepared[..., list(channels)], quiet) for channels, cnn in self._members]
        if len(answers) == 1:
            return answers[0]
        return np.concatenate([answer[:, 1:] - answer[:, :1] for answer in answers], axis=1)

    def _known(self) -> None:
        if not self._members:
            raise UserError("this network has no weights yet; train it or load a model")


def _file(number: int) -> str:
    return f"triple_{number}.safetensors"


def _load(cnn: Cnn, path: Path) -> None:
    """Each network reads a folder of its own; the model's folder is flat."""
    if not path.is_file():
        raise UserError(f"{path}: the weights are missing; train or import the model again")
    with tempfile.TemporaryDirectory() as part:
        copy = Path(part) / WEIGHTS
        shutil.copyfile(path, copy)
        try:
            cnn.load(Path(part))
        except UserError as error:
            raise UserError(str(error).replace(str(copy), str(path))) from None


def _prepared(data: TrainingSet, ctx: Context) -> np.ndarray:
    """All stamps of the set after `preprocess`, in a file of the job's folder."""
    images = data.images
    ctx.workdir.mkdir(parents=True, exist_ok=True)
    out = np.lib.format.open_memmap(ctx.workdir / "prepared.npy", "w+", np.float32, images.shape)
    for at in range(0, len(images), 256):
        out[at : at + 256] = preprocess(np.asarray(images[at : at + 256]))
        ctx.progress(at / len(images), "contrast and Wiener filter")
    return out


def _of_bands(data: TrainingSet, images: np.ndarray, channels: tuple[int, ...], folder: Path) -> TrainingSet:
    """The training set with these bands of `images` in place of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    shape = (*images.shape[:-1], len(channels))
    out = np.lib.format.open_memmap(folder / "images.npy", "w+", np.float32, shape)
    for at in range(0, len(images), 256):  # never the whole set in memory
        out[at : at + 256] = images[at : at + 256][..., list(channels)]
    out.flush()
    for name in ("targets", "weights", "split"):
        np.save(folder / f"{name}.npy", np.load(data.folder / f"{name}.npy", allow_pickle=False))
    spec = replace(data.input, bands=tuple(data.input.bands[channel] for channel in channels))
    (folder / "set.json").write_text(
        json.dumps({"classes": list(data.classes), "input": spec.as_dict()}), encoding="utf-8"
    )
    return TrainingSet.open(folder)
