"""What a view shows of an image's bands: sampled once per view, painted by recipe as often as it takes; knows no widget."""

from __future__ import annotations

import itertools
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from . import colour
from . import paint as _paint
from . import stretch as _stretch
from .geometry import Affine, View
from .raster import Raster, runs
from .recipe import Recipe

__all__ = ["NO_DATA_TONES", "Engine", "Sampled"]

NO_DATA_TONES = (0xFF263A54, 0xFF3A5474)
"""Two blues in a chequer, 0xFFRRGGBB: what has no value looks like no colour map's value."""

CHEQUER_PX = 8.0
"""A field of the chequer is this large on the screen, up to twice that."""

Maps = Mapping[str, Callable[[View], Affine]]
Zeros = Mapping[str, float | None]


@dataclass(frozen=True)
class Sampled:
    """What a view sees of some bands, before any colour.

    Attributes:
        planes: float32 (height, width) by band, row 0 at the top, NaN where there is no value.
        bands: one name for a single band, else those of the colours in the order of `colour.channels`.
        first, last: of each row: the columns [first, last) see the image, the others are outside of it.
        holes, tones: flat indices of pixels without a value, and which of the two tones each has.
    """

    view: View
    planes: dict[str, np.ndarray]
    bands: tuple[str, ...]
    first: np.ndarray
    last: np.ndarray
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

    def set_rasters(
        self, rasters: Mapping[str, Raster], maps: Maps | None = None, zero_points: Zeros | None = None
    ) -> None:
        """The bands of the object from now on, the best to look at first; what is looked up in the mappings may be read from files then.

        Args:
            maps: for bands that lie otherwise than the image the view counts in: from a view to the affine map screen → band.
            zero_points: AB magnitude of one count by band, None where unknown.
        """
        self._bands: tuple[Mapping[str, Raster], Maps, Zeros] = (rasters, maps or {}, zero_points or {})
        self._last: tuple[Any, Sampled] | None = None
        self._cuts: dict[Any, tuple[float, float]] = {}
        self._levels: dict[str, tuple[colour.Level, float | None]] = {}
        self._histogram: tuple[Any, _paint.Equalised] | None = None

    def band(self, recipe: Recipe) -> str:
        """The band that a recipe shows; the first where the object has not the one it names."""
        rasters = self._bands[0]
        return recipe.band if recipe.band in rasters else next(iter(rasters), "")

    def at_hand(self, view: View, recipe: Recipe) -> bool:
        """Whether to sample and paint this view reads no file and waits for none: all that it takes was looked up and read before."""
        rasters, maps, zeros = self._bands
        if not rasters:
            return False
        names, shown = self._wanted(recipe), self.band(recipe)
        if not (_opened(rasters, (*names, shown)) and _opened(maps, names)):
            return False
        if recipe.mode == "rgb" and not _opened(zeros, names):
            return False
        for name in names:
            raster = rasters[name]
            if not raster.resident:
                to_image = maps[name](view) if name in maps else view.to_image
                if not raster.at_hand(math.sqrt(abs(to_image.determinant))):
                    return False
        return rasters[shown].at_hand(math.inf)  # its cuts are told even where the colours are of other bands

    def sample(self, view: View, recipe: Recipe) -> Sampled:
        """Read and resample what the view sees; the same again is answered from memory.

        Raises:
            ImageError: a file can't be read any more. ValueError: there are no bands.
        """
        bands = self._bands
        rasters, maps, _ = bands
        names = self._wanted(recipe)
        detail = tuple(getattr(rasters[name], "has_overviews", True) for name in names)
        key = (view, names, detail)
        last = self._last
        if last is not None and last[0] == key and last[1].source is bands:
            return last[1]
        affines = {name: maps[name](view) if name in maps else view.to_image for name in names}
        planes = {name: rasters[name].sample(affines[name], view.width, view.height) for name in affines}
        frame = next((name for name in names if name not in maps), names[0])
        made = replace(_voids(view, affines[frame], rasters[frame].shape, planes), bands=names, source=bands)
        for name in planes:  # now, so that painting reads nothing
            self._level(name, recipe) if recipe.mode == "rgb" else rasters[name].overview()
        if self._bands is bands:
            self._last = (key, made)
        return made

    def _wanted(self, recipe: Recipe) -> tuple[str, ...]:
        if not self._bands[0]:
            raise ValueError("the engine has no bands to sample")
        return colour.channels(recipe, tuple(self._bands[0])) if recipe.mode == "rgb" else (self.band(recipe),)

    def paint(self, sampled: Sampled, recipe: Recipe, surround: int = 0) -> np.ndarray:
        """uint8 (height, width, 4), blue green red alpha, C-contiguous; reads no file.

        Args:
            surround: 0xAARRGGBB of what lies outside of the image; 0 is transparent (and black where alpha is ignored).
        """
        if recipe.mode == "rgb":
            return _finished(self._composed(sampled, recipe), sampled, surround)
        name, plane = next(iter(sampled.planes.items()))
        low, high = self._limits(name, recipe)
        histogram = self._equalised(name, low, high) if recipe.stretch == "histeq" else None
        return _finished(_paint.paint(plane, recipe, low, high, histogram), sampled, surround)

    def _composed(self, sampled: Sampled, recipe: Recipe) -> np.ndarray:
        """uint32 (h, w) of a colour picture."""
        levels, zeros = [], []
        for name in sampled.bands:
            level, zero = self._level(name, recipe)
            low, high = self._limits(name, recipe)
            levels.append(level._replace(low=low, high=high))
            zeros.append(zero)
        pixels = np.full(sampled.shape, _paint.OPAQUE, "<u4")
        rgb = pixels.view(np.uint8).reshape(*sampled.shape, 4)[..., 2::-1]
        colour.compose([sampled.planes[name] for name in sampled.bands], recipe, levels, zeros, out=rgb)
        return pixels if sys.byteorder == "little" else pixels.astype(np.uint32)

    def _level(self, name: str, recipe: Recipe) -> tuple[colour.Level, float | None]:
        """What does not depend on the recipe of a band's levels, found from its overview, and its zero point; once."""
        if name not in self._levels:
            rasters, _, zeros = self._bands
            self._levels[name] = colour.level(rasters[name].overview(), recipe, name), zeros.get(name)
        return self._levels[name]

    def cuts(self, recipe: Recipe) -> tuple[float, float]:
        """(low, high) of the shown band, in image units; (0, 1) without one."""
        return self._limits(self.band(recipe), recipe) if self._bands[0] else (0.0, 1.0)

    def _limits(self, name: str, recipe: Recipe) -> tuple[float, float]:
        """The cuts of a band, found from its overview, once."""
        look = (recipe.cuts, recipe.percentile, recipe.low, recipe.high, recipe.low_sigma, recipe.high_sigma)
        more = (recipe.corner_px, recipe.centre_px, recipe.centre_gain, recipe.lock, str(recipe.locked))
        key = (name, *look, *more)
        raster = self._bands[0][name]
        found = self._cuts.get(key)
        if found is None:
            if recipe.cuts == "percentile" and raster.ranked is not None and _stretch.held(recipe, name) is None:
                found = _between(raster.ranked, recipe.percentile)
            else:
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


def _opened(found: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Whether what there is of these bands was looked up already; a plain mapping holds it."""
    opened = getattr(found, "opened", found.__contains__)
    return all(opened(name) for name in names if name in found)


def _between(ranked: np.ndarray, keep: float) -> tuple[float, float]:
    """As `cuts.percentile`, of values that are sorted already."""
    if not ranked.size:
        return 0.0, 1.0
    edge = (100.0 - min(max(keep, 0.0), 100.0)) / 200 * (ranked.size - 1)
    low, high = np.interp([edge, ranked.size - 1 - edge], *_around(ranked, edge))
    return _stretch._apart(float(low), float(high))


def _around(ranked: np.ndarray, edge: float) -> tuple[np.ndarray, np.ndarray]:
    """Ranks and values next to `edge` from either end."""
    below, above = math.floor(edge), math.floor(ranked.size - 1 - edge)
    places = np.unique(np.clip([below, below + 1, above, above + 1], 0, ranked.size - 1))
    return places, ranked[places].astype(np.float64)


def _voids(view: View, to_image: Affine, shape: tuple[int, int], planes: dict[str, np.ndarray]) -> Sampled:
    """Where the screen shows no value: beyond the image, or a hole in it."""
    width, height = view.width, view.height
    first, last = runs(to_image, shape, width, height)
    outside = width * height - int((last - first).sum())
    missing = None
    for plane in planes.values():  # a hole is where no band has a value
        empty = np.isnan(plane)
        missing = empty if missing is None else missing & empty
        if np.count_nonzero(missing) <= outside:
            return Sampled(view, planes, (), first, last, _NONE, _NONE)
    assert missing is not None
    columns = np.arange(width, dtype=np.int32)
    missing &= (columns >= first[:, None]) & (columns < last[:, None])
    holes = np.flatnonzero(missing)
    rows, columns = np.divmod(holes, width)
    x, y = to_image(columns + 0.5, rows + 0.5)
    side = 2.0 ** math.ceil(math.log2(max(CHEQUER_PX * math.sqrt(abs(to_image.determinant)), 1e-300)))
    tones = (np.floor((x + 0.5) / side) + np.floor((y + 0.5) / side)) % 2
    return Sampled(view, planes, (), first, last, holes, tones.astype(np.intp))


def _finished(pixels: np.ndarray, sampled: Sampled, surround: int) -> np.ndarray:
    """The painted values with the surround and the chequer, as bytes."""
    first, last = sampled.first, sampled.last
    turns = np.flatnonzero((first[1:] != first[:-1]) | (last[1:] != last[:-1])) + 1  # few, where the image is upright
    for top, bottom in itertools.pairwise([0, *turns.tolist(), len(first)]):
        pixels[top:bottom, : first[top]] = surround
        pixels[top:bottom, last[top] :] = surround
    flat = pixels.reshape(-1)
    if len(sampled.holes):
        flat[sampled.holes] = np.array(NO_DATA_TONES, np.uint32)[sampled.tones]
    if sys.byteorder == "little":
        return pixels.view(np.uint8).reshape(*pixels.shape, 4)
    return pixels.byteswap().view(np.uint8).reshape(*pixels.shape, 4)
