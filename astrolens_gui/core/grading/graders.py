"""How a grader does: how many, how fast, how long still, and which lenses are found; knows rows of answers and a truth."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from ..learn.entries import Truth
from ..learn.recovery import QUANTITIES, Recovery, binned
from .consensus import LENS_FROM, Given

PAUSE_S = 60.0
"""Between two answers more than this is a pause, not work."""

RECENT = 200
"""Answers that the present rate is taken from."""


@dataclass(frozen=True)
class Pace:
    """How fast: `answers` in all, `working_s` seconds of work (time between answers, pauses left out), `sessions` apart by a
    pause, `median_s` seconds an answer takes, `rate_s` seconds an answer of late, all NaN where unknown."""

    answers: int
    working_s: float
    sessions: int
    median_s: float
    rate_s: float

    def left_s(self, objects: int) -> float:
        """Seconds of work that so many objects still take at the present rate; 0 for none, NaN where no rate is known."""
        return 0.0 if objects <= 0 else objects * self.rate_s


@dataclass(frozen=True)
class Work:
    """One grader's work: how often each grade was given, and the pace."""

    grader: str
    grades: Mapping[str, int]
    pace: Pace
    left: int = 0

    @property
    def graded(self) -> int:
        return sum(self.grades.values())


def pace(times: Sequence[str | datetime], pause_s: float = PAUSE_S, recent: int = RECENT) -> Pace:
    """From the moments (ISO 8601 or datetime) of one grader's answers, in any order. Answers of one instant are a batch (a page
    of a mosaic): the time before it is shared among them."""
    stamps = np.sort(np.array([_seconds(one) for one in times], float))
    if stamps.size < 2:
        return Pace(int(stamps.size), 0.0 if stamps.size else math.nan, int(stamps.size), math.nan, math.nan)
    gaps = np.diff(stamps)
    work = gaps[gaps <= pause_s]
    sessions = int((gaps > pause_s).sum()) + 1
    if not work.size:
        return Pace(int(stamps.size), 0.0, sessions, math.nan, math.nan)
    late = work[-recent:]
    return Pace(int(stamps.size), float(work.sum()), sessions, float(np.median(work)), float(late.mean()))


def work_of(
    rows: Iterable[tuple[str, str, str]], objects: int, pause_s: float = PAUSE_S, skip: Iterable[str] = ()
) -> list[Work]:
    """One a grader from (grader, grade, time), whose rows are of different objects among `objects`; graders named in `skip`
    are left out."""
    grades: dict[str, Counter[str]] = {}
    times: dict[str, list[str]] = {}
    hidden = set(skip)
    for grader, grade, time in rows:
        if grader not in hidden:
            grades.setdefault(grader, Counter())[grade] += 1
            times.setdefault(grader, []).append(time)
    return [
        Work(name, dict(count), pace([one for one in times[name] if one], pause_s), max(objects - count.total(), 0))
        for name, count in grades.items()
    ]


def recovery_of(
    grader: str,
    given: Iterable[Given],
    truth: Truth,
    lens_from: float = LENS_FROM,
    edges: Mapping[str, Sequence[float]] | None = None,
) -> list[Recovery]:
    """The grader's completeness against θ_E and arc S/N on the golden objects that this grader graded (`truth`), one for each
    quantity that the truth has for lenses. A lens is found where its grade is at least `lens_from`; golden objects not graded
    yet count nowhere. `fpr` is what the grader's own duds say (NaN without any).
    """
    said = {one.object: one.number for one in given if one.grader == grader}
    number = np.array([said.get(name, np.nan) for name in truth.ids])
    seen, found = np.isfinite(number), number >= lens_from
    duds = seen & ~truth.is_lens
    false = int((found & duds).sum())
    made = []
    for quantity in QUANTITIES:
        if quantity not in truth.columns:
            continue
        lenses = seen & truth.is_lens
        known = lenses & np.isfinite(truth.columns[quantity])
        if known.any():
            bins = binned(truth.columns[quantity][known], found[known], (edges or {}).get(quantity))
            rate = false / int(duds.sum()) if duds.any() else math.nan
            unknown = int((lenses & ~known).sum())
            made.append(Recovery(grader, quantity, rate, lens_from, false, int(duds.sum()), bins, unknown))
    return made


def _seconds(time: str | datetime) -> float:
    from ..labels.records import utc

    return datetime.fromisoformat(utc(time)).timestamp()
