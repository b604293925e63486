"""Has Python's garbage collected by the main thread alone; knows nothing of what is collected.

Python collects in whichever thread happens to allocate. A widget in a reference cycle that a worker thread frees ends the program, as Qt's
objects belong to the main thread. And a full collection looks at every object, a tenth of a second and more once a project of 20,000 is
open, and nobody can grade meanwhile. So what has survived one is set aside (`gc.freeze`) and looked at again when the person turns
to another program.
"""

from __future__ import annotations

import gc

from .qt import QApplication, QObject, Qt, QTimer

INTERVAL_MS = 250


class Collector(QObject):
    """Collects as Python would have (`gc.get_threshold`), from a timer; automatic collection is off while it lives."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thresholds = gc.get_threshold()
        gc.disable()
        self._timer = QTimer(self, interval=INTERVAL_MS)
        self._timer.timeout.connect(self.collect)
        self._timer.start()
        QApplication.instance().applicationStateChanged.connect(self._on_state)

    def collect(self) -> int:
        """Collect the oldest generation that is due; its number, or -1 for none."""
        counts = gc.get_count()
        due = [age for age in (2, 1, 0) if counts[age] > self._thresholds[age] > 0]
        if due:
            gc.collect(due[0])
        if due and due[0] == 2:
            gc.freeze()
        return due[0] if due else -1

    def collect_all(self) -> None:
        """Also what was set aside."""
        gc.unfreeze()
        gc.collect()
        gc.freeze()

    def _on_state(self, state: Qt.ApplicationState) -> None:
        if state != Qt.ApplicationActive:
            self.collect_all()

    def stop(self) -> None:
        """Automatic collection again."""
        self._timer.stop()
        QApplication.instance().applicationStateChanged.disconnect(self._on_state)
        gc.unfreeze()
        gc.enable()
