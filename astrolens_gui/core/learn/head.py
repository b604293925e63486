"""A quick model of the grades on a network's embedding, and a committee of such; knows arrays, no network.

A logistic regression on standardised features learns from a thousand grades in a tenth of a second, so the queue can
follow every page of grades while the network itself trains far less often. The committee is made of bootstrap samples of
the grades: where they are few, it disagrees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STRENGTHS = (1e-3, 1e-2, 1e-1, 1.0)
"""Inverse regularisations that the grades choose among by their own held-out folds."""
FOLDS = 4
FEWEST_FOR_FOLDS = 8
"""Lenses below which the folds would choose by luck."""
CAREFUL = 1e-2


@dataclass(frozen=True)
class Head:
    """Log-odds of a lens are `(features - mean) / scale @ slope + offset`.

    Attributes:
        mean, scale: float64 (D,), of the pool's features. slope: float64 (K, D) and offset (K,): the members; the first is
            the one that answers, the others are the committee.
    """

    mean: np.ndarray
    scale: np.ndarray
    slope: np.ndarray
    offset: np.ndarray
    strength: float

    def members(self, features: np.ndarray) -> np.ndarray:
        """Logits float64 (N, K) of features (N, D)."""
        return (np.asarray(features, np.float64) - self.mean) / self.scale @ self.slope.T + self.offset

    def logit(self, features: np.ndarray) -> np.ndarray:
        """The answer, float64 (N,)."""
        return self.members(features)[:, 0]


def fit(
    features: np.ndarray, target: np.ndarray, *, committee: int = 0, weight: np.ndarray | None = None, seed: int = 0
) -> Head:
    """Learn from graded rows.

    Args:
        features: (N, D) of the whole pool; rows without a grade tell the scale only.
        target: float64 (N,), probability of a lens by the graders, 0..1; NaN where ungraded.
        committee: further members, each on a bootstrap sample. weight: (N,) of the grades; None: each class half of all.

    Raises:
        ValueError: there is not one lens and one non-lens among the grades.
    """
    x, y = np.asarray(features, np.float64), np.asarray(target, np.float64)
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-6)
    rows = np.flatnonzero(np.isfinite(y))
    x, y = (x[rows] - mean) / scale, y[rows]
    if not (y > 0.5).any() or not (y < 0.5).any():
        raise ValueError("a head needs one lens and one non-lens at least")
    each = np.ones(len(y)) if weight is None else np.asarray(weight, np.float64)[rows]
    strength = _strength(x, y, each, seed)
    random = np.random.default_rng(seed)
    found = [_one(x, y, each, strength)]
    lenses, others = np.flatnonzero(y > 0.5), np.flatnonzero(y <= 0.5)
    for _ in range(committee):  # either class by itself, so that each member has seen both
        drawn = np.concatenate([random.choice(lenses, len(lenses)), random.choice(others, len(others))])
        found.append(_one(x[drawn], y[drawn], each[drawn], strength))
    return Head(mean, scale, np.stack([slope for slope, _ in found]), np.array([off for _, off in found]), strength)


def _one(x: np.ndarray, y: np.ndarray, each: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    """Soft targets enter as two rows, one of each class; the classes weigh the same."""
    from sklearn.linear_model import LogisticRegression

    lens, other = each * y, each * (1 - y)
    weight = np.concatenate([lens / lens.sum(), other / other.sum()]) * len(y) / 2
    kept = weight > 0
    classes = np.concatenate([np.ones(len(y)), np.zeros(len(y))])[kept]
    model = LogisticRegression(C=strength, max_iter=500).fit(np.concatenate([x, x])[kept], classes, weight[kept])
    return model.coef_[0], float(model.intercept_[0])


def _strength(x: np.ndarray, y: np.ndarray, each: np.ndarray, seed: int) -> float:
    """The regularisation whose held-out folds have the largest AUROC; a careful one where lenses are few."""
    from . import metrics

    truth = y > 0.5
    if min(truth.sum(), (~truth).sum()) < FEWEST_FOR_FOLDS:
        return CAREFUL
    fold = np.empty(len(y), int)
    random = np.random.default_rng(seed)
    for of_class in (truth, ~truth):
        rows = np.flatnonzero(of_class)
        fold[random.permutation(rows)] = np.arange(len(rows)) % FOLDS
    quality = []
    for strength in STRENGTHS:
        logit = np.empty(len(y))
        for number in range(FOLDS):
            out = fold == number
            slope, offset = _one(x[~out], y[~out], each[~out], strength)
            logit[out] = x[out] @ slope + offset
        quality.append(metrics.auroc(truth, logit))
    return STRENGTHS[int(np.argmax(quality))]
