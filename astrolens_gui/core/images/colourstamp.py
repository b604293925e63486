"""A small colour picture of one object, the same as its view would be; knows no widget and keeps nothing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...api import Plane
from .align import band_map
from .bands import shown_first
from .colour import channels
from .engine import Engine
from .geometry import View
from .raster import ArrayRaster
from .readers import celestial, read_all
from .recipe import Recipe
from .zeropoints import zero_points


def colour_stamp(planes: Sequence[Plane], size: int, recipe: Recipe) -> np.ndarray:
    """The object's bands as uint8 (size, size, 3), red green blue, row 0 at the top: whole, centred, black beside it.

    Bands of another grid are laid on that of the band one looks at first, by WCS, else by pixel scale about the centre.
    One band alone makes a grey picture by the same mapping.

    Raises:
        ImageError: a band can't be read.
        ValueError: there is no plane.
    """
    if not planes:
        raise ValueError("the object has no image")
    names = [plane.band or plane.extname or f"plane {place + 1}" for place, plane in enumerate(planes)]
    wanted = dict.fromkeys(channels(recipe, names))
    chosen = [planes[names.index(name)] for name in wanted]
    frame = chosen[shown_first(list(wanted))]
    rasters = {name: ArrayRaster(pixels) for name, pixels in zip(wanted, read_all(chosen), strict=True)}
    maps = {}
    for name, plane in zip(wanted, chosen, strict=True):
        if _elsewhere(plane, frame):
            ratio = plane.pixel_scale / frame.pixel_scale if plane.pixel_scale and frame.pixel_scale else None
            maps[name] = band_map(celestial(frame), celestial(plane), frame.shape, plane.shape, ratio)
    engine = Engine()
    engine.set_rasters(rasters, maps, dict(zip(wanted, zero_points(chosen), strict=True)))
    view = View(size, size).fitted(frame.shape)
    return engine.paint(engine.sample(view, recipe), recipe)[..., 2::-1]


def _elsewhere(plane: Plane, frame: Plane) -> bool:
    """Whether two planes may lie on different grids: those of one file with one shape and scale are taken for the same."""
    return (plane.path, plane.shape, plane.pixel_scale) != (frame.path, frame.shape, frame.pixel_scale)
