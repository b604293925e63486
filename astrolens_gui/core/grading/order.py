"""What a grader is shown besides the queue, blind: golden objects at drawn places, and objects a second time; knows ids and settings only.

Nothing of a path, a grid or the order of import enters: the same ids, settings and grades so far give the same places.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

DUPLICATE, GOLDEN, AUDIT = "duplicate", "golden", "audit"
APART = (DUPLICATE, GOLDEN, AUDIT, "stage", "joint")
"""How the reason begins for which an object was shown, where it was not its turn in the queue."""


@dataclass(frozen=True)
class Blind:
    """How a campaign mixes in what measures its graders.

    Attributes:
        duplicates: share of a grader's objects that are shown to the same grader again. spacing: answers between the two at
            least (at most three times as many); at the end of the queue the rest come without it.
        golden: one golden object to how many shown, as a share; 0 leaves them where the queue's order has them.
        early: so many golden objects come among the first `within` shown, so that a grader is soon known.
        feedback: a grader is told at once what a golden object was.
    """

    duplicates: float = 0.0
    spacing: int = 100
    golden: float = 0.0
    early: int = 0
    within: int = 100
    feedback: bool = False

    def __post_init__(self) -> None:
        for name in ("duplicates", "golden"):
            value = getattr(self, name)
            if not 0 <= value <= 0.5:
                raise ValueError(f"the share of {name} must lie in 0 … 0.5, not {value:g}")
        if self.spacing < 1 or self.early < 0 or self.within < max(self.early, 1):
            raise ValueError("spacing must be at least 1, and the early golden objects must fit among the first shown")

    @classmethod
    def read(cls, values: Mapping[str, Any] | None) -> Blind:
        """From a project's settings; what is not named there, or is none of ours, is as above."""
        known = cls.__dataclass_fields__
        return cls(**{name: value for name, value in (values or {}).items() if name in known})

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def mixed_in(
    order: np.ndarray, ids: np.ndarray, waiting: np.ndarray, golden: np.ndarray, settings: Blind, key: str
) -> np.ndarray:
    """The rows of `order` with the golden ones that are still to be graded at drawn places among the others.

    Args:
        order: int64 (N,), rows, the first to be shown first. ids: int64 (N,), by row, the objects. waiting: bool (N,), by row:
            it has no grade of this grader yet. golden: bool (N,), by row. key: see `key_of`.

    Returns:
        int64 (N,), the same rows. A golden object's place does not depend on the rank that the order gave it, which would tell
        what it is; one that is graded keeps its rank.
    """
    left = golden & waiting
    if not settings.golden or not left.any():
        return order
    place, reached = {}, 0.0
    ranked = sorted(np.flatnonzero(golden).tolist(), key=lambda row: _hash(key, "golden", int(ids[row])))
    for at, row in enumerate(ranked):  # the first ones are the early ones, also for who has graded some already
        if left[row]:
            gap = settings.within / settings.early if at < settings.early else 1 / settings.golden
            place[row] = reached + gap * _unit(key, "place", int(ids[row]))
            reached += gap
    rest = order[~left[order]]
    turns = np.flatnonzero(waiting[rest])  # where something is to be graded
    shown = sorted(place, key=lambda row: place[row])
    others = [int(place[row]) - at for at, row in enumerate(shown)]  # so many come before it that are not golden
    end = int(turns[-1]) + 1 if len(turns) else 0
    before = [int(turns[max(one, 0)]) if max(one, 0) < len(turns) else end for one in others]
    return np.insert(rest, before, shown)


@dataclass
class Repeats:
    """Which object is due a second time, by one grader's answers so far.

    Attributes:
        settings: of the campaign. key: as in `mixed_in`. never: objects that are not repeated: golden ones.
    """

    settings: Blind
    key: str
    never: Collection[int] = frozenset()
    _answers: int = 0
    _last: int | None = None
    _seen: set[int] = field(default_factory=set)
    _due: list[tuple[int, int]] = field(default_factory=list)

    @classmethod
    def after(
        cls, settings: Blind, key: str, answers: Iterable[tuple[int, bool]], never: Collection[int] = frozenset()
    ) -> Repeats:
        """As it stands after these answers, oldest first: (object, whether it was shown as a duplicate)."""
        made = cls(settings, key, never)
        for object_id, again in answers:
            made.answered(object_id, again)
        return made

    def answered(self, object_id: int, again: bool = False) -> None:
        """The grader gave a grade. One that is changed later is no second answer."""
        self._answers, self._last = self._answers + 1, object_id
        if again:
            self._due = [one for one in self._due if one[1] != object_id]
        elif object_id not in self._seen:
            self._seen.add(object_id)
            if object_id not in self.never and _unit(self.key, "again", object_id) < self.settings.duplicates:
                gap = self.settings.spacing * (1 + 2 * _unit(self.key, "gap", object_id))
                self._due.append((self._answers + int(gap), object_id))

    def taken_back(self, object_id: int) -> None:
        """The grade of an object was undone: it is no longer due; given anew, it counts as new."""
        self._seen.discard(object_id)
        self._due = [one for one in self._due if one[1] != object_id]

    def due(self, at_end: bool = False) -> int | None:
        """The object to be shown again now, if there is one, never the one graded last; `at_end`: nothing else is left, spacing
        or not."""
        waiting = (one for at, one in sorted(self._due) if (at_end or at <= self._answers) and one != self._last)
        return next(waiting, None)


def key_of(seed: int, grader: str) -> str:
    """What places are drawn by: the project's seed and the grader."""
    return f"{seed}\0{grader}"


def audited(rejected: Collection[int], share: float, seed: int) -> list[int]:
    """A random share of what was rejected, at least one where there is any: by hash, so that it is the same for all."""
    if not 0 <= share <= 1:
        raise ValueError(f"the share of an audit must lie in 0 … 1, not {share:g}")
    count = min(len(rejected), max(round(share * len(rejected)), 1)) if share else 0
    return sorted(rejected, key=lambda one: _hash(str(seed), "audit", one))[:count]


def shuffled(objects: Collection[int], seed: int, grader: str) -> list[int]:
    """In an order that depends on ids, seed and grader alone."""
    return sorted(objects, key=lambda one: _hash(key_of(seed, grader), "stage", one))


def _hash(key: str, what: str, one: int) -> int:
    text = f"{key}\0{what}\0{one}"
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def _unit(key: str, what: str, one: int) -> float:
    return _hash(key, what, one) / 2**64
