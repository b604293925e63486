"""Dots of a map as pixels: any number of them in the time of a glance; knows arrays, no widget and no object."""

from __future__ import annotations

import numpy as np

FAINTEST = 0.45
"""Opacity of a place with a single dot, where the densest has 1."""


def disc(radius: float) -> list[tuple[int, int, float]]:
    """(dy, dx, cover) of the pixels of a small dot, its edge soft."""
    reach = int(np.ceil(radius))
    found = []
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            cover = min(max(radius + 0.5 - float(np.hypot(dy, dx)), 0.0), 1.0)
            if cover > 0:
                found.append((dy, dx, cover))
    return found


def spread(counts: np.ndarray, radius: float) -> np.ndarray:
    """Each count drawn as a dot: float32 like `counts` (h, w)."""
    height, width = counts.shape
    made = np.zeros(counts.shape, np.float32)
    for dy, dx, cover in disc(radius):
        to_y, to_x = slice(max(dy, 0), height + min(dy, 0)), slice(max(dx, 0), width + min(dx, 0))
        of_y, of_x = slice(max(-dy, 0), height + min(-dy, 0)), slice(max(-dx, 0), width + min(-dx, 0))
        made[to_y, to_x] += cover * counts[of_y, of_x]
    return made


def counted(x: np.ndarray, y: np.ndarray, shape: tuple[int, int], weight: np.ndarray | None = None) -> np.ndarray:
    """float32 (h, w): how many dots stand in each pixel, or the sum of their weights; those beyond the edges nowhere."""
    height, width = shape
    inside = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    flat = y[inside].astype(np.int32) * width + x[inside].astype(np.int32)
    found = np.bincount(flat, None if weight is None else weight[inside], minlength=height * width)
    return found.reshape(shape).astype(np.float32)


def opacity(dots: np.ndarray) -> np.ndarray:
    """0..1: a single dot faint, a crowd full, on a logarithmic scale; the edge of a dot as soft as it was drawn."""
    most = float(dots.max(initial=0.0))
    crowd = np.log1p(dots) / np.log1p(max(most, 1.0))
    return np.minimum(dots, 1.0) * (FAINTEST + (1 - FAINTEST) * crowd)


def plain(x: np.ndarray, y: np.ndarray, shape: tuple[int, int], radius: float, ink: tuple[int, int, int]) -> np.ndarray:
    """Dots of one colour, uint8 (h, w, 4) RGBA. `x`, `y`: float (N,), pixels, y downwards."""
    made = np.empty((*shape, 4), np.uint8)
    made[..., :3] = ink
    made[..., 3] = 255 * opacity(spread(counted(x, y, shape), radius))
    return made


def coloured(
    x: np.ndarray, y: np.ndarray, shape: tuple[int, int], radius: float, value: np.ndarray, table: np.ndarray
) -> np.ndarray:
    """Dots by value 0..1, uint8 (h, w, 4): where several meet, by their mean. `table`: uint8 (256, 3)."""
    dots = spread(counted(x, y, shape), radius)
    total = spread(counted(x, y, shape, value), radius)
    mean = np.divide(total, dots, out=np.zeros_like(total), where=dots > 0)
    made = np.empty((*shape, 4), np.uint8)
    made[..., :3] = table[np.clip(mean * 255, 0, 255).astype(np.uint8)]
    made[..., 3] = 255 * np.maximum(opacity(dots), np.minimum(dots, 1.0) * 0.85)
    return made
