"""A small field over the image that says what a box is: its class and a note; knows no box and no store."""

from __future__ import annotations

from collections.abc import Iterable

from ..qt import Qt, QtCore, QtGui, QtWidgets, QWidget, Signal
from .marks import COLOURS


class MarkClass(QtWidgets.QFrame):
    """Enter takes what is written, Esc or a click elsewhere leaves it.

    Attributes:
        chosen: (class name, note).
    """

    chosen = Signal(str, str)

    def __init__(self, class_name: str, note: str, known: Iterable[str], parent: QWidget) -> None:
        super().__init__(parent, Qt.Popup)
        self.setAttribute(Qt.WA_DeleteOnClose)
        self.setFrameShape(QtWidgets.QFrame.StyledPanel)
        self.name = QtWidgets.QComboBox(editable=True, toolTip="What it is; any word will do")
        self.name.addItems(list(dict.fromkeys([*COLOURS, *sorted(known)])))
        self.name.setCurrentText(class_name)
        self.name.setMinimumContentsLength(12)
        self.note = QtWidgets.QLineEdit(note, placeholderText="a note, if you like")
        form = QtWidgets.QFormLayout(self)
        form.setContentsMargins(10, 8, 10, 8)
        form.addRow("Class", self.name)
        form.addRow("Note", self.note)
        hint = QtWidgets.QLabel("Enter keeps it · Esc leaves it")
        hint.setEnabled(False)
        form.addRow(hint)
        self.name.lineEdit().selectAll()
        for field in (self.name.lineEdit(), self.note):
            field.returnPressed.connect(self._take)

    def show_at(self, place: QtCore.QPoint) -> None:
        """Beside a point of the screen, all of it visible."""
        self.adjustSize()
        screen = QtWidgets.QApplication.screenAt(place)
        if screen is not None:
            room = screen.availableGeometry()
            place.setX(max(min(place.x(), room.right() - self.width()), room.left()))
            place.setY(max(min(place.y(), room.bottom() - self.height()), room.top()))
        self.move(place)
        self.show()
        self.name.setFocus()

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() == Qt.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _take(self) -> None:
        name = self.name.currentText().strip()
        if name:
            self.chosen.emit(name, self.note.text().strip())
            self.close()
