"""A sentence in place of the pixels: what to do, what is loading, or why there is no image; knows nothing of images."""

from __future__ import annotations

from ..qt import QApplication, QFont, Qt, QtWidgets, QWidget


class Notice(QWidget):
    """A heading and one sentence, both selectable; a Copy button where the sentence is worth sending to somebody."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._heading = QtWidgets.QLabel(alignment=Qt.AlignCenter)
        font = QFont(self._heading.font())
        font.setPointSizeF(font.pointSizeF() * 1.35)
        self._heading.setFont(font)
        self._sentence = QtWidgets.QLabel(alignment=Qt.AlignCenter, wordWrap=True)
        self._sentence.setMaximumWidth(640)
        for label in (self._heading, self._sentence):
            label.setTextFormat(Qt.PlainText)
            label.setTextInteractionFlags(Qt.TextSelectableByMouse)
        self._copy = QtWidgets.QPushButton("Copy", toolTip="Copy this sentence to the clipboard")
        self._copy.setFocusPolicy(Qt.NoFocus)
        self._copy.clicked.connect(lambda: QApplication.clipboard().setText(self._sentence.text()))
        column = QtWidgets.QVBoxLayout(self)
        column.setSpacing(10)
        column.addStretch(1)
        column.addWidget(self._heading, 0, Qt.AlignHCenter)
        row = QtWidgets.QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._sentence, 8)
        row.addStretch(1)
        column.addLayout(row)
        column.addWidget(self._copy, 0, Qt.AlignHCenter)
        column.addStretch(1)

    @property
    def text(self) -> str:
        """The sentence shown."""
        return self._sentence.text()

    def say(self, heading: str, sentence: str = "", copyable: bool = False) -> None:
        self._heading.setText(heading)
        self._sentence.setText(sentence)
        self._copy.setVisible(copyable)
