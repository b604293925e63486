"""Killing a program that grades, and counting what it lost; run by a test (ten kills) and by benchmarks/kill.py (a hundred)."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_GRADER = """
import random, sys
from pathlib import Path
from astrolens_gui.core.labels.store import Store

store, rng = Store(Path(sys.argv[1])), random.Random(int(sys.argv[2]))
print("ready", flush=True)
while True:
    what = rng.random()
    if what < 0.1:
        changes = store.undo("me")
    elif what < 0.2:
        changes = store.redo("me")
    elif what < 0.3:
        changes = store.comment(rng.randint(1, 50), "an arc", grader="me")
    elif what < 0.4:
        changes = store.measure(rng.randint(1, 50), {"theta_E_arcsec": rng.random()}, grader="me")
    elif what < 0.5:
        changes = store.add_box(rng.randint(1, 50), {"x": 1, "y": 2, "w": 3, "h": 4}, grader="me")
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


def kills(database: Path, count: int, seed: int) -> Iterator[Kill]:
    """Grade in a child at full speed and SIGKILL it at a random moment, again and again on one database."""
    from store_records import records

    from astrolens_gui.core.labels.store import Store

    with Store(database) as store:
        store.add_objects(records(50))
    rng = random.Random(seed)
    for turn in range(count):
        command = [sys.executable, "-c", _GRADER, str(database), str(seed + turn)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        try:
            ready = child.stdout.readline()
            time.sleep(rng.uniform(0.0, 0.25))
        finally:
            child.kill()
            said = child.stdout.read().split("\n")[:-1]  # a line cut short by the kill was not shown
            child.wait()
        if ready != "ready\n":
            raise RuntimeError(f"the grading child did not start (exit {child.returncode})")
        shown = [int(line.split()[1]) for line in said]
        with Store(database) as store:
            there = {event.id for event in store.events()}
            problems = tuple(store.integrity())
        yield Kill(len(shown), tuple(event for event in shown if event not in there), problems)
