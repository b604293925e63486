"""Parts of a tile-compressed image: only the tiles that are needed are checked and decoded; knows no view and no colour."""

from __future__ import annotations

import io
import itertools
import threading
import warnings
from collections import OrderedDict
from typing import Any

import numpy as np

from . import tiles
from .errors import ImageError
from .headers import Hdu
from .sections import Sheet
from .source import Source

HELD_BYTES = 64 << 20
"""Decoded pixels kept, of all sheets together: a view that moves on needs most of its tiles again. What is larger at once is not kept."""


class Held:
    """Decoded rows of tiles by (sheet's number, row of tiles, first and last column), the last used ones within HELD_BYTES."""

    def __init__(self) -> None:
        self._rows: OrderedDict[tuple[int, int, int, int], np.ndarray] = OrderedDict()
        self._lock = threading.Lock()
        self.nbytes = 0

    def get(self, key: tuple[int, int, int, int]) -> np.ndarray | None:
        with self._lock:
            found = self._rows.get(key)
            if found is not None:
                self._rows.move_to_end(key)
            return found

    def put(self, key: tuple[int, int, int, int], pixels: np.ndarray) -> None:
        with self._lock:
            if key in self._rows:  # two threads needed it at once
                return
            self._rows[key] = pixels
            self.nbytes += pixels.nbytes
            while self.nbytes > HELD_BYTES:
                self.nbytes -= self._rows.popitem(last=False)[1].nbytes


held = Held()
_numbers = itertools.count()


class Tiled(Sheet):
    """One plane of a tile-compressed HDU; astropy decodes, after the tiles' streams were held against the header.

    Attributes:
        tiles_decoded: how many so far.
    """

    def __init__(self, path: str, hdu: Hdu, plane: int) -> None:
        super().__init__((hdu.shape[-2], hdu.shape[-1]))
        self._path, self._hdu = path, hdu
        self._lead = np.unravel_index(plane, hdu.shape[:-2]) if len(hdu.shape) > 2 else ()
        self._tile = tiles.tile_shape(hdu)
        self._lock = threading.Lock()
        self._source = Source(path)
        self._guard = tiles.Guard(self._source, hdu)
        self._image = self._astropys()
        self.tiles_decoded = 0
        self._number = next(_numbers)  # an address would come again, for another file

    def _astropys(self) -> Any:
        from astropy.io import fits

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            file = fits.open(io.BufferedReader(self._guard.file()), memmap=False, lazy_load_hdus=True)
            return file[1]

    def _box(self, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        tall, wide = self._tile[-2:]
        left, right = x0 // wide * wide, min(-(-x1 // wide) * wide, self.shape[1])
        out = np.empty((y1 - y0, x1 - x0), np.float32)
        if 4 * (right - left) * (y1 - y0 + 2 * tall) > HELD_BYTES:
            rows = tall * max(1, (4 << 20) // ((right - left) * tall))
            for low in range(y0 // rows * rows, y1, rows):  # whole tiles, so that none is decoded twice
                begin, end = max(low, y0), min(low + rows, y1)
                out[begin - y0 : end - y0] = self._decoded(begin, end, x0, x1)
            return out
        places = range(y0 // tall, (y1 - 1) // tall + 1)
        for place, part in zip(places, self._tile_rows(places, left, right), strict=True):
            begin, end = max(place * tall, y0), min((place + 1) * tall, y1)
            out[begin - y0 : end - y0] = part[begin - place * tall : end - place * tall, x0 - left : x1 - left]
        return out

    def _tile_rows(self, places: range, left: int, right: int) -> list[np.ndarray]:
        """The pixels of these rows of tiles from column `left` to `right`, where tiles end; those not held are decoded together."""
        tall, height = self._tile[-2], self.shape[0]
        kept = {place: held.get((self._number, place, left, right)) for place in places}
        found = {place: pixels for place, pixels in kept.items() if pixels is not None}
        missing = [place for place in places if place not in found]
        breaks = [n for n in range(1, len(missing)) if missing[n] != missing[n - 1] + 1]
        for start, stop in itertools.pairwise([0, *breaks, len(missing)] if missing else []):
            top = missing[start] * tall
            made = self._decoded(top, min((missing[stop - 1] + 1) * tall, height), left, right)
            for place in missing[start:stop]:
                found[place] = made[place * tall - top : (place + 1) * tall - top].copy()
                held.put((self._number, place, left, right), found[place])
        return [found[place] for place in places]

    def _pick(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Tile row by tile row, and of them those that are hit."""
        x0, x1 = sorted((int(columns[0]), int(columns[-1])))
        out = np.empty((len(rows), len(columns)), np.float32)
        group = rows // self._tile[-2]
        starts = [0, *(np.flatnonzero(np.diff(group)) + 1).tolist(), len(rows)]
        for start, stop in itertools.pairwise(starts):
            part = rows[start:stop]
            low, high = int(part.min()), int(part.max()) + 1
            out[start:stop] = self._decoded(low, high, x0, x1 + 1)[np.ix_(part - low, columns - x0)]
        return out

    def _decoded(self, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        box = (*(slice(int(n), int(n) + 1) for n in self._lead), slice(y0, y1), slice(x0, x1))
        with self._lock:
            try:
                self.tiles_decoded += self._guard.check(box)
                with tiles.DECODING, warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    made = np.asarray(self._image.section[box]).reshape(y1 - y0, x1 - x0)
                    self.nbytes_read += made.nbytes
                    return made.astype(np.float32)
            except (MemoryError, ImageError):
                raise
            except Exception as error:
                raise ImageError(self._path, f"it can't be decompressed ({error})", self._hdu.title) from None
