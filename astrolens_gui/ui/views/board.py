"""The panels side by side, as large as they go, and as one picture; knows no object and no recipe."""

from __future__ import annotations

from typing import Any

from ..qt import QtCore, QtGui, QWidget

GAP = 3
"""Device independent pixels between two panels."""


def arrangement(count: int, width: float, height: float) -> tuple[int, int]:
    """(rows, columns) for `count` square pictures in a room of this size: the one in which they are largest."""

    def worth(columns: int) -> tuple[float, int]:
        rows = -(-count // columns)
        return round(min(width / columns, height / rows), 6), -(rows * columns)

    columns = max(range(1, max(count, 1) + 1), key=worth)
    return max(-(-count // columns), 1), columns


class Board(QWidget):
    """Lays its panels out anew with its size; `panels` are widgets with a title, a value and a canvas."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panels: list[Any] = []

    def set_panels(self, panels: list[Any]) -> None:
        self.panels = panels
        for panel in panels:
            panel.setParent(self)
            panel.show()
        self._place()

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        """Cells of one size to a pixel: locked panels show the same sky to their edges."""
        if not self.panels:
            return
        rows, columns = arrangement(len(self.panels), self.width(), self.height())
        across, down = (self.width() + GAP) // columns - GAP, (self.height() + GAP) // rows - GAP
        for place, panel in enumerate(self.panels):
            row, column = divmod(place, columns)
            panel.setGeometry(column * (across + GAP), row * (down + GAP), max(across, 1), max(down, 1))

    def sizeHint(self) -> QtCore.QSize:
        return QtCore.QSize(600, 400)

    def picture(self, width: int | None = None, height: int | None = None, layers: bool = True) -> QtGui.QImage:
        """All panels with their titles, drawn anew at this size (default: the screen's)."""
        width, height = width or self.width(), height or self.height()
        larger = min(width / max(self.width(), 1), height / max(self.height(), 1))
        image = QtGui.QImage(width, height, QtGui.QImage.Format_RGB32)
        image.fill(self.palette().color(QtGui.QPalette.Base))
        painter = QtGui.QPainter(image)
        for panel in self.panels:
            canvas = panel.canvas
            place = QtCore.QRectF(canvas.geometry().translated(panel.pos()))
            x, y = place.x() * larger, place.y() * larger
            size = round(place.width() * larger), round(place.height() * larger)
            if size[0] > 0 and size[1] > 0:
                panel.cross.visible = False  # where the pointer happens to rest is no part of a picture
                painter.drawImage(QtCore.QPointF(x, y), canvas.picture(*size, layers))
                panel.cross.visible = True
            _write(painter, panel, QtCore.QRectF(x, panel.y() * larger, size[0], y - panel.y() * larger), larger)
        painter.end()
        return image


def _write(painter: QtGui.QPainter, panel: Any, area: QtCore.QRectF, larger: float) -> None:
    font = QtGui.QFont(panel.title.font())
    font.setPixelSize(max(round(QtGui.QFontMetrics(font).ascent() * larger), 1))
    painter.setFont(font)
    painter.setPen(panel.palette().color(QtGui.QPalette.WindowText))
    flags = int(QtCore.Qt.AlignVCenter | QtCore.Qt.AlignLeft | QtCore.Qt.TextSingleLine)
    painter.drawText(area.adjusted(8 * larger, 0, 0, 0), flags, panel.title.text())
