"""Plots of the Measure dock: line profile, radial profile and the unrolled image, in arcsec; measures nothing itself."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from .. import theme
from ..qt import PYQTGRAPH_BINDING, QColor, QtCore, QtWidgets, QWidget, Signal
from .measure_layer import CIRCLE, LINE

os.environ.setdefault("PYQTGRAPH_QT_LIB", PYQTGRAPH_BINDING)
import pyqtgraph as pg

HEIGHT = 190
PERCENTILES = (5.0, 99.5)
"""Of the unrolled pixels: its own cuts, as the ring is what should be seen."""

STEEP = 30.0
"""A profile whose peak is so many times its median is drawn on a logarithmic axis: galaxies are."""

DECADES = 3e3
"""How far below the peak a logarithmic axis goes."""

SIGNS = {"arcsec": "″", "px": "px"}


class Plot(pg.PlotWidget):
    """A plot that neither zooms nor has a menu: the wheel belongs to the dock. Its colours are the theme's."""

    _made = False

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, enableMenu=False)
        self.setFixedHeight(HEIGHT)
        self.setMinimumWidth(80)
        self.setMouseEnabled(False, False)
        self.hideButtons()
        self.setFrameShape(self.NoFrame)
        self.setFocusPolicy(QtCore.Qt.NoFocus)
        self.getPlotItem().setContentsMargins(2, 6, 8, 2)
        for name in ("bottom", "left"):
            self.getAxis(name).setStyle(tickLength=-4)
            self.getAxis(name).enableAutoSIPrefix(False)
        self._made = True
        self.tint()

    def minimumSizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(80, HEIGHT)

    def wheelEvent(self, event: Any) -> None:
        event.ignore()

    def tint(self) -> None:
        """The theme's colours, also when it changes."""
        self.setBackground(theme.colour("base"))
        for name in ("bottom", "left"):
            axis = self.getAxis(name)
            axis.setPen(theme.colour("muted"))
            axis.setTextPen(theme.colour("text"))

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        if self._made and event.type() in (QtCore.QEvent.PaletteChange, QtCore.QEvent.StyleChange):
            self.tint()
            self.redraw()

    def redraw(self) -> None:
        """Draw again, as the colours changed."""


class ProfilePlot(Plot):
    """Curves over a distance: of a line, or mean ± error and median of rings."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._shown: tuple[str, Any, Any] = ("", None, None)
        self._raw = True
        super().__init__(parent)

    def show_line(self, profile: Any, unit: str) -> None:
        self._shown = ("line", profile, unit)
        self.redraw()

    def show_radial(self, profile: Any, unit: str, theta: float | None, raw: bool = True) -> None:
        """`theta`: where the Einstein circle crosses, drawn as a dashed line; `raw`: a galaxy's light, not a residual."""
        self._shown, self._raw = (f"radial {theta or 0.0}", profile, unit), raw
        self.redraw()

    def redraw(self) -> None:
        what, profile, unit = self._shown
        self.clear()
        self.setLogMode(False, False)
        if profile is None:
            return
        self.setLabel("left", unit or "value")
        if what == "line":
            self.setLabel("bottom", f"along the line, {SIGNS[profile.unit]}")
            self.plot(profile.distance, profile.value, pen=_pen(_ink(LINE), 1.6), connect="finite")
            return
        self.setLabel("bottom", f"radius, {SIGNS[profile.unit]}")
        positive = profile.mean > 0
        steep = self._raw and positive.mean() > 0.8 and profile.mean.max() > STEEP * np.median(profile.mean)
        self.setLogMode(False, bool(steep))
        ink, floor = theme.colour("accent"), profile.mean.max() / DECADES if steep else -np.inf
        error = np.nan_to_num(profile.error)
        low = self.plot(profile.radius, np.maximum(profile.mean - error, floor), pen=None)
        high = self.plot(profile.radius, np.maximum(profile.mean + error, floor), pen=None)
        shade = QColor(ink)
        shade.setAlpha(70)
        self.addItem(pg.FillBetweenItem(low, high, brush=shade))
        median = np.maximum(profile.median, floor)
        self.plot(profile.radius, median, pen=_pen(theme.colour("muted"), 1.2, dashed=True))
        self.plot(profile.radius, np.maximum(profile.mean, floor), pen=_pen(ink, 1.8))
        if theta := float(what.split()[1]):
            self.addItem(pg.InfiniteLine(theta, 90, pen=_pen(_ink(CIRCLE), 1.4, dashed=True)))
        self.setXRange(0, float(profile.radius.max()), padding=0.02)


class PolarPlot(Plot):
    """The unrolled image: position angle across, radius upwards, the Einstein circle a level dashed line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self._shown: tuple[Any, float | None] = (None, None)
        super().__init__(parent)

    def show_polar(self, polar: Any, theta: float | None) -> None:
        self._shown = (polar, theta)
        self.redraw()

    def redraw(self) -> None:
        polar, theta = self._shown
        self.clear()
        if polar is None:
            return
        item = pg.ImageItem(axisOrder="row-major")
        outside = polar.values[polar.radius > (0.5 * theta if theta is not None else 0.2 * polar.radius[-1])]
        finite = outside[np.isfinite(outside)]  # the lens in the middle must not hide its ring
        low, high = np.percentile(finite, PERCENTILES) if finite.size else (0.0, 1.0)
        # asinh, soft at a tenth of the range: a ring beside its lens
        scaled = np.arcsinh(10 * (polar.values - low) / max(high - low, 1e-30)) / np.arcsinh(10.0)
        grey = np.nan_to_num(np.clip(scaled, 0, 1) * 255).astype(np.uint8)
        item.setImage(grey, autoLevels=False, levels=(0, 255))
        step = polar.radius[1] - polar.radius[0]
        reach = polar.radius[-1] + step / 2
        item.setRect(QtCore.QRectF(0.0, 0.0, 360.0, reach))
        self.addItem(item)
        if theta is not None:
            self.addItem(pg.InfiniteLine(theta, 0, pen=_pen(CIRCLE, 1.2, dashed=True)))
        self.setLabel("left", f"radius, {SIGNS[polar.unit]}")
        self.setLabel("bottom", "PA east of north, °" if polar.oriented else "angle from up, °")
        self.getAxis("bottom").setTicks([[(angle, str(angle)) for angle in range(0, 361, 90)]])
        self.setXRange(0, 360, padding=0)
        self.setYRange(0, reach, padding=0)


class Titled(QWidget):
    """A plot under its title, hidden until there is something to show; `close` hides it again."""

    closed = Signal()

    def __init__(self, title: str, tip: str, plot: Plot) -> None:
        super().__init__()
        self.plot = plot
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(2)
        head = QtWidgets.QHBoxLayout()
        self.title = QtWidgets.QLabel(title, objectName="heading")
        self.title.setToolTip(tip)
        self.extra = QtWidgets.QHBoxLayout()
        close = QtWidgets.QToolButton(text="✕", autoRaise=True, focusPolicy=QtCore.Qt.NoFocus)
        close.setToolTip("Close this plot")
        close.clicked.connect(self.dismiss)
        head.addWidget(self.title, 1)
        head.addLayout(self.extra)
        head.addWidget(close)
        column.addLayout(head)
        column.addWidget(plot)
        self.remark = QtWidgets.QLabel(objectName="muted", wordWrap=True)
        self.remark.setTextInteractionFlags(QtCore.Qt.TextSelectableByMouse)
        self.remark.hide()
        column.addWidget(self.remark)
        self.hide()

    def dismiss(self) -> None:
        self.hide()
        self.closed.emit()

    def say(self, text: str) -> None:
        self.remark.setText(text)
        self.remark.setVisible(bool(text))


def _pen(colour: QColor, width: float, dashed: bool = False) -> Any:
    return pg.mkPen(colour, width=width, style=QtCore.Qt.DashLine if dashed else QtCore.Qt.SolidLine)


def _ink(colour: QColor) -> QColor:
    """A colour of the layers, dark enough on a light plot."""
    return colour if theme.colour("base").lightness() < 128 else colour.darker(160)
