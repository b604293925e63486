"""Two histories of the same objects made one: what the other has and this one has not is appended; knows no project and no pixel.

An event is the same in both where all that it says is the same (who, when, which object, what, and the event that it takes back),
so a history merged twice adds nothing, two that began as copies share what they had, and the order of merging changes nothing
but the numbers of the events. Where one grader graded one object in both, the grade that is later by the clock stands, with its
time; what only the other has stands as it does there. An event of the reason `CLOSER` says it again where its number would not.
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
_Pair = tuple[str, int]
_SAYS = {"grade": ("scheme", "grade", "subtype"), "comment": ("comment",), "measure": ("data",)}


@dataclass
class Merged:
    """What came of it: `taken` new events by grader, `here` events that stood already, `foreign` events of objects that are not
    here, `twice` objects that one grader graded in both, `ids` of all that was written and the `objects` they are about."""

    taken: Counter[str] = field(default_factory=Counter)
    here: int = 0
    foreign: int = 0
    twice: int = 0
    ids: list[int] = field(default_factory=list)
    objects: set[int] = field(default_factory=set)


def merge(connection: Connection, theirs: Iterable[EventRow], objects: Mapping[int, int]) -> Merged:
    """Append what marks and retractions of `theirs` are not here yet, in their order.

    Args:
        theirs: the other history, oldest first. objects: their object's number → ours; events of others are counted.
    """
    made, theirs = Merged(), list(theirs)
    before = history.history(connection)
    own = _known(before, None)
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
    mine = own.pairs(without=other)
    made.twice = len(own.pairs(without=other, standing=before) & other.pairs(without=own, standing=theirs))
    marks = Counter([*own.pair.values(), *other.pair.values()])
    several = {pair for pair in new_of if marks[pair] > 1}
    if several:
        as_there = _stand(theirs, several - mine, objects)
        made.ids += history.append(connection, _closers(_stand(history.history(connection), several), as_there))
    return made


@dataclass
class _Known:
    """A history by what its events say: number → event, number → key, key → number; number → (grader, our object)."""

    event: dict[int, EventRow] = field(default_factory=dict)
    key: dict[int, bytes] = field(default_factory=dict)
    place: dict[bytes, int] = field(default_factory=dict)
    pair: dict[int, _Pair] = field(default_factory=dict)
    foreign: int = 0

    def pairs(self, without: _Known, standing: Sequence[EventRow] | None = None) -> set[_Pair]:
        """Of the events that the other has not; with `standing`, this history, of its grades that stand."""
        gone = None if standing is None else _gone(standing)
        return {
            self.pair[id]
            for id, key in self.key.items()
            if key not in without.place and (gone is None or (self.event[id].kind == "grade" and id not in gone))
        }


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
        known.pair[event.id] = (event.grader, thing)
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


def _gone(events: Iterable[EventRow]) -> set[int | None]:
    """The events that an undo names that no redo names."""
    undos = [event for event in events if event.kind == "retract"]
    redone = {event.retracts for event in undos}
    return {event.retracts for event in undos if event.id not in redone}


def _stand(
    events: Sequence[EventRow], pairs: set[_Pair], objects: Mapping[int, int] | None = None
) -> dict[tuple[str, int, str], list[EventRow]]:
    """(grader, our object, kind) → the marks of these pairs that stand, by number; a comment may come with a grade."""
    gone = _gone(events)
    stand: dict[tuple[str, int, str], list[EventRow]] = {}
    for event in events:
        thing = event.object if objects is None else objects.get(event.object or 0)
        if thing is not None and (event.grader, thing) in pairs and event.id not in gone:
            kinds = {"grade", "measure", "comment"} & {event.kind} | ({"comment"} if event.comment else set())
            for kind in kinds:
                stand.setdefault((event.grader, thing, kind), []).append(event)
    return stand


def _closers(
    ours: Mapping[tuple[str, int, str], list[EventRow]], theirs: Mapping[tuple[str, int, str], list[EventRow]]
) -> list[dict[str, Any]]:
    """For each (grader, object): the grade, the comment and the measurement that stand, where another of them has the higher
    number: the last of `theirs` where it is there, else the latest by the clock."""
    rows = []
    for (grader, thing, kind), listed in sorted(ours.items()):
        there = theirs.get((grader, thing, kind))
        right = there[-1] if there else max(listed, key=_by_clock)
        if (right.time, _content(right, _SAYS[kind])) != (listed[-1].time, _content(listed[-1], _SAYS[kind])):
            row = {"grader": grader, "object_id": thing, "kind": kind, "why": CLOSER}
            names = ("time", "seconds", "screen", *_SAYS[kind])
            rows.append({**row, **{name: getattr(right, name) for name in names}})
    return rows


def _by_clock(event: EventRow) -> tuple[str, ...]:
    return (event.time, *_content(event, _SAYS["measure"]), *_content(event, _SAID))


def _content(event: EventRow, names: Iterable[str]) -> list[str]:
    return [json.dumps(getattr(event, name), sort_keys=True) for name in names]
