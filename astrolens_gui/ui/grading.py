"""The grading flow: key → label committed → next object; knows no widget, and shows nothing that is not yet on disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from astrolens_gui.core.grading.order import DUPLICATE

from .bridge import Bridge, words_of
from .current import Current
from .models.queue import QueueModel
from .qt import QObject, QTimer, Signal
from .sight import Consent, Sight

ORIGIN = "grading"
"""Who made the change, in `Changes.origin`: this flow has already shown its own."""

RECALL_MS = 120
"""Who leafs on faster than this is not reading comments."""


@dataclass(frozen=True)
class Saved:
    """A label that is on disk, as the label bar and the status line name it; `remark`: it is a comment alone;
    `why`: the reason that is stored with a grade, "" for what only says what holds now."""

    object_id: int
    name: str
    grade: str
    subtype: str = ""
    comment: str = ""
    clock: str = ""
    score: float | None = None
    remark: bool = False
    why: str = ""


class Grading(QObject):
    """Grades, sub-types, comments, undo and redo of the person at the keyboard.

    Attributes:
        sight: tells how well an object id can be seen now; the window's stage says it.
        again: the object that this grader is due to see once more, None where there is none; asked with True where nothing
            else is left.
        armed: the label that a kind now goes to: the grade given last; None before the first.
        saved: (Saved) a label was committed.
        failed: (str) a label could not be saved; the object is still the same.
        told: (str) something to say in the status line.
        recalled: (LabelRow) what this grader has said before of the object on the screen.
        finished: no object that is listed is left without a grade.
        forgotten: another project is open, or none: nothing is armed any more.
    """

    saved = Signal(object)
    failed = Signal(str)
    told = Signal(str)
    recalled = Signal(object)
    finished = Signal()
    forgotten = Signal()

    def __init__(self, bridge: Bridge, workbench: Any, current: Current, queue: QueueModel) -> None:
        super().__init__(bridge)
        self._bridge = bridge
        self._workbench = workbench
        self._current = current
        self._queue = queue
        self._pending = False
        self._from_top = False
        self._since = time.monotonic()
        self.armed: Saved | None = None
        self.sight: Callable[[int], Sight] = lambda _: Sight()
        self.again: Callable[[bool], int | None] = lambda _: None
        self._consent = Consent()
        self._recall = QTimer(self, singleShot=True, interval=RECALL_MS)
        self._recall.timeout.connect(self._ask_before)
        current.object_changed.connect(self._looked_at)

    @property
    def busy(self) -> bool:
        """A label is on its way to the disk."""
        return self._pending

    def _looked_at(self, _: int) -> None:
        self._since = time.monotonic()
        self._recall.start()

    def close(self) -> None:
        """The window goes: ask for nothing more."""
        self._recall.stop()

    def forget(self) -> None:
        """Another project, or none: a kind given now is not for what was graded in the former one."""
        self.armed = None
        self.forgotten.emit()

    def _ask_before(self) -> None:
        target = self._current.object_id
        if target >= 0:
            self._bridge.when_done(
                self._workbench.label_of(target), lambda row: self._before(target, row), lambda _: None
            )

    def _before(self, target: int, row: Any) -> None:
        if row is not None and target == self._current.object_id and target not in self._queue.anew:
            self.recalled.emit(row)

    def noted(self, object_id: int, grade: str) -> None:
        """A label was committed elsewhere in the window (under the mosaic's cursor): it is the last one now."""
        self._announce(Saved(object_id, self._queue.name_of(object_id), grade, why=self._queue.why(object_id)))

    def painted(self, object_id: int, when: float) -> None:
        """The image view shows the object since `when` (time.monotonic): the seconds of a label count from here."""
        if object_id == self._current.object_id:
            self._since = when

    def start_from_top(self) -> None:
        """The queue was ordered anew: after the next grade its top comes, wherever this object stands now."""
        self._from_top = True

    def grade(self, grade: str) -> None:
        """Grade the object on the screen; the next one shows once the label is on disk."""
        target = self._current.object_id
        if target < 0:
            self.told.emit("There is no object to grade.")
        elif self.may(target, grade):
            self._label(target, grade, advance=True)

    def may(self, target: int, grade: str) -> bool:
        """Whether the object is seen; else it is said, and a second wish for the same grade is granted."""
        sight = self.sight(target)
        sentence = self._consent.withheld(target, self._queue.name_of(target), grade, sight)
        if sentence:
            (self.failed if sight.final else self.told).emit(sentence)
        return not sentence

    def subtype(self, subtype: str) -> None:
        """Give the object that was graded last a sub-type; what is on the screen stays."""
        last = self.armed
        if last is None:
            self.told.emit("Give a grade first; its kind comes after it.")
            return
        self._label(last.object_id, last.grade, subtype=subtype, advance=False)

    def comment(self, text: str, target: int | None = None) -> None:
        """Comment on an object, else on the one on the screen; nothing moves, and no grade has to wait for it."""
        target = self._current.object_id if target is None else target
        if target < 0:
            return
        name, grade = self._queue.name_of(target), self._queue.grade_of(target)

        def committed(_: Any) -> None:
            self._announce(Saved(target, name, grade, comment=text, remark=True), arm=False)

        what = f"comment “{text}” on {name}"
        self._save(what, lambda: self._workbench.comment(target, text, origin=ORIGIN), committed)

    def _free(self) -> bool:
        """Take the turn; False, and a word, while the former label is on its way to the disk."""
        if self._pending:
            self.told.emit("The former label is still being saved.")
            return False
        self._pending = True
        return True

    def _label(self, target: int, grade: str, *, subtype: str = "", advance: bool) -> None:
        if not self._free():
            return
        seconds = round(time.monotonic() - self._since, 3) if advance else None
        why = self._queue.why(target)

        def submit() -> Any:
            return self._workbench.label(
                target,
                grade,
                subtype=subtype,
                seconds=seconds,
                why=why,
                screen=self._current.screen(),
                origin=ORIGIN,
            )

        def release() -> None:
            self._pending = False

        def committed(_: Any) -> None:
            self._queue.set_grade(target, grade)
            self._announce(Saved(target, self._queue.name_of(target), grade, subtype, why=why))
            if advance:
                self._advance(target)

        self._save(f"label of {self._queue.name_of(target)}", submit, committed, release)

    def _save(
        self,
        what: str,
        submit: Callable[[], Any],
        committed: Callable[[Any], None],
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        """Have it written; once it ended, well or not, `ended` is called, and `committed` if it is on disk."""

        def done(result: Any) -> None:
            ended()
            committed(result)

        def lost(error: BaseException) -> None:
            """Stay on the object, say why, let the person try again."""
            ended()
            reason = words_of(error).rstrip(".")
            self.failed.emit(f"The {what} is not saved: {reason}. Give it again once that is mended.")

        try:
            job = submit()
        except (ValueError, RuntimeError) as error:  # refused before it became a job: no project, or the program closes
            lost(error)
        else:
            self._bridge.when_done(job, done, lost)

    def _announce(self, saved: Saved, *, arm: bool = True) -> None:
        """Tell what is on disk now; the model's answer only with a grade, so that nobody is swayed."""
        score = self._queue.score_of(saved.object_id) if saved.grade else None
        saved = replace(saved, clock=time.strftime("%H:%M:%S"), score=score)
        if arm:
            self.armed = saved if saved.grade else None
        self.saved.emit(saved)

    def _advance(self, graded: int) -> None:
        if graded != self._current.object_id:
            return  # the person has already moved on
        row = self._queue.next_ungraded(-1 if self._from_top else self._queue.row_of(graded))
        self._from_top = False
        again = self.again(row < 0)
        if again is None and row < 0:
            self.finished.emit()
        elif self._workbench.settings["auto_advance"]:
            if again is not None:
                self._queue.judge_anew({again: DUPLICATE})
                row = self._queue.row_of(again)
            self._current.show(again if again is not None else self._queue.object_at(row), row)

    def undo(self) -> None:
        self._step(self._workbench.undo, "Taken back")

    def redo(self) -> None:
        self._step(self._workbench.redo, "Given again")

    def _step(self, verb: Any, said: str) -> None:
        if not self._free():
            return
        self._bridge.when_done(verb(origin=ORIGIN), lambda changes: self._stepped(changes, said), self._step_failed)

    def _step_failed(self, error: BaseException) -> None:
        self._pending = False
        self.told.emit(words_of(error))

    def _stepped(self, changes: Any, said: str) -> None:
        """Go to the object whose label changed, and show what holds for it now."""
        target = changes.extra.get("object") if changes is not None else None
        if target is None:
            self._pending = False
            self.told.emit(
                (changes.message if changes is not None else "") or "There is nothing left to take back or give again."
            )
            return

        def known(row: Any) -> None:
            self._pending = False
            grade = row.grade if row is not None else ""
            self._queue.set_grade(target, grade)
            self._current.show(target, self._queue.row_of(target))
            name = self._queue.name_of(target)
            self._announce(Saved(target, name, grade, row.subtype if row else "", row.comment if row else ""))
            of_grades = changes.extra.get("kind", "grade") in {"grade", "comment"} and "together" not in changes.extra
            now = f"{name} is {grade}" if grade else f"{name} has no grade"
            self.told.emit(f"{said}: {now}" if of_grades or not changes.message else changes.message)

        self._bridge.when_done(self._workbench.label_of(target), known, self._step_failed)
