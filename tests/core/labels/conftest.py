"""Stores for tests: each test that takes `address` runs on SQLite and on a throw-away PostgreSQL server."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from store_records import records

from astrolens_gui.core.labels.store import Store


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _run(*command: str, **more: Any) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, **more)
    if done.returncode:
        pytest.skip(
            f"no PostgreSQL server can be started: {' '.join(command[:1])}: {(done.stderr or done.stdout).strip()[-200:]}"
        )


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a server in a folder of its own, as nobody's database; skips with a reason where there is none."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        pytest.skip("no PostgreSQL here: /usr/lib/postgresql/*/bin/initdb is missing (apt-get install postgresql)")
    pytest.importorskip("psycopg", reason="the package psycopg is missing (pip install 'astrolens[team]')")
    bin_folder = programs[-1].parent
    who: dict[str, Any] = {"cwd": "/"}
    folder = Path(tempfile.mkdtemp(prefix="astrolens-pg-"))
    if os.geteuid() == 0:  # the server refuses to run as root
        who |= {"user": "postgres", "group": "postgres", "extra_groups": []}
        try:
            shutil.chown(folder, "postgres", "postgres")
        except LookupError:
            pytest.skip("the tests run as root and there is no user postgres to run the server")
    port = _free_port()
    try:
        _run(
            str(bin_folder / "initdb"),
            "-D",
            str(folder / "data"),
            "-A",
            "trust",
            "-U",
            "astrolens",
            "-E",
            "UTF8",
            "-N",
            **who,
        )
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off -c shared_buffers=16MB -c max_connections=20"
        start = [
            str(bin_folder / "pg_ctl"),
            "-D",
            str(folder / "data"),
            "-l",
            str(folder / "log"),
            "-o",
            options,
            "-w",
            "start",
        ]
        with open(folder / "start", "w") as out:  # not a pipe: the server would inherit it and the wait would never end
            if subprocess.run(start, stdout=out, stderr=out, timeout=120, **who).returncode:
                pytest.skip(f"no PostgreSQL server can be started: {(folder / 'start').read_text()[-200:]}")
        yield f"postgresql://astrolens@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run(
            [str(bin_folder / "pg_ctl"), "-D", str(folder / "data"), "-m", "immediate", "stop"],
            capture_output=True,
            **who,
        )
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """An empty database."""
    if request.param == "sqlite":
        return tmp_path / "labels.sqlite"
    server: str = request.getfixturevalue("postgres")
    import psycopg

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return server


@pytest.fixture
def opened(address: str | Path, tmp_path: Path) -> Iterator[Callable[[], Store]]:
    """Opens the same database again and again, as restarts do."""
    stores: list[Store] = []

    def again() -> Store:
        while stores:
            stores.pop().close()
        stores.append(Store(address, backups=tmp_path / "backups"))
        return stores[-1]

    yield again
    while stores:
        stores.pop().close()


@pytest.fixture
def store(opened: Callable[[], Store]) -> Store:
    """A store with five objects, ids 1 to 5."""
    store = opened()
    store.add_objects(records(5))
    return store
