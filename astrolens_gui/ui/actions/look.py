"""How the pixels are shown, as actions: stretch, cuts, orientation, zoom."""

from __future__ import annotations

from dataclasses import replace

from .action import Action


def _seen(id: str, title: str, key: str, tip: str) -> Action:
    """Something to do with the image in front."""
    return Action(id, title, (key,), tip, "Display", "single")


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
    _seen("north_up", "North up", "O", "North up and east left, for this object and those that follow"),
    _seen("as_stored", "As stored", "Shift+O", "The first row at the bottom, the first column on the left"),
    _seen("flip_across", "Flip left and right", "X", "Left and right change places"),
    _seen("flip_upside_down", "Flip up and down", "Y", "Up and down change places"),
    _seen("turn_left", "Turn left", "[", "A quarter turn counter-clockwise"),
    _seen("turn_right", "Turn right", "]", "A quarter turn clockwise"),
    _seen("blink", "Blink", "B", "Raw and processed in turn, or the next band; held down, only until it is let go"),
    _seen("band_1", "Band 1; Alt+2 … Alt+9: the others", "Alt+1", "Show the object's first band alone"),
    *(
        replace(_seen(f"band_{n}", f"Band {n}", f"Alt+{n}", f"Show the object's band number {n} alone"), listed=False)
        for n in range(2, 10)
    ),
    _seen("crosshair", "Crosshair", "H", "Value, sky position and pixel at the pointer, or no crosshair again"),
    _seen("magnifier", "Magnifier", "Z", "The pixels round the pointer, large; held down, only until it is let go"),
    _seen("colour_scale", "Colour scale", "W", "Which pixel value has which colour, or no scale again"),
    _seen("copy_position", "Copy RA and Dec", "Ctrl+C", "The sky position under the pointer, in degrees (ICRS)"),
)
