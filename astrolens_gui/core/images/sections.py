"""Parts of an image straight from its file, without the rest: memory-mapped, or by tiles; knows no view and no colour."""

from __future__ import annotations

import math
import mmap
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ...api import Plane
from .errors import ImageError
from .values import Coding

__all__ = ["Mapped", "Sheet", "Window", "sheet"]

KEPT = 24
"""Sheets kept open in a process, the last used ones."""

_STRIP = 16 << 20
"""Bytes of a file that one step touches before it lets them go again: mapped pages count as this process's memory."""

TOUCHED = 96 << 20
"""Bytes of scattered boxes read through a map before its pages are given back to the system."""

_TOGETHER = 16
"""Boxes between two looks at the file's length, each of which takes a tenth of a box's time."""

_BOX_PX = 1 << 19
_FIRST, _COLD_S = 8, 1.5e-3

_DENSE = 4
"""A box of at most so many times the wanted pixels is read whole; a thinner choice is picked pixel by pixel."""


Place = tuple[int, int, int, int, int, int]


class Sheet:
    """One two-dimensional image that is read in parts; every method may be called from several threads.

    Attributes:
        shape: (height, width). nbytes_read: bytes of pixels handed out so far (stored size), for those who count.
        packed: the file had to be read whole, for it is packed or its reader knows no parts.
    """

    packed = False

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = (int(shape[0]), int(shape[1]))
        self.nbytes_read = 0

    def read(self, y0: int, y1: int, x0: int, x1: int, step: int = 1) -> np.ndarray:
        """Pixels [y0:y1:step, x0:x1:step], clipped to the image: float32, native, C-contiguous, NaN where there is no value.

        Raises:
            ImageError: the file can't be read any more.
        """
        y0, y1 = _clipped(y0, y1, self.shape[0])
        x0, x1 = _clipped(x0, x1, self.shape[1])
        rows, columns = np.arange(y0, y1, step), np.arange(x0, x1, step)
        if not len(rows) or not len(columns):
            return np.empty((len(rows), len(columns)), np.float32)
        return self._box(y0, y1, x0, x1) if step == 1 else self._pick(rows, columns)

    def pick(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """The pixels where these rows and columns (int, each inside the image, in order up or down) cross: float32."""
        if not len(rows) or not len(columns):
            return np.empty((len(rows), len(columns)), np.float32)
        y0, y1 = sorted((int(rows[0]), int(rows[-1])))
        x0, x1 = sorted((int(columns[0]), int(columns[-1])))
        if (y1 - y0 + 1) * (x1 - x0 + 1) <= _DENSE * len(rows) * len(columns):
            return self._from_boxes(rows, columns - x0, x0, x1 + 1)
        return self._pick(rows, columns)

    def _from_boxes(self, rows: np.ndarray, columns: np.ndarray, x0: int, x1: int) -> np.ndarray:
        """Some rows at a time: a box larger than the result would stay with the process after it was used."""
        out = np.empty((len(rows), len(columns)), np.float32)
        apart = max(1.0, abs(int(rows[-1]) - int(rows[0])) / max(1, len(rows) - 1))
        size = len(rows) if apart <= 1 else max(1, int(_BOX_PX / ((x1 - x0) * apart)))
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            low, high = sorted((int(part[0]), int(part[-1])))
            out[start : start + size] = outer(self._box(low, high + 1, x0, x1), part - low, columns)
        return out

    def _box(self, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        raise NotImplementedError

    def _pick(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        raise NotImplementedError


def _clipped(start: int, stop: int, size: int) -> tuple[int, int]:
    return max(0, int(start)), min(int(stop), size)


def outer(array: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """array[rows][:, columns], C-contiguous, in the cheaper order; whole runs are copied as such."""
    if (across := _run(columns)) is not None:
        array = array[:, across]
    if (down := _run(rows)) is not None:
        array = array[down]
    shrinks = array.shape[0] > len(rows)
    if down is None and shrinks:
        array = array.take(rows, axis=0)
    if across is None:
        array = array.take(columns, axis=1)
    if down is None and not shrinks:
        array = array.take(rows, axis=0)
    return np.ascontiguousarray(array)


def _run(wanted: np.ndarray) -> slice | None:
    """The slice that these indices are, where each is one more than the former."""
    first, last = int(wanted[0]), int(wanted[-1])
    if last - first + 1 != len(wanted) or (np.diff(wanted) != 1).any():
        return None
    return slice(first, last + 1)


class Whole(Sheet):
    """A sheet that is in memory already."""

    packed = True

    def __init__(self, array: np.ndarray) -> None:
        super().__init__((array.shape[0], array.shape[1]))
        self._array = array

    def _box(self, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        return self._array[y0:y1, x0:x1].copy()

    def _pick(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        return outer(self._array, rows, columns)


class Mapped(Sheet):
    """Values that lie one after another in a file, through a memory map; what was touched is let go at once.

    Raises:
        OSError, ValueError: from the constructor, when the file can't be mapped or is too short.
    """

    def __init__(self, path: str, offset: int, shape: tuple[int, int], coding: Coding) -> None:
        super().__init__(shape)
        self._path, self._offset, self._coding = path, offset, coding
        with open(path, "rb") as file:
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._end = offset + math.prod(self.shape) * coding.dtype.itemsize
        flat = np.frombuffer(self._map, coding.dtype, math.prod(self.shape), offset)
        self._view = flat.reshape(self.shape)
        self._row = self.shape[1] * coding.dtype.itemsize
        self.touched = 0

    def boxes(self, places: Sequence[Place], height: int, width: int) -> np.ndarray:
        """Many small boxes of one size, faster than one by one: float32 (n, height, width).

        Args:
            places: of each: columns [x0, x1) and rows [y0, y1) in the image, and the column and row in the box at which they begin;
                what of a box is beyond the image is left as it comes.
        """
        stored, pixels = np.empty((len(places), height, width), self._coding.dtype), self._view
        for start in range(0, len(places), _TOGETHER):
            self._intact()
            for n, (x0, x1, y0, y1, left, low) in enumerate(places[start : start + _TOGETHER], start):
                if x1 - x0 == width and y1 - y0 == height:
                    stored[n] = pixels[y0:y1, x0:x1]
                else:
                    stored[n, low : low + y1 - y0, left : left + x1 - x0] = pixels[y0:y1, x0:x1]
        self.nbytes_read += stored.nbytes
        self.touched += stored.nbytes * 4  # whole pages
        if self.touched > TOUCHED:
            self._let_go()
        if self._coding != Coding(np.dtype(">f4")):
            return self._coding.physical(stored)
        return stored if stored.dtype.isnative else stored.byteswap(inplace=True).view(stored.dtype.newbyteorder())

    def _box(self, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        out = np.empty((y1 - y0, x1 - x0), np.float32)
        size = max(1, _STRIP // max(out.shape[1] * self._coding.dtype.itemsize, mmap.PAGESIZE))
        for start, stop in self._strips(np.arange(y0, y1), x0, x1, size):
            low, high = y0 + start, y0 + stop
            self._look(lambda: self._view[low:high, x0:x1], out[start:stop])  # noqa: B023
        return out

    def _pick(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        out = np.empty((len(rows), len(columns)), np.float32)
        x0, x1 = sorted((int(columns[0]), int(columns[-1])))
        span = (x1 - x0 + 1) * self._coding.dtype.itemsize
        size = max(1, _STRIP // max(min(span, len(columns) * mmap.PAGESIZE), mmap.PAGESIZE))
        for start, stop in self._strips(rows, x0, x1 + 1, size):
            part = rows[start:stop]
            box = np.ix_(part, columns)
            self._look(lambda: self._view[box], out[start:stop])  # noqa: B023
        return out

    def _strips(self, rows: np.ndarray, x0: int, x1: int, size: int) -> Iterator[tuple[int, int]]:
        """[start, stop) of the rows, `size` at a time. Where the first few show that they come from the disk, it is told of the
        others beforehand: it fetches them together instead of one after another."""
        first = min(_FIRST, size, len(rows))
        begun = time.perf_counter()
        yield 0, first
        if time.perf_counter() - begun > _COLD_S and hasattr(mmap, "MADV_WILLNEED"):
            wide = self._coding.dtype.itemsize
            for row in rows[first:].tolist():
                start = (self._offset + row * self._row + x0 * wide) // mmap.PAGESIZE * mmap.PAGESIZE
                stop = min(self._offset + row * self._row + x1 * wide, len(self._map))
                self._map.madvise(mmap.MADV_WILLNEED, start, stop - start)
        for start in range(first, len(rows), size):
            yield start, min(start + size, len(rows))

    def _look(self, take: Callable[[], np.ndarray], out: np.ndarray) -> None:
        """Convert what `take` gives into `out`, then unmap the pages."""
        self._intact()
        stored = take()
        self.nbytes_read += stored.nbytes
        self._coding.write(stored, out)
        self._let_go()

    def _intact(self) -> None:
        if self._map.size() < self._end:  # touching a page behind the end of a file would end the program
            raise ImageError(self._path, "it has become shorter while it was open; reload it")

    def _let_go(self) -> None:
        self.touched = 0
        if hasattr(mmap, "MADV_DONTNEED"):  # of the whole map: the system maps neighbours of what was touched too
            self._map.madvise(mmap.MADV_DONTNEED)


class Window(Sheet):
    """A rectangle of another sheet, `whole`, as one of its own; where it hangs over the edge there is no value."""

    def __init__(self, whole: Sheet, window: tuple[int, int, int, int]) -> None:
        x0, y0, width, height = window
        super().__init__((height, width))
        self.whole, self._x0, self._y0 = whole, x0, y0
        self.packed = whole.packed

    def _box(self, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        out = np.full((y1 - y0, x1 - x0), np.nan, np.float32)
        top, left = y0 + self._y0, x0 + self._x0
        part = self.whole.read(top, y1 + self._y0, left, x1 + self._x0)
        if part.size:
            row, column = max(0, -top), max(0, -left)
            out[row : row + part.shape[0], column : column + part.shape[1]] = part
        return out

    def _pick(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        out = np.full((len(rows), len(columns)), np.nan, np.float32)
        height, width = self.whole.shape
        rows, columns = rows + self._y0, columns + self._x0
        down = np.flatnonzero((rows >= 0) & (rows < height))
        across = np.flatnonzero((columns >= 0) & (columns < width))
        if len(down) and len(across):
            out[np.ix_(down, across)] = self.whole.pick(rows[down], columns[across])
        return out


_open: OrderedDict[tuple[Any, ...], Sheet] = OrderedDict()
_lock = threading.Lock()


def sheet(plane: Plane) -> Sheet:
    """The plane, open for reading in parts; kept open while it is among the last used, opened anew when its file changed.

    Plain FITS is mapped, tile-compressed FITS decodes the tiles that are needed; packed files and those of other readers
    are read whole.

    Raises:
        ImageError: as `readers.read`.
    """
    window, stamp = plane.window, _stamp(plane.path)
    key: tuple[Any, ...] = (os.path.abspath(plane.path), *stamp, plane.hdu, plane.plane, plane.extname, plane.reader)
    if window is None:
        key += tuple(plane.shape)
    with _lock:
        found = _open.get(key)
        if found is not None:
            _open.move_to_end(key)
    if found is None:
        found = _opened(plane if window is None else replace(plane, shape=(0, 0), window=None), window is None)
        with _lock:
            if not found.packed:  # its pixels are the caller's to keep or to let go
                found = _open.setdefault(key, found)
            for stale in [k for k in _open if k[0] == key[0] and k[1:4] != key[1:4]]:
                del _open[stale]
            while len(_open) > KEPT:
                _open.popitem(last=False)
    return found if window is None else Window(found, window)


def _stamp(path: str) -> tuple[int, int, int]:
    """What changes when a file does."""
    try:
        about = os.stat(path)
    except (OSError, ValueError) as error:
        raise ImageError(path, f"can't be read: {getattr(error, 'strerror', None) or error}") from None
    return about.st_mtime_ns, about.st_size, about.st_ino


def _opened(plane: Plane, checked: bool) -> Sheet:
    from . import fits, readers
    from .source import Source
    from .tilesheet import Tiled

    if plane.reader != readers.FITS:
        return Whole(readers.read(plane))
    try:
        with Source(plane.path) as source:
            hdu = fits.find(source, plane, any_shape=not checked)
            shape = (hdu.shape[-2], hdu.shape[-1])
            depth, place = math.prod(hdu.shape[:-2]), plane.plane or 0
            if not 0 <= place < depth:
                raise ImageError(plane.path, f"it has {depth} planes, not {place + 1}", hdu.title)
            if source.packed is not None:
                return Whole(fits.pixels(source, hdu, place))
            if hdu.kind != "compressed":
                coding = Coding.of(hdu)
                offset = hdu.offset + place * math.prod(shape) * coding.dtype.itemsize
                return Mapped(plane.path, offset, shape, coding)
        return Tiled(plane.path, hdu, place)
    except ImageError:
        raise
    except MemoryError:
        raise ImageError(plane.path, "there is not enough memory for it", plane.extname or plane.hdu) from None
    except Exception as error:
        raise ImageError(plane.path, str(error) or type(error).__name__, plane.extname or plane.hdu) from None
