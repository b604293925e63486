"""All objects of a queue as arrays in the order of labelling; knows no row, no filter and no Qt."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from astrolens_gui.workbench.listing import Grades, Names

EMPTY: Any = SimpleNamespace(object=[], name=[], grade=[], score=[])


class Pile:
    """What a QueueTable holds, grades by number. What the table brings ready made is not made again.

    Attributes:
        objects: int64 ids. names: object array of str. scores: float64, NaN where there is none.
        codes: int32, the grade of each as a number in `levels`; 0 is none. open: bool, whether there is none.
        any_score: whether an object has a score.
        chance: float64, of a drawn order, each one's chance to be the next of those then left; None of another order.
    """

    def __init__(self, table: Any = EMPTY) -> None:
        made = getattr(table, "name_array", None)
        self.objects = np.asarray(table.object, dtype=np.int64)
        self.names = made if made is not None else np.asarray(table.name, dtype=object)
        by_id = getattr(table, "by_id", None)
        self.sorted = by_id if by_id is not None else np.argsort(self.objects, kind="stable")
        ids = getattr(table, "ids", None)
        self._ids = ids if ids is not None else self.objects[self.sorted]
        chance = getattr(table, "chance", None)
        self.chance: np.ndarray | None = None if chance is None else np.asarray(chance, np.float64)
        self._search: Names | None = getattr(table, "names", None)
        self.take_answers(table)

    def take_answers(self, table: Any, at: np.ndarray | None = None) -> None:
        """Grades and scores of a table; `at` has the place in it of each object here, where the order is another."""
        made = getattr(table, "grades", None)
        grades = made if made is not None else Grades(table.grade)
        scores = np.asarray(table.score, dtype=np.float64)
        self.levels: list[str] = list(grades.levels)
        self.codes = grades.codes.copy() if at is None else grades.codes[at]
        self.scores = scores if at is None else scores[at]
        self.open = self.codes == 0
        self.any_score = bool(np.isfinite(self.scores).any())
        self._given = np.bincount(self.codes, minlength=len(self.levels)).tolist()

    def __len__(self) -> int:
        return len(self.objects)

    @property
    def search(self) -> Names:
        """The names, ready to be looked through."""
        if self._search is None:
            self._search = Names(self.names.tolist())
        return self._search

    def find(self, object_id: int) -> int:
        """The place of an object, or -1."""
        at = int(self._ids.searchsorted(object_id))
        return int(self.sorted[at]) if at < len(self._ids) and self._ids[at] == object_id else -1

    def find_all(self, ids: np.ndarray) -> np.ndarray:
        """intp, the places of many objects, -1 for those that are not here."""
        if not len(self):
            return np.full(len(ids), -1)
        at = np.minimum(self._ids.searchsorted(ids), len(self) - 1)
        return np.where(self._ids[at] == ids, self.sorted[at], -1)

    def chance_of(self, at: int, page: int) -> float:
        """The chance that an object was drawn with; NaN where it was not its turn: more than a `page` before it is open."""
        if self.chance is None or int(np.count_nonzero(self.open[:at])) > page:
            return float("nan")
        return float(self.chance[at])

    @property
    def graded(self) -> int:
        """How many objects carry a grade."""
        return sum(self._given[1:])

    def grade(self, at: int) -> str:
        return self.levels[self.codes[at]]

    def set_grade(self, at: int, grade: str) -> None:
        if grade not in self.levels:
            self.levels.append(grade)
            self._given.append(0)
        code = self.levels.index(grade)
        self._given[self.codes[at]] -= 1
        self._given[code] += 1
        self.codes[at] = code
        self.open[at] = not grade

    def counts(self) -> dict[str, int]:
        """How many objects carry each grade."""
        return {level: count for level, count in zip(self.levels, self._given, strict=True) if level and count}

    def places(self, scheme: list[str], beyond: bool = False) -> np.ndarray:
        """float64: where each grade stands in the scheme; NaN without one, and for another scheme's (with `beyond`: after the last)."""
        known = {grade: float(place) for place, grade in enumerate(scheme)}
        other = float(len(scheme)) if beyond else np.nan
        return np.array([known.get(level, other) if level else np.nan for level in self.levels])[self.codes]
