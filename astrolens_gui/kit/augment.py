"""Random changes of stamps that keep their class, in numpy and from a seed; knows no network."""

from __future__ import annotations

from functools import cache

import numpy as np

_TABLE = 1 << 20
"""Normal numbers that are drawn once; each stamp takes its noise from a random place among them, which costs a tenth
of drawing it."""


def dihedral(images: np.ndarray, which: np.ndarray) -> np.ndarray:
    """Turn and mirror each square stamp exactly: (N, s, s, bands) and `which` int (N,) in 0..7 → a new array.

    0..3 are quarter turns, 4..7 the same of the transposed stamp: the eight symmetries of the square.
    """
    out = np.empty_like(images)
    for element in range(8):
        rows = np.flatnonzero(which == element)
        if rows.size:
            part = images[rows]
            if element >= 4:
                part = part.transpose(0, 2, 1, 3)
            out[rows] = np.rot90(part, element % 4, axes=(1, 2))
    return out


def jitter(
    images: np.ndarray,
    random: np.random.Generator,
    *,
    shift: float = 0.06,
    contrast: float = 0.2,
    noise: float = 0.3,
) -> np.ndarray:
    """A random symmetry, centroid shift, contrast and extra noise for each prepared stamp; a new float32 array.

    Args:
        shift: largest shift as a share of the side; what comes in from outside is the mirrored border.
        contrast: largest relative change of the values. `noise`: largest extra noise, in units of the stamp's own
            (asinh_noise input has 1).
    """
    count, side = images.shape[:2]
    out = dihedral(images, random.integers(0, 8, size=(count,)))
    reach = round(shift * side)
    if reach:
        padded = np.pad(out, ((0, 0), (reach, reach), (reach, reach), (0, 0)), mode="reflect")
        for row, (y, x) in enumerate(random.integers(0, 2 * reach + 1, (count, 2))):
            out[row] = padded[row, y : y + side, x : x + side]
    each = (count, 1, 1, 1)
    out *= random.uniform(1 - contrast, 1 + contrast, each).astype(np.float32)
    if noise and count:
        pixels = out[0].size
        table, much = _normal(pixels), random.uniform(0, noise, (count,)).astype(np.float32)
        grain = np.empty(pixels, np.float32)
        for row, start in enumerate(random.integers(0, len(table) - pixels + 1, count)):
            np.multiply(table[start : start + pixels], much[row], out=grain)
            out[row] += grain.reshape(out.shape[1:])
    return out


@cache
def _normal(pixels: int) -> np.ndarray:
    """float32 (M,), M ≥ _TABLE + pixels: the same normal numbers in every process."""
    return np.random.default_rng(20170701).standard_normal(_TABLE + pixels, np.float32)


def weighted_rows(weights: np.ndarray, count: int, random: np.random.Generator) -> np.ndarray:
    """`count` row numbers in random order, each row as often as its weight says, give or take one (systematic
    resampling).

    Drawing rows instead of weighting the loss lets a rare class come in many augmented versions instead of one heavy
    one.
    """
    ladder = np.cumsum(np.asarray(weights, np.float64))
    rungs = (np.arange(count) + random.random()) / count * ladder[-1]
    rows = np.minimum(np.searchsorted(ladder, rungs, side="right"), len(ladder) - 1)
    return random.permutation(rows)
