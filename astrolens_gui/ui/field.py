"""The field view, as the actions call it."""

from __future__ import annotations

from typing import Any


class FieldCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window

    def toggle_field(self) -> None:
        self._window.stage.toggle("field")

    def field_close(self) -> None:
        self._window.stage.front.come_close()
