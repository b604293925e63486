"""Tile-compressed images: checked by our own eyes, then decompressed by astropy; knows no band and no WCS.

astropy's decoders are C code that trusts the table around the tiles, so sizes and descriptors are checked before they see it.
"""

from __future__ import annotations

import math
import re
import zlib

import numpy as np

from .headers import BITPIX, Hdu
from .source import Source

MAX_BYTES = 400 << 20
"""A decompressed image may not be larger."""

_KINDS = {"RICE_1", "RICE_ONE", "GZIP_1", "GZIP_2", "PLIO_1", "HCOMPRESS_1", "NOCOMPRESS"}
_WIDTHS = {"L": 1, "B": 1, "I": 2, "J": 4, "K": 8, "A": 1, "E": 4, "D": 8, "C": 8, "M": 16, "P": 8, "Q": 16}
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
    if nbytes > MAX_BYTES:
        return f"its compressed image would take {nbytes / 2**20:,.0f} MB, over {MAX_BYTES >> 20} MB"
    tile = _tile(hdu)
    if any(not 0 < n < 2**31 for n in tile):
        return "its ZTILEn make no sense"
    tiles = math.prod(-(-n // t) for n, t in zip(hdu.shape, tile, strict=True))
    if len(_table(hdu)) != 2 or tiles != _table(hdu)[0] or tiles > 1 << 20:
        return f"its compressed table has not the {tiles:,} rows that its tiles need"
    if kind.startswith("RICE") and not _rice_is_sane(hdu):
        return "its RICE parameters make no sense"
    return ""


def _table(hdu: Hdu) -> tuple[int, ...]:
    """(rows, bytes of a row) of the binary table around the tiles."""
    return hdu.header.integer("NAXIS2", 0) or 0, hdu.header.integer("NAXIS1", 0) or 0


def _tile(hdu: Hdu) -> tuple[int, ...]:
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
    columns = _columns(hdu)
    if "COMPRESSED_DATA" not in columns:
        return "its compressed table has no usable COMPRESSED_DATA column"
    rows, width = _table(hdu)
    heap = hdu.header.integer("THEAP", rows * width) or rows * width
    if not rows * width <= heap <= hdu.nbytes:
        return "its THEAP lies outside of the data"
    limit = math.prod(_tile(hdu)) * 8
    for name, column in columns.items():
        if column[1] not in "PQ":
            continue
        width_of = _WIDTHS.get(column[2], 0)
        found = _descriptors(data, hdu, column)
        counts, offsets = found[:, 0], found[:, 1]
        if not width_of or (found < 0).any() or (counts * width_of > hdu.nbytes - heap - offsets)[counts > 0].any():
            return f"its {name} points outside of the data"
        for count, offset in found if name.startswith(("GZIP", "COMPRESSED")) else ():
            tile = data[heap + int(offset) : heap + int(offset) + int(count) * width_of]
            gzip = name.startswith("GZIP") or hdu.header.text("ZCMPTYPE").startswith("GZIP")
            if count and gzip and not _gunzips_within(tile, limit):
                return "a GZIP tile is damaged or larger than the tile it stands for"
    return ""


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


def decompress(source: Source, hdu: Hdu) -> np.ndarray:
    """The image as astropy gives it (scaled, BLANK → NaN, any dtype).

    Raises:
        ValueError: with a sentence, whatever is wrong with it.
    """
    data = source.read(hdu.offset, hdu.nbytes)
    if problem := trouble(hdu) or _damage(data, hdu):
        raise ValueError(problem)
    import io
    import warnings

    from astropy.io import fits

    head = hdu.header.raw + b"END".ljust(80)
    primary = b"".join(
        card.ljust(80) for card in (b"SIMPLE  =                    T", b"BITPIX  =                    8")
    )
    primary += b"".join(
        card.ljust(80) for card in (b"NAXIS   =                    0", b"EXTEND  =                    T", b"END")
    )
    blocks = [part + pad * (-len(part) % 2880) for part, pad in ((primary, b" "), (head, b" "), (data, b"\0"))]
    try:
        with (
            warnings.catch_warnings(),
            np.errstate(all="ignore"),
            fits.open(io.BytesIO(b"".join(blocks)), memmap=False) as file,
        ):
            warnings.simplefilter("ignore")
            return np.asarray(file[1].data)
    except MemoryError:
        raise
    except Exception as error:
        raise ValueError(f"it can't be decompressed ({type(error).__name__}: {error})") from None
