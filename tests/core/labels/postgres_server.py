"""A throw-away PostgreSQL server in a folder of its own, and graders as processes on one database; for tests and benchmarks."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_GRADERS = 25
"""Each store has up to three connections."""

_GRADER = """
import json, random, sys, time
from astrolens_gui.core.labels.store import Store

address, who, seconds, objects = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
rng, events, last, slowest = random.Random(who), [], {}, 0.0
with Store(address) as store:
    store.label_of(1, who)
    print("ready", flush=True)
    sys.stdin.readline()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        one, grade = rng.randint(1, objects), rng.choice("ABCX")
        start = time.monotonic()
        events += store.label(one, grade, grader=who, scheme="abcx", seconds=0.1).events
        slowest = max(slowest, time.monotonic() - start)
        last[one] = grade
print(json.dumps({"events": events, "last": last, "slowest": slowest}), flush=True)
"""


class Unavailable(Exception):
    """Why there is no server here, in one sentence."""


@contextmanager
def server(safe: bool = True) -> Iterator[str]:
    """The address of a database of nobody's; with `safe` what is committed is on the disk, as on a real one.

    Raises:
        Unavailable: no PostgreSQL is installed, or it can't be started.
    """
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not programs:
        raise Unavailable("/usr/lib/postgresql/*/bin/initdb is missing (apt-get install postgresql)")
    bin_folder = programs[-1].parent
    who: dict[str, Any] = {"cwd": "/"}
    folder = Path(tempfile.mkdtemp(prefix="astrolens-pg-"))
    if os.geteuid() == 0:  # the server refuses to run as root
        who |= {"user": "postgres", "group": "postgres", "extra_groups": []}
        try:
            shutil.chown(folder, "postgres", "postgres")
        except LookupError:
            raise Unavailable("this is root, and there is no user postgres to run the server") from None
    data = ("-D", str(folder / "data"))
    made = subprocess.run(
        [str(bin_folder / "initdb"), *data, "-A", "trust", "-U", "astrolens", "-E", "UTF8", "-N"],
        capture_output=True, text=True, timeout=120, **who,
    )  # fmt: skip
    if made.returncode:
        raise Unavailable(f"initdb: {(made.stderr or made.stdout).strip()[-200:]}")
    port = _free_port()
    settings = {"listen_addresses": "127.0.0.1", "shared_buffers": "16MB", "max_connections": 3 * MOST_GRADERS + 5}
    settings["fsync"] = "on" if safe else "off"
    options = f"-p {port} -k {folder} " + " ".join(f"-c {name}={value}" for name, value in settings.items())
    control = [str(bin_folder / "pg_ctl"), *data]
    try:
        with open(folder / "start", "w") as out:  # not a pipe: the server would inherit it and the wait would never end
            start = [*control, "-l", str(folder / "log"), "-o", options, "-w", "start"]
            if subprocess.run(start, stdout=out, stderr=out, timeout=120, **who).returncode:
                raise Unavailable(f"pg_ctl: {(folder / 'start').read_text()[-200:]}")
        yield f"postgresql://astrolens@127.0.0.1:{port}/postgres"
    finally:
        subprocess.run([*control, "-m", "immediate", "stop"], capture_output=True, timeout=120, **who)
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Graded:
    """What graders said that they saved, held against the database.

    Attributes:
        saved: events that they were told are saved. lost: of them, not in the database. doubled: more than once in it.
        foreign: events of theirs that none of them knows. wrong: current grades that are not the last one given.
        seconds: of grading. slowest: seconds that one grade took.
    """

    saved: int
    lost: int
    doubled: int
    foreign: int
    wrong: int
    seconds: float
    slowest: float


def graded_at_once(address: str, graders: Sequence[str], seconds: float, objects: int = 50) -> Graded:
    """Have so many processes grade the same objects of a new database at the same time."""
    from store_records import records

    from astrolens_gui.core.labels.store import Store

    with Store(address, create=True) as store:
        store.add_objects(records(objects))
    command = [sys.executable, "-c", _GRADER, address]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    children = {
        who: subprocess.Popen([*command, who, str(seconds), str(objects)], **pipes)  # type: ignore[call-overload]
        for who in graders
    }
    for child in children.values():
        assert child.stdout.readline() == "ready\n"
    start = time.monotonic()
    for child in children.values():
        child.stdin.write("go\n")
        child.stdin.flush()
    said = {who: json.loads(child.communicate(timeout=seconds + 120)[0]) for who, child in children.items()}
    spent = time.monotonic() - start
    with Store(address) as store:
        there = Counter(event.id for event in store.events() if event.kind == "grade" and event.grader in children)
        stand = {(row.grader, row.object): row.grade for row in store.labels()}
    known = [event for one in said.values() for event in one["events"]]
    last = {(who, int(one)): grade for who, each in said.items() for one, grade in each["last"].items()}
    return Graded(
        saved=len(known),
        lost=sum(event not in there for event in known),
        doubled=sum(count - 1 for count in there.values()) + len(known) - len(set(known)),
        foreign=sum(event not in set(known) for event in there) if len(there) != len(set(known)) else 0,
        wrong=sum(stand.get(key) != grade for key, grade in last.items()),
        seconds=spent,
        slowest=max(one["slowest"] for one in said.values()),
    )
