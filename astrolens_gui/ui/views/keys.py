"""The `?` overlay: all keys on one page over the window; any key or click closes it."""

from __future__ import annotations

from html import escape

from ..actions import GESTURES, Action, by_group, shown
from ..qt import Qt, QtCore, QtGui, QtWidgets, QWidget

COLUMN_PX = 320
"""A column of keys for each of these that the window is wide; what is longer is wrapped."""

GAP_PX, MARGINS_PX = 24, 80


class KeysOverlay(QtWidgets.QFrame):
    """Covers the middle of its parent until a key is pressed or the mouse clicked."""

    def __init__(self, table: list[Action], parent: QWidget) -> None:
        super().__init__(parent, objectName="overlay")
        self.setFocusPolicy(Qt.StrongFocus)
        page = QWidget()
        columns = QtWidgets.QHBoxLayout(page)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(GAP_PX)
        number = max(parent.width() // COLUMN_PX, 1)
        for groups in _balanced(table, number):
            text = QtWidgets.QLabel("".join(_html(title, rows) for title, rows in groups), textFormat=Qt.RichText)
            text.setWordWrap(True)
            text.setFixedWidth((parent.width() - MARGINS_PX) // number - GAP_PX)
            font = text.font()
            font.setPointSizeF(font.pointSizeF() * 0.9)
            text.setFont(font)
            columns.addWidget(text, 0, Qt.AlignTop)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(28, 22, 28, 22)
        layout.addWidget(_scrolled(page))
        layout.addWidget(
            QtWidgets.QLabel("Any key closes this. Every grade can also be given with the mouse.", objectName="muted")
        )
        self._place()
        parent.installEventFilter(self)
        self.show()
        self.raise_()
        self.setFocus()

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        if event.type() == QtCore.QEvent.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _place(self) -> None:
        """In the middle of the window, and never larger than it."""
        room = self.parentWidget().rect()
        self.resize(self.sizeHint().boundedTo(room.size()))
        self.move(room.center() - self.rect().center())

    def event(self, event: QtCore.QEvent) -> bool:
        if event.type() == QtCore.QEvent.ShortcutOverride:
            event.accept()  # the key closes this; it must not grade as well
            return True
        return super().event(event)

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() not in {Qt.Key_Shift, Qt.Key_Control, Qt.Key_Alt, Qt.Key_Meta}:
            self.close_()

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        self.close_()

    def focusOutEvent(self, event: QtGui.QFocusEvent) -> None:
        if event.reason() in {Qt.MouseFocusReason, Qt.TabFocusReason}:
            self.close_()

    def close_(self) -> None:
        self.hide()
        self.deleteLater()


class _Scrolled(QtWidgets.QScrollArea):
    """As large as what it shows, until there is no room."""

    def sizeHint(self) -> QtCore.QSize:
        return self.widget().sizeHint() + QtCore.QSize(16, 4)


def _scrolled(page: QWidget) -> QtWidgets.QScrollArea:
    area = _Scrolled(widgetResizable=True, focusPolicy=Qt.NoFocus)
    page.setObjectName("scrolled")
    area.setWidget(page)
    return area


def _balanced(table: list[Action], number: int) -> list[list[tuple[str, list[tuple[str, str]]]]]:
    """Headings with their (keys, title) rows, spread over columns of about equal height."""
    groups = [
        (group, [("  ".join(map(shown, action.keys)), action.title) for action in actions if action.keys])
        for group, actions in by_group(table).items()
    ]
    groups.append(("Mouse", list(GESTURES)))
    columns: list[list[tuple[str, list[tuple[str, str]]]]] = [[] for _ in range(number)]
    for group in groups:
        min(columns, key=lambda column: sum(len(rows) + 2 for _, rows in column)).append(group)
    return [column for column in columns if column]


def _html(title: str, rows: list[tuple[str, str]]) -> str:
    lines = "".join(
        f"<tr><td style='padding: 1px 10px 1px 0'><b>{escape(keys)}</b></td><td>{escape(what)}</td></tr>"
        for keys, what in rows
    )
    return f"<p><b>{escape(title.upper())}</b></p><table>{lines}</table>"
