"""Prepared cutouts that survive a restart: one memory-mapped file per InputSpec; safe to delete, never a wrong pixel.

Layout of `CACHE/cutouts/HASH/`: `spec.json` (what HASH stands for), `pixels.f4` (records of one prepared cutout each, appended) and
`index` (32 bytes a record, appended after its pixels: key, slot, checksums). A crash leaves at worst a record that no index entry
names or an entry whose checksum fails; both are read again from the FITS files.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import threading
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ...api import InputSpec, Plane
from . import readers
from .errors import ImageError
from .prepare import crop, prepare_many

_ENTRY = np.dtype([("key", "V16"), ("slot", "<u8"), ("pixels", "<u4"), ("entry", "<u4")])
_BATCH = 256


class Cutouts:
    """The cache of a project. Usable from several threads; a second process reads along but does not write."""

    def __init__(self, cache_dir: str | Path) -> None:
        self._root = Path(cache_dir) / "cutouts"
        self._shelves: dict[InputSpec, _Shelf] = {}
        self._lock = threading.Lock()

    def get(self, planes: Sequence[Plane], spec: InputSpec) -> np.ndarray:
        """One object's prepared cutout, float32 (size, size, bands).

        Raises:
            ValueError: (ImageError for files) with the sentence why it can't be had.
        """
        images, refused = self.batch([(0, planes)], spec)
        if refused:
            raise ValueError(refused[0][1])
        return images[0]

    def batch(
        self, objects: Sequence[tuple[int, Sequence[Plane]]], spec: InputSpec
    ) -> tuple[np.ndarray, list[tuple[int, str]]]:
        """The prepared cutouts of (object id, planes with absolute paths), in order.

        Returns:
            float32 (n, size, size, bands), n = objects less the refused; and (object id, sentence) of each refused one.
        """
        shelf = self._shelf(spec)
        out = np.empty((len(objects), *spec.shape), np.float32)
        refused: dict[int, str] = {}
        misses: list[tuple[int, bytes, list[Plane]]] = []
        for row, (_, planes) in enumerate(objects):
            try:
                chosen = _choose(planes, spec)
                key = _key(chosen)
            except ValueError as error:
                refused[row] = str(error)
                continue
            if not shelf.fetch(key, out[row]):
                misses.append((row, key, chosen))
        misses.sort(key=_spatial)
        for at in range(0, len(misses), _BATCH):
            self._read(misses[at : at + _BATCH], spec, shelf, out, refused)
        if refused:
            out = np.delete(out, list(refused), axis=0)
        return out, [(objects[row][0], why) for row, why in sorted(refused.items())]

    def _read(
        self,
        misses: list[tuple[int, bytes, list[Plane]]],
        spec: InputSpec,
        shelf: _Shelf,
        out: np.ndarray,
        refused: dict[int, str],
    ) -> None:
        size = spec.shape[0]
        stacks = {band: np.empty((len(misses), size, size), np.float32) for band in spec.bands}
        rows: list[int] = []
        keys: list[bytes] = []
        for (row, key, _), images in zip(misses, _pixels([planes for _, _, planes in misses]), strict=True):
            if isinstance(images, ImageError):
                refused[row] = str(images)
                continue
            for band, image in zip(spec.bands, images, strict=True):
                stacks[band][len(rows)] = crop(image, size)
            rows.append(row)
            keys.append(key)
        if rows:
            prepared = prepare_many({band: stack[: len(rows)] for band, stack in stacks.items()}, spec)
            out[rows] = prepared
            shelf.add(keys, prepared)

    def _shelf(self, spec: InputSpec) -> _Shelf:
        with self._lock:
            if spec not in self._shelves:
                about = json.dumps({"format": 1, **spec.as_dict()}, sort_keys=True)
                folder = self._root / hashlib.blake2b(about.encode(), digest_size=8).hexdigest()
                self._shelves[spec] = _Shelf(folder, about, spec.shape)
            return self._shelves[spec]

    def close(self) -> None:
        """Release the files; the next call opens them again."""
        with self._lock:
            for shelf in self._shelves.values():
                shelf.close()
            self._shelves.clear()


def _pixels(objects: Sequence[Sequence[Plane]]) -> list[list[np.ndarray] | ImageError]:
    """The pixels of each object's planes, or why not; windows of large images are read together, stamps file by file."""
    found: list[list[np.ndarray] | ImageError] = []
    cut = [at for at, planes in enumerate(objects) if planes and all(plane.window is not None for plane in planes)]
    together: dict[int, list[np.ndarray]] = {}
    with contextlib.suppress(ImageError):  # one of them is at fault; which one is found below
        every = iter(readers.read_all([plane for at in cut for plane in objects[at]]))
        together = {at: [next(every) for _ in objects[at]] for at in cut}
    for at, planes in enumerate(objects):
        try:
            found.append(together[at] if at in together else readers.read_all(planes))
        except ImageError as error:
            found.append(error)
    return found


def _spatial(miss: tuple[int, bytes, list[Plane]]) -> tuple[str, int]:
    """Order of reading: file by file, and in a large image from row to row."""
    plane = miss[2][0]
    return ("", 0) if plane.window is None else (plane.path, plane.window[1])


def _choose(planes: Sequence[Plane], spec: InputSpec) -> list[Plane]:
    """The object's planes in the spec's band order; ValueError with the spec's sentence if it does not fit."""
    by_band = {plane.band: plane for plane in planes if plane.band}
    shapes = {band: plane.shape for band, plane in by_band.items()}
    scales = {plane.pixel_scale for band, plane in by_band.items() if band in spec.bands} or {None}
    for scale in scales:
        if why := spec.mismatch(shapes, scale):
            raise ValueError(f"{Path(planes[0].path).name}: {why}" if planes else why)
    return [by_band[band] for band in spec.bands]


def _key(planes: Sequence[Plane]) -> bytes:
    """Names these pixels: a file that changes gets another key. Taken before the file is read, so a change meanwhile counts."""
    stats: dict[str, os.stat_result] = {}
    parts = []
    for plane in planes:
        stat = stats.get(plane.path)
        if stat is None:
            try:
                stat = stats[plane.path] = os.stat(plane.path)
            except OSError as error:
                raise ImageError(plane.path, f"can't be read: {error.strerror}") from None
        parts.append(f"{plane.path}\0{stat.st_mtime_ns}\0{stat.st_size}\0{plane.hdu}\0{plane.plane}{_told(plane)}")
    return hashlib.blake2b("\1".join(parts).encode("utf-8", "surrogateescape"), digest_size=16).digest()


def _told(plane: Plane) -> str:
    """What else tells planes apart: of a large image the window; in other formats than FITS images may have names only."""
    part = "" if plane.window is None else f"\0window{plane.window}"
    return part if plane.reader == "fits" else f"{part}\0{plane.reader}\0{plane.extname}"


class _Shelf:
    """The records of one InputSpec."""

    def __init__(self, folder: Path, about: str, shape: tuple[int, int, int]) -> None:
        self._shape, self._bytes = shape, int(np.prod(shape)) * 4
        self._lock = threading.Lock()
        self._slots: dict[bytes, tuple[int, int]] = {}
        self._pixels = self._index = -1
        self._map = np.empty((0, *shape), np.float32)
        self._next, self._writes = 0, False
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "spec.json").write_text(about, encoding="utf-8")
            self._pixels = os.open(folder / "pixels.f4", os.O_RDWR | os.O_CREAT, 0o666)
            self._index = os.open(folder / "index", os.O_RDWR | os.O_CREAT, 0o666)
            self._writes = _lock_file(self._index)
            self._load()
        except OSError:
            self._writes = False  # a read-only or full disk: everything still works, from the FITS files
        self._path = folder / "pixels.f4"

    def _load(self) -> None:
        size = os.fstat(self._index).st_size // _ENTRY.itemsize * _ENTRY.itemsize
        entries = np.frombuffer(os.pread(self._index, size, 0), _ENTRY)
        capacity = os.fstat(self._pixels).st_size // self._bytes
        for raw, (slot, pixels, check) in zip(
            _pieces(entries), entries[["slot", "pixels", "entry"]].tolist(), strict=True
        ):
            if slot < capacity and zlib.crc32(raw[:28]) == check:
                self._slots[raw[:16]] = (slot, pixels)
        self._next = max([capacity, *(slot + 1 for slot, _ in self._slots.values())])
        if self._writes and size != os.fstat(self._index).st_size:
            os.ftruncate(self._index, size)  # half an entry of a crash would shift all that follow

    def fetch(self, key: bytes, out: np.ndarray) -> bool:
        """Copy a record to `out`; False if it is not there or its checksum fails."""
        with self._lock:
            found = self._slots.get(key)
            if found is None:
                return False
            slot, checksum = found
            if slot >= len(self._map) and not self._remap(slot):
                return False
            out[...] = self._map[slot]
        if zlib.crc32(out.data) == checksum:
            return True
        with self._lock:
            self._slots.pop(key, None)
        return False

    def _remap(self, slot: int) -> bool:
        try:
            capacity = os.fstat(self._pixels).st_size // self._bytes
            if slot >= capacity:
                return False
            self._map = np.memmap(self._path, np.float32, "r", shape=(capacity, *self._shape))
        except (OSError, ValueError):
            return False
        return True

    def add(self, keys: Sequence[bytes], prepared: np.ndarray) -> None:
        """Append records: first all pixels, then their index entries."""
        with self._lock:
            if not self._writes:
                return
            entries = np.zeros(len(keys), _ENTRY)
            for n, key in enumerate(keys):
                entries[n] = (key, self._next + n, zlib.crc32(prepared[n].data), 0)
            raw = entries.tobytes()
            for n in range(len(keys)):
                entries[n]["entry"] = zlib.crc32(raw[n * _ENTRY.itemsize : n * _ENTRY.itemsize + 28])
            try:
                _write(self._pixels, np.ascontiguousarray(prepared).data.cast("B"), self._next * self._bytes)
                end = os.lseek(self._index, 0, os.SEEK_END)
                _write(self._index, memoryview(entries.tobytes()), end)
            except OSError:
                self._writes = False
                return
            for n, key in enumerate(keys):
                self._slots[key] = (self._next + n, int(entries[n]["pixels"]))
            self._next += len(keys)

    def close(self) -> None:
        with self._lock:
            self._slots.clear()
            self._map = np.empty((0, *self._shape), np.float32)
            for fd in (self._pixels, self._index):
                if fd >= 0:
                    os.close(fd)
            self._pixels = self._index = -1
            self._writes = False


def _pieces(entries: np.ndarray) -> list[bytes]:
    raw, step = entries.tobytes(), _ENTRY.itemsize
    return [raw[at : at + step] for at in range(0, len(raw), step)]


def _write(fd: int, data: memoryview, offset: int) -> None:
    while data:
        done = os.pwrite(fd, data, offset)
        data, offset = data[done:], offset + done


def _lock_file(fd: int) -> bool:
    """Whether this process may write: one does, the others only read."""
    try:
        import fcntl

        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ImportError:
        return True
    except OSError:
        return False
    return True
