"""One line that shows as much of its text as there is room for; writes no text of its own."""

from __future__ import annotations

from typing import Any

from ..qt import Qt, QtCore, QtGui, QtWidgets, QWidget


class Elided(QtWidgets.QLabel):
    """`text()` is always the whole; what is cut off is in the tooltip. `mode`: where it is cut off, as of Qt."""

    def __init__(self, parent: QWidget | None = None, name: str = "", mode: Any = Qt.ElideRight) -> None:
        super().__init__(parent, objectName=name)
        self._mode = mode
        self.setTextFormat(Qt.PlainText)

    def say(self, text: str) -> None:
        """Show `text`; an empty one takes no room."""
        self.setText(text.replace("\n", " "))
        self.setToolTip(text)
        self.setVisible(bool(text))

    def shown(self) -> str:
        """What of the text can be read now."""
        return self.fontMetrics().elidedText(self.text(), self._mode, self.contentsRect().width())

    def minimumSizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        flags = int(self.alignment() | Qt.AlignVCenter)
        place, enabled = self.contentsRect(), self.isEnabled()
        self.style().drawItemText(painter, place, flags, self.palette(), enabled, self.shown(), self.foregroundRole())
        painter.end()
