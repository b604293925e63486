"""A small panel that opens over a button and closes at a click beside it; knows nothing of what is in it."""

from __future__ import annotations

from ..qt import QApplication, Qt, QtCore, QtWidgets, QWidget


class Popup(QtWidgets.QFrame):
    """Its content goes into `column`."""

    def __init__(self, title: str, parent: QWidget) -> None:
        super().__init__(parent, Qt.Popup)
        self.setObjectName("overlay")
        self.setFrameShape(QtWidgets.QFrame.StyledPanel)
        self.column = QtWidgets.QVBoxLayout(self)
        self.column.setContentsMargins(12, 10, 12, 12)
        self.column.setSpacing(8)
        heading = QtWidgets.QLabel(title)
        heading.setObjectName("heading")
        self.column.addWidget(heading)

    def open_at(self, button: QWidget) -> None:
        """Above the button where there is room, else below; always on its screen."""
        self.fit()
        at = button.mapToGlobal(QtCore.QPoint(0, 0))
        screen = QApplication.screenAt(at) or QApplication.primaryScreen()
        area, size = screen.availableGeometry(), self.size()
        x = min(max(at.x() + button.width() - size.width(), area.left()), max(area.left(), area.right() - size.width()))
        y = at.y() - size.height() - 4
        self.move(x, y if y >= area.top() else at.y() + button.height() + 4)
        self.show()

    def fit(self) -> None:
        self.setMinimumWidth(300)
        self.adjustSize()
