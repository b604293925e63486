"""The pixels on the screen: one picture of the window's size and the layers over it; knows no object, no recipe and no file."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from astrolens_gui.core.images.geometry import View

from ..qt import QColor, Qt, QtCore, QtGui, QWidget, Signal
from .aim import Aim, CompassAt
from .hand import Hand
from .layer import Layer, Tool
from .overlay import paint_compass, paint_remark, paint_scale_bar
from .picture import Picture

SMALLEST_OVERLAID = 120
"""Narrower views (screen pixels) show the image alone: the arrows would hide it."""


class Canvas(QWidget, Aim):
    """Shows BGRA pictures of a View; coordinates are 0-based pixel centres, y up.

    Between a change of the view and the picture of it, the last picture is drawn where its pixels are now.

    Attributes:
        renderer: gives the picture of a view at once, uint8 (height, width, 4), or None where that takes longer; whoever
            set it calls `show` then.
        hovered: ((x, y) in pixels, or None when the pointer leaves).
        right_dragged: (fraction of the width, of the height downwards, whether the drag begins): contrast and bias.
        view_changed: (View) after every change of zoom, position, orientation or size.
        tool_changed: (Tool or None).
        painted: (monotonic seconds) when a picture given to `show`, or asked for after `refresh`, was painted first.
    """

    hovered = Signal(object)
    right_dragged = Signal(float, float, bool)
    view_changed = Signal(object)
    tool_changed = Signal(object)
    painted = Signal(float)

    def __init__(self, parent: Any = None) -> None:
        QWidget.__init__(self, parent)  # calls Aim's as well: PyQt is cooperative
        self.renderer: Callable[[View], np.ndarray | None] | None = None
        self.show_compass = True
        self._picture = Picture()
        self._unpainted = False
        self._pointer: QtCore.QPointF | None = None
        self._layers: list[Layer] = []
        self._tool: Tool | None = None
        self.remark = ""
        """A sentence painted over the pixels, "" for none."""
        self.plate = ""
        """The name of what is shown where it is not the object's own pixels, "" where it is."""
        self._hand = Hand(self)
        self.setFocusPolicy(Qt.NoFocus)
        self.setMouseTracking(True)
        self.setAttribute(Qt.WA_OpaquePaintEvent)
        self.setContextMenuPolicy(Qt.PreventContextMenu)  # the right button is contrast and bias

    # -- what is shown

    def set_image_shape(self, shape: tuple[int, int], compass_at: CompassAt | None = None) -> None:
        """An image of (height, width) comes. The zoom stays if the former one had this shape, else it is fitted.

        `compass_at(x, y)`: north, east and scale around a pixel; the orientation is found anew from it.
        """
        if shape != self._shape:
            self._picture.drop()
        self._take_shape(shape, compass_at)

    def show(self, bgra: np.ndarray | None = None, view: View | None = None) -> None:
        """Show uint8 (h, w, 4), C-contiguous, a picture of `view` (default: of the view as it is)."""
        if bgra is None:  # QWidget's own
            super().show()
            return
        self._picture.take(bgra, view or self._view)
        self._unpainted = True
        self.update()

    def refresh(self) -> None:
        """The picture is out of date though the view is not: the next painting asks the renderer again."""
        self._picture.stale = self._unpainted = True
        self.update()

    def forget(self) -> None:
        """Drop the picture: another image comes, of which nothing can be drawn yet."""
        self._picture.drop()
        self.update()

    def say(self, remark: str) -> None:
        """Paint a sentence over the pixels; "" takes it away."""
        self.remark = remark
        self.update()

    def name(self, plate: str) -> None:
        """Name over the pixels what they are; "" where they are the object's own."""
        self.plate = plate
        self.update()

    # -- the view: its verbs are Aim's

    @property
    def scale_px(self) -> float:
        """Screen pixels (device independent) per image pixel."""
        return self._view.scale / self.devicePixelRatioF()

    def pan(self, start: View, moved: QtCore.QPointF) -> None:
        """The image moves with the hand: by screen pixels from where it was in the view `start`."""
        ratio = self.devicePixelRatioF()
        self.drag(start, moved.x() * ratio, moved.y() * ratio)

    def _aimed(self) -> None:
        self.update()
        self.view_changed.emit(self._view)
        self.tell_pointer()  # it rests while the image moves under it

    def tell_pointer(self) -> None:
        """Say again where the pointer is, if it is here."""
        if self._pointer is not None:
            self.hovered.emit(self.pixel_at(self._pointer))

    def _measure(self) -> None:
        """The window's size in device pixels has changed, or may have."""
        ratio = self.devicePixelRatioF()
        self._take_size(max(round(self.width() * ratio), 1), max(round(self.height() * ratio), 1))

    def to_device(self, position: QtCore.QPointF | QtCore.QPoint) -> tuple[float, float]:
        """Device pixels of a point of the widget: the centre of the pixel that the pointer's tip is on."""
        ratio = self.devicePixelRatioF()
        return position.x() * ratio + 0.5, position.y() * ratio + 0.5

    def pixel_at(self, position: QtCore.QPointF | QtCore.QPoint) -> tuple[float, float]:
        """0-based (x, y) under a point of the widget."""
        x, y = self._view.to_image(*self.to_device(position))
        return float(x), float(y)

    def point_of(self, x: float, y: float) -> QtCore.QPoint:
        """The widget's point over 0-based pixel (x, y)."""
        ratio = self.devicePixelRatioF()
        sx, sy = self._view.to_screen(x, y)
        return QtCore.QPoint(int(sx // ratio), int(sy // ratio))

    # -- layers and tools

    def add_layer(self, layer: Layer) -> None:
        """Paint `layer` over all that is there."""
        self._layers.append(layer)
        layer.changed.connect(self.update)
        self.update()

    def remove_layer(self, layer: Layer) -> None:
        if layer in self._layers:
            self._layers.remove(layer)
            layer.changed.disconnect(self.update)
            self.update()

    @property
    def tool(self) -> Tool | None:
        """What the left button does; None: it pans."""
        return self._tool

    def set_tool(self, tool: Tool | None) -> None:
        """Give the left button to `tool`; None: back to panning."""
        if tool is self._tool:
            return
        former, self._tool = self._tool, tool
        if former is not None:
            former.finished.disconnect(self._on_finished)
            self._hand.drop()
            former.leave()
        if tool is not None:
            tool.finished.connect(self._on_finished)
        self.show_cursor()
        self.update()
        self.tool_changed.emit(tool)

    def _on_finished(self) -> None:
        self.set_tool(None)

    def take_key(self, event: QtGui.QKeyEvent) -> bool:
        """A key for the tool; Esc leaves it. False where it meant nothing."""
        if self._tool is None:
            return False
        if self._tool.key(event):
            return True
        if event.key() == Qt.Key_Escape:
            self.set_tool(None)
            return True
        return False

    def show_cursor(self) -> None:
        idle = self._tool.cursor if self._tool is not None else Qt.ArrowCursor
        self.setCursor(Qt.ClosedHandCursor if self._hand.is_panning else idle)

    # -- painting

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        self._measure()  # the window may have come to a screen of another density
        if self.renderer is not None and not self._picture.shows(self._view):
            pixels = self.renderer(self._view)
            if pixels is not None:
                self._picture.take(pixels, self._view)
        painter = QtGui.QPainter(self)
        self._draw(painter, self._picture, self._view, self.devicePixelRatioF())
        painter.end()
        if self._unpainted and self._picture and not self._picture.stale:
            self._unpainted = False
            self.painted.emit(time.monotonic())

    def picture(self, width: int | None = None, height: int | None = None, layers: bool = True) -> QtGui.QImage:
        """What is shown, drawn anew at any size (default: the window's), the layers as large in proportion."""
        width, height = width or self._view.width, height or self._view.height
        larger = min(width / self._view.width, height / self._view.height)
        view = replace(self._view, width=width, height=height, scale=self._view.scale * larger)
        pixels = self.renderer(view) if self.renderer is not None and view != self._view else None
        picture = self._picture
        if pixels is not None:
            picture = Picture()
            picture.take(pixels, view)
        image = QtGui.QImage(width, height, QtGui.QImage.Format_RGB32)
        painter = QtGui.QPainter(image)
        painter.setFont(self.font())
        painter.setRenderHint(QtGui.QPainter.SmoothPixmapTransform)
        self._draw(painter, picture, view, self.devicePixelRatioF() * larger, layers)
        painter.end()
        return image

    def _draw(self, painter: QtGui.QPainter, picture: Picture, view: View, ratio: float, layers: bool = True) -> None:
        """`ratio`: device pixels of the target per unit of line widths and letters."""
        target = painter.device().devicePixelRatioF()
        painter.scale(1 / target, 1 / target)
        picture.draw(painter, view, self._shape, self._surround())
        font = QtGui.QFont(painter.font())
        painter.save()
        large = QtGui.QFont(font)
        if ratio != 1.0:
            large.setPointSizeF(max(font.pointSizeF(), 1.0) * ratio)
        painter.setFont(large)
        painter.setRenderHint(QtGui.QPainter.Antialiasing)
        for layer in self._layers:
            if layer.visible and (layers or layer.always):
                painter.save()
                layer.paint(painter, view)
                painter.restore()
        painter.restore()
        if not layers:
            return
        painter.scale(ratio, ratio)
        painter.setFont(font)
        self._draw_frame(painter, QtCore.QRectF(0, 0, view.width / ratio, view.height / ratio), view, ratio)

    def _surround(self) -> QColor:
        """The colour around the image, by the theme."""
        dark = self.palette().color(QtGui.QPalette.Window).lightness() < 128
        return QColor("#0b0c0e") if dark else QColor("#5f656d")

    def _draw_frame(self, painter: QtGui.QPainter, area: QtCore.QRectF, view: View, ratio: float) -> None:
        painter.setRenderHint(QtGui.QPainter.Antialiasing)
        compass = self._compass
        if compass is not None and self._shape[0] and min(area.width(), area.height()) >= SMALLEST_OVERLAID:
            if self.show_compass:
                paint_compass(painter, area, compass, view)
            paint_scale_bar(painter, area, compass, view, ratio)
        for text in (self.plate, self.remark, self._tool.hint if self._tool is not None else ""):
            if text:
                area = area.adjusted(0, paint_remark(painter, area.toRect(), text), 0, 0)

    # -- events

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def mousePressEvent(self, event: QtGui.QMouseEvent) -> None:
        self._hand.press(event)

    def mouseMoveEvent(self, event: QtGui.QMouseEvent) -> None:
        self._pointer = event.localPos()
        if self._shape[0]:
            self._hand.move(event)

    def mouseReleaseEvent(self, event: QtGui.QMouseEvent) -> None:
        self._hand.release(event)

    def mouseDoubleClickEvent(self, event: QtGui.QMouseEvent) -> None:
        self._hand.double_click(event)

    def wheelEvent(self, event: QtGui.QWheelEvent) -> None:
        self._hand.wheel(event)

    def event(self, event: QtCore.QEvent) -> bool:
        if event.type() == QtCore.QEvent.NativeGesture and self._hand.gesture(event):
            return True
        return bool(super().event(event))

    def leaveEvent(self, event: QtCore.QEvent) -> None:
        super().leaveEvent(event)
        self._pointer = None
        self.hovered.emit(None)

    def hideEvent(self, event: QtGui.QHideEvent) -> None:
        super().hideEvent(event)
        self._hand.drop()
