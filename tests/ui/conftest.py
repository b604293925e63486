"""A window on a fake workbench whose jobs run on the real runner, and one on the real workbench."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from astrolens_gui.api import Changes, UserError
from astrolens_gui.core.grading.order import Blind, Repeats
from astrolens_gui.core.images.raster import ArrayRaster
from astrolens_gui.core.labels.schemes import load_schemes
from astrolens_gui.core.settings import Settings
from astrolens_gui.jobs.runner import Runner
from astrolens_gui.workbench.blind import Turns
from astrolens_gui.workbench.records import LoadedImage

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYQTGRAPH_QT_LIB", "PyQt5")


class FakeWorkbench:
    """Labels in memory, with undo; `refuse` makes saving fail as a full disk would."""

    def __init__(self, settings: Settings, count: int = 6) -> None:
        from astrolens_gui.core.plugins import Plugins

        self.settings = settings
        self.runner = Runner()
        self.plugins = Plugins.discover()
        self.project: Any = None
        self.grader = "tester"
        self.count = count
        self.scores = np.full(count, np.nan)
        self.order = list(range(1, count + 1))
        self.strategy = "random"
        self.grades: dict[int, SimpleNamespace] = {}
        self.history: list[tuple[int, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.measured: dict[int | None, dict[str, Any]] = {}
        self.refuse = ""
        self.turns_now = Turns(Blind(), Repeats(Blind(), ""))
        self.notes: list[tuple[str, str, int | None]] = []
        self._listeners: list[Any] = []

    def subscribe(self, listener: Any) -> Any:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, changes: Changes) -> Changes:
        for listener in self._listeners:
            listener(changes)
        return changes

    def _job(self, work: Any, title: str = "", quiet: bool = True) -> Any:
        return self.runner.submit("db", work, title=title, quiet=quiet)

    def schemes(self) -> dict[str, Any]:
        return load_schemes(None)

    def given(self, scheme: str) -> Any:
        return self._job(lambda: {("A", ""): sum(one.grade == "A" for one in self.grades.values())})

    def info(self) -> Any:
        return self._job(self._info)

    def _info(self) -> Any:
        scheme = self.project.settings["scheme"]
        return SimpleNamespace(
            name="sample",
            folder=self.project.folder,
            objects=self.count,
            labelled=0,
            scheme=scheme,
            champion="",
            notes=(),
        )

    def open(self, folder: Path, create: Any = None) -> Any:
        def work() -> Any:
            self.project = SimpleNamespace(folder=Path(folder), settings={"scheme": "abcx"}, save=lambda: None)
            return self._info()

        return self._job(work)

    def close_project(self) -> Any:
        return self._job(lambda: setattr(self, "project", None))

    def queue(self, strategy: str | None = None, *, log_choice: bool = False) -> Any:
        def work() -> Any:
            self.strategy = strategy or self.strategy
            grades = [self.grades[one].grade if one in self.grades else "" for one in self.order]
            ids = np.array(self.order, dtype=np.int64)
            return SimpleNamespace(
                object=ids,
                name=[f"stamp_{one:04d}" for one in self.order],
                grade=grades,
                score=self.scores[ids - 1] if len(ids) else np.empty(0),
                strategy=self.strategy,
            )

        return self._job(work)

    def label(self, object_id: int, grade: str, **more: Any) -> Any:
        def work() -> Changes:
            if self.refuse:
                raise UserError(self.refuse)
            self.calls.append(("label", {"object_id": object_id, "grade": grade, **more}))
            self.history.append((object_id, self.grades.get(object_id)))
            self.grades[object_id] = SimpleNamespace(grade=grade, subtype=more.get("subtype", ""), comment="")
            return self.tell(Changes(labels=(object_id,), origin=more.get("origin", "")))

        return self._job(work)

    def comment(self, object_id: int, text: str, origin: str = "") -> Any:
        return self._job(lambda: self.calls.append(("comment", {"object_id": object_id, "text": text})))

    def undo(self, origin: str = "") -> Any:
        def work() -> Changes:
            if not self.history:
                return Changes(message="there is nothing to undo")
            object_id, before = self.history.pop()
            self.grades.pop(object_id, None)
            if before is not None:
                self.grades[object_id] = before
            return self.tell(Changes(labels=(object_id,), origin=origin, extra={"object": object_id}))

        return self._job(work)

    redo = undo

    def label_of(self, object_id: int) -> Any:
        return self._job(lambda: self.grades.get(object_id))

    def look_elsewhere(self) -> Any:
        return self._job(lambda: 0)

    def turns(self) -> Any:
        return self._job(lambda: self.turns_now)

    def note(self, text: str, why: str, object_id: int | None = None) -> Any:
        return self._job(lambda: self.notes.append((text, why, object_id)))

    def measures(self, object_id: int | None) -> Any:
        return self._job(lambda: dict(self.measured.get(object_id, {})))

    def measure(self, object_id: int, values: dict[str, Any], origin: str = "") -> Any:
        def work() -> Changes:
            self.measured[object_id] = dict(values)
            return self.tell(
                Changes(labels=(object_id,), origin=origin, extra={"kind": "measure", "object": object_id})
            )

        return self._job(work)

    def boxes(self, object_id: int | None, wcs: Any = None) -> Any:
        return self._job(list)

    def model_rows(self) -> Any:
        return self._job(list)

    lineage = model_rows

    def warm_up(self) -> Any:
        return self._job(lambda: False)

    def prospect(self, backend: str) -> Any:
        from astrolens_gui.workbench.prospect import Count, Prospect

        some = Count(3, 1)
        return self._job(
            lambda: Prospect(lenses=some, others=some, graders=1, input="r, 40 × 40 pixels", objects=self.count)
        )

    def image(self, object_id: int, band: str | None = None) -> Any:
        def work() -> Any:
            raster = ArrayRaster(np.random.default_rng(object_id).normal(size=(40, 40)))
            return LoadedImage(
                object_id, f"stamp_{object_id:04d}", "r", ("r",), raster, None, 0.1, "", Path("stamp.fits"),
                rasters={"r": raster},
            )  # fmt: skip

        return self.runner.submit("io", work, quiet=True)

    def thumbnails(self, ids: Any, size: int, recipe: Any) -> Any:
        return self.runner.submit("io", lambda: [np.zeros((size, size, 3), np.uint8) for _ in ids], quiet=True)

    def close(self) -> None:
        self.runner.close()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(tmp_path / "settings.json")


@pytest.fixture
def bench(settings: Settings) -> Iterator[FakeWorkbench]:
    fake = FakeWorkbench(settings)
    yield fake
    fake.close()


@pytest.fixture
def shown(qtbot: Any) -> Callable[[Any], Any]:
    """`shown(workbench)` makes its window, active on the screen."""
    from astrolens_gui.ui import app

    def show(workbench: Any) -> Any:
        app.application()
        window = app.make_window(workbench)
        qtbot.addWidget(window)
        with qtbot.waitActive(window):
            window.show()
            window.activateWindow()
        return window

    return show


@pytest.fixture
def closed_window(shown: Callable[[Any], Any], bench: FakeWorkbench) -> Iterator[Any]:
    """The window on its start page."""
    window = shown(bench)
    yield window
    window.close()


@pytest.fixture
def window(qtbot: Any, closed_window: Any, tmp_path: Path) -> Any:
    """The window on a project of six stamps, the first on the screen."""
    closed_window.session.open(tmp_path / "sample.astrolens")
    current, stage = closed_window.current, closed_window.stage
    qtbot.waitUntil(lambda: current.object_id > 0 and not stage.sight(current.object_id).reason, timeout=5000)
    return closed_window


@pytest.fixture(autouse=True)
def garbage_on_the_main_thread() -> Iterator[None]:
    """As `ui.garbage` has it in the program: no worker thread frees a widget."""
    gc.disable()
    yield
    if gc.get_count()[0] > 10_000:
        gc.collect()
    gc.enable()
