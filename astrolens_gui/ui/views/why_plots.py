"""Plots of the Why dock: what a logit moves with, and how many verdicts flip at which strength; measures nothing itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import theme
from ..qt import QColor, QtCore, QWidget
from .measure_plots import Plot, pg
from .why_layer import AGAINST, FOR

SMALL = 128
INKS = ("#4ea3e0", "#eab54a", "#e0719c", "#4cc38a", "#b48cf2", "#e8e3d3")


class SensitivityPlot(Plot):
    """The logit over one thing that was changed: a curve, or one a band or axis; 0, where the verdict turns, is dashed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._curves: list[Any] = []
        super().__init__(parent)
        self.setFixedHeight(SMALL)

    def minimumSizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(80, SMALL)

    def show_curves(self, curves: list[Any]) -> None:
        self._curves = curves
        self.redraw()

    def redraw(self) -> None:
        self.clear()
        if not self._curves:
            return
        legend = self.getPlotItem().legend or self.addLegend(offset=(-4, 4), labelTextSize="7pt", verSpacing=-6)
        legend.clear()
        legend.setLabelTextColor(theme.colour("text"))
        self.setLabel("left", "logit")
        self.setLabel("bottom", self._curves[0].axis)
        for number, curve in enumerate(self._curves):
            ink = theme.colour("accent") if len(self._curves) == 1 else _ink(INKS[number % len(INKS)])
            name = curve.name.rsplit(" ", 1)[-1] if len(self._curves) > 1 else None
            dots = pg.mkBrush(ink)
            self.plot(
                curve.value, curve.logit, pen=pg.mkPen(ink, width=1.6),
                symbol="o", symbolSize=4, symbolBrush=dots, symbolPen=None, name=name,
            )  # fmt: skip
            if curve.scatter.any():
                self.addItem(pg.ErrorBarItem(x=curve.value, y=curve.logit, height=2 * curve.scatter, pen=pg.mkPen(ink)))
        self.addItem(pg.InfiniteLine(0, 0, pen=pg.mkPen(theme.colour("muted"), style=QtCore.Qt.DashLine)))
        low = min(float((one.logit - one.scatter).min()) for one in self._curves)
        high = max(float((one.logit + one.scatter).max()) for one in self._curves)
        self.setYRange(min(low, 0.0), max(high, 0.0), padding=0.08)


class FlipsPlot(Plot):
    """Share of verdicts flipped up to each strength, by the attack and by random signs, over how many flip where."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._found: Any = None
        super().__init__(parent)

    def show_flips(self, found: Any) -> None:
        self._found = found
        self.redraw()

    def redraw(self) -> None:
        self.clear()
        found = self._found
        if found is None:
            return
        self.setLogMode(False, False)
        legend = self.getPlotItem().legend or self.addLegend(offset=(6, 4), labelTextSize="7pt", verSpacing=-6)
        legend.clear()
        legend.setLabelTextColor(theme.colour("text"))
        self.setLabel("bottom", "change, sky σ a pixel")
        self.setLabel("left", "verdicts flipped, %")
        at = np.log2(found.eps[1:])
        edges = np.arange(at[0] - 1, at[-1] + 0.01, 0.5)
        finite = found.smallest[np.isfinite(found.smallest)]
        number, _ = np.histogram(np.clip(np.log2(np.maximum(finite, 1e-9)), edges[0], edges[-1]), edges)
        shade = QColor(theme.colour("muted"))
        shade.setAlpha(110)
        bars = pg.BarGraphItem(
            x0=edges[:-1], x1=edges[1:], height=100 * number / max(len(found), 1), brush=shade, pen=None
        )
        self.addItem(bars)
        for name, colour, first in (("attack", FOR, found.smallest), ("random signs", AGAINST, found.smallest_random)):
            share = [100 * float((first <= strength).mean()) for strength in found.eps[1:]]
            self.plot(at, np.array(share), pen=pg.mkPen(_ink(colour.name()), width=2), name=name)
        ticks = [(float(np.log2(strength)), f"{strength:g}") for strength in (0.01, 0.1, 1)]
        self.getAxis("bottom").setTicks([ticks])
        self.setXRange(edges[0], edges[-1], padding=0.01)
        self.setYRange(0, 100, padding=0.02)


def _ink(name: str) -> QColor:
    """A colour that is dark enough on a light plot."""
    colour = QColor(name)
    return colour if theme.colour("base").lightness() < 128 else colour.darker(150)
