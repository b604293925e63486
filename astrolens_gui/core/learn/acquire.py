"""What to label next, by more than the score: orders from a committee's votes and from embeddings; knows no store.

Each function takes `scores` (equally long arrays: `logit`, `score`, `labelled`, and what its `StrategySpec.needs` names:
`members` float64 (N, K) logits of a committee, `embedding` float32 (N, D), 0 where unseen, `target` float64 (N,), the grades as
probability of a lens, NaN where ungraded) and a seed, and returns float64 (N,), larger is sooner.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Scores = Mapping[str, Any]

FEWEST_VALUES = 1e-12
TRADEOFF = 0.5
"""Of the expected improvement, as Lochner & Bassett (2021, arXiv:2010.11202) and Walmsley et al. (2022,
arXiv:2110.12735) use it, on grades of 0 to 5."""
HIGHEST_GRADE = 5.0
CHUNK = 65_536
"""Objects that are compared at a time: a million need no more memory than that."""
MOST_GRADES = 1000
CELLS = 8_000_000
"""Of a matrix of objects by grades, 64 MB: a million objects need no more memory at a time."""
UNSEEN = -2.0
"""Below every cosine."""
CENTRES = 500
"""Objects that `diverse` spreads; the others follow by distance."""


def entropy(scores: Scores, seed: int) -> np.ndarray:
    """Entropy of the calibrated score (Shannon 1948), in bits; NaN where unscored."""
    score = np.asarray(scores["score"], np.float64)
    return _entropy(score)


def disagreement(scores: Scores, seed: int) -> np.ndarray:
    """What a committee's members know and the others don't: mutual information of verdict and member, in bits (BALD;
    Houlsby et al. 2011, arXiv:1112.5745): entropy of the mean vote less the mean entropy of the votes."""
    votes = 1 / (1 + np.exp(-np.clip(np.asarray(scores["members"], np.float64), -60, 60)))
    return _entropy(votes.mean(axis=1)) - _entropy(votes).mean(axis=1)


def improvement(scores: Scores, seed: int) -> np.ndarray:
    """Expected improvement over the best grade yet, by a Gaussian process (Matérn and white noise) on the embedding:
    Astronomaly's published way. Before any grade, nothing is known: all equal. Of more than `MOST_GRADES` grades so many are drawn by
    lot, for the work grows as their cube."""
    from scipy.stats import norm
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import Matern, WhiteKernel

    features, grade = np.asarray(scores["embedding"], np.float64), HIGHEST_GRADE * np.asarray(scores["target"])
    known = np.isfinite(grade)
    if not known.any():
        return np.ones(len(grade))
    learnt = np.flatnonzero(known)
    if len(learnt) > MOST_GRADES:
        learnt = np.sort(np.random.default_rng(seed % 2**32).permutation(learnt)[:MOST_GRADES])
    process = GaussianProcessRegressor(Matern() + WhiteKernel(), random_state=seed % 2**32)
    process.fit(features[learnt], grade[learnt])
    step = max(1, CELLS // len(learnt))
    parts = [process.predict(features[at : at + step], return_std=True) for at in range(0, len(features), step)]
    mean, deviation = (np.concatenate(each) for each in zip(*parts, strict=True))
    gain, deviation = mean - grade[known].max() - TRADEOFF, np.maximum(deviation, FEWEST_VALUES)
    return gain * norm.cdf(gain / deviation) + deviation * norm.pdf(gain / deviation)


def diverse(scores: Scores, seed: int) -> np.ndarray:
    """Spread over what the network sees: each next object is the farthest from all before it and from all graded ones
    (k-centre greedy; Sener & Savarese 2018, arXiv:1708.00489)."""
    features = np.asarray(scores["embedding"], np.float32)
    labelled = np.asarray(scores["labelled"], bool)
    squares = np.einsum("nd,nd->n", features, features)

    def away(row: int) -> np.ndarray:
        return squares + squares[row] - 2 * features @ features[row]

    nearest = np.full(len(features), np.inf, np.float32)
    for row in np.flatnonzero(labelled).tolist():
        np.minimum(nearest, away(row), out=nearest)
    if not labelled.any() and len(features):
        first = int(np.random.default_rng(seed).integers(len(features)))
        nearest = away(first)
        nearest[first] = np.inf
    place = np.full(len(features), np.nan)
    for step in range(min(CENTRES, int((~labelled).sum()))):
        row = int(np.argmax(np.where(labelled | np.isfinite(place), -np.inf, nearest)))
        place[row] = CENTRES - step
        np.minimum(nearest, away(row), out=nearest)
    rest = np.isnan(place)
    place[rest] = nearest[rest] / (1 + max(float(nearest[rest].max(initial=0)), 0.0))
    return place


def alike(scores: Scores, seed: int) -> np.ndarray:
    """The most like the objects of `like` (bool) first, by `similar`; what the network has not seen comes last."""
    features, like = np.asarray(scores["embedding"]), np.asarray(scores["like"], bool)
    known = features.any(axis=1)
    place = np.full(len(features), UNSEEN)
    if (like & known).any():
        place[known] = similar(features[known], np.flatnonzero(like[known]))
    return place


def similar(embedding: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Likeness float64 (N,) of every object to the nearest of `rows`: the cosine of their embeddings' angle, seen from the
    mean of all (standardised: a feature that varies much would else be all that counts)."""
    features = np.asarray(embedding, np.float32)
    mean, scale = features.mean(axis=0), np.maximum(features.std(axis=0), FEWEST_VALUES)

    def direction(some: np.ndarray) -> np.ndarray:
        away = (some - mean) / scale
        return np.asarray(away / np.maximum(np.linalg.norm(away, axis=1, keepdims=True), FEWEST_VALUES))

    wanted = direction(features[rows]).T
    likeness = [(direction(features[at : at + CHUNK]) @ wanted).max(axis=1) for at in range(0, len(features), CHUNK)]
    return np.concatenate(likeness).astype(np.float64) if likeness else np.zeros(0)


def _entropy(share: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore"):
        p = np.clip(share, FEWEST_VALUES, 1 - FEWEST_VALUES)
        return -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
