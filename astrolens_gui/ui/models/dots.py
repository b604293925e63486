"""The dot of a grade in its colour, drawn once; knows no scheme and no object."""

from __future__ import annotations

from functools import cache

from ..qt import QColor, QIcon, Qt, QtGui

NEUTRAL = "#8a94a0"
"""What has no colour in the present scheme: an object without a grade, and a grade of another scheme."""


@cache
def _small_dot(colour: str) -> QIcon:
    picture = QtGui.QPixmap(22, 22)
    picture.fill(Qt.transparent)
    painter = QtGui.QPainter(picture)
    painter.setRenderHint(QtGui.QPainter.Antialiasing)
    painter.setPen(QtGui.QPen(QColor(colour or NEUTRAL), 2))
    painter.setBrush(QColor(colour) if colour else Qt.NoBrush)
    painter.drawEllipse(4, 4, 14, 14)
    painter.end()
    return QIcon(picture)


def dot(colour: QColor | None) -> QIcon:
    """A full dot in a grade's colour, grey for another scheme's; a ring for none. The letter stands beside it."""
    return _small_dot(colour.name() if colour is not None else "")
