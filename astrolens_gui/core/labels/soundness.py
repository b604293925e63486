"""Whether an open database is sound: its pages, its references, and the labels that are derived from their history."""

from __future__ import annotations

from sqlalchemy import text

from . import events
from .database import Database


def problems(database: Database, remedy: str) -> list[str]:
    """What is wrong, one sentence each; [] when it is sound. `remedy` mends derived labels that are not what they should be."""
    found = list[str]()
    with database.read() as connection:
        if database.is_sqlite:
            lines = connection.execute(text("PRAGMA integrity_check(20)")).scalars().all()
            found += [f"{database.place}: {line}" for line in lines if line != "ok"]
            found += [
                f"{database.place}: {row[0]} row {row[1]} refers to a missing {row[2]}"
                for row in connection.execute(text("PRAGMA foreign_key_check"))
            ]
    if not found and not database.read_only:
        with database.write() as connection:
            if wrong := events.differences(connection):
                found.append(f"{database.place}: {wrong} current labels differ from their history; {remedy}")
    return found
