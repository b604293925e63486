"""One open project: its store on the db lane, its pixels, its jobs; a verb that began on it ends on it, or not at all."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import Changes, UserError
from astrolens_gui.jobs.job import Job

from .elsewhere import ORIGIN as OTHERS
from .elsewhere import Elsewhere
from .pixels import Pixels
from .records import ProjectInfo

if TYPE_CHECKING:
    from astrolens_gui.core.labels.store import Store
    from astrolens_gui.core.project import Project

    from .bench import Workbench


class Opened:
    """What a verb binds when it is called, so that opening another project meanwhile can't turn it to that one.

    Attributes:
        bench: the workbench, for its plugins, runner, settings and subscribers.
        project: the folder's settings. images: pixels by object id.
    """

    def __init__(self, bench: Workbench, project: Project, store: Store) -> None:
        self.bench = bench
        self.project = project
        self.images = Pixels(self)
        self.elsewhere = Elsewhere()
        self._store: Store | None = store
        self._jobs: list[Job[Any]] = []

    @property
    def store(self) -> Store:
        """The label store; only on the db lane."""
        if self._store is None:
            raise UserError(f"{self.project.name} was closed meanwhile; open it again")
        return self._store

    def submit_db(self, work: Callable[[], Any]) -> Job[Any]:
        """Run `work` on the db lane, in order; does not wait."""
        return self.bench.runner.submit("db", work, title="saving", quiet=True)

    def on_db(self, work: Callable[[], Any]) -> Any:
        """Run `work` on the db lane and wait: for jobs of other lanes, never for the main thread."""
        return self.submit_db(work).result()

    def start(self, lane: str, function: Callable[..., Any], *arguments: Any, title: str) -> Job[Any]:
        """A listed job of this project: `function(self, *arguments, ctx=…)`; it is cancelled when the project closes."""
        job = self.bench.runner.submit(lane, function, self, *arguments, title=title)
        self._jobs = [other for other in self._jobs if not other.done] + [job]
        return job

    def tell(self, changes: Changes) -> Changes:
        if changes.origin != OTHERS:
            self.elsewhere.wrote(changes)
        return self.bench.tell(changes)

    def relocate(self, root: str, path: Path) -> Changes:
        """On the db lane: the images of `root` are now at `path`."""
        self.project.relocate(root, path)
        self.images.forget()
        return self.tell(Changes(project=True, message=f"{root} is now {path}"))

    def info(self) -> ProjectInfo:
        """On the db lane."""
        champion = self.store.champion()
        return ProjectInfo(
            name=self.project.name,
            folder=self.project.folder,
            objects=self.store.count(),
            labelled=sum(self.store.counts(self.bench.grader).values()),
            scheme=self.project.settings["scheme"],
            champion=champion.id if champion else "",
            notes=tuple(self.store.notices),
        )

    def leave(self) -> None:
        """Cancel its jobs, and close the store once what is already on its way to it (labels) is there."""
        for job in self._jobs:
            job.cancel()
        self.submit_db(self.close)

    def close(self) -> None:
        """On the db lane."""
        if self._store is not None:
            self._store.close()
        self._store = None


def open_project(bench: Workbench, folder: Path, create: dict[str, str] | None) -> Opened:
    """On the db lane: the project of this folder, made with the options `create` where there is none.

    Raises:
        ProjectError, StoreError, SchemeError: it can't be opened, or a grading scheme of its own is broken.
    """
    from astrolens_gui.core.labels.schemes import load_schemes
    from astrolens_gui.core.project import Project

    if create is not None and not (folder / "project.toml").exists():
        project = Project.create(folder, **{name: value for name, value in create.items() if value})
    else:
        project = Project.open(folder)
        load_schemes(project.folder)  # refused here in a sentence, not half open later
    opened = Opened(bench, project, project.store())
    opened.elsewhere.look(opened)  # what is there by now is no news
    return opened


def as_job(verb: Callable[..., Job[Any]]) -> Callable[..., Job[Any]]:
    """A verb that views call at any moment, also while a project closes: its refusal is a failed job, not an exception."""

    @functools.wraps(verb)
    def call(bench: Workbench, *arguments: Any, **named: Any) -> Job[Any]:
        try:
            return verb(bench, *arguments, **named)
        except UserError as error:
            return bench.runner.submit("io", _raise, error, title="nothing", quiet=True)

    return call


def _raise(error: Exception) -> None:
    raise error


def settle(job: Job[Any]) -> Any:
    """Wait for a write and return its result, even in a job that was cancelled: what is done is kept."""
    over = threading.Event()
    job.add_done_callback(lambda _: over.set())
    over.wait()
    return job.result()
