"""What another tool's format could not hold: the rows held against what its own reader gives back; knows no format's rules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from .foreign import FEWEST_CHARACTERS, Row, State, Taken

GIVEN: frozenset[State] = frozenset({"graded", "seen", "marked"})
"""States of a row that somebody answered."""

_FIELDS = {
    "grade": "grades",
    "subtype": "sub-types",
    "comment": "comments",
    "seconds": "times",
    "ra": "positions",
    "grader": "graders",
}


def lost(rows: Iterable[Row], back: Taken) -> list[str]:
    """One sentence for each kind of thing that a written table does not hold any more.

    Args:
        rows: what was to be written. back: the written text, read again by the reader of its format.
    """
    read: dict[str, list[Row]] = defaultdict(list)
    for row in back.rows:
        read[_key(row.stamp)].append(row)
    counts, missing = Counter[str](), 0
    for row in rows:
        graded = row.state in GIVEN
        there = read.get(_key(row.stamp)) or read.get(_key(row.stamp.removesuffix(".fits"))) or []
        if not there:
            missing += graded
            continue
        one = there.pop(0) if len(there) > 1 else there[0]
        if row.unmapped and one.label != row.label:
            counts["labels that the format does not know"] += 1
        for name, title in _FIELDS.items():
            value = getattr(row, name)
            if value not in ("", None) and (graded or name != "grade") and getattr(one, name) != value:
                counts[title] += 1
        counts["marks without a grade"] += row.state == "marked" and one.state != "marked"
    made = [f"{count} {title} are not in it as they are here" for title, count in counts.items() if count]
    return ([f"{missing} graded objects are not in it"] if missing else []) + made


def _key(stamp: str) -> str:
    return stamp[:FEWEST_CHARACTERS]
