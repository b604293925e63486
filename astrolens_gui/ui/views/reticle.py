"""The crosshair at the pointer, with what the readout says there; knows no image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..qt import QtCore, QtGui
from .layer import Layer
from .overlay import INK, SHADOW

DARK, LIGHT = QtGui.QColor(0, 0, 0, 90), QtGui.QColor(255, 255, 255, 150)
"""Fainter than the compass: the lines cross the object one looks at."""

GAP_EM = 0.9
"""Half the opening in the middle, in heights of a letter: the pixel itself stays free."""


class Reticle(Layer):
    """`texts(x, y)` gives the lines of the plate."""

    visible = False

    def __init__(self, texts: Callable[[float, float], list[str]]) -> None:
        super().__init__()
        self._texts = texts
        self._at: tuple[float, float] | None = None

    def point(self, position: tuple[float, float] | None) -> None:
        """At 0-based (x, y), or nowhere."""
        self._at = position
        if self.visible:
            self.changed.emit()

    def paint(self, painter: QtGui.QPainter, view: Any) -> None:
        if self._at is None:
            return
        x, y = view.to_screen(*self._at)
        em = painter.fontMetrics().height()
        gap = GAP_EM * em
        lines = [
            QtCore.QLineF(0, y, x - gap, y),
            QtCore.QLineF(x + gap, y, view.width, y),
            QtCore.QLineF(x, 0, x, y - gap),
            QtCore.QLineF(x, y + gap, x, view.height),
        ]
        painter.setRenderHint(QtGui.QPainter.Antialiasing, False)
        for colour, thick in ((DARK, 0.2), (LIGHT, 0.07)):
            painter.setPen(QtGui.QPen(colour, max(thick * em, 1.0)))
            painter.drawLines(lines)
        self._plate(painter, view, x, y, gap)

    def _plate(self, painter: QtGui.QPainter, view: Any, x: float, y: float, gap: float) -> None:
        lines = self._texts(*self._at) if self._at is not None else []
        if not lines:
            return
        metrics = QtGui.QFontMetricsF(painter.font())
        pad = metrics.height() * 0.4
        width = max(metrics.horizontalAdvance(line) for line in lines) + 2 * pad
        height = metrics.lineSpacing() * len(lines) + 2 * pad
        left = x + gap if x + gap + width <= view.width else x - gap - width
        top = y + gap if y + gap + height <= view.height else y - gap - height
        box = QtCore.QRectF(left, top, width, height)
        painter.setRenderHint(QtGui.QPainter.Antialiasing)
        painter.setPen(QtCore.Qt.NoPen)
        painter.setBrush(SHADOW)
        painter.drawRoundedRect(box, pad / 2, pad / 2)
        painter.setPen(INK)
        for row, line in enumerate(lines):
            at = QtCore.QPointF(left + pad, top + pad + metrics.ascent() + row * metrics.lineSpacing())
            painter.drawText(at, line)
