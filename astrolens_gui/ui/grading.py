"""The grading flow: key → label committed → next object; knows no widget, and shows nothing that is not yet on disk."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from .bridge import Bridge
from .current import Current
from .models.queue import QueueModel
from .qt import QObject, Signal

ORIGIN = "grading"
"""Who made the change, in `Changes.origin`: this flow has already shown its own."""


@dataclass(frozen=True)
class Saved:
    """A label that is on disk, as the label bar and the status line name it."""

    object_id: int
    name: str
    grade: str
    subtype: str = ""
    comment: str = ""
    clock: str = ""
    score: float | None = None


class Grading(QObject):
    """Grades, sub-types, comments, undo and redo of the person at the keyboard.

    Attributes:
        saved: (Saved) a label was committed.
        failed: (str) a label could not be saved; the object is still the same.
        told: (str) something to say in the status line.
        finished: every object of the queue has a grade.
    """

    saved = Signal(object)
    failed = Signal(str)
    told = Signal(str)
    finished = Signal()

    def __init__(self, bridge: Bridge, workbench: Any, current: Current, queue: QueueModel) -> None:
        super().__init__(bridge)
        self._bridge = bridge
        self._workbench = workbench
        self._current = current
        self._queue = queue
        self._pending = False
        self._since = time.monotonic()
        self._draft = ""
        self.last: Saved | None = None
        current.object_changed.connect(self._looked_at)

    @property
    def busy(self) -> bool:
        """A label is on its way to the disk."""
        return self._pending

    def _looked_at(self, _: int) -> None:
        self._since = time.monotonic()
        self._draft = ""

    def painted(self, object_id: int, when: float) -> None:
        """The image view shows the object since `when` (time.monotonic): the seconds of a label count from here."""
        if object_id == self._current.object_id:
            self._since = when

    def grade(self, grade: str) -> None:
        """Grade the object on the screen; the next one shows once the label is on disk."""
        target = self._current.object_id
        if target < 0:
            self.told.emit("There is no object to grade.")
            return
        self._label(target, grade, comment=self._draft, advance=True)

    def grade_object(self, object_id: int, grade: str) -> None:
        """Grade another object than the one on the screen (a stamp of the mosaic); nothing moves."""
        self._label(object_id, grade, advance=False)

    def subtype(self, subtype: str) -> None:
        """Give the object that was graded last a sub-type; what is on the screen stays."""
        last = self.last
        if last is None or not last.grade:
            self.told.emit("Give a grade first; its kind comes after it.")
            return
        self._label(last.object_id, last.grade, subtype=subtype, comment=last.comment, advance=False)

    def comment(self, text: str) -> None:
        """Comment on the object on the screen; without a grade yet, the comment is saved along with it."""
        target = self._current.object_id
        grade = self._queue.grade_of(target)
        if target < 0:
            return
        if not grade:
            self._draft = text
            self.told.emit("The comment is saved with the grade.")
            return
        self._label(target, grade, comment=text, advance=False)

    def _label(self, target: int, grade: str, *, subtype: str = "", comment: str = "", advance: bool) -> None:
        if self._pending:
            self.told.emit("The former label is still being saved.")
            return
        self._pending = True
        seconds = round(time.monotonic() - self._since, 3) if advance else None
        job = self._workbench.label(
            target,
            grade,
            subtype=subtype,
            comment=comment,
            seconds=seconds,
            why=f"{self._queue.strategy or 'random'}, rank {self._queue.rank_of(target)}",
            screen=self._current.screen(),
            origin=ORIGIN,
        )

        def committed(_: Any) -> None:
            self._pending = False
            self._queue.set_grade(target, grade)
            self._announce(Saved(target, self._queue.name_of(target), grade, subtype, comment))
            if advance:
                self._advance(target)

        self._bridge.when_done(job, committed, lambda error: self._lost(target, error))

    def _announce(self, saved: Saved) -> None:
        clock = time.strftime("%H:%M:%S")
        score = self._queue.score_of(saved.object_id)
        self.last = Saved(saved.object_id, saved.name, saved.grade, saved.subtype, saved.comment, clock, score)
        self.saved.emit(self.last)

    def _lost(self, target: int, error: BaseException) -> None:
        """Saving failed: stay on the object, say why, let the person try again."""
        self._pending = False
        reason = (str(error) or type(error).__name__).rstrip(".")
        self.failed.emit(f"The label of {self._queue.name_of(target)} is not saved: {reason}. Grade it again once that is mended.")

    def _advance(self, graded: int) -> None:
        if graded != self._current.object_id:
            return  # the person has already moved on
        row = self._queue.next_ungraded(self._queue.row_of(graded))
        if row < 0:
            self.finished.emit()
        elif self._workbench.settings["auto_advance"]:
            self._current.show(self._queue.object_at(row), row)

    def undo(self) -> None:
        self._step(self._workbench.undo, "Taken back")

    def redo(self) -> None:
        self._step(self._workbench.redo, "Given again")

    def _step(self, verb: Any, said: str) -> None:
        if self._pending:
            self.told.emit("The former label is still being saved.")
            return
        self._pending = True
        self._bridge.when_done(verb(origin=ORIGIN), lambda changes: self._stepped(changes, said), self._step_failed)

    def _step_failed(self, error: BaseException) -> None:
        self._pending = False
        self.told.emit(str(error) or type(error).__name__)

    def _stepped(self, changes: Any, said: str) -> None:
        """Go to the object whose label changed, and show what holds for it now."""
        target = changes.extra.get("object") if changes is not None else None
        if target is None:
            self._pending = False
            self.told.emit((changes.message if changes is not None else "") or "There is nothing left to take back or give again.")
            return

        def known(row: Any) -> None:
            self._pending = False
            self._queue.set_grade(target, row.grade if row is not None else "")
            self._current.show(target, self._queue.row_of(target))
            name = self._queue.name_of(target)
            if row is not None:
                self._announce(Saved(target, name, row.grade, row.subtype, row.comment))
            else:
                self.last = None
            self.told.emit(f"{said}: {name}" + (f" is {row.grade}" if row is not None else " has no grade"))

        self._bridge.when_done(self._workbench.label_of(target), known, self._step_failed)
