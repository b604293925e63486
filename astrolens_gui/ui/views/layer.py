"""What can lie over the pixels and what the left button can do there: layers and tools; knows no image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..qt import QObject, Qt, QtGui, Signal


@dataclass(frozen=True)
class Spot:
    """A place under the pointer.

    Attributes:
        x, y: in the image (0-based pixel centres, y up). sx, sy: on the canvas, in device pixels.
        modifiers: Qt.KeyboardModifiers held down.
    """

    x: float
    y: float
    sx: float
    sy: float
    modifiers: Any = Qt.NoModifier


class Layer(QObject):
    """Something painted over the pixels, in image coordinates. A canvas paints its layers in the order they were added.

    Attributes:
        changed: it wants to be painted again.
        always: it belongs to the pixels: also on a picture that is saved without what lies over them.
    """

    changed = Signal()

    visible = True
    always = False

    def paint(self, painter: QtGui.QPainter, view: Any) -> None:
        """Paint yourself; `painter` works in device pixels of the canvas, `view.to_screen(x, y)` says where a pixel is."""
        raise NotImplementedError


class Tool(QObject):
    """What the left button does on a canvas while this is its tool; without one the left button pans.

    Attributes:
        finished: it has done its work, or was left: the canvas goes back to panning.
    """

    finished = Signal()

    cursor = Qt.CrossCursor
    hint = ""
    """One sentence over the pixels while the tool is on: what to do, and that Esc leaves it."""

    def press(self, spot: Spot) -> bool:
        """The left button went down; False leaves the drag to the canvas (it pans)."""
        return False

    def move(self, spot: Spot) -> None:
        """The pointer was dragged with the button down, after a press that was taken."""

    def release(self, spot: Spot) -> None:
        """The button came up again."""

    def hover(self, spot: Spot) -> None:
        """The pointer moved with no button down."""

    def double_click(self, spot: Spot) -> bool:
        return False

    def key(self, event: QtGui.QKeyEvent) -> bool:
        """A key that no action of the window took; True when it meant something here."""
        return False

    def leave(self) -> None:
        """Another tool comes, or Esc was pressed: give up what is half done."""
