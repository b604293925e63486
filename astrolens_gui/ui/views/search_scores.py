"""Scores of lenses, non-lenses and ungraded objects, a threshold to drag, and what it costs; counts no object itself."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import theme
from ..qt import QColor, QtWidgets, QWidget, Signal
from .estimates import facts, share
from .measure_plots import Plot, pg
from .sentence import Sentence

EMPTY = "Nothing is scored yet: Score, in the bar on top, has the model score every object [F5]."
UNKNOWN = "Completeness and purity need grades given in a drawn order: Mixture, Draw anew."
ROWS = (
    ("Score", "The calibrated score at the line; drag the line"),
    ("Objects above", "A list of all objects with at least this score, graded or not"),
    ("To look at", "Those of them that nobody has graded"),
    ("Completeness", "Of all lenses, the share that is on this list; 95 % interval"),
    ("Purity", "Of this list, the share that are lenses; 95 % interval"),
)
LENS, OTHER = QColor("#E69F00"), QColor("#56B4E9")
TICKS = (0.5, 0.01, 0.99, 0.1, 0.9, 0.001, 0.999, 0.0001, 0.9999)
APART = 0.27


def ticks(low: float, high: float) -> list[tuple[float, str]]:
    """(logit, score) between two logits, so far apart that they can be read in a narrow plot; 0.5 comes first."""
    kept: list[tuple[float, str]] = []
    for tick in TICKS:
        place = math.log(tick / (1 - tick))
        if low <= place <= high and all(abs(place - other) >= APART * (high - low) for other, _ in kept):
            kept.append((place, f"{tick:g}"))
    return sorted(kept)


ROOM = 1.6
"""How much higher than the bars the plot is: the legend stands above them."""


class SpreadPlot(Plot):
    """Three histograms over the logit, its axis in scores, counts on a logarithmic scale; a line to drag."""

    moved = Signal(float)

    def __init__(self) -> None:
        self._spread: Any = None
        self.line: Any = None
        self.threshold: float | None = None
        super().__init__()

    def show_spread(self, spread: Any) -> None:
        self._spread = spread
        if self.threshold is None:
            self.threshold = float(np.clip(0.0, spread.edges[0], spread.edges[-1]))
        self.redraw()

    def redraw(self) -> None:
        self.clear()
        spread = self._spread
        if spread is None:
            return
        legend = self.getPlotItem().legend or self.addLegend(offset=(-4, 4), labelTextSize="7pt", verSpacing=-6)
        legend.clear()
        legend.setLabelTextColor(theme.colour("text"))
        light = theme.colour("base").lightness() > 128
        for name, counts, ink in (
            ("not graded", spread.ungraded, theme.colour("muted")),
            ("no lens", spread.others, OTHER),
            ("lens", spread.lenses, LENS),
        ):
            if counts.any():
                ink = ink.darker(125) if light else ink
                shade = QColor(ink)
                shade.setAlpha(70)
                self.plot(
                    spread.edges, np.log10(counts + 1.0), stepMode="center", fillLevel=0, fillBrush=shade, pen=pg.mkPen(None)
                )  # fmt: skip
                self.plot(
                    spread.edges, np.log10(counts + 1.0), stepMode="center", pen=pg.mkPen(ink, width=1.4), name=name
                )
        self.setLabel("bottom", "score")
        self.setLabel("left", "objects")
        self.getAxis("bottom").setTicks([ticks(float(spread.edges[0]), float(spread.edges[-1]))])
        most = max(int(one.max()) for one in (spread.ungraded, spread.others, spread.lenses))
        decades = [0, 1, *(10**power for power in range(1, 8) if 10**power <= most)]
        self.getAxis("left").setTicks([[(math.log10(tick + 1), f"{tick:,}") for tick in decades]])
        self.setXRange(float(spread.edges[0]), float(spread.edges[-1]), padding=0.02)
        self.setYRange(0, ROOM * math.log10(most + 1), padding=0.08)
        grip = pg.mkPen(theme.colour("accent"), width=2)
        bold = pg.mkPen(theme.colour("text"), width=3)
        self.line = pg.InfiniteLine(self.threshold, 90, movable=True, pen=grip, hoverPen=bold)
        self.line.setBounds((float(spread.edges[0]), float(spread.edges[-1])))
        self.line.sigPositionChanged.connect(self._dragged)
        self.addItem(self.line)

    def _dragged(self, line: Any) -> None:
        self.threshold = float(line.value())
        self.moved.emit(self.threshold)


class ScoresView(QWidget):
    """Attributes: moved: (float) the line stands at another logit."""

    page: QWidget
    moved = Signal(float)

    def __init__(self) -> None:
        super().__init__()
        column = QtWidgets.QVBoxLayout(self)
        column.setSpacing(5)
        margins = column.contentsMargins()
        column.setContentsMargins(4, margins.top(), 4, margins.bottom())  # "98 % (83–100)" in the narrowest dock
        self.words = Sentence()
        self.plot = SpreadPlot()
        self.plot.setToolTip("Drag the line: what a list of all objects to the right of it would cost and hold")
        self.plot.moved.connect(self._on_moved)
        self.table, self.values = facts(ROWS)
        self.note = Sentence()
        for part in (self.words, self.plot, self.table, self.note):
            column.addWidget(part)
        column.addStretch(1)
        self._spread: Any = None

    @property
    def threshold(self) -> float | None:
        """The logit that the line stands at; None where nothing is scored."""
        return self.plot.threshold if self._spread is not None else None

    def clear(self) -> None:
        self._spread = None
        self.plot.threshold = None
        self.say(EMPTY)
        for part in (self.plot, self.table, self.note):
            part.hide()

    def say(self, text: str, role: str = "muted") -> None:
        self.words.say(text, role)
        self.words.setVisible(bool(text))

    def show_spread(self, spread: Any) -> None:
        if not len(spread.edges):
            self.clear()
            return
        fresh = self._spread is None
        self._spread = spread
        self.say("")
        for part in (self.plot, self.table):
            part.show()
        self.plot.show_spread(spread)
        self._tell()
        if fresh:
            self.moved.emit(float(self.plot.threshold or 0.0))

    def _on_moved(self, threshold: float) -> None:
        self._tell()
        for name in ("Completeness", "Purity"):
            self.values[name].setText("…")
        self.moved.emit(threshold)

    def _tell(self) -> None:
        threshold = self.plot.threshold or 0.0
        above, to_look_at = self._spread.above(threshold)
        score = 1 / (1 + math.exp(-threshold))
        self.values["Score"].setText(f"≥ {score:.3g}")
        self.values["Objects above"].setText(f"{above:,}")
        self.values["To look at"].setText(f"{to_look_at:,}")

    def show_listed(self, searched: Any) -> None:
        """A `Searched`: what is estimated of the list."""
        listed = searched.listed
        if self._spread is None or math.isnan(searched.threshold):
            return
        self.values["Completeness"].setText(share(listed.completeness) if listed is not None else "–")
        self.values["Purity"].setText(share(listed.purity) if listed is not None else "–")
        self.note.say("" if listed is not None else UNKNOWN, "muted")
        self.note.setVisible(listed is None)
