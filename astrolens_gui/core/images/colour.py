"""Several bands as one colour picture: which bands, in which unit, by which way; knows no file and no widget."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from . import cuts as _cuts
from .bands import reddest_first, wavelength
from .lupton import Mapping, lupton, mapped
from .recipe import Recipe
from .stretch import limits, render

__all__ = ["Level", "channels", "compose", "level", "lupton", "scales", "spread_matrix"]

NEUTRAL = 1.15
"""With zero points, a source whose flux density rises as this power of the wavelength is grey: between a lens galaxy
(about 2 from 0.7 to 1.8 micrometres at redshift 0.5) and the young stars of an arc (about 0). The same for every image, so
that colours can be compared."""

SHALLOW = frozenset({"u", "U", "NUV", "FUV", "W1", "W2", "W3", "W4"})
"""Bands left out of an automatic choice where three others are there: noisy, or blurred."""


class Level(NamedTuple):
    """What a band needs to know of itself to be a colour, in its own units.

    `low`, `high`: its cuts. `sky`, `noise`: median and RMS where nothing is. `bright`: mean of the brightest 2 % over the sky.
    """

    low: float
    high: float
    sky: float = 0.0
    noise: float = 1.0
    bright: float = 1.0
    band: str = ""


def level(image: np.ndarray, recipe: Recipe, band: str = "") -> Level:
    """The levels of a band, from float (h, w) pixels that stand for it (all of a stamp, the overview of a field)."""
    low, high = limits(image, recipe, band)
    values = _cuts.finite(image, 200_000)
    if not values.size:
        return Level(low, high, band=band)
    sky, noise = _cuts.corners(image)
    middle, scatter = _cuts.spread(values)
    sky = min(sky, middle)  # a lens that fills its stamp raises the median, a neighbour the corners
    noise = min(noise, scatter) if scatter > 0 else noise
    count = max(1, values.size // 50)
    bright = float(np.partition(values, values.size - count)[-count:].mean(dtype=np.float64)) - sky
    if not noise > 0:
        noise = bright / 100 if bright > 0 else 1.0
    return Level(low, high, sky, noise, bright if bright > 0 else noise, band)


def channels(recipe: Recipe, bands: Sequence[str]) -> tuple[str, ...]:
    """The bands whose planes `compose` wants, in its order: red, green, blue (two bands: red, blue; one: that one), or all for a matrix.

    A band that the recipe names and the object lacks is chosen by wavelength, as one that is not named.
    """
    if not bands:
        return ()
    if recipe.composer == "matrix":
        named = [name for name in recipe.matrix_bands if name in bands]
        return tuple(named or reddest_first(bands))
    red, green, blue = (name if name in bands else "" for name in (recipe.red, recipe.green, recipe.blue))
    if not (red or green or blue) and {"R", "G", "B"} <= set(bands):
        return "R", "G", "B"  # a picture that was in colour before
    order = reddest_first(bands)
    deep = [name for name in order if name not in SHALLOW]
    order = deep if len(deep) >= 3 else order
    free = [name for name in order if name not in (red, green, blue)] or order
    if len(order) == 2 and not green:
        return red or order[0], blue or order[-1]
    if len(order) == 1:
        return (red or order[0],) if not (green or blue) else (red or order[0], green or order[0], blue or order[0])
    red = red or free[0]
    blue = blue or next((name for name in reversed(free) if name != red), free[-1])
    between = [name for name in order if name not in (red, blue)] or order
    return red, green or _middle(between, red, blue), blue


def _middle(names: Sequence[str], red: str, blue: str) -> str:
    """The band nearest to the geometric mean of the wavelengths of two others; the middle one where these are unknown."""
    ends = [wavelength(red), wavelength(blue)]
    known = {name: um for name in names if (um := wavelength(name)) is not None}
    if not known or ends[0] is None or ends[1] is None:
        return names[len(names) // 2]
    middle = math.sqrt(ends[0] * ends[1])
    return min(known, key=lambda name: abs(math.log(known[name] / middle)))


def scales(levels: Sequence[Level], zero_points: Sequence[float | None], recipe: Recipe) -> list[float]:
    """The factor of each plane that brings them to one unit, times the recipe's own.

    With a zero point for every band: to flux density (AB), less the mean colour of galaxies (NEUTRAL). Without: such that
    the brightest pixels of the image are grey on the whole.
    """
    waves = [wavelength(one.band) for one in levels]
    factors = []
    calibrated = len(zero_points) == len(levels) and all(zero is not None for zero in zero_points)
    for place, one in enumerate(levels):
        zero, um = zero_points[place] if calibrated else None, waves[place]
        if zero is not None:
            factor = 10 ** (-0.4 * (zero - 25.0))
            factor *= um**-NEUTRAL if um is not None and all(waves) else 1.0
        else:
            factor = 1.0 / one.bright
        factors.append(factor * recipe.scales.get(one.band, 1.0))
    most = max((abs(factor) for factor in factors), default=1.0) or 1.0
    return [factor / most for factor in factors]


def spread_matrix(count: int) -> np.ndarray:
    """float64 (3, count): bands, the reddest first, spread evenly over red, green and blue; rows sum to 1."""
    if count < 3:
        return np.array([[1.0], [1.0], [1.0]]) if count == 1 else np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]])
    place = np.linspace(0.0, 2.0, count)
    weights = np.maximum(0.0, 1.0 - np.abs(place[None, :] - np.arange(3.0)[:, None]))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True))


def compose(
    planes: Sequence[np.ndarray],
    recipe: Recipe,
    levels: Sequence[Level],
    zero_points: Sequence[float | None] = (),
    out: np.ndarray | None = None,
) -> np.ndarray:
    """A colour picture of planes on one grid, as uint8 (h, w, 3).

    A pixel that some band lacks (NaN) has the mean of the others in its place, so that it turns grey and not into a
    colour; where all lack it, it is black (`no data` is painted by who calls).

    Args:
        planes: float32 (h, w) of the bands that `channels(recipe, …)` names, in that order.
        levels: of each plane, by `level`.
        zero_points: AB magnitude of one count of each; used only where all are known.
        out: uint8 (h, w, 3) to write into, also a view with other strides (BGRA read backwards).
    """
    count = len(planes)
    if not 1 <= count == len(levels):
        raise ValueError(f"{count} planes with {len(levels)} levels")
    planes = [np.ascontiguousarray(plane, dtype=np.float32) for plane in planes]
    made = np.empty((*planes[0].shape, 3), np.uint8) if out is None else out
    if recipe.composer == "simple" and count <= 3:
        _simple(planes, recipe, levels, made)
        return made
    factors = scales(levels, zero_points, recipe)
    matrix = _matrix(recipe, levels)
    noises = [(weight * f * one.noise) ** 2 for weight, f, one in zip(matrix.sum(axis=0), factors, levels, strict=True)]
    noise = math.sqrt(sum(noises)) / 3 or 1.0
    mapping = Mapping(
        [one.sky for one in levels],
        factors,
        [[(at, float(weight) * factors[at]) for at, weight in enumerate(row) if weight] for row in matrix],
        max(recipe.softening, 1e-3) * noise,
        recipe.q,
        max(recipe.grain, 0.0) * noise,
        recipe.pedestal * noise * math.sqrt(3),  # of three equal bands: so many times the noise of each
    )
    mapped(planes, mapping, made)
    if (recipe.contrast, recipe.bias, recipe.invert) != (1.0, 0.5, False):
        s = np.clip((np.arange(256) / 255 - recipe.bias) * recipe.contrast + 0.5, 0, 1)
        table = np.rint((1 - s if recipe.invert else s) * 255).astype(np.uint8)
        made[...] = table[made]
    return made


def _matrix(recipe: Recipe, levels: Sequence[Level]) -> np.ndarray:
    """(3, number of planes); the recipe's own where its columns are these bands."""
    count = len(levels)
    if recipe.composer == "matrix" and len(recipe.matrix) == 3:
        names = list(recipe.matrix_bands)
        columns = [names.index(one.band) for one in levels if one.band in names] if names else list(range(count))
        given = [row for row in recipe.matrix if len(row) == max(len(names), count)]
        if len(columns) == count and len(given) == 3:
            return np.array(given, float)[:, columns]
    return np.eye(3) if count == 3 and recipe.composer != "matrix" else spread_matrix(count)


def _simple(planes: Sequence[np.ndarray], recipe: Recipe, levels: Sequence[Level], out: np.ndarray) -> None:
    """Each band between its own cuts by the common stretch."""
    grey = replace(recipe, colormap="gray")
    made = []
    for plane, one in zip(planes, levels, strict=True):
        factor = recipe.scales.get(one.band, 1.0)
        high = one.low + (one.high - one.low) / factor if factor > 0 else one.high
        made.append(render(plane, grey, one.low, high)[..., 0])
    holes = [np.isnan(plane) for plane in planes]
    if any(hole.any() for hole in holes):
        count = len(holes) - np.sum(holes, axis=0)
        total = np.sum([np.where(hole, 0, one) for one, hole in zip(made, holes, strict=True)], axis=0)
        mean = (total / np.maximum(count, 1)).astype(np.uint8)
        made = [np.where(hole, mean, one) for one, hole in zip(made, holes, strict=True)]
    if len(made) == 2:
        made.insert(1, ((made[0].astype(np.uint16) + made[1]) // 2).astype(np.uint8))
    for place in range(3):
        out[..., place] = made[min(place, len(made) - 1)]
