"""The field view of a catalogue's sources, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action(
        "toggle_field",
        "Field view",
        ("Shift+V",),
        "The large image around the object, with every source as a marker",
        "View",
        "project",
    ),
    Action(
        "field_close",
        "Close to the object (field)",
        ("Shift+C",),
        "The object in the middle of the field, with its neighbours",
        "View",
        "field",
    ),
)
