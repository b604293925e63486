"""The map: a dot an object, hover for its stamp, click to go there, drag a lasso; knows places and colours, asks no model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import theme
from ..qt import QColor, Qt, QtCore, QtGui, QTimer, QWidget, Signal
from . import map_picture
from .map_paint import lay, paint_key, paint_ramp, paint_stamp, score_table
from .thumbs import Thumbs

NEAR = 10
"""Pixels from a dot that still mean it."""
SLIP = 4
STAMP = 128
MARGIN = 16
KEY = 24
"""Pixels at the foot that say what the colours mean."""
REST_MS = 30
MOST_PAINTED = 4_000
"""Graded objects that get a dot with a rim each; more of them are drawn as a crowd."""
NOTCH = 1.2


class MapView(QWidget):
    """Attributes:
    picked: (int) go to this object. caught: (int64 array) inside the lasso; empty: none.
    naming: (function) (name, grade) of an object, as the stamp's caption says them.
    """

    picked = Signal(int)
    caught = Signal(object)

    def __init__(self, bridge: Any, workbench: Any) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.setMinimumSize(160, 200)
        self.setFocusPolicy(Qt.NoFocus)
        self.setCursor(Qt.CrossCursor)
        self.naming: Callable[[int], tuple[str, str]] = lambda _: ("", "")
        self._thumbs = Thumbs(bridge, workbench, self)
        self._thumbs.arrived.connect(lambda _: self.update())
        self._recipe: Any = None
        self._resting = QTimer(self, singleShot=True, interval=REST_MS)
        self._resting.timeout.connect(self._look)
        self.clear()

    # -- what it shows

    def clear(self) -> None:
        self.ids = np.zeros(0, np.int64)
        self._places = np.zeros((0, 2), np.float32)
        self._codes = np.zeros(0, np.int32)
        self._levels: list[str] = [""]
        self._colours: dict[str, str] = {}
        self._scores: np.ndarray | None = None
        self._current = self.hovered = -1
        self._line: list[QtCore.QPointF] = []
        self._loop = np.zeros((0, 2))
        self._pressed: QtCore.QPointF | None = None
        self._panned: QtCore.QPointF | None = None
        self._thumbs.forget()
        self.fit()

    def set_map(self, ids: np.ndarray, places: np.ndarray) -> None:
        """int64 (n,) ascending, float (n, 2)."""
        self.ids, self._places = ids, np.asarray(places, np.float32)
        self._codes, self._scores = np.zeros(len(ids), np.int32), None
        self.hovered, self._loop = -1, np.zeros((0, 2))
        self.fit()

    def set_colours(
        self, codes: np.ndarray, levels: list[str], colours: dict[str, str], scores: np.ndarray | None
    ) -> None:
        """Grades of the dots as numbers of `levels` (0: none) with the scheme's colours; or `scores`, NaN where unknown."""
        self._codes, self._levels, self._colours, self._scores = codes, levels, colours, scores
        self._redraw()

    def set_recipe(self, recipe: Any) -> None:
        self._recipe = recipe

    def show_current(self, object_id: int) -> None:
        """A ring round the object that is on the screen."""
        self._current = object_id
        self.update()

    def fit(self) -> None:
        """All of it in sight."""
        low = self._places.min(axis=0) if len(self._places) else np.zeros(2)
        high = self._places.max(axis=0) if len(self._places) else np.ones(2)
        self._middle = (low + high) / 2
        self._span = np.maximum(high - low, 1e-6) * 1.08
        self._redraw()

    # -- where things are

    def _redraw(self) -> None:
        self._picture: QtGui.QImage | None = None
        self._at: tuple[np.ndarray, np.ndarray] | None = None
        self.update()

    def _size(self) -> tuple[float, float]:
        return max(self.width() - 2 * MARGIN, 1), max(self.height() - 2 * MARGIN, 1)

    @property
    def at(self) -> tuple[np.ndarray, np.ndarray]:
        """float32 (n,) x and y of all dots in the widget's pixels."""
        if self._at is None:
            wide, high = self._size()
            x = (self._places[:, 0] - np.float32(self._middle[0])) * np.float32(wide / self._span[0])
            y = (np.float32(self._middle[1]) - self._places[:, 1]) * np.float32(high / self._span[1])
            self._at = x + np.float32(self.width() / 2), y + np.float32(self.height() / 2)
        return self._at

    def place(self, point: QtCore.QPointF) -> np.ndarray:
        """float64 (2,), the place on the map under a point of the widget."""
        wide, high = self._size()
        away = np.array([point.x() - self.width() / 2, self.height() / 2 - point.y()])
        return np.asarray(self._middle + away * self._span / (wide, high))

    def _index(self, object_id: int) -> int:
        at = int(np.searchsorted(self.ids, object_id))
        return at if at < len(self.ids) and self.ids[at] == object_id else -1

    def nearest(self, point: QtCore.QPointF) -> int:
        """The object whose dot the pointer means, or -1."""
        if not len(self.ids):
            return -1
        x, y = self.at
        away = (x - np.float32(point.x())) ** 2 + (y - np.float32(point.y())) ** 2
        at = int(np.argmin(away))
        return int(self.ids[at]) if away[at] <= NEAR**2 else -1

    def inside(self, line: list[QtCore.QPointF]) -> np.ndarray:
        """int64, the objects within a closed line."""
        mask = QtGui.QImage(self.size(), QtGui.QImage.Format_Grayscale8)
        mask.fill(0)
        painter = QtGui.QPainter(mask)
        painter.setPen(Qt.NoPen)
        painter.setBrush(Qt.white)
        painter.drawPolygon(QtGui.QPolygonF(line), Qt.WindingFill)
        painter.end()
        bits = mask.constBits()
        bits.setsize(mask.sizeInBytes())
        pixels = np.frombuffer(bits, np.uint8).reshape(mask.height(), mask.bytesPerLine())
        x, y = self.at
        there = np.flatnonzero((x >= 0) & (x < mask.width()) & (y >= 0) & (y < mask.height()))
        hit = pixels[y[there].astype(np.intp), x[there].astype(np.intp)] > 0
        return np.asarray(self.ids[there[hit]])

    # -- painting

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        painter.setRenderHint(QtGui.QPainter.Antialiasing)
        painter.fillRect(self.rect(), theme.colour("base"))
        if len(self.ids):
            if self._picture is None:
                self._picture = self._drawn()
            painter.drawImage(0, 0, self._picture)
            self._paint_key(painter)
            self._ring(painter, self._current, QtGui.QPen(theme.colour("text"), 2), 7)
            self._paint_lasso(painter)
            self._paint_hover(painter)
        painter.end()

    def _drawn(self) -> QtGui.QImage:
        ratio = self.devicePixelRatioF()
        shape = max(round(self.height() * ratio), 1), max(round(self.width() * ratio), 1)
        image = QtGui.QImage(shape[1], shape[0], QtGui.QImage.Format_ARGB32_Premultiplied)
        image.fill(Qt.transparent)
        painter = QtGui.QPainter(image)
        painter.setRenderHint(QtGui.QPainter.Antialiasing)
        x, y = (place * np.float32(ratio) for place in self.at)
        small = ratio * (2.4 if len(x) <= 5_000 else 1.7 if len(x) <= 50_000 else 0.8)
        known = np.isfinite(self._scores) if self._scores is not None else self._codes > 0
        grey = theme.colour("disabled").getRgb()[:3]
        lay(painter, map_picture.plain(x[~known], y[~known], shape, small, grey))
        if self._scores is not None:
            made = map_picture.coloured(x[known], y[known], shape, small * 1.15, self._scores[known], score_table())
            lay(painter, made)
        else:
            self._draw_grades(painter, x, y, shape, small, ratio)
        painter.end()
        image.setDevicePixelRatio(ratio)
        return image

    def _draw_grades(
        self, painter: QtGui.QPainter, x: np.ndarray, y: np.ndarray, shape: tuple[int, int], small: float, ratio: float
    ) -> None:
        """The scheme's last grade at the bottom: there are most of those, and fewest of the first."""
        order = [level for level in reversed(self._colours) if level in self._levels]
        order = [level for level in self._levels if level and level not in self._colours] + order
        for level in order:
            rows = np.flatnonzero(self._codes == self._levels.index(level))
            ink = self._ink(level)
            if len(rows) > MOST_PAINTED:
                lay(painter, map_picture.plain(x[rows], y[rows], shape, small * 1.2, ink.getRgb()[:3]))
                continue
            painter.setPen(QtGui.QPen(theme.colour("base"), ratio))
            painter.setBrush(ink)
            radius = max(small * 1.5, 3 * ratio)
            for at in rows.tolist():
                painter.drawEllipse(QtCore.QPointF(float(x[at]), float(y[at])), radius, radius)

    def _ink(self, level: str) -> QColor:
        return QColor(self._colours.get(level, theme.colour("muted" if level else "disabled").name()))

    def _paint_key(self, painter: QtGui.QPainter) -> None:
        if self._scores is not None:
            paint_ramp(painter, self.height())
            return
        counts = np.bincount(self._codes, minlength=len(self._levels))
        there = {
            level: int(counts[self._levels.index(level)]) for level in (*self._colours, "") if level in self._levels
        }
        shown = {level: count for level, count in there.items() if count}
        paint_key(painter, self.height(), shown, {level: self._ink(level) for level in shown})

    def _ring(self, painter: QtGui.QPainter, object_id: int, pen: QtGui.QPen, radius: float) -> None:
        if (at := self._index(object_id)) < 0:
            return
        painter.setPen(pen)
        painter.setBrush(Qt.NoBrush)
        painter.drawEllipse(QtCore.QPointF(float(self.at[0][at]), float(self.at[1][at])), radius, radius)

    def _paint_lasso(self, painter: QtGui.QPainter) -> None:
        line = self._line
        if not line and len(self._loop):  # what was caught stays marked, wherever the map is moved to
            wide, high = self._size()
            away = (self._loop - self._middle) / self._span * (wide, -high)
            line = [QtCore.QPointF(self.width() / 2 + x, self.height() / 2 + y) for x, y in away.tolist()]
        if len(line) < 2:
            return
        accent = theme.colour("accent")
        shade = QColor(accent)
        shade.setAlpha(36)
        painter.setPen(QtGui.QPen(accent, 1.5))
        painter.setBrush(shade)
        painter.drawPolygon(QtGui.QPolygonF(line))

    def _paint_hover(self, painter: QtGui.QPainter) -> None:
        """The stamp beside its dot, where there is room; never on it."""
        at = self._index(self.hovered)
        if at < 0:
            return
        self._ring(painter, self.hovered, QtGui.QPen(theme.colour("accent"), 2), 6)
        x, y = float(self.at[0][at]), float(self.at[1][at])
        name, grade = self.naming(self.hovered)
        line = painter.fontMetrics().height() + 4
        left = x + 12 if x + 12 + STAMP < self.width() else x - 12 - STAMP
        top = min(max(y - STAMP / 2, 2.0), max(self.height() - STAMP - line - KEY, 2.0))
        box = QtCore.QRectF(min(max(left, 2.0), max(self.width() - STAMP - 2.0, 2.0)), top, STAMP, STAMP + line)
        paint_stamp(painter, box, self._thumbs.get(self.hovered), f"{grade}  {name}" if grade else name)

    # -- the mouse

    def _look(self) -> None:
        if self._pressed is not None or self._panned is not None:
            return
        found = self.nearest(QtCore.QPointF(self.mapFromGlobal(QtGui.QCursor.pos())))
        self.hover(found if self.underMouse() else -1)

    def hover(self, object_id: int) -> None:
        """Show the stamp of an object; -1 none."""
        self.hovered = object_id
        if object_id >= 0:
            self._thumbs.want([object_id], round(STAMP * self.devicePixelRatioF()), self._recipe)
        self.setCursor(Qt.PointingHandCursor if object_id >= 0 else Qt.CrossCursor)
        self.update()

    def leaveEvent(self, event: QtCore.QEvent) -> None:
        self._resting.stop()
        self.hover(-1)

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        if event.button() == Qt.LeftButton:
            self._pressed, self._line = event.localPos(), [event.localPos()]
        else:
            self._panned = event.localPos()
            self.setCursor(Qt.ClosedHandCursor)

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        here = event.localPos()
        if self._panned is not None:
            moved, self._panned = here - self._panned, here
            wide, high = self._size()
            self._middle = self._middle + np.array(
                [-moved.x() * self._span[0] / wide, moved.y() * self._span[1] / high]
            )
            self._redraw()
        elif self._pressed is not None:
            if (here - self._line[-1]).manhattanLength() >= 2:
                self._line.append(here)
                self.hovered = -1
                self.update()
        elif not self._resting.isActive():
            self._resting.start()

    def mouseReleaseEvent(self, event: QtGui.QMouseEvent) -> None:
        if event.button() != Qt.LeftButton:
            self._panned = None
            self.setCursor(Qt.CrossCursor)
            return
        if self._pressed is None:
            return
        line, self._pressed, self._line = self._line, None, []
        far = max(((point - line[0]).manhattanLength() for point in line), default=0.0)
        if far > SLIP and len(line) > 2:
            self.catch(line)
        elif (found := self.nearest(event.localPos())) >= 0:
            self.picked.emit(found)
        elif len(self._loop):
            self.forget_lasso()
            self.caught.emit(np.zeros(0, np.int64))
        self.update()

    def catch(self, line: list[QtCore.QPointF]) -> None:
        """Take what is within a closed line of the widget's points."""
        self._loop = np.array([self.place(point) for point in line])
        self.caught.emit(self.inside(line))
        self.update()

    def mouseDoubleClickEvent(self, event: QtGui.QMouseEvent) -> None:
        if self.nearest(event.localPos()) < 0:
            self.fit()

    def forget_lasso(self) -> None:
        self._loop = np.zeros((0, 2))
        self.update()

    def wheelEvent(self, event: QtGui.QWheelEvent) -> None:
        delta = event.angleDelta().y()
        if delta and len(self.ids):
            factor = NOTCH ** (-delta / 120.0)
            fixed = self.place(event.position())
            self._middle, self._span = fixed + (self._middle - fixed) * factor, self._span * factor
            self._redraw()
        event.accept()

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        self._redraw()

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QtCore.QEvent.PaletteChange, QtCore.QEvent.StyleChange):
            self._redraw()
