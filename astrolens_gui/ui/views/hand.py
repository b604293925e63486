"""What mouse and trackpad do on a canvas: pan, zoom at the cursor, contrast and bias, or what the tool says; paints nothing."""

from __future__ import annotations

from typing import Any

from ..qt import Qt, QtCore, QtGui
from .layer import Spot

NOTCH = 1.25
"""One notch of the wheel (120 units of a finer one) zooms by this factor."""


class Hand:
    """Turns the events of one canvas into its verbs."""

    def __init__(self, canvas: Any) -> None:
        self._canvas = canvas
        self._doing = ""
        self._button: Any = None
        self._from = QtCore.QPointF()
        self._began: Any = None

    @property
    def is_panning(self) -> bool:
        return self._doing == "pan"

    def spot(self, event: Any) -> Spot:
        position = event.localPos() if hasattr(event, "localPos") else event.position()
        sx, sy = self._canvas.to_device(position)
        x, y = self._canvas.view.to_image(sx, sy)
        return Spot(x, y, sx, sy, event.modifiers())

    def press(self, event: QtGui.QMouseEvent) -> None:
        if self._doing:  # a second button while one is down is a slip
            return
        canvas, button = self._canvas, event.button()
        self._button, self._from, self._began = button, event.localPos(), canvas.view
        if button == Qt.RightButton:
            self._doing = "contrast"
            canvas.right_dragged.emit(0.0, 0.0, True)
        elif button == Qt.LeftButton and canvas.tool is not None and canvas.tool.press(self.spot(event)):
            self._doing = "tool"
        elif button in (Qt.LeftButton, Qt.MiddleButton):
            self._doing = "pan"
            canvas.show_cursor()

    def move(self, event: QtGui.QMouseEvent) -> None:
        canvas = self._canvas
        moved = event.localPos() - self._from
        if self._doing == "contrast":
            canvas.right_dragged.emit(moved.x() / max(canvas.width(), 1), moved.y() / max(canvas.height(), 1), False)
        elif self._doing == "pan" and (moved.x() or moved.y()):
            canvas.pan(self._began, moved)
        spot = self.spot(event)
        if canvas.tool is not None:
            if self._doing == "tool":
                canvas.tool.move(spot)
            elif not self._doing:
                canvas.tool.hover(spot)
        canvas.hovered.emit((spot.x, spot.y))

    def release(self, event: QtGui.QMouseEvent) -> None:
        if not self._doing or event.button() != self._button:
            return
        doing, self._doing = self._doing, ""
        if doing == "tool" and self._canvas.tool is not None:
            self._canvas.tool.release(self.spot(event))
        self._canvas.show_cursor()

    def double_click(self, event: QtGui.QMouseEvent) -> None:
        if event.button() != Qt.LeftButton:
            self.press(event)
            return
        tool = self._canvas.tool
        if tool is None or not tool.double_click(self.spot(event)):
            self._canvas.fit()

    def drop(self) -> None:
        """Let go: the canvas was hidden, or its tool taken away, under the button."""
        self._doing = ""

    def wheel(self, event: QtGui.QWheelEvent) -> None:
        delta = event.angleDelta().y() or event.angleDelta().x()
        if delta:
            self._canvas.zoom_by(NOTCH ** (delta / 120.0), self._canvas.to_device(event.position()))
        event.accept()

    def gesture(self, event: QtGui.QNativeGestureEvent) -> bool:
        """Two fingers on a trackpad: pinch zooms."""
        if event.gestureType() != Qt.ZoomNativeGesture:
            return False
        self._canvas.zoom_by(max(1.0 + event.value(), 0.1), self._canvas.to_device(event.localPos()))
        return True
