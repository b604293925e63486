"""What the program does in the background: one line, and a dialog with the reason of every failure; starts no job."""

from __future__ import annotations

from typing import Any

from ..bridge import Bridge
from ..qt import QApplication, Qt, QtWidgets, QWidget, Signal

ENDED = ("done", "failed", "cancelled")
KEPT = 50

WIDEST, WIDEST_SHARE = 640, 0.4
"""The line's text has at most so many pixels, and this part of the window."""


class JobsLine(QWidget):
    """The job that moved last: title, progress, numbers, time left, ✕; empty when nothing runs.

    Attributes:
        asked: the person wants to see all jobs.
    """

    asked = Signal()

    def __init__(self, bridge: Bridge, workbench: Any) -> None:
        super().__init__()
        self._workbench = workbench
        self._running: dict[Any, Any] = {}
        self._results: dict[Any, str] = {}
        self._ended: Any = None
        self.text = QtWidgets.QToolButton(autoRaise=True, text="No job runs")
        self.text.setToolTip("All jobs, with the reason of every failure  [Ctrl+J]")
        self.text.setFocusPolicy(Qt.NoFocus)
        self.text.clicked.connect(self.asked)
        self.bar = QtWidgets.QProgressBar(maximum=1000, textVisible=False)
        self.bar.setFixedWidth(140)
        self.cancel_button = QtWidgets.QToolButton(
            text="✕", autoRaise=True, toolTip="Stop this job; what is done is kept  [Ctrl+.]"
        )
        self.cancel_button.setFocusPolicy(Qt.NoFocus)
        self.cancel_button.clicked.connect(self.cancel)
        layout = QtWidgets.QHBoxLayout(self)
        layout.setContentsMargins(4, 0, 4, 0)
        for widget in (self.text, self.bar, self.cancel_button):
            layout.addWidget(widget)
        layout.addStretch(1)
        self._show()
        bridge.job.connect(self.on_event)

    def on_event(self, event: Any) -> None:
        if event.state in ENDED:
            self._running.pop(event.job, None)
            self._show()
            if event.state == "failed":
                self._say(f"{self._title(event)} failed (click for the reason)", "bad")
            elif event.state == "cancelled":
                self._say(f"{self._title(event)}: cancelled", "muted")
            elif not self._running:
                self._say(f"{self._title(event)}: {self._results.pop(event.job, 'done')}", "muted")
                self._ended = event
        else:
            self._running.pop(event.job, None)
            self._running[event.job] = event  # last moved, last in
            self._show()

    def conclude(self, job: Any, result: str) -> None:
        """Say what came of a job that is done (its result can arrive before or after the word that it ended)."""
        self._results[job] = result
        if self._ended is not None and self._ended.job == job and not self._running:
            self._say(f"{self._title(self._ended)}: {self._results.pop(job)}", "muted")

    def cancel(self) -> None:
        """Cancel the job that is shown."""
        if self._running:
            shown = next(reversed(self._running))
            for job in self._workbench.runner.jobs():
                if job.id == shown:
                    job.cancel()

    def _show(self) -> None:
        running = bool(self._running)
        self.bar.setVisible(running)
        self.cancel_button.setVisible(running)
        if not running:
            self._say("No job runs", "muted")
            return
        event = next(reversed(self._running.values()))
        others = f"  (+{len(self._running) - 1} more)" if len(self._running) > 1 else ""
        self._say(" · ".join(part for part in (self._title(event), told(event)) if part) + others, "")
        if event.progress is not None:
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(1000 * event.progress.fraction))
        else:
            self.bar.setRange(0, 0 if event.state == "running" else 1000)

    def _say(self, text: str, role: str) -> None:
        line = text.replace("\n", " ")
        self.text.setText(self.text.fontMetrics().elidedText(line, Qt.ElideRight, self._most()))
        self.text.setProperty("role", role)
        self.text.style().polish(self.text)

    def _most(self) -> int:
        """Pixels for the text: what else is told below the window needs room too."""
        return min(WIDEST, round(WIDEST_SHARE * self.window().width()))

    def _title(self, event: Any) -> str:
        return title_of(self._workbench, event)


class JobsDialog(QtWidgets.QDialog):
    """Every job of this session, newest first; the traceback of a failed one can be copied."""

    def __init__(self, bridge: Bridge, workbench: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Jobs")
        self.resize(720, 420)
        self._workbench = workbench
        self._events: dict[Any, Any] = {}
        self.list = QtWidgets.QListWidget()
        self.list.currentRowChanged.connect(lambda _: self._detail())
        self.detail = QtWidgets.QPlainTextEdit(readOnly=True)
        self.detail.setPlaceholderText("Nothing has run yet.")
        copy = QtWidgets.QPushButton("Copy", toolTip="Copy the text above, for a report")
        copy.clicked.connect(lambda: QApplication.clipboard().setText(self.detail.toPlainText()))
        split = QtWidgets.QSplitter()
        split.addWidget(self.list)
        split.addWidget(self.detail)
        split.setSizes([260, 460])
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(split, 1)
        layout.addWidget(copy, 0, Qt.AlignRight)
        bridge.job.connect(self.on_event)

    def on_event(self, event: Any) -> None:
        known = event.job in self._events
        self._events[event.job] = event
        if not known:
            self.list.insertItem(0, "")
            if len(self._events) > KEPT:
                self._events.pop(next(iter(self._events)))
                self.list.takeItem(self.list.count() - 1)
            self.list.setCurrentRow(0)
        for row, shown in enumerate(reversed(self._events.values())):
            self.list.item(row).setText(f"{title_of(self._workbench, shown)} — {shown.state}")
        self._detail()

    def _detail(self) -> None:
        row = self.list.currentRow()
        if row < 0:
            return
        event = list(reversed(self._events.values()))[row]
        lines = [title_of(self._workbench, event), event.state, told(event), event.error or "", event.traceback or ""]
        text = "\n".join(line for line in lines if line)
        if text != self.detail.toPlainText():
            self.detail.setPlainText(text)


def title_of(workbench: Any, event: Any) -> str:
    """The job's title; its id where the runner has forgotten it."""
    if title := getattr(event, "title", ""):
        return title
    return next((job.title for job in workbench.runner.jobs() if job.id == event.job and job.title), f"Job {event.job}")


def told(event: Any) -> str:
    """What a job says of itself: message, percent, numbers, time left."""
    if event.state == "queued":
        return "waiting"
    if event.progress is None:
        return ""
    share = f"{100 * event.progress.fraction:.0f}%" if event.state == "running" else ""
    numbers = [f"{name} {value:.4g}" for name, value in event.progress.metrics.items()]
    left = [f"{clock(event.eta_s)} left"] if event.eta_s is not None and event.state == "running" else []
    return " · ".join([part for part in (event.progress.message, share) if part] + numbers + left)


def clock(seconds: float) -> str:
    """0:38, 12:05, 1:02:05."""
    minutes, second = divmod(max(0, round(seconds)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"
