"""From sampled floats to the screen's pixels by one lookup: index by the cuts, table by stretch and colours; knows no file.

`stretch.render` is the reference: what is painted here is within one grey level of it, at a third of its time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from . import stretch as _stretch
from .recipe import Recipe

LEVELS = 65536
OPAQUE = np.uint32(0xFF000000)

RANKS = 1 << 18
"""Bins of histogram equalisation: with fewer, one of a stamp's would cover more than a grey level."""

_SHIFT = np.uint32(32 - 18)
_BLOCK = 1 << 16


@dataclass(frozen=True)
class Equalised:
    """The curve of histogram equalisation: `curve` float32 (RANKS,) by the top bits of the float32 pattern of value - `middle`.

    The bins of that pattern are fine where pixels are many, so that one bright star does not squeeze the sky into a few.
    """

    low: float
    high: float
    middle: np.float32
    curve: np.ndarray


def equalised(pixels: np.ndarray, low: float, high: float) -> Equalised:
    """The curve that makes every grey level cover equally many of the `pixels` between the cuts."""
    values = np.asarray(pixels, np.float32)
    values = values[~np.isnan(values)]
    black, white = np.float32(low), np.float32(high)
    middle = np.float32(np.median(np.clip(values, black, white))) if values.size else black
    pattern = _pattern(values.copy(), black, white, middle)
    count = np.bincount(pattern, minlength=RANKS)
    # The bit pattern of a negative number falls with its value: sorted, then summed, then put back.
    order = np.concatenate([np.arange(RANKS - 1, RANKS // 2 - 1, -1), np.arange(RANKS // 2)])
    rank = np.cumsum(count[order]).astype(np.float64) - 1
    rank /= max(float(rank[-1]), 1.0)
    curve = np.zeros(RANKS, np.float32)
    curve[order] = np.clip(rank, 0, 1)
    return Equalised(low, high, middle, curve)


def _pattern(values: np.ndarray, low: np.float32, high: np.float32, middle: np.float32) -> np.ndarray:
    """uint32 in 0..RANKS - 1 for each value, which is changed in place; cut off ones share no bin with others, NaN is black."""
    with np.errstate(all="ignore"):
        outside = ~(values > low), values >= high
        np.subtract(values, middle, out=values)
        np.add(values, np.float32(0), out=values)  # -0 is 0
        values[outside[0]] = -np.inf
        values[outside[1]] = np.inf
    return values.view(np.uint32) >> _SHIFT


def colours(curve: np.ndarray, recipe: Recipe) -> np.ndarray:
    """uint32 0xFFRRGGBB for each entry of a curve (float32 in 0..1) through colour map, contrast and bias."""
    rgb = _stretch._colours(recipe.colormap, recipe.invert, recipe.contrast, recipe.bias).astype(np.uint32)
    packed = OPAQUE | rgb[:, 0] << np.uint32(16) | rgb[:, 1] << np.uint32(8) | rgb[:, 2]
    return packed.take((curve * np.float32(1023) + np.float32(0.5)).astype(np.intp))


def paint(
    values: np.ndarray, recipe: Recipe, low: float, high: float, histogram: Equalised | None = None
) -> np.ndarray:
    """uint32 (h, w) 0xFFRRGGBB of float32 (h, w); NaN gets the colour of the lower cut.

    Args:
        low, high: the cuts, finite, low < high.
        histogram: the curve of "histeq"; found from `values` where it is not given.
    """
    low, high = _stretch._apart(float(low), float(high))
    if recipe.stretch == "histeq":
        return _painted_by_rank(values, recipe, histogram or equalised(values, low, high))
    table = _table(recipe)
    flat = np.ascontiguousarray(values).reshape(-1)
    out = np.empty(flat.size, np.uint32)
    steps = (LEVELS - 1) / (high - low)
    scale, black, top = np.float32(steps), np.float32(low - 0.5 / steps), np.float32(LEVELS - 1)
    place, index = np.empty(_BLOCK, np.float32), np.empty(_BLOCK, np.int32)
    with np.errstate(all="ignore"):
        for start in range(0, flat.size, _BLOCK):  # blocks that stay in the processor's cache
            part = flat[start : start + _BLOCK]
            p, n = place[: part.size], index[: part.size]
            np.subtract(part, black, out=p)
            np.multiply(p, scale, out=p)
            np.fmax(p, np.float32(0), out=p)  # fmax, not maximum: NaN becomes 0
            np.minimum(p, top, out=p)
            np.copyto(n, p, casting="unsafe")
            np.take(table, n, out=out[start : start + _BLOCK], mode="wrap")  # none is beyond: the fastest way there is
    return out.reshape(values.shape)


def _table(recipe: Recipe) -> np.ndarray:
    """`colours` of the recipe's stretch; the last one is kept, for changes of the cuts."""
    global _kept
    curve = _stretch._curve(recipe.stretch)
    key = (recipe.colormap, recipe.invert, recipe.contrast, recipe.bias)
    kept = _kept
    if kept is None or kept[0] is not curve or kept[1] != key:
        _kept = kept = (curve, key, colours(curve, recipe))
    return kept[2]


_kept: tuple[np.ndarray, tuple[Any, ...], np.ndarray] | None = None


def _painted_by_rank(values: np.ndarray, recipe: Recipe, histogram: Equalised) -> np.ndarray:
    table = colours(histogram.curve, recipe)
    flat = np.ascontiguousarray(values).reshape(-1)
    out = np.empty(flat.size, np.uint32)
    low, high = np.float32(histogram.low), np.float32(histogram.high)
    for start in range(0, flat.size, _BLOCK):
        index = _pattern(flat[start : start + _BLOCK].copy(), low, high, histogram.middle)
        np.take(table, index.view(np.int32), out=out[start : start + _BLOCK], mode="wrap")
    return out.reshape(values.shape)
