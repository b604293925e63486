"""The short way for plain stamps: one read, a scan of the header's bytes, one conversion; None for anything unusual.

What it accepts is equal to astropy's array bit for bit; what it does not accept (scaled, compressed, packed, odd) goes through `fits`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

MAX_FILE = 16 << 20
"""Larger files gain nothing from being read whole."""

_END = b"END" + b" " * 77
_FIRST = b"SIMPLE  =                    T"
_NEXT = b"XTENSION= 'IMAGE   '"
_BITPIX, _AXES = b"BITPIX  = ", b"NAXIS   = "
_SIDES = (b"NAXIS1  = ", b"NAXIS2  = ")
_TYPES: dict[int, tuple[np.dtype, np.dtype]] = {
    -32: (np.dtype(">f4"), np.dtype(np.float32)),
    -64: (np.dtype(">f8"), np.dtype(np.float64)),
    16: (np.dtype(">i2"), np.dtype(np.int16)),
}
_UNUSUAL = frozenset({b"BSCALE  ", b"BZERO   ", b"BLANK   ", b"GROUPS  ", b"ZIMAGE  "})
_PCOUNT = b"PCOUNT  =                    0"
_GCOUNT = b"GCOUNT  =                    1"
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0)


def read(path: str | os.PathLike[str], hdus: Sequence[int] = (0,)) -> list[np.ndarray] | None:
    """The two-dimensional images of these HDUs (ascending), each native-endian in the file's own type; None if not all are plain.

    Accepts float32, float64 and int16 without scaling, in the primary HDU or IMAGE extensions with cards in the standard's order.
    Never raises for what the file holds; a file that can't be opened gives None as well.
    """
    try:
        fd = os.open(path, _FLAGS)
    except (OSError, ValueError):
        return None
    try:
        size = os.fstat(fd).st_size
        if size >= MAX_FILE:
            return None
        data = os.read(fd, size)
    except OSError:
        return None
    finally:
        os.close(fd)
    return parse(data, hdus)


def parse(data: bytes, hdus: Sequence[int] = (0,)) -> list[np.ndarray] | None:
    """As `read`, from the file's bytes."""
    found = []
    offset, wanted, last = 0, 0, len(hdus) - 1
    if not data.startswith(_FIRST) or len(data) >= MAX_FILE or last < 0:
        return None
    try:
        for index in range(hdus[last] + 1):
            end = data.find(_END, offset)
            if end < 0 or (end - offset) % 80:
                return None
            if index and data[offset : offset + 20] != _NEXT:
                return None
            # Mandatory cards come first, in this order and in fixed format (FITS 4.0, sections 4.2 and 4.4.1).
            if data[offset + 80 : offset + 90] != _BITPIX or data[offset + 160 : offset + 170] != _AXES:
                return None
            bitpix, axes = int(data[offset + 90 : offset + 110]), int(data[offset + 170 : offset + 190])
            start = end + 80 + (offset - end - 80) % 2880
            if axes == 0:
                if hdus[wanted] == index:
                    return None
                offset = start
                continue
            if axes != 2 or bitpix not in _TYPES:
                return None
            at = offset + 240
            if data[at : at + 10] != _SIDES[0] or data[at + 80 : at + 90] != _SIDES[1]:
                return None
            width, height = int(data[at + 10 : at + 30]), int(data[at + 90 : at + 110])
            stored, native = _TYPES[bitpix]
            count = width * height
            after = start + count * stored.itemsize
            if width < 1 or height < 1 or after > len(data):
                return None
            if index and (data[at + 160 : at + 190] != _PCOUNT or data[at + 240 : at + 270] != _GCOUNT):
                return None
            if hdus[wanted] == index:
                if _unusual(data[offset:end]):
                    return None
                found.append(np.frombuffer(data, stored, count, start).astype(native).reshape(height, width))
                wanted += 1
            offset = after + (-after % 2880)
    except (ValueError, IndexError):
        return None
    return found


def _unusual(head: bytes) -> bool:
    """Whether a card of `_UNUSUAL` is there; looks at the cards' first letters only, ten times faster than a search."""
    first = head[::80]
    for letter in b"BGZ":
        at = first.find(letter)
        while at >= 0:
            if head[80 * at : 80 * at + 8] in _UNUSUAL:
                return True
            at = first.find(letter, at + 1)
    return False
