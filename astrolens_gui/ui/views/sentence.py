"""A sentence that wraps anywhere, can be selected and copied, and never widens what holds it; writes none itself."""

from __future__ import annotations

from typing import Any

from ..qt import Qt, QtGui, QtWidgets, QWidget

NAME_LETTERS = 22


class Sentence(QtWidgets.QTextEdit):
    """As tall as its text; file names without a blank break where the line ends."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setFrameShape(QtWidgets.QFrame.NoFrame)
        self.setObjectName("sentence")
        self.setFocusPolicy(Qt.ClickFocus)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self.setMinimumWidth(1)
        self.say(text)

    def say(self, text: str, role: str = "") -> None:
        """Show plain text in a role's colour ("bad", "good", "warning", "muted", "")."""
        if text == self.toPlainText() and role == self.property("role"):
            return  # panels say the same at every object
        self.setPlainText(text)
        self.setProperty("role", role)
        self.style().unpolish(self)
        self.style().polish(self)
        self._fit()

    def text(self) -> str:
        return self.toPlainText()

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def keyPressEvent(self, event: Any) -> None:
        if event.matches(QtGui.QKeySequence.Copy):
            super().keyPressEvent(event)
        else:
            event.ignore()  # a digit still grades after the text was clicked

    def _fit(self) -> None:
        self.setFixedHeight(max(round(self.document().size().height()) + 2, self.fontMetrics().height() + 2))


def short(name: str, letters: int = NAME_LETTERS) -> str:
    """A name that fits a narrow place: its beginning and its end, which tell it from its neighbours."""
    if len(name) <= letters:
        return name
    end = letters // 2
    return f"{name[: letters - end - 1]}…{name[-end:]}"
