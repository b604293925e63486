"""A stamp large beside its cell, as long as it is asked for; takes no click, stores nothing, and never covers the stamp it shows."""

from __future__ import annotations

from typing import Any

from ..qt import QPalette, Qt, QtCore, QtGui, QWidget
from .thumbs import picture

LARGEST = 720
MARGIN = 8
TITLE = 22
WORTH = 1.25
"""It has to be so many times as large as the stamp, or it does not come."""


class Loupe(QWidget):
    """A child of the mosaic, over its other cells."""

    def __init__(self, bridge: Any, workbench: Any, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.NoFocus)
        self._bridge = bridge
        self._workbench = workbench
        self._asked: Any = None
        self._title = ""
        self._picture: Any = None
        self.hide()

    @property
    def object_id(self) -> int:
        """What it shows, or is about to; -1 for nothing."""
        return self._asked[0] if self._asked is not None else -1

    def show_object(self, object_id: int, title: str, cell: QtCore.QRect, area: QtCore.QRect, recipe: Any) -> bool:
        """Show an object beside its cell as soon as its pixels are there; False where there is no room for a larger one."""
        place = beside(cell, area)
        if place.isNull():
            self.put_away()
            return False
        ratio = self.devicePixelRatioF()
        side = round(place.width() * ratio)
        if self._asked == (object_id, side, recipe) and self.geometry() == place:
            return True
        asked = self._asked = (object_id, side, recipe)
        job = self._workbench.thumbnails([object_id], side, recipe)
        self._bridge.when_done(
            job,
            lambda result: self._take(asked, result[0], title, place),
            lambda error: self._take(asked, error, title, place),
        )
        return True

    def _take(self, asked: Any, stamp: Any, title: str, place: QtCore.QRect) -> None:
        if asked != self._asked:
            return  # another stamp by now, or none
        self._title, self._picture = title, picture(stamp)
        self.setGeometry(place)
        self.show()
        self.raise_()
        self.update()

    def put_away(self) -> None:
        self._asked = self._picture = None
        self.hide()

    def paintEvent(self, event: QtGui.QPaintEvent) -> None:
        painter = QtGui.QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.Base))
        pixels = QtCore.QRect(1, 1, self.width() - 2, self.width() - 2)
        if isinstance(self._picture, QtGui.QPixmap):
            painter.drawPixmap(pixels, self._picture)
        else:
            painter.setPen(self.palette().color(QPalette.Text))
            inner = pixels.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
            painter.drawText(inner, Qt.AlignCenter | Qt.TextWordWrap, f"⚠ {self._picture}")
        line = QtCore.QRect(MARGIN, pixels.bottom() + 1, self.width() - 2 * MARGIN, TITLE)
        painter.setPen(self.palette().color(QPalette.Text))
        text = painter.fontMetrics().elidedText(self._title, Qt.ElideMiddle, line.width())
        painter.drawText(line, Qt.AlignVCenter | Qt.AlignLeft, text)
        painter.setPen(self.palette().color(QPalette.Highlight))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()


def beside(cell: QtCore.QRect, area: QtCore.QRect) -> QtCore.QRect:
    """The largest place within `area` that leaves `cell` free, square but for its title; null where none is worth it."""
    inner = area.adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
    across, down = inner.width(), inner.height() - TITLE
    sides = {
        "right": min(inner.right() - cell.right() - MARGIN, down),
        "left": min(cell.left() - inner.left() - MARGIN, down),
        "below": min(inner.bottom() - cell.bottom() - MARGIN - TITLE, across),
        "above": min(cell.top() - inner.top() - MARGIN - TITLE, across),
    }
    where = max(sides, key=lambda name: sides[name])
    side = min(sides[where], LARGEST)
    if side < WORTH * cell.width():
        return QtCore.QRect()
    height = side + TITLE
    left = {"right": cell.right() + MARGIN, "left": cell.left() - MARGIN - side}.get(
        where, cell.center().x() - side // 2
    )
    top = {"below": cell.bottom() + MARGIN, "above": cell.top() - MARGIN - height}.get(
        where, cell.center().y() - height // 2
    )
    left = min(max(left, inner.left()), inner.right() - side + 1)
    top = min(max(top, inner.top()), inner.bottom() - height + 1)
    return QtCore.QRect(left, top, side, height)
