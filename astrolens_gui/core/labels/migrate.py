"""Brings a database of any earlier schema to ours, step by numbered step; knows no label.

A step is frozen once released: it speaks SQL of its own and never looks at `schema.py`, which describes today only.
"""

from __future__ import annotations

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


STEPS: dict[int, Callable[[Connection], None]] = {2: _to_2}
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
    """Run the steps above `number`, then derive `current` anew: in one transaction, all or nothing."""
    for step in range(number + 1, SCHEMA + 1):
        STEPS[step](connection)
    events.refresh(connection)
    connection.execute(text("UPDATE meta SET value = :n WHERE key = 'schema'"), {"n": str(SCHEMA)})
