"""Fixtures that every test may use; the real images are reached only through `shared_data`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real survey images (MANIFEST.csv): ASTROLENS_DATA, or `shared/data` beside the checkout."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("ASTROLENS_DATA", default))
    if not (folder / "MANIFEST.csv").is_file():
        pytest.skip(f"no real images: {folder} has no MANIFEST.csv (set ASTROLENS_DATA)")
    return folder


@pytest.fixture(autouse=True)
def empty_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, recent projects and logs of a test go to a folder of its own, never to the tester's."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("ASTROLENS_HOME", str(home))
    return home
