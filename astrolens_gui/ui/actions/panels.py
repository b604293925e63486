"""Several panels side by side, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action(
        "toggle_panels",
        "Panels / single view",
        ("Ctrl+B",),
        "The bands of the object side by side, and objects pinned to compare",
        "View",
        "project",
    ),
    Action(
        "cycle_lock",
        "Lock the panels: sky, pixel, off",
        ("Ctrl+Shift+L",),
        "Zoom, place and rotation of all panels together by the sky, by pixel, or each on its own",
        "View",
        "panels",
    ),
    Action(
        "panel_cuts",
        "Cuts of the panels: shared or own",
        (),
        "All panels with the cuts of the chosen band, or each with its own",
        "View",
        "panels",
    ),
    Action(
        "pin_object",
        "Pin or unpin this object",
        (),
        "Keep it on the panels, to compare others with it",
        "View",
        "object",
    ),
    Action("unpin_all", "Unpin all", (), "Only the bands of the object on the panels", "View", "panels"),
)
"""What the single view calls by the same keys ([F], [O], [X], [Y], the brackets) does the same to all locked panels."""
