"""Paints what stands over the pixels but is not data: the N-E arrows and the scale bar; knows no image and no event."""

from __future__ import annotations

import math

from ..qt import QColor, QtCore, QtGui
from .sky import Compass, scale_bar

INK = QColor(255, 255, 255, 235)
SHADOW = QColor(0, 0, 0, 190)
MARGIN = 16
ARM = 34
HEAD = 7


def paint_compass(painter: QtGui.QPainter, area: QtCore.QRectF, compass: Compass) -> None:
    """Draw the north and east arrows in the upper left corner of `area` (screen pixels), where a WCS tells them."""
    if compass.north is None or compass.east is None:
        return
    arms = [("N", compass.north), ("E", compass.east)]
    reach = ARM + 16
    # The corner stands still; the origin moves inside it so that no rotation pushes a letter out.
    left = min(0.0, *(vector[0] for _, vector in arms))
    top = max(0.0, *(vector[1] for _, vector in arms))
    origin = QtCore.QPointF(area.left() + MARGIN - left * reach, area.top() + MARGIN + top * reach)
    path = QtGui.QPainterPath()
    for letter, (x, y) in arms:
        tip = origin + QtCore.QPointF(x * ARM, -y * ARM)
        path.moveTo(origin)
        path.lineTo(tip)
        for turn in (2.6, -2.6):
            angle = math.atan2(-y, x) + turn
            path.moveTo(tip)
            path.lineTo(tip + QtCore.QPointF(HEAD * math.cos(angle), HEAD * math.sin(angle)))
        _text(painter, origin + QtCore.QPointF(x * (ARM + 11), -y * (ARM + 11)), letter)
    _stroke(painter, path)


def paint_scale_bar(painter: QtGui.QPainter, area: QtCore.QRectF, arcsec_per_screen_pixel: float) -> None:
    """Draw a bar of a round angle, with its length, in the lower right corner of `area`."""
    length, label = scale_bar(arcsec_per_screen_pixel, min(160.0, area.width() / 3))
    right, y = area.right() - MARGIN, area.bottom() - MARGIN
    left = right - length / arcsec_per_screen_pixel
    path = QtGui.QPainterPath()
    path.moveTo(left, y - 5)
    path.lineTo(left, y)
    path.lineTo(right, y)
    path.lineTo(right, y - 5)
    _stroke(painter, path)
    _text(painter, QtCore.QPointF((left + right) / 2, y - 13), label)


def paint_remark(painter: QtGui.QPainter, area: QtCore.QRect, text: str) -> None:
    """Write a sentence at the top of `area`, on a dark plate, wrapped where the view is narrow."""
    flags = QtCore.Qt.AlignCenter | QtCore.Qt.TextWordWrap
    room = area.adjusted(2 * MARGIN, MARGIN, -2 * MARGIN, -MARGIN)
    words = painter.fontMetrics().boundingRect(room, int(flags), text)
    words.moveTop(room.top() + MARGIN // 2)
    painter.setPen(QtCore.Qt.NoPen)
    painter.setBrush(SHADOW)
    painter.drawRoundedRect(words.adjusted(-12, -6, 12, 6), 5, 5)
    painter.setPen(INK)
    painter.drawText(words, int(flags), text)


def _stroke(painter: QtGui.QPainter, path: QtGui.QPainterPath) -> None:
    """A light line on a dark one: readable on sky and on a bright galaxy alike."""
    for colour, width in ((SHADOW, 4.0), (INK, 1.6)):
        painter.strokePath(path, QtGui.QPen(colour, width, cap=QtCore.Qt.RoundCap, join=QtCore.Qt.RoundJoin))


def _text(painter: QtGui.QPainter, centre: QtCore.QPointF, text: str) -> None:
    metrics = QtGui.QFontMetricsF(painter.font())
    path = QtGui.QPainterPath()
    path.addText(
        centre.x() - metrics.horizontalAdvance(text) / 2,
        centre.y() + (metrics.ascent() - metrics.descent()) / 2,
        painter.font(),
        text,
    )
    painter.strokePath(path, QtGui.QPen(SHADOW, 3.0, cap=QtCore.Qt.RoundCap, join=QtCore.Qt.RoundJoin))
    painter.fillPath(path, INK)
