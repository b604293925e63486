"""The left button over boxes: draws, selects, moves and resizes them; keeps none, and knows no store."""

from __future__ import annotations

import math
from typing import Any

from astrolens_gui.core.images import outline

from ..qt import Qt, QtCore, QtGui, Signal
from .layer import Spot, Tool
from .marks import HANDLES, MarksLayer, resized

LEAST = 6.0
"""Screen pixels: a drag shorter than that, across or down, is a click, and no side of a box becomes shorter."""


class MarkTool(Tool):
    """Attributes:
    drawn: (region) a new box was drawn.
    moved: (key, region) one was moved or resized.
    asked: (key) a double click on one: what is it?
    removed: (key).
    """

    drawn = Signal(object)
    moved = Signal(str, object)
    asked = Signal(str)
    removed = Signal(str)

    hint = "Drag draws, moves and resizes · double click names · Del removes · Esc ends"

    def __init__(self, canvas: Any, layer: MarksLayer) -> None:
        super().__init__()
        self._canvas, self._layer = canvas, layer
        self._doing = ""
        self._from: Spot | None = None
        self._handle = 0
        self._was: dict[str, Any] = {}
        self._under: list[Any] = []

    @property
    def _view(self) -> Any:
        return self._canvas.view

    def press(self, spot: Spot) -> bool:
        self._from = spot
        layer = self._layer
        self._under = layer.hits(spot.x, spot.y, self._view)
        handle = layer.handle_at(spot.sx, spot.sy, self._view)
        if spot.modifiers & Qt.ShiftModifier or not (self._under or handle is not None):
            self._doing = "draw"
            return True
        chosen = layer.chosen
        if handle is not None and chosen is not None:
            self._doing, self._handle, self._was = "resize", handle, chosen.region
        else:
            grabbed = chosen if chosen in self._under else self._under[0]
            self._doing, self._was = "move", grabbed.region
        return True

    def move(self, spot: Spot) -> None:
        start = self._from
        if start is None or not self._doing:
            return
        far = max(abs(spot.sx - start.sx), abs(spot.sy - start.sy))
        if self._layer.draft is None and far < LEAST / 2:
            return  # a hand that trembles
        least = LEAST / self._view.scale
        if self._doing == "draw":
            self._layer.set_draft(_spanned(start, spot), drawing=True)
            return
        if self._doing == "move":
            if self._layer.chosen not in self._under:
                self._layer.select(self._under[0].key)
            x, y = self._was["x"] + spot.x - start.x, self._was["y"] + spot.y - start.y
            self._layer.set_draft(outline.fitted(self._was, x=x, y=y))
        elif self._doing == "resize":
            self._layer.set_draft(resized(self._was, self._handle, spot.x, spot.y, least))

    def release(self, spot: Spot) -> None:
        start, doing, draft = self._from, self._doing, self._layer.draft
        self._drop()
        if start is None:
            return
        if draft is None:
            self._click()
        elif doing != "draw":
            self.moved.emit(self._layer.selected, draft)
        elif min(draft["w"], draft["h"]) * self._view.scale >= LEAST:
            self.drawn.emit(draft)

    def _click(self) -> None:
        """Select what is under the pointer; again there: the next of those that overlap."""
        keys = [mark.key for mark in self._under]
        here = keys.index(self._layer.selected) + 1 if self._layer.selected in keys else 0
        self._layer.select(keys[here % len(keys)] if keys else "")

    def double_click(self, spot: Spot) -> bool:
        under = self._layer.hits(spot.x, spot.y, self._view)
        chosen = self._layer.chosen
        if under:
            mark = chosen if chosen in under else under[0]
            self._layer.select(mark.key)
            self.asked.emit(mark.key)
        return True  # never a fit: it would move the boxes under the pointer

    def hover(self, spot: Spot) -> None:
        handle = self._layer.handle_at(spot.sx, spot.sy, self._view)
        wanted = Qt.CrossCursor
        if handle is not None:
            wanted = self._cursor(handle)
        elif not spot.modifiers & Qt.ShiftModifier and self._layer.hits(spot.x, spot.y, self._view):
            wanted = Qt.SizeAllCursor
        if wanted != self.cursor:
            self.cursor = wanted
            self._canvas.show_cursor()

    def _cursor(self, handle: int) -> Any:
        """The arrows along which this handle moves on the screen, whichever way the image is turned."""
        chosen = self._layer.chosen
        if chosen is None:
            return Qt.CrossCursor
        turn = math.radians(chosen.region.get("angle") or 0.0)
        u, v = HANDLES[handle]
        x, y = u * math.cos(turn) - v * math.sin(turn), u * math.sin(turn) + v * math.cos(turn)
        (x0, y0), (x1, y1) = self._view.to_screen(0.0, 0.0), self._view.to_screen(x, y)
        angle = math.degrees(math.atan2(y0 - y1, x1 - x0)) % 180.0
        names = (Qt.SizeHorCursor, Qt.SizeBDiagCursor, Qt.SizeVerCursor, Qt.SizeFDiagCursor)
        return names[round(angle / 45.0) % 4]

    def key(self, event: QtGui.QKeyEvent) -> bool:
        if event.key() == Qt.Key_Escape and self._doing:
            self._drop()
            return True
        if event.key() in (Qt.Key_Delete, Qt.Key_Backspace) and self._layer.selected:
            self.removed.emit(self._layer.selected)
            return True
        return False

    def eventFilter(self, watched: Any, event: QtCore.QEvent) -> bool:
        """On the view: Esc belongs to the tool that is on, before it becomes an action of the window."""
        mine = event.type() == QtCore.QEvent.ShortcutOverride and event.key() == Qt.Key_Escape
        if mine and self._canvas.tool is not None:
            event.accept()
            return True
        return False

    def leave(self) -> None:
        self._drop()
        self._layer.select("")

    def _drop(self) -> None:
        self._doing, self._from = "", None
        self._layer.set_draft(None)


def _spanned(start: Spot, end: Spot) -> dict[str, Any]:
    """A box along the image's rows and columns, as a detector wants it, with two corners where the drag began and is."""
    return {
        "kind": "box",
        "x": (start.x + end.x) / 2,
        "y": (start.y + end.y) / 2,
        "w": abs(end.x - start.x),
        "h": abs(end.y - start.y),
        "angle": 0.0,
    }
