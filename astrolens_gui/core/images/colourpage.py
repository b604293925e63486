"""Small colour pictures of objects, from stamps that are at hand; knows no file but for headers, and no page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...api import Plane
from . import colour, onto
from .geometry import Affine, View
from .raster import ArrayRaster, runs
from .recipe import Recipe
from .stretch import limits
from .zeropoints import zero_points


@dataclass(frozen=True)
class Band:
    """One band of an object: `pixels` (h, w) are drawn, row 0 at the bottom; `whole` says its levels; `known` keeps what took time.

    `lead` is the plane whose pixels the picture counts in, with what changes with its file.
    """

    plane: Plane
    lead: tuple[Plane, tuple[int, int]]
    pixels: np.ndarray
    whole: np.ndarray
    known: dict[str, object]


def wanted(recipe: Recipe, names: Sequence[str]) -> tuple[str, ...]:
    """The bands that a colour picture of an object with these is made of."""
    return tuple(dict.fromkeys(colour.channels(recipe, tuple(names))))


def ready(bands: Iterable[Band]) -> None:
    """Find what the headers say of bands, of many objects at once: their zero points, and where they fall on their leads."""
    bands = list(bands)
    fresh = [band for band in bands if "zero" not in band.known]
    for band, zero in zip(fresh, zero_points([band.plane for band in fresh]), strict=True):
        band.known["zero"] = zero
    moved = [band for band in bands if band.known.get("lead") != band.lead]
    for band, to_band in zip(moved, onto.maps([(band.lead[0], band.plane) for band in moved]), strict=True):
        band.known["lead"], band.known["onto"] = band.lead, to_band


def picture(bands: Mapping[str, Band], names: Sequence[str], size: int, recipe: Recipe) -> np.ndarray:
    """uint8 (size, size, 4) BGRA, row 0 on top, black beside what is not square; each band where the single view has it.

    Args:
        bands: made `ready`.
        names: in the order of `colour.channels`.
    """
    lead = bands[names[0]].lead[0]
    to_lead = View(size, size).fitted(lead.shape).to_image
    planes, levels, zeros = [], [], []
    laid: dict[str, np.ndarray] = {}
    for name in names:
        one = bands[name]
        if name not in laid:
            laid[name] = _laid(one, to_lead, size)
        planes.append(laid[name])
        if "level" not in one.known:
            one.known["level"] = colour.level(one.whole, recipe, name)
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
    nothing = np.logical_and.reduce([np.isnan(plane) for plane in laid.values()])
    frame = next((one for one in bands.values() if one.plane == lead), bands[names[0]])
    first, last = runs(_onto(frame).after(to_lead), frame.plane.shape, size, size)
    if int((last - first).sum()) < size * size:
        columns = np.arange(size)
        nothing |= (columns < first[:, None]) | (columns >= last[:, None])
    made[nothing, :3] = 0
    return made


def _onto(band: Band) -> Affine:
    found = band.known["onto"]
    assert isinstance(found, Affine)
    return found


def _laid(band: Band, to_lead: Affine, size: int) -> np.ndarray:
    """float32 (size, size): a band at each place of the picture, NaN outside of it."""
    to_band = _onto(band)
    to_pixels = to_lead if to_band == onto.AS_IT_IS else to_band.after(to_lead)
    step = round(max(band.plane.shape) / max(band.pixels.shape))
    if step > 1:  # means of blocks are held
        down, across = (min(step, side) for side in band.plane.shape)
        held = Affine(1 / across, 0.0, (1 / across - 1) / 2, 0.0, 1 / down, (1 / down - 1) / 2)
        to_pixels = held.after(to_pixels)
    return ArrayRaster(band.pixels).sample(to_pixels, size, size)
