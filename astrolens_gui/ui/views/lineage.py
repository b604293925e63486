"""The models of a project, newest first, with their graph, the gate's words and the way back; uses none itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from astrolens_gui.workbench.lineage import before, told

from ..qt import Qt, QtCore, QtWidgets, QWidget, Signal
from .lineage_graph import VERDICTS, GraphDelegate, nodes, width
from .sentence import Sentence
from .tables import FittedTable

EMPTY = "No model yet. Grade some objects, then Retrain [F6]; each model stays here, refused or not."
MARKS = {"accepted": "✓", "provisional": "~", "refused": "✕"}
HEAD = (
    ("", "Which model was held against which; the filled dot is in use"),
    ("Model", "Newest first"),
    ("", "✓ accepted, ~ provisional, ✕ refused"),
    ("AUROC", "On the objects held out for the gate"),
)


class LineageView(QWidget):
    """Attributes:
    use_asked: (str id) make this the model in use.
    compare_asked: (str older, str newer) hold two models against each other, object by object.
    chosen: the Ancestor that is selected, or None.
    """

    use_asked = Signal(str)
    compare_asked = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Any] = []
        self._before = ""
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        self.table = FittedTable([title for title, _ in HEAD])
        for place, (_, tip) in enumerate(HEAD):
            self.table.horizontalHeaderItem(place).setToolTip(tip)
        self.table.setItemDelegateForColumn(0, GraphDelegate(self.table))
        self.table.setSelectionMode(QtWidgets.QAbstractItemView.ExtendedSelection)
        self.table.itemSelectionChanged.connect(self._show_chosen)
        self.table.cellDoubleClicked.connect(lambda *_: self._use())
        self.words = Sentence(EMPTY)
        self.back = _button("Go back", "Use the model that the one in use took the place of")
        self.back.clicked.connect(lambda: self.use_asked.emit(self._before))
        self.use = _button("Use", "Make the selected model the one in use; the queue follows it  [double click]")
        self.use.clicked.connect(self._use)
        self.both = _button(
            "Compare", "Two selected models object by object (Ctrl and click); one alone against the one in use"
        )
        self.both.clicked.connect(lambda: self.compare_asked.emit(*self.pair))
        column.addWidget(QtWidgets.QLabel("Models", objectName="heading"))
        column.addWidget(self.table)
        column.addWidget(self.words)
        row = QtWidgets.QHBoxLayout()
        row.addWidget(self.use)
        row.addWidget(self.back, 1)
        column.addLayout(row)
        column.addWidget(self.both)
        self.show_models([])

    @property
    def chosen(self) -> Any:
        row = self.table.currentRow()
        return self._rows[row] if 0 <= row < len(self._rows) else None

    @property
    def pair(self) -> tuple[str, ...]:
        """Ids of the two models to compare, the older one first; () where it is not two that can be."""
        rows = [self._rows[at] for at in reversed(self._selected())]
        if len(rows) == 1 and not rows[0].champion:
            rows = [row for row in reversed(self._rows) if row.champion or row is rows[0]]
        return tuple(row.id for row in rows) if len(rows) == 2 and not any(row.problem for row in rows) else ()

    def show_models(self, found: Sequence[Any]) -> None:
        """`lineage.Ancestor`s, oldest first; what was selected stays so, else the one in use is: where it was that one alone, the
        selection goes with the use."""
        kept = [
            self._rows[at].id for at in self._selected() if not self._rows[at].champion or len(self._selected()) > 1
        ]
        self._rows = list(reversed(found))
        known = {row.id for row in self._rows}
        current = next((row for row in self._rows if row.champion), None)
        self._before = before(found)
        graph = nodes([(row.id, row.parent, row.verdict == "refused") for row in self._rows])
        self.table.blockSignals(True)
        self.table.setRowCount(len(self._rows))
        for at, (row, node) in enumerate(zip(self._rows, graph, strict=True)):
            self._put(at, row, node)
        self.table.fit()
        self.table.horizontalHeader().setSectionResizeMode(1, QtWidgets.QHeaderView.Stretch)
        self.table.horizontalHeader().setSectionResizeMode(0, QtWidgets.QHeaderView.Fixed)
        self.table.setColumnWidth(0, width(graph))
        wanted = [one for one in kept if one in known] or ([current.id] if current is not None else [])
        self._select([at for at, row in enumerate(self._rows) if row.id in wanted])
        self.table.blockSignals(False)
        self.table.setVisible(bool(self._rows))
        self._show_chosen()

    def _selected(self) -> list[int]:
        """Rows of the selected models, the newest first."""
        rows = {index.row() for index in self.table.selectedIndexes()}
        return sorted(at for at in rows if at < len(self._rows))

    def _select(self, rows: Sequence[int]) -> None:
        """Select these and no others, whatever keys are held meanwhile."""
        select = QtCore.QItemSelectionModel
        chosen, flags = self.table.selectionModel(), select.Select | select.Rows
        chosen.clear()
        for at in reversed(rows):
            chosen.setCurrentIndex(self.table.model().index(at, 1), flags)

    def _put(self, at: int, row: Any, node: Any) -> None:
        tip = told(row)
        first = self.table.put(at, 0, "", tip)
        for offset, value in enumerate((node, row.verdict, row.champion), 1):
            first.setData(int(Qt.UserRole) + offset, value)
        self.table.put(at, 1, _short(row), tip, right=False)
        self.table.put(at, 2, MARKS.get(row.verdict, "?"), tip)
        auroc = row.metrics.get("AUROC")
        self.table.put(at, 3, "–" if auroc is None else f"{auroc:.3f}", tip)

    def _show_chosen(self) -> None:
        row = self.chosen
        usable = row is not None and not row.problem
        self.use.setEnabled(usable and not row.champion)
        self.back.setEnabled(bool(self._before))
        self.both.setEnabled(bool(self.pair))
        for button in (self.use, self.both, self.back):
            button.setVisible(bool(self._rows))
        if row is None:
            self.words.say("" if self._rows else EMPTY, "muted")
        else:
            self.words.say(told(row), "bad" if row.problem else VERDICTS.get(row.verdict, ""))

    def _use(self) -> None:
        if self.use.isEnabled():
            self.use_asked.emit(self.chosen.id)


def _short(row: Any) -> str:
    """What tells a model from its neighbours in a narrow column: when it was made, else its name."""
    if row.shipped or not row.created:
        return str(row.id)
    made = datetime.fromisoformat(row.created).astimezone()
    return f"{made:%H:%M}" if made.date() == datetime.now().astimezone().date() else f"{made:%d %b}"


def _button(text: str, tip: str) -> QtWidgets.QPushButton:
    return QtWidgets.QPushButton(text, toolTip=tip, focusPolicy=Qt.NoFocus)
