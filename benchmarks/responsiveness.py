"""How long the window keeps a person waiting while models run: GUI timer gaps, key press → next stamp painted, start-up.

    python benchmarks/responsiveness.py [--count 5000] [--keys 200] [--out DIR]

A 5 ms timer on the main thread records every gap, in four phases: idle; scoring in the warm child while a child trains
(the default, the child's first load of TensorFlow included); the same with the model in the worker thread of the
window's own process (`run_in = "thread"`); and idle again. Keys are pressed at random moments all the while. Start-up
is measured in fresh processes: process start → start page painted, → first stamp of a project painted.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import numpy as np

TIMER_MS = 5
KEY_EVERY_MS = (150, 450)


def prepare(folder: Path, count: int) -> Path:
    """A project of simulated stamps, a few of them graded; made once."""
    from astrolens_gui.demo_loop import truth_of
    from astrolens_gui.workbench import Workbench

    project = folder / "bench.astrolens"
    if project.exists():
        return project
    with Workbench.start() as bench:
        bench.simulate("simulator", folder / "images", count, seed=5).result()
        bench.open(project, create={}).result()
        bench.import_images([folder / "images"]).result()
        queue = bench.queue("random").result()
        truth = truth_of(folder)
        for position in range(min(300, count // 4)):
            grade = "A" if truth[queue.name[position]] else "X"
            bench.label(int(queue.object[position]), grade, why="benchmark").result()
        bench.train("cnn", {"epochs": 2}).result()
    return project


class Probe:
    """Timer gaps and key latencies of the phase that is on."""

    def __init__(self, window: Any) -> None:
        from astrolens_gui.ui.qt import Qt, QTimer

        self.window, self.gaps, self.keys = window, [], []
        self._last = time.perf_counter()
        self._pressed: tuple[int, float] | None = None
        self.timer = QTimer(window, interval=TIMER_MS, timerType=Qt.PreciseTimer)
        self.timer.timeout.connect(self._tick)
        self.timer.start()
        self.press = QTimer(window, singleShot=True)
        self.press.timeout.connect(self._press)
        self.random = random.Random(1)
        window.stage.painted.connect(self._painted)
        self.typing = False

    def _tick(self) -> None:
        now = time.perf_counter()
        self.gaps.append(now - self._last)
        self._last = now

    def type(self, on: bool) -> None:
        self.typing = on
        if on:
            self._next()

    def _next(self) -> None:
        self.press.start(self.random.randint(*KEY_EVERY_MS))

    def _press(self) -> None:
        from astrolens_gui.ui.qt import QApplication, Qt, QtGui

        if not self.typing:
            return
        self._pressed = (self.window.current.object_id, time.monotonic())
        for kind in (QtGui.QKeyEvent.KeyPress, QtGui.QKeyEvent.KeyRelease):
            event = QtGui.QKeyEvent(kind, Qt.Key_4, Qt.NoModifier, "4")
            QApplication.postEvent(self.window.focusWidget() or self.window, event)
        self._next()

    def _painted(self, object_id: int, when: float) -> None:
        if self._pressed is not None and object_id != self._pressed[0]:
            self.keys.append(when - self._pressed[1])
            self._pressed = None

    def phase(self) -> dict[str, Any]:
        """The figures so far, in ms; a new phase begins."""
        gaps, keys = np.array(self.gaps) * 1e3, np.array(self.keys) * 1e3
        self.gaps, self.keys, self._last = [], [], time.perf_counter()
        figures: dict[str, Any] = {"ticks": len(gaps)}
        if len(gaps):
            figures |= {"gap_p50": np.percentile(gaps, 50), "gap_p99": np.percentile(gaps, 99), "gap_worst": gaps.max()}
        if len(keys):
            figures |= {"keys": len(keys), "key_p50": np.percentile(keys, 50)}
            figures |= {"key_p99": np.percentile(keys, 99), "key_worst": keys.max()}
        return {name: round(float(value), 1) for name, value in figures.items()}


class Watcher(threading.Thread):
    """Looks at where the main thread is whenever the probe's timer is late by more than `late_s`: what holds it."""

    def __init__(self, probe: Probe, late_s: float = 0.06) -> None:
        super().__init__(daemon=True)
        self.probe, self.late_s = probe, late_s
        self.found: Counter[str] = Counter()
        self.start()

    def run(self) -> None:
        main = threading.main_thread().ident or 0
        while True:
            time.sleep(0.005)
            late = time.perf_counter() - self.probe._last
            if late > self.late_s and (frame := sys._current_frames().get(main)) is not None:
                stack = [
                    f"{Path(each.filename).name}:{each.lineno} {each.name}" for each in traceback.extract_stack(frame)
                ]
                self.found[" < ".join(reversed(stack[-6:]))] += 1

    def told(self, most: int = 6) -> list[str]:
        """Where it was found, the most frequent first; forgotten then."""
        lines = [f"{count:4} times late in {where}" for where, count in self.found.most_common(most)]
        self.found = Counter()
        return lines


def spin(seconds: float = 0.0, until: Any = None, limit: float = 600.0) -> None:
    """Let the window live for a while, or until something is true."""
    from astrolens_gui.ui.qt import QtCore

    loop = QtCore.QEventLoop()
    end = time.monotonic() + (limit if until else seconds)
    watch = QtCore.QTimer()
    watch.timeout.connect(lambda: loop.quit() if (until and until()) or time.monotonic() > end else None)
    watch.start(20)
    loop.exec_()


def measure(project: Path) -> dict[str, Any]:
    """All phases in one window."""
    from astrolens_gui.ui import app
    from astrolens_gui.ui.garbage import Collector
    from astrolens_gui.workbench import Workbench

    application = app.application()
    bench = Workbench.start(window=True)
    window = app.make_window(bench)
    collector = Collector(application)  # as `app.run` has it
    window.show()
    application.setActiveWindow(window)
    window.build()
    window.session.open(project)
    spin(until=lambda: window.current.object_id > 0)
    spin(1.0)
    probe, figures = Probe(window), {}
    probe.type(True)
    spin(10)
    figures["idle"] = probe.phase()
    for where in ("process", "thread"):
        bench.settings.set("run_in", where)
        training = bench.train("cnn", {"epochs": 40})
        scored = bench.score()
        spin(until=lambda job=scored: job.done)
        figures[f"scoring in {where}, child trains"] = probe.phase()
        report = scored.result()
        figures[f"scoring in {where}, child trains"]["objects_per_s"] = round(report.rate, 1)
        training.cancel()
        spin(until=lambda job=training: job.done)
        figures[f"after {where}"] = probe.phase()
    probe.type(False)
    spin(1.0)
    window.close()
    collector.stop()
    bench.close()
    return figures


START = """
import os, sys, time
t0 = float(sys.argv[1])
from collections import Counter
from pathlib import Path
from astrolens_gui.ui import app
from astrolens_gui.ui.qt import QtCore
times = {}
class First(QtCore.QObject):
    def eventFilter(self, thing, event):
        if event.type() == QtCore.QEvent.Paint and "page" not in times:
            times["page"] = time.time() - t0
        return False
def ready(window):
    if sys.argv[2]:
        window.stage.painted.connect(lambda *_: (times.setdefault("stamp", time.time() - t0), window.close()))
        window.projects.take([Path(sys.argv[2])])
    else:
        QtCore.QTimer.singleShot(300, window.close)
application = app.application()
watcher = First(); application.installEventFilter(watcher)
app.run(ready=ready)
print("TIMES", times.get("page"), times.get("stamp"), "tensorflow" in sys.modules)
"""


def start(project: Path | None, runs: int = 5) -> dict[str, Any]:
    """Best and median seconds of fresh processes; the first run warms the disk and is not counted."""
    pages, stamps = [], []
    for run in range(runs + 1):
        argument = str(project) if project else ""
        command = [sys.executable, "-c", START, str(time.time()), argument]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        words = done.stdout.split("TIMES", 1)[1].split()
        assert words[2] == "False", "TensorFlow was imported in the window's process"
        if run:
            pages.append(float(words[0]))
            stamps.append(float(words[1]) if words[1] != "None" else float("nan"))
    result = {"start_page_median_s": round(float(np.median(pages)), 2), "start_page_worst_s": round(max(pages), 2)}
    if project:
        result |= {
            "first_stamp_median_s": round(float(np.median(stamps)), 2),
            "first_stamp_worst_s": round(max(stamps), 2),
        }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--out", type=Path, help="where the sample is kept between runs")
    arguments = parser.parse_args()
    folder = arguments.out or Path(tempfile.mkdtemp(prefix="astrolens-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    os.environ["ASTROLENS_HOME"] = str(folder / "home")
    project = prepare(folder, arguments.count)
    figures = {"start": start(None), "start on a project": start(project), **measure(project)}
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
