"""Parts of large FITS images, many at a time: opened once, read row by row, NaN beyond the edge; knows no catalogue and no screen.

Windows of a mapped image are copied straight from there, in the file's own byte order, turned once at the end; those of a compressed one
are read in strips where they lie close together, so that no tile is unpacked twice.
"""

from __future__ import annotations

import math
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ...api import Plane
from . import wcs as _wcs
from .errors import ImageError
from .headers import Hdu, Header, walk
from .sections import Mapped, Place, Sheet, Window, sheet
from .source import Source

__all__ = ["celestial", "header", "read", "read_all", "shape", "wcs_problem"]

KEPT = 64
"""Images whose headers are kept: bands and tiles of a survey's field."""

STRIP = 4 << 20
"""Pixels of one strip of a compressed image."""


@dataclass(frozen=True)
class _Big:
    """What the headers say of one large image."""

    hdu: Hdu
    stamp: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        return self.hdu.shape[-2], self.hdu.shape[-1]


_open: OrderedDict[tuple[str, int, int | None], _Big] = OrderedDict()
_lock = threading.Lock()


def read(plane: Plane) -> np.ndarray:
    """The pixels of a plane's window: float32 (height, width), native, C-contiguous; NaN beyond the image's edge.

    Raises:
        ImageError: also when the window lies wholly beside the image, which therefore is not the one it was made for.
    """
    return read_all([plane])[0]


def read_all(planes: Sequence[Plane]) -> list[np.ndarray]:
    """The windows of several planes, each as `read` gives it; those of one image share its opening, and are read in its order."""
    groups: dict[tuple[str, int, int | None], list[int]] = {}
    for at, plane in enumerate(planes):
        groups.setdefault((plane.path, plane.hdu, plane.plane), []).append(at)
    found: list[Any] = [None] * len(planes)
    for members in groups.values():
        first = planes[members[0]]
        big = _big(first)
        boxes = np.array([planes[at].window for at in members], np.int64)
        _check(planes, members, boxes, big.shape)
        order = np.lexsort((boxes[:, 0], boxes[:, 1]))
        rows = [members[n] for n in order]
        try:
            made = _cut(first, boxes[order])
        except MemoryError:
            raise ImageError(first.path, "there is not enough memory for it", first.extname or first.hdu) from None
        for at, image in zip(rows, made, strict=True):
            found[at] = image
    return found


def _check(planes: Sequence[Plane], members: Sequence[int], boxes: np.ndarray, shape: tuple[int, int]) -> None:
    """Raises ImageError for the first window that has no pixel of the image."""
    x, y, width, height = boxes.T
    outside = (x >= shape[1]) | (y >= shape[0]) | (x + width <= 0) | (y + height <= 0) | (width < 1) | (height < 1)
    if outside.any():
        plane = planes[members[int(outside.argmax())]]
        reason = (
            f"it has changed: with {shape[1]} x {shape[0]} px it has no part {plane.window}; import the catalogue again"
        )
        raise ImageError(plane.path, reason, plane.extname or plane.hdu)


def _cut(plane: Plane, boxes: np.ndarray) -> list[np.ndarray]:
    """The windows (n, 4), sorted by row, as float32 arrays."""
    opened = sheet(plane)
    assert isinstance(opened, Window)
    whole = opened.whole
    made: list[np.ndarray] = []
    sizes = boxes[:, 2:]
    starts = [0, *(np.flatnonzero((np.diff(sizes, axis=0) != 0).any(axis=1)) + 1).tolist(), len(boxes)]
    for start, stop in pairwise(starts):  # runs of one size are one array
        part = boxes[start:stop]
        made += list(_mapped(whole, part) if isinstance(whole, Mapped) else _in_strips(whole, part))
    return made


def _inside(boxes: np.ndarray, shape: tuple[int, int]) -> list[Place]:
    """(x0, x1, y0, y1) in the image of each window, and where that begins in the window (column, row)."""
    x, y, width, height = boxes.T
    x0, y0 = np.maximum(x, 0), np.maximum(y, 0)
    x1, y1 = np.minimum(x + width, shape[1]), np.minimum(y + height, shape[0])
    return np.stack([x0, x1, y0, y1, x0 - x, y0 - y], axis=1).tolist()


def _mapped(whole: Mapped, boxes: np.ndarray) -> np.ndarray:
    """float32 (n, height, width) of windows of one size, from the map."""
    width, height = int(boxes[0, 2]), int(boxes[0, 3])
    places = _inside(boxes, whole.shape)
    out = whole.boxes(places, height, width)
    for n, place in enumerate(places):
        if place[1] - place[0] < width or place[3] - place[2] < height:
            _blank(out[n], place)
    return out


def _blank(image: np.ndarray, place: Place) -> None:
    """NaN where the window hangs over the edge."""
    x0, x1, y0, y1, left, low = place
    image[:low] = image[low + y1 - y0 :] = np.nan
    image[:, :left] = image[:, left + x1 - x0 :] = np.nan


def _in_strips(whole: Sheet, boxes: np.ndarray) -> np.ndarray:
    """As `_mapped`, of an image whose values have to be unpacked."""
    out = np.full((len(boxes), int(boxes[0, 3]), int(boxes[0, 2])), np.nan, np.float32)
    places = _inside(boxes, whole.shape)
    start = 0
    while start < len(places):
        stop = _strip(places, start)
        part = places[start:stop]
        x0, y0 = min(p[0] for p in part), part[0][2]
        x1, y1 = max(p[1] for p in part), max(p[3] for p in part)
        pixels = whole.read(y0, y1, x0, x1)
        for n, (left, right, low, high, column, row) in enumerate(part, start):
            out[n, row : row + high - low, column : column + right - left] = pixels[
                low - y0 : high - y0, left - x0 : right - x0
            ]
        start = stop
    return out


def _strip(places: list[Place], start: int) -> int:
    """Where the run of windows from `start` ends that is best read as one strip: close together, and not too large."""
    left, right, low, high, *_ = places[start]
    stop, wanted = start + 1, (right - left) * (high - low)
    while stop < len(places):
        x0, x1, y0, y1, *_ = places[stop]
        left, right, high = min(left, x0), max(right, x1), max(high, y1)
        area = (right - left) * (high - low)
        if y0 >= places[stop - 1][3] + 64 or area > STRIP:
            break
        wanted += (x1 - x0) * (y1 - y0)
        stop += 1
    left, right = min(p[0] for p in places[start:stop]), max(p[1] for p in places[start:stop])
    area = (right - left) * (max(p[3] for p in places[start:stop]) - low)
    return stop if area <= 16 * wanted else start + 1


# -- the images themselves ----------------------------------------------------------------------------------------------


def shape(plane: Plane) -> tuple[int, int]:
    """(height, width) of the whole image that a plane's window is a part of."""
    return _big(plane).shape


def header(plane: Plane) -> Header:
    """The header of the whole image."""
    return _big(plane).hdu.header


def celestial(plane: Plane) -> Any:
    """The window's celestial astropy WCS (0-based pixels of the window), or None; distortions come along with CRPIX."""
    x0, y0 = plane.window[:2] if plane.window is not None else (0, 0)
    return _wcs.build(_Moved(_big(plane).hdu.header, x0, y0))


def wcs_problem(plane: Plane) -> str:
    """As `fits.wcs_problem`, of the whole image."""
    head = _big(plane).hdu.header
    reason = _wcs.problem(head)
    if not reason and _wcs.has_wcs(head) and _wcs.build(head) is None:
        reason = "the WCS can't be evaluated"
    return reason


class _Moved(Header):
    """A header whose image begins at another pixel; SIP, TPV and the rest count from CRPIX, so that alone moves."""

    __slots__ = ("_by",)

    def __init__(self, header: Header, x0: int, y0: int) -> None:
        super().__init__(header.raw)
        self._by = {"CRPIX1": x0, "CRPIX2": y0}

    def get(self, key: str, default: Any = None) -> Any:
        value = super().get(key, default)
        moves = key in self._by and isinstance(value, int | float) and not isinstance(value, bool)
        return value - self._by[key] if moves else value


def _big(plane: Plane) -> _Big:
    """The image's header, read anew when the file is another than before."""
    if plane.reader != "fits":
        raise ImageError(plane.path, "a part of a larger image can only be read from FITS", plane.extname)
    try:
        stat = os.stat(plane.path)
    except OSError as error:
        raise ImageError(plane.path, f"can't be read: {error.strerror}") from None
    key, stamp = (plane.path, plane.hdu, plane.plane), (stat.st_mtime_ns, stat.st_size)
    with _lock:
        big = _open.get(key)
        if big is not None and big.stamp == stamp:
            _open.move_to_end(key)
            return big
    big = _opened(plane, stamp)
    with _lock:
        _open[key] = big
        while len(_open) > KEPT:
            _open.popitem(last=False)
    return big


def _opened(plane: Plane, stamp: tuple[int, int]) -> _Big:
    with Source(plane.path) as source:
        hdus = walk(source)
        hdu = hdus[plane.hdu] if 0 <= plane.hdu < len(hdus) else None
        if hdu is None or hdu.kind not in {"image", "compressed"} or len(hdu.shape) < 2:
            reason = f"it has changed: its extension {plane.hdu} is no image any more; import the catalogue again"
            raise ImageError(plane.path, reason, plane.extname or plane.hdu)
        if hdu.problem:
            raise ImageError(plane.path, hdu.problem, hdu.title)
    depth = math.prod(hdu.shape[:-2])
    if not 0 <= (plane.plane or 0) < depth:
        raise ImageError(plane.path, f"it has {depth} planes, not {(plane.plane or 0) + 1}", hdu.title)
    return _Big(hdu, stamp)
