"""Tile-compressed images: checked by our own eyes, then decompressed by astropy; knows no band and no WCS.

astropy's decoders are C code that trusts the table around the tiles, so sizes and descriptors are checked before they see it.
"""

from __future__ import annotations

import io
import math
import re
import threading
import zlib
from typing import Any

import numpy as np

from .headers import BITPIX, BLOCK, Hdu
from .source import Source

MAX_BYTES = 400 << 20
"""A decompressed image may not be larger, nor what is decompressed of one at a time."""

DECODING = threading.Lock()
"""Held while astropy decodes: it lets other threads run meanwhile, but its C code (HCOMPRESS, the dither of quantised floats)
keeps its place in static variables, so that two at once give wrong pixels or an error."""

MAX_IMAGE = 64 << 30
"""Of larger images not even a part is read: no camera makes them."""

_KINDS = {"RICE_1", "RICE_ONE", "GZIP_1", "GZIP_2", "PLIO_1", "HCOMPRESS_1", "NOCOMPRESS"}
_WIDTHS = {"L": 1, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8, "C": 8, "M": 16, "P": 8, "Q": 16}
_CHECKED = ("GZIP", "HCOMPRESS", "PLIO")
_FORM = re.compile(r"(\d*)([A-Z])([A-Z]?)")


def trouble(hdu: Hdu) -> str:
    """Why the headers of a compressed image make no sense; "" if they do. Reads no data."""
    header = hdu.header
    zbitpix, kind = header.integer("ZBITPIX", 0), header.text("ZCMPTYPE")
    if zbitpix not in BITPIX or kind not in _KINDS:
        return f"its tile compression {kind or 'without ZCMPTYPE'} of BITPIX {zbitpix} is unknown"
    if len(hdu.shape) < 1 or any(not 0 < n < 2**31 for n in hdu.shape):
        return "its compressed image has no usable ZNAXISn"
    nbytes = math.prod(hdu.shape) * BITPIX[zbitpix]
    if nbytes > MAX_IMAGE:
        return f"its compressed image would take {nbytes / 2**30:,.0f} GB, over {MAX_IMAGE >> 30} GB"
    tile = tile_shape(hdu)
    if any(not 0 < n < 2**31 for n in tile):
        return "its ZTILEn make no sense"
    if (nbytes := math.prod(tile) * BITPIX[zbitpix]) > MAX_BYTES:
        return f"its compressed tiles would take {nbytes / 2**20:,.0f} MB each, over {MAX_BYTES >> 20} MB"
    tiles = math.prod(-(-n // t) for n, t in zip(hdu.shape, tile, strict=True))
    if len(_table(hdu)) != 2 or tiles != _table(hdu)[0] or tiles > 1 << 20:
        return f"its compressed table has not the {tiles:,} rows that its tiles need"
    if kind.startswith("RICE") and not _rice_is_sane(hdu):
        return "its RICE parameters make no sense"
    return ""


def _table(hdu: Hdu) -> tuple[int, ...]:
    """(rows, bytes of a row) of the binary table around the tiles."""
    return hdu.header.integer("NAXIS2", 0) or 0, hdu.header.integer("NAXIS1", 0) or 0


def tile_shape(hdu: Hdu) -> tuple[int, ...]:
    """The tile's shape, in numpy order; the default is a row."""
    axes = len(hdu.shape)
    default = [hdu.shape[-1]] + [1] * (axes - 1)
    return tuple(
        min(hdu.header.integer(f"ZTILE{n}", default[n - 1]) or 0, hdu.shape[axes - n]) for n in range(axes, 0, -1)
    )


def _settings(hdu: Hdu) -> dict[str, object]:
    names = {n: hdu.header.text(f"ZNAME{n}").upper() for n in range(1, 10)}
    return {name: hdu.header.get(f"ZVAL{n}") for n, name in names.items() if name}


def _rice_is_sane(hdu: Hdu) -> bool:
    settings = _settings(hdu)
    return settings.get("BLOCKSIZE", 32) in {8, 16, 32, 64} and settings.get("BYTEPIX", 4) in {1, 2, 4}


def _columns(hdu: Hdu) -> dict[str, tuple[int, str, str]]:
    """name → (offset in the row, P or Q or a plain type, element type)."""
    columns, at = {}, 0
    for n in range(1, min(hdu.header.integer("TFIELDS", 0) or 0, 64) + 1):
        match = _FORM.match(hdu.header.text(f"TFORM{n}"))
        if not match or match[2] not in _WIDTHS or len(match[1]) > 6:
            return {}
        columns[hdu.header.text(f"TTYPE{n}").upper()] = (at, match[2], match[3])
        at += int(match[1] or 1) * _WIDTHS[match[2]]
    return columns if at == _table(hdu)[1] else {}


def _descriptors(data: bytes, hdu: Hdu, column: tuple[int, str, str]) -> np.ndarray:
    """int64 (rows, 2): element count and heap offset of each tile."""
    rows, width = _table(hdu)
    at, kind, _ = column
    table = np.frombuffer(data, np.uint8, rows * width).reshape(rows, width)
    size = 4 if kind == "P" else 8
    return np.ascontiguousarray(table[:, at : at + 2 * size]).view(f">i{size}").astype(np.int64)


def _damage(data: bytes, hdu: Hdu) -> str:
    """What is wrong with the table's descriptors and tiles; "" if a decoder may have them."""
    if problem := _misplaced(data, hdu):
        return problem
    rows, width = _table(hdu)
    heap = hdu.header.integer("THEAP", rows * width) or rows * width
    limit = math.prod(tile_shape(hdu)) * 8
    for name, column in _columns(hdu).items():
        kind = _kind(hdu, name)
        if column[1] not in "PQ" or not kind.startswith(_CHECKED):
            continue
        for row, (count, offset) in enumerate(_descriptors(data, hdu, column).tolist()):
            tile = data[heap + offset : heap + offset + count * _WIDTHS[column[2]]]
            if count and (problem := _bad_tile(tile, kind, _edge(hdu, row), limit)):
                return problem
    return ""


def _misplaced(data: bytes, hdu: Hdu) -> str:
    """What is wrong with the table's descriptors; "" if all tiles lie within the data. `data` begins with the table."""
    columns = _columns(hdu)
    if "COMPRESSED_DATA" not in columns:
        return "its compressed table has no usable COMPRESSED_DATA column"
    rows, width = _table(hdu)
    heap = hdu.header.integer("THEAP", rows * width) or rows * width
    if not rows * width <= heap <= hdu.nbytes:
        return "its THEAP lies outside of the data"
    for name, column in columns.items():
        if column[1] not in "PQ":
            continue
        width_of = _WIDTHS.get(column[2], 0)
        found = _descriptors(data, hdu, column)
        counts, offsets = found[:, 0], found[:, 1]
        if not width_of or (found < 0).any() or (counts * width_of > hdu.nbytes - heap - offsets)[counts > 0].any():
            return f"its {name} points outside of the data"
    return ""


def _kind(hdu: Hdu, column: str) -> str:
    """How the streams of a column are packed, "" where it holds none."""
    return "GZIP" if column.startswith("GZIP") else hdu.header.text("ZCMPTYPE") if column == "COMPRESSED_DATA" else ""


def _edge(hdu: Hdu, row: int) -> tuple[int, ...]:
    """The shape of the row-th tile: those at the image's edge are smaller."""
    tile = tile_shape(hdu)
    counts = [-(-n // t) for n, t in zip(hdu.shape, tile, strict=True)]
    places = np.unravel_index(row, counts)
    return tuple(min(t, n - int(p) * t) for p, t, n in zip(places, tile, hdu.shape, strict=True))


def _bad_tile(tile: bytes, kind: str, shape: tuple[int, ...], limit: int) -> str:
    """Why a tile must not reach its decoder: what the stream says of itself is held against the header."""
    if kind.startswith("GZIP"):
        return "" if _gunzips_within(tile, limit) else "a GZIP tile is damaged or larger than the tile it stands for"
    if kind == "HCOMPRESS_1":
        # magic, nx, ny, scale, sum (8 bytes), bit planes (3 bytes); the decoder writes nx * ny values wherever that leads
        sides = sorted(int.from_bytes(tile[at : at + 4], "big", signed=True) for at in (2, 6))
        fits = tile[:2] == b"\xdd\x99" and len(tile) >= 25 and max(tile[22:25]) <= 64
        return "" if fits and sides == sorted(n for n in shape if n != 1) else "a HCOMPRESS tile is damaged"
    if kind == "PLIO_1":
        words = np.frombuffer(tile, ">i2", len(tile) // 2).tolist()
        if len(words) >= 3 and words[2] > 0:
            return "" if words[2] <= len(words) else "a PLIO tile is damaged"
        sound = len(words) >= 5 and 5 <= words[1] <= len(words) and words[3] >= 0 and words[4] >= 0
        return "" if sound and (words[4] << 15) + words[3] <= len(words) else "a PLIO tile is damaged"
    return ""


def _with_room(hdu: Hdu, data: bytes) -> tuple[bytes, bytes]:
    """(header, data) with room behind every HCOMPRESS tile: its decoder does not know where a tile ends and reads on."""
    raw = hdu.header.raw
    column = _columns(hdu).get("COMPRESSED_DATA")
    if hdu.header.text("ZCMPTYPE") != "HCOMPRESS_1" or column is None:
        return raw, data
    room = 20 * math.prod(tile_shape(hdu)) + 64  # 64 bit planes of at most 2 bits a pixel, and the signs
    rows, width = _table(hdu)
    table = np.frombuffer(data, np.uint8, rows * width).reshape(rows, width).copy()
    size = 4 if column[1] == "P" else 8
    counts = table[:, column[0] : column[0] + size].copy().view(f">i{size}")
    counts[counts > 0] += room
    table[:, column[0] : column[0] + size] = counts.view(np.uint8)
    at = raw.index(b"PCOUNT  =")
    pcount = (hdu.header.integer("PCOUNT") or 0) + room
    raw = raw[:at] + f"PCOUNT  = {pcount:20d}".ljust(80).encode() + raw[at + 80 :]
    return raw, table.tobytes() + data[rows * width :] + bytes(room)


def _gunzips_within(tile: bytes, limit: int) -> bool:
    """Whether a gzip stream is sound and gives at most `limit` bytes; holds no more than a block of them."""
    stream, total = zlib.decompressobj(wbits=47), 0
    try:
        while not stream.eof and tile:
            part = stream.decompress(tile, 1 << 20)
            total, tile = total + len(part), stream.unconsumed_tail
            if total > limit or not (part or tile):
                return stream.eof and total <= limit
    except zlib.error:
        return False
    return stream.eof


def _padded(part: bytes, by: bytes) -> bytes:
    return part + by * (-len(part) % BLOCK)


_PRIMARY = _padded(
    b"".join(
        card.ljust(80)
        for card in (
            b"SIMPLE  =                    T",
            b"BITPIX  =                    8",
            b"NAXIS   =                    0",
            b"EXTEND  =                    T",
            b"END",
        )
    ),
    b" ",
)


def decompress(source: Source, hdu: Hdu) -> np.ndarray:
    """The image as astropy gives it (scaled, BLANK → NaN, any dtype).

    Raises:
        ValueError: with a sentence, whatever is wrong with it.
    """
    nbytes = math.prod(hdu.shape) * BITPIX.get(hdu.header.integer("ZBITPIX", 0) or 0, 1)
    if nbytes > MAX_BYTES:
        raise ValueError(f"its compressed image would take {nbytes / 2**20:,.0f} MB, over {MAX_BYTES >> 20} MB at once")
    data = source.read(hdu.offset, hdu.nbytes)
    if problem := trouble(hdu) or _damage(data, hdu):
        raise ValueError(problem)
    import warnings

    from astropy.io import fits

    raw, data = _with_room(hdu, data)
    blocks = [_PRIMARY, _padded(raw + b"END".ljust(80), b" "), _padded(data, b"\0")]
    try:
        with (
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
            fits.open(io.BytesIO(b"".join(blocks)), memmap=False) as file,
        ):
            warnings.simplefilter("ignore")
            with DECODING:
                return np.asarray(file[1].data)
    except MemoryError:
        raise
    except Exception as error:
        raise ValueError(f"it can't be decompressed ({type(error).__name__}: {error})") from None


class Guard:
    """What astropy may see of a compressed HDU when it decodes single tiles: the descriptors are checked now, a tile before its use.

    Raises:
        ValueError: from the constructor and from `check`, with a sentence.
    """

    def __init__(self, source: Source, hdu: Hdu) -> None:
        if problem := trouble(hdu):
            raise ValueError(problem)
        self._source, self._hdu = source, hdu
        rows, width = _table(hdu)
        table = source.read(hdu.offset, rows * width)
        self._columns = _columns(hdu)
        self._heap = hdu.header.integer("THEAP", rows * width) or rows * width
        if problem := _misplaced(table, hdu):
            raise ValueError(problem)
        self._places = {
            name: _descriptors(table, hdu, column) for name, column in self._columns.items() if column[1] in "PQ"
        }
        self._sound = np.zeros(rows, bool)
        raw, table = _with_room(hdu, table)
        room = len(table) - rows * width
        head = _PRIMARY + _padded(raw + b"END".ljust(80), b" ")
        # After the table's bytes, perhaps changed, come the heap's as they are in the file and the room behind it.
        rest = (hdu.offset + rows * width, hdu.nbytes - rows * width)
        self._pieces: list[bytes | tuple[int, int]] = [head + table[: rows * width], rest, bytes(room + 2880)]

    def file(self) -> io.RawIOBase:
        """A file of an empty primary HDU and this one."""
        return _Pieces(self._source, self._pieces)

    def check(self, box: tuple[slice, ...]) -> int:
        """How many tiles a part of the image needs, after those not seen before have been looked into."""
        tile, limit = tile_shape(self._hdu), math.prod(tile_shape(self._hdu)) * 8
        counts = [-(-n // t) for n, t in zip(self._hdu.shape, tile, strict=True)]
        ranges = [np.arange(s.start // t, (s.stop - 1) // t + 1) for s, t in zip(box, tile, strict=True)]
        wanted = np.ravel_multi_index(np.meshgrid(*ranges, indexing="ij"), counts).reshape(-1)
        if wanted.size * math.prod(tile) * BITPIX[self._hdu.header.integer("ZBITPIX", 8) or 8] > 2 * MAX_BYTES:
            raise ValueError("too much of it would have to be decompressed at once")
        for row in wanted[~self._sound[wanted]].tolist():
            for name, places in self._places.items():
                count, offset = places[row].tolist()
                kind = _kind(self._hdu, name)
                if not count or not kind.startswith(_CHECKED):
                    continue
                nbytes = count * _WIDTHS[self._columns[name][2]]
                stream = self._source.read(self._hdu.offset + self._heap + offset, nbytes)
                if problem := _bad_tile(stream, kind, _edge(self._hdu, row), limit):
                    raise ValueError(problem)
            self._sound[row] = True
        return int(wanted.size)


class _Pieces(io.RawIOBase):
    """Pieces of memory and of a source, (offset, length), one behind the other as one file."""

    def __init__(self, source: Source, pieces: list[bytes | tuple[int, int]]) -> None:
        self._source, self._pieces, self._at = source, pieces, 0
        lengths = [len(piece) if isinstance(piece, bytes) else piece[1] for piece in pieces]
        self._starts = [sum(lengths[:n]) for n in range(len(lengths) + 1)]

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = max(0, offset + (0, self._at, self._starts[-1])[whence])
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        for piece, start, end in zip(self._pieces, self._starts, self._starts[1:], strict=False):
            if start <= self._at < end:
                inner, count = self._at - start, min(len(buffer), end - self._at)
                part = (
                    piece[inner : inner + count]
                    if isinstance(piece, bytes)
                    else self._source.read(piece[0] + inner, count)
                )
                buffer[: len(part)] = part
                self._at += len(part)
                return len(part)
        return 0
