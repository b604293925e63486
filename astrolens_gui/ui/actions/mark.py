"""Boxes and regions, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action(
        "draw_boxes",
        "Draw boxes",
        ("Shift+N",),
        "The left button draws, selects, moves and resizes boxes; the same key, or Esc, gives it back",
        "Regions",
        "single",
    ),
    Action(
        "remove_box",
        "Remove the box",
        ("Del",),
        "Take the selected box away; Ctrl+Z brings it back",
        "Regions",
        "single",
    ),
    Action(
        "describe_box",
        "Class and note …",
        (),
        "Say what the selected box is (a double click does)",
        "Regions",
        "single",
    ),
    Action(
        "toggle_boxes",
        "Boxes shown or hidden",
        (),
        "Hide all boxes and regions, or show them again",
        "Regions",
        "single",
    ),
    Action(
        "import_regions",
        "Import DS9 regions …",
        ("Ctrl+R",),
        "Image coordinates go to this object, sky coordinates to every image that they fall on",
        "Regions",
        "project",
    ),
    Action(
        "export_regions",
        "Export DS9 regions …",
        ("Ctrl+Shift+R",),
        "Write this object's boxes and regions as a .reg file; the export of the project writes all",
        "Regions",
        "object",
    ),
)
