"""The table of a scoreboard: sortable, each figure with its interval as text and as a bar; computes nothing."""

from __future__ import annotations

import math
from typing import Any

from astrolens_gui.core.learn.boardfiles import NONE, marked, ranged

from .. import theme
from ..qt import QColor, Qt, QtCore, QtGui, QtWidgets, Signal

FIGURES = ("AUROC", "TPR0", "TPR10", "tpr_fpr1e3")
TITLES = {
    "name": ("Entry", "A model, a person, or a table of scores"),
    "AUROC": ("AUROC", "Area under the ROC curve; bootstrap interval"),
    "d_AUROC": ("Δ AUROC", "Difference to the reference, with its paired interval"),
    "TPR0": ("TPR0", "Share of the lenses found before the first false positive; binomial interval"),
    "TPR10": ("TPR10", "Share of the lenses found with fewer than ten false positives; binomial interval"),
    "tpr_fpr1e3": ("TPR at FPR 1e-3", "Share of the lenses found where one non-lens in a thousand is taken for one"),
    "d_tpr_fpr1e3": (
        "Δ TPR at 1e-3",
        "Difference to the reference, with its paired interval; from 1,000 non-lenses on",
    ),
    "unscored": ("Unscored", "Objects that this entry says nothing of; they rank last"),
    "counts": ("N₊ / N₋", "Lenses and non-lenses that count"),
    "note": ("Note", "Where it comes from"),
}
COLUMNS = tuple(TITLES)
SORT = Qt.UserRole
BAR = Qt.UserRole + 1
NAME = Qt.UserRole + 2

NOTHING = 0.9
"""A rate's interval as wide as this says next to nothing: its bar is left out, its point is hollow."""

ROW = 36
WIDEST = 230
"""Pixels of a column of text; the tooltip has the rest."""

_KINDS = {"model": "model", "person": "person", "table": "table of scores"}


class ScoreModel(QtCore.QAbstractTableModel):
    """Rows of a board. `SORT` is what a column sorts by; `BAR` (value, low, high, floor, ceiling) in the axis' units."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.rows: list[Any] = []
        self._inks: dict[str, QColor] = {}

    def show_rows(self, rows: list[Any], inks: dict[str, QColor]) -> None:
        self.beginResetModel()
        self.rows, self._inks = rows, inks
        self.endResetModel()

    def rowCount(self, parent: QtCore.QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: QtCore.QModelIndex | None = None) -> int:
        return len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.DisplayRole) -> Any:
        if orientation != Qt.Horizontal:
            return None
        title, tip = TITLES[COLUMNS[section]]
        return {Qt.DisplayRole: title, Qt.ToolTipRole: tip or title}.get(role)

    def data(self, index: QtCore.QModelIndex, role: int = Qt.DisplayRole) -> Any:
        row, column = self.rows[index.row()], COLUMNS[index.column()]
        if role == Qt.DisplayRole:
            return self._text(row, column)
        if role == SORT:
            return self._key(row, column)
        if role == BAR:
            return self._bar(row, column)
        if role == NAME:
            return row.name
        if role == Qt.DecorationRole and column == "name":
            return self._inks.get(row.name)
        if role == Qt.ToolTipRole:
            return told(row) if column == "name" else self._text(row, column)
        if role == Qt.TextAlignmentRole and column in {"counts", "unscored"}:
            return int(Qt.AlignRight | Qt.AlignVCenter)
        return None

    @staticmethod
    def _text(row: Any, column: str) -> str:
        if column in FIGURES:
            return ranged(getattr(row, column), getattr(row, f"{column}_ci"))
        if column.startswith("d_"):
            if not row.difference:
                return "reference"
            found = row.difference.get(column[2:])
            return ranged(found[0], found[1], sign=True) if found else NONE
        if column == "counts":
            return f"{row.N_pos:,} / {row.N_neg:,}"
        if column == "name":
            return marked(row)
        return f"{row.unscored:,}" if column == "unscored" else str(getattr(row, column))

    @staticmethod
    def _key(row: Any, column: str) -> Any:
        if column.startswith("d_"):
            found = row.difference.get(column[2:])
            return found[0] if found else (0.0 if not row.difference else -math.inf)
        if column == "counts":
            return row.N_pos + row.N_neg
        value = getattr(row, column)
        return value.lower() if isinstance(value, str) else value

    def _bar(self, row: Any, column: str) -> tuple[float, float, float, float, float] | None:
        if column in FIGURES:
            worst = min(0.5, *(one.AUROC_ci[0] for one in self.rows)) if column == "AUROC" else 0.0
            return (getattr(row, column), *getattr(row, f"{column}_ci"), worst, 1.0)
        if column.startswith("d_") and (found := row.difference.get(column[2:])):
            others = [one.difference[column[2:]][1] for one in self.rows if column[2:] in one.difference]
            reach = max(max(abs(low), abs(high)) for low, high in others) or 1.0
            return (found[0], *found[1], -reach, reach)
        return None


class Bars(QtWidgets.QStyledItemDelegate):
    """The text above, the interval as a bar below it; a difference's bar has its zero in the middle."""

    def sizeHint(self, option: Any, index: QtCore.QModelIndex) -> QtCore.QSize:
        hint = super().sizeHint(option, index)
        if index.data(BAR) is None:
            return QtCore.QSize(min(hint.width() + 10, WIDEST), max(hint.height() + 10, ROW))
        value, _, rest = str(index.data()).partition(" ")
        width = option.fontMetrics.horizontalAdvance(value) + QtGui.QFontMetrics(_small(option.font)).horizontalAdvance(
            rest
        )
        return QtCore.QSize(width + 26, max(hint.height() + 10, ROW))

    def paint(self, painter: QtGui.QPainter, option: Any, index: QtCore.QModelIndex) -> None:
        bar = index.data(BAR)
        if bar is None:
            super().paint(painter, option, index)
            return
        self.initStyleOption(option, index)
        text, option.text = option.text, ""
        style = option.widget.style() if option.widget else QtWidgets.QApplication.style()
        style.drawControl(QtWidgets.QStyle.CE_ItemViewItem, option, painter, option.widget)
        chosen = bool(option.state & QtWidgets.QStyle.State_Selected)
        ink = theme.colour("on_accent" if chosen else "text")
        value, low, high, floor, ceiling = bar
        area = option.rect.adjusted(6, 3, -6, -5)
        painter.save()
        number, _, rest = text.partition(" ")
        line, at_left = area.adjusted(0, 0, 0, -8), int(Qt.AlignLeft | Qt.AlignVCenter)
        painter.setPen(ink)
        painter.drawText(line, at_left, number)
        painter.setPen(ink if chosen else theme.colour("muted"))
        left = option.fontMetrics.horizontalAdvance(number) + 6
        painter.setFont(_small(option.font))
        painter.drawText(line.adjusted(left, 0, 0, 0), at_left, rest)
        y, width = area.bottom() - 2, area.width()

        def at(one: float) -> float:
            return area.left() + width * min(max((one - floor) / (ceiling - floor), 0.0), 1.0)

        painter.fillRect(QtCore.QRectF(area.left(), y, width, 1), ink if chosen else theme.colour("line"))
        if floor < 0:
            painter.fillRect(QtCore.QRectF(at(0.0) - 0.5, y - 4, 1, 9), ink if chosen else theme.colour("muted"))
        silent = high - low >= NOTHING * (ceiling - floor)
        colour = self._ink(bar, chosen)
        if not silent:
            painter.fillRect(QtCore.QRectF(at(low), y - 1, max(at(high) - at(low), 1), 3), colour)
        painter.setRenderHint(QtGui.QPainter.Antialiasing)
        painter.setBrush(Qt.NoBrush if silent else colour)
        painter.setPen(colour if silent else Qt.NoPen)
        painter.drawEllipse(QtCore.QPointF(at(value), y + 0.5), 3.5, 3.5)
        painter.restore()

    @staticmethod
    def _ink(bar: Any, chosen: bool) -> QColor:
        """A difference that lies wholly above or below zero is coloured so; the text has its sign."""
        if chosen:
            return theme.colour("on_accent")
        if bar[3] < 0:
            return theme.colour("good" if bar[1] > 0 else "bad" if bar[2] < 0 else "muted")
        return theme.colour("accent")


def told(row: Any) -> str:
    """Who an entry is and where it comes from, in one line."""
    learnt = "; an asterisk marks who learnt from objects it is judged on" if row.learnt else ""
    return f"{row.name}: {_KINDS[row.kind]}" + (f" · {row.note}" if row.note else "") + learnt


def _small(font: QtGui.QFont) -> QtGui.QFont:
    """For an interval, beside its figure."""
    smaller = QtGui.QFont(font)
    smaller.setPointSizeF(max(0.82 * font.pointSizeF(), 6.0))
    return smaller


class ScoreTable(QtWidgets.QTableView):
    """Sorted by any column; `chosen` (name) tells the row that the plots should bring out."""

    chosen = Signal(str)

    def __init__(self, model: ScoreModel) -> None:
        super().__init__()
        self._proxy = QtCore.QSortFilterProxyModel(self)
        self._model = model
        self._proxy.setSourceModel(model)
        self._proxy.setSortRole(SORT)
        self.setModel(self._proxy)
        self.setSortingEnabled(True)
        self.sortByColumn(COLUMNS.index("AUROC"), Qt.DescendingOrder)
        self.setItemDelegate(Bars(self))
        self.setSelectionBehavior(self.SelectRows)
        self.setSelectionMode(self.SingleSelection)
        self.setEditTriggers(self.NoEditTriggers)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setHorizontalScrollMode(self.ScrollPerPixel)
        self.setMinimumHeight(120)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(ROW)
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignLeft | Qt.AlignVCenter)
        self.setTextElideMode(Qt.ElideMiddle)  # models of one backend differ in their ends
        self.selectionModel().currentRowChanged.connect(lambda *_: self.chosen.emit(self.chosen_name()))

    def chosen_name(self) -> str:
        index = self.currentIndex()
        return str(index.siblingAtColumn(0).data(NAME)) if index.isValid() else ""

    def fit(self) -> None:
        """Columns as wide as their texts; one that has nothing to say is hidden."""
        rows = self._model.rows
        silent = not any("tpr_fpr1e3" in row.difference for row in rows)
        self.setColumnHidden(COLUMNS.index("d_tpr_fpr1e3"), silent)
        self.resizeColumnsToContents()

    def height_of_rows(self) -> int:
        """Pixels in which all of it is seen."""
        return int(self.horizontalHeader().sizeHint().height() + ROW * self._proxy.rowCount() + 18)

    def choose(self, name: str) -> None:
        for row in range(self._proxy.rowCount()):
            if self._proxy.index(row, 0).data(NAME) == name:
                self.setCurrentIndex(self._proxy.index(row, 0))
