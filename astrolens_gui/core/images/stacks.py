"""Many stamps of one shape at once: their cuts and their colours, equal to one by one; knows no file and no object."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from .stretch import STRETCHES, Recipe, held, limits, render

LEVELS = 65536
_AT_ONCE = 1 << 21
"""Pixels that are worked on together: more would only leave the processor's cache."""


def cuts(stack: np.ndarray, recipe: Recipe, band: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The cuts of each image of float32 (n, h, w), as `stretch.limits` finds them one by one: two float64 (n,)."""
    lows, highs = np.zeros(len(stack)), np.ones(len(stack))
    alone = np.ones(len(stack), bool)
    if (
        held(recipe, band) is None
        and recipe.cuts in ("zscale", "percentile")
        and stack.size
        and stack[0].size <= LEVELS * 8
    ):
        flat = stack.reshape(len(stack), -1)
        alone = ~np.isfinite(flat.sum(axis=1, dtype=np.float64))
        whole = np.flatnonzero(~alone)
        if whole.size:
            found = zscale(flat[whole]) if recipe.cuts == "zscale" else percentile(flat[whole], recipe.percentile)
            low, high = _apart(*found)
            lows[whole], highs[whole] = low, high
    for at in np.flatnonzero(alone):
        lows[at], highs[at] = limits(stack[at], recipe, band)
    return lows, highs


def _apart(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """As `stretch.limits` keeps a range wide enough to be divided by."""
    low, high = np.minimum(low, high), np.maximum(low, high)
    smallest = np.maximum(1e-6 * np.maximum(np.abs(low), np.abs(high)), 1e-33)
    wide = low + np.where(low != 0, np.maximum(smallest, np.abs(low)), 1.0)
    return low, np.where(high - low >= smallest, high, wide)


def percentile(flat: np.ndarray, keep: float) -> tuple[np.ndarray, np.ndarray]:
    """Cuts that keep the middle `keep` per cent of each row of (n, pixels), all finite; linear as numpy.percentile."""
    edge = (100.0 - min(max(keep, 0.0), 100.0)) / 2
    count = flat.shape[1]
    places = np.array([edge, 100.0 - edge]) / 100.0 * (count - 1)
    below = np.minimum(places.astype(np.intp), count - 1)
    above = np.minimum(below + 1, count - 1)
    sorted_there = np.partition(flat, np.unique([below, above]).tolist(), axis=1)
    a, b = sorted_there[:, below].astype(np.float64), sorted_there[:, above].astype(np.float64)
    values = a + (b - a) * (places - below)
    return values[:, 0], values[:, 1]


@np.errstate(all="ignore")
def zscale(flat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """IRAF's zscale of each row of (n, pixels), all finite, as `cuts.zscale` (and astropy's ZScaleInterval) for one image."""
    values = flat[:, :: max(1, int(flat.shape[1] / 1000))][:, :1000].astype(np.float64)
    values.sort(axis=1)
    rows, count = values.shape
    low, high = values[:, 0].copy(), values[:, -1].copy()
    fewest, grow = max(5, int(count * 0.5)), max(1, int(count * 0.01))
    x = np.arange(count, dtype=np.float64)
    bad = np.zeros((rows, count), bool)
    good, before, slope = np.full(rows, count), np.full(rows, count + 1), np.zeros(rows)
    for _ in range(5):
        going = np.flatnonzero((good < before) & (good >= fewest))
        if not going.size:
            break
        keep = ~bad[going]
        slope[going], rest = _residual(x, values[going], keep)
        spread = _deviation(rest, keep)
        worse = ~keep | (np.abs(rest) > 2.5 * spread[:, None])
        bad[going] = _grown(worse, grow)
        before[going], good[going] = good[going], count - np.count_nonzero(bad[going], axis=1)
    fitted = good >= fewest
    steep = slope / 0.25
    middle, median = (count - 1) // 2, np.median(values, axis=1)
    low = np.where(fitted, np.maximum(low, median - (middle - 1) * steep), low)
    high = np.where(fitted, np.minimum(high, median + (count - middle) * steep), high)
    return low, high


def _residual(x: np.ndarray, y: np.ndarray, keep: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Slope of the least-squares line through the kept values of each row, and all values less that line."""
    number = np.count_nonzero(keep, axis=1)
    xm = (keep * x).sum(axis=1) / number
    ym = (keep * y).sum(axis=1) / number
    dx = x - xm[:, None]
    norm = np.einsum("ij,ij,ij->i", dx, dx, keep)
    slope = np.where(norm > 0, np.einsum("ij,ij,ij->i", dx, y - ym[:, None], keep) / norm, 0.0)
    return slope, y - (slope[:, None] * dx + ym[:, None])


def _deviation(values: np.ndarray, keep: np.ndarray) -> np.ndarray:
    """Standard deviation of the kept values of each row."""
    number = np.count_nonzero(keep, axis=1)
    off = values - ((keep * values).sum(axis=1) / number)[:, None]
    return np.sqrt(np.einsum("ij,ij,ij->i", off, off, keep) / number)


def _grown(bad: np.ndarray, width: int) -> np.ndarray:
    """Each row as numpy.convolve(row, ones(width), "same") of booleans."""
    ahead = (width - 1) // 2
    padded = np.zeros((len(bad), bad.shape[1] + width), np.int32)
    padded[:, width - ahead : width - ahead + bad.shape[1]] = bad
    sums = np.cumsum(padded, axis=1, dtype=np.int32)
    ends = sums[:, width:]
    return (ends - sums[:, : ends.shape[1]]) > 0


def pictures(stack: np.ndarray, recipe: Recipe, lows: np.ndarray, highs: np.ndarray, size: int) -> np.ndarray:
    """float32 (n, h, w), row 0 at the bottom → uint8 (n, size, size, 4) BGRA, row 0 on top: whole, centred, in nearest pixels.

    What is beside a stamp that is not square has the colour of the lower cut, as pixels without a value have.
    """
    if recipe.stretch == "histeq":  # its curve is each image's own
        colours = np.stack(
            [_packed(render(one, recipe, low, high)) for one, low, high in zip(stack, lows, highs, strict=True)]
        )
        beside = np.array([_packed(render(np.full((1, 1), np.nan, np.float32), recipe, 0.0, 1.0))[0, 0]])[0]
    else:
        table = palette(recipe)
        colours, beside = _coloured(stack, table, lows, highs), table[0]
    _, height, width = stack.shape
    factor = size / max(height, width)
    tall, wide = (min(size, max(1, round(n * factor))) for n in (height, width))
    row = np.minimum(((np.arange(tall) + 0.5) / factor).astype(np.intp), height - 1)[::-1]
    column = np.minimum(((np.arange(wide) + 0.5) / factor).astype(np.intp), width - 1)
    if (tall, wide) == (size, size):
        made = colours.take(row, axis=1).take(column, axis=2)
    else:
        made = np.full((len(stack), size, size), beside, np.uint32)
        top, left = (size - tall) // 2, (size - wide) // 2
        made[:, top : top + tall, left : left + wide] = colours.take(row, axis=1).take(column, axis=2)
    return made.view(np.uint8).reshape(len(stack), size, size, 4)


def _coloured(stack: np.ndarray, table: np.ndarray, lows: np.ndarray, highs: np.ndarray) -> np.ndarray:
    """uint32 (n, h, w): the table's colour at each pixel's place between the cuts of its image."""
    made = np.empty(stack.shape, np.uint32)
    black = lows.astype(np.float32)[:, None, None]
    scale = ((LEVELS - 1) / (highs - lows)).astype(np.float32)[:, None, None]
    step = max(1, _AT_ONCE // max(stack[0].size, 1))
    with np.errstate(all="ignore"):
        for start in range(0, len(stack), step):
            part = slice(start, start + step)
            place = np.subtract(stack[part], black[part])
            np.multiply(place, scale[part], out=place)
            np.add(place, np.float32(0.5), out=place)
            np.fmax(place, np.float32(0), out=place)  # fmax, not maximum: NaN becomes 0
            np.minimum(place, np.float32(LEVELS - 1), out=place)
            np.take(table, place.astype(np.uint16), out=made[part], mode="clip")
    return made


def palette(recipe: Recipe) -> np.ndarray:
    """The recipe's colours from the lower to the upper cut, uint32 (65536,) 0xffRRGGBB."""
    if recipe.stretch not in STRETCHES:
        raise ValueError(f"there is no stretch {recipe.stretch!r}; there are: {', '.join(STRETCHES)}")
    function = STRETCHES[recipe.stretch].function  # a plugin may come back with another one under the same name
    return _palette(recipe.stretch, function, recipe.colormap, recipe.invert, recipe.contrast, recipe.bias)


@lru_cache(maxsize=8)
def _palette(stretch: str, _: Any, colormap: str, invert: bool, contrast: float, bias: float) -> np.ndarray:
    look = Recipe(stretch=stretch, colormap=colormap, invert=invert, contrast=contrast, bias=bias)
    ramp = np.linspace(0.0, 1.0, LEVELS, dtype=np.float64).astype(np.float32)[None]
    return _packed(render(ramp, look, 0.0, 1.0))[0]


def _packed(rgb: np.ndarray) -> np.ndarray:
    """uint8 (…, 3) RGB → uint32 (…) 0xffRRGGBB: in memory B, G, R, A on all machines that Qt runs on with this format."""
    wide = rgb.astype(np.uint32)
    return (wide[..., 0] << 16) | (wide[..., 1] << 8) | wide[..., 2] | np.uint32(0xFF000000)


def blocks(stack: np.ndarray, step: int) -> np.ndarray:
    """float32 (n, h, w) → means of `step` x `step` pixels; a side shorter than that is left as it is."""
    count, height, width = stack.shape
    down, across = min(step, height), min(step, width)
    rows, columns = height // down * down, width // across * across
    tiles = stack[:, :rows, :columns].reshape(count, rows // down, down, columns // across, across)
    with np.errstate(all="ignore"):
        return tiles.mean(axis=(2, 4), dtype=np.float32)  # type: ignore[no-any-return]
