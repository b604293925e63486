"""Where black and white lie: the cuts of an image as astropy.visualization finds them; knows no colour."""

from __future__ import annotations

import numpy as np

SAMPLES = 1_000_000
"""Percentiles of larger images come from an evenly strided sample of about this many pixels."""


def finite(image: np.ndarray, at_most: int | None = None) -> np.ndarray:
    """The finite pixels as a flat array, from a strided sample of about `at_most` pixels if the image has more."""
    flat = np.ascontiguousarray(image).reshape(-1)
    if at_most is not None and flat.size > at_most:
        step = -(-flat.size // at_most)
        # A step that shares a factor with the width would look at a few columns only.
        while image.ndim == 2 and np.gcd(step, image.shape[1]) != 1:
            step += 1
        flat = flat[::step]
    good = np.isfinite(flat)
    return flat if good.all() else flat[good]


@np.errstate(all="ignore")
def zscale(
    image: np.ndarray, *, samples: int = 1000, contrast: float = 0.25, reject: float = 2.5
) -> tuple[float, float]:
    """IRAF's zscale: cuts from a line fitted to the sorted pixels; equals astropy.visualization's ZScaleInterval."""
    values = finite(image)
    values = values[:: max(1, int(values.size / samples))][:samples].astype(np.float64)
    values.sort()
    count = len(values)
    low, high = values[0], values[-1]
    fewest = max(5, int(count * 0.5))
    x = np.arange(count, dtype=np.float64)
    bad = np.zeros(count, dtype=bool)
    kernel = np.ones(max(1, int(count * 0.01)), dtype=bool)
    good, before, slope = count, count + 1, 0.0
    for _ in range(5):
        if good >= before or good < fewest:
            break
        keep = ~bad
        slope, offset = _line(x[keep], values[keep])
        flat = values - (slope * x + offset)
        bad[np.abs(flat) > reject * flat[keep].std()] = True
        bad = np.convolve(bad, kernel, mode="same")
        before, good = good, int((~bad).sum())
    if good >= fewest:
        slope /= contrast
        middle, median = (count - 1) // 2, float(np.median(values))
        low = max(low, median - (middle - 1) * slope)
        high = min(high, median + (count - middle) * slope)
    return float(low), float(high)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and offset of the least-squares line."""
    xm, ym = x.mean(), y.mean()
    dx = x - xm
    norm = float(dx @ dx)
    slope = float(dx @ (y - ym)) / norm if norm else 0.0
    return slope, float(ym - slope * xm)


def percentile(image: np.ndarray, keep: float) -> tuple[float, float]:
    """Cuts that keep the middle `keep` per cent of the finite pixels."""
    edge = (100.0 - min(max(keep, 0.0), 100.0)) / 2
    low, high = np.percentile(finite(image, SAMPLES).astype(np.float64, copy=False), [edge, 100.0 - edge])
    return float(low), float(high)


def minmax(image: np.ndarray) -> tuple[float, float]:
    """The smallest and the largest finite pixel."""
    values = finite(image)
    return float(values.min()), float(values.max())
