"""Background and noise of a large image from all over it: the same number for a pixel whatever tile asks; knows no network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

BLOCK = 128
"""Pixels a side of the squares that have one background and one noise each."""
EVERY = 2
"""Of a block every second row and column is enough."""
ROUNDS = 3
CLIP = 3.0


class Mesh:
    """Sky of an image by place, as `core.restore.sweep.Levels` wants it.

    Each block has the clipped median of its pixels and their distance to the 16 % quantile below it (sources stand above
    the sky); a 3 × 3 median over blocks takes out what a large galaxy did to one, and between the middles of blocks it is
    linear, as SExtractor does it (Bertin & Arnouts 1996). A block without values has its neighbours', else the image's.

    Args:
        bands: `core.images.sections.Sheet`s of one shape; read once, a row of blocks at a time.
        progress: called with the share that is done.
    """

    def __init__(self, bands: Sequence[Any], progress: Callable[[float], None] = lambda _: None) -> None:
        self.shape = height, width = bands[0].shape
        rows = -(-height // BLOCK)
        found = np.empty((2, len(bands), rows, -(-width // BLOCK)))
        for row in range(rows):
            for channel, band in enumerate(bands):
                found[:, channel, row] = _blocks(band.read(row * BLOCK, min((row + 1) * BLOCK, height), 0, width))
            progress((row + 1) / rows)
        self.background, self.noise = (np.stack([_smooth(one) for one in each]).astype(np.float32) for each in found)
        self.noise[~(self.noise > 0)] = 1.0

    def at(self, y0: int, y1: int, x0: int, x1: int) -> tuple[np.ndarray, np.ndarray]:
        """(background, noise) in the image's unit, float32 (y1 - y0, x1 - x0, bands)."""
        y, x = np.arange(y0, y1), np.arange(x0, x1)
        return _between(self.background, y, x), _between(self.noise, y, x)


def _blocks(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(background, noise) float64 (n,) of the blocks of one row of them, (≤ BLOCK, width); NaN where nothing is."""
    part = np.asarray(pixels[::EVERY, ::EVERY], np.float32)
    side = BLOCK // EVERY
    count = -(-part.shape[1] // side)
    padded = np.full((part.shape[0], count * side), np.nan, np.float32)
    padded[:, : part.shape[1]] = part
    values = padded.reshape(part.shape[0], count, side).transpose(1, 0, 2).reshape(count, -1)
    values = np.where(np.isfinite(values), values, np.nan)
    values.sort(axis=1)  # NaN last
    low = np.zeros(count, np.intp)
    high = values.shape[1] - np.isnan(values).sum(axis=1)
    for _ in range(ROUNDS):
        middle, below = _quantile(values, low, high, 0.5), _quantile(values, low, high, 0.1587)
        reach = CLIP * (middle - below)
        for row in range(count):  # values are in order: clipping moves the ends
            if high[row] > low[row]:
                start, stop = np.searchsorted(
                    values[row, : high[row]], (middle[row] - reach[row], middle[row] + reach[row])
                )
                if stop > start:
                    low[row], high[row] = max(start, low[row]), stop
    middle = _quantile(values, low, high, 0.5)
    return middle, middle - _quantile(values, low, high, 0.1587)


def _quantile(ordered: np.ndarray, low: np.ndarray, high: np.ndarray, q: float) -> np.ndarray:
    """Of each row's values [low, high); NaN where there are none."""
    count = high - low
    place = low + np.maximum(count - 1, 0) * q
    left = np.minimum(np.floor(place).astype(np.intp), ordered.shape[1] - 1)
    right = np.minimum(left + 1, np.maximum(high - 1, left))
    right = np.minimum(right, ordered.shape[1] - 1)
    rows = np.arange(len(ordered))
    a, b = ordered[rows, left].astype(np.float64), ordered[rows, right].astype(np.float64)
    return np.where(count > 0, a + (b - a) * (place - left), np.nan)


def _smooth(grid: np.ndarray) -> np.ndarray:
    """The median of each block and its neighbours, where there are any; else the median of all; 0 where all is lost."""
    import warnings

    framed = np.pad(grid, 1, constant_values=np.nan)
    near = np.stack([framed[y : y + grid.shape[0], x : x + grid.shape[1]] for y in range(3) for x in range(3)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # of medians of nothing
        found = np.nanmedian(near, axis=0)
        all_of_it = np.nanmedian(grid)
    return np.where(np.isfinite(found), found, all_of_it if np.isfinite(all_of_it) else 0.0)


def _between(grid: np.ndarray, y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Bilinear between the middles of blocks, constant beyond the outermost; (len(y), len(x), bands)."""

    def sides(at: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        place = np.clip((at + 0.5) / BLOCK - 0.5, 0, count - 1)
        below = np.minimum(place.astype(np.intp), max(count - 2, 0))
        return below, np.minimum(below + 1, count - 1), (place - below).astype(np.float32)

    y0, y1, fy = sides(y, grid.shape[1])
    x0, x1, fx = sides(x, grid.shape[2])
    rows = grid[:, y0] * (1 - fy)[:, None] + grid[:, y1] * fy[:, None]
    return np.ascontiguousarray(np.moveaxis(rows[:, :, x0] * (1 - fx) + rows[:, :, x1] * fx, 0, -1))
