"""Brings a database of any earlier schema to ours, step by numbered step; knows no label.

A step is frozen once released: it speaks SQL of its own and never looks at `schema.py`, which describes today only.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable

from sqlalchemy import Connection, inspect, text

from . import events
from .records import StoreError
from .schema import APPEND_ONLY, SCHEMA, metadata


def _to_2(connection: Connection) -> None:
    """`current` learns grade and comment, so that a million-row queue needs no join; the events are sealed against changes."""
    sqlite = connection.dialect.name == "sqlite"
    number, tail = ("INTEGER", " WITHOUT ROWID") if sqlite else ("BIGINT", "")
    connection.execute(text("DROP TABLE current"))
    connection.execute(
        text(
            f"CREATE TABLE current (grader TEXT NOT NULL, object_id {number} NOT NULL REFERENCES objects (id), "
            f"event_id {number} REFERENCES events (id), comment_id {number} REFERENCES events (id), "
            f"grade TEXT DEFAULT '' NOT NULL, PRIMARY KEY (grader, object_id)){tail}"
        )
    )
    for statement in APPEND_ONLY[connection.dialect.name]:
        connection.execute(text(statement))


def _to_3(connection: Connection) -> None:
    """Objects learn their path, by which an import knows them, and a key that outlives their name; repeated stems are remembered."""
    if "path" not in {column["name"] for column in inspect(connection).get_columns("objects")}:
        connection.execute(text("ALTER TABLE objects ADD COLUMN path TEXT DEFAULT '' NOT NULL"))
    tail = " WITHOUT ROWID" if connection.dialect.name == "sqlite" else ""
    connection.execute(text(f"CREATE TABLE IF NOT EXISTS shared_names (name TEXT NOT NULL PRIMARY KEY){tail}"))
    page = text(
        "SELECT id, name, root, CAST(planes AS TEXT), CAST(meta AS TEXT) FROM objects WHERE id > :last ORDER BY id LIMIT 10000"
    )
    fill = text("UPDATE objects SET path = :path, meta = :meta WHERE id = :id")
    if connection.dialect.name == "postgresql":
        fill = text("UPDATE objects SET path = :path, meta = CAST(:meta AS JSON) WHERE id = :id")
    keys: dict[tuple[str, str], str] = {}
    stems: set[str] = set()
    last = 0
    while rows := connection.execute(page, {"last": last}).all():
        filled = []
        for id, name, root, planes, meta in rows:
            path, stem = _path_3([plane["path"] for plane in json.loads(planes)], name)
            # The training split was frozen by the name, so that is the key; one file under two names gets one key.
            key = keys.setdefault((root, path), name)
            if name != stem:
                stems.add(stem)
            filled.append({"id": id, "path": path, "meta": json.dumps({**json.loads(meta), "key": key})})
        connection.execute(fill, filled)
        last = rows[-1][0]
    if stems:
        connection.execute(text("INSERT INTO shared_names VALUES (:name)"), [{"name": stem} for stem in sorted(stems)])
    connection.execute(text("CREATE INDEX IF NOT EXISTS objects_of_path ON objects (path)"))


def _path_3(paths: list[str], name: str) -> tuple[str, str]:
    """The path that names an object's files, and their stem: of files joined over band folders, the path without that folder."""
    path = (paths[0] if paths else name).replace("\0", "").encode("utf-8", "backslashreplace").decode("utf-8")
    folder, _, file = path.rpartition("/")
    base, suffix = os.path.splitext(file)
    inner, second = os.path.splitext(base)
    packed = suffix.lower() in {".gz", ".z", ".fz"} and second.lower() in {".fits", ".fit", ".fts", ".fz"}
    stem = inner if packed else base or file
    if len(set(paths)) < 2:
        return path, stem
    above = folder.rpartition("/")[0]
    return f"{above}/{stem}" if above else stem, stem


def _to_4(connection: Connection) -> None:
    """Events carry data (measurements, boxes); boxes say what they are on the sky; a table of what is measured now."""
    sqlite = connection.dialect.name == "sqlite"
    number, real, tail = ("INTEGER", "FLOAT", " WITHOUT ROWID") if sqlite else ("BIGINT", "DOUBLE PRECISION", "")
    look = inspect(connection)
    wanted = {
        "events": {"data": "JSON"},
        "boxes": {
            "box": "TEXT DEFAULT '' NOT NULL",
            "kind": "TEXT DEFAULT 'box' NOT NULL",
            "band": "TEXT DEFAULT '' NOT NULL",
            "note": "TEXT DEFAULT '' NOT NULL",
            **dict.fromkeys(("angle", "w_arcsec", "h_arcsec", "pa_deg"), real),
            "more": "JSON",
        },
    }
    for table, columns in wanted.items():
        there = {column["name"] for column in look.get_columns(table)}
        for name, kind in columns.items():
            if name not in there:
                connection.execute(text(f"ALTER TABLE {table} ADD COLUMN {name} {kind}"))
    connection.execute(
        text(
            f"CREATE TABLE IF NOT EXISTS measures (grader TEXT NOT NULL, object_id {number} NOT NULL REFERENCES objects (id), "
            f"event_id {number} NOT NULL REFERENCES events (id), data JSON NOT NULL, PRIMARY KEY (grader, object_id)){tail}"
        )
    )


def _to_5(connection: Connection) -> None:
    """Models say what they are for: each task has a champion of its own."""
    if "task" not in {column["name"] for column in inspect(connection).get_columns("models")}:
        connection.execute(text("ALTER TABLE models ADD COLUMN task TEXT DEFAULT 'classify' NOT NULL"))


STEPS: dict[int, Callable[[Connection], None]] = {2: _to_2, 3: _to_3, 4: _to_4, 5: _to_5}
"""STEPS[n] brings schema n-1 to n."""


def version(connection: Connection) -> int:
    """The schema of this database; 0 when it is empty.

    Raises:
        StoreError: the tables are not ours.
    """
    names = set(inspect(connection).get_table_names())
    if "meta" not in names:
        if names & set(metadata.tables):
            raise StoreError("this database holds tables of another program; give AstroLens a database of its own")
        return 0
    found = connection.execute(text("SELECT value FROM meta WHERE key = 'schema'")).scalar()
    if not str(found or "").isdigit():
        raise StoreError(
            "this database does not say its schema; `astrolens doctor --repair` restores the latest backup"
        )
    return int(str(found))


def check(number: int, place: str) -> None:
    """Refuse what a newer program wrote: we would damage what we do not know."""
    if number > SCHEMA:
        raise StoreError(
            f"{place} was written by a newer AstroLens (schema {number}, this one knows {SCHEMA}); update AstroLens"
        )


def create(connection: Connection) -> None:
    """All tables of today, in an empty database."""
    metadata.create_all(connection)
    connection.execute(
        text("INSERT INTO meta (key, value) VALUES ('schema', :n), ('created', :t)"),
        {"n": str(SCHEMA), "t": events.now()},
    )


def migrate(connection: Connection, number: int) -> None:
    """Run the steps above `number`, then derive anew what follows from the events: in one transaction, all or nothing."""
    for step in range(number + 1, SCHEMA + 1):
        STEPS[step](connection)
    events.refresh(connection)
    connection.execute(text("UPDATE meta SET value = :n WHERE key = 'schema'"), {"n": str(SCHEMA)})
