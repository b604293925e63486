"""Two models object by object: figures, the scatter of their scores and a list by disagreement; asks nobody and counts nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import theme
from ..qt import QColor, Qt, QtCore, QtWidgets, QWidget, Signal
from .measure_plots import Plot, pg
from .search_scores import LENS, OTHER
from .sentence import Sentence
from .tables import Table

MOST = 500
"""Rows that are listed."""
MOST_DOTS = 20_000
"""Ungraded objects that are painted, drawn from all: a cloud looks the same with more."""
COLUMNS = ("Object", "Grade", "Place A", "Place B")
UNDECIDED = QColor("#CC79A7")
KINDS = ("not graded", "no lens", "undecided", "lens")


class ScatterPlot(Plot):
    """Log-odds of B over those of A; `picked` (int) is the row of the dot that was clicked."""

    picked = Signal(int)

    def __init__(self) -> None:
        self._shown: tuple[Any, np.ndarray, tuple[str, str]] | None = None
        self._marked: int | None = None
        super().__init__()
        self.setMinimumSize(300, 260)
        self.setMaximumHeight(16777215)
        self.showGrid(x=True, y=True, alpha=0.12)

    def show_versus(self, versus: Any, rows: np.ndarray, models: tuple[str, str]) -> None:
        """A `Versus`, of which `rows` (n,) may be seen."""
        self._shown, self._marked = (versus, rows, models), None
        self.redraw()

    def mark(self, row: int | None) -> None:
        """Ring the dot of this row."""
        self._marked = row
        self._ring()

    def redraw(self) -> None:
        self.clear()
        if self._shown is None:
            return
        versus, rows, models = self._shown
        for axis, letter, model in (("bottom", "A", models[0]), ("left", "B", models[1])):
            self.setLabel(axis, f"log-odds by {letter}: {_short(model)}")
        if not len(rows):
            return
        legend = self.getPlotItem().legend or self.addLegend(offset=(8, 4), labelTextSize="8pt", verSpacing=-4)
        legend.clear()
        legend.setLabelTextColor(theme.colour("text"))
        light = theme.colour("base").lightness() > 128
        kinds = kinds_of(versus.target)
        for kind, ink in zip(KINDS, (theme.colour("muted"), OTHER, UNDECIDED, LENS), strict=True):
            mine = rows[kinds[rows] == kind]
            if not len(mine):
                continue
            said = f"{kind} ({len(mine):,})"
            if len(mine) > MOST_DOTS:
                mine = np.random.default_rng(0).choice(mine, MOST_DOTS, replace=False)
                said = f"{kind} ({MOST_DOTS:,} drawn)"
            self._dots(versus, mine, ink.darker(125) if light else ink, said, faint=kind == KINDS[0])
        low, high = float(versus.logit[rows].min()), float(versus.logit[rows].max())
        self.plot([low, high], [low, high], pen=pg.mkPen(theme.colour("muted"), width=1, style=Qt.DotLine))
        self._circle = pg.ScatterPlotItem(size=16, brush=None, pen=pg.mkPen(theme.colour("accent"), width=2))
        self.addItem(self._circle)
        self.autoRange(padding=0.04)
        self._ring()

    def _dots(self, versus: Any, rows: np.ndarray, ink: QColor, said: str, faint: bool) -> None:
        """Held-out objects are filled, what a model may have learnt from is a ring."""
        fill = QColor(ink)
        fill.setAlpha(110 if faint else 230)
        brushes = [pg.mkBrush(fill if faint or held else None) for held in versus.held[rows]]
        x, y = versus.logit[rows].T
        size = 4 if faint else 7
        pen = None if faint else pg.mkPen(ink, width=1.2)
        dots = pg.ScatterPlotItem(x, y, size=size, pen=pen, brush=fill, data=rows.tolist(), name=said)
        dots.setBrush(brushes)
        dots.opts["brush"] = pg.mkBrush(fill)  # the legend's
        dots.sigClicked.connect(lambda _, points, *__: self.picked.emit(int(points[0].data())) if len(points) else None)
        self.addItem(dots)

    def _ring(self) -> None:
        if self._shown is not None and len(self._shown[1]):
            rows = [] if self._marked is None else [self._marked]
            self._circle.setData(*self._shown[0].logit[rows].T)


class VersusDialog(QtWidgets.QDialog):
    """Stays open beside the images. Attributes: picked: (int) show this object. cancel_asked: stop scoring."""

    picked = Signal(int)
    cancel_asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Two models")
        self.setWindowFlags(self.windowFlags() | Qt.WindowMaximizeButtonHint)
        self.resize(1080, 640)
        self._found: Any = None
        self._rows = np.zeros(0, int)
        self.words = Sentence()
        self.figures = Sentence()
        self.plot = ScatterPlot()
        self.plot.picked.connect(self._pick)
        self.table = Table(COLUMNS)
        self.table.setTextElideMode(Qt.ElideMiddle)
        self.table.setToolTip("The most at odds first; a click shows the object. Places count from the surest lens.")
        self.table.cellClicked.connect(lambda row, _: self._pick(int(self._rows[row])))
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QtWidgets.QHeaderView.Stretch)
        for place in range(1, len(COLUMNS)):
            header.setSectionResizeMode(place, QtWidgets.QHeaderView.ResizeToContents)
        self.split = QtWidgets.QSplitter(Qt.Horizontal)
        self.split.addWidget(self.plot)
        self.split.addWidget(self.table)
        self.split.setSizes([560, 500])
        self.split.setChildrenCollapsible(False)
        self.stop = QtWidgets.QPushButton(
            "Stop", autoDefault=False, toolTip="Scores that were given until then are kept"
        )
        self.stop.clicked.connect(self.cancel_asked)
        close = QtWidgets.QPushButton("Close", autoDefault=False)
        close.clicked.connect(self.close)
        buttons = QtWidgets.QHBoxLayout()
        buttons.addStretch(1)
        for button in (self.stop, close):
            buttons.addWidget(button)
        column = QtWidgets.QVBoxLayout(self)
        for part in (self.words, self.figures):
            column.addWidget(part)
        column.addWidget(self.split, 1)
        column.addLayout(buttons)

    def show_busy(self, first: str, second: str) -> None:
        """They are being compared."""
        self._found = None
        self.words.say(f"A {first} · B {second}")
        self.figures.say("Comparing; what one of them has not scored yet is scored first …", "muted")
        self.split.setVisible(False)
        self.stop.setVisible(True)

    def fail(self, sentence: str) -> None:
        self.figures.say(sentence, "bad")
        self.stop.setVisible(False)

    def show_compared(self, found: Any, shown: Sequence[int], grades: Sequence[str]) -> None:
        """A `Compared`: rows of it that may be seen, and the grades of all its objects as they are now."""
        self._found = found
        versus = found.versus
        order = versus.order
        self._rows = order[np.isin(order, np.asarray(shown, int))]
        hidden = len(order) - len(self._rows)
        told = [f"A {found.models[0]} · B {found.models[1]} · {len(order):,} objects"]
        told += [f"{found.unscored:,} without a score of both"] if found.unscored else []
        told += ["filled dots are held out"] if versus.held.any() else []
        told += [f"{hidden:,} are hidden until you graded them"] if hidden else []
        self.words.say(" · ".join(told))
        self.figures.say(told_figures(found), "warning" if versus.caution() else "")
        self.stop.setVisible(False)
        self.split.setVisible(True)
        self.plot.show_versus(versus, self._rows, found.models)
        rows = self._rows[:MOST].tolist()
        self.table.setRowCount(len(rows))
        for at, row in enumerate(rows):
            self._put(at, row, grades[row])

    def _put(self, at: int, row: int, grade: str) -> None:
        versus, name = self._found.versus, self._found.names[row]
        kind = str(kinds_of(versus.target[[row]])[0])
        first, second = versus.logit[row]
        tip = (
            f"{name}: log-odds {first:+.2f} by A, {second:+.2f} by B; {kind}{', held out' if versus.held[row] else ''}"
        )
        said = grade or ("" if kind == KINDS[0] else kind)
        for place, text in enumerate((name, said, *(f"{one:,.0f}" for one in versus.place[row]))):
            self.table.put(at, place, text, tip, right=place > 1)

    def _pick(self, row: int) -> None:
        listed = np.flatnonzero(self._rows[:MOST] == row)
        if len(listed):
            self.table.setCurrentCell(int(listed[0]), 0)
        self.plot.mark(row)
        self.picked.emit(int(self._found.versus.ids[row]))

    def keyPressEvent(self, event: QtCore.QEvent) -> None:
        if event.key() == Qt.Key_Escape:  # type: ignore[attr-defined]
            self.close()
            return
        super().keyPressEvent(event)


def kinds_of(target: np.ndarray) -> np.ndarray:
    """One of `KINDS` for each target (N,)."""
    graded = np.where(target > 0.5, KINDS[3], np.where(target < 0.5, KINDS[1], KINDS[2]))
    return np.where(np.isnan(target), KINDS[0], graded)


def told_figures(found: Any) -> str:
    """The figures of a `Compared` in sentences."""
    lenses, others = found.versus.counts()
    caution = found.versus.caution()
    held = caution or f"On {lenses:,} lenses and {others:,} non-lenses held out, B against A:"
    return "\n".join([held, *(f"{one.said}, {judged(one.change_interval)}" for one in found.figures)])


def judged(interval: tuple[float, float]) -> str:
    """What a paired interval says."""
    low, high = interval
    return "B is better" if low > 0 else "A is better" if high < 0 else "no difference is sure"


def _short(model: str) -> str:
    return model if len(model) <= 28 else f"{model[:12]}…{model[-12:]}"
