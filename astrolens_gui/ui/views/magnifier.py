"""A glass in the corner: the pixels round the pointer, each of them large, the one under it framed; reads no file."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from astrolens_gui.core.images.geometry import View

from ..qt import QApplication, QtCore, QtGui
from .layer import Layer
from .overlay import INK, MARGIN, SHADOW
from .picture import Picture

PIXELS = 19
"""Image pixels across the glass."""

LARGE = 8
"""Screen pixels of each, where the view itself shows them smaller than half of that."""

LARGEST = 0.3
"""Of the view's shorter side, lest the glass hides the image."""


class Magnifier(Layer):
    """Its picture is rendered as any view is: ask `glass` for the view, give the picture to `show`."""

    visible = False

    def __init__(self) -> None:
        super().__init__()
        self._picture = Picture()
        self._at: tuple[float, float] | None = None
        self._ratio = 1.0

    def glass(self, view: View, position: tuple[float, float], ratio: float) -> View:
        """What the glass shows of an image that `view` shows, with the pointer at 0-based (x, y).

        Args:
            ratio: device pixels per screen pixel.
        """
        self._at = (float(np.floor(position[0] + 0.5)), float(np.floor(position[1] + 0.5)))
        self._ratio = ratio
        scale = max(LARGE * ratio, 2 * view.scale)
        side = round(min(PIXELS * scale, LARGEST * min(view.width, view.height)))
        return replace(view, width=side, height=side, x=self._at[0], y=self._at[1], scale=scale)

    def show(self, bgra: np.ndarray, glass: View) -> None:
        """The picture of a view that `glass` gave."""
        self._picture.take(bgra, glass)
        self.changed.emit()

    def clear(self) -> None:
        """The pointer is nowhere."""
        self._picture.drop()
        self._at = None
        if self.visible:
            self.changed.emit()

    def paint(self, painter: QtGui.QPainter, view: Any) -> None:
        if self._at is None or not self._picture:
            return
        glass, em = self._picture.view, painter.fontMetrics().height()
        margin = MARGIN * em / 16
        grow = self._growth(painter)
        width, height = grow * glass.width, grow * glass.height
        left, top = margin, view.height - margin - height
        sx, sy = view.to_screen(*self._at)
        if sx < left + width + 2 * em and sy > top - 2 * em:  # never under the pointer itself
            left = view.width - margin - width
            top = margin
        box = QtCore.QRectF(left, top, width, height)
        painter.save()
        painter.translate(left, top)
        painter.scale(grow, grow)
        painter.setClipRect(QtCore.QRectF(0, 0, glass.width, glass.height))
        self._picture.draw(painter, glass, None, SHADOW)
        painter.setClipping(False)
        self._frame_pixel(painter, glass, em / grow)
        painter.restore()
        painter.setBrush(QtCore.Qt.NoBrush)
        for colour, thick in ((SHADOW, 0.25), (INK, 0.09)):
            painter.setPen(QtGui.QPen(colour, max(thick * em, 1.0)))
            painter.drawRect(box)

    def _growth(self, painter: QtGui.QPainter) -> float:
        """A picture for a file may be larger than the screen; the letters know by how much."""
        usual = QApplication.font().pointSizeF() * self._ratio
        return painter.font().pointSizeF() / usual if usual > 0 and painter.font().pointSizeF() > 0 else 1.0

    def _frame_pixel(self, painter: QtGui.QPainter, glass: View, em: float) -> None:
        assert self._at is not None
        x, y = self._at
        corners = [(x - 0.5, y - 0.5), (x + 0.5, y - 0.5), (x + 0.5, y + 0.5), (x - 0.5, y + 0.5)]
        square = QtGui.QPolygonF([QtCore.QPointF(*glass.to_screen(*corner)) for corner in corners])
        painter.setBrush(QtCore.Qt.NoBrush)
        for colour, thick in ((SHADOW, 0.22), (INK, 0.08)):
            painter.setPen(QtGui.QPen(colour, max(thick * em, 1.0)))
            painter.drawPolygon(square)
