"""Small colour pictures of objects, from stamps that are at hand; knows no file but for zero points, and no page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...api import Plane
from . import colour, stacks
from .recipe import Recipe
from .stretch import limits
from .zeropoints import zero_points


@dataclass(frozen=True)
class Band:
    """One band of an object: `pixels` (h, w) are drawn, row 0 at the bottom; `whole` says its levels; `known` keeps what took time."""

    plane: Plane
    pixels: np.ndarray
    whole: np.ndarray
    known: dict[str, object]


def wanted(recipe: Recipe, names: Sequence[str]) -> tuple[str, ...]:
    """The bands that a colour picture of an object with these is made of."""
    return tuple(dict.fromkeys(colour.channels(recipe, tuple(names))))


def picture(bands: Mapping[str, Band], names: Sequence[str], size: int, recipe: Recipe) -> np.ndarray:
    """uint8 (size, size, 4) BGRA, row 0 on top, black beside what is not square.

    Bands are laid on the first one by their centres and pixel scales: right for stamps, which were cut round one place; the
    single view goes by their WCS.

    Args:
        names: in the order of `colour.channels`.
    """
    first = bands[names[0]]
    frame = (first.plane.shape, first.plane.pixel_scale)
    planes, levels, zeros = [], [], []
    for name in names:
        one = bands[name]
        planes.append(_laid(one, frame, size))
        if "level" not in one.known:
            one.known["level"] = colour.level(one.whole, recipe, name)
            one.known["zero"] = zero_points([one.plane])[0]
        level = one.known["level"]
        assert isinstance(level, colour.Level)
        if recipe.composer == "simple":  # the others take no cuts
            low, high = limits(one.whole, recipe, name)
            level = level._replace(low=low, high=high, band=name)
        levels.append(level._replace(band=name))
        zero = one.known["zero"]
        zeros.append(zero if isinstance(zero, float) else None)
    made = np.full((size, size, 4), 255, np.uint8)
    colour.compose(planes, recipe, levels, zeros, out=made[..., 2::-1])
    nothing = np.logical_and.reduce([np.isnan(plane) for plane in planes])
    made[nothing, :3] = 0
    return made


def _laid(band: Band, frame: tuple[tuple[int, int], float | None], size: int) -> np.ndarray:
    """float32 (size, size): the nearest pixel of a band at each place of a picture of the first one; NaN outside of it."""
    (height, width), scale = frame
    own_height, own_width = band.plane.shape
    by_shape = max(own_height, own_width) / max(height, width, 1)
    ratio = scale / band.plane.pixel_scale if scale and band.plane.pixel_scale else by_shape
    factor = max(height, width) / size * ratio  # the band's pixels for one of the picture's
    step = int(factor * min(band.pixels.shape[0] / own_height, 1.0))
    pixels = stacks.blocks(band.pixels[None], step)[0] if step > 1 else band.pixels
    place = (np.arange(size) + 0.5 - size / 2) * factor
    held = pixels.shape
    row = np.floor((place + own_height / 2) * held[0] / own_height).astype(np.intp)[::-1]
    column = np.floor((place + own_width / 2) * held[1] / own_width).astype(np.intp)
    made = np.full((size, size), np.nan, np.float32)
    down = np.flatnonzero((row >= 0) & (row < held[0]) & (np.abs(place[::-1]) <= height * ratio / 2))
    across = np.flatnonzero((column >= 0) & (column < held[1]) & (np.abs(place) <= width * ratio / 2))
    if down.size and across.size:
        made[np.ix_(down, across)] = pixels[np.ix_(row[down], column[across])]
    return made
