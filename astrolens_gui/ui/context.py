"""The menu of the right mouse button on stamps, rows and the image; does nothing itself."""

from __future__ import annotations

from typing import Any

from .qt import QObject, Qt, QtCore, QtWidgets

SLIP = 4
"""Pixels that the hand may move while a click is still no drag: a drag of the right button is contrast."""

ENTRIES = ("find_similar", "comment", "pin_object")


class ContextMenu(QObject):
    """Watches the image, the mosaic and the queue's rows without taking any of their events but the click's own."""

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._window = window
        self._pressed: QtCore.QPoint | None = None
        self.menu = QtWidgets.QMenu(window)
        self.menu.setToolTipsVisible(True)
        for name in ENTRIES:
            self.menu.addAction(window.action_set[name])
        self._canvas = window.stage.image.canvas
        self._mosaic = window.stage.mosaic.viewport()
        self._table = window.queue_view.table.viewport()
        for watched in (self._canvas, self._mosaic, self._table):
            watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QtCore.QEvent) -> bool:
        kind = event.type()
        if kind not in (QtCore.QEvent.MouseButtonPress, QtCore.QEvent.MouseButtonRelease):
            return False
        if event.button() != Qt.RightButton:
            self._pressed = None
        elif kind == QtCore.QEvent.MouseButtonPress:
            self._pressed = event.pos()
        elif self._pressed is not None:
            still = (event.pos() - self._pressed).manhattanLength() <= SLIP
            self._pressed = None
            if still and self._meant(watched, event.pos()):
                self.menu.popup(event.globalPos())
        return False

    def _meant(self, watched: QObject, point: QtCore.QPoint) -> bool:
        """Make what is under the pointer the object that the menu speaks of."""
        window = self._window
        if watched is self._mosaic:
            mosaic = window.stage.mosaic
            row = mosaic.grid.row_at(point)
            if row >= 0 and window.queue.object_at(row) not in mosaic.selected:
                mosaic.move_to(row)
            return bool(row >= 0)
        if watched is self._table:
            row = window.queue_view.table.rowAt(point.y())
            if row >= 0:
                window.current.show(window.queue.object_at(row), row)
            return bool(row >= 0)
        return bool(window.current.object_id >= 0)
