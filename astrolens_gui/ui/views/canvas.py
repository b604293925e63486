"""The pixels on the screen, on pyqtgraph: crisp, y up, zoomed and dragged; knows no object, no recipe and no file."""

from __future__ import annotations

import math
import os
import time
from typing import Any

import numpy as np

from ..qt import PYQTGRAPH_BINDING, QColor, Qt, QtCore, QtGui, Signal

os.environ.setdefault("PYQTGRAPH_QT_LIB", PYQTGRAPH_BINDING)
import pyqtgraph as pg

from .overlay import paint_compass, paint_remark, paint_scale_bar
from .sky import Compass

SMALLEST_SIDE_PX = 3.0
"""Image pixels that the closest zoom still shows."""

FARTHEST = 0.5
"""The wheel shrinks the image to this part of the size at which it just fits: farther out there is nothing to see."""

NOTICEABLE_PX = 1e-3
"""Image pixels by which a centre may miss: the rounding of a shift is no reason for another."""

SMALLEST_OVERLAID = 120
"""Narrower views (screen pixels) show the image alone: the arrows would hide it."""


class _Box(pg.ViewBox):
    """pyqtgraph's view box with this program's gestures: left and middle drag pan, right drag is ours, no menu."""

    right_dragged = Signal(float, float, bool)

    def __init__(self) -> None:
        super().__init__(lockAspect=True, enableMenu=False, enableMouse=True, defaultPadding=0.0)
        self._right_start = QtCore.QPointF()

    def mouseDragEvent(self, event: Any, axis: Any = None) -> None:
        if event.button() != Qt.RightButton:
            super().mouseDragEvent(event, axis)
            return
        event.accept()
        if event.isStart():
            self._right_start = event.buttonDownPos()
        moved = event.pos() - self._right_start
        self.right_dragged.emit(moved.x() / self.width(), moved.y() / self.height(), event.isStart())


class Canvas(pg.GraphicsView):
    """Shows one uint8 RGB image, row 0 at the bottom; coordinates are 0-based pixel centres.

    Attributes:
        hovered: ((x, y) in pixels, or None when the pointer leaves).
        right_dragged: (fraction of the width, of the height downwards, whether the drag begins): contrast and bias.
        zoomed: after every change of zoom or position.
        painted: (monotonic seconds) when pixels given to `set_pixels` have been painted for the first time.
    """

    hovered = Signal(object)
    right_dragged = Signal(float, float, bool)
    zoomed = Signal()
    painted = Signal(float)

    def __init__(self, parent: Any = None) -> None:
        self._shape = (0, 0)
        self._compass: Compass | None = None
        self._fitted = True
        self._unpainted = False
        self._least = math.inf
        self.remark = ""
        """A sentence painted over the pixels, "" for none."""
        super().__init__(parent, useOpenGL=False, background=None)  # calls resizeEvent, so our fields come first
        self._box = _Box()
        self._item = pg.ImageItem(axisOrder="row-major")
        self.show_compass = True
        self._box.addItem(self._item)
        self._box.disableAutoRange()
        self.setCentralItem(self._box)
        self.setViewportUpdateMode(self.FullViewportUpdate)
        self.setFrameShape(self.NoFrame)
        self.setFocusPolicy(Qt.NoFocus)
        self.setMouseTracking(True)
        self._box.right_dragged.connect(self.right_dragged)
        self._box.sigRangeChangedManually.connect(self._on_moved_by_hand)
        self._box.sigRangeChanged.connect(self._on_range)

    def set_shape(self, shape: tuple[int, int], compass: Compass | None) -> None:
        """An image of (height, width) comes. The zoom stays if the former one had this shape, else it is fitted."""
        self._compass = compass
        if shape != self._shape:
            self._shape = shape
            self.fit()

    def set_pixels(self, rgb: np.ndarray, binning: int = 1) -> None:
        """Show uint8 (h, w, 3), of which each pixel stands for `binning` x `binning` of the image."""
        self._item.setImage(rgb, autoLevels=False, levels=None)
        height, width = rgb.shape[:2]
        self._item.setRect(QtCore.QRectF(-0.5, -0.5, width * binning, height * binning))
        self._unpainted = True

    @property
    def binning(self) -> int:
        """How many image pixels fall on one device pixel, as a power of two: 1 unless the view is zoomed far out."""
        per_pixel = 1.0 / (self.scale_px * self.devicePixelRatioF())
        return 1 << max(math.floor(math.log2(per_pixel) + 0.01), 0)

    @property
    def scale_px(self) -> float:
        """Screen pixels (device independent) per image pixel."""
        return 1.0 / max(self._box.viewPixelSize()[0], 1e-12)

    def fit(self) -> None:
        """Show the whole image, as large as it goes."""
        height, width = self._shape
        if width and height:
            self._fitted = True
            self._least = math.inf
            self._limit()
            self._box.setRange(QtCore.QRectF(-0.5, -0.5, width, height), padding=0.0)

    def _limit(self) -> None:
        """Bound the zoom for this shape and this size of the view; a scale that was asked for by name stays allowed."""
        height, width = self._shape
        across, down = max(self._box.width(), 1.0), max(self._box.height(), 1.0)
        least = min(FARTHEST * min(across / width, down / height), self._least)
        self._box.setLimits(
            minXRange=min(SMALLEST_SIDE_PX, width, height), maxXRange=across / least, maxYRange=down / least
        )

    def zoom_to(self, scale_px: float) -> None:
        """One image pixel becomes `scale_px` device pixels, about the centre of the view; 1 is 1:1."""
        self._fitted = False
        scale = scale_px / self.devicePixelRatioF()
        if self._shape[0]:
            self._least = scale
            self._limit()
        self.zoom_by(scale / self.scale_px)

    def zoom_by(self, factor: float) -> None:
        self._fitted = False
        self._box.scaleBy((1.0 / factor, 1.0 / factor))

    def pixel_at(self, position: QtCore.QPoint) -> tuple[float, float]:
        """0-based (x, y) under a point of the widget."""
        point = self._box.mapSceneToView(self.mapToScene(position))
        return point.x(), point.y()

    def point_of(self, x: float, y: float) -> QtCore.QPoint:
        """The widget's point over 0-based pixel (x, y)."""
        return self.mapFromScene(self._box.mapViewToScene(QtCore.QPointF(x, y)))

    def say(self, remark: str) -> None:
        """Paint a sentence over the pixels; "" takes it away."""
        self.remark = remark
        self.viewport().update()

    def set_surround(self, colour: QColor) -> None:
        """The colour around the image."""
        self.setBackground(colour)

    def _on_range(self, *_: Any) -> None:
        """The centre of the view stays on the image, so that no drag and no zoom loses it."""
        centre, (height, width) = self._box.viewRect().center(), self._shape
        across = min(max(centre.x(), -0.5), width - 0.5) - centre.x()
        down = min(max(centre.y(), -0.5), height - 0.5) - centre.y()
        if self._shape[0] and max(abs(across), abs(down)) > NOTICEABLE_PX:
            self._box.translateBy(x=across, y=down)  # comes here again, with the centre where it may be
            return
        self.zoomed.emit()

    def _on_moved_by_hand(self, *_: Any) -> None:
        self._fitted = False

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        if not self._shape[0]:
            return
        self._limit()
        if self._fitted:
            self.fit()

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if self._shape[0]:
            self.hovered.emit(self.pixel_at(event.pos()))

    def leaveEvent(self, event: QtCore.QEvent) -> None:
        super().leaveEvent(event)
        self.hovered.emit(None)

    def mouseDoubleClickEvent(self, event: QtGui.QMouseEvent) -> None:
        if event.button() == Qt.LeftButton:
            self.fit()
            event.accept()
        else:
            super().mouseDoubleClickEvent(event)

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        super().paintEvent(event)
        port = self.viewport()
        if self._compass is not None and self._shape[0] and min(port.width(), port.height()) >= SMALLEST_OVERLAID:
            painter = QtGui.QPainter(port)
            painter.setRenderHint(QtGui.QPainter.Antialiasing)
            area = QtCore.QRectF(port.rect())
            if self.show_compass:
                paint_compass(painter, area, self._compass)
            paint_scale_bar(painter, area, self._compass.arcsec_per_pixel / self.scale_px)
            painter.end()
        if self.remark:
            painter = QtGui.QPainter(port)
            paint_remark(painter, port.rect(), self.remark)
            painter.end()
        if self._unpainted:
            self._unpainted = False
            self.painted.emit(time.monotonic())
