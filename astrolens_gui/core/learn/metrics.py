"""Exact metrics of a ranking of lenses, with intervals; knows arrays only, no model, no label store.

Scores are float64 logits where they exist: a saturated sigmoid ties the top of a list, and the challenge's TPR0 and
TPR10 live there. Unscored objects (NaN) rank last, tied with each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Interval = tuple[float, float]


@dataclass(frozen=True)
class Ranking:
    """Scores cut into tie groups, best first: how many lenses and non-lenses each holds. All metrics are exact sums
    over it.

    `group` (N,) is each object's group; `positives`, `negatives` (G,) are counts, float64 so that a bootstrap can
    reweight them.
    """

    group: np.ndarray
    positives: np.ndarray
    negatives: np.ndarray

    @classmethod
    def of(cls, truth: np.ndarray, score: np.ndarray) -> Ranking:
        """`truth` bool (N,), `score` any float (N,), larger = more lens-like."""
        truth = np.asarray(truth, bool).ravel()
        score = np.asarray(score, np.float64).ravel()
        if truth.shape != score.shape:
            raise ValueError(f"{truth.size} true classes were given for {score.size} scores")
        ordered = np.where(np.isnan(score), -np.inf, score)
        _, group = np.unique(-ordered, return_inverse=True)
        size = int(group.max()) + 1 if group.size else 0
        return cls(
            group,
            np.bincount(group, truth, size),
            np.bincount(group, ~truth, size),
        )

    def auroc(self) -> float:
        return float(_auroc(self.positives, self.negatives))

    def tpr_n(self, n: int) -> float:
        """The largest true-positive rate over thresholds with fewer than `n` false positives: 1 gives TPR0, 10 gives
        TPR10.

        Source: Metcalf et al. 2019, A&A 625, A119, §4; thresholds only between tie groups.
        """
        return float(_tpr_below(self.positives, self.negatives, float(n)))

    def tpr_at_fpr(self, fpr: float) -> float:
        """The largest true-positive rate over thresholds whose false-positive rate is at most `fpr`."""
        return float(_tpr_below(self.positives, self.negatives, _allowed(self.negatives, fpr)))


def auroc(truth: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve, ties counted half (Mann-Whitney); NaN where a class is empty."""
    return Ranking.of(truth, score).auroc()


def tpr_n(truth: np.ndarray, score: np.ndarray, n: int) -> float:
    """TPR with fewer than `n` false positives, exact and tie-aware; NaN without lenses."""
    return Ranking.of(truth, score).tpr_n(n)


def tpr_at_fpr(truth: np.ndarray, score: np.ndarray, fpr: float) -> float:
    """TPR at a false-positive rate of at most `fpr`."""
    return Ranking.of(truth, score).tpr_at_fpr(fpr)


def _auroc(positives: np.ndarray, negatives: np.ndarray) -> np.ndarray:
    """Of counts (…, G), over the last axis; NaN where a class is empty."""
    total = positives.sum(axis=-1) * negatives.sum(axis=-1)
    below = negatives.sum(axis=-1, keepdims=True) - np.cumsum(negatives, axis=-1)
    area = (positives * (below + negatives / 2)).sum(axis=-1)
    return np.where(total > 0, area / np.maximum(total, 1), np.nan)


def _tpr_below(positives: np.ndarray, negatives: np.ndarray, allowed: float | np.ndarray) -> np.ndarray:
    """Of counts (…, G), over the last axis: the largest TPR with fewer than `allowed` false positives; NaN without
    lenses."""
    total = positives.sum(axis=-1)
    ok = np.cumsum(negatives, axis=-1) < np.asarray(allowed)[..., None]
    found = np.where(ok, np.cumsum(positives, axis=-1), 0).max(axis=-1, initial=0.0)
    return np.where(total > 0, found / np.maximum(total, 1), np.nan)


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


def ece(truth: np.ndarray, probability: np.ndarray, bins: int = 15, prevalence: float | None = None) -> float:
    """Expected calibration error in equal-width bins (Guo et al. 2017, arXiv:1706.04599), were `prevalence` of all
    objects lenses (None: as in the sample).

    Unscored objects are left out; NaN where nothing is scored, or a prevalence is asked of a single class.
    """
    truth, probability = np.asarray(truth, bool), np.asarray(probability, np.float64)
    truth, probability = truth[~np.isnan(probability)], probability[~np.isnan(probability)]
    if truth.size == 0 or (prevalence is not None and (truth.all() or not truth.any())):
        return float("nan")
    weights = np.ones(truth.size)
    if prevalence is not None:
        weights = np.where(truth, prevalence / truth.mean(), (1 - prevalence) / (~truth).mean())
    place = np.clip((probability * bins).astype(int), 0, bins - 1)
    gap = np.bincount(place, weights * (probability - truth), bins)
    return float(np.abs(gap).sum() / weights.sum())


def clopper_pearson(found: int, total: int, level: float = 0.95) -> Interval:
    """Exact binomial interval of `found / total` (Clopper & Pearson 1934)."""
    from scipy.stats import beta

    if total == 0:
        return (0.0, 1.0)
    tail = (1 - level) / 2
    low = 0.0 if found == 0 else float(beta.ppf(tail, found, total - found + 1))
    high = 1.0 if found == total else float(beta.ppf(1 - tail, found + 1, total - found))
    return (low, high)


_CELLS = 2_000_000
"""Numbers that a bootstrap holds at once."""

Metric = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(positives, negatives), counts (…, G) of the tie groups, best first → (…,) numbers."""


def auroc_metric(positives: np.ndarray, negatives: np.ndarray) -> np.ndarray:
    return _auroc(positives, negatives)


def tpr_metric(fpr: float) -> Metric:
    """TPR at a false-positive rate, as a metric for `bootstrap`."""
    return lambda positives, negatives: _tpr_below(positives, negatives, _allowed(negatives, fpr))


def _allowed(negatives: np.ndarray, fpr: float) -> np.ndarray:
    """The number of false positives that is too many, whatever rounding does to fpr · N."""
    return np.floor(fpr * negatives.sum(axis=-1) + 1e-9) + 1


def bootstrap(
    truth: np.ndarray,
    scores: tuple[np.ndarray, ...],
    metric: Metric = auroc_metric,
    *,
    draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[list[Interval], Interval]:
    """Percentile intervals of a metric for each score list, and of last minus first on the same resampled objects
    (paired).

    Lenses and non-lenses are resampled apart, so that no draw is without one of them. Where an interval has no width
    because the sample is perfectly separated, that is what the sample says: report the counts beside it.

    Returns:
        ([interval of each list], interval of the difference last - first).
    """
    truth = np.asarray(truth, bool)
    ranks = [Ranking.of(truth, score) for score in scores]
    random = np.random.default_rng(seed)
    lenses, others = np.flatnonzero(truth), np.flatnonzero(~truth)
    if lenses.size == 0 or others.size == 0:
        raise ValueError("an interval needs at least one lens and one non-lens")
    values = np.empty((len(ranks), draws))
    chunk = max(1, _CELLS // truth.size)
    for start in range(0, draws, chunk):
        count = min(chunk, draws - start)
        drawn = [rows[random.integers(0, rows.size, (count, rows.size))] for rows in (lenses, others)]
        for row, rank in enumerate(ranks):
            values[row, start : start + count] = metric(*(_counts(rank, rows) for rows in drawn))
    tails = [50 * (1 - level), 100 - 50 * (1 - level)]
    each: list[Interval] = []
    for one in values:
        low, high = np.percentile(one, tails)
        each.append((float(low), float(high)))
    low, high = np.percentile(values[-1] - values[0], tails)
    return each, (float(low), float(high))


def _counts(rank: Ranking, drawn: np.ndarray) -> np.ndarray:
    """How many of the drawn objects (draws, n) each tie group holds: float64 (draws, G)."""
    size = rank.positives.size
    place = rank.group[drawn] + size * np.arange(len(drawn))[:, None]
    return np.bincount(place.ravel(), minlength=size * len(drawn)).reshape(len(drawn), size).astype(np.float64)
