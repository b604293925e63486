"""The settings file is kept up by several windows at once."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from astrolens_gui.core.settings import DEFAULTS, Settings


def test_that_a_window_leaves_what_another_set_since(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    one, other = Settings.load(path), Settings.load(path)
    one.set("grader", "ada")
    one.remember_project(tmp_path / "a")
    other.set("geometry", "100x100")  # a window that was open before is closed
    other.remember_project(tmp_path / "b")
    assert other["grader"] == ""  # its own labels are signed as before
    now = Settings.load(path)
    assert (now["grader"], now["geometry"]) == ("ada", "100x100")
    assert now["recent"] == [str(tmp_path / "b"), str(tmp_path / "a")]
    path.write_text("{", encoding="utf-8")
    one.set("theme", "light")
    assert json.loads(path.read_text(encoding="utf-8"))["grader"] == "ada"


def test_that_windows_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path, names = tmp_path / "settings.json", [name for name in DEFAULTS if isinstance(DEFAULTS[name], dict)]
    failed: list[BaseException] = []

    def work(name: str) -> None:
        settings = Settings.load(path)
        try:
            for number in range(30):
                settings.set(name, {"n": number})
        except OSError as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    now = Settings.load(path)
    assert (failed, [now[name] for name in names]) == ([], [{"n": 29}] * len(names))
