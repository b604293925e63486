"""Pixels that a view samples, in memory or in a file, at any zoom; knows no colour and no widget."""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...api import Context, Plane
from . import cuts as _cuts
from . import pyramid
from .errors import ImageError
from .geometry import Affine
from .sections import Sheet, outer, sheet

__all__ = ["ArrayRaster", "FileRaster", "Raster", "build_overviews", "raster"]

RESIDENT_PX = 16 << 20
"""Images of at most so many pixels are read whole."""

OVERVIEW_PX = 1 << 20
"""Cuts and histogram come from at most about so many pixels."""

LEVEL_PX = 5 << 20
"""Overviews of at most so many pixels are kept in memory."""

WHOLE_BYTES = 400 << 20
"""A larger image is never held as one array."""

_ROWS = 16
"""Screen rows gathered at a time: what that takes stays in the processor's cache."""


@dataclass(frozen=True)
class Grid:
    """Pixels (array or sheet) that stand for every `factor`-th of the image, the first for the image's at `first` in x and y."""

    pixels: np.ndarray | Sheet
    factor: int = 1
    first: float = 0.0

    @property
    def at_hand(self) -> bool:
        """In memory."""
        return isinstance(self.pixels, np.ndarray)

    def places(self, coordinates: np.ndarray, axis: int) -> np.ndarray:
        """The grid's index nearest to image coordinates."""
        if self.factor == 1 and not self.first:
            place = np.floor(coordinates + 0.5)
        else:
            place = np.floor((coordinates - self.first) / self.factor + 0.5)
        return np.clip(place, 0, self.pixels.shape[axis] - 1, out=place).astype(np.intp)

    def pick(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """float32 where these rows and columns (ascending or descending) cross."""
        if isinstance(self.pixels, Sheet):
            return self.pixels.pick(rows, columns)
        low, left = min(rows[0], rows[-1]), min(columns[0], columns[-1])
        part = self.pixels[low : max(rows[0], rows[-1]) + 1, left : max(columns[0], columns[-1]) + 1]
        return outer(part, rows - low, columns - left)


class Raster:
    """The pixels of one band.

    Attributes:
        shape: (height, width). resident: all in memory, so that sampling is quick and reads no file.
    """

    resident = True

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = (int(shape[0]), int(shape[1]))
        self._ranked: np.ndarray | None = None

    def at_hand(self, density: float) -> bool:
        """Whether sampling where a screen pixel is `density` image pixels wide, and finding cuts, reads no file."""
        return self.resident

    def grid(self, density: float) -> Grid:
        """What to sample where a screen pixel is `density` image pixels wide."""
        raise NotImplementedError

    def sample(self, to_image: Affine, width: int, height: int) -> np.ndarray:
        """The value at the centre of each screen pixel: float32 (height, width), row 0 at the top, NaN outside the image.

        The nearest pixel where the image is magnified; where it is shrunk the mean of about the pixels that a screen pixel
        covers, or the nearest one while there are no overviews yet.

        Raises:
            ImageError: the file can't be read any more.
        """
        upright, turned = to_image.b == 0 == to_image.d, to_image.a == 0 == to_image.e
        grid = self.grid(math.sqrt(abs(to_image.determinant)))
        if not (upright or turned):
            return _gathered(grid, self.shape, to_image, width, height)
        out = np.full((height, width), np.nan, np.float32)
        first, last = runs(to_image, self.shape, width, height)
        seen = np.flatnonzero(first < last)
        if not len(seen):
            return out
        rows = slice(int(seen[0]), int(seen[-1]) + 1)
        columns = slice(int(first[seen[0]]), int(last[seen[0]]))
        across, down = np.arange(width)[columns] + 0.5, np.arange(height)[rows] + 0.5
        if upright:
            x, y = to_image.a * across + to_image.c, to_image.e * down + to_image.f
            out[rows, columns] = grid.pick(grid.places(y, 0), grid.places(x, 1))
        else:  # a quarter turn: what runs across the screen runs up or down the image
            x, y = to_image.b * down + to_image.c, to_image.d * across + to_image.f
            out[rows, columns] = grid.pick(grid.places(y, 0), grid.places(x, 1)).T
        return out

    def value(self, x: int, y: int) -> float:
        """One pixel; NaN outside."""
        if not (0 <= x < self.shape[1] and 0 <= y < self.shape[0]):
            return math.nan
        return float(self.section(y, y + 1, x, x + 1)[0, 0])

    def section(self, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        """float32 pixels [y0:y1, x0:x1], clipped to the image."""
        raise NotImplementedError

    def overview(self) -> np.ndarray:
        """At most about a million pixels of the image, evenly spread and unsmoothed: all of a stamp's."""
        raise NotImplementedError

    @property
    def ranked(self) -> np.ndarray | None:
        """The finite pixels of the overview, sorted, once `rank` has been called: percentiles cost nothing then."""
        return self._ranked

    def rank(self) -> None:
        """Sort the overview's pixels (30 ms for a million); in the background."""
        if self._ranked is None:
            self._ranked = np.sort(_cuts.finite(self.overview()))

    @property
    def data(self) -> np.ndarray:
        """The whole image, float32. Raises ImageError where it would take more than 400 MB."""
        raise NotImplementedError


def _gathered(grid: Grid, shape: tuple[int, int], to_image: Affine, width: int, height: int) -> np.ndarray:
    """A turned view: the part of the image under it is read, thinned where it is shrunk, and gathered from."""
    out = np.full((height, width), np.nan, np.float32)
    corners = to_image(np.array([0, width, 0, width]), np.array([0, 0, height, height]))
    ends = [np.clip([c.min(), c.max()], -0.5, n - 0.5) for c, n in zip(corners, shape[::-1], strict=True)]
    if any(high - low <= 0 for low, high in ends):
        return out
    (left, right), (low, high) = (grid.places(pair, 1 - at) for at, pair in enumerate(ends))
    density = math.sqrt(abs(to_image.determinant))
    step = 1 if grid.at_hand else max(1, int(density / grid.factor + 1e-6))
    rows, columns = np.arange(low, high + 1, step), np.arange(left, right + 1, step)
    if isinstance(grid.pixels, np.ndarray):
        part = grid.pixels[low : high + 1, left : right + 1]
        part = part if part.flags.c_contiguous else np.ascontiguousarray(part)
    else:
        part = grid.pixels.pick(rows, columns)
    flat, (tall, wide) = part.reshape(-1), part.shape
    size, across = grid.factor * step, np.arange(width) + 0.5
    # Screen -> places in the part, half a place on, so that the whole number below is the nearest one.
    u = _line(to_image.a, to_image.b, to_image.c, grid.first + left * grid.factor, size)
    v = _line(to_image.d, to_image.e, to_image.f, grid.first + low * grid.factor, size)
    down = np.arange(height) + 0.5
    first, last = runs(to_image, shape, width, height)
    columns_of = np.arange(width, dtype=np.int32)
    i0, j0 = u[0] * across, v[0] * across
    for top in range(0, height, _ROWS):
        rows_of = slice(top, min(top + _ROWS, height))
        here = slice(int(first[rows_of].min()), int(last[rows_of].max()))
        if here.start >= here.stop:
            continue
        i = _whole(i0[here], u[1] * down[rows_of, None] + u[2], wide)
        j = _whole(j0[here], v[1] * down[rows_of, None] + v[2], tall)
        np.multiply(j, wide, out=j)
        np.add(j, i, out=j)
        values = flat.take(j, mode="clip")
        known = columns_of[here]
        values[(known < first[rows_of, None]) | (known >= last[rows_of, None])] = np.nan
        out[rows_of, here] = values
    return out


def runs(to_image: Affine, shape: tuple[int, int], width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """(first, last) of each screen row: the columns [first, last) see the image; int32 (height,), equal where none does."""
    down = np.arange(height) + 0.5
    begin, end = np.zeros(height), np.full(height, float(width))
    _narrow(begin, end, to_image.a, to_image.b * down + to_image.c, shape[1])
    _narrow(begin, end, to_image.d, to_image.e * down + to_image.f, shape[0])
    first = np.ceil(np.minimum(begin, width)).astype(np.int32)
    last = np.ceil(np.maximum(end, 0)).astype(np.int32)
    seen = first < last
    return np.where(seen, first, width), np.where(seen, last, width)


def _line(across: float, down: float, constant: float, first: float, size: float) -> tuple[float, float, float]:
    return across / size, down / size, (constant - first) / size + 0.5


def _whole(along: np.ndarray, rows: np.ndarray, count: int) -> np.ndarray:
    """floor(along + rows), held within 0..count - 1, int64."""
    place = (along + rows).astype(np.intp)
    return np.minimum(np.maximum(place, 0, out=place), count - 1, out=place)


def _narrow(begin: np.ndarray, end: np.ndarray, slope: float, constant: np.ndarray, size: int) -> None:
    """Keep of each screen row [begin, end) the columns n with -0.5 <= slope (n + 0.5) + constant < size - 0.5; a turned image is convex."""
    if slope == 0:
        end[(constant < -0.5) | (constant >= size - 0.5)] = 0
        return
    with np.errstate(over="ignore"):  # a slope that is hardly one
        edges = (-0.5 - constant) / slope - 0.5, (size - 0.5 - constant) / slope - 0.5
    np.maximum(begin, edges[0] if slope > 0 else edges[1], out=begin)
    np.minimum(end, edges[1] if slope > 0 else edges[0], out=end)


def _thinned(shape: tuple[int, int]) -> tuple[int, int]:
    """(step, first): which rows and columns of a large image its overview has."""
    step = max(1, math.ceil(math.sqrt(shape[0] * shape[1] / OVERVIEW_PX)))
    return step, (min(step, *shape) - 1) // 2


class ArrayRaster(Raster):
    """An image in memory; its overviews are made when it is first shrunk, or by `prepare`."""

    def __init__(self, array: np.ndarray) -> None:
        with np.errstate(all="ignore"):
            self._array = np.ascontiguousarray(array, np.float32)
        super().__init__((self._array.shape[0], self._array.shape[1]))
        self._levels: list[Grid] | None = None
        self._lock = threading.Lock()

    def prepare(self) -> None:
        """Make the overviews now (4 ms for a million pixels)."""
        with self._lock:
            if self._levels is None:
                self._levels = [
                    Grid(level, 2 << n, ((2 << n) - 1) / 2) for n, level in enumerate(pyramid.levels(self._array))
                ]

    def grid(self, density: float) -> Grid:
        if density < _TWICE:
            return Grid(self._array)
        self.prepare()
        return _coarsest(self._levels or [], density) or Grid(self._array)

    def section(self, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        return self._array[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)].copy()

    def overview(self) -> np.ndarray:
        step, first = _thinned(self.shape)
        return self._array if step == 1 else self._array[first::step, first::step]

    @property
    def data(self) -> np.ndarray:
        return self._array


_TWICE = 2 * (1 - 1e-6)


def _coarsest(grids: Sequence[Grid], density: float) -> Grid | None:
    """The one with the largest pixels that are no larger than the screen's."""
    fit = [grid for grid in grids if grid.factor <= density * (1 + 1e-6)]
    return max(fit, key=lambda grid: grid.factor) if fit else None


class FileRaster(Raster):
    """An image too large for memory: what a view needs is read when it is needed, from the overviews where there are some."""

    resident = False

    def __init__(self, plane: Plane, pixels: Sheet) -> None:
        super().__init__(pixels.shape)
        self.plane = plane
        self.pixels = pixels
        self._coarse: Grid | None = None
        self._levels: list[Grid] = []
        self._lock = threading.Lock()

    @property
    def has_overviews(self) -> bool:
        return bool(self._levels)

    def use(self, levels: Sequence[Sheet]) -> None:
        """Sample these overviews from now on; the small ones are read into memory here."""
        made: list[Grid] = []
        for n, level in enumerate(levels):
            small = level.shape[0] * level.shape[1] <= LEVEL_PX
            pixels = level.read(0, level.shape[0], 0, level.shape[1]) if small else level
            made.append(Grid(pixels, 2 << n, ((2 << n) - 1) / 2))
        self._levels = made

    def at_hand(self, density: float) -> bool:
        found = self._known(density)
        return found is not None and found.at_hand and self._coarse is not None

    def _known(self, density: float) -> Grid | None:
        if (level := _coarsest(self._levels, density)) is not None:
            return level
        coarse = self._coarse
        return coarse if coarse is not None and not self._levels and coarse.factor <= density * (1 + 1e-6) else None

    def grid(self, density: float) -> Grid:
        if not self._levels and _thinned(self.shape)[0] <= density * (1 + 1e-6):
            self.overview()
        return self._known(density) or Grid(self.pixels)

    def section(self, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        if max(0, y1 - y0) * max(0, x1 - x0) * 4 > WHOLE_BYTES:
            raise self._too_large()
        return self.pixels.read(y0, y1, x0, x1)

    def overview(self) -> np.ndarray:
        if self._coarse is None:
            with self._lock:
                if self._coarse is None:
                    step, first = _thinned(self.shape)
                    height, width = self.shape
                    picked = self.pixels.pick(np.arange(first, height, step), np.arange(first, width, step))
                    self._coarse = Grid(picked, step, first)
        assert isinstance(self._coarse.pixels, np.ndarray)
        return self._coarse.pixels

    @property
    def data(self) -> np.ndarray:
        return self.section(0, self.shape[0], 0, self.shape[1])

    def _too_large(self) -> ImageError:
        size = f"{self.shape[1]:,} x {self.shape[0]:,} px"
        reason = f"with {size} it is too large to be held in memory whole; make a cutout of the part you need"
        return ImageError(self.plane.path, reason, self.plane.extname or self.plane.hdu)


def raster(plane: Plane) -> Raster:
    """The plane's pixels: read whole up to 16 million, else opened for reading what is looked at.

    Raises:
        ImageError: as `readers.read`.
    """
    from . import readers

    if math.prod(plane.shape) > RESIDENT_PX and plane.window is None:
        opened = sheet(plane)
        if not opened.packed:
            return FileRaster(plane, opened)
        whole = ArrayRaster(opened.read(0, opened.shape[0], 0, opened.shape[1]))
    else:
        whole = ArrayRaster(readers.read(plane))
    if math.prod(whole.shape) > OVERVIEW_PX // 4:
        whole.prepare()
        whole.rank()
    return whole


def build_overviews(raster: Raster, cache_dir: Path | str, ctx: Context) -> None:
    """Give a large raster its overviews: those kept in `cache_dir`, else new ones, kept there; nothing to do for a resident one.

    Memory stays at some strips of the image. Run it in the background: views may sample meanwhile.

    Raises:
        Cancelled: from `ctx`; then nothing is kept. ImageError: the image can't be read, or the cache can't be written.
    """
    if not isinstance(raster, FileRaster) or raster.has_overviews:
        return
    plane = raster.plane
    raster.rank()
    try:
        place = pyramid.Place.of(Path(cache_dir), os.fspath(plane.path), plane.hdu, plane.plane)
        if pyramid.stored(place, raster.shape) is None:
            pyramid.build(raster.pixels, place, ctx)
        levels = pyramid.stored(place, raster.shape)
    except OSError as error:
        reason = (
            f"its overviews can't be kept in {cache_dir} ({error.strerror or error}); make room or choose another place"
        )
        raise ImageError(plane.path, reason, plane.extname or plane.hdu) from None
    if levels is not None:
        raster.use(levels)
