"""The history of labels: what is appended, what stands, what can be undone; works on a connection, holds no state.

An event is never changed. A `retract` event that names a mark (a grade, a comment, a
measurement, boxes) is an undo; one that names an undo is a redo. So an
event stands unless an undo names it that no redo names, and everything below follows from the rows alone: it survives a restart
and is the same for the window, the command line and a second grader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, exists, func, insert, literal, select

from ...api import Changes
from . import marks
from .objects import chunks, text
from .records import EventRow, LabelRow, StoreError, utc
from .schema import current, events, objects
from .standing import GRADED, MARKS, undone
from .standing import redo as _redo
from .standing import undo as _undo

_FEW = 200
"""Up to so many labels are derived one by one; for more it is quicker to derive all of a grader's."""

_BLANK: dict[str, Any] = {
    column.name: "" if column.server_default is not None else None for column in events.columns if column.name != "id"
}

_target = events.alias("target")


def now() -> str:
    """UTC, ISO 8601 with milliseconds."""
    return utc(datetime.now(UTC))


def append(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Write events (columns by name; `object_id`, `grader` and `kind` in each) and what follows from them; returns their ids."""
    whole = [_whole(row) for row in rows]
    if not whole:
        return []
    wanted = {row["object_id"] for row in whole} - {None}
    for chunk in chunks(sorted(wanted)):
        wanted -= set(connection.scalars(select(objects.c.id).where(objects.c.id.in_(chunk))))
    if wanted:
        raise StoreError(f"there is no object number {min(wanted)} in this project; refresh the queue")
    returning = insert(events).returning(events.c.id, sort_by_parameter_order=True)
    ids = list(connection.scalars(returning, whole))
    for kind in {row["kind"] for row in whole}:
        about = [row for row in whole if row["kind"] == kind and row["object_id"] is not None]
        touched = {(row["grader"], row["object_id"]) for row in about}
        if len(touched) <= _FEW:
            for grader, object_id in touched:
                refresh(connection, grader, object_id, kind)
        else:
            for grader in {grader for grader, _ in touched}:
                refresh(connection, grader, None, kind)
    return ids


def news(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The grades among `rows` that say something: not those of a grader and object whose last row is what stands already."""
    last = {(row["grader"], row["object_id"]): row for row in rows}
    graders = {grader for grader, _ in last}
    if len(last) <= _FEW:
        stand = [label for grader, id in last for label in standing(connection, grader=grader, object_id=id)]
    else:
        stand = [label for grader in graders for label in standing(connection, grader=grader)]
    same = {key for label in stand if (row := last.get(key := (label.grader, label.object))) and _says(row, label)}
    return [row for row in rows if (row["grader"], row["object_id"]) not in same]


def _says(row: Mapping[str, Any], label: LabelRow) -> bool:
    """An empty comment leaves the one that stands."""
    given = tuple(text(row.get(name, "")) for name in ("scheme", "grade", "subtype"))
    comment = text(row.get("comment", ""))
    return given == (label.scheme, label.grade, label.subtype) and comment in ("", label.comment)


def _whole(row: Mapping[str, Any]) -> dict[str, Any]:
    """All columns of one event, so that one statement writes many."""
    values = {
        **_BLANK,
        "time": now(),
        **{name: text(value) if isinstance(value, str) else value for name, value in row.items()},
    }
    if row.get("time"):
        try:
            values["time"] = utc(row["time"])
        except ValueError as error:
            raise StoreError(f"{error}; no label of this step was saved") from None
    if not values["grader"].strip():
        raise StoreError("a label needs the name of its grader; set yours in the settings or with --grader")
    return values


def _derivation(*only: str) -> tuple[Any, Any]:
    """Statements that empty `current` and derive it anew, for the rows that match the bound parameters `only`."""
    old, live = delete(current), select(events).where(events.c.kind.in_(GRADED), ~undone(events.c.id))
    for name in only:
        old = old.where(current.c[name] == bindparam(f"the_{name}"))
        live = live.where(events.c[name] == bindparam(f"the_{name}"))
    rows = live.subquery()
    stand = (
        select(
            rows.c.grader,
            rows.c.object_id,
            func.max(case((rows.c.kind == "grade", rows.c.id))).label("event_id"),
            func.max(case(((rows.c.kind == "comment") | (rows.c.comment != ""), rows.c.id))).label("comment_id"),
        )
        .group_by(rows.c.grader, rows.c.object_id)
        .subquery()
    )
    fresh = select(stand, func.coalesce(events.c.grade, literal(""))).select_from(
        stand.outerjoin(events, events.c.id == stand.c.event_id)
    )
    return old, insert(current).from_select(["grader", "object_id", "event_id", "comment_id", "grade"], fresh)


_DERIVATIONS: dict[tuple[str, ...], tuple[Any, Any]] = {
    only: _derivation(*only) for only in ((), ("grader",), ("grader", "object_id"))
}


def refresh(connection: Connection, grader: str | None = None, object_id: int | None = None, kind: str = "") -> None:
    """Derive anew what follows from the events, or from events of one kind: of one grader and object, of one grader, or of all."""
    if kind not in GRADED:
        marks.refresh(connection, grader, object_id, kind if kind in MARKS else "")
    if kind in MARKS and kind not in GRADED:
        return
    given = {name: value for name, value in (("grader", grader), ("object_id", object_id)) if value is not None}
    for statement in _DERIVATIONS[tuple(given)]:
        connection.execute(statement, {f"the_{name}": value for name, value in given.items()})


def last_standing(connection: Connection, grader: str) -> Any:
    """The grader's newest mark that still stands: what undo takes back. None when there is nothing."""
    mine = select(events).where(events.c.grader == grader, events.c.kind.in_(MARKS), ~undone(events.c.id))
    return connection.execute(mine.order_by(events.c.id.desc()).limit(1)).first()


def last_undo(connection: Connection, grader: str) -> Any:
    """The grader's newest undo that stands and came after the newest mark, with its target: what redo takes back."""
    newest = (
        select(events.c.id)
        .where(events.c.grader == grader, events.c.kind.in_(MARKS))
        .order_by(events.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    undone = (
        select(_undo.c.id, _target.c.id.label("target"), _target.c.object_id, _target.c.kind, _target.c.grade)
        .join(_target, _target.c.id == _undo.c.retracts)
        .where(_undo.c.grader == grader, _undo.c.kind == "retract", _undo.c.id > func.coalesce(newest, 0))
        .where(_target.c.kind.in_(MARKS), ~exists().where(_redo.c.retracts == _undo.c.id))
    )
    return connection.execute(undone.order_by(_undo.c.id.desc()).limit(1)).first()


def retract(connection: Connection, grader: str, found: Any, origin: str, verb: str) -> Changes:
    """Take back the event `found`, of `last_standing` (an undo) or of `last_undo` (a redo)."""
    [event] = append(
        connection, [{"object_id": found.object_id, "grader": grader, "kind": "retract", "retracts": found.id}]
    )
    what = {"grade": f"grade {found.grade}", "measure": "the measurement", "box": "the box"}.get(
        found.kind, "the comment"
    )
    extra = {"event": event, "object": found.object_id, "retracted": found.id, "kind": found.kind}
    return Changes(labels=(found.object_id,), events=(event,), origin=origin, message=f"{verb}: {what}.", extra=extra)


def standing(
    connection: Connection, *, grader: str | None = None, object_id: int | None = None, graded: bool = True
) -> list[LabelRow]:
    """What stands now, in object order; `graded` False adds objects that carry a comment only."""
    grade, note = events.alias("grade_event"), events.alias("note_event")
    either = func.coalesce
    query = (
        select(
            either(grade.c.id, note.c.id),
            current.c.object_id,
            objects.c.name,
            current.c.grader,
            either(grade.c.scheme, note.c.scheme),
            current.c.grade,
            either(grade.c.subtype, ""),
            either(note.c.comment, ""),
            either(grade.c.time, note.c.time),
            grade.c.seconds,
            either(grade.c.why, ""),
        )
        .select_from(current)
        .join(objects, objects.c.id == current.c.object_id)
        .outerjoin(grade, grade.c.id == current.c.event_id)
        .outerjoin(note, note.c.id == current.c.comment_id)
        .order_by(current.c.object_id, current.c.grader)
    )
    if grader is not None:
        query = query.where(current.c.grader == grader)
    if object_id is not None:
        query = query.where(current.c.object_id == object_id)
    if graded:
        query = query.where(current.c.event_id.is_not(None))
    return [LabelRow(*row) for row in connection.execute(query)]


def counts(connection: Connection, grader: str | None = None) -> dict[str, int]:
    """How many objects carry each grade (labels, where several graders are counted together)."""
    query = select(current.c.grade, func.count()).where(current.c.event_id.is_not(None)).group_by(current.c.grade)
    if grader is not None:
        query = query.where(current.c.grader == grader)
    return dict(connection.execute(query).tuples().all())


def given(connection: Connection, scheme: str) -> dict[tuple[str, str], int]:
    """{(grade, sub-type): how many labels say so now} of one scheme, all graders together."""
    query = (
        select(events.c.grade, events.c.subtype, func.count())
        .join_from(current, events, current.c.event_id == events.c.id)
        .where(events.c.scheme == scheme)
        .group_by(events.c.grade, events.c.subtype)
    )
    return {(grade, subtype): count for grade, subtype, count in connection.execute(query).tuples()}


def history(connection: Connection, after: int = 0, limit: int | None = None) -> list[EventRow]:
    """Every event with an id above `after`, oldest first."""
    query = select(events).where(events.c.id > after).order_by(events.c.id).limit(limit)
    return [EventRow(*row) for row in connection.execute(query)]


def differences(connection: Connection) -> int:
    """How many derived rows are not what the events say; 0 in a sound database. Changes nothing."""
    columns = (current.c.grader, current.c.object_id, current.c.event_id, current.c.comment_id, current.c.grade)
    with connection.begin_nested() as trial:
        kept = set(connection.execute(select(*columns)).tuples())
        refresh(connection)
        derived = set(connection.execute(select(*columns)).tuples())
        trial.rollback()
    return len(kept ^ derived) + marks.differences(connection)
