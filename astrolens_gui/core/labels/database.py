"""How a project's database is opened, and its transactions; knows no table and no label."""

from __future__ import annotations

import json
import math
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Text, any_, create_engine, event, func, literal, make_url, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from .records import StoreError

BUSY_SECONDS = 20.0
"""How long a write waits for another program that holds the project."""

_WRITER = 0x6C656E73
"""Key of the PostgreSQL advisory lock that makes writers take turns, as SQLite does by itself."""

_NETWORK = {
    "nfs",
    "nfs4",
    "cifs",
    "smb",
    "smb3",
    "smbfs",
    "afs",
    "9p",
    "ceph",
    "lustre",
    "gpfs",
    "beegfs",
    "panfs",
    "glusterfs",
    "afpfs",
    "davfs",
}


def network_file_system(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The type of the network file system that holds `path`; "" on a local disk, or where the system does not say."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    place, best, kind = os.path.realpath(path), "", ""
    for line in lines:
        parts = line.split(" ")
        if len(parts) < 3:
            continue
        point = parts[1].replace("\\040", " ")
        if (place + "/").startswith(point.rstrip("/") + "/") and len(point) >= len(best):
            best, kind = point, parts[2]
    name = kind.removeprefix("fuse.")
    return kind if name in _NETWORK or name in {"sshfs", "rclone", "s3fs"} else ""


def absent(path: Path) -> str:
    """Why no database can be in this file: it "is missing" or "is empty"; "" when there is something in it."""
    try:
        return "" if path.stat().st_size else "is empty (0 bytes)"
    except FileNotFoundError:
        return "is missing"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


class Database:
    """One engine on SQLite or PostgreSQL. A connection may move between threads, but serves one transaction at a time.

    Without `create` a SQLite file that is missing or empty is refused: an empty one in its place would hide the loss.
    """

    def __init__(self, url_or_path: str | Path, read_only: bool = False, create: bool = True) -> None:
        text = str(url_or_path)
        self.read_only = read_only
        self.create = create and not read_only
        self.notice = ""
        self.path: Path | None = None
        if isinstance(url_or_path, Path) or "://" not in text or text.startswith("sqlite:///"):
            self.path = Path(text.removeprefix("sqlite:///")).expanduser().absolute()
            self.place = str(self.path)
            self.engine = self._sqlite(self.path)
        else:
            self.engine = self._server(text)

    def _sqlite(self, path: Path) -> Engine:
        network = network_file_system(path.parent)
        if network:
            self.notice = f"{path} lies on a network file system ({network}), so the safe but slower DELETE journal is used instead of WAL"
        if not path.parent.is_dir():
            raise StoreError(f"{path.parent} is not a folder; create it, or name another one")
        if not self.create and (state := absent(path)):
            raise StoreError(
                f"{path} {state}; `astrolens doctor {path.parent} --repair` restores the newest sound backup"
            )
        mode = "ro" if self.read_only else "rwc" if self.create else "rw"
        if self.read_only and not os.access(path.parent, os.W_OK) and not path.with_name(path.name + "-wal").exists():
            mode = "ro&immutable=1"  # a WAL database cannot make its shared-memory file in a folder that is read-only
        address = f"file:{quote(str(path))}?mode={mode}"

        def connect() -> sqlite3.Connection:
            # The pool hands a connection to one user at a time, so the thread check would only refuse what is safe.
            connection = sqlite3.connect(
                address, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            run = connection.execute
            run("PRAGMA foreign_keys=ON")
            if not self.read_only:
                run(f"PRAGMA journal_mode={'DELETE' if network else 'WAL'}")
                run("PRAGMA synchronous=FULL")
            run("PRAGMA cache_size=-65536")
            run("PRAGMA temp_store=MEMORY")
            return connection

        engine = create_engine(
            "sqlite://", creator=connect, poolclass=QueuePool, pool_size=1, max_overflow=2, json_serializer=dumps
        )

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            # A write takes its lock at once: a read that later wants to write would fail instead of waiting.
            connection.exec_driver_sql(
                "BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN"
            )

        return engine

    def _server(self, text: str) -> Engine:
        try:
            url = make_url(text)
        except ArgumentError:
            raise StoreError("the database address cannot be read; write postgresql://user@host/name") from None
        if url.get_backend_name() != "postgresql":
            raise StoreError(f"{url.drivername} is not supported; use a SQLite file or a postgresql:// address")
        self.place = f"{url.host or 'this machine'}{f':{url.port}' if url.port else ''}/{url.database or ''}"
        try:
            return create_engine(
                url.set(drivername="postgresql+psycopg"),
                pool_size=1,
                max_overflow=2,
                pool_pre_ping=True,
                json_serializer=dumps,
                connect_args={"connect_timeout": 10, "options": "-c synchronous_commit=on"},
            )
        except (ImportError, NoSuchModuleError):
            raise StoreError(
                "PostgreSQL needs the package psycopg; install it with: pip install 'astrolens[team]'"
            ) from None

    @property
    def is_sqlite(self) -> bool:
        return self.path is not None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent snapshot."""
        try:
            with self.engine.connect() as connection, connection.begin():
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(self._sentence(error)) from error
        except sqlite3.Error as error:
            raise StoreError(self._sentence(error)) from error

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """All or nothing; on the disk when it returns. Writers of one database take turns."""
        if self.read_only:
            raise StoreError(f"{self.place} is open for reading only; open the project for writing")
        try:
            with self.engine.connect().execution_options(writes=True) as connection, connection.begin():
                if not self.is_sqlite:
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITER})")
                yield connection
        except SQLAlchemyError as error:
            raise StoreError(self._sentence(error)) from error
        except sqlite3.Error as error:
            raise StoreError(self._sentence(error)) from error

    def close(self) -> None:
        self.engine.dispose()

    def _sentence(self, error: Exception) -> str:
        cause = str(error.orig if isinstance(error, DBAPIError) else error).strip().splitlines()
        said = cause[0] if cause else type(error).__name__
        for sign, why in _CAUSES.items():
            if sign in said:
                project = self.path.parent if self.path else "PROJECT"
                return f"{self.place}: {why.replace('{project}', str(project))}"
        if not self.is_sqlite and "connection" in said.lower():
            return f"{self.place}: the database server does not answer ({said}); check the address and the network"
        return f"{self.place}: the database refused ({said})"


_CAUSES = {
    "readonly database": "it cannot be written; copy the project folder to a place where you may write",
    "unable to open database": "it cannot be opened or created; check the folder's permissions, or copy the project elsewhere",
    "database is locked": f"another program has been writing for over {BUSY_SECONDS:.0f} s; close it and try again",
    "database or disk is full": "the disk is full; nothing of this step was saved, make room and try again",
    "not a database": "this file is not a SQLite database; `astrolens doctor {project} --repair` restores the latest backup",
    "malformed": "the database is damaged; `astrolens doctor {project} --repair` restores the latest backup",
    "disk I/O error": "the disk did not answer; check it, then run `astrolens doctor`",
}


def among(connection: Connection, column: Any, values: Iterable[str]) -> Any:
    """A condition: the text column is one of `values`, which go as one parameter: thousands would cost more than the search."""
    listed = list(values)
    if connection.dialect.name == "sqlite":
        each = func.json_each(literal(json.dumps(listed), Text)).table_valued("value")
        return column.in_(select(each.c.value))
    return column == any_(literal(listed, ARRAY(Text)))


def dumps(value: Any) -> str:
    """JSON that both databases take: NaN and infinities become null, numpy numbers plain ones, paths text."""
    if not value:
        return "{}" if value == {} else json.dumps(value)
    try:
        return _ENCODER.encode(value)
    except (TypeError, ValueError):
        return _ENCODER.encode(_plain(value))


_ENCODER = json.JSONEncoder(allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item) for item in value]
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, str | int | float | bool | None) else str(value)
