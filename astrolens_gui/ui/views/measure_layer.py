"""Paints what is measured over the pixels: Einstein circle, ruler, image positions, the profile's line; changes nothing."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from astrolens_gui.core.images.geometry import View
from astrolens_gui.core.measure.record import Point

from ..qt import QColor, QtCore, QtGui
from .layer import Layer
from .measure_state import MeasureState
from .overlay import SHADOW

CIRCLE = QColor("#ffd166")
RULER = QColor("#8ce99a")
IMAGES = QColor("#66d9ff")
LINE = QColor("#ff9ecf")
STEPS = 180


class MeasureLayer(Layer):
    """All that `state` has; lines are as thick at any zoom, circles are circles on the sky."""

    def __init__(self, state: MeasureState) -> None:
        super().__init__(state)
        self._state = state
        state.changed.connect(self.changed)
        state.line_changed.connect(self.changed)

    def paint(self, painter: QtGui.QPainter, view: View) -> None:
        state, measured = self._state, self._state.measured
        if state.image is None:
            return
        unit = QtGui.QFontMetricsF(painter.font()).height() / 16.0
        if state.line is not None:
            _stroke(painter, _polyline(view, state.line), LINE, 1.6 * unit)
            _ends(painter, view, state.line, LINE, unit)
        if measured.circle is not None:
            self._circle(painter, view, measured.circle, measured.theta, unit)
        for number, point in enumerate(measured.images, 1):
            _image(painter, view, point, number, unit)
        if measured.ruler is not None:
            self._ruler(painter, view, measured.ruler, unit)

    def _circle(self, painter: QtGui.QPainter, view: View, centre: Point, theta: float, unit: float) -> None:
        patch = self._state.plate.around(*centre)
        x, y = patch.at(theta, np.linspace(0.0, 360.0, STEPS))
        path = _polyline(view, zip(x, y, strict=True))
        _stroke(painter, path, CIRCLE, 1.6 * unit)
        sx, sy = view.to_screen(*centre)
        arm = 5 * unit
        cross = QtGui.QPainterPath()
        for dx, dy in ((arm, 0), (0, arm)):
            cross.moveTo(sx - dx, sy - dy)
            cross.lineTo(sx + dx, sy + dy)
        _stroke(painter, cross, CIRCLE, 1.4 * unit)
        text = f"θ_E {angle_text(theta, patch.unit)}"
        box = path.boundingRect()
        half = QtGui.QFontMetricsF(painter.font()).horizontalAdvance(text) / 2 + 4 * unit
        place = QtCore.QPointF(box.center().x(), box.top() - 12 * unit)
        if place.y() < 14 * unit:  # the circle fills the window: its label goes inside
            place.setY(min(max(box.top() + 14 * unit, 44 * unit), view.height - 14 * unit))
        place.setX(min(max(place.x(), half), view.width - half))
        _write(painter, place, text, CIRCLE, unit)

    def _ruler(self, painter: QtGui.QPainter, view: View, ends: tuple[Point, Point], unit: float) -> None:
        _stroke(painter, _polyline(view, ends), RULER, 1.6 * unit)
        _ends(painter, view, ends, RULER, unit)
        text = span_text(self._state.plate.span(*ends[0], *ends[1]))
        (_, y0), (x1, y1) = (view.to_screen(*end) for end in ends)
        half = QtGui.QFontMetricsF(painter.font()).horizontalAdvance(text) / 2
        # Beyond the far end, where neither line nor pointer hides it.
        away = 1.0 if y1 >= y0 else -1.0
        place = QtCore.QPointF(
            min(max(x1, half + 6 * unit), view.width - half - 6 * unit),
            min(max(y1 + away * 22 * unit, 12 * unit), view.height - 12 * unit),
        )
        _write(painter, place, text, RULER, unit)


def angle_text(value: float, unit: str) -> str:
    """1.234″, or 12.3 px; a millipixel or a tenth of a milliarcsecond is never meant."""
    if unit == "px":
        return f"{value:.1f} px"
    if value >= 3600:
        return f"{value / 3600:.4f}°"
    return f"{value:.3f}″" if value < 100 else f"{value / 60:.3f}′"


def span_text(span: Any) -> str:
    """Length and position angle: 2.345″  PA 37.2°; counter-clockwise from up where nothing tells north."""
    if span.position_angle is None:
        return f"{angle_text(span.length, span.unit)}  {span.turn:.1f}° from up"
    return f"{angle_text(span.length, span.unit)}  PA {span.position_angle:.1f}°"


def _polyline(view: View, points: Any) -> QtGui.QPainterPath:
    path = QtGui.QPainterPath()
    for place, (x, y) in enumerate(points):
        sx, sy = view.to_screen(x, y)
        if place:
            path.lineTo(sx, sy)
        else:
            path.moveTo(sx, sy)
    return path


def _ends(painter: QtGui.QPainter, view: View, ends: tuple[Point, Point], colour: QColor, unit: float) -> None:
    """A short stroke across each end."""
    (x0, y0), (x1, y1) = (view.to_screen(*end) for end in ends)
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    nx, ny = -(y1 - y0) / length * 6 * unit, (x1 - x0) / length * 6 * unit
    path = QtGui.QPainterPath()
    for x, y in ((x0, y0), (x1, y1)):
        path.moveTo(x - nx, y - ny)
        path.lineTo(x + nx, y + ny)
    _stroke(painter, path, colour, 1.6 * unit)


def _image(painter: QtGui.QPainter, view: View, point: Point, number: int, unit: float) -> None:
    sx, sy = view.to_screen(*point)
    path = QtGui.QPainterPath()
    path.addEllipse(QtCore.QPointF(sx, sy), 8 * unit, 8 * unit)
    _stroke(painter, path, IMAGES, 1.6 * unit)
    _write(painter, QtCore.QPointF(sx + 14 * unit, sy - 11 * unit), str(number), IMAGES, unit)


def _stroke(painter: QtGui.QPainter, path: QtGui.QPainterPath, colour: QColor, width: float) -> None:
    """A coloured line on a dark one: readable on sky and on a bright galaxy alike."""
    for ink, thick in ((SHADOW, 2.2 * width), (colour, width)):
        painter.strokePath(path, QtGui.QPen(ink, thick, cap=QtCore.Qt.RoundCap, join=QtCore.Qt.RoundJoin))


def _write(painter: QtGui.QPainter, centre: QtCore.QPointF, text: str, colour: QColor, unit: float) -> None:
    metrics = QtGui.QFontMetricsF(painter.font())
    path = QtGui.QPainterPath()
    baseline = centre.y() + (metrics.ascent() - metrics.descent()) / 2
    path.addText(centre.x() - metrics.horizontalAdvance(text) / 2, baseline, painter.font(), text)
    painter.strokePath(path, QtGui.QPen(SHADOW, 3.4 * unit, cap=QtCore.Qt.RoundCap, join=QtCore.Qt.RoundJoin))
    painter.fillPath(path, colour)
