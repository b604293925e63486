"""The strip of pixel values: counts, the colour bar under them, two cuts to drag; knows no recipe and no WCS."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..qt import QColor, QPalette, Qt, QtCore, QtGui, QWidget, Signal
from .sky import format_value

BINS = 200
SAMPLE = 40_000
BAR_SAMPLE = 8_000
BAR = 9
GRAB = 6
TAILS = (0.05, 99.8)
TIP = "Drag a line to move a cut, double-click for automatic cuts  [A]"


class HistogramStrip(QWidget):
    """Counts on a logarithmic scale over the range that holds both cuts and nearly all pixels.

    Attributes:
        cuts_dragged: (low, high) in pixel values while a cut is dragged; a double click asks for automatic cuts.
    """

    cuts_dragged = Signal(float, float)
    auto_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("histogram")
        self.setFixedHeight(52)
        self.setMouseTracking(True)
        self.setToolTip(TIP)
        self._values = np.empty(0, np.float32)
        self._cuts = (0.0, 1.0)
        self._range = (0.0, 1.0)
        self._heights = np.empty(0)
        self._bar: QtGui.QImage | None = None
        self._dragged: int | None = None

    def set_image(self, data: np.ndarray | None, low: float = 0.0, high: float = 1.0) -> None:
        """Show the values of float (h, w) `data`, NaN left out; None empties the strip."""
        if data is None:
            self._values = np.empty(0, np.float32)
        else:
            step = max(1, data.size // SAMPLE)
            while math.gcd(step, data.shape[1]) > 1:  # else a few columns would stand for all
                step += 1
            flat = data.ravel()[::step]
            self._values = np.sort(flat[np.isfinite(flat)])
        self._cuts = (low, high)
        self._fit_range()
        self.update()

    def set_cuts(self, low: float, high: float) -> None:
        """Move the two lines; the range follows, but not under a hand that drags."""
        moved = (low, high) != self._cuts
        self._cuts = (low, high)
        if moved and self._dragged is None:
            self._fit_range()
        self.update()

    def set_bar(self, rgb: np.ndarray | None) -> None:
        """uint8 (n, 3): the colours from the low to the high cut."""
        if rgb is None:
            self._bar = None
        else:
            line = np.ascontiguousarray(rgb)
            self._bar = QtGui.QImage(line.data, len(line), 1, 3 * len(line), QtGui.QImage.Format_RGB888).copy()
        self.update()

    @property
    def values(self) -> np.ndarray:
        """float32, ascending: a sample of the image's finite values."""
        return self._values

    def _fit_range(self) -> None:
        low, high = self._cuts
        if self._values.size:
            at = (np.array(TAILS) / 100 * (self._values.size - 1)).astype(int)
            low, high = min(low, float(self._values[at[0]])), max(high, float(self._values[at[1]]))
        margin = 0.04 * (high - low) or max(abs(high), 1e-30) * 0.04
        self._range = (low - margin, high + margin)
        counts, _ = np.histogram(self._values.astype(np.float64), BINS, self._range)
        heights = np.log1p(counts)
        self._heights = heights / max(heights.max(initial=0.0), 1.0)

    def x_of(self, value: float) -> float:
        """Where a pixel value stands in the strip, in its own pixels."""
        low, high = self._range
        return (value - low) / (high - low) * self.width()

    def value_at(self, x: float) -> float:
        low, high = self._range
        return low + x / max(self.width(), 1) * (high - low)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        palette = self.palette()
        painter.fillRect(self.rect(), palette.color(QPalette.Base))
        if not self._values.size:
            painter.end()
            return
        ground = self.height() - BAR - 1
        step = self.width() / BINS
        outline = QtGui.QPolygonF([QtCore.QPointF(0.0, ground)])
        for place, height in enumerate(self._heights):
            y = ground - height * (ground - 4)
            outline.append(QtCore.QPointF(place * step, y))
            outline.append(QtCore.QPointF((place + 1) * step, y))
        outline.append(QtCore.QPointF(self.width(), ground))
        shade = QColor(palette.color(QPalette.Text))
        shade.setAlpha(110)
        painter.setPen(Qt.NoPen)
        painter.setBrush(shade)
        painter.drawPolygon(outline)
        self._paint_bar(painter, ground + 1)
        accent = palette.color(QPalette.Highlight)
        painter.setPen(QtGui.QPen(accent, 2))
        for value in self._cuts:
            x = self._inside(self.x_of(value))
            painter.drawLine(QtCore.QPointF(x, 0), QtCore.QPointF(x, self.height()))
        painter.end()

    def _paint_bar(self, painter: QtGui.QPainter, top: int) -> None:
        if self._bar is None:
            return
        left, right = (self.x_of(value) for value in self._cuts)
        whole = QtCore.QRectF(0, top, self.width(), BAR)
        painter.fillRect(whole.adjusted(0, 0, left - self.width(), 0), QColor(self._bar.pixel(0, 0)))
        painter.fillRect(whole.adjusted(right, 0, 0, 0), QColor(self._bar.pixel(self._bar.width() - 1, 0)))
        painter.drawImage(QtCore.QRectF(left, top, right - left, BAR), self._bar)

    def _inside(self, x: float) -> float:
        return min(max(x, 1.0), self.width() - 1.0)

    def _near(self, x: float) -> int | None:
        distances = [abs(self._inside(self.x_of(value)) - x) for value in self._cuts]
        nearest = int(np.argmin(distances))
        if distances[0] == distances[1]:
            nearest = int(x > self._inside(self.x_of(self._cuts[0])))
        return nearest if distances[nearest] <= GRAB else None

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        if event.button() == Qt.LeftButton and self._values.size:
            self._dragged = self._near(event.x())

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        if self._dragged is None:
            near = self._values.size and self._near(event.x()) is not None
            self.setCursor(Qt.SplitHCursor if near else Qt.ArrowCursor)
            return
        cuts = list(self._cuts)
        cuts[self._dragged] = self.value_at(self._inside(event.x()))
        if cuts[0] < cuts[1]:
            self._cuts = (cuts[0], cuts[1])
            self.update()
            self.cuts_dragged.emit(*self._cuts)

    def mouseReleaseEvent(self, event: QtGui.QMouseEvent) -> None:
        if self._dragged is not None:
            self._dragged = None
            self._fit_range()
            self.update()

    def mouseDoubleClickEvent(self, event: QtGui.QMouseEvent) -> None:
        self.auto_wanted.emit()

    def event(self, event: QtCore.QEvent) -> bool:
        if event.type() == QtCore.QEvent.ToolTip and self._values.size:
            low, high = self._cuts
            self.setToolTip(f"Cuts {format_value(low)} … {format_value(high)}.  {TIP}")
        return super().event(event)


def colour_bar(render: Any, values: np.ndarray, recipe: Any, low: float, high: float, steps: int = 256) -> np.ndarray:
    """uint8 (steps, 3): the colours of `steps` values from `low` to `high`, as `render` draws them in this image.

    `values` is a sorted sample of the image: it stands beside the ramp, so that histogram equalisation sees the
    image's own distribution.
    """
    ramp = np.linspace(low, high, steps, dtype=np.float32)
    sample = values[:: max(1, values.size // BAR_SAMPLE)]
    repeats = np.repeat(sample, max(1, 64 * steps // max(sample.size, 1)))
    return render(np.concatenate([ramp, repeats])[np.newaxis], recipe, low, high)[0, :steps]
