"""Several panels side by side, as the actions call them."""

from __future__ import annotations

from typing import Any


class PanelCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
