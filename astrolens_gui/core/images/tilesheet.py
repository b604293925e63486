"""Parts of a tile-compressed image: only the tiles that are needed are checked and decoded; knows no view and no colour."""

from __future__ import annotations

import io
import itertools
import threading
import warnings
from typing import Any

import numpy as np

from . import tiles
from .errors import ImageError
from .headers import Hdu
from .sections import Sheet
from .source import Source


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

    def _astropys(self) -> Any:
        from astropy.io import fits

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            file = fits.open(io.BufferedReader(self._guard.file()), memmap=False, lazy_load_hdus=True)
            return file[1]

    def _box(self, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        out = np.empty((y1 - y0, x1 - x0), np.float32)
        rows = self._strip(x1 - x0)
        low = y0
        while low < y1:
            high = min((low // rows + 1) * rows, y1)
            out[low - y0 : high - y0] = self._decoded(low, high, x0, x1)
            low = high
        return out

    def _strip(self, width: int) -> int:
        """Rows decoded at a time: whole tiles, so that none is decoded twice, and not too many."""
        tall = self._tile[-2]
        return tall * max(1, (4 << 20) // max(1, (width + 2 * self._tile[-1]) * tall))

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
                with warnings.catch_warnings(), np.errstate(all="ignore"):
                    warnings.simplefilter("ignore")
                    made = np.asarray(self._image.section[box]).reshape(y1 - y0, x1 - x0)
                    self.nbytes_read += made.nbytes
                    return made.astype(np.float32)
            except (MemoryError, ImageError):
                raise
            except Exception as error:
                raise ImageError(self._path, f"it can't be decompressed ({error})", self._hdu.title) from None
