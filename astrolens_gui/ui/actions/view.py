"""What is in the window and how large, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action("toggle_mosaic", "Mosaic / single view", ("V",), "Many stamps at once, or one large", "View", "project"),
    Action(
        "show_large",
        "Show large (mosaic)",
        ("Return", "Enter"),
        "The stamp under the mosaic's cursor",
        "View",
        "mosaic",
    ),
    Action(
        "larger",
        "Zoom in, larger stamps (mosaic)",
        ("+", "="),
        "Closer, or fewer stamps in a row",
        "View",
        "object",
        True,
    ),
    Action(
        "smaller",
        "Zoom out, smaller stamps (mosaic)",
        ("-",),
        "Further away, or more stamps in a row",
        "View",
        "object",
        True,
    ),
    Action("show_queue", "Queue", ("Ctrl+1",), "The list of objects, also after it was closed", "View", "project"),
    Action("show_grade", "Grade", ("Ctrl+2",), "The grade bar, also after it was closed", "View", "project"),
    Action("focus_image", "Image only", ("Tab",), "Hide all but the image, or bring the rest back", "View", "project"),
    Action("toggle_theme", "Dark / light", ("Ctrl+T",), "Change between the dark and the light theme", "View"),
)
