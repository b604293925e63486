"""`astrolens doctor`: what is installed, what works and what doesn't, each as one line; mends only when asked."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from astrolens_gui.api import UserError

LIBRARIES = ("astrolens", "numpy", "astropy", "PyQt5", "pyqtgraph", "SQLAlchemy", "pluggy", "keras", "tensorflow")


@dataclass(frozen=True)
class Finding:
    """One line: `state` is ok, note or wrong."""

    topic: str
    state: str
    text: str
    detail: str = ""


@dataclass(frozen=True)
class Report:
    findings: list[Finding] = field(default_factory=list)

    @property
    def healthy(self) -> bool:
        return all(finding.state != "wrong" for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        return {"healthy": self.healthy, "findings": [asdict(finding) for finding in self.findings]}

    def lines(self) -> list[str]:
        marks = {"ok": "✓", "note": "·", "wrong": "✗"}
        lines = []
        for finding in self.findings:
            lines.append(f"{marks[finding.state]} {finding.topic:10} {finding.text}")
            lines += [f"      {line}" for line in finding.detail.rstrip().splitlines()]
        lines.append("all is well" if self.healthy else "something is wrong: see the lines marked ✗")
        return lines


def examine(project: Path | None = None, repair: bool = False) -> Report:
    """Look at everything; no look stops another."""
    looks: list[Callable[[], Iterator[Finding]]] = [_versions, _display, _devices, _plugins, _settings]
    if project is not None:
        looks.append(lambda: _project(project, repair))
    elif repair:
        raise UserError("name the project to repair: astrolens doctor PROJECT --repair")
    findings: list[Finding] = []
    for look in looks:
        try:
            findings += look()
        except UserError as error:
            findings.append(Finding("project", "wrong", str(error)))
        except Exception as error:
            import traceback

            sentence = f"{type(error).__name__}: {error}"
            findings.append(Finding(look.__name__.strip("_"), "wrong", sentence, traceback.format_exc()))
    return Report(findings)


def _versions() -> Iterator[Finding]:
    yield Finding("python", "ok", f"{platform.python_version()} on {platform.platform()} ({sys.executable})")
    for name in LIBRARIES:
        try:
            yield Finding("library", "ok", f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:
            state = "note" if name in {"keras", "tensorflow"} else "wrong"
            yield Finding("library", state, f"{name} is missing: pip install {name}")


def _display() -> Iterator[Finding]:
    for name in ("WAYLAND_DISPLAY", "DISPLAY", "QT_QPA_PLATFORM"):
        if value := os.environ.get(name):
            yield Finding("display", "ok", f"{name}={value}")
            return
    if sys.platform.startswith("linux"):
        yield Finding(
            "display", "note", "no display: the command line and `astrolens demo --headless` work, the window doesn't"
        )
    else:
        yield Finding("display", "ok", "native")


def _devices() -> Iterator[Finding]:
    from astrolens_gui.jobs import device

    found = device.devices()
    for one in found:
        half = ", faster in half precision" if one.half_precision else ""
        yield Finding("device", "ok", f"{one.id}: {one.name}{half}")
    if not any(one.id.startswith("gpu") for one in found):
        yield Finding("device", "note", "no GPU: models run on the CPU; with one, pip install 'astrolens[gpu]'")


def _plugins() -> Iterator[Finding]:
    from astrolens_gui.core.plugins import Plugins, missing

    plugins = Plugins.discover()
    for state in plugins.states:
        text = f"{state.name} ({state.module}): {', '.join(state.provides) if state.ok else state.error}"
        yield Finding("plugin", "ok" if state.ok else "wrong", text, state.traceback)
    for spec in plugins.backends():
        if lacking := missing(spec):
            yield Finding("backend", "note", f"{spec.id} {lacking}")


def _settings() -> Iterator[Finding]:
    from astrolens_gui.core import paths
    from astrolens_gui.core.settings import Settings

    settings = Settings.load(paths.settings_file())
    state = "note" if settings.problem else "ok"
    yield Finding("settings", state, settings.problem or str(settings.path))
    yield Finding("log", "ok", str(paths.log_folder() / "astrolens.log"))


def _project(folder: Path, repair: bool) -> Iterator[Finding]:
    from astrolens_gui.core.labels import backup
    from astrolens_gui.core.project import Project

    project = Project.open(folder)
    if repair:
        yield from _repair(project, backup)
    with project.store(read_only=not repair) as store:
        wrong = store.integrity()
        for sentence in wrong:
            yield Finding("database", "wrong", sentence)
        if not wrong:
            counts = sum(store.counts().values())
            yield Finding("database", "ok", f"{project.name}: {store.count():,} objects, {counts:,} labels")
        for notice in store.notices:
            yield Finding("database", "note", notice)
    for name, path in project.roots.items():
        if path.is_dir():
            yield Finding("images", "ok", f"{name}: {path}")
        else:
            remedy = f"astrolens relocate {project.folder} {name}=PATH"
            yield Finding("images", "wrong", f"{name}: {path} is not there; {remedy}")


def _repair(project: Any, backup: Any) -> Iterator[Finding]:
    """Restore the newest sound backup only where the database is damaged; derive what is derived anew."""
    path = project.database_file
    if project.settings["database"]:
        yield Finding("repair", "note", "a PostgreSQL database is repaired with its own tools")
    elif problems := backup.problems(path):
        yield Finding("repair", "note", f"{path.name}: {problems[0]}")
        yield Finding("repair", "ok", backup.restore_latest_backup(path, project.folder / "backups"))
    with project.store() as store:
        if store.integrity():
            store.rebuild()
            yield Finding("repair", "ok", "the current labels were derived anew from their history")
