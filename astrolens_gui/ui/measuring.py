"""The lens tools, as the actions call them; owns the panel that shows what they found."""

from __future__ import annotations

from typing import Any

from .qt import QWidget


class MeasureCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window

    def build(self) -> QWidget:
        """The panel of the Measure dock; made once the stage is built."""
        return QWidget()
