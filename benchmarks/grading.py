"""Grading a project of a million objects through the real window: import, opening, grades a second, memory, and being killed.

    python benchmarks/grading.py [--objects 1000000] [--seconds 20] [--kills 100] [--folder FOLDER] [--json]

The objects are sources of a FITS catalogue on four mosaics of 8,192 x 8,192 (made once, into the folder: 1.1 GB). Each part is
a process of its own, so that its peak memory is its own:

import     the catalogue into a new project (how long a user waits), and its peak memory
open       the window on that project until the first stamp is painted, programs already loaded
next       how long the next object without a grade takes to be found, at 2,000 places of the queue
single     key events to the window, each as soon as the former label is on the disk and the next stamp is painted
mosaic     key events to the mosaic, each as soon as the cursor has moved on to a stamp that is painted
pages      the same by pages of 100: one key grades what is in sight, one turns the page
kills      a process that grades is killed (SIGKILL) at a random moment, so many times: labels whose next image was shown,
           lost or doubled
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np

SIDE, TILES, SCALE = 8192, 4, 0.1
KEYS = "4443444244"
"""What a grader presses: mostly the lowest grade, as in a search for what is rare."""


def make(folder: Path, count: int) -> tuple[Path, list[Path]]:
    """The catalogue and the mosaics, once: noise and galaxies, sources at random places."""
    from astropy.io import fits
    from astropy.table import Table
    from astropy.wcs import WCS

    folder.mkdir(parents=True, exist_ok=True)
    table, tiles = folder / f"sources-{count}.fits", [folder / f"tile{n}_VIS.fits" for n in range(TILES)]
    if table.exists() and all(tile.exists() for tile in tiles):
        return table, tiles
    random_ = np.random.default_rng(11)
    stamp = np.exp(-np.hypot(*np.mgrid[-20:21, -20:21]) / 4).astype(np.float32)
    columns: dict[str, list[Any]] = {"ra": [], "dec": []}
    for n, tile in enumerate(tiles):
        sky = WCS(naxis=2)
        sky.wcs.ctype, sky.wcs.crval = ["RA---TAN", "DEC--TAN"], [150.0 + 0.3 * n, 2.0]
        sky.wcs.crpix, sky.wcs.cdelt = [SIDE / 2, SIDE / 2], [-SCALE / 3600, SCALE / 3600]
        pixels = random_.normal(0, 1, (SIDE, SIDE)).astype(np.float32)
        at = random_.uniform(60, SIDE - 60, (2, count // TILES))
        for x, y in at[:, :20_000].astype(int).T:
            pixels[y - 20 : y + 21, x - 20 : x + 21] += stamp * random_.exponential(20)
        header = sky.to_header()
        header["FILTER"] = "VIS"
        fits.PrimaryHDU(pixels, header).writeto(tile, overwrite=True)
        ra, dec = sky.wcs_pix2world(at[0], at[1], 0)
        columns["ra"].append(ra)
        columns["dec"].append(dec)
    made = Table({name: np.concatenate(parts) for name, parts in columns.items()})
    made["id"] = [f"EUC{one:09d}" for one in range(len(made))]
    made["mag"] = random_.normal(22, 1.5, len(made)).astype(np.float32)
    made["redshift"] = random_.uniform(0.1, 1.5, len(made)).astype(np.float32)
    made.write(table)
    return table, tiles


def peak() -> dict[str, float]:
    """This process's largest resident size so far, GB, and what of it is not pages of files now (Linux)."""
    found = {"peak_gb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6}
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                found["anonymous_gb"] = int(line.split()[1]) / 1e6
    return found


def part_import(folder: Path, count: int) -> dict[str, Any]:
    from astrolens_gui.workbench import Workbench

    table, tiles = make(folder, count)
    project = folder / f"million-{count}.astrolens"
    shutil.rmtree(project, ignore_errors=True)
    with Workbench.start() as bench:
        bench.open(project, create={}).result()
        start = time.perf_counter()
        report = bench.import_catalogue(table, tiles, size_px=101).result()
        seconds = time.perf_counter() - start
    assert report.added == count, report
    return {"objects": count, "seconds": seconds, **peak()}


class Driver:
    """The real window on the project, driven by key events."""

    def __init__(self, folder: Path, count: int) -> None:
        from astrolens_gui.ui import app
        from astrolens_gui.workbench import Workbench

        self.app = app.application()
        self.bench = Workbench.start(window=True)
        self.window = app.make_window(self.bench)
        self.window.resize(1500, 1000)
        self.window.show()
        self.spin(0.5)
        self.window.build()
        self.seen = -1
        self.window.stage.painted.connect(self._painted)
        start = time.perf_counter()
        self.window.session.open(folder / f"million-{count}.astrolens")
        self.until(lambda: self.window.current.object_id > 0 and self.seen == self.window.current.object_id)
        self.opened = time.perf_counter() - start

    def _painted(self, object_id: int, _: float) -> None:
        self.seen = object_id

    def spin(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end)

    def until(self, true: Any, limit: float = 120.0) -> None:
        """Let the window live until something is true."""
        from astrolens_gui.ui.qt import QtCore

        end = time.monotonic() + limit
        while not true():
            if time.monotonic() > end:
                raise SystemExit("the window did not answer in two minutes")
            self.app.processEvents(QtCore.QEventLoop.AllEvents, 5)
            time.sleep(0.0005)  # the other threads' turn

    def press(self, key: str, control: bool = False) -> None:
        from astrolens_gui.ui.qt import QApplication, Qt, QtGui

        target = self.window.focusWidget() or self.window
        for kind in (QtGui.QKeyEvent.KeyPress, QtGui.QKeyEvent.KeyRelease):
            held = Qt.ControlModifier if control else Qt.NoModifier
            event = QtGui.QKeyEvent(kind, getattr(Qt, f"Key_{key}"), held, key if len(key) == 1 else "")
            QApplication.postEvent(target, event)

    def close(self) -> None:
        self.window.close()
        self.bench.close()


def part_open(folder: Path, count: int) -> dict[str, Any]:
    driver = Driver(folder, count)
    found = {"first_stamp_s": driver.opened, **peak()}
    driver.close()
    return found


def part_next(folder: Path, count: int) -> dict[str, Any]:
    """On the queue of the window, with a random third, then all but ten, graded."""
    driver = Driver(folder, count)
    queue, chance = driver.window.queue, np.random.default_rng(3)
    found: dict[str, Any] = {}
    for name, graded in (("a third graded", count // 3), ("all but ten graded", count - 10)):
        ids = chance.permutation(queue.objects())
        queue._pile.open[:] = True
        queue._pile.open[queue._pile.find_all(ids[:graded])] = False
        took = []
        for row in chance.integers(0, count, 2000).tolist():
            start = time.perf_counter()
            assert queue.next_ungraded(row) >= 0
            took.append(time.perf_counter() - start)
        found[name] = {"median_ms": 1e3 * float(np.median(took)), "worst_ms": 1e3 * max(took)}
    driver.close()
    return found


def keys(driver: Driver, seconds: float, ready: Any, say: Any = None) -> dict[str, Any]:
    """Press one key after the other for so long, each once `ready(object graded last)`."""
    window = driver.window
    saved: list[tuple[int, str]] = []
    window.grading.saved.connect(lambda one: saved.append((one.object_id, one.grade)))
    if say is not None:
        window.grading.saved.connect(say)
    took, start = [], time.perf_counter()
    while time.perf_counter() - start < seconds:
        before, pressed = len(saved), time.perf_counter()
        driver.press(KEYS[len(took) % len(KEYS)])
        driver.until(lambda before=before: ready(before, saved))
        took.append(time.perf_counter() - pressed)
    spent = time.perf_counter() - start
    driver.until(lambda: len(saved) >= len(took))
    return {
        "grades": len(took),
        "per_s": len(took) / spent,
        "median_ms": 1e3 * float(np.median(took)),
        "p99_ms": 1e3 * float(np.quantile(took, 0.99)),
        "worst_ms": 1e3 * max(took),
        **peak(),
    }


def part_single(folder: Path, count: int, seconds: float = 20.0, say: Any = None) -> dict[str, Any]:
    driver = Driver(folder, count)
    window = driver.window
    window.stage.show_page("image")
    driver.spin(1.0)

    def ready(before: int, saved: list[Any]) -> bool:
        """On the disk, and the next one painted."""
        return len(saved) > before and driver.seen == window.current.object_id != saved[-1][0]

    found = keys(driver, seconds, ready, say)
    driver.close()
    return found


def part_mosaic(folder: Path, count: int, seconds: float = 20.0) -> dict[str, Any]:
    driver = Driver(folder, count)
    window = driver.window
    window.stage.show_page("mosaic")
    window.stage.mosaic.set_stamps(100)
    driver.spin(2.0)
    mosaic = window.stage.mosaic
    at = [mosaic.cursor_object]

    def ready(_: int, __: list[Any]) -> bool:
        """The cursor is on another stamp, which is painted."""
        one = mosaic.cursor_object
        if one == at[0] or mosaic.sight(one).reason:
            return False
        at[0] = one
        return True

    found = keys(driver, seconds, ready)
    driver.close()
    return found


def part_pages(folder: Path, count: int, seconds: float = 20.0) -> dict[str, Any]:
    """Page by page of 100 stamps: what is whole in sight and painted gets the lowest grade by one key, then the next page."""
    driver = Driver(folder, count)
    window = driver.window
    window.stage.show_page("mosaic")
    mosaic = window.stage.mosaic
    mosaic.set_stamps(100)
    mosaic.move_to(int(np.random.default_rng().integers(count // 10, count - count // 10)))  # nobody has been there
    driver.spin(2.0)
    start, pages = time.perf_counter(), []
    before = window.queue.progress()[0]
    while time.perf_counter() - start < seconds:
        driver.until(lambda: mosaic.seen >= {one for one in mosaic.whole if not window.queue.grade_of(one)})
        turn, done = time.perf_counter(), window.queue.progress()[0]
        driver.press("Return", control=True)
        driver.until(lambda done=done: window.queue.progress()[0] > done)
        row = mosaic.cursor_row
        driver.press("PageDown")
        driver.until(lambda row=row: mosaic.cursor_row != row, 5.0)
        pages.append(time.perf_counter() - turn)
    spent = time.perf_counter() - start
    graded = window.queue.progress()[0] - before
    driver.close()
    return {
        "pages": len(pages),
        "grades": graded,
        "per_s": graded / spent,
        "saving_a_page_ms": 1e3 * float(np.median(pages)),
    }


def part_graded(folder: Path, count: int) -> dict[str, Any]:
    """What `kills` kills: grades as `single` does, and names each object once its grade is on the disk and the next is shown."""
    print("ready", flush=True)
    return part_single(folder, count, 3600.0, lambda one: print("shown", one.object_id, one.grade, flush=True))


def kill(folder: Path, count: int, times: int, seed: int = 1) -> dict[str, Any]:
    """Kill the grading process at random moments; then hold what it had shown as saved against the database."""
    from collections import Counter

    from astrolens_gui.core.labels.store import Store

    rng = random.Random(seed)
    project = folder / f"million-{count}.astrolens"
    said: Counter[tuple[int, str]] = Counter()
    last = _last(project)
    first, problems = last, 0
    for turn in range(times):
        command = [sys.executable, __file__, "--part", "graded", "--objects", str(count), "--folder", str(folder)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL)
        assert child.stdout is not None
        lines: list[str] = []
        reader = threading.Thread(target=lambda to=lines, of=child.stdout: to.extend(of), daemon=True)
        reader.start()
        limit = time.monotonic() + 120
        while not any(line.startswith("shown") for line in list(lines)) and time.monotonic() < limit:
            time.sleep(0.01)
        time.sleep(rng.uniform(0.0, 2.0))
        child.send_signal(signal.SIGKILL)
        child.wait()
        reader.join()
        for line in lines:
            if line.startswith("shown") and line.endswith("\n"):  # a line cut short was not shown
                said[_said(line)] += 1
        print(
            f"\r{turn + 1}/{times} kills, {sum(said.values())} labels shown as saved",
            end="",
            file=sys.stderr,
            flush=True,
        )
    print(file=sys.stderr)
    with Store(project / "labels.sqlite") as store:
        there = Counter((event.object, event.grade) for event in store.events(after=first) if event.kind == "grade")
        problems = len(store.integrity())
    lost = sum((said - there).values())
    doubled = sum(count - 1 for count in Counter(one for one, _ in there.elements()).values() if count > 1)
    unsaid = sum((there - said).values())
    return {"kills": times, "shown": sum(said.values()), "lost": lost, "doubled": doubled, "saved_but_not_yet_shown": unsaid,
            "problems": problems}  # fmt: skip


def _said(line: str) -> tuple[int, str]:
    _, one, grade = line.split()
    return int(one), grade


def _last(project: Path) -> int:
    """The newest event of a project, 0 without one."""
    import sqlite3

    with sqlite3.connect(project / "labels.sqlite") as connection:
        return int(connection.execute("select coalesce(max(id), 0) from events").fetchone()[0])


PARTS = {"import": part_import, "open": part_open, "next": part_next, "single": part_single, "mosaic": part_mosaic,
         "pages": part_pages}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=1_000_000)
    parser.add_argument(
        "--seconds", type=float, default=20.0, help="of key presses, in the single view and in the mosaic"
    )
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache" / "astrolens-grading")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--part", choices=[*PARTS, "graded"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    os.environ.setdefault("ASTROLENS_HOME", str(given.folder / "home"))
    if given.part:
        more = (given.seconds,) if given.part in ("single", "mosaic", "pages") else ()
        print(json.dumps((PARTS | {"graded": part_graded})[given.part](given.folder, given.objects, *more)))
        return
    make(given.folder, given.objects)
    found: dict[str, Any] = {}
    for part in given.parts:
        command = [sys.executable, __file__, "--part", part, "--objects", str(given.objects)]
        command += ["--folder", str(given.folder), "--seconds", str(given.seconds)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        found[part] = json.loads(done.stdout.splitlines()[-1])
        print(part, json.dumps(found[part]) if given.json else _words(found[part]), flush=True)
    if given.kills:
        found["kills"] = kill(given.folder, given.objects, given.kills)
        print("kills", json.dumps(found["kills"]) if given.json else _words(found["kills"]), flush=True)


def _words(values: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_words(v) if isinstance(v, dict) else f'{v:.4g}'}" for name, v in values.items())


if __name__ == "__main__":
    main()
