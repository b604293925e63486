"""The real window for the tours, and its pictures, which are also the documentation's."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def window(qtbot: Any, tmp_path: Path) -> Iterator[Any]:
    """The window as a person starts it, on a real workbench; nothing is left running afterwards."""
    from astrolens_gui.ui import app
    from astrolens_gui.workbench import Workbench

    app.application()
    bench = Workbench.start()
    window = app.make_window(bench)
    qtbot.addWidget(window)
    window.show()
    qtbot.waitExposed(window)
    app.application().setActiveWindow(window)  # Xvfb has no window manager that would
    window.build()
    yield window
    window.close()
    bench.close()


@pytest.fixture
def snap(window: Any) -> Callable[[str], None]:
    """Save what the window shows; into docs/screenshots when ASTROLENS_SCREENSHOTS names it."""
    folder = os.environ.get("ASTROLENS_SCREENSHOTS")

    def save(name: str) -> None:
        picture = window.grab().toImage()
        grey = [
            picture.pixelColor(x, y).lightness()
            for x in range(0, picture.width(), 9)
            for y in range(0, picture.height(), 9)
        ]
        assert len(set(grey)) > 20, "the window is blank"
        if folder:
            picture.save(str(Path(folder) / f"{name}.png"))

    return save


@pytest.fixture(autouse=True)
def garbage_on_the_main_thread() -> Iterator[None]:
    """As `ui.garbage` has it in the program: no worker thread frees a widget."""
    gc.disable()
    yield
    if gc.get_count()[0] > 10_000:
        gc.collect()
    gc.enable()
