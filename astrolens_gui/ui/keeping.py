"""What a panel remembers from one start of the program to the next; knows no widget."""

from __future__ import annotations

from typing import Any


class Kept:
    """A panel's own part of the setting "panels", with defaults."""

    def __init__(self, settings: Any, panel: str, defaults: dict[str, Any]) -> None:
        self._settings, self._panel, self._defaults = settings, panel, defaults

    def __getitem__(self, name: str) -> Any:
        usual = self._defaults[name]
        value = self._all().get(name, usual)
        return value if isinstance(value, type(usual)) else usual

    def set(self, **values: Any) -> None:
        kept = {**self._all(), **values}
        self._settings.set("panels", {**self._settings["panels"], self._panel: kept})

    def _all(self) -> dict[str, Any]:
        kept = self._settings["panels"].get(self._panel)
        return kept if isinstance(kept, dict) else {}
