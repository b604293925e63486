"""The person's settings, one JSON file that survives a crash; knows no widget and no project."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .projectfile import locked

DEFAULTS: dict[str, Any] = {
    "grader": "",
    "theme": "dark",
    "recent": [],
    "auto_advance": True,
    "keymap": "astrolens",
    "device": "auto",
    "mosaic": {"columns": 6, "size": 128},
    "recipe": {},
    "panels": {"lock": "sky", "shared": False, "bands": True, "colour": False},
    "share": {},
    "search": {"tab": 0},
    "map": {"method": "pca", "colour": "grade"},
    "pace": {},
    "layout": "",
    "geometry": "",
    "run_in": "auto",
    "memory_limit_gb": 0.0,
}


class Settings:
    """A dict with defaults; `set` writes the file at once (to a temporary file, then renamed), and leaves in it what another window
    set since."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem = ""
        self._values: dict[str, Any] = {}
        self._listeners: list[Callable[[str, Any], None]] = []

    @classmethod
    def load(cls, path: Path) -> Settings:
        """Read the file; a broken one is kept beside as `.broken`, and `problem` says so in one sentence."""
        settings = cls(path)
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            if not isinstance(values, dict):
                raise ValueError("it does not hold a JSON object")
            settings._values = values
        except FileNotFoundError:
            pass
        except (OSError, ValueError) as error:
            settings.problem = f"{path}: the settings could not be read ({error}); the defaults are used"
            if path.is_file():
                os.replace(path, path.with_suffix(".broken"))
        return settings

    def __getitem__(self, name: str) -> Any:
        return self._values.get(name, DEFAULTS[name])

    def set(self, name: str, value: Any) -> None:
        if name not in DEFAULTS:
            raise KeyError(name)
        if self[name] == value:
            return
        self._values[name] = value
        with locked(self.path.parent):
            temporary = self.path.with_suffix(".tmp")
            temporary.write_text(json.dumps(self._written() | {name: value}, indent=1), encoding="utf-8")
            os.replace(temporary, self.path)
        for listener in list(self._listeners):
            listener(name, value)

    def _written(self) -> dict[str, Any]:
        """What stands in the file now; our own values where it can't be read."""
        try:
            values = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return self._values
        return values if isinstance(values, dict) else self._values

    def listen(self, listener: Callable[[str, Any], None]) -> None:
        self._listeners.append(listener)

    def remember_project(self, folder: Path) -> None:
        """Put a project first among the recent ones; ten are kept."""
        listed = self._written().get("recent", self["recent"])
        recent = [str(folder), *(other for other in listed if other != str(folder))]
        self.set("recent", recent[:10])
