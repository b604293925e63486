"""The Restore dock: which method, what to look at, what can be said of it in numbers, and runs over many; restores nothing itself."""

from __future__ import annotations

from typing import Any

from ..models import restored
from ..qt import QApplication, Qt, QtWidgets, QWidget, Signal
from .elided import Elided
from .sentence import Sentence
from .taskmodel import TaskModel, in_row, push

EMPTY = "Preview [F8] restores the image shown, and each one you go to. B blinks with the data."
TRAIN_TIP = "Fit it to this project's own images; no clean truth is needed"
MOST_DRAWS = 64


class RestorePanel(QWidget):
    """Attributes:
    preview_asked, split_asked, compare_asked, save_asked, all_asked, cancelled: a button.
    look_asked: (str) one of `models.restored.LOOKS`. draws_changed: (int).
    """

    name = "The restorer"

    preview_asked = Signal()
    split_asked = Signal()
    compare_asked = Signal()
    save_asked = Signal()
    all_asked = Signal()
    cancelled = Signal()
    look_asked = Signal(str)
    draws_changed = Signal(int)

    def __init__(self, plugins: Any, actions: Any) -> None:
        super().__init__()
        column = QtWidgets.QVBoxLayout(self)
        column.setSpacing(4)
        self.task = TaskModel(plugins, "restore", TRAIN_TIP)
        column.addWidget(self.task)
        self.draws = QtWidgets.QSpinBox(minimum=1, maximum=MOST_DRAWS, suffix=" draws")
        self.draws.setToolTip("How many answers of a model that can give several; their spread shows what is invented")
        self.draws.valueChanged.connect(self.draws_changed)
        self.preview = push("Preview", actions["toggle_restored"].toolTip(), "primary")
        self.preview.setCheckable(True)
        self.preview.setStyleSheet("padding: 5px 2px")  # it stands beside the draws in the narrowest dock
        self.draws.setMinimumWidth(64)
        self.preview.clicked.connect(self.preview_asked)
        column.addLayout(in_row(self.preview, self.draws))
        self.looks: dict[str, QtWidgets.QToolButton] = {}
        grid = QtWidgets.QGridLayout()
        grid.setSpacing(4)
        for place, look in enumerate(restored.LOOKS):
            self.looks[look] = _toggle(restored.TITLES[look], restored.TIPS[look])
            self.looks[look].clicked.connect(lambda _=False, look=look: self.look_asked.emit(look))
            grid.addWidget(self.looks[look], place // 2, place % 2)
        self.split = _toggle("Split", actions["toggle_split"].toolTip())
        self.split.clicked.connect(self.split_asked)
        self.compare = _toggle("Compare all", actions["toggle_compare"].toolTip())
        self.compare.clicked.connect(self.compare_asked)
        grid.addWidget(self.split, 2, 0)
        grid.addWidget(self.compare, 2, 1)
        column.addLayout(grid)
        self.words = Sentence()
        column.addWidget(self.words)
        self._grid = QtWidgets.QGridLayout()
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self.facts = QWidget()
        self.facts.setLayout(self._grid)
        column.addWidget(self.facts)
        self.copy = push("Copy", "These numbers as text, tabs between columns")
        self.copy.clicked.connect(self._copy)
        self.save = push("Save FITS …", actions["save_restored"].toolTip())
        self.save.clicked.connect(self.save_asked)
        column.addLayout(in_row(self.save, self.copy))
        column.addWidget(QtWidgets.QLabel("Many", objectName="heading"))
        self.all = push("Restore all …", actions["restore_all"].toolTip())
        self.all.clicked.connect(self.all_asked)
        self.stop = push("Cancel", "Stop; what is written stays  [Ctrl+.]")
        self.stop.clicked.connect(self.cancelled)
        column.addLayout(in_row(self.all, self.stop))
        self.progress = QtWidgets.QProgressBar(textVisible=False, maximum=100)
        column.addWidget(self.progress)
        self.said = Sentence()
        column.addWidget(self.said)
        column.addWidget(self.task.folded)
        column.addStretch(1)
        self.task.refused.connect(lambda sentence: self.say(sentence, "bad"))
        self._rows: list[tuple[str, str, str]] = []
        self._busy, self._possible, self._there = False, (False, False), False
        self.show_busy(None)
        self.say("")
        self.clear(EMPTY)

    def set_possible(self, here: bool, project: bool) -> None:
        """Whether there is an image to look at, and a project."""
        self._possible = (here, project)
        self._enable()

    def _enable(self) -> None:
        ready = not self.task.lack
        self.preview.setEnabled(ready and self._possible[0])
        self.compare.setEnabled(ready and self._possible[0])
        self.all.setEnabled(ready and self._possible[1] and not self._busy)
        self.save.setEnabled(self._there and not self._busy)
        self.task.set_busy(self._busy or not self._possible[1])
        for button in (*self.looks.values(), self.split):
            button.setEnabled(self._there)

    def show_busy(self, fraction: float | None, what: str = "") -> None:
        """A run over many, or a training, is under way (0..1 of it done), or not (None)."""
        self._busy = fraction is not None
        self.all.setVisible(not self._busy)
        self.stop.setVisible(self._busy)
        self.progress.setVisible(self._busy)
        self.progress.setValue(round(100 * (fraction or 0.0)))
        if what:
            self.say(what, "muted")
        self._enable()

    def say(self, sentence: str, role: str = "muted") -> None:
        """Of runs over many and of trainings."""
        self.said.say(sentence, role)
        self.said.setVisible(bool(sentence))

    def clear(self, sentence: str, role: str = "muted") -> None:
        """Nothing is restored of what is on the screen."""
        self.words.say(sentence, role)
        self.words.show()
        self._there = False
        self._fill([])
        self._enable()

    def show_restoration(self, found: Any, words: str = "") -> None:
        """The numbers of a Restoration."""
        self._there = True
        self.words.say(words or str(found.not_data or ""), "warning")
        self._fill([("Model", str(found.model), str(found.model)), *restored.facts(found)])
        self._enable()
        spread = restored.has_spread(found)
        self.looks["spread"].setEnabled(spread)
        tip = restored.TIPS["spread"]
        self.looks["spread"].setToolTip(tip if spread else "This model gives one answer: it has no spread to show")

    def mark(self, *, preview: bool, look: str, split: bool, compare: bool) -> None:
        """What is on the screen now."""
        self.preview.setChecked(preview)
        for name, button in self.looks.items():
            button.setChecked(name == look)
        self.split.setChecked(split)
        self.compare.setChecked(compare)

    def _fill(self, rows: list[tuple[str, str, str]]) -> None:
        self._rows = rows
        while self._grid.count():
            old = self._grid.takeAt(0).widget()
            old.hide()
            old.deleteLater()
        for at, (name, value, tip) in enumerate(rows):
            label = QtWidgets.QLabel(name, objectName="muted", toolTip=tip)
            said = Elided(mode=Qt.ElideMiddle)
            said.setText(value)
            said.setToolTip(tip)
            said.setAlignment(Qt.AlignRight | Qt.AlignVCenter)
            self._grid.addWidget(label, at, 0)
            self._grid.addWidget(said, at, 1)
        for part in (self.facts, self.copy, self.save):
            part.setVisible(bool(rows))

    def _copy(self) -> None:
        QApplication.clipboard().setText("\n".join(f"{name}\t{value}" for name, value, _ in self._rows))


def _toggle(text: str, tip: str) -> QtWidgets.QToolButton:
    button = QtWidgets.QToolButton(text=text, checkable=True, focusPolicy=Qt.NoFocus, toolTip=tip)
    button.setSizePolicy(QtWidgets.QSizePolicy.Expanding, QtWidgets.QSizePolicy.Fixed)
    button.setStyleSheet("padding: 4px 1px")
    return button
