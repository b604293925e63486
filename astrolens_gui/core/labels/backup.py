"""Copies of a project's database, and the way back from them; knows no label but keeps every one it can read."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import insert, inspect, select

from . import events, migrate
from .database import Database, absent
from .records import StoreError
from .salvage import salvage
from .schema import SCHEMA, metadata

KEEP = {"daily": 10, "bulk": 3}
"""So many of the newest are kept: one a day, and one an hour after many labels came at once. Those before a migration stay."""

_ONE_IN = {"daily": "%Y%m%d", "bulk": "%Y%m%d-%H"}


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
    if why in KEEP:
        for old in sorted(folder.glob(f"labels-*-{why}.sqlite"))[: -KEEP[why]]:
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


def is_due(folder: Path, why: str = "daily") -> bool:
    """Whether today (UTC), or for "bulk" this hour, has no such backup yet."""
    return not any(folder.glob(f"labels-{datetime.now(UTC).strftime(_ONE_IN[why])}*-{why}.sqlite"))


def problems(path: Path) -> list[str]:
    """What is wrong with a database file; [] when it is sound and ours."""
    if state := absent(path):
        return [f"{path.name} {state}"]
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(20)")]
            broken = connection.execute("PRAGMA foreign_key_check").fetchall()
            if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone():
                found.append(f"{path.name} holds no tables of AstroLens")
    except sqlite3.Error as error:
        return [str(error)]
    return [line for line in found if line != "ok"] + [
        f"{row[0]} row {row[1]} refers to a missing {row[2]}" for row in broken
    ]


@dataclass(frozen=True)
class Repair:
    """What a repair did, one sentence each; `lost` is "" where nothing is known to be lost."""

    done: str
    lost: str = ""


def restore_latest_backup(path: Path, folder: Path) -> Repair:
    """Put the newest sound backup in the place of the database `path`, then add what the damaged file still gives up.

    The damaged file, where there is one, is kept beside as `.damaged-TIME`. The database must not be open.

    Raises:
        StoreError: there is no sound backup.
    """
    sound = next((one for one in sorted(folder.glob("labels-*.sqlite"), reverse=True) if not problems(one)), None)
    if sound is None:
        raise StoreError(f"{folder} holds no sound backup; {path.name} {absent(path) or 'was left as it is'}")
    empty = absent(path)
    damaged = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    log = path.with_name(path.name + "-wal")
    path.with_name(path.name + "-shm").unlink(missing_ok=True)  # an index of the log, made anew when it is read
    if absent(log):
        log.unlink(missing_ok=True)
    for tail in ("", "-wal"):  # the log belongs to the damaged file: they move together
        with suppress(FileNotFoundError):
            os.replace(path.with_name(path.name + tail), damaged.with_name(damaged.name + tail))
    partial = path.with_name(path.name + ".partial")
    with closing(sqlite3.connect(sound)) as source, closing(sqlite3.connect(partial)) as target:
        source.backup(target)
    os.replace(partial, path)
    done = f"{path.name} was restored from {sound.name}"
    if empty:
        return Repair(f"{path.name} {empty.replace('is', 'was', 1)}; {done}: what was added since is not in it")
    saved, unread = salvage(damaged, sound, path)
    _derive(path)
    lost = f"{', '.join(unread)} in {damaged.name} cannot be read to the end: what is newer than {sound.name} may be lost; keep that file"
    return Repair(
        f"{done}, and {saved} newer rows were saved from the damaged file, kept as {damaged.name}",
        lost if unread else "",
    )


def _derive(path: Path) -> None:
    database = Database(path, create=False)
    try:
        with database.write() as connection:
            if migrate.version(connection) == SCHEMA:  # an older one is derived anew when it is migrated
                events.refresh(connection)
    finally:
        database.close()
