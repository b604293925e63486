"""Completeness and purity of a search from the grades of a drawn queue, with intervals; knows no model.

Objects were drawn one after the other without replacement, from a queue that changed as the model learnt; each draw's
probability among those then left is stored (`core.learn.draws`). Weighted by its inverse, a draw stands for those that
were left (Horvitz & Thompson 1952). The pool is post-stratified by the model's present ranks, finer at the top, where
lenses are: in each stratum what was graded is known, and the rest is like the weighted draws from it (a ratio
estimator; Cochran 1977, §5A.9), with the interval of Korn & Graubard (1998): a binomial one on the effective number of
draws. The strata's intervals are joined by the square-and-add rule (Zou & Donner 2008).

A model ranks the objects that it learnt from by their grades: strata by its ranks would hold its own training lenses at the top
and say nothing of the others there. `unlearnt` gives such objects the ranks that held-out ones of the same class have; what this
adds to the uncertainty is found by resampling these (Efron 1979).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

FINEST = 50
"""Objects of the first stratum; each further one doubles."""
FEWEST_HELD = 3
"""Held-out objects of a class from which the ranks of the others are taken."""
RESAMPLES = 40
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A number with its interval, both in the same unit."""

    value: float
    low: float
    high: float

    def __truediv__(self, other: Estimate) -> Estimate:
        """A share of two numbers, in 0..1, with the widest interval that both allow."""
        value = self.value / other.value if other.value else float("nan")
        low = self.low / other.high if other.high else 0.0
        high = self.high / other.low if other.low else 1.0
        return Estimate(min(value, 1.0) if value == value else value, min(low, 1.0), min(high, 1.0))


@dataclass(frozen=True)
class Search:
    """What is known of a search.

    Attributes:
        pool: objects that could be drawn. graded: how many were. found: lenses among these.
        lenses: in the whole pool, found or not. completeness: found / lenses.
    """

    pool: int
    graded: int
    found: int
    lenses: Estimate
    completeness: Estimate


@dataclass(frozen=True)
class Listed:
    """A list of all objects above a threshold, graded or not: `size` of them, with these shares."""

    size: int
    completeness: Estimate
    purity: Estimate


class Drawn:
    """The drawn objects of a pool and their grades.

    Args:
        rows: int (M,), which rows of the pool were drawn and graded, in the order of drawing.
        chance: float64 (M,), each draw's probability among those then left.
        lens: float (M,), 1 for a lens, 0 for none.
        logit: float64 (N,), of the whole pool by the present model; NaN (unscored) goes to the last stratum.
        learnt, held: bool (M,), the model was trained on the grade, or knew it and was not (see `unlearnt`); None: on none.
    """

    def __init__(
        self,
        rows: np.ndarray,
        chance: np.ndarray,
        lens: np.ndarray,
        logit: np.ndarray,
        learnt: np.ndarray | None = None,
        held: np.ndarray | None = None,
    ) -> None:
        self.rows, self.lens = np.asarray(rows, np.int64), np.asarray(lens, np.float64)
        chance = np.asarray(chance, np.float64)
        if not ((chance > 0) & (chance <= 1)).all():
            raise ValueError("a draw's probability lies between 0 and 1")
        if len(np.unique(self.rows)) != len(self.rows):
            raise ValueError("an object was drawn twice: draws are without replacement")
        self.weight = 1 / chance
        self.logit = np.where(np.isnan(logit), -np.inf, logit)
        self.pool = len(self.logit)
        waiting = np.ones(self.pool, bool)
        waiting[self.rows] = False
        self.open = -np.sort(-self.logit[waiting])
        given = self.logit[self.rows]
        self.ranked, self.resampled = given, []
        if learnt is not None and held is not None and learnt.any():
            random = np.random.default_rng(0)
            self.ranked = unlearnt(given, self.lens, learnt, held)
            self.resampled = [unlearnt(given, self.lens, learnt, held, random) for _ in range(RESAMPLES)]

    def search(self, level: float = LEVEL) -> Search:
        """Of the whole pool."""
        found = float(self.lens.sum())
        lenses = self._lenses(-np.inf, level)
        known = Estimate(found, found, found)
        return Search(self.pool, len(self.rows), round(found), lenses, known / lenses)

    def listed(self, threshold: float, level: float = LEVEL) -> Listed:
        """Of the list of all objects whose logit is at least `threshold`."""
        size = int((self.logit >= threshold).sum())
        true, lenses = self._lenses(threshold, level), self.search(level).lenses
        return Listed(size, true / lenses, true / Estimate(size, size, size))

    def _lenses(self, threshold: float, level: float) -> Estimate:
        """Lenses among the rows of the pool whose logit is at least `threshold`: the graded ones of these, and of the others the
        shares of the strata."""
        found = float(self.lens[self.logit[self.rows] >= threshold].sum())
        most = found + int((self.open >= threshold).sum())
        value, below, above = self._rest(self.ranked, threshold, level)
        if self.resampled:
            more = _normal(level) ** 2 * float(np.var([self._rest(one, threshold, level)[0] for one in self.resampled]))
            below, above = below + more, above + more
        value += found
        return Estimate(value, max(value - below**0.5, found), min(value + above**0.5, most))

    def _rest(self, ranked: np.ndarray, threshold: float, level: float) -> tuple[float, float, float]:
        """(value, squares of the arms of its interval) of the lenses among the open rows, where the graded ones rank as `ranked`."""
        inside = ranked >= threshold
        weight, lens, waiting = self.weight[inside], self.lens[inside], self.open[self.open >= threshold]
        at = _places(ranked[inside], waiting)
        value = below = above = 0.0
        for start, stop in _strata(len(waiting) + len(at), np.sort(at)):
            mine = (at >= start) & (at < stop)
            rest = stop - start - int(mine.sum())
            share = _share(weight[mine], lens[mine], level)
            value += rest * share.value
            own = (
                _normal(level) ** 2 * rest * share.value * (1 - share.value)
            )  # the rest is itself a sample of the share
            below += (rest * (share.value - share.low)) ** 2 + own
            above += (rest * (share.high - share.value)) ** 2 + own
        return value, below, above


def _places(logit: np.ndarray, waiting: np.ndarray) -> np.ndarray:
    """Ranks int (M,), from 0, of `logit` among these and `waiting` (descending) together; where they tie they are spread evenly."""
    order = np.argsort(-logit, kind="stable")
    values, group, count = np.unique(-logit[order], return_inverse=True, return_counts=True)
    first, last = np.searchsorted(-waiting, values, "left"), np.searchsorted(-waiting, values, "right")
    nth = np.arange(len(order)) - (np.cumsum(count) - count)[group]
    among = first[group] + ((nth + 0.5) / count[group] * (last - first)[group]).astype(np.int64)
    places = np.empty(len(order), np.int64)
    places[order] = among + np.arange(len(order))
    return places


def unlearnt(
    logit: np.ndarray,
    lens: np.ndarray,
    learnt: np.ndarray,
    held: np.ndarray,
    random: np.random.Generator | None = None,
) -> np.ndarray:
    """Logits (M,) of graded objects as a model would give them that had not learnt these grades: the learnt ones of a class get, in
    their own order, the quantiles of its held-out ones, which were drawn alike and are held out by lot.

    Args:
        logit: by the model that learnt, NaN where unscored. lens: (M,), 1 or 0. learnt, held: bool (M,), it was trained on the grade,
            or knew it and was not; what is neither is newer than the model and stays as it is.
        random: draws the held-out objects of each class anew, with replacement; None takes them as they are.

    A class with fewer than `FEWEST_HELD` held-out objects stays as it is too.
    """
    made = np.array(logit, np.float64)
    known = np.isfinite(made)
    for of_class in (np.asarray(lens) > 0.5, np.asarray(lens) <= 0.5):
        mine, out = np.flatnonzero(of_class & learnt & known), np.flatnonzero(of_class & held & known)
        if len(mine) and len(out) >= FEWEST_HELD:
            if random is not None:
                made[out] = made[random.choice(out, len(out))]
            place = np.argsort(np.argsort(made[mine], kind="stable"), kind="stable")
            made[mine] = np.quantile(made[out], (place + 0.5) / len(mine))
    return made


def _strata(count: int, drawn: np.ndarray) -> list[tuple[int, int]]:
    """[start, stop) in ranks: doubling from `FINEST`; one with fewer than 10 draws joins the one before it."""
    edges, width = [0], FINEST
    while edges[-1] < count:
        stop = min(edges[-1] + width, count)
        edges.append(stop)
        width *= 2
    joined: list[tuple[int, int]] = []
    for a, b in pairwise(edges):
        inside = int(np.searchsorted(drawn, b) - np.searchsorted(drawn, a))
        if joined and inside < 10:
            joined[-1] = (joined[-1][0], b)
        else:
            joined.append((a, b))
    return joined


def _normal(level: float) -> float:
    from scipy.special import ndtri

    return float(ndtri((1 + level) / 2))


def _share(weight: np.ndarray, lens: np.ndarray, level: float) -> Estimate:
    """The weighted share of lenses among draws; of none, nothing is known."""
    from scipy.stats import beta

    if not len(weight):
        return Estimate(0.5, 0.0, 1.0)
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    share = float(np.clip((weight * lens).sum() / weight.sum(), 0.0, 1.0))
    hits, tail = effective * share, (1 - level) / 2
    low = float(beta.ppf(tail, hits, effective - hits + 1)) if hits > 1e-9 else 0.0
    high = float(beta.ppf(1 - tail, hits + 1, effective - hits)) if effective - hits > 1e-9 else 1.0
    return Estimate(share, min(low, share), max(high, share))
