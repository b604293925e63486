"""Many grades as one step: written in one transaction, taken back and given again together; knows no pixel and no window.

Their events share a key in `data["together"]`; so do the events that take them back. All else follows from the history as for
single grades, so a step that an older program undoes one by one is sound as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import Connection, select

from ...api import Changes
from . import events as history
from .objects import chunks
from .records import StoreError
from .schema import current, events
from .standing import undone

if TYPE_CHECKING:
    from .store import Store

KEY = "together"


def label(
    store: Store, rows: Sequence[Mapping[str, Any]], *, grader: str, scheme: str, grade: str, origin: str = ""
) -> Changes:
    """Grade the objects of `rows` (`object_id`, and any of `seconds`, `why`, `screen`) alike: all of them or none.

    Raises:
        StoreError: one sentence; nothing was saved.
    """
    if not grade.strip():
        raise StoreError("a label needs a grade; use undo to take one back")
    data = {KEY: uuid4().hex[:12]}
    given = [{**row, "grader": grader, "kind": "grade", "scheme": scheme, "grade": grade, "data": data} for row in rows]
    with store.database.write() as connection:
        ids = history.append(connection, given)
    objects = tuple(int(row["object_id"]) for row in rows)
    return Changes(labels=objects, events=tuple(ids), origin=origin, extra={KEY: len(ids)})


def undo(store: Store, grader: str, origin: str = "") -> Changes:
    """As `Store.undo`; a step of many grades goes as a whole. `extra["grades"]` then has what stands now, by object."""
    with store.database.write() as connection:
        found = history.last_standing(connection, grader)
        members = _members(connection, grader, found.id, found.data) if found is not None else []
        if len(members) > 1:
            return _retract(connection, grader, members, origin, "Undone")
    return store.undo(grader, origin=origin)


def redo(store: Store, grader: str, origin: str = "") -> Changes:
    """As `Store.redo`, the inverse of `undo`."""
    with store.database.write() as connection:
        found = history.last_undo(connection, grader)
        data = connection.scalar(select(events.c.data).where(events.c.id == found.id)) if found is not None else None
        members = _members(connection, grader, found.id, data) if data else []
        if len(members) > 1:
            return _retract(connection, grader, members, origin, "Redone")
    return store.redo(grader, origin=origin)


def _members(connection: Connection, grader: str, newest: int, data: Any) -> list[Any]:
    """(id, object_id) of the events of one step that still stand, oldest first, however many."""
    key = (data or {}).get(KEY)
    if not key:
        return []
    step = select(events.c.id, events.c.object_id).where(
        events.c.grader == grader,
        events.c.id <= newest,
        events.c.data[KEY].as_string() == key,
        ~undone(events.c.id),
    )
    return list(connection.execute(step.order_by(events.c.id)))


def _retract(connection: Connection, grader: str, members: Sequence[Any], origin: str, verb: str) -> Changes:
    data = {KEY: uuid4().hex[:12]}
    ids = history.append(
        connection,
        [
            {"object_id": one.object_id, "grader": grader, "kind": "retract", "retracts": one.id, "data": data}
            for one in members
        ],
    )
    objects = tuple(int(one.object_id) for one in members)
    stand = select(current.c.object_id, current.c.grade).where(
        current.c.grader == grader, current.c.event_id.is_not(None)
    )
    grades: dict[int, str] = dict.fromkeys(objects, "")
    for chunk in chunks(objects):
        grades.update(connection.execute(stand.where(current.c.object_id.in_(chunk))).tuples().all())
    extra = {"object": objects[0], "kind": "grade", KEY: len(objects), "grades": grades}
    message = f"{verb}: what was given together to {len(objects)} objects."
    return Changes(labels=objects, events=tuple(ids), origin=origin, message=message, extra=extra)
