"""Brings a database that was just opened to today's schema, and to the project that owns it; knows no label."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import insert, select

from . import backup, migrate
from .database import Database
from .records import StoreError
from .schema import SCHEMA, meta


def prepare(database: Database, backups: Path | None, remedy: str) -> None:
    """Make the tables of an empty database, or migrate those of an older one, a backup first.

    Raises:
        StoreError: it is another program's, a newer program's, empty where it must not be, or open for reading only.
    """
    with database.read() as connection:
        number = migrate.version(connection)
    migrate.check(number, database.place)
    if number == SCHEMA:
        return
    if number == 0 and not database.create:
        raise StoreError(f"{database.place} holds no tables of AstroLens; {remedy}")
    if database.read_only:
        raise StoreError(
            f"{database.place} has the older schema {number}; open the project for writing once to update it"
        )
    if number and backups:
        backup.back_up(database, backups, f"schema{number}")
    with database.write() as connection:  # looked at again under the lock: another program may have been quicker
        number = migrate.version(connection)
        if number == 0:
            migrate.create(connection)
        elif number < SCHEMA:
            migrate.migrate(connection, number)


def claim(database: Database, project: str) -> None:
    """The first project that uses a database owns it: two that shared one by accident would mix their objects and labels.

    Raises:
        StoreError: another project was here before.
    """
    owner = select(meta.c.value).where(meta.c.key == "project")
    with database.read() as connection:
        found = connection.scalar(owner)
    if found is None and not database.read_only:
        with database.write() as connection:  # under the lock: another program may have been quicker
            found = connection.scalar(owner)
            if found is None:
                connection.execute(insert(meta).values(key="project", value=project))
    if found not in (None, project):
        raise StoreError(
            f"{database.place} holds another project; give this one a database of its own, or, to work on that "
            f"project, copy its folder (its project.toml says id = {found!r}, this one's {project!r})"
        )
