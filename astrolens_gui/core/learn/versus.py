"""Two models held against each other: where each puts every object, and which ranks the held-out ones better; knows
arrays, no file."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from . import metrics
from .gate import FEWEST, LOW_FPR, MANY_NEGATIVES
from .intervals import Interval


@dataclass(frozen=True)
class Figure:
    """One metric of both models on the same held-out objects, with 95 % intervals; the change is second minus first, paired."""

    name: str
    values: tuple[float, float]
    intervals: tuple[Interval, Interval]
    change: float
    change_interval: Interval

    @property
    def said(self) -> str:
        """One line: values, intervals, change."""
        both = " and ".join(
            f"{value:.3f} ({low:.3f} to {high:.3f})"
            for value, (low, high) in zip(self.values, self.intervals, strict=True)
        )
        low, high = self.change_interval
        return f"{self.name} {both}; change {self.change:+.3f} ({low:+.3f} to {high:+.3f})"


@dataclass(frozen=True)
class Versus:
    """Two models on the objects that both gave a score, equally long arrays in id order.

    Attributes:
        ids: int64 (N,). logit: float64 (N, 2). target: float64 (N,), probability of a lens by the graders, NaN where ungraded.
        held: bool (N,), no training of this project learns from it.
        place: float64 (N, 2), 1 for the surest lens of each model; those that a model ties share their mean place.
    """

    ids: np.ndarray
    logit: np.ndarray
    target: np.ndarray
    held: np.ndarray
    place: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        from scipy.stats import rankdata

        places = rankdata(-self.logit, axis=0) if len(self.ids) else np.zeros((0, 2))
        object.__setattr__(self, "place", places)

    @property
    def disagreement(self) -> np.ndarray:
        """float64 (N,): |log10(place of one / place of the other)|.

        Of places, so that two calibrations can be compared; of their ratio, for 3rd against 300th decides what is looked at, and
        50,000th against 60,000th nothing.
        """
        return np.abs(np.log10(self.place[:, 0] / self.place[:, 1]))

    @property
    def order(self) -> np.ndarray:
        """Rows, the most at odds first; among equals the one higher on either list."""
        return np.lexsort((self.place.min(axis=1), -self.disagreement)) if len(self.ids) else np.zeros(0, int)

    @property
    def decided(self) -> np.ndarray:
        """bool (N,): held out, and the graders say lens or no lens."""
        return self.held & np.isfinite(self.target) & (self.target != 0.5)

    def counts(self) -> tuple[int, int]:
        """Lenses and non-lenses that the figures are counted on."""
        target = self.target[self.decided]
        return int((target > 0.5).sum()), int((target < 0.5).sum())

    def figures(self, draws: int = 2000, seed: int = 0) -> list[Figure]:
        """AUROC, and TPR at FPR 1e-3 with 1,000 non-lenses; none where a class has no held-out object."""
        lenses, others = self.counts()
        if not lenses or not others:
            return []
        truth, pair = self.target[self.decided] > 0.5, self.logit[self.decided].T
        made = [
            _figure(
                "AUROC", metrics.auroc_metric, [metrics.auroc(truth, one) for one in pair], truth, pair, draws, seed
            )
        ]
        if others >= MANY_NEGATIVES:
            values = [metrics.tpr_at_fpr(truth, one, LOW_FPR) for one in pair]
            name = f"TPR at FPR {LOW_FPR:g}"
            made.append(_figure(name, metrics.tpr_metric(LOW_FPR), values, truth, pair, draws, seed))
        return made

    def caution(self) -> str:
        """Why the figures say little or nothing, as a sentence; "" where they can be trusted."""
        lenses, others = self.counts()
        if not lenses or not others:
            return f"{lenses} lenses and {others} non-lenses are held out: grade both kinds for figures."
        if min(lenses, others) < FEWEST:
            return f"Only {lenses} lenses and {others} non-lenses are held out: the figures say little."
        return ""


def _figure(
    name: str, metric: metrics.Metric, values: list[float], truth: np.ndarray, pair: np.ndarray, draws: int, seed: int
) -> Figure:
    intervals, change = metrics.bootstrap(truth, tuple(pair), metric, draws=draws, seed=seed)
    return Figure(name, (values[0], values[1]), (intervals[0], intervals[1]), values[1] - values[0], change)
