"""`astrolens demo`: the loop on a simulated sample, in the window or, headless, with a picture and a report."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from astrolens_gui import demo_loop
from astrolens_gui.api import UserError
from astrolens_gui.progress import watch
from astrolens_gui.workbench import Workbench

SETTLE_MS, LONGEST_MS = 300, 60_000
"""The picture is taken so long after the first stamp was painted, or, where none ever is, after the second."""


def run(headless: bool = False, out: Path | None = None, count: int = 600, seed: int = 1) -> int:
    """Run the demo; the exit code."""
    if count < 100:
        raise UserError(f"--count must be at least 100, not {count}: a tenth of it is graded before the first training")
    folder = (out or Path(tempfile.mkdtemp(prefix="astrolens-demo-"))).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    if headless or not _display():
        return _headless(folder, count, seed)
    from . import app

    project = folder / "demo.astrolens"
    if not project.exists():
        with Workbench.start() as bench:
            demo_loop.make_project(bench, folder, count, seed, _wait, _say)
            demo_loop.rank_by_shipped(bench, _wait, _say)
    return app.run(project)


def _headless(folder: Path, count: int, seed: int) -> int:
    """Simulate, grade by the truth, train, rank, retrain, rank; screenshot and report."""
    with Workbench.start() as bench:
        demo_loop.make_project(bench, folder, count, seed, _wait, _say)
        backend = _backend(bench)
        result = demo_loop.run(bench, folder, backend, _wait, _say, seed=seed)
    screenshot = folder / "window.png"
    picture(folder / "demo.astrolens", screenshot)
    report = folder / "report.html"
    demo_loop.write_report(result, report, screenshot)
    _say(f"report: {report}")
    _say(f"screenshot: {screenshot}")
    _say(f"project: {folder / 'demo.astrolens'} (open it: astrolens {folder / 'demo.astrolens'})")
    return 0


def _backend(bench: Workbench) -> str:
    """The CNN, or the toy where TensorFlow is missing."""
    from astrolens_gui.core.plugins import missing

    lacking = missing(bench.plugins.backend("cnn"))
    if lacking:
        _say(f"the CNN {lacking}; the toy backend takes its place")
    return "toy" if lacking else "cnn"


def picture(project: Path, path: Path, size: tuple[int, int] = (1400, 900)) -> None:
    """Open the window on a project without a screen and save what it shows."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from . import app
    from .qt import QTimer

    def shoot(window: Any) -> None:
        def save() -> None:
            if window.isVisible():
                window.grab().save(str(path))
                window.close()

        window.resize(*size)
        window.stage.painted.connect(lambda *_: QTimer.singleShot(SETTLE_MS, save))
        QTimer.singleShot(LONGEST_MS, save)  # also a stamp that can't be read makes a picture
        window.projects.take([project])

    app.run(ready=shoot)


def _display() -> bool:
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM"))


def _wait(job: Any) -> Any:
    return watch(job, sys.stderr)


def _say(line: str) -> None:
    print(line, flush=True)
