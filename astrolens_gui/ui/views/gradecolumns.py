"""The dialog of a table of grades that no tool is known by: which column holds what, and what its labels mean; reads no file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..qt import QtWidgets, QWidget
from .sentence import Sentence

ROLES = (
    ("stamp", "Object", "The object's name or its file's; leave it out where a place says which object is meant"),
    ("grade", "Grade", "What was said of it"),
    ("grader", "Grader", "Who said it; else the name below"),
    ("subtype", "Kind", "Merger, spiral, ring, …"),
    ("comment", "Comment", "Kept with the grade"),
    ("seconds", "Seconds", "How long it took"),
    ("ra", "RA", "Degrees; with Dec it names the object within 2 arcsec, where no column names it"),
    ("dec", "Dec", "Degrees"),
)
NONE = "—"
MOST_LABELS = 30


class GradeColumnsDialog(QtWidgets.QDialog):
    """Guesses filled in; OK is there once the table can be taken as it stands.

    Args:
        head: a `foreign.Head`. grades: the values of the project's scheme, best first. grader: whose they are, unless said.
    """

    def __init__(self, head: Any, grades: Sequence[str], grader: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Grades of {head.path.name}")
        self.resize(760, 620)
        self._head, self._grades = head, tuple(grades)
        self.columns: dict[str, QtWidgets.QComboBox] = {}
        self.meanings: dict[str, QtWidgets.QComboBox] = {}
        self.who = QtWidgets.QLineEdit(grader, toolTip="Whose grades these are, where no column says it")
        self.labels = QtWidgets.QFormLayout()
        meaning = QtWidgets.QGroupBox("What its labels mean")
        meaning.setLayout(self.labels)
        scroll = QtWidgets.QScrollArea(widgetResizable=True, frameShape=QtWidgets.QFrame.NoFrame)
        scroll.setWidget(meaning)
        self.said = Sentence()
        buttons = QtWidgets.QDialogButtonBox(QtWidgets.QDialogButtonBox.Ok | QtWidgets.QDialogButtonBox.Cancel)
        self.ok = buttons.button(QtWidgets.QDialogButtonBox.Ok)
        self.ok.setText("Take the grades")
        self.ok.setObjectName("primary")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        who = QtWidgets.QFormLayout()
        who.addRow("Grader", self.who)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self._preview())
        layout.addLayout(self._roles())
        layout.addLayout(who)
        layout.addWidget(scroll, 1)
        layout.addWidget(self.said)
        layout.addWidget(buttons)
        self._list_labels()

    def _preview(self) -> QtWidgets.QTableWidget:
        head = self._head
        table = QtWidgets.QTableWidget(len(head.rows), len(head.names))
        table.setEditTriggers(QtWidgets.QTableWidget.NoEditTriggers)
        table.setSelectionMode(QtWidgets.QTableWidget.NoSelection)
        table.verticalHeader().hide()
        table.setMaximumHeight(190)
        table.setHorizontalHeaderLabels(list(head.names))
        for at, row in enumerate(head.rows):
            for column, text in enumerate(row):
                table.setItem(at, column, QtWidgets.QTableWidgetItem(text))
        table.resizeColumnsToContents()
        return table

    def _roles(self) -> QtWidgets.QGridLayout:
        grid = QtWidgets.QGridLayout()
        for at, (role, title, tip) in enumerate(ROLES):
            box = QtWidgets.QComboBox(toolTip=tip, minimumContentsLength=8)
            box.addItem(NONE, "")
            for name in self._head.names:
                box.addItem(name, name)
            box.setCurrentIndex(max(box.findData(getattr(self._head.guess, role)), 0))
            box.currentIndexChanged.connect(
                lambda _, role=role: self._list_labels() if role == "grade" else self._check()
            )
            row, column = divmod(at, 4)
            grid.addWidget(QtWidgets.QLabel(title, toolTip=tip), row, 2 * column)
            grid.addWidget(box, row, 2 * column + 1)
            grid.setColumnStretch(2 * column + 1, 1)
            self.columns[role] = box
        return grid

    def _list_labels(self) -> None:
        """A choice for each label of the column of grades."""
        while self.labels.rowCount():
            self.labels.removeRow(0)
        self.meanings.clear()
        for label, count in self._head.labels.get(self.columns["grade"].currentData(), ())[:MOST_LABELS]:
            box = QtWidgets.QComboBox(
                toolTip="The grade that it is here; as it is: kept and shown, learnt from by no model"
            )
            box.addItem("as it is", "")
            for grade in self._grades:
                box.addItem(grade, grade)
            box.setCurrentIndex(max(box.findData(self._head.meaning(label, self._grades)), 0))
            self.labels.addRow(f"{label}  ({count:,})", box)
            self.meanings[label] = box
        self._check()

    def _check(self) -> None:
        chosen = {role: box.currentData() for role, box in self.columns.items()}
        problem = ""
        if not chosen["grade"]:
            problem = "Say which column holds the grades."
        elif not chosen["stamp"] and not (chosen["ra"] and chosen["dec"]):
            problem = "Say which column names the object, or which hold RA and Dec."
        elif not self.meanings:
            problem = "This column holds no label, or more than a grade could be: choose another."
        self.said.say(
            problem or "Rows of objects that are not in the project are counted and left out.",
            "bad" if problem else "muted",
        )
        self.ok.setEnabled(not problem)

    # -- what the person chose

    def mapped(self) -> tuple[dict[str, Any], dict[str, str], str]:
        """(role → column, label → grade, grader)."""
        chosen = {role: box.currentData() for role, box in self.columns.items()}
        walk = {label: box.currentData() for label, box in self.meanings.items() if box.currentData()}
        return chosen, walk, self.who.text().strip()
