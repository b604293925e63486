"""Grades that a model contradicts which has not seen them, as a list to go through; doubts nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..qt import Qt, QtWidgets, QWidget, Signal
from .sentence import Sentence
from .tables import Table

EMPTY = (
    "Holds each grade against a model that learnt from the other grades only, and lists those that it contradicts with at "
    "least 90 % confidence: slips of the key, and the hard cases."
)
COLUMNS = ("Object", "Grade", "P(lens)")
MOST = 500
"""Rows that are listed: nobody goes through more at once."""


class DoubtsView(QWidget):
    """Attributes: asked: doubt, please. picked: (int) show this object."""

    page: QWidget
    asked = Signal()
    picked = Signal(int)

    def __init__(self, actions: Any) -> None:
        super().__init__()
        column = QtWidgets.QVBoxLayout(self)
        column.setSpacing(5)
        self.button = QtWidgets.QPushButton("Doubt the grades", objectName="primary", focusPolicy=Qt.NoFocus)
        self.button.setToolTip(actions["doubt_grades"].toolTip())
        self.button.clicked.connect(self.asked)
        self.words = Sentence()
        self.table = Table(COLUMNS)
        self.table.setTextElideMode(Qt.ElideMiddle)
        self.table.setMinimumHeight(260)
        self.table.setToolTip(
            "The most surprising first; a double click shows the object, a grade's key grades it again"
        )
        self.table.cellDoubleClicked.connect(
            lambda row, _: self.picked.emit(int(self.table.item(row, 0).data(Qt.UserRole)))
        )
        header = self.table.horizontalHeader()
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(0, QtWidgets.QHeaderView.Stretch)
        for place in range(1, len(COLUMNS)):
            header.setSectionResizeMode(place, QtWidgets.QHeaderView.ResizeToContents)
        for part in (self.button, self.words):
            column.addWidget(part)
        column.addWidget(self.table, 1)
        self._bottom = QWidget()
        column.addWidget(self._bottom, 1)

    def clear(self) -> None:
        self.say(EMPTY)
        self.table.setRowCount(0)
        self.table.hide()
        self._bottom.show()

    def say(self, text: str, role: str = "muted") -> None:
        self.words.say(text, role)

    def mark_stale(self) -> None:
        """Grades, or the model, are others since."""
        if self.table.isVisibleTo(self) and "since" not in self.words.text():
            self.say(f"{self.words.text()} Grades or model have changed since.")

    def show_doubts(self, found: Any, shown: Sequence[int], names: Sequence[str], grades: Sequence[str]) -> None:
        """A `Doubted`, of which the rows `shown` may be seen, with names and grades as they are now."""
        count = len(found.object)
        hidden = f" {count - len(shown):,} are hidden until you graded them." if len(shown) < count else ""
        told = found.note or (
            f"{count:,} of {found.graded:,} grades are contradicted.{hidden}"
            if count
            else f"None of {found.graded:,} grades is contradicted."
        )
        self.say(told)
        self.table.setVisible(bool(shown))
        self._bottom.setVisible(not shown)
        rows = list(shown)[:MOST]
        self.table.setRowCount(len(rows))
        for row, at in enumerate(rows):
            changed = f"{found.grade[at]} → {grades[at]}" if grades[at] != found.grade[at] else grades[at]
            tip = (
                f"{names[at]}: graded {found.grade[at] or 'by others'}, {found.given[at]:.3f} a lens by the model; "
                f"{found.bits[at]:.1f} bits of surprise"
            )
            for place, text in enumerate((names[at], changed, f"{found.given[at]:.2f}")):
                self.table.put(row, place, text, tip, right=place > 0).setData(Qt.UserRole, int(found.object[at]))
