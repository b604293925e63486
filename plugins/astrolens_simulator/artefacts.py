"""Defects of pixels: cosmic rays, satellite trails, saturated stars with bleeding and spikes, ghosts; knows no galaxy.

Every function adds to `images`, float32 (bands, side, side) in units of each band's sky noise, in place.
"""

from __future__ import annotations

import math

import numpy as np


def cosmic_ray(images: np.ndarray, rng: np.random.Generator, *, near: float | None = None) -> None:
    """A straight, slightly ragged track in one band; within `near` of the middle (share of the half side) if given."""
    plane = images[int(rng.integers(len(images)))]
    side = plane.shape[0]
    length, angle = float(np.clip(rng.exponential(6) + 1, 1, 0.5 * side)), rng.uniform(0, 2 * math.pi)
    x, y = _place(side, near, rng)
    charge = math.exp(rng.normal(3.0, 0.9))
    steps = np.arange(0, length, 0.5)
    weight = charge * rng.gamma(2.0, 0.5, len(steps)) / 2
    bend = rng.normal(0, 0.01) * steps**2
    xs = x + steps * math.cos(angle) - bend * math.sin(angle)
    ys = y + steps * math.sin(angle) + bend * math.cos(angle)
    _splat(plane, xs, ys, weight)


def cosmic_rays(images: np.ndarray, count: int, rng: np.random.Generator, *, near: float | None = None) -> None:
    """Several tracks."""
    for _ in range(count):
        cosmic_ray(images, rng, near=near)


def trail(images: np.ndarray, rng: np.random.Generator, *, near: float | None = None) -> None:
    """A satellite's straight trail across the whole stamp, of the PSF's width, in one band or faintly in several."""
    side = images.shape[-1]
    x, y = _place(side, near, rng)
    angle = rng.uniform(0, math.pi)
    axis = np.arange(side, dtype=np.float32)
    across = (axis[None, :] - x) * -math.sin(angle) + (axis[:, None] - y) * math.cos(angle)
    profile = np.exp(-0.5 * (across / rng.uniform(1.0, 2.2)) ** 2) * math.exp(rng.normal(1.8, 0.6))
    images[int(rng.integers(len(images)))] += profile.astype(np.float32)


def bleed(images: np.ndarray, x: float, y: float, peak: float, rng: np.random.Generator) -> None:
    """Charge that ran along the columns of a saturated star: flat at the full well, tapering, in every band alike."""
    side = images.shape[-1]
    column, row = round(x), round(y)
    if not 0 <= column < side:
        return
    reach = int(side * rng.uniform(0.1, 0.45))
    low, high = max(row - reach, 0), min(row + reach, side)
    rows = np.arange(low, high)
    if len(rows):
        fall = np.exp(-np.abs(rows - row) / (0.45 * reach + 1))
        images[:, low:high, column] = np.maximum(images[:, low:high, column], (peak * fall).astype(np.float32))


def ghost(images: np.ndarray, rng: np.random.Generator) -> None:
    """The out-of-focus reflection of a bright star: a disc with a hole, sharp at its edges, cut by the stamp."""
    side = images.shape[-1]
    x, y = _place(side, 0.9, rng)
    outer = side * rng.uniform(0.15, 0.6)
    inner = outer * rng.uniform(0.25, 0.6)
    axis = np.arange(side, dtype=np.float32)
    r = np.hypot(axis[None, :] - x, axis[:, None] - y)
    disc = _edge(r, outer) - _edge(r, inner)
    level = math.exp(rng.normal(1.0, 0.4))
    images[int(rng.integers(len(images)))] += (level * disc).astype(np.float32)


def _edge(r: np.ndarray, radius: float) -> np.ndarray:
    """1 within a radius and 0 outside, soft over a pixel."""
    return 1 / (1 + np.exp(np.minimum((r - radius) / 0.8, 80)))


def bad_columns(images: np.ndarray, rng: np.random.Generator) -> None:
    """A hot or dead column of the detector, left over in one band's stack, in any of the two directions."""
    plane = images[int(rng.integers(len(images)))]
    if rng.random() < 0.5:
        plane = plane.T
    side = plane.shape[0]
    column = int(np.clip(rng.normal(side / 2, side / 6), 0, side - 1))
    start = int(rng.integers(0, side // 2)) if rng.random() < 0.6 else 0
    plane[start:, column] += np.float32(rng.choice([-1, 1]) * math.exp(rng.normal(2.0, 0.5)))


def _place(side: int, near: float | None, rng: np.random.Generator) -> tuple[float, float]:
    middle = (side - 1) / 2
    reach = middle if near is None else near * middle
    x, y = rng.uniform(-reach, reach, 2) + middle
    return float(x), float(y)


def _splat(plane: np.ndarray, xs: np.ndarray, ys: np.ndarray, weight: np.ndarray) -> None:
    """Share each charge among the four pixels around its place."""
    side = plane.shape[0]
    left, top = np.floor(xs).astype(int), np.floor(ys).astype(int)
    for dx in (0, 1):
        for dy in (0, 1):
            share = np.abs(1 - dx - (xs - left)) * np.abs(1 - dy - (ys - top))
            column, row = left + dx, top + dy
            inside = (column >= 0) & (column < side) & (row >= 0) & (row < side)
            np.add.at(plane, (row[inside], column[inside]), (weight * share)[inside].astype(np.float32))
