"""Grading many stamps of the mosaic at once: only what a person has seen and still sees; knows no cell and no key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .pending import PendingGrades, counted


class Batch:
    """Takes what was asked for, leaves out what is not in sight, and says what it did.

    Args:
        seen: the objects whose pixels are on the screen now.
        say: takes one sentence.
    """

    def __init__(
        self, pending: PendingGrades, model: Any, seen: Callable[[], set[int]], say: Callable[[str], None]
    ) -> None:
        self._pending, self._model, self._seen, self._say = pending, model, seen, say
        self._left = ""
        pending.saved_together.connect(self._saved)

    def selected(self, object_ids: Sequence[int], grade: str, seconds: float) -> list[int]:
        """Grade these; returns those that are on their way to the disk."""
        seen = self._seen()
        there = [one for one in object_ids if one in seen]
        left = len(object_ids) - len(there)
        self._left = (
            f"; {counted(left, 'selected stamp')} out of sight or without a picture left as before" if left else ""
        )
        if there:
            self._pending.give_together(there, grade, seconds)
        else:
            self._say(
                f"None of the {counted(len(object_ids), 'selected stamp')} is in sight with its picture: nothing graded"
            )
        return there

    def rest(self, object_ids: Iterable[int], grade: str, seconds: float) -> list[int]:
        """Grade those of a page (what is wholly in sight) that have no grade."""
        page = list(object_ids)
        seen = self._seen()
        waiting = [one for one in page if not self._pending.grade_of(one)]
        there = [one for one in waiting if one in seen]
        left = len(waiting) - len(there)
        self._left = f"; {counted(left, 'stamp')} without a picture left without a grade" if left else ""
        if there:
            self._pending.give_together(there, grade, seconds)
        elif waiting:
            self._say("No stamp without a grade is in sight with its picture: nothing graded")
        else:
            self._say("Every stamp in sight has a grade")
        return there

    def _saved(self, object_ids: list[int], grade: str) -> None:
        self._say(f"{counted(len(object_ids), 'stamp')} graded {grade} together; Ctrl+Z takes all back{self._left}")
