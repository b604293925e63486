"""The mosaic: the queue as a grid of stamps with a keyboard cursor that grades; reads no file and stores no label."""

from __future__ import annotations

import time
from typing import Any

from ..qt import QColor, QPalette, Qt, QtCore, QtGui, QtWidgets, QWidget, Signal
from ..sight import Sight
from .cells import CURSOR, Cell, paint_cell, stamp_side
from .grid import COLUMNS, Grid, most_columns
from .pending import PendingGrades
from .thumbs import Thumbs

RENDER_STEP = 32
"""Thumbnails are asked for in these sizes, so that a few pixels of resizing fetch nothing anew."""

EMPTY = "Nothing to look at yet\nImport images (a folder of FITS cutouts) to fill the mosaic."


class MosaicView(QtWidgets.QAbstractScrollArea):
    """Rows of `queue_model` (a QueueModel) as stamps; only those in sight are fetched and painted.

    Its keys are the window's actions, which call `grade`, `step_rows` and their like.

    Attributes:
        opened: (object id) a stamp is to be shown large.
        graded: (object id, grade) after a label given here was committed.
        columns_changed: (int) after the person changed them, for the settings.
        painted: (ids of the stamps just painted, monotonic seconds) after each repaint; benchmarks listen.
    """

    opened = Signal(int)
    graded = Signal(int, str)
    columns_changed = Signal(int)
    painted = Signal(list, float)

    def __init__(
        self,
        bridge: Any,
        workbench: Any,
        current: Any,
        queue_model: Any,
        parent: QWidget | None = None,
        columns: int = 6,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("mosaic")
        self._bridge = bridge
        self._workbench = workbench
        self._current = current
        self._model = queue_model
        self._columns = columns
        self._cursor = 0
        self._since = time.monotonic()
        self._grades: dict[str, Any] = {}
        self._colours: dict[str, QColor] = {}
        self._pending = PendingGrades(bridge, workbench, current, queue_model, self)
        self._thumbs = Thumbs(bridge, workbench, self)
        self.setFocusPolicy(Qt.StrongFocus)
        self.setFrameShape(self.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarAlwaysOn)  # so that no cell moves when a second page appears
        self.viewport().setMouseTracking(True)
        self._thumbs.arrived.connect(self._on_arrived)
        self._pending.saved.connect(self._on_saved)
        self._pending.lost.connect(self._on_lost)
        queue_model.modelReset.connect(self._on_reset)
        queue_model.dataChanged.connect(lambda *_: self.viewport().update())
        current.object_changed.connect(self._on_object)
        current.recipe_changed.connect(lambda _: self.viewport().update())
        bridge.changed.connect(self._on_changed)
        self.verticalScrollBar().valueChanged.connect(lambda _: self.viewport().update())
        self._on_reset()

    def set_scheme(self, scheme: Any | None) -> None:
        """Take the grades' colours, and the keys that a stamp's tip names."""
        grades = scheme.grades if scheme is not None else ()
        self._grades = {str(grade.key).upper(): grade for grade in grades}
        self._colours = {grade.value: QColor(grade.colour) for grade in grades}
        self.viewport().update()

    # -- the grid

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

    def _most_columns(self) -> int:
        return most_columns(self.viewport().width(), self.viewport().height())

    @property
    def grid(self) -> Grid:
        """Where the cells stand now."""
        area, bar = self.viewport(), self.verticalScrollBar()
        return Grid(self.columns, area.width(), area.height(), self._model.rowCount(), bar.value())

    def scroll_to(self, row: int) -> None:
        """Bring a row into sight, moving as little as possible."""
        self.verticalScrollBar().setValue(self.grid.offset_showing(row))

    def _lay_out(self) -> None:
        grid, bar = self.grid, self.verticalScrollBar()
        bar.setRange(0, max(grid.full_height - grid.height, 0))
        bar.setPageStep(max(grid.height - grid.pitch, 1))
        bar.setSingleStep(max(grid.pitch // 3, 1))
        self.viewport().update()

    # -- painting

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self.viewport())
        painter.fillRect(event.rect(), self.palette().color(QPalette.Window))
        if not self._model.rowCount():
            painter.setPen(self.palette().color(QPalette.Text))
            painter.drawText(self.viewport().rect(), Qt.AlignCenter, self._model.unmatched or EMPTY)
            painter.end()
            return
        grid = self.grid
        rows = grid.in_sight()
        ids = [self._model.object_at(row) for row in rows]
        drawn = []
        for row, object_id in zip(rows, ids, strict=True):
            rect = grid.rect(row)
            if rect.adjusted(-CURSOR, -CURSOR, CURSOR, CURSOR).intersects(event.rect()):
                cell = self._cell(row, object_id)
                paint_cell(painter, rect, cell, self.palette())
                if cell.picture is not None:
                    drawn.append(object_id)
        painter.end()
        self._want(ids, rows)
        self.painted.emit(drawn, time.monotonic())

    def _cell(self, row: int, object_id: int) -> Cell:
        grade = self._pending.grade_of(object_id)
        return Cell(
            self._model.name_of(object_id),
            grade,
            self._colours.get(grade),
            self._thumbs.get(object_id),
            row == self._cursor,
            object_id in self._pending,
        )

    def _want(self, ids: list[int], rows: range) -> None:
        """Ask for what is in sight, then for as much below it: the next page is there before it is turned to."""
        ahead = [
            self._model.object_at(row) for row in range(rows.stop, min(rows.stop + len(rows), self._model.rowCount()))
        ]
        side = stamp_side(self.grid.cell_width) * self.devicePixelRatioF()
        size = RENDER_STEP * max(1, round(side / RENDER_STEP + 0.49))
        self._thumbs.want([*ids, *ahead], size, self._current.recipe)

    def _on_arrived(self, ids: list[int]) -> None:
        region = QtGui.QRegion()
        grid = self.grid
        for row in map(self._model.row_of, ids):
            if row >= 0:
                region += grid.rect(row)
        self.viewport().update(region & QtGui.QRegion(self.viewport().rect()))

    # -- the cursor

    @property
    def cursor_row(self) -> int:
        """The queue's row under the keyboard cursor; -1 when the queue is empty."""
        return self._cursor if self._model.rowCount() else -1

    @property
    def cursor_object(self) -> int:
        """The object under the keyboard cursor; -1 when the queue is empty."""
        return int(self._model.object_at(self.cursor_row))

    def sight(self, object_id: int) -> Sight:
        """Whether its stamp is on the screen, else why not; a stamp that was scrolled away comes back."""
        row = self._model.row_of(object_id)
        if not self.viewport().rect().intersects(self.grid.rect(row)):
            self.scroll_to(row)
            return Sight("it was scrolled out of sight")
        picture = self._thumbs.get(object_id)
        if isinstance(picture, str):
            return Sight(picture, final=True)
        return Sight() if picture is not None else Sight("its stamp is still on the way")

    def move_to(self, row: int) -> None:
        """Put the cursor on a row (brought into range) and make its object the current one."""
        if not self._model.rowCount():
            return
        self._put_cursor(min(max(row, 0), self._model.rowCount() - 1))
        self._current.show(self._model.object_at(self._cursor), self._cursor)

    def _on_object(self, object_id: int) -> None:
        row = self._model.row_of(object_id)
        if row >= 0 and row != self._cursor:
            self._put_cursor(row)

    def _put_cursor(self, row: int) -> None:
        self._repaint(self._cursor)
        self._cursor = row
        self._since = time.monotonic()
        self.scroll_to(row)
        self._repaint(row)

    def _repaint(self, row: int) -> None:
        """One cell, with its cursor ring."""
        self.viewport().update(self.grid.rect(row).adjusted(-CURSOR, -CURSOR, CURSOR, CURSOR))

    def _on_reset(self) -> None:
        row = self._model.row_of(self._current.object_id) if self._current.object_id >= 0 else -1
        self._cursor = row if row >= 0 else 0
        self._lay_out()
        self.scroll_to(self._cursor)

    def _on_changed(self, changes: Any) -> None:
        if changes.project:
            self._pending.clear()
            self._thumbs.forget()
        elif changes.objects:
            self._thumbs.forget(changes.objects)
        self.viewport().update()

    # -- what actions and the mouse do

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        event.ignore()  # keys are the window's actions; a scroll area would scroll away from the cursor

    def step_rows(self, rows: int) -> None:
        """Up (negative) or down in the same column; at the edge it stays."""
        target = self._cursor + rows * self.columns
        if 0 <= target < self._model.rowCount():
            self.move_to(target)

    def step_pages(self, pages: int) -> None:
        """As many stamps as are in sight, as far as there are any."""
        self.move_to(self._cursor + pages * self.grid.page)

    def larger(self) -> None:
        self.set_columns(self.columns - 1)

    def smaller(self) -> None:
        self.set_columns(self.columns + 1)

    def open_cursor(self) -> None:
        """Show the stamp under the cursor large."""
        self._open(self.cursor_row)

    def grade(self, value: str) -> None:
        """Grade the object under the cursor and move on; if saving fails, the cursor comes back to it."""
        object_id = self.cursor_object
        if object_id >= 0:
            self._pending.give(object_id, value, time.monotonic() - self._since)
            self.move_to(self._cursor + 1)

    def _on_saved(self, object_id: int, value: str) -> None:
        self.graded.emit(object_id, value)
        self.viewport().update()

    def _on_lost(self, object_id: int) -> None:
        row = self._model.row_of(object_id)
        if row >= 0:
            self.move_to(row)
        self.viewport().update()

    def _open(self, row: int) -> None:
        if row >= 0:
            self.move_to(row)
            self.opened.emit(self._model.object_at(row))

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        row = self.grid.row_at(event.pos())
        if event.button() == Qt.LeftButton and row >= 0:
            self.move_to(row)

    def mouseDoubleClickEvent(self, event: QtGui.QMouseEvent) -> None:
        if event.button() == Qt.LeftButton:
            self._open(self.grid.row_at(event.pos()))

    def wheelEvent(self, event: QtGui.QWheelEvent) -> None:
        if event.modifiers() & Qt.ControlModifier:
            (self.larger if event.angleDelta().y() > 0 else self.smaller)()
        else:
            super().wheelEvent(event)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        self._lay_out()
        self.scroll_to(self._cursor)

    def viewportEvent(self, event: QtCore.QEvent) -> bool:
        if event.type() == QtCore.QEvent.ToolTip:
            row = self.grid.row_at(event.pos())
            if row >= 0:
                QtWidgets.QToolTip.showText(event.globalPos(), self.tip(row), self.viewport(), self.grid.rect(row))
            else:
                QtWidgets.QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def tip(self, row: int) -> str:
        """What hovering says: name, rank, grade, and why there is no picture."""
        object_id = self._model.object_at(row)
        grade = self._pending.grade_of(object_id)
        other = " of another scheme" if grade and grade not in self._colours else ""
        lines = [
            self._model.name_of(object_id),
            f"rank {self._model.rank_of(object_id)} · {f'grade {grade}' if grade else 'no grade yet'}{other}",
        ]
        picture = self._thumbs.get(object_id)
        if isinstance(picture, str):
            lines.append(f"⚠ {picture}")
        keys = " ".join(f"[{key}] {grade.value}" for key, grade in self._grades.items())
        return "\n".join([*lines, f"double-click: show large{'; ' + keys if keys else ''}"])
