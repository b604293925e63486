"""Objects in the database: adding, updating and finding them; reads no image and knows no label."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, func, insert, select, update

from .database import dumps
from .records import ObjectRow
from .schema import objects

CHUNK = 2000
"""Rows of one transaction at import: a cancelled import keeps the chunks that are done."""

_JSON = ("planes", "meta")
_VALUES = ("root", "field", "ra", "dec", "pixel_scale", *_JSON)


class Record(Protocol):
    """What an import yields (`core.images.ingest.ObjectRecord`): plane paths are relative to `base`."""

    name: str
    base: Path
    planes: tuple[dict[str, Any], ...]
    field: str
    ra: float | None
    dec: float | None
    pixel_scale: float | None
    meta: dict[str, Any]


@dataclass
class Added:
    """What `add` did: ids in the order of the records, and names that had to be told apart."""

    new: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    renamed: dict[str, str] = field(default_factory=dict)


def text(value: str) -> str:
    """Text that both databases take: no NUL, and undecodable bytes of a file name written as \\udcXX."""
    value = value.replace("\0", "")
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode("utf-8")


def chunks(items: Iterable[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """Lists of at most `size`. When the source raises (a cancelled import), what it gave so far comes first."""
    source, failure = iter(items), None
    while failure is None:
        chunk: list[Any] = []
        try:
            chunk.extend(islice(source, size))
        except BaseException as error:  # Cancelled, Ctrl+C: kept, and raised again below
            failure = error
        if chunk:
            yield chunk
        elif failure is None:
            return
    raise failure


def values_of(record: Record, root_of: Callable[[Path], str]) -> dict[str, Any]:
    """One record as columns."""
    return {
        "name": text(record.name),
        "root": root_of(record.base),
        "field": text(record.field or ""),
        "ra": record.ra,
        "dec": record.dec,
        "pixel_scale": record.pixel_scale,
        "planes": list(record.planes),
        "meta": record.meta,
    }


def add(connection: Connection, rows: Sequence[dict[str, Any]], added: Added) -> None:
    """Insert or update by name. The same name under another root is another object: it becomes `root/name`, never a silent merge."""
    known = _by_name(connection, [row["name"] for row in rows])
    foreign = [f"{row['root']}/{row['name']}" for row in rows if known.get(row["name"], row)["root"] != row["root"]]
    known.update(_by_name(connection, foreign))
    last = connection.scalar(select(func.max(objects.c.id))) or 0
    fresh: dict[int, dict[str, Any]] = {}
    changed: dict[int, dict[str, Any]] = {}
    for row in rows:
        old = known.get(row["name"])
        if old is not None and old["root"] != row["root"]:
            name = f"{row['root']}/{row['name']}"
            added.renamed[name] = row["name"]
            row, old = {**row, "name": name}, known.get(name)
        if old is None:
            last += 1
            row["id"] = last
            fresh[last] = known[row["name"]] = row
        elif _differ(old, row):
            whole = known[row["name"]] = {"id": old["id"], **row}
            (fresh if old["id"] in fresh else changed)[old["id"]] = whole
    if fresh:
        bulk(connection, insert(objects), list(fresh.values()), _JSON)
    if changed:
        set_all = (
            update(objects)
            .where(objects.c.id == bindparam("key"))
            .values({name: bindparam(f"new_{name}") for name in _VALUES})
        )
        connection.execute(
            set_all, [{"key": row["id"], **{f"new_{name}": row[name] for name in _VALUES}} for row in changed.values()]
        )
    added.new.extend(fresh)
    added.updated.extend(changed)


def bulk(connection: Connection, statement: Any, rows: Sequence[dict[str, Any]], json_columns: Sequence[str]) -> None:
    """Run `statement` for many rows straight on the driver: at a million rows the toolkit would cost more than the database."""
    compiled = statement.compile(dialect=connection.dialect, column_keys=list(rows[0]))
    if compiled.positiontup:
        columns = [
            [dumps(row[name]) for row in rows] if name in json_columns else [row[name] for row in rows]
            for name in compiled.positiontup
        ]
        connection.exec_driver_sql(str(compiled), list(zip(*columns, strict=True)))
    else:
        texts = [{**row, **{name: dumps(row[name]) for name in json_columns}} for row in rows]
        connection.exec_driver_sql(str(compiled), texts)


def _differ(old: dict[str, Any], row: dict[str, Any]) -> bool:
    """Whether a record says something new; a tuple, a NaN or a numpy number that JSON stored in its own way is nothing new."""
    unlike = [name for name in _VALUES if old[name] != row[name]]
    return any(name not in _JSON or old[name] != json.loads(dumps(row[name])) for name in unlike)


def _by_name(connection: Connection, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    if not names:
        return {}
    found = connection.execute(select(objects).where(objects.c.name.in_(names)))
    return {row.name: dict(row._mapping) for row in found}


def rows(connection: Connection, ids: Iterable[int] | None = None) -> list[ObjectRow]:
    """Objects in id order, or in the order of `ids` (unknown ones left out)."""
    if ids is None:
        return [_row(row) for row in connection.execute(select(objects).order_by(objects.c.id))]
    wanted = [int(one) for one in ids]
    found: dict[int, ObjectRow] = {}
    for chunk in chunks(dict.fromkeys(wanted)):
        found.update((row.id, _row(row)) for row in connection.execute(select(objects).where(objects.c.id.in_(chunk))))
    return [found[one] for one in wanted if one in found]


def find(connection: Connection, name: str) -> ObjectRow | None:
    row = connection.execute(select(objects).where(objects.c.name == text(name))).first()
    return _row(row) if row else None


def ids_of(connection: Connection, names: Iterable[str]) -> dict[str, int]:
    """The ids of those names that exist."""
    found: dict[str, int] = {}
    for chunk in chunks(dict.fromkeys(names)):
        query = select(objects.c.name, objects.c.id).where(objects.c.name.in_([text(name) for name in chunk]))
        found.update(connection.execute(query).tuples().all())
    return found


def _row(row: Any) -> ObjectRow:
    return ObjectRow(
        row.id, row.name, row.root, row.field, row.ra, row.dec, row.pixel_scale, tuple(row.planes), row.meta
    )
