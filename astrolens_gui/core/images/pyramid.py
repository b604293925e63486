"""Overviews of a large image: means of 2 x 2 pixels, level upon level, kept in a cache folder; knows no view and no colour."""

from __future__ import annotations

import hashlib
import json
import os
import struct
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...api import Context
from .sections import Mapped, Sheet
from .values import Coding

SMALLEST = 256
"""The level whose longer side is at most this is the last."""

KEPT_BYTES = 8 << 30
"""Overviews kept in a folder; the longest unused go when there are more."""

_ABANDONED_S = 86_400.0
_MAGIC = b"AstroLens overviews 1\n"
_STRIP = 1 << 20
_NATIVE = Coding(np.dtype(np.float32))


def halve(image: np.ndarray) -> np.ndarray:
    """Means of 2 x 2 pixels that leave NaN out, float32 (ceil(h / 2), ceil(w / 2)); a lone edge row or column is averaged alone."""
    height, width = image.shape
    if height % 2 or width % 2:
        image = np.pad(image, ((0, height % 2), (0, width % 2)), constant_values=np.nan)
    with np.errstate(all="ignore"):
        rows = image[0::2] + image[1::2]
        out = (rows[:, 0::2] + rows[:, 1::2]) * np.float32(0.25)
    odd = np.nonzero(~np.isfinite(out))  # a NaN among the four, or a sum beyond float32
    if len(odd[0]):
        y, x = odd[0] * 2, odd[1] * 2
        four = np.stack([image[y, x], image[y, x + 1], image[y + 1, x], image[y + 1, x + 1]]).astype(np.float64)
        there = ~np.isnan(four)
        with np.errstate(all="ignore"):
            out[odd] = np.where(there, four, 0).sum(axis=0) / there.sum(axis=0)  # 0 / 0 where all four are NaN
    return out


def shapes(shape: tuple[int, int]) -> list[tuple[int, int]]:
    """Of the levels of an image of (height, width), the finest (half the size) first."""
    made: list[tuple[int, int]] = []
    while max(shape) > SMALLEST:
        shape = (-(-shape[0] // 2), -(-shape[1] // 2))
        made.append(shape)
    return made


def levels(image: np.ndarray) -> list[np.ndarray]:
    """All levels of an image in memory."""
    made: list[np.ndarray] = []
    for _ in shapes((image.shape[0], image.shape[1])):
        image = halve(image)
        made.append(image)
    return made


@dataclass(frozen=True)
class Place:
    """Where the overviews of one image are kept: the file's name depends on all that they depend on."""

    folder: Path
    key: str

    @classmethod
    def of(cls, folder: Path, path: str, hdu: int, plane: int | None) -> Place:
        about = os.stat(path)
        parts = (os.path.abspath(path), about.st_mtime_ns, about.st_size, hdu, plane)
        return cls(Path(folder), hashlib.sha256(repr(parts).encode()).hexdigest()[:32])

    @property
    def path(self) -> Path:
        return self.folder / f"{self.key}.overviews"


def stored(place: Place, shape: tuple[int, int]) -> list[Sheet] | None:
    """The kept levels of an image of this shape, mapped; None where there are none or they are not whole."""
    expected = shapes(shape)
    try:
        with open(place.path, "rb") as file:
            head = _head(shape)
            if file.read(len(head)) != head or os.fstat(file.fileno()).st_size != len(head) + _nbytes(expected):
                return None
        made: list[Sheet] = []
        offset = len(head)
        for level in expected:
            made.append(Mapped(str(place.path), offset, level, _NATIVE))
            offset += level[0] * level[1] * 4
        with suppress(OSError):  # the last used ones are kept longest
            os.utime(place.path)
        return made
    except (OSError, ValueError):
        return None


def _head(shape: tuple[int, int]) -> bytes:
    text = json.dumps({"shape": list(shape), "levels": [list(level) for level in shapes(shape)]}).encode()
    head = _MAGIC + struct.pack("<I", len(text)) + text
    return head + b" " * (-len(head) % 64)


def _nbytes(expected: list[tuple[int, int]]) -> int:
    return sum(height * width * 4 for height, width in expected)


def build(sheet: Sheet, place: Place, ctx: Context) -> None:
    """Make the levels of an image and keep them; memory stays at some strips. A cancelled or failed build leaves nothing.

    Raises:
        Cancelled: from `ctx`. ImageError: the image can't be read. OSError: the folder can't be written.
    """
    expected = shapes(sheet.shape)
    head = _head(sheet.shape)
    place.folder.mkdir(parents=True, exist_ok=True)
    partial = place.folder / f"{place.key}.{os.getpid()}.{uuid.uuid4().hex}.partial"
    try:
        with open(partial, "wb") as file:
            file.write(head)
            file.truncate(len(head) + _nbytes(expected))
        offset, below = len(head), sheet
        done, total = 0, sheet.shape[0] * sheet.shape[1] + _nbytes(expected) // 4
        for level in expected:
            with open(partial, "r+b") as file:
                file.seek(offset)
                width = below.shape[1]
                step = max(2, _STRIP // width // 2 * 2)
                for row in range(0, below.shape[0], step):
                    ctx.progress(done / total, "overviews of a large image")
                    part = below.read(row, row + step, 0, width)
                    file.write(halve(part).tobytes())
                    done += part.size
            below = Mapped(str(partial), offset, level, _NATIVE)
            offset += level[0] * level[1] * 4
        del below
        ctx.progress(1.0, "overviews of a large image")
        os.replace(partial, place.path)
    finally:
        with suppress(OSError):
            partial.unlink()
    _tidy(place)


def _tidy(place: Place) -> None:
    """Remove what a crash left behind, and the longest unused overviews where there are too many."""
    with suppress(OSError):
        kept = []
        for path in place.folder.iterdir():
            about = path.stat()
            if path.suffix == ".overviews" and path != place.path:
                kept.append((about.st_mtime, about.st_size, path))
            elif path.suffix == ".partial" and time.time() - about.st_mtime > _ABANDONED_S:
                path.unlink()
        total = place.path.stat().st_size
        for _, size, path in sorted(kept, reverse=True):
            total += size
            if total > KEPT_BYTES:
                path.unlink()
