"""What a damaged SQLite file still gives up, added to the backup that took its place; knows tables and rows but no label's meaning."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

APPENDED = ("objects", "events")
"""Only rows with a higher id than the backup's are taken: an old row of the backup is worth more than one of a damaged page."""

REPLACED = ("shared_names", "models", "scores", "boxes")
"""Rows that may have changed since the backup: all are taken where the whole table can be read, else the backup's stay."""

_HEADER = 100


def salvage(damaged: Path, sound: Path, path: Path) -> tuple[int, list[str]]:
    """Add to the database `path`, a copy of the backup `sound`, what `damaged` has beyond it.

    Returns how many objects and events were added, and the names of the tables that could not be read to their end.
    """
    saved, unread = 0, list[str]()
    with _readable(damaged, sound) as source, closing(sqlite3.connect(path)) as target:
        if source is None:
            return 0, ["everything"]
        target.execute("PRAGMA foreign_keys=ON")
        for table in ("boxes", *APPENDED):
            _widen(source, target, table)
        for table in APPENDED:
            added, whole = _append(source, target, table)
            saved += added
            unread += [] if whole else [table]
        present = {row[0] for row in target.execute("SELECT name FROM sqlite_master")}
        for table in (one for one in REPLACED if one in present):  # a backup of an older schema has fewer
            unread += [] if _replace(source, target, table) else [table]
    return saved, unread


@contextmanager
def _readable(damaged: Path, sound: Path) -> Iterator[sqlite3.Connection | None]:
    """A copy of the damaged file whose tables can be found: as it is, with the backup's header, or with its first page.

    The first page lists where each table begins, and a backup keeps every page in its place: so the backup's will do.
    """
    with open(sound, "rb") as file:
        header = file.read(_HEADER)
        size = int.from_bytes(header[16:18], "big")
        page = header + file.read((65536 if size == 1 else size) - _HEADER)
    with tempfile.TemporaryDirectory(prefix=".salvage-", dir=damaged.parent) as folder:
        for start in (b"", header, page):
            copy = Path(folder) / f"{len(start)}.sqlite"
            shutil.copyfile(damaged, copy)
            log = damaged.with_name(damaged.name + "-wal")
            if log.exists():
                shutil.copyfile(log, copy.with_name(copy.name + "-wal"))
            if start:
                _begin(copy, start, log.exists())
            with closing(sqlite3.connect(copy)) as connection, suppress(sqlite3.Error):
                if set(APPENDED) <= {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}:
                    yield connection
                    return
        yield None


def _begin(copy: Path, start: bytes, logged: bool) -> None:
    """Write `start` over the first bytes, without what it says of the backup's own length."""
    patch = bytearray(start)
    patch[18:20] = b"\2\2" if logged else b"\1\1"
    patch[92:96] = bytes(255 - byte for byte in start[24:28])  # not for this version: SQLite then asks the file's size
    with open(copy, "r+b") as file:
        file.write(patch)


def _names(target: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in target.execute(f"PRAGMA table_info({table})")]


def _widen(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> None:
    """Columns that came after the backup: without them its newer rows would be saved but for what they say.

    The migration that follows finds them there.
    """
    with suppress(sqlite3.Error):
        known = set(_names(target, table))
        for _, name, kind, required, default, _ in source.execute(f"PRAGMA table_info({table})").fetchall():
            if name not in known and (not required or default is not None):
                tail = f" DEFAULT {default}{' NOT NULL' if required else ''}" if default is not None else ""
                target.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}{tail}")


def _append(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> tuple[int, bool]:
    """Copy the rows with a higher id, from both ends where a page between them is damaged; how many, and whether all."""
    names = _names(target, table)
    last = target.execute(f"SELECT coalesce(max(id), 0) FROM {table}").fetchone()[0]
    found: dict[int, Any] = {}
    at, whole = names.index("id"), False
    for order in ("ASC", "DESC"):
        with suppress(sqlite3.Error):
            query = f"SELECT {', '.join(names)} FROM {table} WHERE id > ? ORDER BY id {order}"
            for row in source.execute(query, (last,)):
                if row[at] in found:
                    break
                found[row[at]] = row
            else:
                whole = order == "ASC"
        if whole:
            break
    added = 0
    for _, row in sorted(found.items()):
        with suppress(sqlite3.IntegrityError):
            target.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", row)
            added += 1
    target.commit()
    return added, whole and added == len(found)


def _replace(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> bool:
    names = _names(target, table)
    try:
        rows = source.execute(f"SELECT {', '.join(names)} FROM {table}").fetchall()
        with target:
            target.execute(f"DELETE FROM {table}")
            target.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})", rows)
    except sqlite3.Error:
        return False
    return True
