"""The whole loop on the program itself: import, score, grade what the queue shows, tune, rescore, again; no array is cached by hand.

    python benchmarks/loop_whole.py --folder FOLDER [--pool 20000] [--labels 3000] [--every 300] [--error 0.02] [--json]

The pool is that of `press.py` (1 % lenses; the folder may be the same). A simulated person grades the top of the queue and errs
at the stated rate; after every so many grades the last layer is tuned, the gate judges, and everything is scored again. Told
are the true lenses found, beside those that the shipped scores alone (never trained again) and a random order would have
shown after as many grades.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np
from press import prepared

from astrolens_gui.workbench import Workbench


def campaign(bench: Workbench, truth: dict[str, bool], labels: int, every: int, error: float) -> list[dict[str, Any]]:
    scheme = bench.schemes()["binary"]
    word = {True: scheme.grades[0].value, False: scheme.grades[-1].value}
    random = np.random.default_rng(1)
    queue = bench.queue("top").result()
    lens = np.array([truth[name] for name in queue.name])
    still = np.cumsum(lens)  # of the shipped scores, never trained again
    told = []
    while True:
        begun = time.perf_counter()
        queue = bench.queue("top").result()
        left = np.flatnonzero(~np.asarray(queue.labelled, bool))[:every]
        for answer in (True, False):
            rows = [
                {"object_id": int(queue.object[at]), "why": "benchmark"}
                for at in left
                if (truth[queue.name[at]] != (random.random() < error)) is answer
            ]
            if rows:
                bench.label_page(rows, word[answer]).result()
        report = bench.train("cnn", {}, quick=True).result()
        if report.champion:
            bench.score().result()
        queue = bench.queue("top").result()
        done = np.asarray(queue.labelled, bool)
        found = sum(truth[queue.name[at]] for at in np.flatnonzero(done))
        told.append(
            {
                "labels": int(done.sum()), "found": int(found), "shipped alone": int(still[int(done.sum()) - 1]),
                "random": round(float(lens.mean() * done.sum()), 1), "verdict": report.verdict, "reason": report.reason,
                "seconds": round(time.perf_counter() - begun, 1),
            }
        )  # fmt: skip
        print(json.dumps(told[-1]), flush=True)
        if told[-1]["labels"] >= labels:
            return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=int, default=20_000)
    parser.add_argument("--labels", type=int, default=3000)
    parser.add_argument("--every", type=int, default=300)
    parser.add_argument("--error", type=float, default=0.02)
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "astrolens-press")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    os.environ["ASTROLENS_HOME"] = str(given.folder / "home")
    with Workbench.start() as bench:
        _, truth = prepared(bench, given.folder, given.pool)
        told = campaign(bench, truth, given.labels, given.every, given.error)
    lenses = sum(truth.values())
    for one in told:
        print(
            f"{one['labels']:6,} grades: {one['found'] / lenses:.0%} of {lenses} lenses, shipped {one['shipped alone'] / lenses:.0%}"
        )
    if given.json:
        print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
