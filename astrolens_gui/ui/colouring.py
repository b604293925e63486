"""Colour and cuts across images, as the actions call them; decides nothing itself."""

from __future__ import annotations

from typing import Any


class ColourCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
