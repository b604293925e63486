"""The queue: the objects in the order of labelling, with a filter and how far one is; orders nothing itself."""

from __future__ import annotations

from typing import Any

from astrolens_gui.core.grading.order import DUPLICATE

from ..current import Current
from ..models.queue import GRADE, NAME, OBJECT_ROLE, SCORE, QueueModel
from ..models.terms import EXAMPLES
from ..qt import Qt, QtCore, QtGui, QTimer, QtWidgets, QWidget
from .sorting import SortButton

TYPING_MS = 120
"""A million names are looked through once the person pauses, not at every letter."""

RUSH_MS = 60
"""Who grades faster than this in the mosaic sees the table follow so often: to paint it costs a third of what a grade does."""

WIDEST_GRADE = 9
"""Letters of a grade that the queue shows; the name needs the rest of the room."""


class QueueView(QWidget):
    """A click shows the object; the row of the object on the screen is the selected one."""

    def __init__(self, model: QueueModel, current: Current) -> None:
        super().__init__(minimumWidth=190)
        self._model, self._current = model, current
        self.filter = QtWidgets.QLineEdit(placeholderText="Filter: name, grade:A, z<0.5", clearButtonEnabled=True)
        self.filter.setToolTip(
            "Show only the objects whose name contains this, or that meet conditions, joined by blanks:\n"
            f"{EXAMPLES}\n(any column of the objects)  [Ctrl+F]"
        )
        self.filter.setFocusPolicy(Qt.ClickFocus)
        self._typed = QTimer(self, singleShot=True, interval=TYPING_MS)
        self._typed.timeout.connect(lambda: model.set_filter(self.filter.text()))
        self.filter.textChanged.connect(lambda _: self._typed.start())
        self.order = SortButton(model)
        self.problem = QtWidgets.QLabel(objectName="muted", wordWrap=True, visible=False)
        self.table = _table(model)
        self.table.clicked.connect(self._clicked)
        self._followed = QtCore.QElapsedTimer()
        self._behind = QTimer(self, singleShot=True, interval=RUSH_MS)
        self._behind.timeout.connect(self._select)
        self.progress = QtWidgets.QLabel(objectName="muted", wordWrap=True)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 6, 6)
        line = QtWidgets.QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.filter, 1)
        line.addWidget(self.order)
        layout.addLayout(line)
        layout.addWidget(self.problem)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.progress)
        current.object_changed.connect(lambda _: self.follow())
        model.modelReset.connect(self.follow)
        model.dataChanged.connect(lambda *_: self._count())
        self._fit_columns()

    def find(self) -> None:
        self.filter.setFocus(Qt.ShortcutFocusReason)
        self.filter.selectAll()

    def clear_filter(self) -> None:
        """Show all objects again."""
        self.filter.clear()

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() == Qt.Key_Escape and self.filter.hasFocus():
            self.clear_filter()
        super().keyPressEvent(event)  # the window takes the keyboard back

    def _clicked(self, index: QtCore.QModelIndex) -> None:
        self._current.show(index.data(OBJECT_ROLE), index.row())

    def follow(self) -> None:
        """Select the row of the object on the screen, and keep it in sight; in a rush a moment later."""
        self._current.reposition(self._model.row_of(self._current.object_id))
        again = self._model.asked.get(self._current.object_id) == DUPLICATE  # no row may tell, not for a moment
        if not again and self._followed.isValid() and self._followed.elapsed() < RUSH_MS:
            if not self._behind.isActive():
                self._behind.start()
        else:
            self._select()

    def _select(self) -> None:
        self._followed.start()
        row = self._model.row_of(self._current.object_id)
        if self._model.asked.get(self._current.object_id) == DUPLICATE:
            self.table.clearSelection()  # its row would tell that it was there before
        elif row >= 0:
            index = self._model.index(row, NAME)
            self.table.setCurrentIndex(index)
            self.table.scrollTo(index, QtWidgets.QAbstractItemView.EnsureVisible)
        else:
            self.table.clearSelection()
        self._count()

    def _count(self) -> None:
        done, count = self._model.progress()
        listed = self._model.rowCount()
        share = f" · {100 * done / count:.0f}%" if count else ""
        some = f" · {listed:,} listed" if listed != count else ""
        other = f" · {self._model.foreign:,} by another scheme" if self._model.foreign else ""
        said = f"{done:,} / {count:,} graded{share}{some}{other}"
        self.progress.setText(said if count else "No images yet: Import images")
        self.problem.setText(self._model.problem)
        self.problem.setVisible(bool(self._model.problem))
        self._fit_columns()

    def _fit_columns(self) -> None:
        """As wide as the longest grade (bounded); an empty column of scores leaves its room to the names."""
        width = self.table.fontMetrics().horizontalAdvance
        most = width("x") * WIDEST_GRADE
        grade = max((min(width(value), most) for value in self._model.grades()), default=0)
        self.table.setColumnWidth(GRADE, max(grade, width("X")) + 14)
        self.table.setColumnHidden(SCORE, not self._model.any_score)


class _Table(QtWidgets.QTableView):
    """Keys belong to the window's actions, not to a search by first letter; an empty list says why it is."""

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        super().paintEvent(event)
        if sentence := self.model().unmatched:
            painter = QtGui.QPainter(self.viewport())
            painter.setPen(self.palette().color(QtGui.QPalette.PlaceholderText))
            margins = QtCore.QMargins(8, 12, 8, 8)
            area = self.viewport().rect().marginsRemoved(margins)
            painter.drawText(area, Qt.AlignHCenter | Qt.AlignTop | Qt.TextWordWrap, sentence)
            painter.end()

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        event.ignore()


def _table(model: QueueModel) -> QtWidgets.QTableView:
    table = _Table(objectName="queue")
    table.setModel(model)
    table.setFocusPolicy(Qt.NoFocus)
    table.setSelectionBehavior(QtWidgets.QAbstractItemView.SelectRows)
    table.setSelectionMode(QtWidgets.QAbstractItemView.SingleSelection)
    table.setEditTriggers(QtWidgets.QAbstractItemView.NoEditTriggers)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTextElideMode(Qt.ElideMiddle)
    table.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
    rows: Any = table.verticalHeader()
    rows.hide()
    rows.setSectionResizeMode(QtWidgets.QHeaderView.Fixed)
    rows.setDefaultSectionSize(table.fontMetrics().height() + 8)
    table.setIconSize(QtCore.QSize(11, 11))
    columns: Any = table.horizontalHeader()
    columns.hide()  # a name, a letter and a number need no heading; the width is the name's
    columns.setSectionResizeMode(NAME, QtWidgets.QHeaderView.Stretch)
    width = table.fontMetrics().horizontalAdvance
    for column, widest in ((GRADE, "X"), (SCORE, "0.000")):
        columns.setSectionResizeMode(column, QtWidgets.QHeaderView.Fixed)
        table.setColumnWidth(column, width(widest) + 14)
    return table
