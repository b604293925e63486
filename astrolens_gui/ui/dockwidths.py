"""How wide the docks are while a window is made smaller and larger again; knows no dock's content."""

from __future__ import annotations

import math

from .qt import Qt, QtWidgets

IMAGE_SHARE = 0.54
"""The docks give way so that the image has at least this part of the width."""

SEPARATORS = 8
"""Pixels between image and docks."""


class DockWidths:
    """Of a window's docks; `keep` is called whenever the window's size has changed."""

    def __init__(self, window: QtWidgets.QMainWindow, docks: dict[str, QtWidgets.QDockWidget]) -> None:
        self._window, self._docks = window, docks
        self._wished: dict[QtWidgets.QDockWidget, int] = {}

    def keep(self) -> None:
        """A window made smaller takes the room from the docks, down to their narrowest; a wider one gives it back."""
        window = self._window
        docks = [dock for dock in self._docks.values() if _beside(dock)]
        wished = {dock: max(dock.width(), self._wished.get(dock, 0)) for dock in docks}
        bars = window.findChildren(QtWidgets.QTabBar, options=Qt.FindDirectChildrenOnly)
        tabs = max((bar.width() for bar in bars if bar.isVisible()), default=0)
        excess = sum(wished.values()) - round(window.width() * (1 - IMAGE_SHARE)) + SEPARATORS + tabs
        if excess <= 0 and not self._wished:
            return
        spare = {dock: max(width - dock.minimumSizeHint().width(), 0) for dock, width in wished.items()}
        part = min(max(excess, 0) / max(sum(spare.values()), 1), 1.0)
        # Qt counts the tabs beside a dock as its own when it is given a width, and not when it tells it.
        own = {dock: tabs if window.tabifiedDockWidgets(dock) else 0 for dock in docks}
        widths = [wished[dock] - math.ceil(part * spare[dock]) + own[dock] for dock in docks]
        window.resizeDocks(docks, widths, Qt.Horizontal)
        self._wished = wished if excess > 0 else {}


def _beside(dock: QtWidgets.QDockWidget) -> bool:
    """Whether a dock takes width from the image; one behind another's tab does not."""
    return dock.isVisible() and not dock.isFloating() and not dock.visibleRegion().isEmpty()
