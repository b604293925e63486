"""A complete restorer in numpy: a Gaussian filter whose width is learnt; what docs and tests train in a second."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np

from astrolens_gui.api import BackendSpec, Context, FitReport, InputSpec, Param, Restored, TrainingSet, hookimpl

from . import toy_weights

REACH = 16
"""Pixels that the filter looks to each side."""


@dataclass(frozen=True)
class SmootherParams:
    draws: Annotated[int, Param("Answers an image, each of the image with some more noise.", low=0, high=64)] = 4


@dataclass(frozen=True)
class SmootherFitParams:
    epochs: Annotated[int, Param("Steps of the search for the best width.", low=2, high=100)] = 12


SPEC = BackendSpec(
    id="toy-restorer",
    title="Gaussian filter of a learnt width (numpy)",
    capabilities=("restore", "anomaly"),
    factory="astrolens_gui.testing.toy_restore:Smoother",
    input=InputSpec(normalisation="noise"),
    params=SmootherParams,
    fit_params=SmootherFitParams,
    run_in="thread",
    version="1",
    halo=REACH,
    doc="A Gaussian filter: its width is what brings the training images nearest to the wanted ones or, where there are none, "
    "what best predicts each pixel from its neighbours alone. Needs no TensorFlow: for trying the program out and for "
    "teaching; a trained denoiser does better.",
)


@hookimpl
def astrolens_backends() -> list[BackendSpec]:
    return [SPEC]


class Smoother:
    """mean = image * Gaussian; linear in flux, and its sum is the image's."""

    def __init__(self, params: SmootherParams) -> None:
        self.params = params
        self.width = np.zeros(0, np.float32)  # (1,): sigma in pixels
        self.level = np.zeros(
            0, np.float32
        )  # (2,): mean and scatter over the training stamps of what the filter takes away

    def restore(self, batch: np.ndarray, ctx: Context) -> Restored:
        mean = smoothed(batch, self._sigma(), ctx)
        sigma = np.full_like(mean, self._left_over())
        draws = np.empty((len(batch), self.params.draws, *batch.shape[1:]), np.float32)
        for number in range(self.params.draws):  # the same noise for every image, so that batches do not matter
            noise = np.random.default_rng((ctx.seed, number)).normal(0, 0.5, batch.shape[1:])
            draws[:, number] = smoothed(batch + noise.astype(np.float32), self._sigma(), ctx)
        return Restored(mean, sigma, draws)

    def anomaly(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """How many scatters of the training stamps the removed structure stands from theirs."""
        return np.asarray((_removed(batch, self._sigma(), ctx) - self.level[0]) / self.level[1], np.float32)

    def fit(self, data: TrainingSet, fit_params: SmootherFitParams, ctx: Context) -> FitReport:
        rows = data.indices("train")[:512]
        images = np.asarray(data.images[rows])
        wanted = None if data.wanted is None else np.asarray(data.wanted[rows])
        low, high = np.log(0.3), np.log(REACH / 4)
        epochs = []
        golden = (5**0.5 - 1) / 2
        left, right = high - golden * (high - low), low + golden * (high - low)
        losses = [_loss(images, wanted, float(np.exp(at)), ctx) for at in (low, left, right)]
        epochs.append({"loss": losses[0]})
        for epoch in range(1, fit_params.epochs):
            ctx.progress((epoch + 1) / fit_params.epochs, f"step {epoch + 1}/{fit_params.epochs}", loss=min(losses))
            if losses[1] < losses[2]:
                high, right = right, left
                left = high - golden * (high - low)
                losses[1:] = [_loss(images, wanted, float(np.exp(left)), ctx), losses[1]]
            else:
                low, left = left, right
                right = low + golden * (high - low)
                losses[1:] = [losses[2], _loss(images, wanted, float(np.exp(right)), ctx)]
            epochs.append({"loss": min(losses[1:])})
        self.width = np.array([np.exp((low + high) / 2)], np.float32)
        removed = _removed(images, self._sigma(), silent(ctx))
        self.level = np.array([removed.mean(), removed.std() + 1e-6], np.float32)
        return FitReport(epochs=tuple(epochs))

    def _sigma(self) -> float:
        if not self.width.size:
            raise ValueError("this model is not trained yet: train it or load a model folder")
        return float(self.width[0])

    def _left_over(self) -> float:
        """Standard deviation of unit noise behind the filter."""
        kernel = _kernel(self._sigma())
        return float((kernel**2).sum())

    def save(self, folder: Path) -> None:
        from safetensors.numpy import save_file

        save_file({"width": self.width, "level": self.level}, folder / "weights.safetensors")

    def load(self, folder: Path) -> None:
        tensors = toy_weights.read(folder, "toy-restorer", {"width", "level"})
        if tensors["width"].shape != (1,) or tensors["level"].shape != (2,):
            raise toy_weights.foreign(folder, "toy-restorer")
        self.width, self.level = tensors["width"], tensors["level"]


def smoothed(batch: np.ndarray, sigma: float, ctx: Context) -> np.ndarray:
    """(N, h, w, bands) through a Gaussian, image by image: batches of one give what one batch gives."""
    from scipy.ndimage import correlate1d

    kernel = _kernel(sigma)
    made = np.empty(batch.shape, np.float32)
    for row, image in enumerate(batch):
        ctx.progress(row / len(batch))
        across = correlate1d(image.astype(np.float64), kernel, axis=0, mode="constant")
        made[row] = correlate1d(across, kernel, axis=1, mode="constant")
    return made


def _kernel(sigma: float) -> np.ndarray:
    x = np.arange(-REACH, REACH + 1)
    weights = np.exp(-0.5 * (x / sigma) ** 2)
    return np.asarray(weights / weights.sum())


def _removed(batch: np.ndarray, sigma: float, ctx: Context) -> np.ndarray:
    """(N,): mean square of what the filter takes away."""
    away = batch - smoothed(batch, sigma, ctx)
    return np.asarray((away.astype(np.float64) ** 2).mean(axis=(1, 2, 3)))


def _loss(images: np.ndarray, wanted: np.ndarray | None, sigma: float, ctx: Context) -> float:
    """Mean square distance to the wanted images; without any, of each pixel from what its neighbours alone predict
    (Batson & Royer 2019, arXiv:1901.11365): unit weight at the centre taken out of the kernel."""
    made = smoothed(images, sigma, silent(ctx)).astype(np.float64)
    if wanted is not None:
        known = np.isfinite(wanted)
        return float(((made - wanted)[known] ** 2).mean())
    centre = float(_kernel(sigma)[REACH] ** 2)
    blind = (made - centre * images) / (1 - centre) if centre < 1 - 1e-6 else np.zeros_like(made)
    return float(((blind - images) ** 2).mean())


def silent(ctx: Context) -> Context:
    """The same context, whose progress is told to nobody but which can still be cancelled."""
    return replace(ctx, on_progress=lambda _: None)
