"""The plugin docs can't rot: hooks are held against their specifications, the tutorial is followed to the letter."""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from astrolens_gui.api import hooks

DOCS = Path(__file__).resolve().parents[2] / "docs"
SPECS = {name: getattr(hooks, name) for name in dir(hooks) if name.startswith("astrolens_")}


def sections() -> dict[str, str]:
    """The page's sections by their heading's text."""
    parts = re.split(r"^## (.+)$", (DOCS / "plugin-hooks.md").read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_that_the_page_has_each_hook_and_no_other():
    assert {heading.split("(")[0] for heading in sections()} == set(SPECS)


@pytest.mark.parametrize("name", SPECS)
def test_that_each_hook_is_documented_with_its_arguments(name: str):
    arguments = list(inspect.signature(SPECS[name]).parameters)
    heading, text = next((h, t) for h, t in sections().items() if h.split("(")[0] == name)
    assert heading == f"{name}({', '.join(arguments)})"
    assert re.findall(r"^- `(\w+)`:", text, flags=re.M) == arguments
    assert "- called:" in text
    if not arguments:
        record = re.search(r"Iterable\[(\w+)\]", SPECS[name].__annotations__["return"])
        assert record
        assert f"- returns: `list[{record.group(1)}]`" in text


def test_that_a_stranger_who_follows_the_tutorial_has_a_working_plugin(tmp_path: Path):
    page = (DOCS / "writing-plugins.md").read_text(encoding="utf-8")
    for title, body in re.findall(r"^```\w+ title=(\S+)\n(.*?)^```$", page, flags=re.M | re.S):
        path = tmp_path / "astrolens-asymmetry" / title
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(body, encoding="utf-8")
    # Installed beside the environment rather than into it, so that the test leaves no trace.
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(site), str(tmp_path / "astrolens-asymmetry")], check=True)
    environment = {**os.environ, "PYTHONPATH": str(site)}

    def astrolens(*arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "astrolens_gui", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path)

    listed = astrolens("plugins")
    assert listed.returncode == 0, listed.stderr
    assert re.search(r"asymmetry\s+.*backend asymmetry", listed.stdout), listed.stdout
    checked = astrolens("check", "asymmetry")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "0 not passed" in checked.stdout


def test_that_the_tutorial_shows_the_commands_that_the_test_runs():
    page = (DOCS / "writing-plugins.md").read_text(encoding="utf-8")
    for command in ("astrolens plugins", "astrolens check asymmetry"):
        assert f"$ {command}\n" in page
