"""Paints what stands over the pixels but is not data: the N-E arrows and the scale bar; knows no image and no event."""

from __future__ import annotations

import math

from astrolens_gui.core.images.geometry import View

from ..qt import QColor, QtCore, QtGui
from .sky import Compass, scale_bar

INK = QColor(255, 255, 255, 235)
SHADOW = QColor(0, 0, 0, 190)
MARGIN = 16
ARM = 34
HEAD = 7
NOT_SQUARE = 0.02
"""Scales of rows and columns that differ by more than this part are told apart."""


def directions(compass: Compass, view: View) -> list[tuple[str, tuple[float, float]]]:
    """("N", (x, y)) and ("E", …): unit vectors on the screen, y up; nothing where no WCS tells them."""
    if compass.north is None or compass.east is None:
        return []
    turn = view.to_screen
    made = []
    for letter, (x, y) in (("N", compass.north), ("E", compass.east)):
        across, down = turn.a * x + turn.b * y, turn.d * x + turn.e * y
        length = math.hypot(across, down)
        made.append((letter, (across / length, -down / length)))
    return made


def paint_compass(painter: QtGui.QPainter, area: QtCore.QRectF, compass: Compass, view: View) -> None:
    """Draw the north and east arrows in the upper left corner of `area`, as they lie in `view`, where a WCS tells them."""
    arms = directions(compass, view)
    if not arms:
        return
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
        for turned in (2.6, -2.6):
            angle = math.atan2(-y, x) + turned
            path.moveTo(tip)
            path.lineTo(tip + QtCore.QPointF(HEAD * math.cos(angle), HEAD * math.sin(angle)))
        write(painter, origin + QtCore.QPointF(x * (ARM + 11), -y * (ARM + 11)), letter)
    stroke(painter, path)


def paint_scale_bar(painter: QtGui.QPainter, area: QtCore.QRectF, compass: Compass, view: View, ratio: float) -> None:
    """Draw a bar of a round angle, with its length, in the lower right corner of `area`; where the image's pixels are not
    square, with a second one upright, which is as long on the sky.

    Args:
        ratio: device pixels of the view per unit of `area`.
    """
    across, up = scales_on_screen(compass, view)
    length, label = scale_bar(across * ratio, min(160.0, area.width() / 3))
    right, y = area.right() - MARGIN, area.bottom() - MARGIN
    left = right - length / (across * ratio)
    path = QtGui.QPainterPath()
    if abs(across / up - 1) > NOT_SQUARE:
        top = y - length / (up * ratio)
        path.moveTo(left, y - 5)
        path.lineTo(left, y)
        path.lineTo(right, y)
        path.lineTo(right, top)
        path.lineTo(right - 5, top)
    else:
        path.moveTo(left, y - 5)
        path.lineTo(left, y)
        path.lineTo(right, y)
        path.lineTo(right, y - 5)
    stroke(painter, path)
    write(painter, QtCore.QPointF((left + right) / 2, y - 13), label)


def scales_on_screen(compass: Compass, view: View) -> tuple[float, float]:
    """Arcseconds per device pixel along the screen's rows and along its columns."""
    back = view.to_image
    return compass.length(back.a, back.d), compass.length(back.b, back.e)


def paint_remark(painter: QtGui.QPainter, area: QtCore.QRect, text: str) -> int:
    """Write a sentence at the top of `area`, on a dark plate, wrapped where the view is narrow; the height it took."""
    flags = QtCore.Qt.AlignCenter | QtCore.Qt.TextWordWrap
    room = area.adjusted(2 * MARGIN, MARGIN, -2 * MARGIN, -MARGIN)
    words = painter.fontMetrics().boundingRect(room, int(flags), text)
    words.moveTop(room.top() + MARGIN // 2)
    painter.setPen(QtCore.Qt.NoPen)
    painter.setBrush(SHADOW)
    painter.drawRoundedRect(words.adjusted(-12, -6, 12, 6), 5, 5)
    painter.setPen(INK)
    painter.drawText(words, int(flags), text)
    return words.height() + 16


def stroke(painter: QtGui.QPainter, path: QtGui.QPainterPath, width: float = 1.6) -> None:
    """A light line on a dark one: readable on sky and on a bright galaxy alike."""
    for colour, thick in ((SHADOW, width + 2.4), (INK, width)):
        painter.strokePath(path, QtGui.QPen(colour, thick, cap=QtCore.Qt.RoundCap, join=QtCore.Qt.RoundJoin))


def write(painter: QtGui.QPainter, centre: QtCore.QPointF, text: str) -> None:
    """A few letters with a dark edge, readable on any pixels."""
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
