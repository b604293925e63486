"""Grading, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action("comment", "Comment", ("C",), "Write a comment on this object; Enter saves it", "Grade", "object"),
    Action(
        "undo", "Undo", ("Ctrl+Z",), "Take back your last grade or comment and return to its object", "Grade", "project"
    ),
    Action("redo", "Redo", ("Ctrl+Shift+Z", "Ctrl+Y"), "Give the grade that was taken back again", "Grade", "project"),
    Action(
        "toggle_score",
        "Model score on/off",
        ("M",),
        "Show the model's score before the grade, or hide it (blind)",
        "Grade",
    ),
    Action(
        "edit_scheme",
        "Edit grading scheme…",
        (),
        "Make a grading scheme of your own from another, or change one: grades, kinds, keys, colours, written criteria",
        "Grade",
    ),
)
