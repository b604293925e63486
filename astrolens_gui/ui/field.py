"""The field view, as the actions call it."""

from __future__ import annotations

from typing import Any


class FieldCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
