"""How far graders agree, with each other and with themselves: kappas, alpha, a matrix of pairs; knows arrays of levels.

Levels are whole numbers from 0; NaN stands for "not graded". What is not graded by both counts nowhere.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .proportions import Interval, wilson

Weights = Literal["none", "linear", "quadratic"]
Metric = Literal["nominal", "ordinal", "interval"]


def cohen(first: np.ndarray, second: np.ndarray, weights: Weights = "none", levels: int | None = None) -> float:
    """Cohen's kappa of two graders, float (N,), NaN where ungraded (Cohen 1960; weighted: Cohen 1968).

    1 − Σ w·observed / Σ w·expected with w = 0/1, |i − j| or (i − j)². `levels` is how many the scheme has; it changes nothing
    but the check. NaN without a common object, or where both gave one and the same level throughout.

    Raises:
        ValueError: a level is no whole number from 0, or beyond the scheme.
    """
    a, b = np.asarray(first, float), np.asarray(second, float)
    both = np.isfinite(a) & np.isfinite(b)
    x, y = _whole(a[both], levels), _whole(b[both], levels)
    if not x.size:
        return float("nan")
    size = int(max(x.max(), y.max())) + 1
    seen = np.bincount(x * size + y, minlength=size * size).reshape(size, size) / x.size
    chance = np.outer(seen.sum(1), seen.sum(0))
    apart = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    cost = {"none": (apart > 0).astype(float), "linear": apart.astype(float), "quadratic": apart.astype(float) ** 2}
    expected = float((cost[weights] * chance).sum())
    return 1 - float((cost[weights] * seen).sum()) / expected if expected > 0 else float("nan")


@dataclass(frozen=True)
class Fleiss:
    """Fleiss' kappa, and of how many objects and answers."""

    kappa: float
    objects: int
    answers: int


def fleiss(table: np.ndarray) -> Fleiss:
    """Fleiss' kappa (Fleiss 1971) of answers float (objects, graders), NaN where ungraded.

    Objects with fewer than two answers are left out. Where all others have the same number n this is Fleiss' own: the mean
    over objects of Σ n_j(n_j − 1) / n(n − 1) against Σ p_j². With unequal numbers each object's share of agreeing pairs
    counts alike, and p_j is of all answers (as in Gwet 2014, ch. 2).
    """
    table = np.asarray(table, float)
    table = table[np.isfinite(table).sum(1) >= 2] if table.ndim == 2 else table.reshape(0, 0)
    if not table.size:
        return Fleiss(float("nan"), 0, 0)
    return fleiss_counts(_tally(table))


def fleiss_counts(counts: np.ndarray) -> Fleiss:
    """The same from how often each object got each level, (objects, levels)."""
    counts = np.asarray(counts, float)
    counts = counts[counts.sum(1) >= 2]
    if not len(counts):
        return Fleiss(float("nan"), 0, 0)
    given = counts.sum(1)
    agreed = float(np.mean((counts * (counts - 1)).sum(1) / (given * (given - 1))))
    chance = float(((counts.sum(0) / counts.sum()) ** 2).sum())
    kappa = (agreed - chance) / (1 - chance) if chance < 1 else float("nan")
    return Fleiss(kappa, len(counts), int(counts.sum()))


def krippendorff(table: np.ndarray, metric: Metric = "ordinal") -> float:
    """Krippendorff's alpha of answers float (objects, graders), NaN where ungraded (Krippendorff 2011, eq. of the coincidence
    matrix): 1 − observed / expected disagreement; any number of graders an object. NaN where all answers are alike."""
    table = np.asarray(table, float)
    table = table[np.isfinite(table).sum(1) >= 2]
    if not table.size:
        return float("nan")
    counts = _tally(table)
    given = counts.sum(1)
    pairs = np.einsum("oi,oj,o->ij", counts, counts, 1 / (given - 1)) - np.diag((counts / (given - 1)[:, None]).sum(0))
    margin = pairs.sum(0)
    total, size = margin.sum(), len(margin)
    index = np.arange(size)
    if metric == "ordinal":
        middle = np.cumsum(margin) - margin / 2
        apart = np.subtract.outer(middle, middle) ** 2
    else:
        apart = np.subtract.outer(index, index) ** 2.0
        apart = (apart > 0).astype(float) if metric == "nominal" else apart
    expected = float((apart * np.outer(margin, margin)).sum()) / (total - 1)
    return 1 - float((apart * pairs).sum()) / expected if expected > 0 else float("nan")


@dataclass(frozen=True)
class Pairs:
    """Every pair of graders: `kappa` float64 (graders, graders), 1 on the diagonal, NaN without a common object; `common` how
    many objects both graded; `same` the share of those with the same level."""

    graders: tuple[str, ...]
    kappa: np.ndarray
    common: np.ndarray
    same: np.ndarray


def pairs(graders: Sequence[str], table: np.ndarray, weights: Weights = "none") -> Pairs:
    """Cohen's kappa of all pairs of answers float (objects, graders)."""
    table, count = np.asarray(table, float), len(graders)
    kappa, same = np.eye(count), np.full((count, count), np.nan)
    there = np.isfinite(table)
    common = there.T.astype(np.int64) @ there.astype(np.int64)
    for i in range(count):
        for j in range(i, count):
            if common[i, j]:
                both = there[:, i] & there[:, j]
                same[i, j] = same[j, i] = np.mean(table[both, i] == table[both, j])
            if i != j:
                kappa[i, j] = kappa[j, i] = cohen(table[:, i], table[:, j], weights)
    return Pairs(tuple(graders), kappa, common, same)


def as_table(
    answers: Iterable[tuple[str, Hashable, float]],
) -> tuple[list[str], list[Hashable], np.ndarray]:
    """(grader, object, level) → graders, objects, float64 (objects, graders) with NaN where ungraded; the last answer of a
    grader to an object stands."""
    last = {(grader, one): level for grader, one, level in answers}
    graders = list(dict.fromkeys(grader for grader, _ in last))
    objects = list(dict.fromkeys(one for _, one in last))
    column = {name: at for at, name in enumerate(graders)}
    line = {name: at for at, name in enumerate(objects)}
    table = np.full((len(objects), len(graders)), np.nan)
    for (grader, one), level in last.items():
        table[line[one], column[grader]] = level
    return graders, objects, table


@dataclass(frozen=True)
class SelfAgreement:
    """One grader's first and later answers to the same object: `pairs` compared, `same` of them alike (Wilson's 95 % interval
    beside), their `kappa`, and the mean difference in levels, later less first (`drift`)."""

    pairs: int
    same: int
    interval: Interval
    kappa: float
    drift: float

    @property
    def share(self) -> float:
        return self.same / self.pairs if self.pairs else float("nan")


def self_agreement(repeats: Mapping[Hashable, Sequence[float]], weights: Weights = "none") -> SelfAgreement:
    """From each object's answers by one grader in the order of time; each later answer is held against the one before it."""
    couples = [
        (one, two)
        for given in repeats.values()
        for one, two in itertools.pairwise(given)
        if np.isfinite(one) and np.isfinite(two)
    ]
    if not couples:
        return SelfAgreement(0, 0, (0.0, 1.0), float("nan"), float("nan"))
    first, later = np.array(couples, float).T
    same = int((first == later).sum())
    interval = wilson(same, len(couples))
    return SelfAgreement(len(couples), same, interval, cohen(first, later, weights), float(np.mean(later - first)))


def _whole(values: np.ndarray, levels: int | None) -> np.ndarray:
    whole = values.astype(np.int64)
    if (whole != values).any() or (whole < 0).any() or (levels is not None and (whole >= levels).any()):
        raise ValueError("levels are whole numbers from 0 to one less than the scheme has")
    return whole


def _tally(table: np.ndarray) -> np.ndarray:
    """How often each object got each level that was given at all, float64 (objects, levels), in the order of levels."""
    given = np.unique(table[np.isfinite(table)])
    return np.stack([(table == level).sum(1) for level in given], axis=1).astype(float)
