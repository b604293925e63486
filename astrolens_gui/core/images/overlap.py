"""A large image as tiles that overlap: what each tile covers, and which part of it is its own; knows no pixel."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

STEP = 16
"""Tiles begin at multiples of so many pixels and are as many wide, so that a network that halves its images four times sees
the same pixels together wherever the borders fall."""


class Span(NamedTuple):
    """A tile along one side: where it starts, and the part [core_start, core_stop) that is its own."""

    start: int
    core_start: int
    core_stop: int


def up(number: int) -> int:
    """The next multiple of `STEP`."""
    return -(-int(number) // STEP) * STEP


def spans(length: int, across: int, halo: int) -> Iterator[Span]:
    """The tiles of `across` pixels along a side of `length`; `across` and `halo` are multiples of `STEP`.

    Cores cover the side once, and none but those at the image's own edges lies within `halo` of its tile's edge. The last
    tile ends with the image rounded up.

    Raises:
        ValueError: the halos leave no core.
    """
    if across <= 2 * halo < length:
        raise ValueError(f"tiles of {across} pixels have no core between halos of {halo}")
    last = max(up(length), across) - across
    start = begun = 0
    while start < last:
        yield Span(start, begun, start + across - halo)
        begun = start + across - halo
        start = min(start + across - 2 * halo, last)
    yield Span(last, begun, length)


class Tile(NamedTuple):
    """A square tile by its lower left corner, and its core [y0:y1, x0:x1]."""

    top: int
    left: int
    y0: int
    y1: int
    x0: int
    x1: int


def plan(shape: tuple[int, int], across: int, halo: int) -> Iterator[Tile]:
    """All tiles of an image (height, width), row by row; see `spans`."""
    for row in spans(shape[0], across, halo):
        for column in spans(shape[1], across, halo):
            yield Tile(row.start, column.start, row.core_start, row.core_stop, column.core_start, column.core_stop)
