"""The label store at a million objects: import, labels on disk, undo, scores, the queue's table, backup.

Run: python benchmarks/store.py [--count 1000000] [--database postgresql://…]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from astrolens_gui.core.images.ingest import ObjectRecord
from astrolens_gui.core.labels.store import Store

IMAGES = Path("/images")


def record(at: int) -> ObjectRecord:
    plane = {
        "path": f"tile{at // 1000}/object{at:07d}.fits",
        "hdu": 1,
        "plane": None,
        "band": "VIS",
        "shape": [150, 150],
    }
    plane |= {"pixel_scale": 0.1, "unit": "electron", "extname": "VIS"}
    return ObjectRecord(
        f"object{at:07d}", Path("/images"), (plane,), f"tile{at // 1000}", at * 1e-4, -3.0, 0.1, {"telescope": "Euclid"}
    )


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Wall seconds and processor seconds: the second are what counts on a machine that does other things as well."""
    wall, used = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - used


def say(what: str, unit: str, wall: float, used: float) -> None:
    print(f"{what:<14}{wall:>12,.5g} {unit}; {used:,.5g} by processor time")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--database", default="", help="an empty database; by default SQLite in a temporary folder")
    options = parser.parse_args()
    count, rng = options.count, np.random.default_rng(0)
    logit = rng.normal(size=count)
    score = 1 / (1 + np.exp(-logit))
    classes = {"lens": score, "nonlens": 1 - score}
    with (
        tempfile.TemporaryDirectory(prefix="astrolens-store-") as folder,
        Store(options.database or Path(folder) / "labels.sqlite", backups=Path(folder)) as store,
    ):
        spent = timed(
            lambda: store.add_objects(record(at) for at in range(count))
        )  # made on the way, as an import does
        say("add_objects", f"objects/s of {count:,}", *(count / one for one in spent))

        some = rng.integers(1, count + 1, 500).tolist()
        labels = [timed(lambda one=one: store.label(one, "A", grader="me", scheme="abcx")) for one in some]  # type: ignore[misc]
        say("label", "ms (median), on the disk", *(median(one) * 1e3 for one in zip(*labels, strict=True)))
        undone = [timed(lambda: store.undo("me")) for _ in range(200)]
        say("undo", "ms (median)", *(median(one) * 1e3 for one in zip(*undone, strict=True)))
        redone = [timed(lambda: store.redo("me")) for _ in range(200)]
        say("redo", "ms (median)", *(median(one) * 1e3 for one in zip(*redone, strict=True)))
        spent = timed(lambda: store.put_scores("m", range(1, count + 1), logit, score, classes))
        say("put_scores", "objects/s", *(count / one for one in spent))
        say("queue_table", "s (best of 3)", *min(timed(lambda: store.queue_table("me", "m")) for _ in range(3)))
        say("scores", "s", *timed(lambda: store.scores("m")))
        say("backup", "s", *timed(store.backup))


if __name__ == "__main__":
    main()
