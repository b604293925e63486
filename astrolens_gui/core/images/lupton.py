"""Lupton's mapping of three weighted sums of planes to a picture: ratios stay, the mean is stretched; knows no band."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np

__all__ = ["Mapping", "lupton", "mapped"]

SLOPE_AT = 0.1
"""Lupton's curve is as steep as the linear stretch at this part of it (astropy.visualization)."""

_BLOCK = 1 << 15
_MOST = np.float32(1e30)
_LEAST_EXPONENT, _MOST_EXPONENT, _MANTISSA = -40, 40, 10


def lupton(
    red: np.ndarray,
    green: np.ndarray,
    blue: np.ndarray,
    minimum: Sequence[float] = (0.0, 0.0, 0.0),
    stretch: float = 5.0,
    q: float = 8.0,
) -> np.ndarray:
    """Lupton et al. 2004 (PASP 116, 133) as uint8 (h, w, 3); equals astropy.visualization.make_lupton_rgb within one grey level."""
    planes = [np.ascontiguousarray(plane, dtype=np.float32) for plane in (red, green, blue)]
    out = np.empty((*planes[0].shape, 3), np.uint8)
    mapped(planes, Mapping(minimum, (1.0, 1.0, 1.0), [[(0, 1.0)], [(1, 1.0)], [(2, 1.0)]], stretch, q), out)
    return out


class Mapping(NamedTuple):
    """What `mapped` does: for each colour the (plane, weight) of `rows` over the planes' `sky`; `factors` bring the
    planes to one unit, in which `stretch`, `grain` and `pedestal` are."""

    sky: Sequence[float]
    factors: Sequence[float]
    rows: Sequence[Sequence[tuple[int, float]]]
    stretch: float
    q: float
    grain: float = 0.0
    pedestal: float = 0.0


def mapped(planes: Sequence[np.ndarray], by: Mapping, out: np.ndarray) -> None:
    """Weighted sums of planes over their skies, mapped so that their ratios stay and their mean I becomes asinh(Q I / stretch).

    With t = Q I / stretch the factor on each channel is a constant times asinh(t) / t: one table for every Q and stretch.
    """
    q = 0.1 if abs(by.q) < 2**-23 else min(by.q, 1e10)
    soften = q / by.stretch
    top = np.float32(SLOPE_AT * 255.0 / math.asinh(SLOPE_AT * q))
    table = _ratio()
    shape = planes[0].shape
    flat = [plane.reshape(-1) for plane in planes]
    width = max(shape[1], 1)
    lines = max(1, _BLOCK // width)
    first = (_LEAST_EXPONENT + 127) << _MANTISSA
    low, high = np.float32(2.0**_LEAST_EXPONENT), np.float32(2.0**_MOST_EXPONENT * (1 - 2.0**-20))
    shift = 23 - _MANTISSA
    with np.errstate(all="ignore"):
        for line in range(0, shape[0], lines):
            part = slice(line * width, min(line + lines, shape[0]) * width)
            rgb, t = _mixed([one[part] for one in flat], by, soften)
            if np.isnan(t.sum()):
                torn = np.flatnonzero(np.isnan(t))
                patches, mean = _mixed(_filled([one[part][torn] for one in flat], by), by, soften)
                for channel, patch in zip((*rgb, t), (*patches, mean), strict=True):
                    channel[torn] = patch
            if by.grain:
                _fade(rgb, t, np.float32((by.grain * soften) ** 2))
            if by.pedestal:
                for one in (t, *rgb):
                    one += np.float32(by.pedestal * soften)
            np.fmin(np.fmax(t, low, out=t), high, out=t)
            index = t.view(np.int32) >> shift
            index -= first
            factor = table.take(index, mode="clip")
            factor *= top
            for channel in rgb:
                np.fmin(np.fmax(channel, np.float32(0), out=channel), _MOST, out=channel)
            most = np.maximum(rgb[0], rgb[1], out=t)
            np.maximum(most, rgb[2], out=most)
            np.divide(np.float32(255), most, out=most)
            np.fmin(factor, most, out=factor)
            target = out[line : line + lines]
            for place, channel in enumerate(rgb):
                np.multiply(channel, factor, out=channel)
                target[..., place] = channel.reshape(-1, width)


def _mixed(parts: Sequence[np.ndarray], by: Mapping, soften: float) -> tuple[list[np.ndarray], np.ndarray]:
    """New float32 arrays: for each row the sum of weight * soften * (part - sky), and the mean of the three."""
    made = []
    for row in by.rows:
        total: np.ndarray | None = None
        for at, weight in row:
            term = parts[at] - np.float32(by.sky[at])
            term *= np.float32(weight * soften)
            if total is None:
                total = term
            else:
                total += term
        made.append(np.zeros_like(parts[0]) if total is None else total)
    mean = made[0] + made[1]
    mean += made[2]
    mean *= np.float32(1 / 3)
    return made, mean


def _fade(rgb: Sequence[np.ndarray], mean: np.ndarray, squared: np.float32) -> None:
    """Each channel nearer to the mean where that is small: it keeps the part m^2 / (m^2 + squared) of its distance."""
    kept = np.fmax(mean, np.float32(0))
    kept *= kept
    kept /= kept + squared
    for channel in rgb:
        channel -= mean
        channel *= kept
        channel += mean


def _filled(parts: Sequence[np.ndarray], by: Mapping) -> list[np.ndarray]:
    """The parts with the mean of the others (in the common unit, over the sky) where one has no value; the sky where none has."""
    total, count = np.zeros_like(parts[0]), np.zeros(parts[0].shape, np.float32)
    holes = [~np.isfinite(part) for part in parts]
    for part, hole, sky, factor in zip(parts, holes, by.sky, by.factors, strict=True):
        total += np.where(hole, np.float32(0), (part - np.float32(sky)) * np.float32(factor))
        count += ~hole
    total /= np.maximum(count, np.float32(1))
    return [
        np.where(np.isnan(part), total / np.float32(factor or 1.0) + np.float32(sky), part)
        for part, sky, factor in zip(parts, by.sky, by.factors, strict=True)
    ]


@lru_cache(maxsize=1)
def _ratio() -> np.ndarray:
    """asinh(t) / t by the top bits of t as float32; 0 at the first, which stands for all that is not above the sky."""
    count = (_MOST_EXPONENT - _LEAST_EXPONENT) << _MANTISSA
    bits = (np.arange(count, dtype=np.int64) + ((_LEAST_EXPONENT + 127) << _MANTISSA)) << (23 - _MANTISSA)
    t = (bits + (1 << (22 - _MANTISSA))).astype(np.int32).view(np.float32).astype(np.float64)
    table = (np.arcsinh(t) / t).astype(np.float32)
    table[0] = 0.0
    table.flags.writeable = False
    return table
