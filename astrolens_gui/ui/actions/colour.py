"""Colour pictures and cuts across images, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action(
        "toggle_colour",
        "Colour or one band",
        ("Q",),
        "Several bands as one colour picture, or one band by the colour map",
        "Display",
        "project",
    ),
    Action(
        "next_composer",
        "Next way of colour",
        ("Shift+Q",),
        "Lupton (colours keep their ratios), each band between its own cuts, or all bands at once",
        "Display",
        "project",
    ),
    Action(
        "lock_cuts",
        "Lock the cuts",
        ("Shift+A",),
        "Step through: each image its own cuts, the same for the band, the same for the whole project",
        "Display",
        "project",
    ),
)
