"""The make and CI commands say what they need in one sentence, and CI runs what a developer runs."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")


def fake_python(folder: Path, body: str) -> Path:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make on a copy of its three files, with no environment made yet."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, folder)
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(["make", *arguments], cwd=folder, env=clean, capture_output=True, text=True, timeout=60)


@needs_make
@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('[ "$1" = -V ] && echo Python 3.9.1 && exit 0; exit 1', "needs Python 3.11 or newer; this is Python 3.9.1"),
        ('case "$2" in *ensurepip*) exit 1;; esac; exit 0', "cannot make environments; install its venv module"),
    ],
)
def test_that_an_unfit_python_is_refused_in_one_sentence(tmp_path: Path, body: str, words: str):
    done = make(tmp_path, "test", f"PYTHON={fake_python(tmp_path, body)}")
    assert done.returncode != 0
    assert words in done.stderr
    assert not (tmp_path / ".venv").exists()


@needs_make
def test_that_a_missing_python_is_refused_in_one_sentence(tmp_path: Path):
    done = make(tmp_path, "demo", "PYTHON=/nowhere/python3")
    assert done.returncode != 0
    assert "there is no /nowhere/python3" in done.stderr


@needs_make
@pytest.mark.parametrize(("display", "arguments"), [("", "demo --headless"), (":7", "demo")])
def test_that_the_demo_opens_a_window_only_where_there_is_a_display(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, display: str, arguments: str
):
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", display)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    fake_python(tmp_path / ".venv" / "bin", "").rename(tmp_path / ".venv" / "bin" / "astrolens")
    (tmp_path / ".venv" / "bin" / "astrolens").write_text('#!/bin/sh\necho "got: $*"\n', encoding="utf-8")
    done = make(tmp_path, "demo", "-o", ".venv/.ready")
    assert done.stdout.strip() == f"got: {arguments}"


@needs_make
def test_that_clean_leaves_projects_alone(tmp_path: Path):
    for folder in ("mine.astrolens", ".venv", "build", "astrolens_gui/__pycache__"):
        (tmp_path / folder).mkdir(parents=True)
    for folder in ("plugins", "resources", "tests", "benchmarks"):
        (tmp_path / folder).mkdir()
    done = make(tmp_path, "clean")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mine.astrolens").is_dir()
    assert not any((tmp_path / folder).exists() for folder in (".venv", "build", "astrolens_gui/__pycache__"))


@pytest.mark.parametrize("apt", [True, False])
def test_that_ci_installs_what_is_missing_then_lints_then_tests_with_no_home_and_no_input(tmp_path: Path, apt: bool):
    tools, log = tmp_path / "bin", tmp_path / "log"
    tools.mkdir()
    bodies = {"make": f'echo "make $*" >>{log}; echo "passed $1"', "sudo": 'shift; exec "$@"'}
    if apt:
        bodies |= {
            "dpkg": "[ $2 = xvfb ] || echo Status: install ok installed",
            "apt-get": f'echo "apt-get $*" >>{log}',
        }
    for name, body in bodies.items():
        fake_python(tools, body).rename(tools / name)
    for needed in ("bash", "sh", "dirname", "mktemp", "grep", "env"):
        (tools / needed).symlink_to(shutil.which(needed) or needed)
    done = subprocess.run(
        ["bash", ROOT / ".ci" / "run"], env={"PATH": str(tools)}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    steps = log.read_text(encoding="utf-8").splitlines()
    assert steps[-2:] == ["make lint", "make test"]
    assert done.stdout.splitlines()[-1] == "passed test"
    installed = [step for step in steps if step.startswith("apt-get install")]
    assert [step.split()[-1] for step in installed] == (["xvfb"] if apt else [])


def test_that_byte_code_is_never_switched_off():
    assert re.search(r"^unexport PYTHONDONTWRITEBYTECODE$", MAKEFILE, re.M)


def test_that_the_readme_names_the_commands_that_ci_runs():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in readme
    assert "make test" in readme
    assert CI.rstrip().endswith("make lint\nmake test")
    assert CI.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in CI
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
