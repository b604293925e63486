"""Killing a program that grades, and counting what it lost; run by a test (some kills) and by benchmarks/kill.py (a hundred)."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from astrolens_gui.core.labels.store import Store

_GRADER = """
import random, sys
from astrolens_gui.core.labels import together
from astrolens_gui.core.labels.store import Store

store, rng = Store(sys.argv[1]), random.Random(int(sys.argv[2]))
print("ready", flush=True)
while True:
    what = rng.random()
    if what < 0.1:
        changes = together.undo(store, "me")
    elif what < 0.2:
        changes = together.redo(store, "me")
    elif what < 0.3:
        changes = store.comment(rng.randint(1, 50), "an arc", grader="me")
    elif what < 0.4:
        changes = store.measure(rng.randint(1, 50), {"theta_E_arcsec": rng.random()}, grader="me")
    elif what < 0.5:
        changes = store.add_box(rng.randint(1, 50), {"x": 1, "y": 2, "w": 3, "h": 4}, grader="me")
    elif what < 0.6:
        page = [{"object_id": one} for one in rng.sample(range(1, 51), 5)]
        changes = together.label(store, page, grader="me", scheme="abcx", grade="X")
    else:
        changes = store.label(rng.randint(1, 50), rng.choice("ABCX"), grader="me", scheme="abcx", screen={"stretch": "asinh"})
    for event in changes.events:  # the next image is shown only now
        print("shown", event, flush=True)
"""


@dataclass(frozen=True)
class Kill:
    """One kill: events whose next image was shown, those of them that are gone, and what the database says of itself."""

    shown: int
    lost: tuple[int, ...]
    problems: tuple[str, ...]


def kills(database: Path | str, count: int, seed: int, *, server: bool = False) -> Iterator[Kill]:
    """Grade in a child at full speed and SIGKILL it at a random moment, again and again on one database (a file or an address).

    With `server` it is the child's process of the PostgreSQL server that is killed: the server then drops every connection and
    recovers its database, as after a crash. It has to run on this machine, as a user whose processes we may kill.
    """
    from store_records import records

    from astrolens_gui.core.labels.store import Store

    with Store(database) as store:
        store.add_objects(records(50))
    rng = random.Random(seed)
    for turn in range(count):
        command = [sys.executable, "-c", _GRADER, str(database), str(seed + turn)]
        errors = subprocess.DEVNULL if server else None  # the child says that the server does not answer, and ends
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True)
        assert child.stdout is not None
        try:
            ready = child.stdout.readline()
            time.sleep(rng.uniform(0.0, 0.25))
            if server:
                kill_servers_side(str(database))
                child.wait(60)
        finally:
            child.kill()
            said = child.stdout.read().split("\n")[:-1]  # a line cut short by the kill was not shown
            child.wait()
        if ready != "ready\n":
            raise RuntimeError(f"the grading child did not start (exit {child.returncode})")
        shown = [int(line.split()[1]) for line in said]
        with _when_back(str(database)) if server else Store(database) as store:
            events = store.events()
            problems = (*store.integrity(), *_torn(events))
        there = {event.id for event in events}
        yield Kill(len(shown), tuple(event for event in shown if event not in there), problems)


def _torn(events: list[Any]) -> list[str]:
    """A sentence for each page of five graded together of which only a part is there."""
    pages = Counter(event.data["together"] for event in events if event.kind == "grade" and event.data)
    return [f"{count} of 5 grades of page {page}" for page, count in pages.items() if count != 5]


def kill_servers_side(address: str) -> None:
    """SIGKILL a process of the server that works for somebody else."""
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        row = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() "
            "ORDER BY xact_start NULLS LAST LIMIT 1"
        ).fetchone()
    assert row is not None, "the child has no connection"
    os.kill(row[0], signal.SIGKILL)


def _when_back(address: str) -> Store:
    """The store, once the server has recovered."""
    from astrolens_gui.core.labels.store import Store, StoreError

    end = time.monotonic() + 60
    while True:
        try:
            return Store(address)
        except StoreError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
