"""Paints over the pixels what spoke for a lens: a heat map with its contour, frame and legend; asks no model."""

from __future__ import annotations

from typing import Any

import numpy as np

from astrolens_gui.core.images.geometry import Affine, View

from ..qt import QColor, Qt, QtCore, QtGui
from .layer import Layer
from .overlay import INK, SHADOW

FOR = QColor("#ff7a1a")
AGAINST = QColor("#2f9bff")
"""Neither is a gray, whichever way up the grays are; told apart by every kind of colour vision."""

STRONGEST = 165
"""Opacity (of 255) of the strongest place: the pixels stay to be seen."""

FAINTEST = 0.06
"""Of the strongest: below, nothing is painted."""

MARGIN = 14
BAR = (150, 9)


class WhyLayer(Layer):
    """One map, or a sentence in its place."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self._found: Any = None
        self._remark = ""
        self._picture: QtGui.QImage | None = None
        self._place = Affine(1, 0, 0, 0, 1, 0)
        self.visible = False

    @property
    def found(self) -> Any:
        """The Explanation that is painted, or None."""
        return self._found

    @property
    def remark(self) -> str:
        return self._remark

    def show(self, found: Any, place: Affine) -> None:
        """Paint an Explanation; `place`: from pixels of the map to pixels of the image on the screen."""
        if found is not self._found:
            self._picture = picture(found.map)
        self._found, self._place, self._remark, self.visible = found, place, "", True
        self.changed.emit()

    def say(self, remark: str) -> None:
        """No map: a sentence, where one was asked for; "" takes all away."""
        self._found, self._picture, self._remark, self.visible = None, None, remark, bool(remark)
        self.changed.emit()

    def paint(self, painter: QtGui.QPainter, view: View) -> None:
        unit = QtGui.QFontMetricsF(painter.font()).height() / 16.0
        if self._found is None or self._picture is None:
            if self._remark:
                self._plate(painter, view, unit, [self._remark])
            return
        found, turn = self._found, view.to_screen.after(self._place)
        size = found.map.shape[0]
        painter.save()
        painter.setTransform(QtGui.QTransform(turn.a, turn.d, turn.b, turn.e, turn.c, turn.f), True)
        painter.setRenderHint(QtGui.QPainter.SmoothPixmapTransform)
        painter.drawImage(QtCore.QRectF(-0.5, -0.5, size, size), self._picture)
        painter.restore()
        for line in found.contours:
            path = _path(turn, line)
            painter.strokePath(path, QtGui.QPen(SHADOW, 3.0 * unit, join=Qt.RoundJoin))
            painter.strokePath(path, QtGui.QPen(FOR, 1.5 * unit, join=Qt.RoundJoin))
        edge = size - 0.5
        frame = _path(turn, np.array([(-0.5, -0.5), (edge, -0.5), (edge, edge), (-0.5, edge), (-0.5, -0.5)]))
        painter.strokePath(frame, QtGui.QPen(SHADOW, 2.6 * unit))
        painter.strokePath(frame, QtGui.QPen(INK, 1.0 * unit, Qt.DashLine))
        self._legend(painter, view, unit)

    def _legend(self, painter: QtGui.QPainter, view: View, unit: float) -> None:
        found = self._found
        top = float(found.map.max(initial=0.0))
        bottom = min(float(found.map.min(initial=0.0)), 0.0)
        strongest = max(top, -bottom)
        asked = found.asked
        lines = [
            f"{found.title}: {'lens' if asked.is_lens else 'not a lens'}, logit {asked.logit:+.2f}",
            f"by {asked.model}",
        ]
        area = self._plate(painter, view, unit, lines, BAR[1] + 20, BAR[0])
        width, height = BAR[0] * unit, BAR[1] * unit
        left, y = area.left() + 10 * unit, area.bottom() - (BAR[1] + 21) * unit
        zero = -bottom / (top - bottom) if top > bottom else 0.0
        bar = QtCore.QRectF(left, y, width, height)
        shade = QtGui.QLinearGradient(bar.topLeft(), bar.topRight())
        for at, value in ((0.0, bottom), (zero, 0.0), (1.0, top)):
            colour = QColor(FOR if value >= 0 else AGAINST)
            colour.setAlphaF(abs(value) / strongest if strongest else 0.0)
            shade.setColorAt(at, colour)
        painter.fillRect(bar, QColor(128, 128, 128))
        painter.fillRect(bar, shade)
        painter.setPen(INK)
        words = QtCore.QRectF(left, bar.bottom(), width, 18 * unit)
        painter.drawText(words, int(Qt.AlignLeft | Qt.AlignVCenter), _number(bottom))
        painter.drawText(words, int(Qt.AlignRight | Qt.AlignVCenter), _number(top))
        painter.drawText(words, int(Qt.AlignCenter), found.unit if found.what != "gradcam" else "relative")

    def _plate(
        self, painter: QtGui.QPainter, view: View, unit: float, lines: list[str], below: float = 0, least: float = 0
    ) -> QtCore.QRectF:
        """A dark plate in the lower left corner with lines of text and room `below`; where it is."""
        metrics = QtGui.QFontMetricsF(painter.font())
        room = view.width - 2 * MARGIN * unit - 20 * unit
        lines = [metrics.elidedText(line, Qt.ElideRight, max(room, 40.0)) for line in lines]
        width = max([least * unit, *(metrics.horizontalAdvance(line) for line in lines)]) + 20 * unit
        height = len(lines) * metrics.height() + (12 + below) * unit
        area = QtCore.QRectF(MARGIN * unit, view.height - MARGIN * unit - height, width, height)
        painter.setPen(Qt.NoPen)
        painter.setBrush(SHADOW)
        painter.drawRoundedRect(area, 5 * unit, 5 * unit)
        painter.setBrush(Qt.NoBrush)
        painter.setPen(INK)
        y = area.top() + 5 * unit + metrics.ascent()
        for line in lines:
            painter.drawText(QtCore.QPointF(area.left() + 10 * unit, y), line)
            y += metrics.height()
        return area


def picture(map: np.ndarray) -> QtGui.QImage:
    """A map as a picture to lay over pixels: the stronger a place, the less is seen through it; row 0 first."""
    strongest = float(np.abs(map).max(initial=0.0))
    share = np.abs(map) / strongest if strongest else np.zeros_like(map)
    opacity = np.where(share > FAINTEST, share, 0.0) * STRONGEST
    made = np.zeros((*map.shape, 4), np.uint8)
    for colour, there in ((FOR, map >= 0), (AGAINST, map < 0)):
        made[there, :3] = (colour.red(), colour.green(), colour.blue())
    made[..., 3] = np.round(opacity)
    height, width = map.shape
    image = QtGui.QImage(made.tobytes(), width, height, 4 * width, QtGui.QImage.Format_RGBA8888)
    return image.copy()  # the bytes go, the picture stays


def _path(turn: Affine, points: np.ndarray) -> QtGui.QPainterPath:
    path = QtGui.QPainterPath()
    x, y = turn(points[:, 0], points[:, 1])
    for place, (sx, sy) in enumerate(zip(x.tolist(), y.tolist(), strict=True)):
        if place:
            path.lineTo(sx, sy)
        else:
            path.moveTo(sx, sy)
    return path


def _number(value: float) -> str:
    return f"{value:.2g}" if value else "0"
