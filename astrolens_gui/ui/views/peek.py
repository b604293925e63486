"""When a stamp of the mosaic is shown large: while Z is held, or the pointer rests with Alt; knows no cell and paints nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..qt import QObject, Qt, QtCore, QtGui, QTimer, QWidget

REST_MS = 150
"""The pointer rests so long, with Alt held, before the stamp under it is shown large."""


class Peek(QObject):
    """Watches the events of a view without taking any but Z's.

    Args:
        row_at: the row under a point of the viewport, -1 for none. cursor: the row under the keyboard cursor.
        show: have a row shown large. away: let it go.
    """

    def __init__(
        self,
        view: QWidget,
        viewport: QWidget,
        row_at: Callable[[QtCore.QPoint], int],
        cursor: Callable[[], int],
        show: Callable[[int], None],
        away: Callable[[], None],
    ) -> None:
        super().__init__(view)
        self._viewport = viewport
        self._row_at, self._cursor, self._show, self._away = row_at, cursor, show, away
        self._held = ""
        self._row = -1
        self._points = False
        self._resting = QTimer(self, singleShot=True, interval=REST_MS)
        self._resting.timeout.connect(self._rested)
        view.installEventFilter(self)
        viewport.installEventFilter(self)

    def take(self) -> int:
        """End it; the row that was shown large, -1 for none."""
        row = self._row if self._held else -1
        self.end()
        return row

    def end(self) -> None:
        """Nothing is shown large any more."""
        self._held, self._row = "", -1
        self._resting.stop()
        self._away()

    def eventFilter(self, watched: QObject, event: QtCore.QEvent) -> bool:
        kind = event.type()
        if kind in (QtCore.QEvent.ShortcutOverride, QtCore.QEvent.KeyPress) and _is_z(event):
            event.accept()
            if kind == QtCore.QEvent.KeyPress and not event.isAutoRepeat():
                under = self._row_at(self._viewport.mapFromGlobal(QtGui.QCursor.pos())) if self._points else -1
                self._held, self._row = "Z", under if under >= 0 else self._cursor()
                self._show(self._row)
            return True
        if kind in (QtCore.QEvent.KeyPress, QtCore.QEvent.ShortcutOverride):
            self._points = False  # the hand is on the keys: the stamp under the cursor is meant
        if kind == QtCore.QEvent.KeyRelease and not event.isAutoRepeat() and event.key() in (Qt.Key_Z, Qt.Key_Alt):
            self.end()
        elif kind == QtCore.QEvent.MouseMove and watched is self._viewport:
            self._moved(event)
        elif kind == QtCore.QEvent.Leave and self._held == "Alt":
            self.end()
        elif kind in (QtCore.QEvent.FocusOut, QtCore.QEvent.Hide, QtCore.QEvent.Wheel):
            self.end()  # after another window has the keyboard, no release would come here
        return False

    def _moved(self, event: Any) -> None:
        self._points = True
        row = self._row_at(event.pos())
        if self._held == "Z":
            if row not in (-1, self._row):
                self._row = row
                self._show(row)
        elif event.modifiers() & Qt.AltModifier:
            if self._held and row == self._row:
                return
            self.end()
            self._row = row
            if row >= 0:
                self._held = "Alt"
                self._resting.start()
        elif self._held:
            self.end()

    def _rested(self) -> None:
        if self._held == "Alt" and self._row >= 0:
            self._show(self._row)


def _is_z(event: Any) -> bool:
    return bool(event.key() == Qt.Key_Z and not event.modifiers() & ~Qt.KeypadModifier)
