"""The last picture of a view, drawn where its pixels are in another one; knows no widget and no image."""

from __future__ import annotations

import numpy as np

from astrolens_gui.core.images.geometry import Affine, View

from ..qt import QColor, QtCore, QtGui


class Picture:
    """Attributes:
    view: what it is a picture of. stale: it is out of date all the same.
    """

    def __init__(self) -> None:
        self._image: QtGui.QImage | None = None
        self._pixels: np.ndarray | None = None
        self.view = View(1, 1)
        self.stale = True

    def __bool__(self) -> bool:
        return self._image is not None

    def take(self, bgra: np.ndarray, view: View) -> None:
        """uint8 (h, w, 4) of `view`."""
        height, width = bgra.shape[:2]
        self._pixels = np.ascontiguousarray(bgra)  # the QImage only borrows it
        self._image = QtGui.QImage(self._pixels.data, width, height, 4 * width, QtGui.QImage.Format_RGB32)
        self.view, self.stale = view, False

    def drop(self) -> None:
        self._image, self.stale = None, True

    def shows(self, view: View) -> bool:
        """Whether nothing need be done to show this view."""
        return self._image is not None and not self.stale and self.view == view

    def draw(self, painter: QtGui.QPainter, view: View, shape: tuple[int, int] | None, surround: QColor) -> None:
        """As `view` has it; `painter` works in device pixels.

        Args:
            shape: (height, width) of the image; `surround` goes where it is not. None: the picture is all there is.
        """
        window = QtCore.QRectF(0, 0, view.width, view.height)
        if self._image is None or shape == (0, 0):
            painter.fillRect(window, surround)
            return
        if self.view == view:
            painter.drawImage(QtCore.QPointF(0, 0), self._image)
        else:
            painter.fillRect(window, surround)
            painter.save()
            painter.setTransform(transform(view.to_screen.after(self.view.to_image)), True)
            painter.drawImage(QtCore.QPointF(0, 0), self._image)
            painter.restore()
        around = _around(view, shape) if shape is not None else None
        if around is not None:
            painter.setRenderHint(QtGui.QPainter.Antialiasing, view.angle % 90 != 0)
            painter.fillPath(around, surround)


def transform(affine: Affine) -> QtGui.QTransform:
    return QtGui.QTransform(affine.a, affine.d, affine.b, affine.e, affine.c, affine.f)


def _around(view: View, shape: tuple[int, int]) -> QtGui.QPainterPath | None:
    """What of the window the image does not cover; None where it covers all."""
    height, width = shape
    seen = [view.to_image(x, y) for x in (0, view.width) for y in (0, view.height)]
    if all(-0.5 <= x <= width - 0.5 and -0.5 <= y <= height - 0.5 for x, y in seen):
        return None
    to_screen = view.to_screen
    corners = [(-0.5, -0.5), (width - 0.5, -0.5), (width - 0.5, height - 0.5), (-0.5, height - 0.5)]
    path = QtGui.QPainterPath()
    path.addRect(QtCore.QRectF(-1, -1, view.width + 2, view.height + 2))
    path.addPolygon(QtGui.QPolygonF([QtCore.QPointF(*to_screen(*corner)) for corner in corners]))
    path.closeSubpath()
    return path
