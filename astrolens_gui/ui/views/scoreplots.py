"""The curves of a scoreboard: ROC, and what is recovered by Einstein radius and arc S/N; measures nothing itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from astrolens_gui.core.learn.boardfiles import for_log
from astrolens_gui.core.learn.recovery import QUANTITIES, logarithmic

from .. import theme
from ..qt import QColor, Qt, QtWidgets
from .measure_plots import Plot, pg

INKS = ("#E69F00", "#56B4E9", "#009E73", "#CC79A7", "#D55E00", "#0072B2", "#F0E442", "#999999")
"""Okabe and Ito's colours, which everybody tells apart; after eight they come again, dashed."""


def inks(names: Sequence[str]) -> dict[str, QColor]:
    """A colour for each entry, darker on a light page."""
    light = theme.colour("base").lightness() > 128
    colours = [QColor(INKS[at % len(INKS)]) for at in range(len(names))]
    return {name: ink.darker(125) if light else ink for name, ink in zip(names, colours, strict=True)}


def decades(low: float, high: float) -> list[list[tuple[float, str]]]:
    """Ticks of a logarithmic axis between two exponents: numbers at 1, and at 2 and 5 where it spans little."""
    named: list[tuple[float, str]] = []
    plain: list[tuple[float, str]] = []
    steps = (1, 2, 5) if high - low < 3.5 else (1,)
    for power in range(int(np.floor(low)), int(np.ceil(high)) + 1):
        for digit in range(1, 10):
            place = power + float(np.log10(digit))
            if low <= place <= high + 1e-9:
                value = digit * 10.0**power
                named.append((place, f"{value:g}")) if digit in steps else plain.append((place, ""))
    return [named, plain]


class Curves(Plot):
    """A plot of as much room as there is, in which one entry stands out."""

    def __init__(self) -> None:
        self._inks: dict[str, QColor] = {}
        self._marked = ""
        super().__init__()
        self.setMinimumHeight(150)
        self.setMaximumHeight(16777215)
        self.showGrid(x=True, y=True, alpha=0.15)

    def mark(self, name: str) -> None:
        self._marked = name
        self.redraw()

    def _pen(self, name: str) -> Any:
        dashed = list(self._inks).index(name) >= len(INKS)
        style = Qt.DashLine if dashed else Qt.SolidLine
        return pg.mkPen(self._inks[name], width=3.0 if name == self._marked else 1.3, style=style)

    def _order(self, names: Sequence[str]) -> list[str]:
        """The marked one last: it is drawn above the others."""
        return sorted(names, key=lambda name: name == self._marked)


class RocPlot(Curves):
    """TPR over FPR, joined by straight lines as in the challenge; a person's grades are the points of the curve."""

    def __init__(self) -> None:
        self._curves: Mapping[str, tuple[np.ndarray, np.ndarray]] = {}
        self._people: set[str] = set()
        self._log = True
        super().__init__()

    def show_curves(self, curves: Mapping[str, Any], inks: dict[str, QColor], people: Sequence[str]) -> None:
        self._curves, self._inks, self._people = curves, inks, set(people)
        self.redraw()

    def set_log(self, on: bool) -> None:
        self._log = on
        self.redraw()

    def redraw(self) -> None:
        self.clear()
        self.setLogMode(self._log, False)
        self.setLabel("bottom", "false-positive rate")
        self.setLabel("left", "true-positive rate")
        if not self._curves:
            return
        floor = 1.0
        for fpr, _ in self._curves.values():
            floor = min(floor, float(fpr[fpr > 0].min(initial=1.0)) / 2)
        for name in self._order(list(self._curves)):
            fpr, tpr = self._curves[name]
            x, y = for_log(fpr, tpr, floor) if self._log else (fpr, tpr)
            self.plot(x, y, pen=self._pen(name))
            if name in self._people and fpr.size > 2:
                ink = self._inks[name]
                self.plot(fpr[1:-1].clip(floor), tpr[1:-1], pen=None, symbol="s", symbolSize=7, symbolBrush=ink,
                          symbolPen=None)  # fmt: skip
        if self._log:
            pen = pg.mkPen(theme.colour("muted"), width=1, style=Qt.DotLine)
            self.addItem(pg.InfiniteLine(-3.0, 90, pen=pen))
        left = float(np.log10(floor)) if self._log else 0.0
        self.getAxis("bottom").setTicks(decades(left, 0.0) if self._log else None)
        self.setXRange(left, 0.0 if self._log else 1.0, padding=0.01)
        self.setYRange(0.0, 1.0, padding=0.03)


class QuantityPlot(Curves):
    """Completeness in bins of one quantity; bin widths and intervals are drawn of the marked entry."""

    def __init__(self, quantity: str) -> None:
        self.quantity = quantity
        self._found: dict[str, Any] = {}
        super().__init__()

    def show_found(self, found: dict[str, Any], inks: dict[str, QColor]) -> None:
        self._found, self._inks = found, inks
        self.redraw()

    def redraw(self) -> None:
        self.clear()
        if not self._found:
            return
        log = logarithmic(list(self._found.values()))
        self.setLogMode(log, False)
        self.setLabel("bottom", QUANTITIES[self.quantity])
        edges = [edge for one in self._found.values() for bin in one.bins for edge in (bin.low, bin.high)]
        ticks = decades(float(np.log10(min(edges))), float(np.log10(max(edges)))) if log else None
        self.getAxis("bottom").setTicks(ticks)
        self.setLabel("left", f"completeness at FPR ≤ {next(iter(self._found.values())).fpr:g}")
        for name in self._order(list(self._found)):
            bins = [bin for bin in self._found[name].bins if bin.lenses]
            x, y = np.array([bin.middle for bin in bins]), np.array([bin.completeness for bin in bins])
            ink = self._inks[name]
            self.plot(x, y, pen=self._pen(name), symbol="o", symbolSize=6, symbolBrush=ink, symbolPen=None)
            if name == self._marked:
                ends = np.array([bin.interval for bin in bins])
                sides = np.array([(bin.low, bin.high) for bin in bins])
                pen = pg.mkPen(ink, width=1.2)
                self.plot(np.repeat(x, 2), ends.ravel(), pen=pen, connect="pairs")
                self.plot(sides.ravel(), np.repeat(y, 2), pen=pen, connect="pairs")
        self.setYRange(0.0, 1.0, padding=0.03)


class RecoveryPlot(QtWidgets.QWidget):
    """Both quantities side by side, or the sentence that says what is missing."""

    def __init__(self) -> None:
        super().__init__()
        self.plots = {quantity: QuantityPlot(quantity) for quantity in QUANTITIES}
        self.none = QtWidgets.QLabel(
            "The truth has no column theta_E_arcsec or arc_snr with numbers for its lenses; a simulation's truth.csv does.",
            objectName="muted",
            wordWrap=True,
            alignment=Qt.AlignCenter,
        )
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 0)
        for widget in (*self.plots.values(), self.none):
            row.addWidget(widget, 1)

    def show_recoveries(self, found: Mapping[str, Sequence[Any]], inks: dict[str, QColor]) -> None:
        for quantity, plot in self.plots.items():
            mine = {name: one for name, made in found.items() for one in made if one.quantity == quantity}
            plot.setVisible(bool(mine))
            plot.show_found(mine, inks)
        self.none.setVisible(not any(found.values()))

    def mark(self, name: str) -> None:
        for plot in self.plots.values():
            plot.mark(name)
