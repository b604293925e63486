"""The mark on every restored picture, "NOT DATA", and the line that splits data from restored; knows no model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from astrolens_gui.core.images.geometry import View

from ..qt import QColor, Qt, QtCore, QtGui, Signal
from .layer import Layer, Spot, Tool

AMBER = QColor("#F2A900")
DARK = QColor(20, 16, 0, 225)
WORDS, DATA = "NOT DATA", "DATA"
STRIPE = 7.0
GRAB = 10.0


class NotData(Layer):
    """An amber frame with a plate round what is restored; part of every picture of it that is saved.

    Attributes:
        words: what stands behind the mark ("restored by gan"); "" takes it all away.
        split: where the restored part begins (0..1 of the width), 0 for all of it.
    """

    always = True

    def __init__(self) -> None:
        super().__init__()
        self.words = ""
        self.split = 0.0
        self.visible = False

    def say(self, words: str, split: float = 0.0) -> None:
        self.words, self.split, self.visible = words, split, bool(words)
        self.changed.emit()

    def paint(self, painter: QtGui.QPainter, view: View) -> None:
        unit = max(QtGui.QFontMetricsF(painter.font()).height() / 16.0, 0.5)
        left = self.split * view.width
        area = QtCore.QRectF(left, 0, view.width - left, view.height)
        wide = STRIPE * unit
        for edge in (
            QtCore.QRectF(area.left(), area.top(), area.width(), wide),
            QtCore.QRectF(area.left(), area.bottom() - wide, area.width(), wide),
            QtCore.QRectF(area.right() - wide, area.top(), wide, area.height()),
            *([] if self.split else [QtCore.QRectF(area.left(), area.top(), wide, area.height())]),
        ):
            painter.save()
            painter.setClipRect(edge)
            painter.fillRect(edge, DARK)
            painter.setPen(QtGui.QPen(AMBER, 4.0 * unit))
            step, reach = 12 * unit, edge.height()
            at = edge.left() - reach - (edge.left() - reach) % step
            while at < edge.right() + step:
                painter.drawLine(QtCore.QPointF(at, edge.bottom()), QtCore.QPointF(at + reach, edge.top()))
                at += step
            painter.restore()
        font = QtGui.QFont(painter.font())
        font.setBold(True)
        painter.setFont(font)
        metrics = QtGui.QFontMetricsF(font)
        room = area.width() * 0.62 - 2 * wide - 18 * unit  # beside it is the scale bar
        whole = f"{WORDS} · {self.words}"
        text = whole if metrics.horizontalAdvance(whole) <= room else metrics.elidedText(whole, Qt.ElideRight, room)
        if metrics.horizontalAdvance(WORDS) > room:
            text = WORDS
        width, height = metrics.horizontalAdvance(text) + 18 * unit, metrics.height() + 6 * unit
        plate = QtCore.QRectF(area.left() + 2 * wide, area.bottom() - height - 2 * wide, width, height)
        painter.setPen(Qt.NoPen)
        painter.setBrush(AMBER)
        painter.drawRoundedRect(plate, 3 * unit, 3 * unit)
        painter.setBrush(Qt.NoBrush)
        painter.setPen(QColor(20, 16, 0))
        painter.drawText(plate, int(Qt.AlignCenter), text)


class SplitLayer(Layer):
    """Paints the data over the left part of what is restored. `pixels(view)`: BGRA of the data, or None."""

    def __init__(self, pixels: Callable[[View], np.ndarray | None]) -> None:
        super().__init__()
        self._pixels = pixels
        self.at = 0.5
        self.visible = False
        self._kept: tuple[Any, QtGui.QImage] | None = None

    def put(self, at: float) -> None:
        """The line is at this part of the width."""
        self.at = min(max(at, 0.02), 0.98)
        self.changed.emit()

    def forget(self) -> None:
        """Other pixels, or another way to show them."""
        self._kept = None
        self.changed.emit()

    def paint(self, painter: QtGui.QPainter, view: View) -> None:
        if self._kept is None or self._kept[0] != view:
            bgra = self._pixels(view)
            if bgra is None:
                return
            height, width = bgra.shape[:2]
            image = QtGui.QImage(bgra.tobytes(), width, height, 4 * width, QtGui.QImage.Format_RGB32).copy()
            self._kept = (view, image)
        x = round(self.at * view.width)
        unit = max(QtGui.QFontMetricsF(painter.font()).height() / 16.0, 0.5)
        painter.drawImage(QtCore.QPoint(0, 0), self._kept[1], QtCore.QRect(0, 0, x, view.height))
        for ink, width in ((DARK, 5.0), (QColor("white"), 1.8)):
            painter.setPen(QtGui.QPen(ink, width * unit))
            painter.drawLine(QtCore.QPointF(x, 0), QtCore.QPointF(x, view.height))
        grip = QtCore.QRectF(x - 9 * unit, view.height / 2 - 9 * unit, 18 * unit, 18 * unit)
        painter.setPen(QtGui.QPen(DARK, 2 * unit))
        painter.setBrush(QColor("white"))
        painter.drawEllipse(grip)
        painter.setPen(QtGui.QPen(QColor("black"), 1.6 * unit))
        for side in (-1, 1):
            tip = QtCore.QPointF(x + side * 6 * unit, view.height / 2)
            for dy in (-3, 3):
                painter.drawLine(tip, QtCore.QPointF(x + side * 3 * unit, view.height / 2 + dy * unit))
        self._name(painter, x, view.height, unit)

    def _name(self, painter: QtGui.QPainter, x: float, below: float, unit: float) -> None:
        """What lies left of the line, as high as the mark on its right."""
        font = QtGui.QFont(painter.font())
        font.setBold(True)
        painter.setFont(font)
        metrics = QtGui.QFontMetricsF(font)
        width, height = metrics.horizontalAdvance(DATA) + 18 * unit, metrics.height() + 6 * unit
        plate = QtCore.QRectF(x - width - 2 * STRIPE * unit, below - height - 2 * STRIPE * unit, width, height)
        if plate.left() < 0:
            return
        painter.setPen(Qt.NoPen)
        painter.setBrush(QColor(0, 0, 0, 200))
        painter.drawRoundedRect(plate, 3 * unit, 3 * unit)
        painter.setBrush(Qt.NoBrush)
        painter.setPen(QColor("white"))
        painter.drawText(plate, int(Qt.AlignCenter), DATA)


class SplitTool(Tool):
    """Drags the line; anywhere else the left button pans.

    Attributes:
        dragged: (0..1 of the width). left: Esc was pressed, or another tool came.
    """

    dragged = Signal(float)
    left = Signal()

    hint = "Drag the line: data on the left, not data on the right · Esc ends"

    def __init__(self, canvas: Any, layer: SplitLayer) -> None:
        super().__init__()
        self._canvas, self._layer = canvas, layer
        self.cursor = Qt.ArrowCursor

    def press(self, spot: Spot) -> bool:
        return self._near(spot)

    def move(self, spot: Spot) -> None:
        self.dragged.emit(spot.sx / max(self._canvas.view.width, 1))

    def hover(self, spot: Spot) -> None:
        cursor = Qt.SplitHCursor if self._near(spot) else Qt.ArrowCursor
        if cursor != self.cursor:
            self.cursor = cursor
            self._canvas.show_cursor()

    def leave(self) -> None:
        self.left.emit()

    def _near(self, spot: Spot) -> bool:
        reach = GRAB * self._canvas.devicePixelRatioF()
        return bool(abs(spot.sx - self._layer.at * self._canvas.view.width) <= reach)
