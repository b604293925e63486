"""Scoring and training, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action("score", "Score", ("F5",), "Let the model score every object of the project", "Model", "project"),
    Action(
        "retrain",
        "Retrain",
        ("F6",),
        "What a training would learn from and change; F6 again, or Enter, trains, and the queue is ordered anew",
        "Model",
        "project",
    ),
    Action(
        "tune",
        "Retrain quickly",
        ("Shift+F6",),
        "Tune the last layer of the model in use on the grades, in seconds, and order the queue anew",
        "Model",
        "project",
    ),
    Action(
        "show_models",
        "Models",
        ("Ctrl+M",),
        "The backend and its settings; all models, their lineage, and the way back",
        "Model",
        "project",
    ),
    Action(
        "roll_back",
        "Back to the model before",
        (),
        "Use the model that the one in use took the place of; the queue is in its order at once",
        "Model",
        "project",
    ),
    Action(
        "show_scoreboard",
        "Scoreboard",
        ("Ctrl+Shift+B",),
        "Rank models, graders and tables of scores by a truth table",
        "Model",
        "project",
    ),
    Action("cancel_job", "Cancel the job", ("Ctrl+.",), "Stop the job shown below; what is done is kept", "Model"),
    Action("show_jobs", "Jobs", ("Ctrl+J",), "What runs and what ran, with the reason of every failure", "Model"),
)
