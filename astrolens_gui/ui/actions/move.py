"""Going through the queue, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action("next", "Next object", ("Right", "J"), "Go to the next object of the queue", "Move", "object", True),
    Action("previous", "Previous object", ("Left", "K"), "Go back one object in the queue", "Move", "object", True),
    Action(
        "down",
        "Next, or a row down (mosaic)",
        ("Down",),
        "The next object; in the mosaic the one below",
        "Move",
        "object",
        True,
    ),
    Action(
        "up",
        "Previous, or a row up (mosaic)",
        ("Up",),
        "The object before; in the mosaic the one above",
        "Move",
        "object",
        True,
    ),
    Action(
        "page_down", "A page down (mosaic)", ("PgDown",), "Move the cursor by what is in sight", "Move", "mosaic", True
    ),
    Action(
        "page_up", "A page up (mosaic)", ("PgUp",), "Move the cursor back by what is in sight", "Move", "mosaic", True
    ),
    Action(
        "next_ungraded",
        "Next without a grade",
        ("Shift+Right",),
        "Go to the next object that has no grade yet",
        "Move",
        "project",
    ),
    Action("first", "First object", ("Home",), "Go to the top of the queue", "Move", "object"),
    Action("last", "Last object", ("End",), "Go to the end of the queue", "Move", "object"),
    Action("find", "Find an object", ("Ctrl+F",), "Filter the queue by a part of the name", "Move", "project"),
    Action("clear_filter", "Show all objects", ("Esc",), "Take the filter off the queue", "Move", "project"),
    Action(
        "rerank", "Order the queue again", ("Ctrl+L",), "Order the queue anew with the newest scores", "Move", "project"
    ),
)
