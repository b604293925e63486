"""`astrolens doctor`: what is installed, what works and what doesn't, each as one line; mends only when asked."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import UserError

if TYPE_CHECKING:
    from astrolens_gui.core.labels.records import ModelRow
    from astrolens_gui.core.project import Project

LIBRARIES = ("astrolens", "numpy", "astropy", "PyQt5", "pyqtgraph", "SQLAlchemy", "pluggy", "keras", "tensorflow")


@dataclass(frozen=True)
class Finding:
    """One line: `state` is ok, note or wrong."""

    topic: str
    state: str
    text: str
    detail: str = ""


Look = Callable[[], Iterator[Finding]]


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
    looks: list[tuple[str, Look]] = [
        ("library", _versions),
        ("display", _display),
        ("device", _devices),
        ("plugin", _plugins),
        ("settings", _settings),
    ]
    findings: list[Finding] = []
    if project is not None:
        try:
            looks += _of_project(project, repair)
        except UserError as error:
            findings.append(Finding("project", "wrong", str(error)))
    elif repair:
        raise UserError("name the project to repair: astrolens doctor PROJECT --repair")
    for topic, look in looks:
        try:
            findings += look()
        except UserError as error:
            findings.append(Finding(topic, "wrong", str(error)))
        except Exception as error:
            import traceback

            sentence = f"{type(error).__name__}: {error}"
            findings.append(Finding(topic, "wrong", sentence, traceback.format_exc()))
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
    from astrolens_gui.core.labels.schemes import own_problems
    from astrolens_gui.core.settings import Settings

    settings = Settings.load(paths.settings_file())
    state = "note" if settings.problem else "ok"
    yield Finding("settings", state, settings.problem or str(settings.path))
    yield from (Finding("scheme", "note", problem) for problem in own_problems())
    yield Finding("log", "ok", str(paths.log_folder() / "astrolens.log"))


def _of_project(folder: Path, repair: bool) -> list[tuple[str, Look]]:
    """What is looked at in a project: a database that can't be opened hides neither images nor models."""
    from astrolens_gui.core.project import Project

    project = Project.open(folder)
    looks = {"repair": _repair, "database": _database, "images": _images, "model": _models}
    return [(topic, partial(look, project)) for topic, look in looks.items() if repair or topic != "repair"]


def _repair(project: Project) -> Iterator[Finding]:
    done = project.repair()
    yield Finding("repair", "ok", done.done)
    if done.lost:
        yield Finding("repair", "wrong", done.lost)


def _database(project: Project) -> Iterator[Finding]:
    with project.store(read_only=True) as store:
        wrong = store.integrity()
        for sentence in wrong:
            yield Finding("database", "wrong", sentence)
        if not wrong:
            counts = sum(store.counts().values())
            yield Finding("database", "ok", f"{project.name}: {store.count():,} objects, {counts:,} labels")
        for notice in store.notices:
            yield Finding("database", "note", notice)


def _images(project: Project) -> Iterator[Finding]:
    for name, path in project.roots.items():
        if path.is_dir():
            yield Finding("images", "ok", f"{name}: {path}")
        else:
            remedy = f"astrolens relocate {project.folder} {name}=PATH"
            yield Finding("images", "wrong", f"{name}: {path} is not there; {remedy}")


def _models(project: Project) -> Iterator[Finding]:
    """Every listed model: its folder, its description, its weights and the backend that runs it."""
    from astrolens_gui.core.labels.records import StoreError
    from astrolens_gui.core.plugins import Plugins

    try:
        with project.store(read_only=True) as store:
            rows = store.models()
    except StoreError:  # said by the look at the database
        return
    plugins = Plugins.discover() if rows else None
    for row in rows:
        what = f"{row.id}{' (champion)' if row.champion else ''}"
        problem = _unusable(project, row, plugins)
        if not problem:
            yield Finding("model", "ok", f"{what}: {row.verdict or 'listed'}, {row.backend}")
        elif row.champion:
            remedy = f"or train another: astrolens train {project.folder}"
            yield Finding("model", "wrong", f"{what}: {problem}; mend that, {remedy}")
        else:
            yield Finding("model", "note", f"{what}: {problem}")


def _unusable(project: Project, row: ModelRow, plugins: Any) -> str:
    """Why a listed model can't run; "" when nothing is in the way."""
    from astrolens_gui.core.plugins import missing
    from astrolens_gui.workbench.choice import read_row

    try:
        info = read_row(project.folder / "models", row.folder)
        spec = plugins.backend(info.backend)
    except UserError as error:
        return str(error).rstrip(".")
    if not any(path.is_file() and path.stat().st_size and path.name != "model.json" for path in info.folder.rglob("*")):
        return f"{info.folder} holds no weights (weights.safetensors); put them back from a copy of the project"
    return missing(spec)
