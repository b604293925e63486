"""The label store at a million objects: import, labels on disk, undo, scores, the queue's table, backup.

Run: python benchmarks/store.py [--count 1000000] [--database postgresql://…]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from astrolens_gui.core.images.ingest import ObjectRecord
from astrolens_gui.core.labels.store import Store


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


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument(
        "--database", default="", help="an empty database; a SQLite file in a temporary folder by default"
    )
    options = parser.parse_args()
    count, rng = options.count, np.random.default_rng(0)
    with tempfile.TemporaryDirectory(prefix="astrolens-store-", dir=os.environ.get("ASTROLENS_BENCH_DIR")) as folder:
        with Store(options.database or Path(folder) / "labels.sqlite", backups=Path(folder)) as store:
            records = [record(at) for at in range(count)]
            print(
                f"add_objects     {count / seconds(lambda: store.add_objects(records)):>10,.0f} objects/s, of {count:,}"
            )
            del records
            some = rng.integers(1, count + 1, 500).tolist()
            labels = [seconds(lambda one=one: store.label(one, "A", grader="me", scheme="abcx")) for one in some]  # type: ignore[misc]
            print(
                f"label           {median(labels) * 1e3:>10.2f} ms median, {sorted(labels)[-5] * 1e3:.2f} ms p99, on the disk"
            )
            print(
                f"undo            {median(seconds(lambda: store.undo('me')) for _ in range(200)) * 1e3:>10.2f} ms median"
            )
            print(
                f"redo            {median(seconds(lambda: store.redo('me')) for _ in range(200)) * 1e3:>10.2f} ms median"
            )
            logit = rng.normal(size=count)
            score = 1 / (1 + np.exp(-logit))
            classes = {"lens": score, "nonlens": 1 - score}
            spent = seconds(lambda: store.put_scores("m", range(1, count + 1), logit, score, classes))
            print(f"put_scores      {count / spent:>10,.0f} objects/s")
            spent = min(seconds(lambda: store.queue_table("me", "m")) for _ in range(3))
            print(f"queue_table     {spent:>10.2f} s")
            print(f"scores          {seconds(lambda: store.scores('m')):>10.2f} s")
            print(f"backup          {seconds(store.backup):>10.2f} s")


if __name__ == "__main__":
    main()
