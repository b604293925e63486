"""Where the program keeps its own files (settings, logs, user schemes); knows no project."""

from __future__ import annotations

import os
from pathlib import Path


def home() -> Path:
    """The program's folder: ASTROLENS_HOME, else the platform's configuration folder. Created on first use."""
    if chosen := os.environ.get("ASTROLENS_HOME"):
        folder = Path(chosen)
    else:
        from platformdirs import user_config_path

        folder = user_config_path("astrolens", appauthor=False)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def settings_file() -> Path:
    return home() / "settings.json"


def keymap_folder() -> Path:
    """Where a person's own keymaps are; it need not exist."""
    return home() / "keymaps"


def log_folder() -> Path:
    folder = home() / "logs"
    folder.mkdir(exist_ok=True)
    return folder
