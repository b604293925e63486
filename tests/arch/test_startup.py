"""What starts fast because it imports little: help, discovery, the workbench, the window's module."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

HEAVY = {"tensorflow", "keras", "astropy", "sqlalchemy", "scipy", "sklearn", "h5py"}
QT = {"PyQt5", "pyqtgraph"}

HELP_SECONDS = 0.5
"""DESIGN: `astrolens --help`, best of five."""

STARTS = {
    "help": (
        "from astrolens_gui.__main__ import main\ntry:\n    main(['--help'])\nexcept SystemExit:\n    pass",
        HEAVY | QT,
    ),
    "the command line": ("import astrolens_gui.cli", HEAVY | QT),
    "the workbench": ("import astrolens_gui.workbench", HEAVY | QT),
    "discovery": ("from astrolens_gui.core.plugins import Plugins\nassert Plugins.discover().backends()", HEAVY | QT),
    "the window's module": ("import astrolens_gui.ui.app", HEAVY | {"pyqtgraph"}),
}


@pytest.mark.parametrize("start", STARTS)
def test_that_it_imports_nothing_heavy(start: str):
    code, forbidden = STARTS[start]
    tail = "\nimport json, sys\nprint()\nprint(json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", code + tail], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "astrolens_gui" in loaded
    assert not loaded & forbidden


def test_that_help_answers_within_half_a_second():
    def seconds() -> float:
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-m", "astrolens_gui", "--help"], capture_output=True, timeout=60)
        assert done.returncode == 0
        assert b"simulate" in done.stdout
        return time.perf_counter() - start

    assert min(seconds() for _ in range(5)) <= HELP_SECONDS
