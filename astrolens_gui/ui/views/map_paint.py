"""Parts of the map's painting that are no dots: layers of pixels, the colours' key, a stamp with its caption; knows no map."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .. import theme
from ..qt import QColor, Qt, QtCore, QtGui

SMALLER = 0.85
"""Size of a caption under a stamp, which is narrower than a name."""


def lay(painter: QtGui.QPainter, pixels: np.ndarray) -> None:
    """uint8 (h, w, 4) RGBA over what is there."""
    height, width = pixels.shape[:2]
    whole = np.ascontiguousarray(pixels)
    image = QtGui.QImage(whole.data, width, height, 4 * width, QtGui.QImage.Format_RGBA8888)
    painter.drawImage(0, 0, image)


def score_table() -> np.ndarray:
    """uint8 (256, 3), from a score of 0 to 1, legible on the theme's ground."""
    import pyqtgraph as pg

    stops = (0.22, 1.0) if theme.colour("base").lightness() < 128 else (0.0, 0.9)
    found = pg.colormap.get("viridis").map(np.linspace(*stops, 256), mode="byte")
    return np.asarray(found[:, :3])


def paint_ramp(painter: QtGui.QPainter, height: int) -> None:
    """The key of the scores, in the lower left corner of a map of this height."""
    x, base = 8.0, height - 8.0
    bar = QtCore.QRectF(x + painter.fontMetrics().horizontalAdvance("0 "), base - 9, 90, 8)
    ramp = QtGui.QLinearGradient(bar.topLeft(), bar.topRight())
    for stop in np.linspace(0, 1, 9):
        ramp.setColorAt(float(stop), QColor(*score_table()[int(stop * 255)].tolist()))
    painter.fillRect(bar, ramp)
    painter.setPen(theme.colour("text"))
    painter.drawText(QtCore.QPointF(x, base), "0")
    painter.drawText(QtCore.QPointF(bar.right() + 4, base), "1  score")


def paint_key(painter: QtGui.QPainter, height: int, counts: Mapping[str, int], inks: Mapping[str, QColor]) -> None:
    """The key of the grades with their numbers ("": open, without a grade), in the same corner."""
    x, base = 8.0, height - 8.0
    for level, count in counts.items():
        said = f"{level} {count:,}" if level else f"{count:,} open"
        painter.setPen(Qt.NoPen)
        painter.setBrush(inks[level])
        painter.drawEllipse(QtCore.QPointF(x + 4, base - 4.5), 4, 4)
        painter.setPen(theme.colour("text"))
        painter.drawText(QtCore.QPointF(x + 12, base), said)
        x += 22 + painter.fontMetrics().horizontalAdvance(said)


def paint_stamp(painter: QtGui.QPainter, box: QtCore.QRectF, stamp: Any, said: str) -> None:
    """A stamp (a pixmap, the sentence in its place, or None while it is on its way) over its caption."""
    painter.setPen(QtGui.QPen(theme.colour("line"), 1))
    painter.setBrush(theme.colour("raised"))
    painter.drawRoundedRect(box.adjusted(-2, -2, 2, 2), 4, 4)
    square = QtCore.QRectF(box.left(), box.top(), box.width(), box.width())
    painter.setPen(theme.colour("text"))
    if isinstance(stamp, QtGui.QPixmap):
        painter.drawPixmap(square, stamp, QtCore.QRectF(stamp.rect()))
    elif stamp:
        painter.drawText(square, Qt.AlignCenter | Qt.TextWordWrap, stamp)
    font = painter.font()
    font.setPointSizeF(font.pointSizeF() * SMALLER)
    painter.setFont(font)
    line = QtCore.QRectF(box.left() + 3, square.bottom(), box.width() - 6, box.bottom() - square.bottom())
    elided = painter.fontMetrics().elidedText(said, Qt.ElideMiddle, int(line.width()))
    painter.drawText(line, Qt.AlignVCenter, elided)
