"""What only the mosaic can do, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action(
        "rest_of_page",
        "Rest of the page: lowest grade",
        ("Ctrl+Return", "Ctrl+Enter"),
        "Every stamp wholly in sight that has no grade gets the lowest; one undo takes all back",
        "Mosaic",
        "mosaic",
    ),
    Action(
        "select_page",
        "Select the page",
        ("Ctrl+A",),
        "Select the stamps in sight; a grade's key then grades them all, Esc ends the selection",
        "Mosaic",
        "mosaic",
    ),
    Action(
        "extend_left", "Extend to the left", ("Shift+Left",), "Select on to the stamp before", "Mosaic", "mosaic", True
    ),
    Action(
        "extend_right",
        "Extend to the right",
        (),
        "Select on to the next stamp; in the mosaic Shift+→ does it",
        "Mosaic",
        "mosaic",
        True,
    ),
    Action("extend_up", "Extend upwards", ("Shift+Up",), "Select on to the stamp above", "Mosaic", "mosaic", True),
    Action(
        "extend_down", "Extend downwards", ("Shift+Down",), "Select on to the stamp below", "Mosaic", "mosaic", True
    ),
    Action(
        "peek",
        "See a stamp large",
        (),
        "Hold Z, or rest the pointer on a stamp with Alt held; gone when you let go",
        "Mosaic",
        "mosaic",
    ),
    Action("stamps_25", "25 stamps", (), "Large stamps, about 25 in sight", "Mosaic", "mosaic"),
    Action("stamps_100", "100 stamps", (), "About 100 stamps in sight", "Mosaic", "mosaic"),
    Action("stamps_400", "400 stamps", (), "As many stamps as there is room for, up to 400", "Mosaic", "mosaic"),
)
