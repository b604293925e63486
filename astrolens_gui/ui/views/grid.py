"""Where the mosaic's cells stand: rows of a queue laid out in columns and scrolled; knows no stamp and no widget."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from ..qt import QtCore
from .cells import cell_height, stamp_rect

GAP = 6
COLUMNS = (1, 40)
MOST_CELLS = 400
"""Stamps in sight at once; beyond this they say nothing."""

SMALLEST_CELL = 20


@dataclass(frozen=True)
class Grid:
    """`count` cells in `columns` columns in a viewport of `width` x `height` pixels, scrolled down by `offset`."""

    columns: int
    width: int
    height: int
    count: int
    offset: int = 0

    @cached_property
    def cell_width(self) -> int:
        return max((self.width - GAP) // self.columns - GAP, SMALLEST_CELL)

    @cached_property
    def pitch(self) -> int:
        """From one line of cells to the next."""
        return cell_height(self.cell_width) + GAP

    @property
    def full_height(self) -> int:
        return -(-self.count // self.columns) * self.pitch + GAP

    @property
    def page(self) -> int:
        """Cells that a page key passes over: the whole lines in sight."""
        return self.columns * max(self.height // self.pitch, 1)

    def rect(self, row: int) -> QtCore.QRect:
        """The cell of a row of the queue, in the viewport; it may be out of sight."""
        line, column = divmod(row, self.columns)
        width = self.cell_width
        top = GAP + line * self.pitch - self.offset
        return QtCore.QRect(GAP + column * (width + GAP), top, width, cell_height(width))

    def row_at(self, position: QtCore.QPoint) -> int:
        """The row under a point of the viewport; -1 between cells and outside."""
        column = (position.x() - GAP) // (self.cell_width + GAP)
        row = (position.y() + self.offset - GAP) // self.pitch * self.columns + column
        inside = 0 <= column < self.columns and 0 <= row < self.count
        return row if inside and self.rect(row).contains(position) else -1

    def in_sight(self) -> range:
        """The rows of which anything shows."""
        first = max(self.offset - GAP, 0) // self.pitch * self.columns
        stop = ((self.offset + self.height) // self.pitch + 1) * self.columns
        return range(min(first, self.count), min(stop, self.count))

    def between(self, top: int, bottom: int) -> range:
        """The rows in sight of which anything may lie between two heights of the viewport."""
        first = max((top + self.offset - GAP) // self.pitch, 0) * self.columns
        stop = ((bottom + self.offset) // self.pitch + 1) * self.columns
        rows = self.in_sight()
        return range(max(first, rows.start), max(min(stop, rows.stop), first, rows.start))

    def whole(self) -> list[int]:
        """The rows of which all is in sight, as `is_whole` says; those of a line are alike."""
        rows = self.in_sight()
        lines = range(rows.start, rows.stop, self.columns)
        return [
            row for line in lines if self.is_whole(line) for row in range(line, min(line + self.columns, rows.stop))
        ]

    def is_whole(self, row: int) -> bool:
        """Whether all of a stamp's pixels, but for a line or two, are in sight."""
        stamp = stamp_rect(self.rect(row))
        hidden = max(-stamp.top(), 0) + max(stamp.bottom() + 1 - self.height, 0)
        return hidden <= stamp.height() // 10

    def offset_showing(self, row: int) -> int:
        """The scroll position nearest to the present one at which the row is wholly in sight."""
        rect = self.rect(row)
        if rect.top() < GAP:
            return self.offset + rect.top() - GAP
        return self.offset + max(rect.bottom() - self.height + GAP, 0)


@lru_cache(maxsize=8)
def most_columns(width: int, height: int) -> int:
    """The most columns that a viewport takes without exceeding MOST_CELLS or the smallest cell."""
    for columns in range(COLUMNS[1], 1, -1):
        grid = Grid(columns, width, height, MOST_CELLS)
        fits = (width - GAP) // columns - GAP >= SMALLEST_CELL
        if fits and columns * (height // grid.pitch + 2) <= MOST_CELLS:
            return columns
    return 1


def columns_for(count: int, width: int, height: int) -> int:
    """The fewest columns with which at least `count` whole stamps are in sight, as far as `most_columns` goes."""
    most = most_columns(width, height)
    return next((columns for columns in range(1, most) if Grid(columns, width, height, count).page >= count), most)
