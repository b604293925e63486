"""The Detect dock: which detector, what it found here, and what a person says of it; detects nothing itself."""

from __future__ import annotations

from typing import Any

from ..models.finds import Find
from ..qt import Qt, QtWidgets, QWidget, Signal
from .sentence import Sentence
from .tables import Table
from .taskmodel import TaskModel, in_row, push

EMPTY = "Detect here [F7] looks for lenses on the image shown; what is found appears as it comes, and is kept."
HIDDEN = "Hidden until the object is graded, so that the detector does not sway you; M shows it now."
COLUMNS = ("Score", "Class", "Verdict")
ROWS_PX = 190
MOST_ROWS = 500
"""More are on the image, and in what is copied; nobody reads on."""

TRAIN_TIP = "Fit the detector to the boxes people drew, accepted and corrected; what was rejected is kept empty"


class DetectPanel(QWidget):
    """Attributes:
    asked, asked_all, cancelled: a button. verdict_asked: ("accept_find", "reject_find" or "correct_find").
    picked: (int) the find at that place of the list. threshold_changed: (float). masks_changed: (bool). copied.
    """

    name = "The detector"

    asked = Signal()
    asked_all = Signal()
    cancelled = Signal()
    verdict_asked = Signal(str)
    picked = Signal(int)
    threshold_changed = Signal(float)
    masks_changed = Signal(bool)
    copied = Signal()

    def __init__(self, plugins: Any, actions: Any) -> None:
        super().__init__()
        column = QtWidgets.QVBoxLayout(self)
        column.setSpacing(4)
        self.task = TaskModel(plugins, "detect", TRAIN_TIP)
        column.addWidget(self.task)
        self.here = push("Detect here", actions["detect"].toolTip(), "primary")
        self.all = push("On all", actions["detect_all"].toolTip())
        self.stop = push("Cancel", "Stop looking; what was found until then stays  [Ctrl+.]")
        self.here.clicked.connect(self.asked)
        self.all.clicked.connect(self.asked_all)
        self.stop.clicked.connect(self.cancelled)
        column.addLayout(in_row(self.here, self.all, self.stop))
        self.progress = QtWidgets.QProgressBar(textVisible=False, maximum=100)
        column.addWidget(self.progress)
        self.words = Sentence()
        column.addWidget(self.words)
        column.addWidget(QtWidgets.QLabel("Found here", objectName="heading"))
        self.summary = Sentence()
        column.addWidget(self.summary)
        self.threshold = QtWidgets.QSlider(Qt.Horizontal, maximum=99, focusPolicy=Qt.NoFocus)
        self.threshold.setToolTip("Finds of a lower score are not shown")
        self.least = QtWidgets.QLabel(objectName="muted")
        self.threshold.valueChanged.connect(self._on_threshold)
        column.addLayout(in_row(self.threshold, self.least))
        self.masks = QtWidgets.QCheckBox("Masks", focusPolicy=Qt.NoFocus, checked=True)
        self.masks.setToolTip("What of each box belongs to the arc, as the detector sees it")
        self.masks.toggled.connect(self.masks_changed)
        self.copy = push("Copy", "All finds as text, tabs between columns")
        self.copy.clicked.connect(self.copied)
        column.addLayout(in_row(self.masks, self.copy))
        self.table = Table(COLUMNS)
        for place in range(len(COLUMNS)):  # the last one has the longest words
            self.table.horizontalHeader().setSectionResizeMode(place, QtWidgets.QHeaderView.ResizeToContents)
        self.table.horizontalHeader().setStretchLastSection(True)
        self.table.setFixedHeight(ROWS_PX)
        self.table.setToolTip("Best first; a click goes there, as [.] and [,] go to the next and the former one")
        self.table.cellClicked.connect(lambda row, _: self.picked.emit(row))
        column.addWidget(self.table)
        self.verdicts = {
            name: push(title, actions[name].toolTip())
            for name, title in (("accept_find", "Accept"), ("reject_find", "Reject"), ("correct_find", "Correct"))
        }
        for name, button in self.verdicts.items():
            button.setStyleSheet("padding: 4px 2px")  # three stand side by side in the narrowest dock
            button.clicked.connect(lambda _=False, name=name: self.verdict_asked.emit(name))
        column.addLayout(in_row(*self.verdicts.values()))
        column.addWidget(self.task.folded)
        column.addStretch(1)
        self.task.refused.connect(lambda sentence: self.say(sentence, "bad"))
        self._busy, self._possible = False, (False, False)
        self.show_busy(None)
        self.say("")
        self.set_threshold(0.5)
        self.show_finds([], -1, EMPTY)

    def set_possible(self, here: bool, project: bool) -> None:
        """Whether there is an image to look at, and a project."""
        self._possible = (here, project)
        self._enable()

    def _enable(self) -> None:
        ready = not self.task.lack and not self._busy
        self.here.setEnabled(ready and self._possible[0])
        self.all.setEnabled(ready and self._possible[1])
        self.task.set_busy(self._busy or not self._possible[1])

    def show_busy(self, fraction: float | None, what: str = "") -> None:
        """Something is under way (0..1 of it done; `what`: in a few words), or not (None)."""
        self._busy = fraction is not None
        for button in (self.here, self.all):
            button.setVisible(not self._busy)
        self.stop.setVisible(self._busy)
        self.progress.setVisible(self._busy)
        self.progress.setValue(round(100 * (fraction or 0.0)))
        if what:
            self.say(what, "muted")
        self._enable()

    def say(self, sentence: str, role: str = "muted") -> None:
        self.words.say(sentence, role)
        self.words.setVisible(bool(sentence))

    def set_threshold(self, least: float) -> None:
        self.threshold.setValue(round(100 * least))
        self._on_threshold(self.threshold.value())

    def _on_threshold(self, value: int) -> None:
        self.least.setText(f"score ≥ {value / 100:.2f}")
        self.threshold_changed.emit(value / 100)

    def show_finds(self, finds: list[Find], selected: int, summary: str) -> None:
        """The finds that are shown, best first; `summary` says what there is in a sentence."""
        self.summary.say(summary, "muted")
        self.table.setUpdatesEnabled(False)
        self.table.setRowCount(min(len(finds), MOST_ROWS))
        for row, one in enumerate(finds[:MOST_ROWS]):
            for column, text in enumerate((f"{one.score:.3f}", one.class_name, one.verdict or "–")):
                item = self.table.item(row, column)
                if item is None:
                    item = QtWidgets.QTableWidgetItem()
                    self.table.setItem(row, column, item)
                item.setText(text)
        self.table.setUpdatesEnabled(True)
        for part in (self.table, self.copy):
            part.setVisible(bool(finds))
        self.masks.setVisible(any(one.mask is not None or one.points is not None for one in finds))
        self.select(selected)

    def select(self, at: int) -> None:
        if 0 <= at < self.table.rowCount():
            self.table.selectRow(at)
        else:
            self.table.clearSelection()
        for button in self.verdicts.values():
            button.setEnabled(at >= 0)
            button.setVisible(self.table.rowCount() > 0)
