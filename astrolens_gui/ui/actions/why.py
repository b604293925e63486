"""Asking a model why, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action(
        "next_map",
        "Why: Grad-CAM, occlusion, …, off",
        ("Shift+W",),
        "Where the model looked, over the image; hidden until the object is graded, as the score is",
        "Model",
        "single",
    ),
    Action(
        "test_verdict",
        "Test the verdict",
        (),
        "The smallest change that flips the model's verdict on this object, and what else moves it",
        "Model",
        "object",
    ),
    Action(
        "flip_graded",
        "How small a change flips each verdict",
        (),
        "Attack the model on every object you graded: a table and a histogram, in units of the noise",
        "Model",
        "project",
    ),
    Action("show_why", "Why dock", ("Ctrl+4",), "Why the model says what it says", "View", "project"),
)
