"""What one grader answered lately, in order: which objects, and why each was shown; reads, writes nothing."""

from __future__ import annotations

from sqlalchemy import Connection, select

from .records import CLOSER
from .schema import events
from .standing import undone


def lately(connection: Connection, grader: str, limit: int, after: int = 0) -> list[tuple[int, str]]:
    """(object, why) of the grader's last `limit` grades that stand, oldest first; with `after` only events behind that one."""
    asked = (
        select(events.c.object_id, events.c.why)
        .where(events.c.kind == "grade", events.c.grader == grader, events.c.id > after, ~undone(events.c.id))
        .where(events.c.object_id.is_not(None), events.c.why != CLOSER)
        .order_by(events.c.id.desc())
        .limit(limit)
    )
    return [(int(one), why) for one, why in connection.execute(asked)][::-1]


def since(connection: Connection, after: int) -> list[tuple[str, int, str, str, str]]:
    """(grader, object, scheme, grade, why) of every grade behind the event `after` that stands, oldest first."""
    asked = (
        select(events.c.grader, events.c.object_id, events.c.scheme, events.c.grade, events.c.why)
        .where(events.c.kind == "grade", events.c.id > after, ~undone(events.c.id))
        .where(events.c.object_id.is_not(None), events.c.why != CLOSER)
        .order_by(events.c.id)
    )
    return [(who, int(one), scheme, grade, why) for who, one, scheme, grade, why in connection.execute(asked)]
