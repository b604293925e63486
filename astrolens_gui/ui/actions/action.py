"""One thing that can be done in the window: its title, keys and situation; knows no widget."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

GROUPS = (
    "Grade",
    "Move",
    "View",
    "Display",
    "Measure",
    "Regions",
    "Mosaic",
    "Share",
    "Model",
    "Detect",
    "Restore",
    "Project",
    "Help",
)


@dataclass(frozen=True)
class Action:
    """One thing to do.

    Attributes:
        id: unique, and the name of the method, of one of the window's providers, that does it (with `arguments`).
        title: as menus and the palette show it.
        keys: shortcuts, the first one is shown; in Qt's portable text.
        tip: one sentence for the tooltip; the key is added to it.
        group: one of GROUPS: the menu, and the heading in the overlay.
        needs: "" always, "project" an open project, "object" an object to look at, "single" one in the single view,
            "mosaic" one in the mosaic, "panels" or "field" that page in front.
        repeats: whether holding the key down repeats it; never for a grade.
        listed: whether the pages of keys name it; the first of a numbered series speaks for the others.
    """

    id: str
    title: str
    keys: tuple[str, ...]
    tip: str
    group: str
    needs: str = ""
    repeats: bool = False
    arguments: tuple[Any, ...] = ()
    listed: bool = True

    @property
    def tooltip(self) -> str:
        return f"{self.tip}  [{shown(self.keys[0])}]" if self.keys else self.tip


def shown(key: str) -> str:
    """A key as people name it."""
    *modifiers, last = key.split("+") if key != "+" else [key]
    signs = {"Right": "→", "Left": "←", "Up": "↑", "Down": "↓", "PgUp": "Page ↑", "PgDown": "Page ↓", "-": "−"}
    return "+".join([*modifiers, signs.get(last, last)])
