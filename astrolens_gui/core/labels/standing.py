"""Which events of the history stand: the one rule that labels, measurements and boxes follow from; holds no state."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists

from .schema import events

GRADED = ("grade", "comment")
"""The kinds that say what a grader thinks of an object."""

MARKS = (*GRADED, "measure", "box")
"""The kinds that undo walks over."""

undo, redo = events.alias("undo"), events.alias("redo")


def undone(event_id: Any) -> Any:
    """A condition: an undo names this event, and no redo names that undo."""
    taken_back = exists().where(redo.c.retracts == undo.c.id)
    return exists().where(undo.c.retracts == event_id, ~taken_back)
