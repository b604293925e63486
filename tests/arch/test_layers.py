"""The layer contracts of pyproject.toml hold, and cover every package there is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from .tree import PYPROJECT, ROOT

SETUPTOOLS = PYPROJECT["tool"]["setuptools"]
PLUGINS = sorted(path.parent.name for path in (ROOT / "plugins").glob("*/__init__.py"))


def test_that_the_layer_contracts_hold():
    command = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([command, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def test_that_every_package_of_the_tree_is_installed():
    program = {path.parent.relative_to(ROOT) for path in (ROOT / "astrolens_gui").rglob("*.py")}
    plugins = {path.parent.relative_to(ROOT / "plugins") for path in (ROOT / "plugins").rglob("*.py")}
    found = {folder.as_posix().replace("/", ".") for folder in program | plugins}
    assert found | {"astrolens_resources"} == set(SETUPTOOLS["packages"])


@pytest.mark.parametrize("plugin", PLUGINS)
def test_that_a_plugin_is_under_contract_found_by_its_entry_point_and_explained(plugin: str):
    linter = PYPROJECT["tool"]["importlinter"]
    assert plugin in linter["root_packages"]
    for contract in linter["contracts"]:
        if contract["name"].startswith("plugins"):
            assert plugin in contract.get("source_modules", contract.get("modules"))
    assert f"{plugin}.plugin" in PYPROJECT["project"]["entry-points"]["astrolens.plugins"].values()
    assert (ROOT / "plugins" / plugin / "plugin.py").is_file()
    assert len((ROOT / "plugins" / plugin / "README.md").read_text(encoding="utf-8")) > 300
