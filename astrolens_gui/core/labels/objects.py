"""Objects in the database: adding, updating and finding them; reads no image and knows no label."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Connection, bindparam, func, insert, select, update

from .database import among, dumps
from .naming import Known, longer
from .records import ObjectRow, Place
from .schema import objects

CHUNK = 8000
"""Rows of one transaction at import: a cancelled import keeps the chunks that are done."""

_JSON = ("planes", "meta")
_VALUES = ("root", "path", "field", "ra", "dec", "pixel_scale", *_JSON)


class Record(Protocol):
    """What an import yields (`core.images.ingest.ObjectRecord`): plane paths and `where` are relative to `base`."""

    name: str
    base: Path
    planes: tuple[dict[str, Any], ...]
    field: str
    ra: float | None
    dec: float | None
    pixel_scale: float | None
    meta: dict[str, Any]
    stem: str
    where: str


class Arrival(NamedTuple):
    """A record as columns (no id, no name yet), with its short name and whether its import saw that one repeat."""

    row: dict[str, Any]
    stem: str
    repeats: bool


@dataclass
class Added:
    """What `add` did: ids in the order of the records, and by id the names before and after of objects that had to be told apart."""

    new: list[int] = field(default_factory=list)
    updated: list[int] = field(default_factory=list)
    renamed: dict[int, tuple[str, str]] = field(default_factory=dict)


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


def arrival(record: Record, place: Place) -> Arrival:
    """One record, addressed from the root that holds it."""
    first = record.planes[0]["path"] if record.planes else ""
    root, path, planes = place.of(record.where or first or record.name, record.planes)
    row = {
        "root": root,
        "path": text(path),
        "field": text(record.field or ""),
        "ra": record.ra,
        "dec": record.dec,
        "pixel_scale": record.pixel_scale,
        "planes": planes,
        "meta": record.meta,
    }
    return Arrival(row, text(record.stem or record.name), bool(record.stem) and record.name != record.stem)


def add(
    connection: Connection,
    arrivals: Sequence[Arrival],
    added: Added,
    address: Callable[[str, str], str] = "{}/{}".format,
) -> None:
    """Insert or update: an object is known by its file (root and path); `address` says where a file is now."""
    known = Known(connection)
    known.load_files({one.row["path"] for one in arrivals})
    here = {_file(one.row) for one in arrivals}
    known.load_names(
        name
        for one in arrivals
        if (old := known.of_file(*_file(one.row))) is None or (one.repeats and old["name"] == one.stem)
        for name in (one.stem, *longer(one.row))
    )
    last = connection.scalar(select(func.max(objects.c.id))) or 0
    fresh: dict[int, dict[str, Any]] = {}
    changed: dict[int, dict[str, Any]] = {}
    for one in arrivals:
        row = one.row
        old = known.of_file(*_file(row)) or _moved(known, one, here, address)
        if one.repeats and (old is None or old["name"] == one.stem):
            known.share(one.stem)
        if old is None:
            last += 1
            row |= {"id": last, "meta": {**row["meta"], "key": row["path"]}}
            known.settle(row, (one.stem, *longer(row)))
            fresh[last] = row
            known.place(row)
            continue
        row["meta"] = {**row["meta"], "key": old["meta"].get("key") or old["name"]}
        if _differ(old, row):
            old.update(row)
            known.place(old)
            if old["id"] not in fresh:
                changed[old["id"]] = old
    for id, name in known.former.items():
        if id not in fresh and (holder := known.by_id(id)):
            changed[id] = holder
            added.renamed[id] = (added.renamed.get(id, (name,))[0], holder["name"])
    if fresh:
        bulk(connection, insert(objects), list(fresh.values()), _JSON)
    if changed:
        names = ("name", *_VALUES)
        set_all = (
            update(objects)
            .where(objects.c.id == bindparam("the_id"))
            .values({name: bindparam(f"new_{name}") for name in names})
        )
        connection.execute(
            set_all, [{"the_id": id, **{f"new_{name}": row[name] for name in names}} for id, row in changed.items()]
        )
    known.save_names()
    added.new.extend(fresh)
    added.updated.extend(changed)


def _file(row: dict[str, Any]) -> tuple[str, str]:
    return row["root"], row["path"]


def _moved(
    known: Known, one: Arrival, here: set[tuple[str, str]], address: Callable[[str, str], str]
) -> dict[str, Any] | None:
    """The object of the same name that this is under another path: it shares a file with it, or its own is gone from the root."""
    row = one.row
    files = {address(row["root"], plane["path"]) for plane in row["planes"]}
    for name in (one.stem, *longer(row)):
        old = known.of_name(name)
        if old is None:
            continue
        before = [address(old["root"], plane["path"]) for plane in old["planes"]]
        gone = old["root"] == row["root"] and _file(old) not in here and not any(map(os.path.exists, before))
        if gone or not files.isdisjoint(before):
            return old
    return None


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
        query = select(objects.c.name, objects.c.id).where(
            among(connection, objects.c.name, [text(name) for name in chunk])
        )
        found.update(connection.execute(query).tuples().all())
    return found


def namesakes(connection: Connection, names: Iterable[str]) -> dict[str, list[str]]:
    """The objects, by name, that are called by their path because several files have one of `names` as their stem."""
    wanted = set(names)
    found: dict[str, list[str]] = {}
    if wanted:
        for name in connection.scalars(
            select(objects.c.name).where(objects.c.name.contains("/")).order_by(objects.c.id)
        ):
            for one in wanted & {name.rpartition("/")[2], _stem(name)}:
                found.setdefault(one, []).append(name)
    return found


def _stem(name: str) -> str:
    file = name.rpartition("/")[2]
    for packed in (".gz", ".fz", ".bz2", ".xz", ".Z"):
        file = file.removesuffix(packed)
    return file.rpartition(".")[0] or file


def _row(row: Any) -> ObjectRow:
    return ObjectRow(
        row.id, row.name, row.root, row.field, row.ra, row.dec, row.pixel_scale, tuple(row.planes), row.meta
    )
