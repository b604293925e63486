"""How the pixels are shown, as the actions call it: orientation, blink, magnifier, cuts; decides nothing itself."""

from __future__ import annotations

from typing import Any


class LookCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
