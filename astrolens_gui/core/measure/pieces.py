"""Measurements that read pixels: each takes the piece of a raster that it needs, never the whole; knows no window."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from astrolens_gui.api import Context, UserError

from . import circle, lens_light, polar, profiles
from .lens_light import LensLight
from .plate import Plate
from .polar import Polar
from .profiles import LineProfile, RadialProfile

REACH_PX = 120
"""How far from a centre one looks where nothing says how far."""

MOST_PX = 1000
"""Pixels from a centre, or half of a line, at most: a piece of 16 MB."""

Point = tuple[float, float]


def piece(raster: Any, x: float, y: float, reach: float) -> tuple[np.ndarray, int, int]:
    """(pixels, x0, y0) of the square within `reach` pixels of a point, inside the image."""
    height, width = raster.shape
    reach = min(reach, MOST_PX)
    x0, x1 = max(math.floor(x - reach), 0), min(math.ceil(x + reach) + 1, width)
    y0, y1 = max(math.floor(y - reach), 0), min(math.ceil(y + reach) + 1, height)
    if x0 >= x1 or y0 >= y1:
        raise UserError("the place to measure lies outside the image")
    return raster.section(y0, y1, x0, x1), x0, y0


def source(raster: Any, near: Point | None = None) -> Point:
    """The brightest source near a point (close by), or near the middle of the image."""
    height, width = raster.shape
    if near is not None:
        pixels, x0, y0 = piece(raster, *near, 20.0)
        x, y = circle.brightest(pixels, (near[0] - x0, near[1] - y0), width=4.0)
    else:
        pixels, x0, y0 = piece(raster, (width - 1) / 2, (height - 1) / 2, REACH_PX)
        x, y = circle.brightest(pixels)
    return x + x0, y + y0


def line(raster: Any, plate: Plate, start: Point, end: Point, width: float) -> LineProfile:
    """The line profile; raises UserError for a line of over 2000 pixels."""
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    half = math.hypot(end[0] - start[0], end[1] - start[1]) / 2
    if half > MOST_PX:
        raise UserError(f"the line is longer than {2 * MOST_PX} pixels; draw a shorter one")
    pixels, x0, y0 = piece(raster, x, y, half + width + 2)
    patch = plate.around(*start).within(x0, y0)
    return profiles.line_profile(pixels, (start[0] - x0, start[1] - y0), (end[0] - x0, end[1] - y0), patch, width)


def radial(raster: Any, plate: Plate, centre: Point, reach: float | None) -> RadialProfile:
    """The radial profile out to `reach` (in the plate's unit), by default as far as there are whole circles."""
    patch = plate.around(*centre)
    pixels, x0, y0 = piece(raster, *centre, REACH_PX if reach is None else 1.5 * reach / patch.scale + 2)
    return profiles.radial_profile(pixels, patch.within(x0, y0), reach=reach)


def unrolled(raster: Any, plate: Plate, centre: Point, reach: float | None) -> Polar:
    patch = plate.around(*centre)
    pixels, x0, y0 = piece(raster, *centre, REACH_PX if reach is None else 1.5 * reach / patch.scale + 2)
    return polar.unroll(pixels, patch.within(x0, y0), reach=reach)


def light(
    shape: tuple[int, int],
    read: Callable[[int, int, int, int], np.ndarray],
    plate: Plate,
    near: Point | None = None,
    method: str = "isophotes",
    rms: np.ndarray | None = None,
    ctx: Context | None = None,
) -> LensLight:
    """The lens's light in a window of at most 256 pixels of an image of `shape`.

    Args:
        read: (y0, y1, x0, x1) → pixels. near: 0-based (x, y) of the galaxy, default the middle. rms: σ of all pixels, or None.
    """
    height, width = shape
    y0, y1, x0, x1 = lens_light.window(shape, *(near or ((width - 1) / 2, (height - 1) / 2)))
    noise = rms[y0:y1, x0:x1] if rms is not None and rms.shape == tuple(shape) else None
    return lens_light.subtract(
        read(y0, y1, x0, x1), plate, near=near, method=method, rms=noise, origin=(x0, y0), ctx=ctx
    )
