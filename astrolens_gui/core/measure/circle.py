"""The Einstein circle: from image positions, or around the brightest source near the middle; knows no window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

SMOOTHING_PX = 1.5
CENTRAL = 0.25
"""The brightest source is looked for under a Gaussian of this part of the shorter side: central ones come first."""


STEPS = 50
FLATTEST = 10.0
"""A circle so many times larger than the images' own spread means that they lie on a line."""


@dataclass(frozen=True)
class Circle:
    """A circle through points, in the points' unit; `rms` is how far they lie from it, NaN where nothing is left over."""

    x: float
    y: float
    radius: float
    rms: float = math.nan


def through(points: Any) -> Circle | None:
    """The circle of image positions (n, 2); None for fewer than two.

    Two: half their distance, as for a double of an isothermal lens. Three and more: least squares of the distances to
    the circle, begun at the algebraic solution (Kåsa 1976, IEEE Trans. Instrum. Meas. 25, 8).
    """
    points = np.asarray(points, float).reshape(-1, 2)
    if len(points) < 2:
        return None
    if len(points) == 2:
        (x0, y0), (x1, y1) = points
        return Circle((x0 + x1) / 2, (y0 + y1) / 2, math.hypot(x1 - x0, y1 - y0) / 2)
    middle = points.mean(axis=0)
    spread = float(np.hypot(*(points - middle).T).max()) or 1.0
    scaled = (points - middle) / spread
    columns = np.column_stack([2 * scaled, np.ones(len(scaled))])
    (a, b, c), _, rank, _ = np.linalg.lstsq(columns, (scaled**2).sum(axis=1), rcond=None)
    if rank < 3:  # on one line: no circle goes through; the widest pair is the double they look like
        return _double(points)
    found = np.array([a, b, math.sqrt(max(c + a * a + b * b, 1e-12))])
    for _ in range(STEPS):  # Gauss-Newton; scipy's import would be felt under the click
        away = scaled - found[:2]
        distance = np.maximum(np.hypot(*away.T), 1e-12)
        slope = np.column_stack([-away / distance[:, None], -np.ones(len(scaled))])
        step = np.linalg.lstsq(slope, found[2] - distance, rcond=None)[0]
        found = found + step
        if np.abs(step).max() < 1e-12:
            break
    x, y, radius = found
    if not np.isfinite(found).all() or abs(radius) > FLATTEST:
        return _double(points)
    misses = np.hypot(scaled[:, 0] - x, scaled[:, 1] - y) - radius
    rms = spread * math.sqrt(float(np.mean(misses**2))) if len(points) > 3 else math.nan
    return Circle(float(middle[0] + spread * x), float(middle[1] + spread * y), spread * abs(float(radius)), rms)


def _double(points: np.ndarray) -> Circle:
    first, second = widest(points)
    return through(np.array([points[first], points[second]]))  # type: ignore[return-value]


def widest(points: Any) -> tuple[int, int]:
    """Which two of (n, 2) points, n >= 2, are farthest apart."""
    points = np.asarray(points, float)
    distance = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    first, second = np.unravel_index(int(distance.argmax()), distance.shape)
    return int(min(first, second)), int(max(first, second))


def brightest(
    data: np.ndarray, near: tuple[float, float] | None = None, width: float | None = None
) -> tuple[float, float]:
    """0-based (x, y) of the brightest source near a point (default: the middle), to a fraction of a pixel.

    The smoothed peak under a Gaussian of `width` pixels about the point, then the centroid of what rises above half of
    that peak within three pixels. Data without any value give the point itself.
    """
    from scipy.ndimage import gaussian_filter

    height, across = data.shape
    x0, y0 = near if near is not None else ((across - 1) / 2, (height - 1) / 2)
    values = np.asarray(data, np.float64)
    good = np.isfinite(values)
    if not good.any():
        return x0, y0
    values = np.where(good, values, np.median(values[good]))
    smooth = gaussian_filter(values, SMOOTHING_PX)
    smooth -= np.median(smooth)
    rows, columns = np.mgrid[:height, :across]
    width = width or CENTRAL * min(data.shape)
    weight = np.exp(-0.5 * ((columns - x0) ** 2 + (rows - y0) ** 2) / width**2)
    peak = np.unravel_index(int(np.argmax(np.where(good, smooth * weight, -np.inf))), data.shape)
    return _centroid(smooth, int(peak[1]), int(peak[0]))


def _centroid(smooth: np.ndarray, x: int, y: int, reach: int = 3) -> tuple[float, float]:
    rows = slice(max(y - reach, 0), y + reach + 1)
    columns = slice(max(x - reach, 0), x + reach + 1)
    piece = smooth[rows, columns]
    weight = np.clip(piece - max(smooth[y, x] / 2, float(piece.min())), 0.0, None)
    total = float(weight.sum())
    if total <= 0:
        return float(x), float(y)
    down, along = np.mgrid[rows.start : rows.start + piece.shape[0], columns.start : columns.start + piece.shape[1]]
    return float((weight * along).sum() / total), float((weight * down).sum() / total)
