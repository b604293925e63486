"""From the retrain button to the new order in the real window, while a person goes on grading five objects a second.

    python benchmarks/press.py [--pool 20000] [--labels 100 1000 10000] [--ways quick all] [--folder FOLDER] [--json]

A pool of simulated Euclid VIS stamps (written once into the folder, minutes), 1 % lenses; grades by the truth, one in
twenty of them a lens; the shipped weights are the champion before each press. Three ways: "quick" (Shift+F6, the last layer
in the warm child), "button" (F6 and Enter, as set: up to 2,000 labels the last layer in a child of its own) and "all" (all layers for
at most a minute). By the wall, from the press: until the verdict, until the next 2,000 objects stand in the new order, until
all are scored; an order that is refused is scored all the same here, so that the times can be told. Meanwhile keys are
pressed every 200 ms: grades that were saved, the longest gap of the window's main thread (a 5 ms timer), and from the key
until the next stamp is painted.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import responsiveness
from responsiveness import Probe, Watcher, spin

from astrolens_gui.demo_loop import truth_of
from astrolens_gui.workbench import Workbench

EVERY_MS = 200
WAYS: dict[str, dict[str, Any] | None] = {"quick": None, "button": {}, "all": {"tune": "all", "minutes": 1.0}}
"""Settings of the training; None: the last layer in the warm child."""


@dataclass(frozen=True)
class Press:
    """Seconds from the press, milliseconds of the window; `grades` were saved meanwhile."""

    labels: int
    way: str
    verdict: str
    judged: float
    next_2000: float
    all_scored: float
    grades: int
    gap_worst: float
    gap_p99: float
    key_p50: float
    key_worst: float


class Grader(Probe):
    """Presses the key of the true grade."""

    def __init__(self, window: Any, truth: dict[str, bool], keys: dict[bool, str]) -> None:
        self.truth, self.by = truth, keys
        super().__init__(window)

    def _press(self) -> None:
        from astrolens_gui.ui.qt import QApplication, Qt, QtGui

        if not self.typing:
            return
        window = self.window
        self._pressed = (window.current.object_id, time.monotonic())
        key = self.by[self.truth.get(window.queue.name_of(window.current.object_id), False)]
        for kind in (QtGui.QKeyEvent.KeyPress, QtGui.QKeyEvent.KeyRelease):
            QApplication.postEvent(
                window.focusWidget() or window, QtGui.QKeyEvent(kind, ord(key.upper()), Qt.NoModifier, key)
            )
        self._next()


def prepared(bench: Workbench, folder: Path, pool: int) -> tuple[Path, dict[str, bool]]:
    """(a project on the pool, {name: is_lens}); scored by the shipped weights, so that all cutouts are in the cache."""
    images = folder / "images"
    if not (images / "truth.csv").exists():
        params = {"survey": "euclid_vis", "population": "shifted", "lens_fraction": 0.01, "arc_snr_scale": 0.6}
        bench.simulate("simulator", images, pool, seed=77, params=params).result()
    project = folder / f"press-{time.time_ns()}.astrolens"
    bench.open(project, create={"scheme": "binary"}).result()
    bench.import_images([images]).result()
    bench.score().result()
    return project, truth_of(folder)


def grade_up_to(bench: Workbench, truth: dict[str, bool], grades: dict[bool, str], labels: int) -> None:
    queue = bench.queue("random").result()
    done = int(queue.labelled.sum())
    left = [at for at in range(len(queue)) if not queue.labelled[at]]
    lenses = [at for at in left if truth[queue.name[at]]]
    chosen = dict.fromkeys(lenses[: max(0, (labels - done) // 20)])
    chosen.update(dict.fromkeys(left[: max(0, labels - done - len(chosen))]))
    for answer in (True, False):
        rows = [
            {"object_id": int(queue.object[at]), "why": "press"} for at in chosen if truth[queue.name[at]] is answer
        ]
        if rows:
            bench.label_page(rows, grades[answer]).result()


def press(window: Any, grader: Grader, labels: int, way: str) -> Press:
    """Press, and watch until everything is scored."""
    bench, heard = window.workbench, []
    start = time.perf_counter()
    stop = bench.subscribe(lambda changes: heard.append((time.perf_counter() - start, changes)))
    before = int(bench.queue("random").result().labelled.sum())  # waits on the main thread: before the phase begins
    grader.phase()
    start = time.perf_counter()
    values = WAYS[way]
    learning, reports, done = window.learning, [], []
    shown, said = window.panel.show_verdict, learning._scored

    def verdict(report: Any) -> None:
        reports.append((time.perf_counter() - start, report))
        heard.clear()
        shown(report)

    def scored(*told: Any) -> None:
        done.append(time.perf_counter() - start)
        said(*told)

    window.panel.show_verdict, learning._scored = verdict, scored
    if values is None:
        learning.tune()
    else:
        learning.start_training("cnn", values)
    spin(until=lambda: reports, limit=1800)
    judged, report = reports[0]
    if not report.champion:
        learning._start(scored, "", "score", model=report.model)
    spin(until=lambda: done, limit=1800)
    stop()
    window.panel.show_verdict, learning._scored = shown, said
    orders = [
        when for when, changes in heard if changes.scores and changes.queue and not (changes.labels or changes.objects)
    ]
    first = min((when for when in orders if when > judged), default=done[0])
    figures = grader.phase()
    after = int(bench.queue("random").result().labelled.sum())
    told = [figures[name] for name in ("gap_worst", "gap_p99", "key_p50", "key_worst")]
    return Press(labels, way, report.verdict, judged, first, done[0], after - before, *told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=int, default=20_000)
    parser.add_argument("--labels", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "astrolens-press")
    parser.add_argument("--stacks", action="store_true", help="where the main thread was when its timer came late")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    os.environ["ASTROLENS_HOME"] = str(given.folder / "home")
    responsiveness.KEY_EVERY_MS = (EVERY_MS, EVERY_MS)

    from astrolens_gui.ui import app
    from astrolens_gui.ui.garbage import Collector

    with Workbench.start() as bench:
        project, truth = prepared(bench, given.folder, given.pool)
        scheme = bench.schemes()["binary"]
        best, worst = scheme.grades[0], scheme.grades[-1]
    application = app.application()
    bench = Workbench.start(window=True)
    window = app.make_window(bench)
    collector = Collector(application)  # as `app.run` has it
    window.show()
    application.setActiveWindow(window)
    window.build()
    window.session.open(project)
    spin(until=lambda: window.current.object_id > 0)
    collector.collect_all()
    grader = Grader(window, truth, {True: best.key, False: worst.key})
    watcher = Watcher(grader) if given.stacks else None
    found = []
    for labels in given.labels:
        grade_up_to(bench, truth, {True: best.value, False: worst.value}, labels)
        for way in given.ways:
            bench.set_champion("cnn-euclid-vis").result()
            spin(2.0)
            grader.type(True)
            spin(1.0)
            found.append(press(window, grader, labels, way))
            grader.type(False)
            print(json.dumps(asdict(found[-1])), flush=True)
            print("\n".join(watcher.told() if watcher else ()), flush=True)
    window.close()
    collector.stop()
    bench.close()
    if given.json:
        print(json.dumps([asdict(one) for one in found], indent=1))
        return
    print(
        f"{'labels':>7} {'way':7} {'verdict':12} {'judged':>7} {'next 2,000':>10} {'all':>7}  grades  gap, key to stamp"
    )
    for one in found:
        times = f"{one.judged:6.1f} s {one.next_2000:9.1f} s {one.all_scored:6.1f} s"
        told = f"{one.grades:6}  {one.gap_worst:.0f} ms, {one.key_p50:.0f} to {one.key_worst:.0f} ms"
        print(f"{one.labels:7,} {one.way:7} {one.verdict:12} {times}  {told}")


if __name__ == "__main__":
    main()
