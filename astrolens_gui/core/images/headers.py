"""The HDUs of a FITS file from its bytes alone, sizes checked before anything is allocated; knows no pixel value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from .errors import ImageError
from .source import Source

BLOCK = 2880
MAX_HEADER = 1000 * BLOCK
MAX_HDUS = 4096
MAX_AXES = 8

BITPIX = {8: 1, 16: 2, 32: 4, 64: 8, -32: 4, -64: 8}
"""Bytes per value of each legal BITPIX."""

_END = b"END" + b" " * 77
Kind = Literal["image", "compressed", "table", "groups", "empty", "other"]


class Header:
    """The cards of one header; the first of repeated keywords counts, as in astropy. Values are parsed when asked for."""

    __slots__ = ("_cards", "raw")

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        cards: dict[bytes, int] = {}
        for at in range(0, len(raw) - 79, 80):
            cards.setdefault(raw[at : at + 8], at)
        self._cards = cards

    def __contains__(self, key: str) -> bool:
        return key.encode().ljust(8) in self._cards

    def get(self, key: str, default: Any = None) -> Any:
        """The value as bool, int, float or stripped str; `default` where absent, undefined or malformed."""
        at = self._cards.get(key.encode().ljust(8))
        if at is None:
            return default
        value = _value(self.raw[at : at + 80])
        return default if value is None else value

    def card(self, key: str) -> bytes:
        """The card as it stands in the file, 80 bytes; b"" where absent."""
        at = self._cards.get(key.encode().ljust(8))
        return b"" if at is None else self.raw[at : at + 80]

    def number(self, key: str, default: float | None = None) -> float | None:
        """A finite float, or `default`."""
        value = self.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return default
        try:
            value = float(value)
        except OverflowError:
            return default
        return value if math.isfinite(value) else default

    def integer(self, key: str, default: int | None = None) -> int | None:
        value = self.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else default

    def text(self, key: str) -> str:
        """A string value, printable and stripped; "" where absent or no string."""
        value = self.get(key)
        return "".join(c for c in value if c.isprintable()).strip() if isinstance(value, str) else ""

    def keys(self) -> list[str]:
        return [key.decode("ascii", "replace").strip() for key in self._cards]


def _value(card: bytes) -> Any:
    if card[8:10] != b"= ":
        return None
    body = card[10:].decode("ascii", "replace").strip()
    if body.startswith("'"):
        text, at = [], 1
        while at < len(body):
            if body[at] == "'":
                if body[at + 1 : at + 2] != "'":
                    break
                at += 1
            text.append(body[at])
            at += 1
        return "".join(text).strip()
    body = body.split("/", 1)[0].strip()
    if body in {"T", "F"}:
        return body == "T"
    try:
        return int(body)
    except ValueError:
        pass
    try:
        return float(body.upper().replace("D", "E"))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Hdu:
    """One HDU.

    Attributes:
        shape: in numpy order; of a tile-compressed image that of the image. () where there is none.
        offset, nbytes: where its data lie in the (unpacked) file.
        problem: why its data can't be used, "" if they can.
    """

    index: int
    header: Header
    kind: Kind
    bitpix: int
    shape: tuple[int, ...]
    offset: int
    nbytes: int
    problem: str = ""

    @property
    def extname(self) -> str:
        return self.header.text("EXTNAME")

    @property
    def title(self) -> str:
        """How to name it to a person: its EXTNAME (and EXTVER if not 1), else its number."""
        version = self.header.integer("EXTVER", 1)
        return (self.extname + (f",{version}" if version != 1 else "")) or str(self.index)


def walk(source: Source) -> list[Hdu]:
    """All HDUs up to the first that makes no sense; the primary one must.

    Raises:
        ImageError: when the primary header can't be understood.
    """
    hdus: list[Hdu] = []
    offset = 0
    while offset < source.size and len(hdus) < MAX_HDUS:
        raw = _header(source, offset)
        if raw is None or (hdus and not raw.startswith(b"XTENSION")):
            break  # bytes behind the last HDU: allowed by the standard, and met in practice
        hdu = _hdu(len(hdus), Header(raw), offset + -(-(len(raw) + 80) // BLOCK) * BLOCK, source.size)
        hdus.append(hdu)
        if hdu.problem and hdu.nbytes < 0:
            break
        offset = hdu.offset + -(-hdu.nbytes // BLOCK) * BLOCK
    if not hdus:
        raise ImageError(source.path, "its header has no END; the file is truncated or damaged")
    return hdus


def _header(source: Source, offset: int) -> bytes | None:
    """The cards before END, or None if there is no END where one may be."""
    raw, step = b"", 4 * BLOCK
    while len(raw) < MAX_HEADER:
        part = source.read(offset + len(raw), step)
        if not part:
            return None
        seen, raw = len(raw), raw + part
        at = raw.find(_END, max(0, seen - 80))
        while at >= 0:
            if at % 80 == 0:
                return raw[:at]
            at = raw.find(_END, at + 1)
        step = len(raw)
    return None


def _hdu(index: int, header: Header, offset: int, size: int) -> Hdu:
    bitpix, axes = header.integer("BITPIX", 0), header.integer("NAXIS", -1)
    assert bitpix is not None
    assert axes is not None
    if bitpix not in BITPIX or not 0 <= axes <= 999:
        what = f"BITPIX = {header.get('BITPIX')}" if bitpix not in BITPIX else f"NAXIS = {header.get('NAXIS')}"
        return Hdu(index, header, "other", 0, (), offset, -1, f"its header says {what}, which is not FITS")
    lengths = [header.integer(f"NAXIS{n}", -1) for n in range(1, axes + 1)]
    pcount, gcount = header.integer("PCOUNT", 0), header.integer("GCOUNT", 1)
    assert pcount is not None
    assert gcount is not None
    if any(n is None or n < 0 for n in lengths) or pcount < 0 or gcount < 0:
        return Hdu(
            index, header, "other", bitpix, (), offset, -1, "its header gives no usable NAXISn, PCOUNT or GCOUNT"
        )
    shape = tuple(int(n) for n in reversed(lengths) if n is not None)
    groups = index == 0 and header.get("GROUPS") is True and bool(shape) and shape[-1] == 0
    count = math.prod(shape[:-1] if groups else shape) if shape else 0
    nbytes = BITPIX[bitpix] * gcount * (pcount + count) if shape else 0
    kind: Kind = "image"
    extension = header.text("XTENSION")
    if groups:
        kind = "groups"
    elif index and extension == "BINTABLE" and header.get("ZIMAGE") is True:
        kind = "compressed"
    elif index and extension in {"BINTABLE", "TABLE", "A3DTABLE"}:
        kind = "table"
    elif index and extension not in {"IMAGE", "IUEIMAGE"}:
        kind = "other"
    elif not shape or count == 0:
        kind = "empty"
    problem = ""
    if offset + nbytes > size:
        have = max(0, size - offset)
        problem = f"its data are truncated: the header promises {nbytes:,} bytes, the file has {have:,}; copy or download it again"
    elif axes > MAX_AXES:
        problem = f"it has {axes} axes"
    if kind == "compressed":
        axes = header.integer("ZNAXIS", 0) or 0
        lengths = [header.integer(f"ZNAXIS{n}", 0) for n in range(min(axes, MAX_AXES), 0, -1)]
        shape = tuple(int(n or 0) for n in lengths)
    return Hdu(index, header, kind, bitpix, shape, offset, nbytes, problem)
