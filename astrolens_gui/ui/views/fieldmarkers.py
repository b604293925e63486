"""A catalogue's sources as markers over the pixels, a hundred thousand as quickly as one; knows no object's pixels and no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..qt import QColor, QFont, Qt, QtCore, QtGui
from .layer import Layer

RING_PX = 7
"""Radius of a marker, device independent pixels; close by it is this part of the cutout, so that it lies around the source."""

RING_PART = 0.2

FEW = 100
"""Up to so many markers (or graded ones) in view are drawn smooth and with their letters; more are stamped as pixels."""

MANY = 20_000
"""Above it a marker is a dot."""

REACH_PX = 14.0
"""A click or a pointer so near means the marker."""

OPEN = QColor("#e4e0d4")
"""A source without a grade: no scheme's colour, and thinner than those."""

CURRENT = QColor("#ffe14d")
RIM = QColor(0, 0, 0, 190)
PREMULTIPLIED = QtGui.QImage.Format_ARGB32_Premultiplied

OTHER = QColor("#8a94a0")
"""A grade of another scheme."""


class Markers(Layer):
    """Attributes:
    side: pixels of a source's cutout, drawn as a square where it is large enough.
    """

    def __init__(self) -> None:
        super().__init__()
        self.side = 0
        self._ids = np.empty(0, np.int64)
        self._x = self._y = np.empty(0)
        self._shown = np.empty(0, bool)
        self._grades = np.empty(0, np.int32)
        self._names = [""]
        self._colours: dict[str, QColor] = {}
        self._current = self._under = -1
        self._name = ""
        self._stamped: tuple[Any, QtGui.QImage | None] = (None, None)
        self._version = 0

    def set_sources(self, ids: np.ndarray, x: np.ndarray, y: np.ndarray, side: int) -> None:
        """Other sources from now on, ids ascending; x, y in image pixels."""
        self._ids, self._x, self._y, self.side = ids, x, y, side
        self._shown = np.ones(len(ids), bool)
        self._grades = np.zeros(len(ids), np.int32)
        self._touch()

    def set_grades(
        self, codes: np.ndarray, names: Sequence[str], shown: np.ndarray, colours: Mapping[str, str]
    ) -> None:
        """Grade of each source as a place in `names` (0 for none), which ones the queue lists, the scheme's colours."""
        self._grades, self._names, self._shown = codes, list(names), shown
        self._colours = {grade: QColor(colour) for grade, colour in colours.items()}
        self._touch()

    def set_current(self, object_id: int) -> None:
        self._current = object_id
        self.changed.emit()

    def set_under(self, object_id: int, name: str) -> None:
        """The marker under the pointer is named; -1 for none."""
        if (object_id, name) != (self._under, self._name):
            self._under, self._name = object_id, name
            self.changed.emit()

    @property
    def count(self) -> int:
        """How many there are to be seen, somewhere in the image."""
        return int(np.count_nonzero(self._shown))

    def _touch(self) -> None:
        self._version += 1
        self.changed.emit()

    def _find(self, object_id: int) -> int:
        at = int(np.searchsorted(self._ids, object_id))
        return at if at < len(self._ids) and self._ids[at] == object_id else -1

    def place_of(self, object_id: int) -> tuple[float, float] | None:
        """Where a source is in the image, or None."""
        at = self._find(object_id)
        return (float(self._x[at]), float(self._y[at])) if at >= 0 else None

    def nearest(self, x: float, y: float, scale: float) -> int:
        """The source within REACH_PX screen pixels of an image point, or within its own square; -1 if there is none."""
        if not len(self._ids):
            return -1
        distance = np.hypot(self._x - x, self._y - y)
        distance[~self._shown] = np.inf
        at = int(distance.argmin())
        return int(self._ids[at]) if distance[at] * scale <= REACH_PX else -1

    # -- painting

    def paint(self, painter: QtGui.QPainter, view: Any) -> None:
        ratio = max(painter.fontMetrics().height() / QtGui.QFontMetrics(QFont()).height(), 0.5)
        x, y, at = self._in_view(view, margin=RING_PART * self.side * view.scale + 2 * RING_PX * ratio)
        radius = max(RING_PX * ratio, RING_PART * self.side * view.scale)
        if len(at) > FEW:
            painter.drawImage(0, 0, self._stamps(view, x, y, at, radius, ratio))
            graded = np.flatnonzero(self._grades[at] > 0)
            x, y, at = (x[graded], y[graded], at[graded]) if len(graded) <= FEW else (x[:0], y[:0], at[:0])
        self._draw_current(painter, view, radius, ratio)
        self._draw_few(painter, x, y, at, radius, ratio)
        if self._under >= 0:
            self._draw_name(painter, view, radius, ratio)

    def _in_view(self, view: Any, margin: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Screen x, y and places of the shown sources in the window."""
        x, y = view.to_screen(self._x, self._y)
        inside = (x > -margin) & (y > -margin) & (x < view.width + margin) & (y < view.height + margin)
        at = np.flatnonzero(inside & self._shown)
        return x[at], y[at], at

    def _colour(self, grade: str) -> QColor:
        return self._colours.get(grade, OTHER) if grade else OPEN

    def _stamps(
        self, view: Any, x: np.ndarray, y: np.ndarray, at: np.ndarray, radius: float, ratio: float
    ) -> QtGui.QImage:
        """All markers as one transparent picture; kept until view, sources or grades change."""
        key = (view, self._version, ratio)
        if self._stamped[0] == key and self._stamped[1] is not None:
            return self._stamped[1]
        pixels = np.zeros((view.height, view.width), np.uint32)
        column, row = np.floor(x).astype(np.int32), np.floor(y).astype(np.int32)
        rim, ring = _sprite(round(radius * 0.8) if len(at) <= MANY else 1)
        grades = self._grades[at]
        _stamp(pixels, column, row, rim, RIM)
        for code, grade in enumerate(self._names):  # graded ones lie over the others
            chosen = np.flatnonzero(grades == code)
            _stamp(pixels, column[chosen], row[chosen], ring, self._colour(grade))
        image = QtGui.QImage(pixels.tobytes(), view.width, view.height, 4 * view.width, PREMULTIPLIED)
        self._stamped = (key, image.copy())
        return self._stamped[1]  # type: ignore[return-value]

    def _draw_few(
        self, painter: QtGui.QPainter, x: np.ndarray, y: np.ndarray, at: np.ndarray, radius: float, ratio: float
    ) -> None:
        font = QFont(painter.font())
        font.setBold(True)
        painter.setFont(font)
        for sx, sy, place in zip(x.tolist(), y.tolist(), at.tolist(), strict=True):
            grade = self._names[self._grades[place]]
            colour = self._colour(grade)
            path = QtGui.QPainterPath()
            path.addEllipse(QtCore.QPointF(sx, sy), radius, radius)
            _outlined(painter, path, colour, (2.2 if grade else 1.2) * ratio)
            if grade:
                _written(painter, sx + 0.71 * radius + 3 * ratio, sy - 0.71 * radius - 3 * ratio, grade, colour)

    def _draw_current(self, painter: QtGui.QPainter, view: Any, radius: float, ratio: float) -> None:
        """A larger ring with four ticks that point at it, and the outline of its cutout."""
        found = self.place_of(self._current)
        if found is None:
            return
        sx, sy = (float(value) for value in view.to_screen(*found))
        radius += 4 * ratio
        path = QtGui.QPainterPath()
        path.addEllipse(QtCore.QPointF(sx, sy), radius, radius)
        for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            path.moveTo(sx + across * radius, sy + down * radius)
            path.lineTo(sx + across * (radius + 9 * ratio), sy + down * (radius + 9 * ratio))
        if self.side * view.scale > 3 * radius:
            path.addPath(_square(view, *found, self.side))
        _outlined(painter, path, CURRENT, 2 * ratio)

    def _draw_name(self, painter: QtGui.QPainter, view: Any, radius: float, ratio: float) -> None:
        found = self.place_of(self._under)
        if found is None:
            return
        sx, sy = (float(value) for value in view.to_screen(*found))
        radius += 2 * ratio
        path = QtGui.QPainterPath()
        path.addEllipse(QtCore.QPointF(sx, sy), radius, radius)
        _outlined(painter, path, QColor("white"), 1.5 * ratio)
        wide = painter.fontMetrics().horizontalAdvance(self._name)
        left = sx + radius + 4 * ratio
        if left + wide + 8 * ratio > view.width:
            left = sx - radius - wide - 4 * ratio
        _written(painter, left, sy + radius, self._name, QColor("white"))


def _outlined(painter: QtGui.QPainter, path: QtGui.QPainterPath, colour: QColor, width: float) -> None:
    """An outline that is seen on black and on white."""
    painter.setBrush(Qt.NoBrush)
    for pen in (QtGui.QPen(RIM, width + 1.8), QtGui.QPen(colour, width)):
        painter.setPen(pen)
        painter.drawPath(path)


def _square(view: Any, x: float, y: float, side: float) -> QtGui.QPainterPath:
    """The outline of a cutout, turned as the image is."""
    half = side / 2
    corners = [view.to_screen(x + a * half, y + b * half) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    path = QtGui.QPainterPath(QtCore.QPointF(*map(float, corners[0])))
    for corner in corners[1:]:
        path.lineTo(*map(float, corner))
    path.closeSubpath()
    return path


def _written(painter: QtGui.QPainter, x: float, y: float, text: str, colour: QColor) -> None:
    path = QtGui.QPainterPath()
    path.addText(x, y + painter.fontMetrics().ascent() / 2, painter.font(), text)
    painter.strokePath(path, QtGui.QPen(RIM, 3))
    painter.fillPath(path, colour)


def _sprite(radius: int) -> tuple[np.ndarray, np.ndarray]:
    """Offsets (n, 2) in columns and rows of a ring's dark rim and of the ring; of a dot where it is small."""
    reach = np.arange(-radius - 1, radius + 2)
    column, row = (grid.ravel() for grid in np.meshgrid(reach, reach))
    distance = np.hypot(column, row)
    if radius <= 2:
        return np.stack([column, row], 1)[distance < 2], np.stack([column, row], 1)[distance <= 1.0]
    rim, ring = np.abs(distance - radius) <= 1.4, np.abs(distance - radius) <= 0.6
    return np.stack([column, row], 1)[rim], np.stack([column, row], 1)[ring]


def _stamp(pixels: np.ndarray, column: np.ndarray, row: np.ndarray, sprite: np.ndarray, colour: QColor) -> None:
    """Set a sprite's pixels around each place, as far as they are in the picture."""
    height, width = pixels.shape
    edge = int(np.abs(sprite).max(initial=0))
    safe = (column >= edge) & (row >= edge) & (column < width - edge) & (row < height - edge)
    flat, value = pixels.reshape(-1), np.uint32(colour.rgba())
    inner = row[safe] * width + column[safe]
    for across, down in sprite.tolist():
        flat[inner + (down * width + across)] = value
    column, row = column[~safe], row[~safe]
    for across, down in sprite.tolist():
        x, y = column + across, row + down
        inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
        flat[y[inside] * width + x[inside]] = value
