"""Copies of a project's database, and the way back from them; knows no label but keeps every one it can read."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, inspect, select

from . import events, migrate
from .database import Database
from .records import StoreError
from .schema import SCHEMA, metadata

KEEP = 10
"""Daily backups beyond the newest ten are removed; those before a migration stay."""


def back_up(database: Database, folder: Path, why: str = "daily") -> Path:
    """Write a complete copy below `folder` and return its path; it appears only when it is whole.

    A PostgreSQL database is written as a SQLite file with the same tables.

    Raises:
        StoreError: the folder cannot be written.
    """
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")
    target = folder / f"labels-{stamp}-{why}.sqlite"
    partial = target.with_suffix(".partial")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if database.is_sqlite:
            with database.read() as connection, closing(sqlite3.connect(partial)) as copy:
                connection.connection.driver_connection.backup(copy)  # type: ignore[union-attr]
        else:
            _copy_rows(database, partial)
        with open(partial, "rb+") as file:
            os.fsync(file.fileno())
        os.replace(partial, target)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            partial.unlink()
        raise StoreError(
            f"{folder}: the backup could not be written ({error}); make room there, or make it writable"
        ) from error
    for old in sorted(folder.glob("labels-*-daily.sqlite"))[:-KEEP]:
        old.unlink(missing_ok=True)
    return target


def _copy_rows(database: Database, path: Path) -> None:
    copy = Database(path)
    try:
        with database.read() as source, copy.write() as target:
            present = inspect(source).get_table_names()
            tables = [table for table in metadata.sorted_tables if table.name in present]
            metadata.create_all(target, tables)
            for table in tables:
                names = {column["name"] for column in inspect(source).get_columns(table.name)}
                columns = [column for column in table.columns if column.name in names]
                for rows in source.execute(select(*columns)).mappings().partitions(10_000):
                    target.execute(insert(table), [dict(row) for row in rows])
    finally:
        copy.close()
        for tail in ("-wal", "-shm"):
            path.with_name(path.name + tail).unlink(missing_ok=True)


def is_due(folder: Path) -> bool:
    """Whether today (UTC) has no backup yet."""
    return not any(folder.glob(f"labels-{datetime.now(UTC):%Y%m%d}-*.sqlite"))


def problems(path: Path) -> list[str]:
    """What SQLite finds wrong with a file; [] when it is sound."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    except sqlite3.Error as error:
        return [str(error)]
    return [line for line in found if line != "ok"] + [
        f"{row[0]} row {row[1]} refers to a missing {row[2]}" for row in broken
    ]


def restore_latest_backup(path: Path, folder: Path) -> str:
    """Put the newest sound backup in the place of the database `path`, then add what the damaged file still gives up.

    The damaged file is kept beside as `.damaged-TIME`. The database must not be open. Returns a sentence that says what was done.

    Raises:
        StoreError: there is no sound backup.
    """
    sound = next((one for one in sorted(folder.glob("labels-*.sqlite"), reverse=True) if not problems(one)), None)
    if sound is None:
        raise StoreError(f"{folder} holds no sound backup; {path.name} was left as it is")
    damaged = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    for tail in ("", "-wal", "-shm"):  # the log belongs to the damaged file: they move together
        with suppress(FileNotFoundError):
            os.replace(path.with_name(path.name + tail), damaged.with_name(damaged.name + tail))
    partial = path.with_name(path.name + ".partial")
    with closing(sqlite3.connect(sound)) as source, closing(sqlite3.connect(partial)) as target:
        source.backup(target)
    os.replace(partial, path)
    saved = _salvage(damaged, path)
    return f"{path.name} was restored from {sound.name}, and {saved} newer rows were saved from the damaged file, kept as {damaged.name}"


def _salvage(damaged: Path, path: Path) -> int:
    """Copy the objects and events that are newer than the backup, one by one, until the damaged file says no more."""
    saved = 0
    with suppress(sqlite3.Error), closing(sqlite3.connect(damaged)) as source, closing(sqlite3.connect(path)) as target:
        target.execute("PRAGMA foreign_keys=ON")
        for table in ("objects", "events"):
            names = [row[1] for row in target.execute(f"PRAGMA table_info({table})")]
            last = target.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]
            with suppress(sqlite3.Error):
                for row in source.execute(f"SELECT {', '.join(names)} FROM {table} WHERE id > ? ORDER BY id", (last,)):
                    with suppress(sqlite3.IntegrityError):
                        target.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})", row)
                        saved += 1
            target.commit()
    database = Database(path)
    try:
        with database.write() as connection:
            if migrate.version(connection) == SCHEMA:  # an older one is derived anew when it is migrated
                events.refresh(connection)
    finally:
        database.close()
    return saved
