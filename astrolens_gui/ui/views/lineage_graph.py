"""The graph beside a list of models: which was held against which, as lines between rows; knows no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .. import theme
from ..qt import QColor, Qt, QtCore, QtGui, QtWidgets

VERDICTS = {"accepted": "good", "provisional": "warning", "refused": "bad"}
"""The gate's verdicts and the roles of their colours."""

LANE = 12
"""Pixels between two lines."""

DOT = 4.5


@dataclass(frozen=True)
class Node:
    """One row: the line that its dot is on, where lines come in from above (`above`), and which go on below (`below`).

    `above`: (line at the top, line in the middle). `below`: lines.
    """

    lane: int
    above: tuple[tuple[int, int], ...] = ()
    below: tuple[int, ...] = ()


def nodes(rows: Sequence[tuple[str, str, bool]]) -> list[Node]:
    """A Node for each (id, parent, aside), newest first; what is `aside` (refused) never has the first line."""
    known = {name for name, _, _ in rows}
    waiting: list[str] = [""]  # for each line: the parent that it leads to, "" where it is free
    made = []
    for name, parent, aside in rows:
        coming = [lane for lane, wanted in enumerate(waiting) if wanted == name]
        lane = coming[0] if coming else _free(waiting, 1 if aside else 0)
        above = tuple((at, lane if wanted == name else at) for at, wanted in enumerate(waiting) if wanted)
        for at in coming:
            waiting[at] = ""
        if lane == len(waiting):
            waiting.append("")
        waiting[lane] = parent if parent in known else ""
        made.append(Node(lane, above, tuple(at for at, wanted in enumerate(waiting) if wanted)))
    return made


def _free(waiting: Sequence[str], first: int) -> int:
    return next((at for at, wanted in enumerate(waiting) if at >= first and not wanted), max(first, len(waiting)))


class GraphDelegate(QtWidgets.QStyledItemDelegate):
    """Paints the Node in an item's UserRole + 1; UserRole + 2 has its verdict, + 3 whether it is in use."""

    def paint(self, painter: QtGui.QPainter, option: Any, index: QtCore.QModelIndex) -> None:
        super().paint(painter, option, index)
        node = index.data(int(Qt.UserRole) + 1)
        if node is None:
            return
        box = QtCore.QRectF(option.rect)
        middle = box.center().y()

        def at(lane: int, y: float) -> QtCore.QPointF:
            return QtCore.QPointF(box.left() + LANE * (lane + 0.6), y)

        painter.save()
        painter.setRenderHint(QtGui.QPainter.Antialiasing)
        painter.setPen(QtGui.QPen(theme.colour("muted"), 1.4))
        for top, to in node.above:
            painter.drawLine(at(top, box.top()), at(to, middle))
        for lane in node.below:
            painter.drawLine(at(lane, middle), at(lane, box.bottom()))
        role = VERDICTS.get(index.data(int(Qt.UserRole) + 2) or "", "muted")
        ink = QColor(theme.colour(role))
        painter.setPen(QtGui.QPen(ink, 1.8))
        painter.setBrush(ink if index.data(int(Qt.UserRole) + 3) else QColor(theme.colour("base")))
        painter.drawEllipse(at(node.lane, middle), DOT, DOT)
        painter.restore()


def width(made: Sequence[Node]) -> int:
    """Pixels that the graph takes."""
    lanes = [lane for node in made for lane in (node.lane, *node.below)]
    return round(LANE * (max(lanes, default=0) + 1.6))
