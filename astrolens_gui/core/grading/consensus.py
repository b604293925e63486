"""What several graders' answers to one object add up to: means, majority, disagreement, when to stop, published lists; knows
numbers from 0 to 3 and schemes, no store."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .swap import Answer, Settings

if TYPE_CHECKING:
    from ..labels.schemes import Scheme

BEST = 3.0
"""Number of the best grade; the lowest is 0: the scale of SLED and of HOLISMOKES."""

APART = 2.0
"""Grades that far apart, on that scale, are a disagreement."""

LENS_FROM = 1.0
"""Grades from this number on count as LENS for SWAP: all that a person did not call a non-lens."""


@dataclass(frozen=True)
class Given:
    """One grader's grade of an object as a number from 0 to 3."""

    grader: str
    object: str
    number: float


@dataclass(frozen=True)
class Rule:
    """A list by mean grade: above `above` (at least, where `inclusive`), and not on a better list."""

    name: str
    above: float
    inclusive: bool = False

    def holds(self, value: float) -> bool:
        return value >= self.above if self.inclusive else value > self.above


@dataclass(frozen=True)
class Rules:
    """Lists from the best to the lowest, and where they were published."""

    id: str
    title: str
    source: str
    lists: tuple[Rule, ...]

    def of(self, value: float) -> str:
        """The list an object of this mean grade is on; "" for none, and for NaN."""
        return next((rule.name for rule in self.lists if rule.holds(value)), "")


HOLISMOKES = Rules(
    "holismokes",
    "HOLISMOKES: A > 2.5, B > 1.5",
    "Cañameras et al. 2021, HOLISMOKES VI; Schuldt et al. 2025, HOLISMOKES XVI",
    (Rule("A", 2.5), Rule("B", 1.5)),
)
HOLISMOKES_C = Rules(
    "holismokes-c", "HOLISMOKES with C > 0.5", "as HOLISMOKES, with the next band", (*HOLISMOKES.lists, Rule("C", 0.5))
)
PUBLISHED = {one.id: one for one in (HOLISMOKES, HOLISMOKES_C)}


@dataclass(frozen=True)
class Stop:
    """An object needs no more graders once `graders` graded it, or the posterior is settled and at least `fewest` did."""

    graders: int = 6
    fewest: int = 2
    detected: float = Settings.detected
    rejected: float = Settings.rejected

    def reason(self, graders: int, posterior: float = math.nan) -> str:
        """Why it is done, for a person; "" while it is not."""
        if graders >= self.graders:
            return f"{graders} graders"
        if graders >= self.fewest and (posterior > self.detected or posterior < self.rejected):
            return f"posterior {posterior:.2g} after {graders} graders"
        return ""


@dataclass(frozen=True)
class Verdict:
    """One object's consensus.

    Attributes:
        graders: how many gave a number. mean, spread: of the numbers; the spread is the sample standard deviation, NaN for one.
        trimmed: mean without the lowest and the highest share. majority: the number most gave, NaN where two are tied.
        range: highest less lowest. posterior: of SWAP, NaN where it was not asked.
        list: by the rules, of the mean. done: why no more graders are needed, "" while they are.
    """

    object: str
    graders: int
    mean: float
    spread: float
    trimmed: float
    majority: float
    range: float
    posterior: float
    list: str
    done: str


def numbers(scheme: Scheme) -> dict[str, float]:
    """Grade → number, 3 the best, 0 the lowest; grades that say nothing of a lens (no `positive`) have none.

    Grades that are themselves numbers of which the largest is 3 stay what they are; others are spaced evenly in the scheme's
    order: A, B, C, X are 3, 2, 1, 0, lens and non-lens 3 and 0.
    """
    values = [grade.value for grade in scheme.grades if grade.positive is not None]
    try:
        own = [float(value) for value in values]
    except ValueError:
        own = []
    if own and max(own) == BEST and min(own) >= 0:
        return dict(zip(values, own, strict=True))
    steps = max(len(values) - 1, 1)
    return {value: BEST * (1 - at / steps) for at, value in enumerate(values)}


def as_numbers(
    rows: Iterable[tuple[str, str, str, str]], schemes: Mapping[str, Scheme]
) -> tuple[list[Given], Counter[tuple[str, str]]]:
    """(grader, object, scheme, grade) → the grades that have a number, and how often each (scheme, grade) had none."""
    maps = {name: numbers(scheme) for name, scheme in schemes.items()}
    made, silent = [], Counter[tuple[str, str]]()
    for grader, one, scheme, grade in rows:
        number = maps.get(scheme, {}).get(grade)
        if number is None:
            silent[scheme, grade] += 1
        else:
            made.append(Given(grader, one, number))
    return made, silent


def as_answers(given: Iterable[Given], lens_from: float = LENS_FROM) -> list[Answer]:
    """What SWAP takes: LENS from the number `lens_from` on."""
    return [Answer(one.grader, one.object, one.number >= lens_from) for one in given]


def verdicts(
    given: Iterable[Given],
    posterior: Mapping[str, float] | None = None,
    *,
    trim: float = 0.2,
    rules: Rules = HOLISMOKES,
    stop: Stop = Stop(),
) -> list[Verdict]:
    """One an object, in order of appearance; of a grader's several grades the last counts."""
    latest: dict[str, dict[str, float]] = {}
    for one in given:
        latest.setdefault(one.object, {})[one.grader] = one.number
    return [
        _verdict(name, list(grades.values()), (posterior or {}).get(name, math.nan), trim, rules, stop)
        for name, grades in latest.items()
    ]


def disagreements(made: Iterable[Verdict], apart: float = APART) -> list[Verdict]:
    """Objects whose grades lie at least `apart` from each other, the widest and then the best first: to be graded again
    together."""
    return sorted((one for one in made if one.range >= apart), key=lambda one: (-one.range, -one.mean, one.object))


def trimmed_mean(values: Sequence[float], trim: float) -> float:
    """Mean without the floor(trim · n) lowest and as many highest values, as scipy.stats.trim_mean.

    Raises:
        ValueError: nothing would be left.
    """
    if not 0 <= trim < 0.5:
        raise ValueError("trim is a share of each end, below 0.5")
    ordered, cut = sorted(values), int(trim * len(values))
    kept = ordered[cut : len(ordered) - cut]
    return math.fsum(kept) / len(kept) if kept else math.nan


def _verdict(name: str, values: list[float], posterior: float, trim: float, rules: Rules, stop: Stop) -> Verdict:
    count = len(values)
    mean = round(math.fsum(values) / count, 9)  # 2.5 of thirds is 2.5, not above it
    spread = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (count - 1)) if count > 1 else math.nan
    common = Counter(values).most_common(2)
    tied = len(common) > 1 and common[0][1] == common[1][1]
    return Verdict(
        name,
        count,
        mean,
        spread,
        trimmed_mean(values, trim),
        math.nan if tied else common[0][0],
        max(values) - min(values),
        posterior,
        rules.of(mean),
        stop.reason(count, posterior),
    )
