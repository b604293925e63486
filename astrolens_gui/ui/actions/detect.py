"""Detecting lenses on images and judging what was found, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action("detect", "Detect here", ("F7",), "Let the detector look for lenses on the image shown", "Detect", "object"),
    Action(
        "detect_all", "Detect on all", (), "Let the detector look at every image of the project", "Detect", "project"
    ),
    Action("next_find", "Next find", (".",), "Go to the next find that nobody has judged yet", "Detect", "single"),
    Action(
        "previous_find", "Previous find", (",",), "Go to the find before that nobody has judged", "Detect", "single"
    ),
    Action(
        "accept_find",
        "Accept the find",
        ("Shift+Y",),
        "It becomes a box of yours, and the next one comes; Ctrl+Z takes it back",
        "Detect",
        "single",
    ),
    Action(
        "reject_find",
        "Reject the find",
        ("Shift+X",),
        "Keep that there is nothing: the detector learns from it; Ctrl+Z takes it back",
        "Detect",
        "single",
    ),
    Action(
        "correct_find",
        "Correct the find",
        ("Shift+B",),
        "It becomes a box of yours, ready to be moved and resized",
        "Detect",
        "single",
    ),
    Action("show_detect", "Detect dock", ("Ctrl+5",), "The detector and what it found", "View", "project"),
)
