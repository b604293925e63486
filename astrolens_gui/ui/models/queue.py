"""The queue as Qt's tables and the mosaic see it: a million rows by array look-up; asks nobody for labels or pixels."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import Any

import numpy as np

from ..qt import QColor, QIcon, QObject, Qt, QtCore, QtGui, Signal

NAME, GRADE, SCORE = range(3)
COLUMNS = ("Object", "Grade", "Score")
OBJECT_ROLE = Qt.UserRole
GRADE_ROLE = Qt.UserRole + 1
SCORE_ROLE = Qt.UserRole + 2
"""`data(index, SCORE_ROLE)` is a float or None; it does not know about blindness: only what is displayed is hidden."""

NEUTRAL = "#8a94a0"
"""What has no colour in the present scheme: an object without a grade, and a grade of another scheme."""

HIDDEN = "•••"
"""Stands for a score that there is, and that nobody shall see yet."""


class QueueModel(QtCore.QAbstractTableModel):
    """Rows in the order of labelling; columns NAME, GRADE, SCORE.

    The scores of ungraded objects show as dots while `blind`. A label changes one row in place and moves none.

    Attributes:
        reranked: the order is new; rows are not what they were.
        any_score: whether an object has a score.
    """

    reranked = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.strategy = ""
        self.blind = True
        self._dots: dict[str, QIcon] = {}
        self._filter = ""
        self._take([], [], [], [])

    def _take(self, objects: Any, names: Any, grades: Any, scores: Any) -> None:
        """All arrays in display order; `_names` and `_grades` are object arrays of str."""
        self._objects = np.asarray(objects, dtype=np.int64)
        self._names = np.asarray(names, dtype=object)
        self._grades = np.asarray(grades, dtype=object)
        self._scores = np.asarray(scores, dtype=np.float64)
        self._count()
        self._rows = np.arange(len(self._objects))
        self._index_rows()

    def _count(self) -> None:
        """What is known of all objects together, so that no row has to be looked at for it."""
        self._open = self._grades == ""
        self._given = Counter(self._grades[~self._open].tolist())
        self.any_score = bool(np.isfinite(self._scores).any())

    def _index_rows(self) -> None:
        self._sorted = np.argsort(self._objects, kind="stable")
        self._row_of = np.full(len(self._objects), -1)
        self._row_of[self._rows] = np.arange(len(self._rows))

    def set_table(self, table: Any) -> None:
        """Take a new order: `table` is a QueueTable, its arrays in the order of labelling."""
        self.beginResetModel()
        self.strategy = table.strategy
        self._take(table.object, table.name, table.grade, table.score)
        self._apply_filter()
        self.endResetModel()
        self.reranked.emit()

    def refresh(self, table: Any) -> None:
        """Take grades and scores from a newer table, moving no row; other objects than before are a new order."""
        at = np.argsort(np.asarray(table.object), kind="stable")
        if not np.array_equal(np.asarray(table.object)[at], self._objects[self._sorted]):
            self.set_table(table)
            return
        self._grades[self._sorted] = np.asarray(table.grade, dtype=object)[at]
        self._scores[self._sorted] = np.asarray(table.score, dtype=np.float64)[at]
        self._count()
        self._redraw()

    def clear(self) -> None:
        self.beginResetModel()
        self._filter = ""
        self._take([], [], [], [])
        self.endResetModel()
        self.reranked.emit()

    def set_filter(self, text: str) -> None:
        """Show only the objects whose name contains `text`, whatever its case."""
        self.beginResetModel()
        self._filter = text.strip().lower()
        self._apply_filter()
        self.endResetModel()
        self.reranked.emit()

    @property
    def unmatched(self) -> str:
        """The sentence for an empty list: the filter fits no name; "" where it does."""
        return f"No name contains “{self._filter}” — Esc clears" if self._filter and not len(self._rows) else ""

    @property
    def why_done(self) -> str:
        """The sentence for a list in which `next_ungraded` finds nothing."""
        if self.unmatched:
            return self.unmatched
        if self._filter and self._open.any():
            return f"Every object with “{self._filter}” has a grade — Esc shows the others"
        return "Every object of this queue has a grade"

    def _apply_filter(self) -> None:
        count = len(self._objects)
        if self._filter:
            self._rows = np.flatnonzero([self._filter in name.lower() for name in self._names])
        else:
            self._rows = np.arange(count)
        self._index_rows()

    def set_grade(self, object_id: int, grade: str) -> None:
        """One object's grade is now this ("" = none)."""
        at = self._find(object_id)
        if at < 0:
            return
        self._given[self._grades[at]] -= 1
        self._given[grade] += 1
        self._grades[at] = grade
        self._open[at] = not grade
        row = int(self._row_of[at])
        if row >= 0:
            self.dataChanged.emit(self.index(row, 0), self.index(row, len(COLUMNS) - 1))

    def set_blind(self, blind: bool) -> None:
        self.blind = blind
        self._redraw()

    def set_colours(self, colours: dict[str, str]) -> None:
        """Grade value → "#rrggbb", from the scheme."""
        self._dots = {value: _dot(QColor(colour)) for value, colour in colours.items()}
        self._redraw()

    def _redraw(self) -> None:
        if len(self._rows):
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._rows) - 1, len(COLUMNS) - 1))

    def _find(self, object_id: int) -> int:
        """Place in the whole queue, or -1."""
        at = int(np.searchsorted(self._objects, object_id, sorter=self._sorted))
        if at >= len(self._objects):
            return -1
        place = int(self._sorted[at])
        return place if self._objects[place] == object_id else -1

    def row_of(self, object_id: int) -> int:
        """The displayed row of an object; -1 when it is not in the queue or filtered out."""
        at = self._find(object_id)
        return int(self._row_of[at]) if at >= 0 else -1

    def rank_of(self, object_id: int) -> int:
        """1 for the most useful object, whatever the filter; 0 when it is not in the queue."""
        return self._find(object_id) + 1

    def object_at(self, row: int) -> int:
        return int(self._objects[self._rows[row]]) if 0 <= row < len(self._rows) else -1

    def name_of(self, object_id: int) -> str:
        at = self._find(object_id)
        return str(self._names[at]) if at >= 0 else ""

    def grade_of(self, object_id: int) -> str:
        at = self._find(object_id)
        return str(self._grades[at] or "") if at >= 0 else ""

    def score_of(self, object_id: int) -> float | None:
        at = self._find(object_id)
        return float(self._scores[at]) if at >= 0 and np.isfinite(self._scores[at]) else None

    def objects(self) -> np.ndarray:
        """int64, the displayed objects in order."""
        return self._objects[self._rows]

    def next_ungraded(self, after_row: int) -> int:
        """The first displayed row behind `after_row` without a grade, round the end; -1 when all are graded."""
        waiting = self._open[self._rows] if self._filter else self._open
        for start, stop in ((after_row + 1, len(waiting)), (0, after_row + 1)):
            part = waiting[start:stop]
            if part.size and part[place := int(part.argmax())]:
                return start + place
        return -1

    def progress(self) -> tuple[int, int]:
        """(graded, all), whatever the filter."""
        return len(self._objects) - int(np.count_nonzero(self._open)), len(self._objects)

    def grades(self) -> set[str]:
        """The grades that a row can show: the present scheme's and those given by another."""
        return {*self._dots, *(grade for grade, count in self._given.items() if grade and count)}

    @property
    def foreign(self) -> int:
        """How many grades are none of the present scheme's, whatever the filter."""
        return sum(count for grade, count in self._given.items() if grade and grade not in self._dots)

    def rowCount(self, parent: QtCore.QModelIndex = QtCore.QModelIndex()) -> int:  # noqa: B008 (Qt's signature)
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QtCore.QModelIndex = QtCore.QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.DisplayRole) -> Any:
        if orientation == Qt.Horizontal and role == Qt.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index: QtCore.QModelIndex, role: int = Qt.DisplayRole) -> Any:
        if not index.isValid():
            return None
        at, column = int(self._rows[index.row()]), index.column()
        if role == OBJECT_ROLE:
            return int(self._objects[at])
        if role == GRADE_ROLE:
            return self._grades[at] or ""
        if role == SCORE_ROLE:
            return float(self._scores[at]) if np.isfinite(self._scores[at]) else None
        if role == Qt.DisplayRole:
            return self._shown(at, column)
        if role == Qt.TextAlignmentRole and column != NAME:
            return int((Qt.AlignRight if column == SCORE else Qt.AlignHCenter) | Qt.AlignVCenter)
        if role == Qt.DecorationRole and column == NAME:
            return self._dots.get(self._grades[at]) or _dot(QColor(NEUTRAL) if self._grades[at] else None)
        if role == Qt.ToolTipRole:
            return f"{self._names[at]} · rank {at + 1}{self._graded(at)}"
        return None

    def _graded(self, at: int) -> str:
        grade = self._grades[at]
        if not grade:
            return ""
        return f" · grade {grade}" + ("" if grade in self._dots else " of another scheme")

    def _shown(self, at: int, column: int) -> str:
        if column == NAME:
            return str(self._names[at])
        if column == GRADE:
            return str(self._grades[at] or "·")
        if not np.isfinite(self._scores[at]):
            return "—"
        return HIDDEN if self.blind and not self._grades[at] else f"{self._scores[at]:.3f}"


@cache
def _small_dot(colour: str) -> QIcon:
    picture = QtGui.QPixmap(22, 22)
    picture.fill(Qt.transparent)
    painter = QtGui.QPainter(picture)
    painter.setRenderHint(QtGui.QPainter.Antialiasing)
    painter.setPen(QtGui.QPen(QColor(colour or NEUTRAL), 2))
    painter.setBrush(QColor(colour) if colour else Qt.NoBrush)
    painter.drawEllipse(4, 4, 14, 14)
    painter.end()
    return QIcon(picture)


def _dot(colour: QColor | None) -> QIcon:
    """A full dot in a grade's colour, grey for another scheme's; a ring for none. The letter stands beside it."""
    return _small_dot(colour.name() if colour is not None else "")
