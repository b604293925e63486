"""What is wrong with a grading scheme, one sentence each with its place; reads no file and knows no widget."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

GRADES, SUBTYPES = "grades", "subtypes"
TEXTS = {"": ("id", "title", "doc"), GRADES: ("key", "value", "title", "criterion", "colour")}
TEXTS[SUBTYPES] = ("key", "value", "title")
"""The texts that a scheme and a row of each of its tables must have."""

ID = re.compile(r"[a-z0-9][a-z0-9_-]*")


@dataclass(frozen=True)
class Fault:
    """A sentence and its place: `table` is "grades", "subtypes" or "" (then `row` is -1), `field` the key in it."""

    table: str
    row: int
    field: str
    sentence: str


def faults(values: Mapping[str, Any]) -> list[Fault]:
    """Why a scheme, as its TOML says it, cannot be used: grades first, then kinds, then the scheme's own texts."""
    found: list[Fault] = []
    for table in (GRADES, SUBTYPES):
        rows = values.get(table, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            return [Fault("", -1, table, f"{table} must be written as [[{table}]] tables")]
        for at, row in enumerate(rows):
            found += _texts(row, table, at)
            if table == GRADES:
                found += _grade(row, at)
    if not values.get(GRADES):
        found.append(Fault("", -1, GRADES, "a scheme needs at least one [[grades]] table"))
    return [*found, *_twice(values), *_texts(values, "", -1)]


def faults_of_own(values: Mapping[str, Any], ids: Collection[str], keys: Mapping[str, str]) -> list[Fault]:
    """Besides `faults`, what keeps a scheme from being a person's own file beside the others.

    Args:
        ids: of the other schemes. keys: lower-case key → what it does in the window already.
    """
    found = faults(values)
    name = values.get("id")
    if isinstance(name, str) and name in ids:
        found.append(Fault("", -1, "id", f"there is a scheme {name!r} already; give this one another id"))
    elif isinstance(name, str) and name.strip() and not ID.fullmatch(name):
        found.append(Fault("", -1, "id", f"id {name!r} becomes a file's name: use a-z, 0-9, - and _ only"))
    first: dict[str, str] = {}
    for table, at, row in _rows(values):
        key = str(row.get("key", "")).lower()
        if not key:
            continue
        if key in keys:
            found.append(Fault(table, at, "key", f"{row['key']} is already {keys[key]!r}; choose another key"))
        elif key in first and first[key] != row["key"]:
            found.append(Fault(table, at, "key", f"{row['key']} and {first[key]} are one key; choose another"))
        first.setdefault(key, row["key"])
    return found


def _rows(values: Mapping[str, Any]) -> Iterator[tuple[str, int, Mapping[str, Any]]]:
    for table in (GRADES, SUBTYPES):
        for at, row in enumerate(values.get(table, [])):
            yield table, at, row


def _texts(row: Mapping[str, Any], table: str, at: int) -> list[Fault]:
    who = row.get("value") or row.get("id") or {GRADES: "a grade", SUBTYPES: "a kind"}.get(table, "it")
    return [
        Fault(table, at, name, f"{name} must be given as text ({who} has none)")
        for name in TEXTS[table]
        if not isinstance(row.get(name), str) or not row[name].strip()
    ]


def _grade(row: Mapping[str, Any], at: int) -> Iterator[Fault]:
    value, positive, colour = row.get("value"), row.get("positive"), row.get("colour")
    if positive is not None and (
        isinstance(positive, bool) or not isinstance(positive, int | float) or not 0 <= positive <= 1
    ):
        said = f"positive of grade {value} must be a number from 0 to 1, or be left out, not {positive!r}"
        yield Fault(GRADES, at, "positive", said)
    if isinstance(colour, str) and colour.strip() and not re.fullmatch(r"#[0-9A-Fa-f]{6}", colour):
        yield Fault(GRADES, at, "colour", f"colour of grade {value} must look like #56B4E9, not {colour!r}")


def _twice(values: Mapping[str, Any]) -> Iterator[Fault]:
    """A key is one of all rows, a value one of its table."""
    seen: set[tuple[str, str]] = set()
    for table, at, row in _rows(values):
        for what, field in (("key", "key"), ("grade" if table == GRADES else "sub-type", "value")):
            said = row.get(field)
            if isinstance(said, str) and said.strip():
                if (what, said) in seen:
                    yield Fault(table, at, field, f"{what} {said!r} is used twice; give each its own")
                seen.add((what, said))
