"""How long a page of the mosaic takes, from the key to all its stamps painted: 100 and 400, cold and warm, and a single one.

    python benchmarks/mosaic.py [--count 2400] [--flips 12] [--million] [--json]

Stamps are FITS files of 101 x 101 float32 made for the purpose, one plane each, and a second set of four bands in four extensions.
The window is the real one, offscreen, on the real workbench; display asinh with zscale cuts.

cold       nothing of ours is held: no object row, no pixel, no picture (the files are in the system's cache)
warm       the float stamps are held, the pictures are not: what a change of stretch or cuts costs
turned     a page that was fetched ahead while the one before it was looked at
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np

SIDE = 101


def write(folder: Path, count: int, bands: tuple[str, ...]) -> None:
    """Stamps with a galaxy, an arc and noise each."""
    from astropy.io import fits

    folder.mkdir(parents=True)
    random = np.random.default_rng(5)
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE // 2
    radius = np.hypot(x, y)
    for number in range(count):
        planes = []
        for band in bands:
            galaxy = 400 * np.exp(-radius / random.uniform(2, 8)) + 20 * np.exp(
                -((radius - random.uniform(8, 25)) ** 2) / 6
            )
            data = (galaxy * (x > -5) + random.normal(10, 3, (SIDE, SIDE))).astype(np.float32)
            planes.append((band, data))
        if len(planes) == 1:
            hdus = fits.HDUList([fits.PrimaryHDU(planes[0][1])])
            hdus[0].header["FILTER"] = planes[0][0]
        else:
            hdus = fits.HDUList([fits.PrimaryHDU(), *(fits.ImageHDU(data, name=band) for band, data in planes)])
        for hdu in hdus:
            hdu.header["CDELT1"], hdu.header["CDELT2"] = -0.1 / 3600, 0.1 / 3600
        hdus.writeto(folder / f"stamp{number:05d}.fits")


class Bench:
    """One window on one project, and a clock that stops when a page is painted."""

    def __init__(self, images: Path, folder: Path) -> None:
        from astrolens_gui.ui import app
        from astrolens_gui.workbench import Workbench

        self.app = app.application()
        self.bench = Workbench.start(window=True)
        self.bench.open(folder / f"{images.name}.astrolens", create={}).result()
        self.bench.import_images([images]).result()
        self.window = app.make_window(self.bench)
        self.window.resize(1500, 1150)
        self.window.show()
        self.window.session.open(folder / f"{images.name}.astrolens")
        self.until(lambda: self.window.current.object_id > 0)
        self.window.stage.show_page("mosaic")
        self.mosaic = self.window.stage.mosaic
        self.window.current.set_recipe(stretch="asinh", cuts="zscale")

    def until(self, true: Any, limit: float = 60.0) -> None:
        """Let the window live until something is true, in an event loop that sleeps as the program's own does."""
        from astrolens_gui.ui.qt import Qt, QtCore, QTimer

        loop, end = QtCore.QEventLoop(), time.monotonic() + limit

        def look() -> None:
            if true():
                loop.quit()
            elif time.monotonic() > end:
                raise SystemExit("a page was not painted within a minute")

        watch = QTimer(interval=1, timerType=Qt.PreciseTimer)
        watch.timeout.connect(look)
        watch.start()
        loop.exec_()
        watch.stop()

    def complete(self) -> bool:
        """Every stamp in sight has the picture that it is to have."""
        held = self.mosaic._thumbs._held
        return all(self.mosaic._model.object_at(row) in held for row in self.mosaic.grid.in_sight())

    def page(self, act: Any) -> float:
        """Milliseconds from `act` to the whole page painted."""
        painted: list[float] = []
        self.mosaic.painted.connect(lambda _, when: painted.append(when))
        start = time.monotonic()
        act()
        self.mosaic.viewport().update()

        def done() -> bool:
            return bool(painted) and self.complete() and not self.mosaic._thumbs._jobs.keys() & self._visible_jobs()

        self.until(done)
        self.mosaic.viewport().update()
        before = len(painted)
        self.until(lambda: len(painted) > before)
        self.mosaic.painted.disconnect()
        return (painted[-1] - start) * 1e3

    def _visible_jobs(self) -> set[Any]:
        sight = {self.mosaic._model.object_at(row) for row in self.mosaic.grid.in_sight()}
        return {job for job, ids in self.mosaic._thumbs._jobs.items() if ids & sight}

    def forget(self) -> None:
        """Hold nothing of ours."""
        from astrolens_gui.core.images.thumbnails import SHELF

        self.idle()
        SHELF.clear()
        self.bench.opened.images.forget()
        self.mosaic._thumbs.forget()

    def idle(self) -> None:
        """Wait until nothing is fetched any more."""
        self.until(lambda: not self.mosaic._thumbs._jobs)
        self.app.processEvents()

    def pages(self, stamps: int, flips: int) -> dict[str, list[float]]:
        """Cold, warm and turned pages of so many stamps."""
        mosaic, current = self.mosaic, self.window.current
        mosaic.set_stamps(stamps)
        self.page(lambda: mosaic.move_to(0))
        found: dict[str, list[float]] = {"cold": [], "warm": [], "turned": []}
        count, step = mosaic._model.rowCount(), mosaic.grid.page
        found["in sight"] = [len(mosaic.grid.in_sight()), mosaic.columns]
        for flip in range(flips):
            self.forget()
            found["cold"].append(self.page(lambda row=(flip * 3 + 1) * step % count: mosaic.move_to(row)))
        for flip in range(flips):
            self.idle()
            stretch = ("log", "sqrt")[flip % 2] if flip < flips - 1 else "asinh"
            found["warm"].append(self.page(lambda stretch=stretch: current.set_recipe(stretch=stretch)))
        self.page(lambda: mosaic.move_to(0))
        for _ in range(min(flips, count // step - 2)):
            self.idle()
            found["turned"].append(self.page(lambda: mosaic.step_pages(1)))
        return found

    def singles(self, count: int) -> list[float]:
        """Milliseconds from the key to the next stamp painted in the single view."""
        stage, current, queue = self.window.stage, self.window.current, self.window.queue
        stage.show_page("image")
        current.show(queue.object_at(0), 0)
        shown: list[tuple[int, float]] = []
        stage.painted.connect(lambda object_id, when: shown.append((object_id, when)))
        found = []
        for row in range(1, count + 1):
            end = time.monotonic() + 0.15  # a person looks before the next key
            self.until(lambda end=end: time.monotonic() > end)
            target, start = queue.object_at(row), time.monotonic()
            current.show(target, row)
            self.until(lambda target=target: any(one == target for one, _ in shown))
            found.append((next(when for one, when in shown if one == target) - start) * 1e3)
        return found

    def close(self) -> None:
        self.window.close()
        self.bench.close()


def million() -> dict[str, float]:
    """Main-thread milliseconds of a queue of 10⁶ objects: load, filter by name, by grade, by score."""
    from astrolens_gui.ui import app
    from astrolens_gui.ui.current import Current
    from astrolens_gui.ui.models.queue import QueueModel
    from astrolens_gui.ui.views.queue import QueueView
    from astrolens_gui.workbench.listing import Grades, Names
    from astrolens_gui.workbench.ranking import Ranked

    running = app.application()
    count, random = 10**6, np.random.default_rng(0)
    ids = random.permutation(count) + 1
    names = [f"J{one:07d}_stamp" for one in ids]
    array = np.empty(count, object)
    array[:] = names
    grades = Grades(np.where(random.random(count) < 0.01, "A", ""))
    table = Ranked(
        object=ids, name=names, grade=[""] * count, logit=random.random(count), score=random.random(count),
        labelled=np.zeros(count, bool), name_array=array, names=Names(names), grades=grades,
        by_id=np.argsort(ids, kind="stable"),
    )  # fmt: skip
    model = QueueModel()
    view = QueueView(model, Current())
    view.show()
    model.set_blind(False)
    found = {}
    acts = {"load": lambda: model.set_table(table)}
    for text in ("01", "stamp", "12345", "grade:A", "score>0.9 grade:none", ""):
        acts[f"filter “{text}”"] = lambda text=text: model.set_filter(text)
    for name, act in acts.items():
        running.processEvents()
        start = time.perf_counter()
        act()
        running.processEvents()
        found[name] = (time.perf_counter() - start) * 1e3
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2400)
    parser.add_argument("--flips", type=int, default=12)
    parser.add_argument("--million", action="store_true", help="also a queue of a million objects")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    results: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="astrolens-") as temporary:
        folder = Path(temporary)
        os.environ["ASTROLENS_HOME"] = str(folder / "home")
        for title, bands in (("one plane", ("i",)), ("4 extensions", ("g", "r", "i", "z"))):
            images = folder / title.replace(" ", "_")
            write(images, options.count, bands)
            bench = Bench(images, folder)
            for stamps in (100, 400):
                for kind, values in bench.pages(stamps, options.flips).items():
                    results[f"{title}, {stamps} stamps, {kind}"] = (
                        _summary(values) if kind != "in sight" else {"cells, columns": values}
                    )
            results[f"{title}, next single stamp"] = _summary(bench.singles(20))
            bench.close()
    if options.million:
        results["a million objects, ms"] = {name: round(value, 1) for name, value in million().items()}
    if options.json:
        print(json.dumps(results, indent=1, ensure_ascii=False))
        return
    for name, values in results.items():
        print(f"{name:48s}", "  ".join(f"{key} {value}" for key, value in values.items()))


def _summary(values: list[float]) -> dict[str, Any]:
    return (
        {"median_ms": round(statistics.median(values), 1), "worst_ms": round(max(values), 1), "n": len(values)}
        if values
        else {}
    )


if __name__ == "__main__":
    main()
