"""A blind campaign, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action(
        "show_campaign",
        "Blind campaign…",
        ("Ctrl+Shift+G",),
        "Objects shown a second time, golden objects mixed in unseen, and stages of a triage with an audit of the rejected",
        "Grade",
        "project",
    ),
    Action(
        "back_to_stage",
        "Queue: what this stage looks at",
        (),
        "List only what is left of the present stage; Esc in the filter ends it",
        "Grade",
        "project",
    ),
    Action(
        "go_to",
        "Go to…",
        ("Ctrl+G",),
        "Show the object of this name, number in the queue, or place on the sky (RA Dec)",
        "Move",
        "project",
    ),
)
