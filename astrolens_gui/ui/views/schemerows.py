"""A scheme's grades or kinds as a table to write in: a sentence beside the row that has a fault; checks and keeps nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..qt import QColor, Qt, QtGui, QtWidgets, QWidget, Signal
from ..theme import colour as themed

HEADS = {
    "key": ("Key", "The key that gives it"),
    "value": ("Stored as", "What labels and tables say; a change leaves labels given before outside the scheme"),
    "title": ("Title", "What its button says"),
    "positive": ("P(lens)", "For training, the probability of a lens from 0 to 1; empty keeps it out of training"),
    "colour": ("Colour", "As #56B4E9; double-click chooses one"),
    "criterion": ("Criterion", "What must be seen for this grade; stands in its button's tooltip"),
}
SWATCH_PX = 14
WIDTHS = {"key": 44, "value": 100, "title": 140, "positive": 74, "colour": 108}


class SchemeRows(QWidget):
    """Attributes:
    edited: a cell, the order or the number of rows changed.
    """

    edited = Signal()

    def __init__(self, fields: tuple[str, ...], what: str, fresh: Mapping[str, str]) -> None:
        super().__init__()
        self._fields, self._fresh, self._filling = fields, fresh, False
        self.table = QtWidgets.QTableWidget(0, len(fields) + 1)
        self.table.setHorizontalHeaderLabels([*(HEADS[name][0] for name in fields), ""])
        for column, name in enumerate(fields):
            self.table.horizontalHeaderItem(column).setToolTip(HEADS[name][1])
            if name in WIDTHS:
                self.table.setColumnWidth(column, WIDTHS[name])
        header = self.table.horizontalHeader()
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignLeft | Qt.AlignVCenter)
        if "criterion" in fields:
            header.setSectionResizeMode(fields.index("criterion"), QtWidgets.QHeaderView.Stretch)
        header.setSectionResizeMode(len(fields), QtWidgets.QHeaderView.Stretch)
        self.table.verticalHeader().hide()
        self.table.setSelectionBehavior(QtWidgets.QTableWidget.SelectRows)
        self.table.setSelectionMode(QtWidgets.QTableWidget.SingleSelection)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.table.itemChanged.connect(self._changed)
        self.table.cellDoubleClicked.connect(self._pick_colour)
        self.buttons = {
            "add": QtWidgets.QPushButton(f"Add a {what}", autoDefault=False, clicked=self.add),
            "remove": QtWidgets.QPushButton("Remove", autoDefault=False, clicked=self.remove),
            "up": QtWidgets.QPushButton("Up", autoDefault=False, clicked=lambda: self.move_by(-1)),
            "down": QtWidgets.QPushButton("Down", autoDefault=False, clicked=lambda: self.move_by(1)),
        }
        for name, tip in (("add", f"A {what} below the others"), ("remove", f"Take the chosen {what} out")):
            self.buttons[name].setToolTip(tip)
        for name in ("up", "down"):
            self.buttons[name].setToolTip(f"Move the chosen {what} {name}")
        row = QtWidgets.QHBoxLayout()
        for button in self.buttons.values():
            row.addWidget(button)
        row.addStretch(1)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.table, 1)
        layout.addLayout(row)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        self.table.resizeRowsToContents()

    def show_rows(self, rows: Iterable[Mapping[str, Any]], *, writable: bool) -> None:
        """Show these, as a scheme's TOML has them."""
        self._filling = True
        self.table.setRowCount(0)
        for values in rows:
            at = self.table.rowCount()
            self.table.insertRow(at)
            for column, name in enumerate(self._fields):
                said = values.get(name)
                item = QtWidgets.QTableWidgetItem(f"{said:g}" if isinstance(said, float) else str(said or ""))
                item.setToolTip(item.text())
                self.table.setItem(at, column, item)
            fault = QtWidgets.QTableWidgetItem("")
            fault.setFlags(Qt.ItemIsEnabled)
            self.table.setItem(at, len(self._fields), fault)
            self._paint(at)
        edit = QtWidgets.QTableWidget.DoubleClicked | QtWidgets.QTableWidget.EditKeyPressed
        edit |= QtWidgets.QTableWidget.AnyKeyPressed | QtWidgets.QTableWidget.SelectedClicked
        self.table.setEditTriggers(edit if writable else QtWidgets.QTableWidget.NoEditTriggers)
        for button in self.buttons.values():
            button.setEnabled(writable)
        self._filling = False

    def rows(self) -> list[dict[str, Any]]:
        """What the table says, with `positive` as a number, as text where it is none, and left out where it is empty."""
        return [
            {
                name: _number(text) if name == "positive" else text
                for column, name in enumerate(self._fields)
                if (text := self.table.item(at, column).text().strip()) or name != "positive"
            }
            for at in range(self.table.rowCount())
        ]

    def show_faults(self, sentences: Mapping[int, str]) -> None:
        """A sentence beside each of these rows, nothing beside the others; the column is there while one has any."""
        self._filling = True
        for at in range(self.table.rowCount()):
            item = self.table.item(at, len(self._fields))
            item.setText(sentences.get(at, ""))
            item.setToolTip(sentences.get(at, ""))
            item.setForeground(themed("bad"))
        self.table.setColumnHidden(len(self._fields), not sentences and "criterion" in self._fields)
        self.table.resizeRowsToContents()
        self._filling = False

    def add(self) -> None:
        self._put([*self.rows(), dict(self._fresh)], self.table.rowCount())

    def remove(self) -> None:
        if (at := self.table.currentRow()) >= 0:
            rows = self.rows()
            del rows[at]
            self._put(rows, min(at, len(rows) - 1))

    def move_by(self, step: int) -> None:
        at, rows = self.table.currentRow(), self.rows()
        if at >= 0 and 0 <= at + step < len(rows):
            rows.insert(at + step, rows.pop(at))
            self._put(rows, at + step)

    def _put(self, rows: list[dict[str, Any]], chosen: int) -> None:
        self.show_rows(rows, writable=True)
        self.table.setCurrentCell(chosen, 0)
        self.edited.emit()
        self.table.scrollToItem(self.table.item(chosen, 0))

    def _changed(self, item: QtWidgets.QTableWidgetItem) -> None:
        if not self._filling:
            self._filling = True
            item.setToolTip(item.text())
            self._paint(item.row())
            self._filling = False
            self.edited.emit()

    def _paint(self, at: int) -> None:
        """The colour itself beside its name."""
        if "colour" in self._fields and (item := self.table.item(at, self._fields.index("colour"))):
            swatch = QtGui.QPixmap(SWATCH_PX, SWATCH_PX)
            swatch.fill(QColor(item.text()) if QColor.isValidColor(item.text()) else QColor(Qt.transparent))
            item.setData(Qt.DecorationRole, swatch)

    def _pick_colour(self, row: int, column: int) -> None:
        editable = self.table.editTriggers() != QtWidgets.QTableWidget.NoEditTriggers
        if not editable or self._fields[column : column + 1] != ("colour",):
            return
        item = self.table.item(row, column)
        self.table.closePersistentEditor(item)
        chosen = QtWidgets.QColorDialog.getColor(QColor(item.text()), self, "Colour of the grade")
        if chosen.isValid():
            item.setText(chosen.name().upper())


def _number(text: str) -> float | str:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return text
