"""The settings dialog: name, theme, auto-advance, device, keys; each change holds at once, so there is no OK."""

from __future__ import annotations

from typing import Any

from .. import theme
from ..actions import Action, shown
from ..qt import QtWidgets, QWidget, Signal

DEVICES = ("auto", "cpu", "gpu:0")


class SettingsDialog(QtWidgets.QDialog):
    """Attributes:
    theme_chosen: (str) the person chose another theme.
    grader_named: (str) the person gave another name; it signs every label from now on.
    """

    theme_chosen = Signal(str)
    grader_named = Signal(str)

    def __init__(self, settings: Any, grader: str, table: list[Action], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.resize(460, 520)
        self._settings = settings
        self.grader = QtWidgets.QLineEdit(
            grader, toolTip="Signs every label you give; your login name unless you change it"
        )
        self.grader.editingFinished.connect(self._named)
        self.theme = QtWidgets.QComboBox(toolTip="Dark for the pixels' sake, light for bright rooms  [Ctrl+T]")
        for name in theme.names():
            self.theme.addItem(theme.colours(name)["title"], name)
        self.theme.setCurrentIndex(max(0, self.theme.findData(settings["theme"])))
        self.theme.activated.connect(lambda _: self.theme_chosen.emit(self.theme.currentData()))
        self.advance = QtWidgets.QCheckBox("Show the next object after a grade", checked=settings["auto_advance"])
        self.advance.setToolTip("The next object without a grade shows as soon as the label is on disk")
        self.advance.toggled.connect(lambda on: settings.set("auto_advance", on))
        self.device = QtWidgets.QComboBox(toolTip="Where models run; auto takes a GPU when there is one")
        self.device.addItems(DEVICES)
        self.device.setCurrentText(settings["device"])
        self.device.textActivated.connect(lambda name: settings.set("device", name))
        form = QtWidgets.QFormLayout()
        form.addRow("Grader", self.grader)
        form.addRow("Theme", self.theme)
        form.addRow("Grading", self.advance)
        form.addRow("Device", self.device)
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(QtWidgets.QLabel("Keys", objectName="heading"))
        layout.addWidget(_keys(table), 1)

    def _named(self) -> None:
        name = self.grader.text().strip()
        if name:
            self._settings.set("grader", name)
            self.grader_named.emit(name)


def _keys(table: list[Action]) -> QtWidgets.QTableWidget:
    rows = [action for action in table if action.keys]
    keys = QtWidgets.QTableWidget(len(rows), 2)
    keys.setHorizontalHeaderLabels(("Key", "Does"))
    keys.setEditTriggers(QtWidgets.QAbstractItemView.NoEditTriggers)
    keys.verticalHeader().hide()
    keys.horizontalHeader().setStretchLastSection(True)
    for row, action in enumerate(rows):
        keys.setItem(row, 0, QtWidgets.QTableWidgetItem(", ".join(map(shown, action.keys))))
        keys.setItem(row, 1, QtWidgets.QTableWidgetItem(action.title))
    keys.resizeColumnToContents(0)
    return keys
