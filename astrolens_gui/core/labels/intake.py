"""A table of labels into the history: which rows are of an object here, which say something new; reads no file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from . import events, objects


@dataclass(frozen=True)
class Taken:
    """What `take` did: the ids of the new events and of their objects, and the counts that `Store.label_many` describes."""

    events: tuple[int, ...]
    objects: tuple[int, ...]
    extra: dict[str, Any]


def take(
    connection: Connection,
    rows: Sequence[Mapping[str, Any]],
    *,
    grader: str,
    scheme: str,
    grades: Collection[str] | None,
    why: str,
) -> Taken:
    """Append the rows that can be and need be."""
    known = objects.ids_of(connection, (row["ID"] for row in rows))
    found = [row for row in rows if row["ID"] in known]
    graded = [
        {
            "kind": "grade",
            "object_id": known[row["ID"]],
            "grader": row.get("grader") or grader,
            "scheme": row.get("scheme") or scheme,
            "grade": row["grade"],
            "why": row.get("why") or why,
            **{key: row[key] for key in ("subtype", "comment", "time", "seconds") if row.get(key)},
        }
        for row in found
        if row.get("grade")
    ]
    news = events.news(connection, graded)
    ids = events.append(connection, news)
    unknown = [row["ID"] for row in rows if row["ID"] not in known]
    given = Counter(values["grade"] for values in graded if values["scheme"] == scheme)
    extra = {
        "unknown": unknown,
        "ambiguous": objects.namesakes(connection, unknown),
        "ungraded": len(found) - len(graded),
        "unchanged": len(graded) - len(news),
        "outside": {grade: count for grade, count in given.items() if grades is not None and grade not in grades},
    }
    return Taken(tuple(ids), tuple(dict.fromkeys(values["object_id"] for values in news)), extra)
