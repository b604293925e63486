"""Brightness along a line and around a centre, blind to pixels without data; knows no window and no file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .plate import Patch

LEAST_COVER = 0.5
"""A sample of which less than this part lies on pixels with data is no sample."""


@dataclass(frozen=True)
class LineProfile:
    """Arrays of equal length: `distance` from the start, in `unit`; `value`, NaN where there is no data."""

    distance: np.ndarray
    value: np.ndarray
    unit: str


@dataclass(frozen=True)
class RadialProfile:
    """One row a ring: `radius` (mean of its pixels, in `unit`), `mean`, `error` of the mean, `median`, `scatter`, `count`.

    `error` is the scatter of the ring's pixels over the root of their number: structure (arcs) raises it, and noise that
    is correlated from pixel to pixel is not allowed for.
    """

    radius: np.ndarray
    mean: np.ndarray
    error: np.ndarray
    median: np.ndarray
    scatter: np.ndarray
    count: np.ndarray
    unit: str


def sample(data: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Bilinear values at 0-based (x, y), float64; NaN outside and where half of the weight has no data."""
    from scipy.ndimage import map_coordinates

    data = np.asarray(data, np.float64)
    good = np.isfinite(data)
    places = np.array([y, x], np.float64)
    if good.all():
        values = map_coordinates(data, places, order=1, mode="nearest")
    else:
        cover = map_coordinates(good.astype(np.float64), places, order=1, mode="nearest")
        values = map_coordinates(np.where(good, data, 0.0), places, order=1, mode="nearest")
        with np.errstate(invalid="ignore", divide="ignore"):
            values = np.where(cover >= LEAST_COVER, values / cover, np.nan)
    height, width = data.shape
    inside = (x >= -0.5) & (x <= width - 0.5) & (y >= -0.5) & (y <= height - 0.5)
    return np.where(inside, values, np.nan)


def line_profile(
    data: np.ndarray,
    start: tuple[float, float],
    end: tuple[float, float],
    patch: Patch,
    width: float = 1.0,
) -> LineProfile:
    """Values from `start` to `end` (0-based pixels), about one a pixel, averaged over `width` pixels across the line."""
    (x0, y0), (x1, y1) = start, end
    length = float(np.hypot(x1 - x0, y1 - y0))
    steps = max(round(length), 1) + 1
    along = np.linspace(0.0, 1.0, steps)
    lanes = max(round(width), 1)
    across = (np.arange(lanes) - (lanes - 1) / 2)[:, None]
    nx, ny = (-(y1 - y0) / length, (x1 - x0) / length) if length else (0.0, 0.0)
    x = x0 + along * (x1 - x0) + across * nx
    y = y0 + along * (y1 - y0) + across * ny
    values = sample(data, x, y)
    good = np.isfinite(values)
    count = good.sum(axis=0)
    with np.errstate(invalid="ignore"):
        value = np.where(count > 0, np.where(good, values, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)
    east, north = patch.to_sky(np.array([x0, x1]), np.array([y0, y1]))
    distance = float(np.hypot(east[1] - east[0], north[1] - north[0]))
    return LineProfile(along * distance, value, patch.unit)


def radial_profile(
    data: np.ndarray,
    patch: Patch,
    step: float | None = None,
    reach: float | None = None,
    exclude: np.ndarray | None = None,
) -> RadialProfile:
    """Mean and median in rings about the patch's centre, circles on the sky.

    Args:
        data: (height, width); `patch` maps its pixels. `step`: width of a ring in the patch's unit, default one pixel.
        reach: outer radius, default the farthest that still has the whole circle inside, at least 3 rings.
        exclude: bool (height, width), pixels to leave out.
    """
    data = np.asarray(data, np.float64)
    height, width = data.shape
    step = step or patch.scale
    rows, columns = np.mgrid[:height, :width]
    radius = patch.radius(columns, rows)
    if reach is None:
        edges = np.concatenate([radius[0], radius[-1], radius[:, 0], radius[:, -1]])
        reach = max(float(edges.min()), 3 * step)
    use = np.isfinite(data) & (radius < reach)
    if exclude is not None:
        use &= ~exclude
    ring = (radius[use] / step).astype(np.int64)
    value, radius = data[use], radius[use]
    rings = int(np.ceil(reach / step))
    count = np.bincount(ring, minlength=rings)
    filled = np.flatnonzero(count)
    many = count[filled]
    mean = np.bincount(ring, value, rings)[filled] / many
    per_ring = np.zeros(rings)
    per_ring[filled] = mean
    variance = np.bincount(ring, (value - per_ring[ring]) ** 2, rings)[filled] / np.maximum(many - 1, 1)
    scatter = np.where(many > 1, np.sqrt(variance), np.nan)
    order = np.lexsort((value, ring))
    ends = np.cumsum(many)
    starts = ends - many
    ranked = value[order]
    median = (ranked[starts + (many - 1) // 2] + ranked[starts + many // 2]) / 2
    return RadialProfile(
        radius=np.bincount(ring, radius, rings)[filled] / many,
        mean=mean,
        error=scatter / np.sqrt(many),
        median=median,
        scatter=scatter,
        count=many,
        unit=patch.unit,
    )
