"""Every figure of a ranking or of probabilities, under one name (docs/metrics.md defines each); knows arrays only."""

from __future__ import annotations

import numpy as np

from .intervals import (
    Interval,
    Metric,
    auroc_metric,
    bootstrap,
    clopper_pearson,
    interval,
    resampled,
    tpr_interval,
    tpr_metric,
)
from .ranking import Ranking, auroc, tpr_at_fpr, tpr_n

__all__ = [
    "CHALLENGE_NEGATIVES",
    "Interval",
    "Metric",
    "Ranking",
    "auroc",
    "auroc_metric",
    "bootstrap",
    "brier",
    "clopper_pearson",
    "completeness",
    "ece",
    "interval",
    "purity",
    "purity_at_k",
    "resampled",
    "shifted",
    "tpr10_fpr",
    "tpr_at_fpr",
    "tpr_interval",
    "tpr_metric",
    "tpr_n",
]

CHALLENGE_NEGATIVES = {"space": 60_032, "ground": 49_872}
"""Non-lenses among the challenge's 100,000 test objects (space: 39,968 lenses; ground: 50,128)."""


def tpr10_fpr(kind: str) -> float:
    """The false-positive rate that TPR10 (at most nine false positives) meant in the challenge: 1.5e-4 or 1.8e-4."""
    return 9 / CHALLENGE_NEGATIVES[kind]


def completeness(truth: np.ndarray, score: np.ndarray, threshold: float) -> float:
    """Share of the lenses with a score of at least `threshold`."""
    truth = np.asarray(truth, bool)
    return float(np.mean(np.asarray(score)[truth] >= threshold)) if truth.any() else float("nan")


def purity(truth: np.ndarray, score: np.ndarray, threshold: float, prevalence: float | None = None) -> float:
    """Share of lenses among the objects at or above `threshold`, were `prevalence` of all objects lenses (None: as
    in the sample).

    NaN where nothing is selected or a class is empty.
    """
    truth, chosen = np.asarray(truth, bool), np.asarray(score) >= threshold
    if truth.all() or not truth.any():
        return float("nan")
    tpr, fpr = chosen[truth].mean(), chosen[~truth].mean()
    share = truth.mean() if prevalence is None else prevalence
    found = share * tpr + (1 - share) * fpr
    return float(share * tpr / found) if found > 0 else float("nan")


def shifted(purity: float, sample: float, prevalence: float) -> float:
    """A purity measured where `sample` of all objects are lenses, as it would be where `prevalence` are.

    Bayes: the odds of a selected object change by the ratio of the prior odds; selection rates stay. The map is
    monotone, so an interval's ends map to an interval's ends.
    """
    if not 0 < purity < 1:
        return purity
    odds = purity / (1 - purity) * (prevalence / (1 - prevalence)) / (sample / (1 - sample))
    return odds / (1 + odds)


def purity_at_k(rank: Ranking, k: int, prevalence: float | None = None) -> tuple[float, Interval]:
    """Share of lenses among the best `k` objects, with its 95 % binomial interval, were `prevalence` of all objects
    lenses (None: as in the sample).

    Where place k lies inside a tie group the value is its mean over all orders of the group, and the interval reaches
    from the worst order's to the best one's. NaN with fewer than `k` scored objects.
    """
    size = rank.lenses + rank.others
    if not 0 < k <= size - rank.unscored:
        return float("nan"), (0.0, 1.0)
    expected, fewest, most = rank.found_in_top(k)
    value, low, high = expected / k, clopper_pearson(fewest, k)[0], clopper_pearson(most, k)[1]
    if prevalence is None or not rank.lenses or not rank.others:
        return value, (low, high)
    first, second, third = (shifted(one, rank.lenses / size, prevalence) for one in (value, low, high))
    return first, (second, third)


def ece(truth: np.ndarray, probability: np.ndarray, bins: int = 15, prevalence: float | None = None) -> float:
    """Expected calibration error in equal-width bins (Guo et al. 2017, arXiv:1706.04599), were `prevalence` of all
    objects lenses (None: as in the sample).

    Unscored objects are left out; NaN where nothing is scored, or a prevalence is asked of a single class.
    """
    truth, probability, weights = _weighted(truth, probability, prevalence)
    if weights.size == 0:
        return float("nan")
    place = np.clip((probability * bins).astype(int), 0, bins - 1)
    gap = np.bincount(place, weights * (probability - truth), bins)
    return float(np.abs(gap).sum() / weights.sum())


def brier(truth: np.ndarray, probability: np.ndarray, prevalence: float | None = None) -> float:
    """Mean squared difference of probability and truth (Brier 1950), were `prevalence` of all objects lenses (None: as
    in the sample); unscored objects as in `ece`."""
    truth, probability, weights = _weighted(truth, probability, prevalence)
    return float(np.average((probability - truth) ** 2, weights=weights)) if weights.size else float("nan")


def _weighted(
    truth: np.ndarray, probability: np.ndarray, prevalence: float | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The scored objects with the weights that make `prevalence` of them lenses; empty where that can't be."""
    truth, probability = np.asarray(truth, bool), np.asarray(probability, np.float64)
    truth, probability = truth[~np.isnan(probability)], probability[~np.isnan(probability)]
    weights = np.ones(truth.size)
    if prevalence is not None:
        if truth.all() or not truth.any():
            return truth[:0], probability[:0], weights[:0]
        weights = np.where(truth, prevalence / truth.mean(), (1 - prevalence) / (~truth).mean())
    return truth, probability, weights
