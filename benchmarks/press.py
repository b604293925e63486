"""From the retrain button to the new order, while somebody goes on grading.

    python benchmarks/press.py [--pool 20000] [--labels 100 1000 10000] [--folder FOLDER] [--json]

A pool of simulated Euclid VIS stamps (written once into the folder, minutes), 1 % lenses, a share of them graded by the
truth; the shipped weights are the champion. Measured by the wall, twice for each number of labels (the last layer alone,
as few labels are trained, and all layers for at most a minute): from the press until the verdict, until the next 2,000
objects stand in the new order, and until all are scored. Meanwhile a scripted grader gives five grades a second: the longest
time that one took to be on the disk.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from astrolens_gui.demo_loop import truth_of
from astrolens_gui.workbench import Workbench

RATE = 5.0
WAYS: dict[str, tuple[dict[str, Any], bool]] = {
    "last layer": ({}, True),
    "all layers": ({"tune": "all", "minutes": 1.0}, False),
}


@dataclass(frozen=True)
class Press:
    """Seconds from the press; `grade` is the slowest of `grades` grades given meanwhile."""

    labels: int
    way: str
    verdict: str
    judged: float
    next_2000: float
    all_scored: float
    grade: float
    grades: int


class Grader(threading.Thread):
    """Grades what the queue holds, five a second, and remembers how long each took to be committed."""

    def __init__(self, bench: Workbench, rows: list[tuple[int, str]]) -> None:
        super().__init__(daemon=True)
        self.bench, self.rows, self.took, self.over = bench, rows, [0.0], threading.Event()

    def run(self) -> None:
        for object_id, grade in self.rows:
            if self.over.wait(1 / RATE):
                return
            start = time.perf_counter()
            self.bench.label(object_id, grade, why="press").result(60)
            self.took.append(time.perf_counter() - start)


def prepared(bench: Workbench, folder: Path, pool: int) -> dict[str, bool]:
    """An open project on the pool; {name: is_lens}."""
    images = folder / "images"
    if not (images / "truth.csv").exists():
        params = {"survey": "euclid_vis", "population": "shifted", "lens_fraction": 0.01, "arc_snr_scale": 0.6}
        bench.simulate("simulator", images, pool, seed=77, params=params).result()
    project = folder / f"press-{time.time_ns()}.astrolens"
    bench.open(project, create={"scheme": "binary"}).result()
    bench.import_images([images]).result()
    return truth_of(folder)


def press(bench: Workbench, truth: dict[str, bool], labels: int, way: str) -> Press:
    """Grade up to `labels` objects, press, and watch; the champion is set back to the shipped weights first."""
    bench.set_champion("cnn-euclid-vis").result()
    queue = bench.queue("random").result()
    done = int(queue.labelled.sum())
    grades = (
        {True: "L", False: "N"} if "L" in _grades(bench) else dict(zip((True, False), _grades(bench), strict=False))
    )
    left = [at for at in range(len(queue)) if not queue.labelled[at]]
    lenses = [at for at in left if truth[queue.name[at]]]
    chosen = dict.fromkeys(lenses[: max(0, (labels - done) // 20)])
    chosen.update(dict.fromkeys(left[: max(0, labels - done - len(chosen))]))
    rows = [{"object_id": int(queue.object[at]), "why": "press"} for at in chosen]
    for answer in (True, False):
        part = [row for row, at in zip(rows, chosen, strict=True) if truth[queue.name[at]] is answer]
        if part:
            bench.label_page(part, grades[answer]).result()
    rest = [(int(queue.object[at]), grades[truth[queue.name[at]]]) for at in left if at not in chosen]
    grader = Grader(bench, rest[:2000])
    grader.start()
    start, first = time.perf_counter(), []

    def told(changes: Any) -> None:
        if changes.scores and changes.queue and not changes.labels:
            first.append(time.perf_counter() - start)

    values, quick = WAYS[way]
    report = bench.train("cnn", values, quick=quick).result()
    judged = time.perf_counter() - start
    first.clear()
    stop = bench.subscribe(told)
    bench.score(model=report.model).result()
    bench.queue("top").result()
    scored = time.perf_counter() - start
    stop()
    grader.over.set()
    grader.join()
    next_ = first[0] if first else scored
    return Press(labels, way, report.verdict, judged, next_, scored, max(grader.took), len(grader.took) - 1)


def _grades(bench: Workbench) -> list[str]:
    """The scheme's grades, the best first."""
    scheme = bench.schemes()[bench.opened.project.settings["scheme"]]
    return [grade.value for grade in scheme.grades]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=int, default=20_000)
    parser.add_argument("--labels", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "astrolens-press")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    with Workbench.start() as bench:
        truth = prepared(bench, given.folder, given.pool)
        bench.score().result()  # the shipped weights, and all cutouts into the cache
        found = [press(bench, truth, labels, way) for labels in given.labels for way in WAYS]
    if given.json:
        print(json.dumps([asdict(one) for one in found], indent=1))
        return
    print(f"{'labels':>7} {'way':12} {'verdict':12} {'judged':>7} {'next 2,000':>10} {'all':>7}   slowest grade")
    for one in found:
        times = f"{one.judged:6.1f} s {one.next_2000:9.1f} s {one.all_scored:6.1f} s"
        print(f"{one.labels:7,} {one.way:12} {one.verdict:12} {times}   {1000 * one.grade:.0f} ms of {one.grades}")


if __name__ == "__main__":
    main()
