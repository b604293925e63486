"""How complete a search is, and the map of what the model sees, as actions."""

from __future__ import annotations

from .action import Action

TABLE: tuple[Action, ...] = (
    Action(
        "find_similar",
        "Find similar",
        ("Ctrl+Shift+F",),
        "Order the queue by likeness to this object, or to the stamps selected in the mosaic",
        "Model",
        "object",
    ),
    Action(
        "draw_anew",
        "Draw the queue anew",
        ("Ctrl+D",),
        "Draw what is not graded by the mixture of strategies, so that what nobody saw can be estimated",
        "Model",
        "project",
    ),
    Action(
        "doubt_grades",
        "Doubtful grades",
        (),
        "List grades that a model contradicts which has not seen them, to look at them again",
        "Model",
        "project",
    ),
    Action(
        "look_at_all",
        "Look at every object",
        (),
        "Have the model in use look at all objects: map, Find similar and several orders need what it sees",
        "Model",
        "project",
    ),
    Action(
        "list_caught", "Queue: what the lasso caught", (), "List only the objects caught on the map", "Model", "project"
    ),
    Action(
        "show_search",
        "Search dock",
        ("Ctrl+7",),
        "Lenses found and left, the mixture of strategies, scores, and doubtful grades",
        "View",
        "project",
    ),
    Action(
        "show_map", "Map dock", ("Ctrl+8",), "All objects as the model sees them, alike beside alike", "View", "project"
    ),
)
