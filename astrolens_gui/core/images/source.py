"""The bytes of an image file, plain, gzipped or .Z, never more of them than it is safe to hold; knows no FITS."""

from __future__ import annotations

import io
import os
import time
import zlib
from pathlib import Path
from types import TracebackType

from .errors import ImageError

MAX_UNPACKED = 256 << 20
"""Bytes that a packed file may unpack to; larger ones must be unpacked by the user."""

SECONDS = 1.5
"""The time that unpacking .Z (pure Python) may take."""

_NOT_FITS = (
    (b"\x89HDF", "it is an HDF5 file, which can't be shown; convert it to FITS"),
    (b"PK\x03\x04", "it is a zip or npz archive, which can't be shown; unpack it and convert it to FITS"),
    (b"\x93NUMPY", "it is a numpy array without header; convert it to FITS"),
    (b"\x89PNG", "it is a PNG picture, which has no fluxes; give the FITS file it was made from"),
    (b"\xff\xd8\xff", "it is a JPEG picture, which has no fluxes; give the FITS file it was made from"),
    (b"%PDF", "it is a PDF document"),
    (b"BZh", "it is packed with bzip2; unpack it with bunzip2"),
    (b"\xfd7zXZ", "it is packed with xz; unpack it with unxz"),
)


class Source:
    """Random access to the unpacked bytes of one file. A context manager; `read` beyond the end is short, never an error.

    Raises:
        ImageError: from the constructor, when the file can't be opened, unpacked, or is recognisably something else than FITS.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = os.fspath(path)
        self.packed: bytes | None = None
        self._fd = -1
        try:
            self._fd = os.open(self.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
            self.size = os.fstat(self._fd).st_size
            start = os.read(self._fd, 16)
        except (OSError, ValueError) as error:
            self.close()
            raise ImageError(self.path, f"can't be read: {getattr(error, 'strerror', None) or error}") from None
        try:
            if start[:2] == b"\x1f\x8b":
                self.packed = self._gunzip()
            elif start[:2] == b"\x1f\x9d":
                self.packed = self._uncompress()
            else:
                self._check(start)
        except BaseException:
            self.close()
            raise
        if self.packed is not None:
            self.size = len(self.packed)
            self.close()
            self._check(self.packed[:16])

    def _check(self, start: bytes) -> None:
        if not start:
            raise ImageError(self.path, "the file is empty")
        for magic, what in _NOT_FITS:
            if start.startswith(magic):
                raise ImageError(self.path, what)
        if not start.startswith(b"SIMPLE"):
            raise ImageError(
                self.path, "it is not a FITS file (it does not begin with SIMPLE); leave it out or download it again"
            )

    def _gunzip(self) -> bytes:
        """All members; stops at the cap, so that a bomb costs no more than the cap."""
        os.lseek(self._fd, 0, os.SEEK_SET)
        out = bytearray()
        member = zlib.decompressobj(wbits=31)
        data = b""
        try:
            while data := data or os.read(self._fd, 1 << 20):
                out += member.decompress(data, MAX_UNPACKED + 1 - len(out))
                if len(out) > MAX_UNPACKED:
                    raise ImageError(self.path, f"it unpacks to over {MAX_UNPACKED >> 20} MB; unpack it with gunzip")
                data = member.unconsumed_tail
                if member.eof:
                    data = member.unused_data
                    if not data.startswith(b"\x1f\x8b"):
                        break
                    member = zlib.decompressobj(wbits=31)
        except zlib.error as error:
            raise ImageError(self.path, f"its gzip packing is damaged ({error})") from None
        if not member.eof:
            raise ImageError(self.path, "its gzip packing ends too early; the file is truncated")
        return bytes(out)

    def _uncompress(self) -> bytes:
        import uncompresspy

        os.lseek(self._fd, 0, os.SEEK_SET)
        packed = b"".join(iter(lambda: os.read(self._fd, 1 << 20), b""))
        out, begun = bytearray(), time.monotonic()
        try:
            with uncompresspy.LZWFile(io.BytesIO(packed), warn_truncation=False) as file:
                while part := file.read(1 << 18):
                    out += part
                    if len(out) > MAX_UNPACKED or time.monotonic() - begun > SECONDS:
                        raise ImageError(self.path, "it is too large to unpack on the fly; unpack it with uncompress")
        except ImageError:
            raise
        except Exception as error:
            raise ImageError(self.path, f"its .Z packing is damaged ({error})") from None
        return bytes(out)

    def read(self, offset: int, count: int) -> bytes:
        """`count` bytes from `offset`, fewer at the end of the file."""
        if self.packed is not None:
            return self.packed[offset : offset + count]
        count = max(0, min(count, self.size - offset))
        try:
            parts = []
            while count and (part := os.pread(self._fd, count, offset)):
                parts.append(part)
                offset, count = offset + len(part), count - len(part)
        except OSError as error:
            raise ImageError(self.path, f"can't be read: {error.strerror}") from None
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Source:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
