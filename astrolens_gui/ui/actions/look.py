"""How the pixels are shown, as actions: stretch, cuts, orientation, zoom."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action("next_stretch", "Next stretch", ("S",), "Step through linear, sqrt, log, asinh, …", "Display", "project"),
    Action(
        "previous_stretch", "Previous stretch", ("Shift+S",), "Step back through the stretches", "Display", "project"
    ),
    Action(
        "auto_cuts",
        "Automatic cuts",
        ("A",),
        "Cuts and contrast as the program would choose them",
        "Display",
        "project",
    ),
    Action("invert", "Invert", ("I",), "Dark on bright, or bright on dark", "Display", "project"),
    Action("fit", "Fit the image", ("F",), "The whole image in the window", "Display", "single"),
    Action(
        "one_to_one", "One to one", ("Shift+F",), "One pixel of the image on one of the screen", "Display", "single"
    ),
    Action(
        "copy_position",
        "Copy RA and Dec",
        ("Ctrl+C",),
        "The sky position under the pointer, in degrees",
        "Display",
        "single",
    ),
)
