"""Starts Qt, shows the window within a second and leaves cleanly; everything heavy comes after the first paint."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from astrolens_gui.api import UserError
from astrolens_gui.workbench import Workbench

from . import theme
from .garbage import Collector
from .qt import PYQTGRAPH_BINDING, QApplication, Qt, QTimer
from .views.start import is_project
from .window import Window

_log = logging.getLogger("astrolens.ui")

SETTLED_MS = 800
"""After a project was opened its first image is on the screen, and nobody has pressed a key yet: time to look at every object once."""


def application(arguments: list[str] | None = None) -> QApplication:
    """The one QApplication of the process, made at the first call."""
    if app := QApplication.instance():
        return app
    os.environ.setdefault("PYQTGRAPH_QT_LIB", PYQTGRAPH_BINDING)
    QApplication.setAttribute(Qt.AA_EnableHighDpiScaling)
    QApplication.setAttribute(Qt.AA_UseHighDpiPixmaps)
    app = QApplication(arguments or ["astrolens"])
    app.setApplicationName("AstroLens")
    app.setDesktopFileName("astrolens")
    return app


def make_window(workbench: Workbench) -> Window:
    """A dressed window on a workbench, not yet shown; `application()` must have been called."""
    theme.apply(workbench.settings["theme"])
    window = Window(workbench)
    window.restore_geometry()
    window.setWindowTitle("AstroLens")
    if workbench.settings.problem:
        window.fail(workbench.settings.problem)
    return window


def run(
    project: Path | None = None, workbench: Workbench | None = None, ready: Callable[[Window], Any] | None = None
) -> int:
    """Open the window on `project`, else on the last one, else on the start page; returns the exit code.

    Args:
        project: a project folder, or a folder of images, for which the window offers to make one.
        workbench: another one than the person's own; it is closed at the end all the same.
        ready: called with the window once it was painted (the demo opens its project here).

    Raises:
        UserError: there is nothing at `project`, or no display.
    """
    if project is not None and not Path(project).exists():
        raise UserError(
            f"there is no project {project}; `astrolens import {project} FOLDER` makes one from a folder of images"
        )
    _need_display()
    from astrolens_gui.core import log, paths

    log.start(paths.log_folder())
    app = application()
    bench = workbench or Workbench.start(window=True)
    window = make_window(bench)
    sys.excepthook = _excepthook(window)
    _listen_to_ctrl_c(window)
    collector = Collector(app)
    window.session.opened.connect(lambda _: QTimer.singleShot(SETTLED_MS, collector.collect_all))
    window.show()
    window.activateWindow()  # without a window manager nobody else gives it the keyboard

    def painted() -> None:
        window.build()
        if ready is not None:
            ready(window)
        elif (first := _first(bench, project)) is not None:
            window.projects.take([first])

    QTimer.singleShot(0, painted)
    code = app.exec_()
    collector.stop()
    bench.close()
    return code


def _first(workbench: Workbench, project: Path | None) -> Path | None:
    """What to open: what was asked for, else the last project that is still there."""
    if project is not None:
        return Path(project)
    recent = [Path(folder) for folder in workbench.settings["recent"][:1]]
    return recent[0] if recent and is_project(recent[0]) else None


def _need_display() -> None:
    """Qt ends the process where there is no display: say it in a sentence instead."""
    offscreen = os.environ.get("QT_QPA_PLATFORM", "") not in {"", "xcb", "wayland"}
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not offscreen and not display:
        raise UserError("there is no display for the window; use the command line (astrolens --help), or ssh -X")


def _excepthook(window: Window) -> Callable[..., None]:
    """PyQt ends the program after an error in a slot; a person in the middle of grading deserves better."""

    def hook(kind: type[BaseException], error: BaseException, trace: Any) -> None:
        _log.error("the window failed", exc_info=(kind, error, trace))
        window.fail(f"This is a bug ({kind.__name__}: {error}); the log has the details. Your grades are safe.")

    return hook


def _listen_to_ctrl_c(window: Window) -> None:
    """Ctrl+C in the terminal closes the window; Python only hears of it when it runs, so it runs now and then."""
    try:
        signal.signal(signal.SIGINT, lambda *_: window.close())
    except ValueError:  # not the main thread, as in some tests
        return
    timer = QTimer(window, interval=250)
    timer.timeout.connect(lambda: None)
    timer.start()
