"""The mosaic: the queue as a grid of stamps with a keyboard cursor that grades; reads no file and stores no label."""

from __future__ import annotations

import time
from typing import Any

from ..qt import QColor, QPalette, Qt, QtCore, QtGui, QtWidgets, QWidget, Signal
from ..sight import Sight
from .batch import Batch
from .cells import CURSOR, Cell, paint_cell, stamp_side, tip_text
from .loupe import Loupe
from .peek import Peek
from .pending import ORIGIN, PendingGrades
from .scroller import GridArea
from .selection import Selection
from .thumbs import Thumbs

ARROWS = {Qt.Key_Left: (-1, 0), Qt.Key_Right: (1, 0), Qt.Key_Up: (0, -1), Qt.Key_Down: (0, 1)}
"""Columns and lines that Shift and an arrow extend the selection by."""

EMPTY = "Nothing to look at yet\nImport images (a folder of FITS cutouts) to fill the mosaic."


class MosaicView(GridArea):
    """Rows of `queue_model` (a QueueModel) as stamps; only those in sight are fetched and painted.

    Its keys are the window's actions, which call `grade`, `step_rows` and their like.

    Attributes:
        opened: (object id) a stamp is to be shown large.
        graded: (object id, grade) after a label given here was committed.
        painted: (ids of the stamps just painted, monotonic seconds) after each repaint; benchmarks listen.
    """

    opened = Signal(int)
    graded = Signal(int, str)
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
        super().__init__(queue_model, columns, parent)
        self.setObjectName("mosaic")
        self._bridge = bridge
        self._workbench = workbench
        self._current = current
        self._since = time.monotonic()
        self._grades: dict[str, Any] = {}
        self._colours: dict[str, QColor] = {}
        self._pending = PendingGrades(bridge, workbench, current, queue_model, self)
        self._thumbs = Thumbs(bridge, workbench, self)
        self._selection = Selection(queue_model)
        self._batch = Batch(self._pending, queue_model, lambda: self.seen, queue_model.told.emit)
        self._lowest = ""
        self._seen: set[int] = set()
        self._loupe = Loupe(bridge, workbench, self)
        self._peek = Peek(
            self,
            self.viewport(),
            lambda point: self.grid.row_at(point),
            lambda: self.cursor_row,
            self.show_large,
            self._loupe.put_away,
        )
        self._thumbs.arrived.connect(self._on_arrived)
        self._pending.saved.connect(self.graded)
        self._pending.lost.connect(self._on_lost)
        self._pending.saved_together.connect(lambda ids, grade: self.graded.emit(ids[-1], grade))
        self._pending.lost_together.connect(self._on_lost_together)
        queue_model.modelReset.connect(self._on_reset)
        queue_model.dataChanged.connect(lambda a, b: self._repaint(a.row(), b.row()))
        current.object_changed.connect(self._on_object)
        current.recipe_changed.connect(lambda _: self.viewport().update())
        bridge.changed.connect(self._on_changed)
        self._on_reset()

    def set_scheme(self, scheme: Any | None) -> None:
        """Take the grades' colours, and the keys that a stamp's tip names."""
        grades = scheme.grades if scheme is not None else ()
        self._grades = {str(grade.key).upper(): grade for grade in grades}
        self._colours = {grade.value: QColor(grade.colour) for grade in grades}
        self._lowest = grades[-1].value if grades else ""
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
        for row in grid.between(event.rect().top() - CURSOR, event.rect().bottom() + CURSOR):
            rect, object_id = grid.rect(row), ids[row - rows.start]
            if event.region().intersects(rect.adjusted(-CURSOR, -CURSOR, CURSOR, CURSOR)):
                cell = self._cell(row, object_id)
                paint_cell(painter, rect, cell, self.palette())
                if cell.picture is not None:
                    drawn.append(object_id)
        painter.end()
        self._seen = {ids[row - rows.start] for row in grid.whole()} & {*self._seen, *drawn}
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
            object_id in self._selection,
        )

    @property
    def seen(self) -> set[int]:
        """The objects in sight whose pixels have been painted: whole, and readable."""
        there = self._seen.intersection(self.whole)
        return {one for one in there if isinstance(self._thumbs.get(one), QtGui.QPixmap)}

    @property
    def whole(self) -> list[int]:
        """The objects whose stamps are wholly in sight, in the order of the rows."""
        return [self._model.object_at(row) for row in self.grid.whole()]

    def _want(self, ids: list[int], rows: range) -> None:
        """Ask for what is in sight, then for as much below it: the next page is there before it is turned to."""
        ahead = [
            self._model.object_at(row) for row in range(rows.stop, min(rows.stop + len(rows), self._model.rowCount()))
        ]
        size = max(1, round(stamp_side(self.grid.cell_width) * self.devicePixelRatioF()))
        self._thumbs.want(ids, size, self._current.recipe, ahead)

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
        """Whether its stamp is on the screen, else why not; a stamp that was scrolled away comes back.

        A selection is looked at stamp by stamp when it is graded.
        """
        if self._selection:
            return Sight()
        row = self._model.row_of(object_id)
        if not self.viewport().rect().intersects(self.grid.rect(row)):
            self.scroll_to(row)
            return Sight("it was scrolled out of sight")
        picture = self._thumbs.get(object_id)
        if isinstance(picture, str):
            return Sight(picture, final=True)
        return Sight() if picture is not None else Sight("its stamp is still on the way")

    def move_to(self, row: int, keep: bool = False) -> None:
        """Put the cursor on a row (brought into range) and make its object the current one; the selection ends, or is kept."""
        if not self._model.rowCount():
            return
        if not keep:
            self.clear_selection()
        self._put_cursor(min(max(row, 0), self._model.rowCount() - 1))
        self._current.show(self._model.object_at(self._cursor), self._cursor)

    def _on_object(self, object_id: int) -> None:
        row = self._model.row_of(object_id)
        if row >= 0 and row != self._cursor:
            self.clear_selection()
            self._put_cursor(row)

    def _put_cursor(self, row: int) -> None:
        self._repaint(self._cursor)
        self._cursor = row
        self._since = time.monotonic()
        self.scroll_to(row)
        self._repaint(row)

    def _repaint(self, row: int, last: int | None = None) -> None:
        """One cell, with its cursor ring; all of them where several rows changed."""
        all_of_them = self.viewport().rect() if last not in (None, row) else QtCore.QRect()
        self.viewport().update(self.grid.rect(row).adjusted(-CURSOR, -CURSOR, CURSOR, CURSOR) | all_of_them)

    def _on_reset(self) -> None:
        row = self._model.row_of(self._current.object_id) if self._current.object_id >= 0 else -1
        self._cursor = row if row >= 0 else 0
        self._selection.clear()
        self._seen.clear()
        self._peek.end()
        self._lay_out()
        self.scroll_to(self._cursor)

    def _on_changed(self, changes: Any) -> None:
        if changes.project:
            self._pending.clear()
            self._thumbs.forget()
            self._seen.clear()
        elif changes.objects:
            self._thumbs.forget(changes.objects)
            self._seen.difference_update(changes.objects)
        if grades := changes.extra.get("grades"):  # many were taken back, or given again, in one step
            self._model.set_grades(grades)
        if changes.origin != ORIGIN:  # of this view's own grade the cell is painted anew already
            self.viewport().update()

    # -- what actions and the mouse do

    def event(self, event: QtCore.QEvent) -> bool:
        """Keys that mean something here before they become an action: Esc with a selection, Shift and an arrow."""
        if event.type() == QtCore.QEvent.ShortcutOverride and self._is_mine(event):
            event.accept()
            return True
        return bool(super().event(event))

    def _is_mine(self, event: Any) -> bool:
        if event.key() == Qt.Key_Escape:
            return len(self._selection) > 0
        return event.key() in ARROWS and event.modifiers() & ~Qt.KeypadModifier == Qt.ShiftModifier

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        """All other keys are the window's actions; a scroll area would scroll away from the cursor."""
        if not self._is_mine(event):
            event.ignore()
        elif event.key() == Qt.Key_Escape:
            self.clear_selection()
        else:
            self.extend(*ARROWS[event.key()])

    # -- selecting, and seeing one large

    @property
    def selected(self) -> list[int]:
        """The selected objects in the order of the rows."""
        return self._selection.ordered()

    def clear_selection(self) -> None:
        if self._selection:
            self._selection.clear()
            self.viewport().update()

    def select_page(self) -> None:
        """All stamps that are wholly in sight."""
        self._selection.set(self.whole)
        self._selection.say()
        self.viewport().update()

    def extend(self, columns: int, lines: int) -> None:
        """Shift and an arrow: the cursor moves and takes what it passes over into the selection."""
        row = self._cursor + columns + lines * self.columns
        if 0 <= row < self._model.rowCount():
            self._extend_to(row)

    def _extend_to(self, row: int) -> None:
        self._selection.extend(self._cursor, row)
        self.move_to(row, keep=True)
        self._selection.say()
        self.viewport().update()

    def show_large(self, row: int) -> None:
        """Show a stamp large beside its cell; `Peek` says when, and until when."""
        if not 0 <= row < self._model.rowCount():
            return
        object_id = self._model.object_at(row)
        grade = self._pending.grade_of(object_id)
        title = f"{self._model.name_of(object_id)}{f' · {grade}' if grade else ''}"
        area = self.viewport().geometry()
        cell = self.grid.rect(row).translated(area.topLeft())
        if not self._loupe.show_object(object_id, title, cell, area, self._current.recipe):
            self._model.told.emit(
                "There is no room beside this stamp for a larger one; Return shows it on the whole page"
            )

    def step_rows(self, rows: int) -> None:
        """Up (negative) or down in the same column; at the edge it stays."""
        target = self._cursor + rows * self.columns
        if 0 <= target < self._model.rowCount():
            self.move_to(target)

    def step_pages(self, pages: int) -> None:
        """As many stamps as are in sight, as far as there are any."""
        self.move_to(self._cursor + pages * self.grid.page)

    def open_cursor(self) -> None:
        """Show the stamp under the cursor large."""
        self._open(self.cursor_row)

    def take_peek(self) -> None:
        """What is shown large is what a grade is for: the cursor goes to it, and the large picture away."""
        if (row := self._peek.take()) >= 0 and not self._selection:
            self.move_to(row)

    def grade(self, value: str) -> None:
        """Grade the object under the cursor and move on (if saving fails, the cursor comes back to it), or all that are selected."""
        if self._selection:
            given = self._batch.selected(self.selected, value, time.monotonic() - self._since)
            if given:
                self.move_to(self._model.row_of(given[-1]) + 1)
            return
        object_id = self.cursor_object
        if object_id >= 0:
            self._pending.give(object_id, value, time.monotonic() - self._since)
            self.move_to(self._cursor + 1)

    def rest_of_page(self) -> None:
        """Give the lowest grade to all that are wholly in sight and have none."""
        if self._lowest:
            self._batch.rest(self.whole, self._lowest, time.monotonic() - self._since)
            self.viewport().update()

    def _on_lost(self, object_id: int) -> None:
        row = self._model.row_of(object_id)
        if row >= 0:
            self.move_to(row)
        self.viewport().update()

    def _on_lost_together(self, object_ids: list[int], _: str) -> None:
        """What could not be saved is selected, to be given again."""
        if rows := [row for one in object_ids if (row := self._model.row_of(one)) >= 0]:
            self.move_to(rows[0])
            self._selection.set(object_ids)
        self.viewport().update()

    def _open(self, row: int) -> None:
        if row >= 0:
            self.move_to(row)
            self.opened.emit(self._model.object_at(row))

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        row = self.grid.row_at(event.pos())
        if event.button() != Qt.LeftButton:
            return
        if row < 0:
            self.clear_selection()
        elif event.modifiers() & Qt.ShiftModifier:
            self._extend_to(row)
        elif event.modifiers() & Qt.ControlModifier:
            self._selection.toggle(row)
            self.move_to(row, keep=True)
            self._selection.say()
            self.viewport().update()
        else:
            self.move_to(row)

    def mouseDoubleClickEvent(self, event: QtGui.QMouseEvent) -> None:
        if event.modifiers() & (Qt.ShiftModifier | Qt.ControlModifier):
            self.mousePressEvent(event)
        elif event.button() == Qt.LeftButton:
            self._open(self.grid.row_at(event.pos()))

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
        cell, keys = self._cell(row, object_id), {key: grade.value for key, grade in self._grades.items()}
        return tip_text(cell, self._model.rank_of(object_id), keys)
