"""Writes plain FITS images with numpy alone (FITS standard 4.0); knows headers and bytes, nothing of their meaning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

Value = bool | int | float | str
Card = tuple[str, Value, str]
BLOCK = 2880


def card(key: str, value: Value, comment: str = "") -> bytes:
    """One fixed-format header card of 80 bytes.

    Raises:
        ValueError: when the value does not fit on one card.
    """
    if isinstance(value, bool):
        text = f"{'T' if value else 'F':>20}"
    elif isinstance(value, str):
        text = "'" + value.replace("'", "''").ljust(8) + "'"
    else:
        text = f"{value!r:>20}".upper()
    if len(text) > 70:
        raise ValueError(f"{key}: {value!r} does not fit on one FITS card")
    line = f"{key:<8}= {text}" + (f" / {comment}" if comment else "")
    return line[:80].ljust(80).encode("ascii")


def _header(cards: Sequence[bytes]) -> bytes:
    block = b"".join((*cards, b"END".ljust(80)))
    return block.ljust(-(-len(block) // BLOCK) * BLOCK)


def _data(image: np.ndarray) -> bytes:
    block = np.ascontiguousarray(image, dtype=">f4").tobytes()
    return block.ljust(-(-len(block) // BLOCK) * BLOCK, b"\0")


def _shape(image: np.ndarray) -> list[bytes]:
    height, width = image.shape
    return [card("BITPIX", -32), card("NAXIS", 2), card("NAXIS1", width), card("NAXIS2", height)]


def write(path: Path, images: Sequence[tuple[np.ndarray, Sequence[Card]]]) -> None:
    """Write float32 images (height, width) with their cards.

    One image is the primary HDU; several are extensions behind an empty one.
    """
    parts: list[bytes] = []
    if len(images) > 1:
        parts.append(_header([card("SIMPLE", True), card("BITPIX", 8), card("NAXIS", 0), card("EXTEND", True)]))
    for image, cards in images:
        own = [card(*entry) for entry in cards]
        if len(images) == 1:
            parts.append(_header([card("SIMPLE", True), *_shape(image), *own]))
        else:
            tail = [card("PCOUNT", 0), card("GCOUNT", 1)]
            parts.append(_header([card("XTENSION", "IMAGE"), *_shape(image), *tail, *own]))
        parts.append(_data(image))
    path.write_bytes(b"".join(parts))
