"""The wheel works outside the checkout: data files inside, plugins found by entry points, the command answers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("astrolens_gui", "plugins", "resources", "pyproject.toml", "README.md", "LICENSE")
NOT_DATA = {".py", ".pyc", ".pyi"}


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-3000:]
    return done


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of a copy of the sources, installed to a folder of its own; needs no network."""
    work = tmp_path_factory.mktemp("wheel")
    copy = work / "copy"
    copy.mkdir()
    for source in SOURCES:
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, copy / source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
        else:
            shutil.copy(ROOT / source, copy)
    pip = (sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check")
    run(*pip, "wheel", copy, "--no-deps", "--no-build-isolation", "--no-index", "-w", work, cwd=work)
    (wheel,) = work.glob("astrolens-*.whl")
    run(*pip, "install", "--no-deps", "--no-index", "--target", work / "site", wheel, cwd=work)
    return work / "site"


@pytest.fixture
def outside(installed: Path, tmp_path: Path) -> dict[str, str]:
    """An environment that sees the installed wheel first, and a home of its own."""
    return {**os.environ, "PYTHONPATH": str(installed), "ASTROLENS_HOME": str(tmp_path / "home")}


def data_files(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in NOT_DATA)
    return {path.relative_to(folder).as_posix() for path in found}


def test_that_every_data_file_of_the_tree_is_in_the_wheel(installed: Path):
    expected = data_files(ROOT / "resources")
    assert {"bands.toml", "schemes/abcx.toml", "themes/dark.toml", "icons/astrolens.svg"} <= expected
    assert data_files(installed / "astrolens_resources") == expected
    for plugin in (path.parent for path in (ROOT / "plugins").glob("*/plugin.py")):
        assert data_files(installed / plugin.name) == data_files(plugin), (
            f"{plugin.name}: see package-data in pyproject.toml"
        )


def test_that_plugins_and_resources_are_found_from_anywhere(installed: Path, outside: dict[str, str], tmp_path: Path):
    code = """
import json, astrolens_gui
from importlib.resources import files
from astrolens_gui.core.plugins import Plugins
plugins = Plugins.discover()
print(json.dumps({
    "where": astrolens_gui.__file__,
    "backends": sorted(spec.id for spec in plugins.backends()),
    "failed": [state.error for state in plugins.states if not state.ok],
    "schemes": sorted(path.name for path in files("astrolens_resources").joinpath("schemes").iterdir()),
}))
"""
    told = json.loads(run(sys.executable, "-c", code, cwd=tmp_path, env=outside).stdout.splitlines()[-1])
    assert Path(told["where"]).is_relative_to(installed)
    assert {"cnn", "simulator", "toy"} <= set(told["backends"])
    assert told["failed"] == []
    assert set(told["schemes"]) == {path.name for path in (ROOT / "resources" / "schemes").iterdir()}


def test_that_the_command_answers_and_simulates(installed: Path, outside: dict[str, str], tmp_path: Path):
    command = installed / "bin" / "astrolens"
    assert "simulate" in run(command, "--help", cwd=tmp_path, env=outside).stdout
    run(command, "simulate", "sky", "--count", "3", "--seed", "2", cwd=tmp_path, env=outside)
    assert len(list((tmp_path / "sky").rglob("*.fits"))) == 3
    assert (tmp_path / "sky" / "truth.csv").is_file()
