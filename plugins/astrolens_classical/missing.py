"""Pixels without a value, which prepared stamps hold as exact 0, filled from around them; knows no finder."""

from __future__ import annotations

import numpy as np

FEWEST = 0.002
"""Share of a band's pixels that are exactly 0 above which they are missing, not the sky's own middle."""
REACH_PX = (2.0, 6.0)
"""Gaussians over which the neighbours are averaged: the second where the first reaches none."""


def filled(stamps: np.ndarray) -> np.ndarray:
    """float32 (n, s, s, bands) → the same with missing pixels as the mean of their neighbours, 0 where there are none.

    An edge of a masked block on a galaxy is else the sharpest feature of its stamp. What misses nothing is not copied.
    """
    from scipy.ndimage import gaussian_filter

    missing = stamps == 0
    share = missing.mean(axis=(1, 2))
    rows, bands = np.nonzero((share > FEWEST) & (share < 1))
    if not len(rows):
        return stamps
    out = stamps.copy()
    for row, band in zip(rows, bands, strict=True):
        hole = missing[row, :, :, band]
        image, there = stamps[row, :, :, band], (~hole).astype(np.float32)
        for reach in REACH_PX:
            weight = gaussian_filter(there, reach, truncate=2.0)
            close = hole & (weight > 1e-3)
            out[row, close, band] = gaussian_filter(image, reach, truncate=2.0)[close] / weight[close]
            hole = hole & ~close
    return out
