"""The command palette: type a few letters, press Enter; does what the action does and nothing else."""

from __future__ import annotations

from ..actions import Action, shown
from ..qt import QAction, Qt, QtGui, QtWidgets, QWidget


class Palette(QtWidgets.QDialog):
    """Everything the program can do now, filtered by what is typed."""

    def __init__(self, pairs: list[tuple[Action, QAction]], parent: QWidget) -> None:
        super().__init__(parent, Qt.Popup)
        self.setObjectName("palette")
        self.resize(520, 380)
        self._pairs = [(action, made) for action, made in pairs if action.id != "show_palette"]
        self.line = QtWidgets.QLineEdit(placeholderText="What would you like to do?")
        self.list = QtWidgets.QListWidget(objectName="commands")
        self.list.setFocusPolicy(Qt.NoFocus)
        self.line.textChanged.connect(self._filter)
        self.line.returnPressed.connect(self._run)
        self.list.itemClicked.connect(lambda _: self._run())
        layout = QtWidgets.QVBoxLayout(self)
        layout.addWidget(self.line)
        layout.addWidget(self.list)
        self._filter("")
        self.move(
            parent.mapToGlobal(parent.rect().center()).x() - self.width() // 2,
            parent.mapToGlobal(parent.rect().topLeft()).y() + 60,
        )
        self.line.setFocus()

    def _filter(self, text: str) -> None:
        self.list.clear()
        typed = text.strip().lower()
        ranked = sorted(
            self._pairs, key=lambda pair: (not pair[1].isEnabled(), not pair[0].title.lower().startswith(typed))
        )
        for action, made in ranked:
            if not matches(text, f"{action.group} {action.title}"):
                continue
            key = f"   [{shown(action.keys[0])}]" if action.keys else ""
            item = QtWidgets.QListWidgetItem(f"{action.group}: {action.title}{key}")
            item.setToolTip(action.tip)
            item.setData(Qt.UserRole, made)
            if not made.isEnabled():
                item.setFlags(Qt.NoItemFlags)
            self.list.addItem(item)
        self.list.setCurrentRow(0)

    def _run(self) -> None:
        item = self.list.currentItem()
        if item is None or not item.flags() & Qt.ItemIsEnabled:
            return
        self.close()
        item.data(Qt.UserRole).trigger()

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        step = {Qt.Key_Down: 1, Qt.Key_Up: -1, Qt.Key_PageDown: 10, Qt.Key_PageUp: -10}.get(event.key())
        if step is None:
            super().keyPressEvent(event)
        elif self.list.count():
            self.list.setCurrentRow(min(max(self.list.currentRow() + step, 0), self.list.count() - 1))


def matches(typed: str, text: str) -> bool:
    """Whether every word that was typed begins a word of the text, or its letters stand in it in order."""
    words, text = typed.lower().split(), text.lower()
    if all(any(part.startswith(word) for part in text.split()) for word in words):
        return True
    letters = iter(text)
    return all(letter in letters for letter in "".join(words)) and len("".join(words)) > 2
