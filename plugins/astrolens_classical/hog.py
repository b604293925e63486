"""Histograms of oriented gradients and a logistic regression; knows no file and no fit.

As the entries ALL-now and ALL-star (Avestruz et al. 2019, arXiv:1704.02322), with the histograms of Dalal & Triggs
(2005) as scikit-image computes them (hard bins, block norm L2-Hys), for many stamps at once.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from astrolens_gui.api import Context, TrainingSet

from .finder import Finder
from .heads import trial_loss
from .samples import examples

CHOICES = tuple({"inner": inner, "cells": cells} for inner in (0.6, 1.0) for cells in (6, 9))
"""Central share of the stamp and cells a side that are tried on a fifth of the stamps."""
ORIENTATIONS, BLOCK = 8, 2
SMOOTHING = (1.0, 2.0)
"""Gaussians, in pixels, after which the gradients are taken: of single pixels they are mostly noise."""
TRIAL = 1500
"""Stamps that choose among them at most."""


def histograms(images: np.ndarray, cells: int, orientations: int) -> np.ndarray:
    """float32 (n, s, s) → (n, cells, cells, orientations): mean gradient magnitude by orientation in 0..180°.

    Cells are s // cells pixels wide; what is left over is cut off evenly around.
    """
    count, size, _ = images.shape
    width = size // cells
    inner = slice((size - width * cells) // 2, (size - width * cells) // 2 + width * cells)
    images = images[:, inner, inner]
    down, right = np.zeros_like(images), np.zeros_like(images)
    down[:, 1:-1] = images[:, 2:] - images[:, :-2]
    right[:, :, 1:-1] = images[:, :, 2:] - images[:, :, :-2]
    size = width * cells
    bins = np.floor(np.arctan2(down, right) * np.float32(orientations / np.pi)).astype(np.int32) % orientations
    cell = np.arange(size) // width
    place = (np.arange(count)[:, None, None] * cells + cell[:, None]) * cells + cell
    place = place * orientations + bins
    total = np.bincount(place.ravel(), np.hypot(down, right).ravel(), count * cells * cells * orientations)
    return (total / width**2).reshape(count, cells, cells, orientations).astype(np.float32)


def blocks(found: np.ndarray, block: int) -> np.ndarray:
    """(n, cells, cells, orientations) → (n, b, b, block, block, orientations), each block normalised (L2-Hys)."""
    windows = np.lib.stride_tricks.sliding_window_view(found, (block, block), axis=(1, 2)).transpose(0, 1, 2, 4, 5, 3)
    out = windows / np.sqrt((windows**2).sum(axis=(3, 4, 5), keepdims=True) + 1e-10)
    out = np.minimum(out, 0.2)
    return out / np.sqrt((out**2).sum(axis=(3, 4, 5), keepdims=True) + 1e-10)


@lru_cache(maxsize=16)
def orbits(places: int, block: int, orientations: int) -> tuple[np.ndarray, np.ndarray]:
    """(group of each feature of `blocks`, size of each group): features that turning or mirroring a stamp exchanges.

    A linear model on the mean of a group is what one gets by learning from all eight symmetries of every stamp.
    """
    shape = (places, places, block, block, orientations)
    smallest = np.arange(np.prod(shape)).reshape(shape)
    for _ in range(4):  # minimum over mirror and quarter turns, until the group is closed
        smallest = np.minimum(smallest, smallest[:, ::-1, :, ::-1, ::-1])
        turned = np.rot90(np.rot90(smallest, axes=(0, 1)), axes=(2, 3))
        smallest = np.minimum(smallest, np.roll(turned, orientations // 2, axis=-1))
    _, group = np.unique(smallest.ravel(), return_inverse=True)
    return group, np.bincount(group)


def symmetric(found: np.ndarray) -> np.ndarray:
    """`blocks` (n, b, b, k, k, o) → (n, groups): the mean over the features that the square's symmetries exchange."""
    group, sizes = orbits(found.shape[1], found.shape[3], found.shape[5])
    by_group = found.reshape(len(found), -1)[:, np.argsort(group, kind="stable")]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    return np.add.reduceat(by_group, starts, axis=1) / sizes.astype(np.float32)


class HogRegression(Finder):
    """The backend `hog-lr`."""

    def settle(self, data: TrainingSet, rows: np.ndarray, ctx: Context) -> dict[str, Any]:
        """The one of `CHOICES` whose regression errs least, on a fifth of the stamps."""
        some = np.sort(rows[: min(max(len(rows) // 5, 200), TRIAL)])
        images, targets = np.asarray(data.images[some]), np.asarray(data.targets[some])
        out = np.random.default_rng((ctx.seed, 2)).permutation(len(some)) % 5 == 0
        losses = {}
        for number, choice in enumerate(CHOICES):
            ctx.progress(number / len(CHOICES), "choosing the cells")
            if images.shape[1] * choice["inner"] < 2 * choice["cells"]:
                continue
            parts = [images[at : at + 64] for at in range(0, len(images), 64)]
            x = np.concatenate([self.measures(part, {"hog": choice}) for part in parts])
            even = np.ones(len(x))
            losses[number] = trial_loss(
                examples(x[~out], targets[~out], even[~out]), examples(x[out], targets[out], even[out])
            )
        return {"hog": CHOICES[min(losses, key=lambda number: losses[number]) if losses else 0]}

    def measures(self, stamps: np.ndarray, about: dict[str, Any]) -> np.ndarray:
        """For each smoothing and band: the normalised blocks, and the logarithm of the cells' own histograms, which
        keeps how strong the gradients are."""
        from scipy.ndimage import gaussian_filter

        inner, cells = about["hog"]["inner"], about["hog"]["cells"]
        cut = round(stamps.shape[1] * (1 - inner) / 2)
        out = []
        for sigma in SMOOTHING:
            smooth = gaussian_filter(stamps, (0, sigma, sigma, 0))[
                :, cut or None : -cut or None, cut or None : -cut or None
            ]
            for band in range(stamps.shape[-1]):
                found = histograms(np.ascontiguousarray(smooth[..., band]), cells, ORIENTATIONS)
                out.append(symmetric(blocks(found, BLOCK)))
                out.append(symmetric(np.log1p(10 * found)[:, :, :, None, None]))
        return np.concatenate(out, axis=1)
