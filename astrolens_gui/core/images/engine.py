"""What a view shows of an image's bands: sampled once per view, painted by recipe as often as it takes; knows no widget."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from . import paint as _paint
from . import stretch as _stretch
from .geometry import Affine, View
from .raster import Raster, run
from .recipe import Recipe

__all__ = ["NO_DATA_TONES", "Engine", "Sampled"]

NO_DATA_TONES = (0xFF263A54, 0xFF3A5474)
"""Two blues in a chequer, 0xFFRRGGBB: what has no value looks like no colour map's value."""

CHEQUER_PX = 8.0
"""A field of the chequer is this large on the screen, up to twice that."""

Maps = Mapping[str, Callable[[View], Affine]]


@dataclass(frozen=True)
class Sampled:
    """What a view sees of some bands, before any colour.

    Attributes:
        planes: float32 (height, width) by band, row 0 at the top, NaN where there is no value.
        inside: (first row, last, first column, last) that can show the image; the rest of the screen is outside of it.
        outside: flat indices of further pixels outside of a turned image.
        holes, tones: flat indices of pixels without a value, and which of the two tones each has.
    """

    view: View
    planes: dict[str, np.ndarray]
    inside: tuple[int, int, int, int]
    outside: np.ndarray
    holes: np.ndarray
    tones: np.ndarray
    source: Any = field(default=None, repr=False)

    @property
    def shape(self) -> tuple[int, int]:
        return self.view.height, self.view.width


_NONE = np.empty(0, np.intp)


class Engine:
    """One per shown object. `sample` may run in another thread than the rest; cuts and curves are kept until the bands change."""

    def __init__(self) -> None:
        self.set_rasters({})

    def set_rasters(self, rasters: Mapping[str, Raster], maps: Maps | None = None) -> None:
        """The bands of the object from now on, the best to look at first.

        Args:
            maps: for bands that lie otherwise than the image the view counts in: from a view to the affine map screen → band.
        """
        self._bands: tuple[Mapping[str, Raster], Maps] = (rasters, maps or {})
        self._last: tuple[Any, Sampled] | None = None
        self._cuts: dict[Any, tuple[float, float]] = {}
        self._histogram: tuple[Any, _paint.Equalised] | None = None

    @property
    def resident(self) -> bool:
        """Whether sampling reads no file."""
        return all(raster.resident for raster in self._bands[0].values())

    def band(self, recipe: Recipe) -> str:
        """The band that a recipe shows; the first where the object has not the one it names."""
        rasters = self._bands[0]
        return recipe.band if recipe.band in rasters else next(iter(rasters), "")

    def sample(self, view: View, recipe: Recipe) -> Sampled:
        """Read and resample what the view sees; the same again is answered from memory.

        Raises:
            ImageError: a file can't be read any more. ValueError: there are no bands.
        """
        bands = self._bands
        names = self._wanted(recipe)
        rasters, maps = bands
        detail = tuple(getattr(rasters[name], "has_overviews", True) for name in names)
        key = (view, names, detail)
        last = self._last
        if last is not None and last[0] == key and last[1].source is bands:
            return last[1]
        affines = {name: maps[name](view) if name in maps else view.to_image for name in names}
        planes = {name: rasters[name].sample(affines[name], view.width, view.height) for name in names}
        frame = next((name for name in names if name not in maps), names[0])
        made = replace(_voids(view, affines[frame], rasters[frame].shape, planes), source=bands)
        if self._bands is bands:
            self._last = (key, made)
        return made

    def _wanted(self, recipe: Recipe) -> tuple[str, ...]:
        if not self._bands[0]:
            raise ValueError("the engine has no bands to sample")
        return (self.band(recipe),)

    def paint(self, sampled: Sampled, recipe: Recipe, surround: int = 0) -> np.ndarray:
        """uint8 (height, width, 4), blue green red alpha, C-contiguous; reads no file.

        Args:
            surround: 0xAARRGGBB of what lies outside of the image; 0 is transparent (and black where alpha is ignored).
        """
        name, plane = next(iter(sampled.planes.items()))
        low, high = self._limits(name, recipe)
        histogram = self._equalised(name, low, high) if recipe.stretch == "histeq" else None
        return _finished(_paint.paint(plane, recipe, low, high, histogram), sampled, surround)

    def cuts(self, recipe: Recipe) -> tuple[float, float]:
        """(low, high) of the shown band, in image units; (0, 1) without one."""
        return self._limits(self.band(recipe), recipe) if self._bands[0] else (0.0, 1.0)

    def band_cuts(self, recipe: Recipe) -> dict[str, tuple[float, float]]:
        """(low, high) of every band that the recipe shows."""
        return {name: self._limits(name, recipe) for name in self._wanted(recipe)} if self._bands[0] else {}

    def _limits(self, name: str, recipe: Recipe) -> tuple[float, float]:
        """The cuts of a band, found from its overview, once."""
        look = (recipe.cuts, recipe.percentile, recipe.low, recipe.high, recipe.low_sigma, recipe.high_sigma)
        more = (recipe.corner_px, recipe.centre_px, recipe.centre_gain, recipe.lock, str(recipe.locked))
        key = (name, *look, *more)
        raster = self._bands[0][name]
        found = self._cuts.get(key)
        if found is None:
            whole = raster.resident and recipe.cuts in {"minmax", "manual"}
            found = _stretch.limits(raster.data if whole else raster.overview(), recipe, name)
            if len(self._cuts) > 64:  # a drag of manual cuts makes many
                self._cuts.clear()
            self._cuts[key] = found
        return found

    def _equalised(self, name: str, low: float, high: float) -> _paint.Equalised:
        """The curve of histogram equalisation, from the overview: it stays while the view moves."""
        key = (name, low, high)
        if self._histogram is None or self._histogram[0] != key:
            self._histogram = (key, _paint.equalised(self._bands[0][name].overview(), low, high))
        return self._histogram[1]


def _voids(view: View, to_image: Affine, shape: tuple[int, int], planes: dict[str, np.ndarray]) -> Sampled:
    """Where the screen shows no value: beyond the image, or a hole in it."""
    width, height = view.width, view.height
    whole = (0, height, 0, width)
    upright, turned = to_image.b == 0 == to_image.d, to_image.a == 0 == to_image.e
    if upright or turned:
        across, down = np.arange(width) + 0.5, np.arange(height) + 0.5
        along_x, along_y = (to_image.a, to_image.e) if upright else (to_image.d, to_image.b)
        first_x, first_y = (to_image.c, to_image.f) if upright else (to_image.f, to_image.c)
        x, y = along_x * across + first_x, along_y * down + first_y
        (x0, x1), (y0, y1) = run(x, shape[1 if upright else 0]), run(y, shape[0 if upright else 1])
        whole = (y0, y1, x0, x1)
    y0, y1, x0, x1 = whole
    missing = None
    for plane in planes.values():  # a hole is where no band has a value
        empty = np.isnan(plane[y0:y1, x0:x1])
        missing = empty if missing is None else missing & empty
        if not missing.any():
            return Sampled(view, planes, whole, _NONE, _NONE, _NONE)
    assert missing is not None
    rows, columns = np.nonzero(missing)
    rows, columns = rows + y0, columns + x0
    x, y = to_image(columns + 0.5, rows + 0.5)
    flat = rows * width + columns
    within = (x >= -0.5) & (x < shape[1] - 0.5) & (y >= -0.5) & (y < shape[0] - 0.5)
    side = 2.0 ** math.ceil(math.log2(max(CHEQUER_PX * math.sqrt(abs(to_image.determinant)), 1e-300)))
    tones = (np.floor((x[within] + 0.5) / side) + np.floor((y[within] + 0.5) / side)) % 2
    return Sampled(view, planes, whole, flat[~within], flat[within], tones.astype(np.intp))


def _finished(pixels: np.ndarray, sampled: Sampled, surround: int) -> np.ndarray:
    """The painted values with the surround and the chequer, as bytes."""
    y0, y1, x0, x1 = sampled.inside
    pixels[:y0] = pixels[y1:] = surround
    pixels[y0:y1, :x0] = pixels[y0:y1, x1:] = surround
    flat = pixels.reshape(-1)
    if len(sampled.outside):
        flat[sampled.outside] = surround
    if len(sampled.holes):
        flat[sampled.holes] = np.array(NO_DATA_TONES, np.uint32)[sampled.tones]
    if sys.byteorder == "little":
        return pixels.view(np.uint8).reshape(*pixels.shape, 4)
    return pixels.byteswap().view(np.uint8).reshape(*pixels.shape, 4)
