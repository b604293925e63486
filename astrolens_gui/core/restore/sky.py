"""The sky of an image that is to be restored: a stamp's from its frame, a large image's from all over it; knows no network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..images.sections import Sheet
from .sweep import Flat, Levels

STAMP_PX = 1 << 20
"""Images of at most so many pixels are stamps: their sky is that of their frame, as it was in training."""

SAMPLE = 512
"""Pixels a side that a large image's sky is taken from, spread over all of it."""


def levels_of(bands: Sequence[Sheet]) -> Levels:
    """Background and noise of each band; of a large image only a sample is read."""
    height, width = bands[0].shape
    if height * width <= STAMP_PX:
        return Flat.of([band.read(0, height, 0, width) for band in bands])
    rows, columns = (np.linspace(0, side - 1, SAMPLE).astype(np.intp) for side in (height, width))
    found = [_clipped(band.pick(rows, columns)) for band in bands]
    return Flat(np.array([one[0] for one in found], np.float32), np.array([one[1] for one in found], np.float32))


def _clipped(pixels: np.ndarray) -> tuple[float, float]:
    """Median and 16 % distance below it, without what stands 3 sigmas out; (0, 1) where there is no value."""
    values = pixels[np.isfinite(pixels)].astype(np.float64)
    for _ in range(5):
        if not values.size:
            return 0.0, 1.0
        middle = float(np.median(values))
        noise = middle - float(np.quantile(values, 0.1587))
        kept = values[np.abs(values - middle) <= 3 * noise]
        if not noise > 0 or kept.size == values.size:
            break
        values = kept
    return middle, noise if noise > np.finfo(np.float32).tiny else max(abs(middle), 1.0)
