"""Grades given in the mosaic that are not yet on disk; knows no cell, and forgets a grade once the queue has it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from astrolens_gui.core.grading.order import APART

from ..bridge import words_of
from ..qt import QObject, Signal

ORIGIN = "mosaic"
"""Who made the change, in `Changes.origin`: the mosaic has already shown its own."""

FLOW = "grading"
"""The origin of a page of grades: nobody else need look up each of them, `set_grades` has shown them."""


class PendingGrades(QObject):
    """Several labels may be under way: a person grades faster than a slow disk commits.

    Attributes:
        saved: (object id, grade) committed; the queue model has it.
        lost: (object id) it could not be saved; the bridge's `failed` has said why.
        saved_together, lost_together: (list of object ids, grade) the same of grades that were given together.
    """

    saved = Signal(int, str)
    lost = Signal(int)
    saved_together = Signal(list, str)
    lost_together = Signal(list, str)

    def __init__(self, bridge: Any, workbench: Any, current: Any, model: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._workbench = workbench
        self._current = current
        self._model = model
        self._under_way: dict[int, tuple[str, Any]] = {}

    def __contains__(self, object_id: int) -> bool:
        return object_id in self._under_way

    def grade_of(self, object_id: int) -> str:
        """The grade under way, else the queue's."""
        grade, _ = self._under_way.get(object_id, ("", None))
        return grade or self._model.grade_of(object_id)

    def give(self, object_id: int, grade: str, seconds: float) -> None:
        """Label an object that was looked at for so many seconds."""
        job = self._workbench.label(
            object_id,
            grade,
            seconds=round(seconds, 3),
            why=self._why(object_id),
            screen=self._current.screen(),
            origin=ORIGIN,
        )
        self._under_way[object_id] = (grade, job)
        self._bridge.when_done(
            job, lambda _: self._done(object_id, grade, job), lambda error: self._failed(object_id, job, error)
        )

    def give_together(self, object_ids: Sequence[int], grade: str, seconds: float) -> None:
        """Label several objects alike in one step: all are saved, or none."""
        screen, each = self._current.screen(), round(seconds / max(len(object_ids), 1), 3)
        rows = [
            {"object_id": one, "seconds": each, "why": self._why(one, f"page of {len(object_ids)}, "), "screen": screen}
            for one in object_ids
        ]
        job = self._workbench.label_page(rows, grade, origin=FLOW)
        self._under_way.update(dict.fromkeys(object_ids, (grade, job)))
        ids = list(object_ids)
        self._bridge.when_done(
            job, lambda _: self._all_done(ids, grade, job), lambda error: self._all_failed(ids, grade, job, error)
        )

    def _why(self, object_id: int, page: str = "") -> str:
        why = str(self._model.why(object_id))
        if why.startswith(APART):  # a campaign counts by the first words
            return why
        if " p=" in why:  # it was drawn: what is estimated counts by these words
            return f"{page}mosaic, {why}"
        column, _ = self._model.sorted_by
        by = f", by {column}" if column else ""
        return f"{page}mosaic, {self._model.strategy or 'random'}, rank {self._model.rank_of(object_id)}{by}"

    def _all_done(self, object_ids: list[int], grade: str, job: Any) -> None:
        ours = [one for one in object_ids if self._leave(one, job)]
        self._model.set_grades(dict.fromkeys(ours, grade))
        if ours:
            self.saved_together.emit(ours, grade)

    def _all_failed(self, object_ids: list[int], grade: str, job: Any, error: BaseException) -> None:
        for one in object_ids:
            self._leave(one, job)
        reason = words_of(error).rstrip(".")
        self._bridge.failed.emit(
            f"{counted(len(object_ids), 'grade')} {grade} not saved, none of them: {reason}. Give them again once that is mended."
        )
        self.lost_together.emit(object_ids, grade)

    def clear(self) -> None:
        """Another project: what is under way is still saved, but shown nowhere."""
        self._under_way.clear()

    def _leave(self, object_id: int, job: Any) -> bool:
        """Forget this label; False when a newer one for the same object is under way, or the project is another."""
        known = self._under_way.get(object_id, ("", None))[1] is job
        if known:
            del self._under_way[object_id]
        return known

    def _done(self, object_id: int, grade: str, job: Any) -> None:
        if self._leave(object_id, job):
            self._model.set_grade(object_id, grade)
            self.saved.emit(object_id, grade)

    def _failed(self, object_id: int, job: Any, error: BaseException) -> None:
        self._leave(object_id, job)
        reason = words_of(error).rstrip(".")
        name = self._model.name_of(object_id)
        self._bridge.failed.emit(f"The label of {name} is not saved: {reason}. Grade it again once that is mended.")
        self.lost.emit(object_id)


def counted(number: int, what: str) -> str:
    """ "1 stamp", "12 stamps" """
    return f"{number:,} {what}{'' if number == 1 else 's'}"
