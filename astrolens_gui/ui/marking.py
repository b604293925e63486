"""Boxes and regions, as the actions call them; puts their layer on the canvas."""

from __future__ import annotations

from typing import Any


class MarkCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window

    def build(self) -> None:
        """Once the stage is built: the layer goes onto the image's canvas."""
