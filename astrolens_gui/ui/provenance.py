"""Whether the file on the screen was restored itself, by the card in its header; reads no pixel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .qt import QObject, Signal

MOST = 10_000


class Provenance(QObject):
    """Attributes:
    told: something is known now of the file on the screen.
    """

    told = Signal()

    def __init__(self, window: Any) -> None:
        super().__init__(window)
        self._window = window
        self._known: dict[Path, str] = {}

    def maker(self, frame: Any) -> str:
        """The model that made the file shown; "" for data, and while nobody knows."""
        return self._known.get(frame.image.path, "") if frame is not None else ""

    def look(self, frame: Any) -> None:
        """Ask for the header of the file shown, once."""
        if frame is None or frame.image.path in self._known:
            return
        from astrolens_gui.core.restore.write import restored_by

        path = frame.image.path
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[path] = ""

        def done(name: str) -> None:
            self._known[path] = name
            if name:
                self.told.emit()

        job = self._window.workbench.runner.submit("io", restored_by, path, quiet=True)
        self._window.bridge.when_done(job, done, lambda _: None)

    def forget(self) -> None:
        """The files may be others."""
        self._known.clear()
