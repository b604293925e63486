"""The settings dialog: name, theme, auto-advance, device, keys; each change holds at once, so there is no OK."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from .. import theme
from ..actions import Action
from ..qt import Qt, QtWidgets, QWidget, Signal
from .keytable import KeyTable
from .sentence import Sentence

DEVICES = ("auto", "cpu")
"""Every machine has these; GPUs are looked for when asked."""


class SettingsDialog(QtWidgets.QDialog):
    """Attributes:
    theme_chosen: (str) the person chose another theme.
    grader_named: (str) the person gave another name; it signs every label from now on.
    keymap_chosen: (id) other keys from now on.
    devices_asked: look for GPUs, and call `show_devices` with what there is.
    """

    theme_chosen = Signal(str)
    grader_named = Signal(str)
    devices_asked = Signal()
    keymap_chosen = Signal(str)

    def __init__(self, settings: Any, grader: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self.resize(560, 720)
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
        self._offer(settings["device"])
        self.device.setCurrentText(settings["device"])
        self.device.textActivated.connect(lambda name: settings.set("device", name))
        form = QtWidgets.QFormLayout()
        form.addRow("Grader", self.grader)
        form.addRow("Theme", self.theme)
        form.addRow("Grading", self.advance)
        form.addRow("Device", self._device_row())
        layout = QtWidgets.QVBoxLayout(self)
        layout.addLayout(form)
        self.keymap = QtWidgets.QComboBox(
            toolTip="Keys of the tool that your fingers know; a file of your own adds another"
        )
        self.keymap.activated.connect(lambda _: self.keymap_chosen.emit(self.keymap.currentData()))
        self.about_keys = Sentence()
        form.addRow("Keys", self.keymap)
        layout.addWidget(self.about_keys)
        self.keys = KeyTable()
        layout.addWidget(self.keys, 1)

    def show_keymaps(
        self,
        keymaps: Sequence[Any],
        chosen: str,
        folder: Any,
        problems: Sequence[str] = (),
        given_up: Sequence[str] = (),
    ) -> None:
        """The keymaps there are (id, title, doc), which one holds, where one's own go, which files there are none, and which of its
        keys the grading scheme has."""
        self.keymap.clear()
        for one in keymaps:
            self.keymap.addItem(one.title, one.id)
            self.keymap.setItemData(self.keymap.count() - 1, one.doc, Qt.ToolTipRole)
        self.keymap.setCurrentIndex(max(self.keymap.findData(chosen), 0))
        doc = next((one.doc for one in keymaps if one.id == chosen), "")
        said = "\n".join(
            [doc, *problems, *(f"{one}." for one in given_up), f"Keymaps of your own go to {folder} (docs/keys.md)."]
        )
        self.about_keys.say(said, "bad" if problems else "muted")

    def show_keys(self, table: Sequence[Action], names: Sequence[str], own: Collection[str]) -> None:
        """The keys as they are now; `names` as a keymap calls them, `own` those that differ from the preset's."""
        self.keys.show_keys(table, names, own)

    def _device_row(self) -> QtWidgets.QHBoxLayout:
        self.look = QtWidgets.QPushButton("Look for GPUs", autoDefault=False)
        self.look.setToolTip("Ask TensorFlow which GPUs it can use; takes some seconds, the window stays free")
        self.look.clicked.connect(self._ask_devices)
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.device, 1)
        row.addWidget(self.look)
        return row

    def _ask_devices(self) -> None:
        self.look.setEnabled(False)
        self.look.setText("Looking …")
        self.devices_asked.emit()

    def show_devices(self, found: list[Any]) -> None:
        """Offer these devices (records with id and name)."""
        for device in found:
            self._offer(device.id, device.name)
        gpus = sum(device.id.startswith("gpu") for device in found)
        self.look.setText(f"{gpus} GPU{'' if gpus == 1 else 's'} found")

    def _offer(self, device: str, name: str = "") -> None:
        if self.device.findText(device) < 0:
            self.device.addItem(device)
        self.device.setItemData(self.device.findText(device), name, Qt.ToolTipRole)

    def _named(self) -> None:
        name = self.grader.text().strip()
        if name:
            self._settings.set("grader", name)
            self.grader_named.emit(name)
