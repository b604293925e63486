"""How far a search is: completeness with its interval, lenses left, and its curve against a random order; estimates nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import theme
from ..qt import QColor, Qt, QtCore, QtGui, QtWidgets, QWidget
from .estimates import count, facts, rate
from .measure_plots import Plot, pg
from .sentence import Sentence

EMPTY = (
    "How many lenses are left is estimated from grades given in a drawn order. Draw the queue in the tab Mixture, and "
    "grade from its top, as it comes."
)
ROWS = (
    (
        "Found",
        "Graded objects that are called a lens: the mean of what the graders say lies above a half",
    ),
    ("Undecided", "Objects whose graders' mean says neither: they count as no lens until somebody decides"),
    (
        "Lenses left",
        "Lenses that nobody has graded, by the estimate, with the interval that holds the truth 95 times of 100",
    ),
    ("Graded", "Objects with a grade, of all"),
    ("Drawn", "Grades given in a drawn order: what the estimate rests on"),
    ("Yield now", "Lenses among the last 100 grades"),
)


class CompletenessBar(QWidget):
    """The share that is found, filled, and the interval as a bracket on it."""

    HEIGHT = 30

    def __init__(self) -> None:
        super().__init__()
        self.setFixedHeight(self.HEIGHT)
        self.found: Any = None

    def show_share(self, found: Any) -> None:
        """An Estimate of 0..1; None for none."""
        self.found = found
        self.setVisible(found is not None)
        if found is not None:
            self.setToolTip(
                f"Completeness {found.value:.1%}: at least {found.low:.1%}, at most {found.high:.1%} of all lenses are found "
                "(95 % interval)"
            )
        self.update()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        if self.found is None:
            return
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.Antialiasing)
        track = QtCore.QRectF(1, 8, self.width() - 2, 14)
        painter.setPen(Qt.NoPen)
        painter.setBrush(theme.colour("raised"))
        painter.drawRoundedRect(track, 3, 3)
        value = self.found.value if np.isfinite(self.found.value) else 0.0
        at = [track.left() + share * track.width() for share in (self.found.low, value, self.found.high)]
        painter.setBrush(theme.colour("accent"))
        painter.drawRoundedRect(QtCore.QRectF(track.left(), track.top(), at[1] - track.left(), track.height()), 3, 3)
        painter.setPen(QtGui.QPen(theme.colour("text"), 1.6))
        middle = track.center().y()
        painter.drawLine(QtCore.QPointF(at[0], middle), QtCore.QPointF(at[2], middle))
        for x in (at[0], at[2]):
            painter.drawLine(QtCore.QPointF(x, track.top() - 3), QtCore.QPointF(x, track.bottom() + 3))
        painter.end()


class CurvePlot(Plot):
    """Lenses found by grades given, and what a random order would have found, with its interval."""

    def __init__(self) -> None:
        self._curve: Any = None
        super().__init__()

    def show_curve(self, curve: Any) -> None:
        self._curve = curve
        self.redraw()

    def redraw(self) -> None:
        self.clear()
        curve = self._curve
        if curve is None or len(curve.found) < 2:
            return
        self.setLabel("left", "lenses found")
        self.setLabel("bottom", "grades")
        legend = self.getPlotItem().legend or self.addLegend(offset=(6, 4), labelTextSize="7pt", verSpacing=-6)
        legend.clear()
        legend.setLabelTextColor(theme.colour("text"))
        step = max(1, len(curve.found) // 2000)
        steps = np.arange(len(curve.found))[::step]
        if np.isfinite(curve.random).all():
            shade = QColor(theme.colour("muted"))
            shade.setAlpha(60)
            low, high = (
                self.plot(steps, one[::step], pen=pg.mkPen(None)) for one in (curve.random_low, curve.random_high)
            )
            self.addItem(pg.FillBetweenItem(low, high, brush=shade))
            dashed = pg.mkPen(theme.colour("muted"), width=1.4, style=Qt.DashLine)
            self.plot(steps, curve.random[::step], pen=dashed, name="random order")
        self.plot(steps, curve.found[::step], pen=pg.mkPen(theme.colour("accent"), width=2), name="yours")
        self.setXRange(0, len(curve.found) - 1, padding=0.02)
        self.setYRange(0, max(float(curve.found[-1]), 1.0), padding=0.06)


class StateView(QWidget):
    """Shows a `Searched`."""

    page: QWidget

    def __init__(self, actions: Any) -> None:
        super().__init__()
        column = QtWidgets.QVBoxLayout(self)
        column.setSpacing(5)
        self.words = Sentence()
        self.title = QtWidgets.QLabel("Completeness", objectName="heading")
        self.share = QtWidgets.QLabel(alignment=Qt.AlignRight)
        self.bar = CompletenessBar()
        self.table, self.values = facts(ROWS)
        self.heading = QtWidgets.QLabel("Lenses by grades", objectName="heading")
        self.plot = CurvePlot()
        for part in (self.words, self.title, self.bar, self.share, self.table, self.heading, self.plot):
            column.addWidget(part)
        column.addStretch(1)

    def clear(self) -> None:
        self.say(EMPTY)
        for part in (self.title, self.share, self.bar, self.table, self.heading, self.plot):
            part.hide()

    def say(self, text: str, role: str = "muted") -> None:
        self.words.say(text, role)

    def show_search(self, searched: Any) -> None:
        search, curve = searched.search, searched.curve
        graded = searched.drawn + searched.others
        if not graded:
            self.clear()
            return
        if search is None:
            self.say(f"{curve.hint} {EMPTY}")
        else:
            self.say(f"{curve.hint} {searched.caution}".rstrip(), "warning" if searched.caution else "")
        for part in (self.title, self.share, self.bar):
            part.setVisible(search is not None)
        for part in (self.table, self.heading, self.plot):
            part.show()
        values = self.values
        values["Found"].setText(f"{search.found if search is not None else int(curve.found[-1]):,}")
        values["Undecided"].setText(f"{searched.undecided:,}")
        values["Drawn"].setText(f"{searched.drawn:,}")
        values["Yield now"].setText(rate(curve.yield_now))
        if search is None:
            values["Lenses left"].setText("not known yet")
            values["Graded"].setText(f"{graded:,}")
        else:
            left = [
                max(each - search.found, 0.0) for each in (search.lenses.value, search.lenses.low, search.lenses.high)
            ]
            values["Lenses left"].setText(count(*left))
            values["Graded"].setText(f"{search.graded:,} of {search.pool:,}")
            self.share.setText(rate(search.completeness))
            self.bar.show_share(search.completeness)
        self.plot.show_curve(curve)
