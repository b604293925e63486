"""How a search goes: lenses found by grades given, against a random order, and whether to go on; knows no store."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .estimate import Estimate, Search
from .intervals import clopper_pearson

RECENT = 100
"""Grades that the present yield is taken from."""


@dataclass(frozen=True)
class Curve:
    """A search in the order of its grades.

    Attributes:
        found: int64 (M + 1,), lenses after 0 … M grades. random: float64 (M + 1,), what a random order would have found,
            by the estimate of all lenses (NaN without one); random_low, random_high: by its interval.
        yield_now: lenses a grade among the last hundred, with its interval.
        hint: one sentence on going on or stopping.
    """

    found: np.ndarray
    random: np.ndarray
    random_low: np.ndarray
    random_high: np.ndarray
    yield_now: Estimate
    hint: str


def curve(lens: np.ndarray, search: Search | None = None, wanted: float = 0.9, recent: int = RECENT) -> Curve:
    """The learning curve of grades in the order they were given.

    Args:
        lens: (M,), 1 for a lens, 0 for none, in the order of grading. search: what is estimated of the whole pool.
        wanted: completeness at which a search is as good as done.
    """
    lens = np.asarray(lens, np.float64) > 0.5
    found = np.concatenate([[0], np.cumsum(lens)])
    steps, nothing = np.arange(len(found)), np.full(len(found), np.nan)
    random = low = high = nothing
    if search is not None and search.pool:
        share = steps / search.pool
        random, low, high = (share * each for each in (search.lenses.value, search.lenses.low, search.lenses.high))
    last = lens[-recent:]
    interval = clopper_pearson(int(last.sum()), len(last))
    rate = Estimate(float(last.mean()) if len(last) else float("nan"), *interval)
    return Curve(found, random, low, high, rate, _hint(len(lens), rate, len(last), search, wanted))


def _hint(graded: int, rate: Estimate, recent: int, search: Search | None, wanted: float) -> str:
    if not graded:
        return "Nothing is graded yet."
    now = f"the last {recent} grades found {round(rate.value * recent)} lens{'es' if rate.value * recent != 1 else ''}"
    if search is None or not np.isfinite(search.completeness.value):
        return f"{now[0].upper()}{now[1:]}; grade in the queue's order to learn how many are left."
    done, low = search.completeness.value, search.completeness.low
    left = max(search.lenses.value - search.found, 0.0)
    about = f"about {left:.0f} lens{'es' if round(left) != 1 else ''} left (at most {search.lenses.high - search.found:.0f})"
    if low >= wanted:
        return f"Stop: at least {low:.0%} of the lenses are found; {about}."
    if done >= wanted:
        return f"Nearly done: {done:.0%} found by the estimate, {low:.0%} for sure; {about}; more random grades would tell."
    return f"Go on: {done:.0%} of the lenses are found by the estimate; {about}; {now}."
