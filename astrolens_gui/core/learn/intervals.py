"""Intervals of the metrics: a bootstrap of areas, exact binomials of counted rates; knows rankings, no file.

The bootstrap resamples lenses and non-lenses apart, the same objects for every list, so that differences are paired.
It holds for areas and for a TPR at an FPR that allows several false positives; TPR0 and TPR10 hang on the extreme of
the sample, of which a bootstrap is invalid (Bickel & Freedman 1981): they have binomial intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from .ranking import Ranking, areas, rates_below, too_many

Interval = tuple[float, float]

Metric = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""(positives, negatives), counts (…, G) of the tie groups, best first → (…,) numbers."""

_CELLS = 300_000
"""Objects that a bootstrap draws at once: they stay in the processor's cache."""


def clopper_pearson(found: int, total: int, level: float = 0.95) -> Interval:
    """Exact binomial interval of `found / total` (Clopper & Pearson 1934)."""
    from scipy.stats import beta

    if total == 0:
        return (0.0, 1.0)
    tail = (1 - level) / 2
    low = 0.0 if found == 0 else float(beta.ppf(tail, found, total - found + 1))
    high = 1.0 if found == total else float(beta.ppf(1 - tail, found + 1, total - found))
    return (low, high)


def tpr_interval(rank: Ranking, fpr: float, level: float = 0.95) -> Interval:
    """An interval of the TPR at a false-positive rate that holds for any sample, at least at `level`: conservative.

    The threshold that has this FPR among all non-lenses has between a and b of the sample's above it (binomial, half of
    the error); the TPR lies between the lower end for the lenses above the a-th non-lens and the upper end for those
    above the (b+1)-th (Clopper & Pearson, the other half). A binomial interval at the sample's own threshold forgets
    the luck of the non-lenses, and a bootstrap needs several of them above the threshold.
    """
    from scipy.stats import binom

    if not (rank.lenses and rank.others):
        return (0.0, 1.0)
    tail = (1 - level) / 4
    fewest, most = binom.ppf((tail, 1 - tail), rank.others, fpr)
    at = int(np.searchsorted(rank.false, fewest, side="left"))
    lower = rank.true[at - 1] if at else 0.0
    at = int(np.searchsorted(rank.false, most, side="right"))
    upper = rank.true[at - 1] if at else 0.0
    low, _ = clopper_pearson(round(lower), rank.lenses, 1 - 2 * tail)
    _, high = clopper_pearson(round(upper), rank.lenses, 1 - 2 * tail)
    return (low, high)


def auroc_metric(positives: np.ndarray, negatives: np.ndarray) -> np.ndarray:
    return areas(positives, negatives)


def tpr_metric(fpr: float) -> Metric:
    """TPR at a false-positive rate, as a metric for `bootstrap`."""
    return lambda positives, negatives: rates_below(positives, negatives, too_many(negatives, fpr))


def bootstrap(
    truth: np.ndarray,
    scores: Sequence[np.ndarray],
    metric: Metric = auroc_metric,
    *,
    draws: int = 2000,
    seed: int = 0,
    level: float = 0.95,
) -> tuple[list[Interval], Interval]:
    """Percentile intervals of a metric for each score list, and of last minus first on the same resampled objects
    (paired).

    Where an interval has no width because the sample is perfectly separated, that is what the sample says: report the
    counts beside it.

    Returns:
        ([interval of each list], interval of the difference last - first).
    """
    (values,) = resampled(truth, scores, (metric,), draws=draws, seed=seed)
    return [interval(one, level) for one in values], interval(values[-1] - values[0], level)


def resampled(
    truth: np.ndarray,
    scores: Sequence[np.ndarray],
    metrics: Sequence[Metric],
    *,
    draws: int = 2000,
    seed: int = 0,
    progress: Callable[[float], object] = lambda _: None,
) -> np.ndarray:
    """Metrics of score lists on resampled objects, the same ones for all: float64 (metrics, lists, draws).

    Args:
        truth: bool (N,). scores: lists of (N,), NaN where there is none.
        progress: told the share done, between draws; may raise to stop.

    Raises:
        ValueError: a class is empty.
    """
    truth = np.asarray(truth, bool)
    lenses, others = np.flatnonzero(truth), np.flatnonzero(~truth)
    if lenses.size == 0 or others.size == 0:
        raise ValueError("an interval needs at least one lens and one non-lens")
    runs = [_runs(Ranking.of(truth, score)) for score in scores]
    cut = [(run[lenses], run[others], int(run.max()) + 1) for run in runs]
    random = np.random.default_rng(seed)
    values = np.empty((len(metrics), len(cut), draws))
    chunk = max(1, _CELLS // truth.size)
    for start in range(0, draws, chunk):
        count = min(chunk, draws - start)
        drawn = [random.integers(0, one.size, (count, one.size), dtype=np.uint32) for one in (lenses, others)]
        for row, (first, second, size) in enumerate(cut):
            counts = _counts(first, drawn[0], size), _counts(second, drawn[1], size)
            for which, metric in enumerate(metrics):
                values[which, row, start : start + count] = metric(*counts)
        progress((start + count) / draws)
    return values


def interval(values: np.ndarray, level: float = 0.95) -> Interval:
    """The percentile interval of resampled values (draws,)."""
    low, high = np.percentile(values, [50 * (1 - level), 100 - 50 * (1 - level)])
    return float(low), float(high)


def _runs(rank: Ranking) -> np.ndarray:
    """Each object's place (N,) in the list of groups where neighbours of one and the same class are joined.

    No figure of a ROC curve changes by it, whatever weights a draw gives, and a good ranking becomes a short list.
    """
    kind = np.where(rank.negatives == 0, 1, np.where(rank.positives == 0, 2, 3))
    new = np.r_[False, (kind[1:] != kind[:-1]) | (kind[1:] == 3)] if kind.size else np.zeros(0, bool)
    return np.asarray(np.cumsum(new), np.int64)[rank.group]


def _counts(place: np.ndarray, drawn: np.ndarray, size: int) -> np.ndarray:
    """How many of the drawn objects (draws, n) each place holds: float64 (draws, size)."""
    at = place[drawn]
    if len(drawn) > 1:
        at += size * np.arange(len(drawn))[:, None]
    return np.bincount(at.ravel(), minlength=size * len(drawn)).reshape(len(drawn), size).astype(np.float64)
