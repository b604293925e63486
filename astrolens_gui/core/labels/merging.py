"""Two histories of the same objects made one: what the other has and this one has not is appended; knows no project and no pixel.

An event is the same in both where all that it says is the same (who, when, which object, what, and the event that it takes back),
so a history merged twice adds nothing, two that began as copies share what they had, and the order of merging changes nothing
but the numbers of the events. Where one grader graded one object in both, the grade that is later by the clock stands: an event of
the reason `CLOSER` says it again where its number would not.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from . import events as history
from .records import CLOSER, EventRow
from .standing import MARKS

_SAID = ("kind", "scheme", "grade", "subtype", "comment", "seconds", "why")
_SAYS = {"grade": ("scheme", "grade", "subtype"), "comment": ("comment",), "measure": ("data",)}


@dataclass
class Merged:
    """What came of it: `taken` new events by grader, `here` events that stood already, `foreign` events of objects that are not
    here, `closed` objects where a grade had to be said again, `ids` of all that was written and the `objects` they are about."""

    taken: Counter[str] = field(default_factory=Counter)
    here: int = 0
    foreign: int = 0
    closed: int = 0
    ids: list[int] = field(default_factory=list)
    objects: set[int] = field(default_factory=set)


def merge(connection: Connection, theirs: Iterable[EventRow], objects: Mapping[int, int]) -> Merged:
    """Append what marks and retractions of `theirs` are not here yet, in their order.

    Args:
        theirs: the other history, oldest first. objects: their object's number → ours; events of others are counted.
    """
    made = Merged()
    own = _known(history.history(connection), None)
    other = _known(theirs, objects)
    made.foreign = other.foreign
    at = {id: own.place[key] for id, key in other.key.items() if key in own.place}
    made.here = len(at)
    fresh = [event for id, event in other.event.items() if id not in at]
    new_of = {(event.grader, objects[event.object]) for event in fresh if event.object is not None}
    while fresh:
        ready = [event for event in fresh if all(one in at for one in _named(event))]
        if not ready:  # they name events that are no marks: nothing of this history follows from them
            made.foreign += len(fresh)
            break
        ids = history.append(connection, [_row(event, objects, at) for event in ready])
        at |= dict(zip((event.id for event in ready), ids, strict=True))
        made.ids += ids
        made.taken.update(event.grader for event in ready)
        made.objects |= {objects[event.object] for event in ready if event.object is not None}
        fresh = [event for event in fresh if event.id not in at]
    theirs_too = set(other.key.values())
    both = {
        pair
        for id, key in own.key.items()
        if key not in theirs_too and (pair := (own.event[id].grader, own.event[id].object or 0)) in new_of
    }
    closers = _closers(history.history(connection), both) if both else []
    made.ids += history.append(connection, closers)
    made.closed = len({(row["grader"], row["object_id"]) for row in closers})
    return made


@dataclass
class _Known:
    """A history by what its events say: number → event, number → key, key → number."""

    event: dict[int, EventRow] = field(default_factory=dict)
    key: dict[int, bytes] = field(default_factory=dict)
    place: dict[bytes, int] = field(default_factory=dict)
    foreign: int = 0


def _known(events: Iterable[EventRow], objects: Mapping[int, int] | None) -> _Known:
    known, times = _Known(), Counter[bytes]()
    for event in events:
        if event.object is None or event.kind not in (*MARKS, "retract") or event.why == CLOSER:
            continue
        if objects is not None and event.object not in objects:
            known.foreign += 1
            continue
        thing = event.object if objects is None else objects[event.object]
        names = {one: known.key[one].hex() if one in known.key else "" for one in _named(event)}
        said = [thing, event.grader, event.time, *(getattr(event, name) for name in _SAID), event.screen]
        said += [names.get(event.retracts or 0, ""), _renamed(event.data, names)]
        key = hashlib.blake2b(json.dumps(said, sort_keys=True).encode(), digest_size=16).digest()
        times[key] += 1
        if times[key] > 1:  # the same once more, in one history: an event of its own
            key = hashlib.blake2b(key + str(times[key]).encode(), digest_size=16).digest()
        known.event[event.id], known.key[event.id], known.place[key] = event, key, event.id
    return known


def _named(event: EventRow) -> list[int]:
    """The earlier events that one speaks of: what it takes back, and those that drew the boxes that it changes."""
    drawn = [str(state.get("box") or "").partition(".")[0] for state in (event.data or {}).get("boxes", ())]
    return [*([event.retracts] if event.retracts else []), *(int(one) for one in drawn if one.isdigit())]


def _renamed(data: Mapping[str, Any] | None, names: Mapping[int, Any]) -> Any:
    """The data with each box called by the event that drew it in this history."""
    if not data or "boxes" not in data:
        return data
    states = []
    for state in data["boxes"]:
        number, dot, place = str(state.get("box") or "").partition(".")
        known = number.isdigit() and int(number) in names
        states.append({**state, "box": f"{names[int(number)]}{dot}{place}"} if known else state)
    return {**data, "boxes": states}


def _row(event: EventRow, objects: Mapping[int, int], at: Mapping[int, int]) -> dict[str, Any]:
    row = {name: getattr(event, name) for name in ("grader", "time", *_SAID, "screen")}
    row["object_id"] = objects[event.object] if event.object is not None else None
    return {
        **row,
        "retracts": at[event.retracts] if event.retracts else None,
        "data": _renamed(event.data, {one: at[one] for one in _named(event)}),
    }


def _closers(events: Sequence[EventRow], pairs: set[tuple[str, int]]) -> list[dict[str, Any]]:
    """For each (grader, object): the grade, the comment and the measurement that are latest by the clock, where another of them
    has the higher number."""
    redone = {event.retracts for event in events if event.kind == "retract"}
    gone = {event.retracts for event in events if event.kind == "retract" and event.id not in redone}
    stand: dict[tuple[str, int, str], list[EventRow]] = {}
    for event in events:
        if event.object is not None and (event.grader, event.object) in pairs and event.id not in gone:
            kinds = {"grade", "measure", "comment"} & {event.kind} | ({"comment"} if event.comment else set())
            for kind in kinds:
                stand.setdefault((event.grader, event.object, kind), []).append(event)
    rows = []
    for (grader, thing, kind), listed in sorted(stand.items()):
        latest = max(
            listed, key=lambda event: (event.time, *_content(event, _SAYS["measure"]), *_content(event, _SAID))
        )
        if _content(latest, _SAYS[kind]) != _content(listed[-1], _SAYS[kind]):
            row = {"grader": grader, "object_id": thing, "kind": kind, "time": latest.time, "why": CLOSER}
            rows.append({**row, **{name: getattr(latest, name) for name in _SAYS[kind]}})
    return rows


def _content(event: EventRow, names: Iterable[str]) -> list[str]:
    return [json.dumps(getattr(event, name), sort_keys=True) for name in names]
