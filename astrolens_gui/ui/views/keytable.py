"""Every action with its keys, and a new key for one by pressing it; says what it is told, and binds nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ..actions import Action, shown
from ..qt import QKeySequence, Qt, QtCore, QtGui, QtWidgets, QWidget, Signal
from .sentence import Sentence

MODIFIERS = {Qt.Key_Shift, Qt.Key_Control, Qt.Key_Alt, Qt.Key_Meta, Qt.Key_AltGr, Qt.Key_CapsLock, Qt.Key_unknown}
HOW = "Double-click an action, then press its new key."


class KeyTable(QWidget):
    """Attributes:
    pressed: (row, key) the person pressed a new key for it. taken: (row, key) and wants it though another has it.
    reset: (row) as the keymap has it.
    """

    pressed, taken = Signal(int, str), Signal(int, str)
    reset = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._row, self._wanted, self._names = -1, "", [""]
        self.find = QtWidgets.QLineEdit(placeholderText="Find an action or a key", clearButtonEnabled=True)
        self.find.setToolTip("Only actions with these letters in title or key")
        self.find.textChanged.connect(lambda _: self._sift())
        self.table = QtWidgets.QTableWidget(0, 2)
        self.table.setHorizontalHeaderLabels(("Key", "Does"))
        self.table.setEditTriggers(QtWidgets.QAbstractItemView.NoEditTriggers)
        self.table.setSelectionBehavior(QtWidgets.QTableWidget.SelectRows)
        self.table.setSelectionMode(QtWidgets.QTableWidget.SingleSelection)
        self.table.verticalHeader().hide()
        self.table.horizontalHeader().setHighlightSections(False)
        self.table.horizontalHeader().setDefaultAlignment(Qt.AlignLeft | Qt.AlignVCenter)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.cellDoubleClicked.connect(lambda row, _: self.listen(row))
        self.table.itemSelectionChanged.connect(self._chosen)
        self.table.installEventFilter(self)
        self.said = Sentence(HOW)
        self.said.say(HOW, "muted")
        self.take = QtWidgets.QPushButton("Take it from there", autoDefault=False)
        self.take.setToolTip("The other action is without this key from now on")
        self.take.clicked.connect(lambda: self.taken.emit(self._row, self._wanted))
        self.take.hide()
        self.back = QtWidgets.QPushButton("Reset", autoDefault=False, enabled=False)
        self.back.setToolTip("The chosen action has the keys of the preset again")
        self.back.clicked.connect(lambda: self.reset.emit(self.table.currentRow()))
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.said, 1)
        row.addWidget(self.take)
        row.addWidget(self.back)
        layout = QtWidgets.QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.find)
        layout.addWidget(self.table, 1)
        layout.addLayout(row)

    def show_keys(self, table: Sequence[Action], names: Sequence[str], own: Collection[str]) -> None:
        """A row for each; one of `own` is marked, one without a name can't be changed."""
        self._names, self._own = list(names), set(own)
        self._row = -1
        chosen = self.table.currentRow()
        self.table.setRowCount(len(table))
        for row, action in enumerate(table):
            keys = QtWidgets.QTableWidgetItem(", ".join(map(shown, action.keys)))
            title = QtWidgets.QTableWidgetItem(action.title)
            for item in (keys, title):
                item.setToolTip(action.tip)
                font = item.font()
                font.setBold(names[row] in own)
                item.setFont(font)
            self.table.setItem(row, 0, keys)
            self.table.setItem(row, 1, title)
        self.table.resizeColumnToContents(0)
        self.table.setColumnWidth(0, max(self.table.columnWidth(0), 150))
        self._sift()
        if chosen >= 0:
            self.table.setCurrentCell(min(chosen, len(table) - 1), 0)
        self._chosen()

    def listen(self, row: int) -> None:
        """The next key is the new one of this row."""
        self.take.hide()
        if not self._names[row]:
            self.say("A kind's key is the grading scheme's: Grade › Edit grading scheme… changes it.", "warning")
            return
        self._row = row
        self.table.setFocus()
        self.say(f"Press the new key of “{self.table.item(row, 1).text()}”; Esc leaves it as it is.", "")

    def say(self, sentence: str, role: str = "muted") -> None:
        self.said.say(sentence, role)

    def ask(self, row: int, key: str, sentence: str, *, may_take: bool) -> None:
        """Another action has the key: may it be taken? Or another one be pressed."""
        self._row, self._wanted = row, key
        self.say(f"{sentence} Press another key{', or take it' if may_take else ''}; Esc leaves it.", "warning")
        self.take.setVisible(may_take)

    def eventFilter(self, watched: QtCore.QObject, event: QtCore.QEvent) -> bool:
        if self._row >= 0 and event.type() == QtCore.QEvent.ShortcutOverride:
            event.accept()
            return True
        if self._row >= 0 and event.type() == QtCore.QEvent.KeyPress:
            self._press(event)
            return True
        return bool(super().eventFilter(watched, event))

    def _press(self, event: QtGui.QKeyEvent) -> None:
        if event.key() in MODIFIERS:
            return
        self.take.hide()
        row, self._row = self._row, -1
        if event.key() == Qt.Key_Escape:
            self.say(HOW)
        else:
            self.pressed.emit(row, key_of(event))

    def _chosen(self) -> None:
        row = self.table.currentRow()
        self.back.setEnabled(0 <= row < len(self._names) and bool(self._names[row]) and self._names[row] in self._own)

    def _sift(self) -> None:
        wanted = self.find.text().lower()
        for row in range(self.table.rowCount()):
            said = f"{self.table.item(row, 0).text()} {self.table.item(row, 1).text()}".lower()
            self.table.setRowHidden(row, wanted not in said)


def key_of(event: Any) -> str:
    """The key as Qt's portable text; Shift counts where it does not make the sign itself (as of ? and !)."""
    modifiers = event.modifiers() & ~Qt.KeypadModifier
    key, text = event.key(), event.text()
    if key == Qt.Key_Backtab:
        key = Qt.Key_Tab
    elif len(text) == 1 and text.isprintable() and not text.isalnum() and not text.isspace():
        modifiers &= ~Qt.ShiftModifier
    return str(QKeySequence(int(modifiers) | key).toString(QKeySequence.PortableText))
