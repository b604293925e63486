"""The open project as the window follows it: its queue, scheme and name; knows no widget, and keeps no label."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from .bridge import Bridge, words_of
from .current import Current
from .grading import ORIGIN, Grading
from .models.queue import QueueModel
from .qt import QObject, QTimer, Signal
from .views.pending import ORIGIN as MOSAIC

SEARCHABLE_MS = 1500
"""After a new order: names are made ready for a search when the first stamp is there."""
RELOAD_MS = 100
OTHERS_MS = 1000
MANY = 20
"""Up to so many labels are looked up one by one; above it the whole queue is read again."""


class Session(QObject):
    """Loads the queue, and loads it again when something changed it.

    Attributes:
        opened: (ProjectInfo) a project is open and its queue loaded.
        closed: no project is open any more.
        scheme_changed: (Scheme) other grades from now on.
        grader_changed: another person grades the open project.
        failed, told: (str) for the status line.
    """

    opened = Signal(object)
    closed = Signal()
    scheme_changed = Signal(object)
    grader_changed = Signal()
    failed = Signal(str)
    told = Signal(str)

    def __init__(self, bridge: Bridge, workbench: Any, current: Current, queue: QueueModel, grading: Grading) -> None:
        super().__init__(bridge)
        self._bridge, self._workbench = bridge, workbench
        self._current, self._queue, self._grading = current, queue, grading
        self.info: Any = None
        self.scheme: Any = None
        self._soon = QTimer(self, singleShot=True, interval=RELOAD_MS)
        self._soon.timeout.connect(lambda: self._load(None) if self.is_open else None)
        self._others = QTimer(self, interval=OTHERS_MS)
        self._others.timeout.connect(self._look_elsewhere)
        self._to_search: Any = None
        self._searchable = QTimer(self, singleShot=True, interval=SEARCHABLE_MS)
        self._searchable.timeout.connect(self._make_searchable)
        self._looking = False
        bridge.changed.connect(self._on_changed)

    def stop(self) -> None:
        """The window goes: ask for nothing more."""
        self._soon.stop()
        self._others.stop()
        self._searchable.stop()

    @property
    def is_open(self) -> bool:
        return self.info is not None

    def open(self, folder: Path, create: dict[str, str] | None = None, then: Any = None) -> None:
        """Open a project (or make it); the window shows the first object without a grade; then call `then()`."""
        failed = self._leave()

        def loaded(info: Any) -> None:
            self.info = info
            self._others.start()
            self._current.show(-1)
            self._queue.picked.clear()
            self.take_scheme()
            self.opened.emit(info)
            for note in info.notes:
                self.told.emit(note)
            self._load(None, then=then)

        self._bridge.when_done(self._workbench.open(folder, create), loaded, failed)

    def _leave(self) -> Callable[[BaseException], None]:
        """Nothing of this project can be graded or asked for from now on; what to call if it has to stay after all."""
        shown = self._current.object_id, self._current.position
        self._current.show(-1)

        def failed(error: BaseException) -> None:
            if self.is_open:
                self._current.show(*shown)
            self._fail(error)

        return failed

    def close(self) -> None:
        failed = self._leave()

        def gone(_: Any) -> None:
            self.info = None
            self._others.stop()
            self._queue.clear()
            self.closed.emit()

        self._bridge.when_done(self._workbench.close_project(), gone, failed)

    def take_scheme(self) -> None:
        """Grade by the project's scheme as its file has it now."""
        schemes = self._workbench.schemes()
        self.scheme = schemes.get(self.info.scheme)
        if self.scheme is None:
            self.scheme = next(iter(schemes.values()))
            self.failed.emit(
                f"This project's grading scheme {self.info.scheme!r} is not installed; the keys are {self.scheme.id}'s."
            )
        self._queue.set_colours({grade.value: grade.colour for grade in self.scheme.grades})
        self.scheme_changed.emit(self.scheme)

    def choose_strategy(self, strategy: str) -> None:
        """The person orders the queue another way: its top comes up."""
        self._load(strategy, log_choice=True, to_top=True)

    def follow(self, job: Any, said: str, failed: Callable[[BaseException], None] | None = None) -> None:
        """A verb of the workbench orders the queue another way: its top comes up, and `said` where nothing was in the way."""
        self._arrive(job, to_top=True, said=said, failed=failed)

    def rerank(self) -> None:
        self._load(None, to_top=True)

    def _load(self, strategy: str | None, *, log_choice: bool = False, to_top: bool = False, then: Any = None) -> None:
        job = self._workbench.queue(strategy, log_choice=log_choice)
        self._arrive(job, to_top=to_top, then=then)

    def _arrive(
        self,
        job: Any,
        *,
        to_top: bool,
        then: Any = None,
        said: str = "",
        failed: Callable[[BaseException], None] | None = None,
    ) -> None:
        def arrived(table: Any) -> None:
            self._queue.set_table(table)
            self._to_search = getattr(table, "names", None)
            self._searchable.start()
            if note := getattr(table, "note", "") or said:
                self.told.emit(note)
            shown = self._queue.rank_of(self._current.object_id)
            if to_top or not shown:
                row = max(self._queue.next_ungraded(-1), 0)
                self._current.show(self._queue.object_at(row), row)
            else:
                self._grading.start_from_top()
            if then is not None:
                then()

        self._bridge.when_done(job, arrived, failed or self._fail)

    def _make_searchable(self) -> None:
        """Once the first stamp is there: the first letter typed into the search must not wait for a million names."""
        if self.is_open and self._to_search is not None:
            self._workbench.make_searchable(self._to_search)

    def follow_grader(self) -> None:
        """Another person grades now: their grades, their queue, and what is due to them."""
        if self.is_open:
            self._load(None)
            self.grader_changed.emit()

    def _look_elsewhere(self) -> None:
        """What another window on this project, or another grader, has given meanwhile shows here within a second or two."""
        if self.is_open and not self._looking:
            self._looking = True

            def done(_: Any) -> None:
                self._looking = False

            self._bridge.when_done(self._workbench.look_elsewhere(), done, done)

    def _on_changed(self, changes: Any) -> None:
        """Somebody changed the project: follow, without moving what is looked at."""
        if self.info is None:
            return
        if changes.queue or changes.scores or changes.objects:
            self._soon.start()  # an import tells of many batches; one new order is enough
        elif changes.labels and changes.origin not in (ORIGIN, MOSAIC):
            self._take_labels(changes.labels)

    def _take_labels(self, objects: tuple[int, ...]) -> None:
        if len(objects) > MANY:
            self._bridge.when_done(self._workbench.queue(None), self._queue.refresh, self._fail)
            return
        for one in objects:
            self._bridge.when_done(self._workbench.label_of(one), partial(self._take_label, one), self._fail)

    def _take_label(self, object_id: int, row: Any) -> None:
        self._queue.set_grade(object_id, row.grade if row is not None else "")

    def choose_scheme(self, scheme: str) -> None:
        """Grade this project by another scheme from now on; the labels there are keep theirs."""
        workbench, project = self._workbench, self._workbench.project

        def write() -> None:
            from astrolens_gui.core.labels.schemes import keep_with

            keep_with(project.folder, scheme)
            project.settings["scheme"] = scheme
            project.save()

        def written(_: Any) -> None:
            self._bridge.when_done(workbench.info(), self._informed, self._fail)

        self._bridge.when_done(workbench.runner.submit("db", write, quiet=True), written, self._fail)

    def _informed(self, info: Any) -> None:
        self.info = info
        self.take_scheme()

    def _fail(self, error: BaseException) -> None:
        self.failed.emit(words_of(error))
