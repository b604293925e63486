"""Finding one's way, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action("show_palette", "Command palette", ("Ctrl+K",), "Find anything the program can do by typing", "Help"),
    Action("show_keys", "Keys", ("?", "F1"), "All keys on one page", "Help"),
)
