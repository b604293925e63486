"""Pytest fixtures for plugin authors: `pytest -p astrolens_gui.testing.fixtures` or `pytest_plugins = [...]`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from astrolens_gui.core.plugins import Plugins

from .checks import Outcome, check


@pytest.fixture(scope="session")
def astrolens_plugins() -> Plugins:
    """Every installed plugin, discovered as the program does."""
    return Plugins.discover()


@pytest.fixture
def conforms(astrolens_plugins: Plugins, tmp_path: Path) -> Callable[[str], list[Outcome]]:
    """`conforms("my-backend")` runs every check and fails with a list of what went wrong."""

    def run(id: str) -> list[Outcome]:
        module = astrolens_plugins.module_of(id)
        outcomes = list(check(astrolens_plugins.backend(id), module, tmp_path))
        failed = [f"{outcome.name}: {outcome.detail}" for outcome in outcomes if outcome.state == "failed"]
        assert not failed, "\n".join(failed)
        return outcomes

    return run
