"""What only the mosaic can do, as the actions call it."""

from __future__ import annotations

from typing import Any


class MosaicCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
