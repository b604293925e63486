"""Whether a key that did something is held down: then letting it go takes that back; knows no action."""

from __future__ import annotations

import time
from collections.abc import Callable

from ..qt import QApplication, QObject, QtCore

HOLD_S = 0.35
"""A key let go sooner than this was a tap: what it did stays."""


class Held(QObject):
    """Watches one key at a time, wherever the focus is."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._key = 0
        self._since = 0.0
        self._undo: Callable[[], None] = lambda: None

    def watch(self, key: int, undo: Callable[[], None]) -> None:
        """The key was pressed just now: call `undo` when it is let go after a while."""
        self._key, self._since, self._undo = key, time.monotonic(), undo
        QApplication.instance().installEventFilter(self)

    def _stop(self) -> None:
        self._key = 0
        QApplication.instance().removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QtCore.QEvent) -> bool:
        kind = event.type()
        if kind == QtCore.QEvent.KeyRelease and event.key() == self._key and not event.isAutoRepeat():
            undo = self._undo
            self._stop()
            if time.monotonic() - self._since >= HOLD_S:
                undo()
        elif kind in (QtCore.QEvent.ShortcutOverride, QtCore.QEvent.KeyPress) and event.key() != self._key:
            self._stop()  # another key: a tap after all, or the menu did it
        return False
