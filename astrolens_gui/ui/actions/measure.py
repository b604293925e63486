"""The lens tools, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action(
        "einstein_circle",
        "Einstein circle",
        ("E",),
        "A circle on the sky: drag its rim to size it, its inside to move it; θ_E in arcsec; again leaves",
        "Measure",
        "single",
    ),
    Action(
        "ruler",
        "Ruler",
        ("R",),
        "Drag from one point to another: separation and position angle; again leaves",
        "Measure",
        "single",
    ),
    Action(
        "image_positions",
        "Image positions",
        ("Shift+E",),
        "Click on each image of the source, again to take one away: separation, number and a guess of θ_E",
        "Measure",
        "single",
    ),
    Action(
        "line_profile",
        "Line profile",
        ("Shift+L",),
        "Drag a line: the pixel values along it, in the Measure dock",
        "Measure",
        "single",
    ),
    Action(
        "radial_profile",
        "Radial profile",
        ("Shift+R",),
        "Mean and median in rings about the circle's centre, else the brightest source",
        "Measure",
        "single",
    ),
    Action(
        "polar_unwrap",
        "Polar unwrap",
        ("Shift+U",),
        "The image unrolled about the circle's centre: a ring becomes a level line",
        "Measure",
        "single",
    ),
    Action(
        "subtract_lens_light",
        "Subtract lens light",
        ("Shift+G",),
        "Fit the lens galaxy and show what is left without it; B blinks with the image",
        "Measure",
        "single",
    ),
    Action(
        "keep_measurements",
        "Keep the measurements",
        ("Shift+M",),
        "Store what is measured of this object with its label; Ctrl+Z takes it back",
        "Measure",
        "single",
    ),
    Action("show_measure", "Measure dock", ("Ctrl+3",), "What is measured of this object", "View", "project"),
)
