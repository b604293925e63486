"""A choice among many things that stand in groups: headings, a filter, a tooltip each; knows no backend."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..qt import Qt, QtCore, QtGui, QtWidgets, QWidget, Signal

HEADING, WORDS = Qt.UserRole + 1, Qt.UserRole + 2
FEWEST_TO_FILTER = 8
MOST_ROWS = 36


@dataclass(frozen=True)
class Choice:
    """One row: `key` is what it stands for; `lack` ("" where nothing lacks) is why it can't be chosen."""

    key: str
    title: str
    group: str = ""
    tip: str = ""
    lack: str = ""


class GroupedChoice(QtWidgets.QComboBox):
    """A box that opens a list with headings; with one group it has no heading, with few choices no filter."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeAdjustPolicy(QtWidgets.QComboBox.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.list = _List(self)
        self.list.chosen.connect(self.setCurrentIndex)

    def fill(self, choices: Iterable[Choice]) -> None:
        """Replace all rows; groups come in the order of their first choice."""
        choices = list(choices)
        groups = list(dict.fromkeys(choice.group for choice in choices))
        model = self.model()
        self.clear()
        for group in groups:
            if len(groups) > 1:
                model.appendRow(_heading(group))
            for choice in choices:
                if choice.group == group:
                    model.appendRow(_row(choice))
        first = next((place for place in range(self.count()) if self.itemData(place)), -1)
        self.setCurrentIndex(first)

    def showPopup(self) -> None:
        self.list.open_below(self)

    def keyPressEvent(self, event: Any) -> None:
        if event.text().isdigit():
            event.ignore()  # a digit still grades
        else:
            super().keyPressEvent(event)


def _heading(title: str) -> QtGui.QStandardItem:
    item = QtGui.QStandardItem(title)
    item.setFlags(Qt.NoItemFlags)
    item.setData(True, HEADING)
    item.setData(f"{title} group", Qt.AccessibleTextRole)
    return item


def _row(choice: Choice) -> QtGui.QStandardItem:
    item = QtGui.QStandardItem(choice.title)
    item.setData(choice.key, Qt.UserRole)
    item.setData(" ".join((choice.key, choice.title, choice.group, choice.tip)).casefold(), WORDS)
    item.setToolTip("\n\n".join(part for part in (choice.lack, choice.tip) if part))
    item.setEnabled(not choice.lack)
    return item


class _Matching(QtCore.QSortFilterProxyModel):
    """Rows that have all the words typed, and the headings above any of them."""

    words: tuple[str, ...] = ()

    def look_for(self, text: str) -> None:
        self.words = tuple(text.casefold().split())
        self.invalidateFilter()

    def filterAcceptsRow(self, row: int, parent: Any) -> bool:
        model = self.sourceModel()
        if not model.index(row, 0).data(HEADING):
            return self._fits(row)
        for below in range(row + 1, model.rowCount()):
            if model.index(below, 0).data(HEADING):
                return False
            if self._fits(below):
                return True
        return False

    def _fits(self, row: int) -> bool:
        known = self.sourceModel().index(row, 0).data(WORDS) or ""
        return all(word in known for word in self.words)


class _List(QtWidgets.QFrame):
    """The opened list: type to filter, arrows and Enter or a click choose, Escape leaves all as it was."""

    chosen = Signal(int)

    def __init__(self, box: GroupedChoice) -> None:
        super().__init__(box, Qt.Popup)
        self.setObjectName("grouped")
        self.setFrameShape(QtWidgets.QFrame.StyledPanel)
        self._rows = _Matching(self)
        self._rows.setSourceModel(box.model())
        self.filter = QtWidgets.QLineEdit(
            placeholderText="Type to filter: name, paper, year …", clearButtonEnabled=True
        )
        self.filter.textChanged.connect(self._filtered)
        self.filter.installEventFilter(self)
        self.view = QtWidgets.QListView(mouseTracking=True)
        self.view.setFrameShape(QtWidgets.QFrame.NoFrame)
        self.view.setModel(self._rows)
        self.view.setItemDelegate(_Headings(self.view))
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.view.setFocusPolicy(Qt.NoFocus)
        self.view.clicked.connect(self._choose)
        self.nothing = QtWidgets.QLabel("Nothing fits.", objectName="muted", alignment=Qt.AlignTop)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(5, 5, 5, 5)
        layout.setSpacing(4)
        for part in (self.filter, self.view, self.nothing):
            layout.addWidget(part)
        self.setFocusProxy(self.filter)

    def open_below(self, box: GroupedChoice) -> None:
        self.filter.clear()
        self._filtered("")
        self.filter.setVisible(box.count() >= FEWEST_TO_FILTER)
        now = self._rows.mapFromSource(box.model().index(box.currentIndex(), 0))
        self.view.setCurrentIndex(now)
        rows = self.view.sizeHintForRow(self._rows.rowCount() - 1) * min(self._rows.rowCount(), MOST_ROWS)
        widest = self.view.sizeHintForColumn(0) + 30
        size = QtCore.QSize(max(box.width(), widest, 220), rows + (self.filter.sizeHint().height() + 24))
        screen = box.screen().availableGeometry()
        corner = box.mapToGlobal(QtCore.QPoint(0, box.height() + 1))
        corner.setX(max(screen.left(), min(corner.x(), screen.right() - size.width())))
        below = screen.bottom() - corner.y()
        if size.height() > below:
            corner.setY(max(screen.top(), corner.y() - (size.height() - below)))
        self.setGeometry(QtCore.QRect(corner, size.boundedTo(screen.size())))
        self.show()
        self.view.scrollTo(now, QtWidgets.QAbstractItemView.PositionAtCenter)
        (self.filter if self.filter.isVisible() else self).setFocus()

    def _filtered(self, text: str) -> None:
        self._rows.look_for(text)
        self.nothing.setVisible(self._rows.rowCount() == 0)
        self.view.setVisible(self._rows.rowCount() > 0)
        if text:
            self._move(1, -1)

    def _move(self, step: int, start: int | None = None) -> None:
        """To the next row that can be chosen; without one, nowhere."""
        row = self.view.currentIndex().row() if start is None else start
        while 0 <= row + step < self._rows.rowCount():
            row += step
            if self._rows.index(row, 0).flags() & Qt.ItemIsEnabled:
                self.view.setCurrentIndex(self._rows.index(row, 0))
                return

    def _choose(self, index: QtCore.QModelIndex) -> None:
        if index.isValid() and index.flags() & Qt.ItemIsEnabled:
            self.hide()
            self.chosen.emit(self._rows.mapToSource(index).row())

    def eventFilter(self, watched: Any, event: Any) -> bool:
        return event.type() == QtCore.QEvent.KeyPress and self._key(event.key())

    def keyPressEvent(self, event: Any) -> None:
        if not self._key(event.key()):
            super().keyPressEvent(event)

    def _key(self, key: int) -> bool:
        if key in (Qt.Key_Down, Qt.Key_Up):
            self._move(1 if key == Qt.Key_Down else -1)
        elif key in (Qt.Key_Return, Qt.Key_Enter):
            self._choose(self.view.currentIndex())
        elif key == Qt.Key_Escape:
            self.hide()
        else:
            return False
        return True


class _Headings(QtWidgets.QStyledItemDelegate):
    """Draws headings as headings and indents what stands under them."""

    def initStyleOption(self, option: Any, index: QtCore.QModelIndex) -> None:
        super().initStyleOption(option, index)
        if index.data(HEADING):
            option.font.setBold(True)
            option.font.setPointSizeF(option.font.pointSizeF() * 0.9)
            option.displayAlignment = Qt.AlignLeft | Qt.AlignBottom

    def paint(self, painter: Any, option: Any, index: QtCore.QModelIndex) -> None:
        if not index.data(HEADING):
            option.rect.adjust(10, 0, 0, 0)
        super().paint(painter, option, index)

    def sizeHint(self, option: Any, index: QtCore.QModelIndex) -> QtCore.QSize:
        return super().sizeHint(option, index).expandedTo(QtCore.QSize(0, option.fontMetrics.height() + 6))
