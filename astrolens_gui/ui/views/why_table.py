"""How small a change flips each verdict, as the Why dock shows it: a plot, a table to choose objects from, and its text."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..qt import Qt, QtWidgets, QWidget, Signal
from .sentence import Sentence
from .tables import Table
from .why_plots import FlipsPlot

COLUMNS = ("Object", "", "Flip, σ")
ROWS_PX = 220


class FlipsPanel(QWidget):
    """Attributes:
    asked: attack the model on all that is graded. cancelled: not any more.
    picked: (int) show this object. copied, saved: the table is wanted as text, or as a file.
    """

    asked = Signal()
    cancelled = Signal()
    picked = Signal(int)
    copied = Signal()
    saved = Signal()

    def __init__(self, tip: str) -> None:
        super().__init__()
        self._busy = False
        self.found: Any = None
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 8, 0, 0)
        column.setSpacing(4)
        heading = QtWidgets.QLabel("All you graded", objectName="heading")
        heading.setToolTip(tip)
        self.button = QtWidgets.QPushButton("Flip each verdict", focusPolicy=Qt.NoFocus)
        self.button.setToolTip(tip)
        self.button.clicked.connect(lambda: (self.cancelled if self._busy else self.asked).emit())
        self.progress = QtWidgets.QProgressBar(textVisible=False, maximum=100)
        self.words = Sentence()
        self.plot = FlipsPlot()
        self.table = Table(COLUMNS)
        self.table.setFixedHeight(ROWS_PX)
        self.table.setTextElideMode(Qt.ElideMiddle)
        self.table.setToolTip("The least stable verdicts first, with their grade; a click shows the object")
        self.table.cellClicked.connect(lambda row, _: self.picked.emit(int(self.table.item(row, 0).data(Qt.UserRole))))
        self.copy = QtWidgets.QPushButton("Copy", focusPolicy=Qt.NoFocus)
        self.copy.setToolTip("The table as text, tabs between columns")
        self.copy.clicked.connect(self.copied)
        self.save = QtWidgets.QPushButton("Save CSV…", focusPolicy=Qt.NoFocus)
        self.save.clicked.connect(self.saved)
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.copy)
        row.addWidget(self.save)
        for part in (heading, self.button, self.progress, self.words, self.plot, self.table):
            column.addWidget(part)
        column.addLayout(row)
        self.show_busy(None)
        self.clear()

    def clear(self) -> None:
        self.found = None
        self.say(
            "Attacks the model on every object you graded and finds the smallest change that flips its verdict.",
            "muted",
        )
        for part in (self.plot, self.table, self.copy, self.save):
            part.hide()

    def say(self, text: str, role: str = "") -> None:
        self.words.say(text, role)

    def show_busy(self, fraction: float | None) -> None:
        """Under way (0..1 of it done), or not (None): the button cancels meanwhile."""
        self._busy = fraction is not None
        self.button.setText("Cancel" if self._busy else "Flip each verdict")
        self.progress.setVisible(self._busy)
        self.progress.setValue(round(100 * (fraction or 0.0)))

    def show_flips(self, found: Any) -> None:
        self.found = found
        self.say(words(found))
        self.plot.show_flips(found)
        order = np.argsort(found.smallest, kind="stable")
        self.table.setRowCount(len(order))
        for row, at in enumerate(order.tolist()):
            cells = (
                found.name[at],
                found.grade[at],
                sigma(found, found.smallest[at]),
            )
            for place, text in enumerate(cells):
                item = QtWidgets.QTableWidgetItem(text)
                if place:
                    item.setTextAlignment(int(Qt.AlignRight | Qt.AlignVCenter))
                else:
                    item.setData(Qt.UserRole, int(found.object[at]))
                    item.setToolTip(f"{found.name[at]}, logit {found.logit[at]:+.2f}")
                self.table.setItem(row, place, item)
        header = self.table.horizontalHeader()
        header.setMinimumSectionSize(24)
        for place in range(1, len(COLUMNS)):
            header.setSectionResizeMode(place, QtWidgets.QHeaderView.ResizeToContents)
        header.setSectionResizeMode(0, QtWidgets.QHeaderView.Stretch)  # the name gives way, in its middle
        for part in (self.plot, self.table, self.copy, self.save):
            part.show()


def sigma(found: Any, strength: float) -> str:
    """A strength, or that none up to the limit was enough."""
    return f"{strength:.3g}" if math.isfinite(strength) else f"> {found.eps[-1]:g}"


def words(found: Any) -> str:
    """What a person wants to know of it all."""
    flips = np.isfinite(found.smallest)
    limit = found.eps[-1]
    half = float(np.median(found.smallest))
    median = (
        f"{half:.2g} sky σ a pixel flips half of them" if math.isfinite(half) else f"{limit:g} σ flips fewer than half"
    )
    unread = f" {len(found.refused):,} objects could not be read." if found.refused else ""
    return (
        f"{found.model}: of {len(found):,} verdicts {int(flips.sum()):,} flip below {limit:g} σ; {median}. Random signs of "
        f"{limit:g} σ flip {100 * found.flipped_random[-1]:.0f} %.{unread}"
    )


def as_text(found: Any) -> str:
    lines = ["\t".join(("ID", "grade", "logit", "smallest_flip_sigma", "smallest_random_flip_sigma"))]
    for at in range(len(found)):
        strengths = (sigma(found, found.smallest[at]), sigma(found, found.smallest_random[at]))
        lines.append("\t".join((found.name[at], found.grade[at], f"{found.logit[at]:.4f}", *strengths)))
    return "\n".join(lines)
