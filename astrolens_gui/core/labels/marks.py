"""Measurements and boxes as they follow from the events; works on a connection, holds no state, knows no pixel and no WCS.

A `measure` event carries all that its grader measured on an object; the newest one that stands counts, and one without data clears.
A `box` event carries `{"boxes": [state, …]}`, each the whole state of one box, or `{"box": key, "removed": true}`: so what one step
did (one stroke, one import) is one event and one undo. A box is known by its key, "EVENT.PLACE" of the state that added it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Select, delete, func, insert, select

from ...api import Changes
from .objects import text
from .records import BOX_STATE, BoxRow, MeasureRow, StoreError
from .schema import boxes, events, measures
from .standing import undone

_NUMBERS = ("x", "y", "w", "h", "angle", "score", "ra", "dec", "w_arcsec", "h_arcsec", "pa_deg")
_TEXTS = ("class_name", "kind", "band", "note")


def refresh(connection: Connection, grader: str | None = None, object_id: int | None = None, kind: str = "") -> None:
    """Derive `measures` and `boxes` anew from the events (or those of one `kind`): of one grader and object, of one grader, or of all."""
    if kind in ("", "measure"):
        _refresh_measures(connection, grader, object_id)
    if kind in ("", "box"):
        _refresh_boxes(connection, grader, object_id)


def _of(query: Any, table: Any, grader: str | None, object_id: int | None, who: str = "grader") -> Any:
    if grader is not None:
        query = query.where(table.c[who] == grader)
    return query if object_id is None else query.where(table.c.object_id == object_id)


def _live(kind: str, grader: str | None, object_id: int | None) -> Select[Any]:
    return _of(select(events).where(events.c.kind == kind, ~undone(events.c.id)), events, grader, object_id)


def _refresh_measures(connection: Connection, grader: str | None, object_id: int | None) -> None:
    connection.execute(_of(delete(measures), measures, grader, object_id))
    live = _live("measure", grader, object_id).subquery()
    newest = select(func.max(live.c.id)).group_by(live.c.grader, live.c.object_id)
    fresh = select(events.c.grader, events.c.object_id, events.c.id, events.c.data).where(
        events.c.id.in_(newest), events.c.data.is_not(None)
    )
    connection.execute(insert(measures).from_select(["grader", "object_id", "event_id", "data"], fresh))


def _refresh_boxes(connection: Connection, grader: str | None, object_id: int | None) -> None:
    """Rows without an event are a model's own and stay."""
    connection.execute(_of(delete(boxes).where(boxes.c.event_id.is_not(None)), boxes, grader, object_id, "source"))
    stand: dict[str, dict[str, Any]] = {}
    for event in connection.execute(_live("box", grader, object_id).order_by(events.c.id)):
        for place, state in enumerate((event.data or {}).get("boxes", ())):
            key = state.get("box") or f"{event.id}.{place}"
            if state.get("removed"):
                stand.pop(key, None)
                continue
            own = {name: state[name] for name in BOX_STATE if name in state}
            row = {**_BLANK, **own, "box": key, "event_id": event.id}
            stand[key] = {**row, "object_id": event.object_id, "source": event.grader}
    if stand:
        connection.execute(insert(boxes), list(stand.values()))


_BLANK: dict[str, Any] = {name: "" if name in _TEXTS else None for name in BOX_STATE}


def state(box: Mapping[str, Any]) -> dict[str, Any]:
    """A box as an event keeps it: plain numbers and text, all of `BOX_STATE` that it has.

    Raises:
        StoreError: it has no place, or a size that is none.
        ValueError: a name that is not in `BOX_STATE`.
    """
    strange = set(box) - set(BOX_STATE)
    if strange:
        raise ValueError(f"a box has no {', '.join(sorted(strange))}")
    whole: dict[str, Any] = {"class_name": "lens", "kind": "box", "band": "", "note": "", **box}
    for name in _TEXTS:
        whole[name] = text(str(whole[name] or ""))
    for name in _NUMBERS:
        value = whole.get(name)
        whole[name] = float(value) if value is not None and math.isfinite(value) else None
    if any(whole[name] is None for name in "xywh") or whole["w"] < 0 or whole["h"] < 0:
        raise StoreError("a box needs a place and a size in pixels; draw it again")
    if not whole["class_name"].strip():
        raise StoreError("a box needs the name of its class, such as lens")
    return {name: value for name, value in whole.items() if value is not None}


def standing_box(connection: Connection, key: str, grader: str) -> BoxRow:
    """The grader's box of this key as it stands.

    Raises:
        StoreError: it is gone, or another grader's.
    """
    added = key.partition(".")[0]
    home = connection.execute(
        select(events.c.object_id, events.c.grader).where(events.c.id == (int(added) if added.isdigit() else -1))
    ).first()
    if home is not None and home.grader != grader:
        raise StoreError(f"this box is {home.grader}'s, only {home.grader} can change it; draw your own beside it")
    for row in () if home is None else box_rows(connection, home.object_id, grader):
        if row.box == key:
            return row
    raise StoreError("this box is not there any more; it was removed or undone")


def box_rows(connection: Connection, object_id: int | None = None, source: str | None = None) -> list[BoxRow]:
    """In the order of objects, then as they were drawn; models' boxes first."""
    query = select(boxes).order_by(boxes.c.object_id, boxes.c.event_id.is_not(None), boxes.c.id)
    found = []
    for row in connection.execute(_of(query, boxes, source, object_id, "source")):
        values = dict(row._mapping)
        values["object"], values["event"] = values.pop("object_id"), values.pop("event_id")
        found.append(BoxRow(**values))
    return found


def measure_rows(connection: Connection, object_id: int | None = None, grader: str | None = None) -> list[MeasureRow]:
    """What stands, in object order."""
    query = select(measures).order_by(measures.c.object_id, measures.c.grader)
    return [
        MeasureRow(row.event_id, row.object_id, row.grader, row.data)
        for row in connection.execute(_of(query, measures, grader, object_id))
    ]


def differences(connection: Connection) -> int:
    """How many rows are not what the events say; 0 in a sound database. Changes nothing."""
    with connection.begin_nested() as trial:
        kept = _snapshot(connection)
        refresh(connection)
        derived = _snapshot(connection)
        trial.rollback()
    return len(kept ^ derived)


def _snapshot(connection: Connection) -> set[str]:
    """Every derived row as text; ids of boxes are no part of what they say."""
    drawn = (row for row in box_rows(connection) if row.event is not None)
    return {
        *(repr(row) for row in measure_rows(connection)),
        *(repr({name: value for name, value in vars(row).items() if name != "id"}) for row in drawn),
    }


def removed(keys: Iterable[str]) -> dict[str, Any]:
    """The `data` of an event that takes these boxes away."""
    return {"boxes": [{"box": key, "removed": True} for key in keys]}


def placed(states: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The `data` of an event that gives boxes these states; those with a `box` have been there before."""
    return {"boxes": [dict(one) for one in states]}


def draw_on(
    connection: Connection, boxes: Mapping[int, Iterable[Mapping[str, Any]]], *, grader: str, origin: str = ""
) -> Changes:
    """Draw boxes on several objects ({id: boxes}) as one step (see `together`), which one undo takes back; all or none."""
    key = {"together": uuid4().hex[:12]}
    rows = [
        {"object_id": one, "grader": grader, "kind": "box", "data": {**placed(map(state, on)), **key}}
        for one, on in boxes.items()
    ]
    from .events import append  # which derives through this module what follows from an event

    return Changes(labels=tuple(boxes), events=tuple(append(connection, rows)), origin=origin, extra={"kind": "box"})
