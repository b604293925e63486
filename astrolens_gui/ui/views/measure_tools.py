"""What the left button measures: circle, ruler, image positions, line; each changes the state and draws nothing itself."""

from __future__ import annotations

import math
from typing import Any

from astrolens_gui.core.measure.record import Point

from ..qt import QObject, Qt, QtCore, QtGui
from .layer import Spot, Tool
from .measure_state import MeasureState

GRIP_PX = 9.0
"""So near (device independent pixels) the pointer takes hold of a rim, an end or an image."""

FINE = 1.01
COARSE = 1.05
"""One step of the wheel or of a key changes the radius by this factor, with Ctrl by the finer one."""

STEP_PX = 0.5
"""An arrow key moves the circle by so many image pixels."""

LEAST_THETA_PX = 0.5


class MeasureTool(Tool):
    """A tool on one canvas; Backspace takes its measurement away."""

    part = ""

    def __init__(self, state: MeasureState, canvas: Any) -> None:
        super().__init__(state)
        self._state, self._canvas = state, canvas

    def key(self, event: QtGui.QKeyEvent) -> bool:
        if event.key() == Qt.Key_Backspace and self.part:
            self._state.forget(self.part)
            return True
        return False

    def _near(self, spot: Spot, point: Point) -> float:
        """Distance on the screen, in units of the grip."""
        sx, sy = self._canvas.view.to_screen(*point)
        return math.hypot(spot.sx - sx, spot.sy - sy) / (GRIP_PX * self._canvas.devicePixelRatioF())


class CircleTool(MeasureTool):
    """The Einstein circle: the rim sizes, the inside moves, outside the canvas pans."""

    part = "circle"
    hint = "Drag the rim or the inside · Shift+wheel sizes · Esc leaves"

    def __init__(self, state: MeasureState, canvas: Any) -> None:
        super().__init__(state, canvas)
        self._grip = ""
        self._offset = (0.0, 0.0)

    def _grip_at(self, spot: Spot) -> str:
        measured = self._state.measured
        if measured.circle is None:
            return ""
        patch = self._state.plate.around(*measured.circle)
        radius = float(patch.radius(spot.x, spot.y))
        pixels = abs(radius - measured.theta) / patch.scale * self._canvas.view.scale
        if pixels < GRIP_PX * self._canvas.devicePixelRatioF() and self._near(spot, measured.circle) > 1:
            return "rim"
        return "inside" if radius < measured.theta or self._near(spot, measured.circle) < 1 else ""

    def press(self, spot: Spot) -> bool:
        self._grip = self._grip_at(spot)
        if self._grip and self._state.measured.circle is not None:
            x, y = self._state.measured.circle
            self._offset = (x - spot.x, y - spot.y)
        return bool(self._grip)

    def move(self, spot: Spot) -> None:
        circle = self._state.measured.circle
        if circle is None:
            return
        patch = self._state.plate.around(*circle)
        if self._grip == "rim":
            theta = max(float(patch.radius(spot.x, spot.y)), LEAST_THETA_PX * patch.scale)
            self._state.set(theta=theta)
        elif self._grip == "inside":
            self._state.set(circle=(spot.x + self._offset[0], spot.y + self._offset[1]))

    def release(self, spot: Spot) -> None:
        self._grip = ""

    def hover(self, spot: Spot) -> None:
        shapes = {"rim": Qt.SizeAllCursor, "inside": Qt.OpenHandCursor, "": Qt.ArrowCursor}
        self.cursor = shapes[self._grip_at(spot)]
        self._canvas.show_cursor()

    def double_click(self, spot: Spot) -> bool:
        return bool(self._grip_at(spot))  # a quick second grip is no wish to fit the image

    def scale(self, factor: float) -> None:
        """A larger or smaller circle."""
        circle, theta = self._state.measured.circle, self._state.measured.theta
        if circle is not None:
            least = LEAST_THETA_PX * self._state.plate.around(*circle).scale
            self._state.set(theta=max(theta * factor, least))

    def key(self, event: QtGui.QKeyEvent) -> bool:
        moves = {Qt.Key_Left: (-1, 0), Qt.Key_Right: (1, 0), Qt.Key_Up: (0, -1), Qt.Key_Down: (0, 1)}
        circle = self._state.measured.circle
        if circle is None:
            return super().key(event)
        if event.key() in moves and event.modifiers() & Qt.AltModifier:
            right, down = moves[event.key()]
            back = self._canvas.view.to_image
            length = math.hypot(back.a, back.d) / STEP_PX
            dx, dy = back.a * right + back.b * down, back.d * right + back.e * down
            self._state.set(circle=(circle[0] + dx / length, circle[1] + dy / length))
            return True
        if event.key() in (Qt.Key_Less, Qt.Key_Greater, Qt.Key_Comma, Qt.Key_Period):
            larger = event.key() in (Qt.Key_Greater, Qt.Key_Period)
            factor = FINE if event.modifiers() & Qt.ControlModifier else COARSE
            self.scale(factor if larger else 1 / factor)
            return True
        return super().key(event)


class SegmentTool(MeasureTool):
    """A line from one point to another; either end can be taken again."""

    def __init__(self, state: MeasureState, canvas: Any) -> None:
        super().__init__(state, canvas)
        self._fixed: Point | None = None
        self._before: Any = None

    @property
    def segment(self) -> tuple[Point, Point] | None:
        raise NotImplementedError

    def draw(self, segment: tuple[Point, Point] | None) -> None:
        raise NotImplementedError

    def press(self, spot: Spot) -> bool:
        self._before = segment = self.segment
        self._fixed = (spot.x, spot.y)
        if segment is not None:
            for taken, other in ((segment[0], segment[1]), (segment[1], segment[0])):
                if self._near(spot, taken) < 1:
                    self._fixed = other
        return True

    def move(self, spot: Spot) -> None:
        if self._fixed is not None:
            self.draw((self._fixed, (spot.x, spot.y)))

    def release(self, spot: Spot) -> None:
        if self._fixed is not None and self._near(spot, self._fixed) < 0.3:
            self.draw(self._before)  # a click is no line
        self._fixed = None

    def double_click(self, spot: Spot) -> bool:
        return True

    def leave(self) -> None:
        if self._fixed is not None:
            self.draw(self._before)
            self._fixed = None


class RulerTool(SegmentTool):
    part = "ruler"
    hint = "Drag from point to point · Esc leaves"

    @property
    def segment(self) -> tuple[Point, Point] | None:
        return self._state.measured.ruler

    def draw(self, segment: tuple[Point, Point] | None) -> None:
        if segment != self._state.measured.ruler:
            self._state.set(ruler=segment)


class LineTool(SegmentTool):
    hint = "Drag a line over the image · Esc leaves"

    @property
    def segment(self) -> tuple[Point, Point] | None:
        return self._state.line

    def draw(self, segment: tuple[Point, Point] | None) -> None:
        if segment != self._state.line:
            self._state.set_line(segment)

    def key(self, event: QtGui.QKeyEvent) -> bool:
        if event.key() == Qt.Key_Backspace:
            self._state.set_line(None)
            return True
        return False


class PositionsTool(MeasureTool):
    """The images of the source: a click marks one, a click on it takes it away, a drag moves it."""

    part = "images"
    hint = "Click on each image · click again removes · Esc leaves"

    def __init__(self, state: MeasureState, canvas: Any) -> None:
        super().__init__(state, canvas)
        self._taken: int | None = None
        self._moved = False
        self._from: Spot | None = None

    def press(self, spot: Spot) -> bool:
        images = self._state.measured.images
        near = sorted((self._near(spot, image), place) for place, image in enumerate(images))
        self._taken = near[0][1] if near and near[0][0] < 1 else None
        self._from, self._moved = spot, False
        return True

    def move(self, spot: Spot) -> None:
        if self._from is None or (not self._moved and math.hypot(spot.sx - self._from.sx, spot.sy - self._from.sy) < 3):
            return
        self._moved = True
        if self._taken is not None:
            images = list(self._state.measured.images)
            images[self._taken] = (spot.x, spot.y)
            self._state.set(images=tuple(images))

    def release(self, spot: Spot) -> None:
        measured = self._state.measured
        if self._from is None:
            return
        if self._taken is None:
            self._state.set(images=measured.with_image((spot.x, spot.y)).images)
        elif not self._moved:
            self._state.set(images=measured.without_image(self._taken).images)
        self._taken = self._from = None

    def double_click(self, spot: Spot) -> bool:
        return True  # the first click has marked it; the second is no wish to fit the image

    def leave(self) -> None:
        self._taken = self._from = None


class WheelSizer(QObject):
    """Shift+wheel on the canvas sizes the circle while its tool is on; any other wheel zooms, as ever."""

    def __init__(self, canvas: Any) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        canvas.installEventFilter(self)

    def eventFilter(self, watched: Any, event: QtCore.QEvent) -> bool:
        if event.type() != QtCore.QEvent.Wheel or not event.modifiers() & Qt.ShiftModifier:
            return False
        tool = self._canvas.tool
        delta = event.angleDelta().y() or event.angleDelta().x()
        if not isinstance(tool, CircleTool) or not delta:
            return False
        factor = FINE if event.modifiers() & Qt.ControlModifier else COARSE
        tool.scale(factor ** (delta / 120.0))
        return True
