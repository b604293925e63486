"""The dialog of the retrain button: what there is to learn from, what will change, how long it takes; trains nothing."""

from __future__ import annotations

import math
from typing import Any

from ..qt import Qt, QtWidgets, QWidget, Signal
from .sentence import Sentence

CLASSES = (("lenses", "Lenses"), ("others", "Not lenses"), ("undecided", "Undecided"))


class RetrainDialog(QtWidgets.QDialog):
    """Stays beside the images; Enter or F6 begins, Shift+F6 tunes the last layer alone, Esc leaves all as it is.

    Attributes:
        begun: (bool quick) train now.
        resumed: go on with the training that was broken off.
        settings_asked: another backend, other settings.
    """

    begun = Signal(bool)
    resumed = Signal()
    settings_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Retrain")
        self.setMinimumWidth(460)
        self.what = QtWidgets.QLabel(objectName="heading")
        self.counts: dict[str, tuple[QtWidgets.QLabel, QtWidgets.QLabel]] = {}
        self.news, self.change, self.judge, self.time, self.last = (Sentence() for _ in range(5))
        self.start = QtWidgets.QPushButton("Retrain", objectName="primary", default=True)
        self.start.setToolTip("Train on these grades  [Enter, F6]")
        self.start.clicked.connect(lambda: self._begin(False))
        self.quick = QtWidgets.QPushButton("Retrain quickly", autoDefault=False)
        self.quick.clicked.connect(lambda: self._begin(True))
        self.settings = QtWidgets.QPushButton("Settings…", autoDefault=False)
        self.settings.setToolTip("Another backend, other settings  [Ctrl+M]")
        self.settings.clicked.connect(self.settings_asked)
        leave = QtWidgets.QPushButton("Cancel", autoDefault=False, toolTip="Change nothing  [Esc]")
        leave.clicked.connect(self.close)
        self.headings: dict[str, QtWidgets.QLabel] = {}
        self.broken_off = Sentence()
        self.resume = QtWidgets.QPushButton("&Go on with it", autoDefault=False)
        self.resume.setToolTip("From its last kept epoch, on the grades and settings it had  [Alt+G]")
        self.resume.clicked.connect(self._resume)
        column = QtWidgets.QVBoxLayout(self)
        column.setSpacing(8)
        column.addWidget(self.what)
        column.addLayout(self._table())
        column.addWidget(self.news)
        column.addWidget(self.broken_off)
        column.addWidget(self.resume, 0, Qt.AlignLeft)
        for title, sentences in (("What will change", (self.change, self.judge)), ("Time", (self.time, self.last))):
            heading = self.headings[title] = QtWidgets.QLabel(title, objectName="heading")
            column.addWidget(heading)
            for sentence in sentences:
                column.addWidget(sentence)
        column.addStretch(1)
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.settings)
        row.addStretch(1)
        for button in (leave, self.quick, self.start):
            row.addWidget(button)
        column.addLayout(row)

    def _table(self) -> QtWidgets.QGridLayout:
        grid = QtWidgets.QGridLayout()
        grid.setHorizontalSpacing(24)
        tips = ("Objects that the model learns from", "Objects that no training ever sees: the gate judges by them")
        for place, (title, tip) in enumerate(zip(("learns from", "held out"), tips, strict=True), 1):
            grid.addWidget(QtWidgets.QLabel(title, objectName="muted", toolTip=tip), 0, place, Qt.AlignRight)
        for row, (name, title) in enumerate(CLASSES, 1):
            grid.addWidget(QtWidgets.QLabel(title), row, 0)
            pair = QtWidgets.QLabel("…"), QtWidgets.QLabel("…")
            for place, (label, tip) in enumerate(zip(pair, tips, strict=True), 1):
                label.setToolTip(tip)
                grid.addWidget(label, row, place, Qt.AlignRight)
            self.counts[name] = pair
        grid.setColumnStretch(3, 1)
        return grid

    def ask(self, title: str, last: str) -> None:
        """Nothing is known yet: `title` of what trains, and the sentence on the last training."""
        self.what.setText(title)
        for pair in self.counts.values():
            for label in pair:
                label.setText("…")
        for sentence in (self.news, self.broken_off, self.judge, self.time):
            sentence.say("", "muted")
            sentence.hide()
        self.resume.hide()
        self.change.say("Counting the grades …", "muted")
        self.last.say(last, "muted")
        self.last.setVisible(bool(last))
        self.headings["Time"].setVisible(bool(last))
        self._enable("", "")
        self.start.setFocus()

    def show_prospect(self, found: Any, seconds: float, timed: int, quick_seconds: float) -> None:
        """A `prospect.Prospect`, a guess of the seconds by `timed` trainings like it (NaN: none), and of the quick way's."""
        for name, pair in self.counts.items():
            count = getattr(found, name)
            for label, number in zip(pair, (count.train, count.held), strict=True):
                label.setText(f"{number:,}")
        if found.problem:
            self.change.say(found.problem, "bad")
        else:
            self.change.say(_change(found), "warning" if found.lineage else "")
            self.judge.say(_judge(found), "" if found.judged or found.lineage else "warning")
            self.time.say(_time(seconds, timed, quick_seconds, bool(found.quick_lacks)))
        self.news.say(_news(found), "muted")
        self.broken_off.say(found.broken_off, "warning")
        self.resume.setVisible(bool(found.broken_off))
        for sentence in (self.news, self.broken_off, self.judge, self.time):
            sentence.setVisible(bool(sentence.text()))
        self.headings["Time"].setVisible(bool(self.time.text() or self.last.text()))
        self._enable(found.problem, found.quick_lacks)
        self.adjustSize()

    def show_problem(self, said: str) -> None:
        self.change.say(said, "bad")
        self._enable(said, said)

    def _enable(self, problem: str, quick_lacks: str) -> None:
        self.start.setEnabled(not problem)
        self.quick.setEnabled(not problem and not quick_lacks)
        lacks = f"Not possible: {quick_lacks}" if quick_lacks else ""
        self.quick.setToolTip(lacks or "Tune the last layer of the model in use alone, in seconds  [Shift+F6]")

    def _begin(self, quick: bool) -> None:
        self.close()
        self.begun.emit(quick)

    def _resume(self) -> None:
        self.close()
        self.resumed.emit()

    def keyPressEvent(self, event: Any) -> None:
        if event.key() == Qt.Key_F6:
            button = self.quick if event.modifiers() & Qt.ShiftModifier else self.start
            if button.isEnabled():
                button.click()
        elif event.key() == Qt.Key_M and event.modifiers() & Qt.ControlModifier:
            self.settings.click()
        else:
            super().keyPressEvent(event)


def _news(found: Any) -> str:
    if not found.labels and not found.fresh:
        return ""
    new = f"{found.fresh:,} graded objects are new" if found.fresh else "No graded object is new"
    told = [f"{new} to the model in use" if found.champion else ""]
    told.append(f"{found.graders} people graded: the mean of their answers counts" if found.graders > 1 else "")
    told.append(f"{found.refused:,} graded objects do not fit the input and are left out" if found.refused else "")
    return "".join(f"{one}. " for one in told if one).strip()


def _change(found: Any) -> str:
    champion = found.champion + (f" (AUROC {found.AUROC:.3f} when it was judged)" if found.AUROC is not None else "")
    if found.lineage:
        return f"It would be refused: it can't be held against {champion}; {found.lineage.removeprefix('a new lineage: ')}."
    if not found.champion:
        begins = "A first model"
    elif found.goes_on:
        begins = f"It goes on from {champion}"
    else:
        begins = f"It begins anew, and is held against {champion}"
    return (
        f"{begins}; it looks at {found.input}. If the gate lets it, it scores {found.objects:,} objects in the background and "
        "the queue follows its order, while you go on grading."
    )


def _judge(found: Any) -> str:
    if found.lineage:
        return ""
    if not found.judged:
        return (
            f"With {found.lenses.held:,} lenses and {found.others.held:,} others held out (20 of each are needed to judge) it "
            "will be provisional: used, and said to be unproven."
        )
    if not found.champion:
        return "It is accepted if it ranks the held-out objects better than chance."
    return "It is refused if it ranks the held-out objects worse than the model in use, which then stays."


def _time(seconds: float, timed: int, quick_seconds: float, no_quick: bool) -> str:
    quick = "" if no_quick or math.isnan(quick_seconds) else f" Quickly: about {lasting(quick_seconds)}."
    if math.isnan(seconds):
        return (
            f"No training like it was timed on this computer yet; the line below the window tells how far it is.{quick}"
        )
    return f"About {lasting(seconds)}, by the last {timed} like it on this computer.{quick}".replace(
        "by the last 1 like it", "by the last one like it"
    )


def lasting(seconds: float) -> str:
    """A duration as one says it."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
