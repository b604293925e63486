"""A grid of cells over the rows of a queue, scrolled by whole pixels, as many columns as one likes; paints and knows no stamp."""

from __future__ import annotations

from typing import Any

from ..qt import Qt, QtGui, QtWidgets, QWidget, Signal
from .grid import COLUMNS, Grid, columns_for, most_columns


class GridArea(QtWidgets.QAbstractScrollArea):
    """Rows of `model` (anything with `rowCount`) as cells; a subclass paints them and has the cursor.

    Attributes:
        columns_changed: (int) after the person changed them, for the settings.
    """

    columns_changed = Signal(int)

    def __init__(self, model: Any, columns: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._columns = columns
        self._cursor = 0
        self.setFocusPolicy(Qt.StrongFocus)
        self.setFrameShape(self.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarAlwaysOn)  # so that no cell moves when a second page appears
        self.viewport().setMouseTracking(True)

    @property
    def columns(self) -> int:
        """As the person chose, or fewer while the view is too small for them."""
        return min(self._columns, self._most_columns())

    def set_columns(self, columns: int) -> None:
        """Between 1 and 40, as long as no more than 400 stamps are in sight. The cursor stays in sight."""
        columns = min(max(columns, COLUMNS[0]), self._most_columns())
        if columns != self._columns:
            self._columns = columns
            self._lay_out()
            self.scroll_to(self._cursor)
            self.columns_changed.emit(columns)

    def set_stamps(self, count: int) -> None:
        """So many stamps in sight, or the next more that fill whole lines."""
        area = self.viewport()
        self.set_columns(columns_for(count, area.width(), area.height()))

    def _most_columns(self) -> int:
        return most_columns(self.viewport().width(), self.viewport().height())

    @property
    def grid(self) -> Grid:
        """Where the cells stand now."""
        area, bar = self.viewport(), self.verticalScrollBar()
        return Grid(self.columns, area.width(), area.height(), self._model.rowCount(), bar.value())

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """What is painted already moves along; only the lines that come into sight are painted anew."""
        self.viewport().scroll(dx, dy)

    def scroll_to(self, row: int) -> None:
        """Bring a row into sight, moving as little as possible."""
        self.verticalScrollBar().setValue(self.grid.offset_showing(row))

    def _lay_out(self) -> None:
        grid, bar = self.grid, self.verticalScrollBar()
        bar.setRange(0, max(grid.full_height - grid.height, 0))
        bar.setPageStep(max(grid.height - grid.pitch, 1))
        bar.setSingleStep(max(grid.pitch // 3, 1))
        self.viewport().update()

    def larger(self) -> None:
        self.set_columns(self.columns - 1)

    def smaller(self) -> None:
        self.set_columns(self.columns + 1)

    def wheelEvent(self, event: QtGui.QWheelEvent) -> None:
        if event.modifiers() & Qt.ControlModifier:
            (self.larger if event.angleDelta().y() > 0 else self.smaller)()
        else:
            super().wheelEvent(event)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        self._lay_out()
        self.scroll_to(self._cursor)
