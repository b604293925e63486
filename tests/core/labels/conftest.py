"""Stores for tests: each test that takes `address` runs on SQLite and on a throw-away PostgreSQL server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from postgres_server import Unavailable, server
from store_records import records

from astrolens_gui.core.labels.store import Store


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a server in a folder of its own, as nobody's database; skips with a reason where there is none."""
    pytest.importorskip("psycopg", reason="the package psycopg is missing (pip install 'astrolens[team]')")
    try:
        with server(safe=False) as address:
            yield address
    except Unavailable as why:
        pytest.skip(f"no PostgreSQL server can be started: {why}")


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """An empty database."""
    if request.param == "sqlite":
        return tmp_path / "labels.sqlite"
    url: str = request.getfixturevalue("postgres")
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return url


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
