"""Tables of a dock: lines to choose from, which never take the keyboard nor widen the dock; knows nothing of what they list."""

from __future__ import annotations

from collections.abc import Sequence

from ..qt import Qt, QtWidgets, QWidget

MOST_ROWS = 9
"""Rows that a fitted table shows without scrolling."""


class Table(QtWidgets.QTableWidget):
    """Lines of text, one of which can be chosen; `columns` are the titles."""

    def __init__(self, columns: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(0, len(columns), parent)
        self.setHorizontalHeaderLabels(columns)
        self.setFocusPolicy(Qt.NoFocus)
        self.verticalHeader().hide()
        self.setEditTriggers(QtWidgets.QAbstractItemView.NoEditTriggers)
        self.setSelectionBehavior(QtWidgets.QAbstractItemView.SelectRows)
        self.setSelectionMode(QtWidgets.QAbstractItemView.SingleSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setMinimumWidth(1)

    def put(self, row: int, column: int, text: str, tip: str = "", right: bool = True) -> QtWidgets.QTableWidgetItem:
        item = QtWidgets.QTableWidgetItem(text)
        item.setToolTip(tip)
        if right:
            item.setTextAlignment(int(Qt.AlignRight | Qt.AlignVCenter))
        self.setItem(row, column, item)
        return item


class FittedTable(Table):
    """A close table that is as tall as its rows, at most `MOST_ROWS`."""

    def __init__(self, columns: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(columns, parent)
        self.setTextElideMode(Qt.ElideMiddle)
        self.setWordWrap(False)
        self.horizontalHeader().setMinimumSectionSize(24)
        self.setStyleSheet(
            "QHeaderView::section { padding: 3px 2px; } QTableWidget::item { padding: 0px 2px; }"
        )  # five columns in the narrowest dock
        self.horizontalHeader().setHighlightSections(False)

    def fit(self) -> None:
        """Columns as wide as their text, the first takes the rest; as tall as the rows."""
        header = self.horizontalHeader()
        for column in range(1, self.columnCount()):
            header.setSectionResizeMode(column, QtWidgets.QHeaderView.ResizeToContents)
        header.setSectionResizeMode(0, QtWidgets.QHeaderView.Stretch)
        rows = min(self.rowCount(), MOST_ROWS)
        top = 0 if header.isHidden() else header.sizeHint().height()
        self.setFixedHeight(top + sum(self.rowHeight(row) for row in range(rows)) + 2 * self.frameWidth() + 2)
