"""What a queue can be sorted and filtered by besides grades and scores: columns of the objects, and how graders differ; knows no window."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from sqlalchemy import Connection, Text, cast, select

from .results import _columns
from .schema import current, objects

OWN = ("ra", "dec", "pixel_scale", "field")
"""Columns that every object has."""

SAMPLE = 300
"""Objects at either end of the project that are asked for the names of their columns."""


def names(connection: Connection) -> list[str]:
    """The columns there are: OWN, and what the objects' `meta` holds as plain values, `group.name` for a table's within it."""
    found = dict.fromkeys(OWN)
    for order in (objects.c.id, objects.c.id.desc()):
        for meta in connection.scalars(select(objects.c.meta).order_by(order).limit(SAMPLE)):
            found.update(dict.fromkeys(plain(meta or {})))
    return [name for name in found if name not in ("key", "not_shown")]


def plain(meta: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers, texts and truths of `meta`; those of a dict in it under their own names (else `group.name` where that is taken)."""
    flat = {name: value for name, value in meta.items() if isinstance(value, str | int | float)}
    for group, values in meta.items():
        if isinstance(values, Mapping):
            for name, value in values.items():
                if isinstance(value, str | int | float):
                    flat[name if name not in flat else f"{group}.{name}"] = value
    return flat


def column(connection: Connection, name: str) -> tuple[np.ndarray, np.ndarray]:
    """(ids int64, values) in id order: float64 (NaN: none) where all values are numbers, else text as an object array."""
    ids: np.ndarray
    if name in OWN:
        query = select(objects.c.id, objects.c[name]).order_by(objects.c.id)
        if name != "field":
            ids, values = _columns(connection, query, np.int64, np.float64)
            return ids, values
        ids, values = _columns(connection, query, np.int64, list)
    else:
        query = select(objects.c.id, cast(objects.c.meta, Text)).order_by(objects.c.id)
        ids, texts = _columns(connection, query, np.int64, list)
        values = []
        for start in range(0, len(texts), 500):  # short turns: other threads want the interpreter too
            values += [plain(one).get(name) for one in json.loads(f"[{','.join(texts[start : start + 500])}]")]
    return ids, as_column(values)


def as_column(values: list[Any]) -> np.ndarray:
    """float64 where every value is a number, a truth or missing (text of a number counts); else an object array of str."""
    try:
        return np.array([np.nan if value is None or value == "" else value for value in values], dtype=np.float64)
    except (TypeError, ValueError):
        made = np.empty(len(values), object)
        made[:] = ["" if value is None else str(value) for value in values]
        return made


def others(connection: Connection, grader: str, places: Mapping[str, int]) -> dict[str, np.ndarray]:
    """What graders other than `grader` say, of objects that any of them graded by a grade in `places` ({grade: place}).

    Returns:
        `object` int64 ascending; `low` and `high` float64, the lowest and the highest place that one of them gave.
    """
    query = select(current.c.object_id, current.c.grade).where(
        current.c.grader != grader, current.c.event_id.is_not(None)
    )
    ids, grades = _columns(connection, query, np.int64, list)
    place = np.array([places.get(grade, -1) for grade in grades], dtype=np.float64)
    known = place >= 0
    ids, place = ids[known], place[known]
    order = np.argsort(ids, kind="stable")
    ids, place = ids[order], place[order]
    unique, starts = np.unique(ids, return_index=True)
    if not len(unique):
        return {"object": unique, "low": np.empty(0), "high": np.empty(0)}
    return {"object": unique, "low": np.minimum.reduceat(place, starts), "high": np.maximum.reduceat(place, starts)}
