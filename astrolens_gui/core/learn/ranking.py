"""A ranking cut into tie groups, and the exact figures that follow from it; knows counts only, no interval and no file.

Scores are float64 logits where they exist: a saturated sigmoid ties the top of a list, and the challenge's TPR0 and
TPR10 live there. Unscored objects (NaN) rank last, tied with each other, below any number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Ranking:
    """Scores cut into tie groups, best first: how many lenses and non-lenses each holds.

    `group` (N,) is each object's group; `positives`, `negatives` (G,) are counts, float64 so that a bootstrap can
    reweight them; `value` (G,) is each group's score, NaN for the unscored.
    """

    group: np.ndarray
    positives: np.ndarray
    negatives: np.ndarray
    value: np.ndarray

    @classmethod
    def of(cls, truth: np.ndarray, score: np.ndarray) -> Ranking:
        """`truth` bool (N,), `score` any float (N,), larger = more lens-like."""
        truth = np.asarray(truth, bool).ravel()
        score = np.asarray(score, np.float64).ravel()
        if truth.shape != score.shape:
            raise ValueError(f"{truth.size} true classes were given for {score.size} scores")
        value, group = np.unique(-score, return_inverse=True)  # NaN sorts last, as one value
        lenses, others = (np.bincount(group, one, value.size).astype(np.float64) for one in (truth, ~truth))
        return cls(group, lenses, others, -value)

    @property
    def lenses(self) -> int:
        return int(self.positives.sum())

    @property
    def others(self) -> int:
        return int(self.negatives.sum())

    @property
    def unscored(self) -> int:
        last = slice(-1, None) if self.value.size and np.isnan(self.value[-1]) else slice(0, 0)
        return int((self.positives[last] + self.negatives[last]).sum())

    @cached_property
    def true(self) -> np.ndarray:
        """Lenses at or above each group's score, float64 (G,)."""
        return np.cumsum(self.positives)

    @cached_property
    def false(self) -> np.ndarray:
        """Non-lenses at or above each group's score, float64 (G,)."""
        return np.cumsum(self.negatives)

    def auroc(self) -> float:
        """Area under the ROC curve, ties counted half (Mann-Whitney); NaN where a class is empty."""
        return float(areas(self.positives, self.negatives))

    def tpr_n(self, n: int) -> float:
        """The largest true-positive rate over thresholds with fewer than `n` false positives: 1 gives TPR0, 10 gives
        TPR10.

        Source: Metcalf et al. 2019, A&A 625, A119, §4; thresholds only between tie groups.
        """
        return self._found_below(float(n))

    def tpr_at_fpr(self, fpr: float) -> float:
        """The largest true-positive rate over thresholds whose false-positive rate is at most `fpr`."""
        return self._found_below(float(too_many(self.negatives, fpr)))

    def _found_below(self, allowed: float) -> float:
        """The largest TPR with fewer than `allowed` false positives; no threshold selects what has no score."""
        selected = (self.false < allowed) & ~np.isnan(self.value)
        return float(self.positives[selected].sum() / self.lenses) if self.lenses else float("nan")

    def threshold_at_fpr(self, fpr: float) -> tuple[float, int]:
        """The lowest score that may be selected at a false-positive rate of at most `fpr`, and how many non-lenses
        are at or above it; (inf, 0) where even the best group holds too many. Unscored objects are never selected."""
        ok = np.flatnonzero((self.false < too_many(self.negatives, fpr)) & ~np.isnan(self.value))
        return (float(self.value[ok[-1]]), int(self.false[ok[-1]])) if ok.size else (float("inf"), 0)

    def roc(self) -> tuple[np.ndarray, np.ndarray]:
        """(FPR, TPR) of the curve's corners, from (0, 0) to (1, 1); groups between which it runs straight up or
        straight on are left out."""
        if not (self.lenses and self.others):
            return np.array([0.0, 1.0]), np.array([np.nan, np.nan])
        across, up = np.r_[0.0, self.false] / self.others, np.r_[0.0, self.true] / self.lenses
        dx, dy = np.diff(across), np.diff(up)
        straight = ((dx[1:] == 0) & (dx[:-1] == 0)) | ((dy[1:] == 0) & (dy[:-1] == 0))
        kept = np.r_[True, ~straight, True] if dx.size else np.ones(across.size, bool)
        return across[kept], up[kept]

    def average_precision(self) -> float:
        """Σ (recall gained) · precision over the groups, best first; NaN without lenses."""
        if not self.lenses:
            return float("nan")
        return float((self.positives / self.lenses * self.true / np.maximum(self.true + self.false, 1)).sum())

    def f_beta(self, beta: float) -> tuple[float, float]:
        """(The largest F-beta over all thresholds, its threshold: select scores at or above it); the highest of equals.

        F = (1 + β²) · TP / ((1 + β²) · TP + β² · FN + FP). The challenge's second round ranked by it with β = 0.01.
        """
        scored = ~np.isnan(self.value)
        if not self.lenses or not scored.any():
            return float("nan"), float("nan")
        square = beta * beta
        found = (1 + square) * self.true[scored]
        missed = square * (self.lenses - self.true[scored])
        values = found / (found + missed + self.false[scored])
        best = int(np.argmax(values))
        return float(values[best]), float(self.value[scored][best])

    def found_in_top(self, k: int) -> tuple[float, int, int]:
        """Lenses among the best `k` objects: (expected, fewest, most).

        The three differ where place k lies inside a tie group, which any order of its members would cut otherwise.
        """
        whole = int(np.searchsorted(self.true + self.false, k, side="right"))
        before = self.true[whole - 1] if whole else 0.0
        if whole == self.true.size:
            return float(before), int(before), int(before)
        rest = k - (self.true + self.false)[whole - 1] if whole else float(k)
        lenses, others = self.positives[whole], self.negatives[whole]
        fewest, most = max(0.0, rest - others), min(rest, lenses)
        return float(before + rest * lenses / (lenses + others)), int(before + fewest), int(before + most)


def auroc(truth: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve, ties counted half (Mann-Whitney); NaN where a class is empty."""
    return Ranking.of(truth, score).auroc()


def tpr_n(truth: np.ndarray, score: np.ndarray, n: int) -> float:
    """TPR with fewer than `n` false positives, exact and tie-aware; NaN without lenses."""
    return Ranking.of(truth, score).tpr_n(n)


def tpr_at_fpr(truth: np.ndarray, score: np.ndarray, fpr: float) -> float:
    """TPR at a false-positive rate of at most `fpr`."""
    return Ranking.of(truth, score).tpr_at_fpr(fpr)


def areas(positives: np.ndarray, negatives: np.ndarray) -> np.ndarray:
    """AUROC of counts (…, G), over the last axis; NaN where a class is empty."""
    lenses, others = positives.sum(axis=-1), negatives.sum(axis=-1)
    reached = np.cumsum(negatives, axis=-1)
    reached -= negatives / 2  # half of the own group's
    lost = np.einsum("...g,...g->...", positives, reached)
    total = lenses * others
    return np.where(total > 0, 1 - lost / np.maximum(total, 1), np.nan)


def rates_below(positives: np.ndarray, negatives: np.ndarray, allowed: float | np.ndarray) -> np.ndarray:
    """Of counts (…, G), over the last axis: the largest TPR with fewer than `allowed` false positives; NaN without
    lenses."""
    total = positives.sum(axis=-1)
    ok = np.cumsum(negatives, axis=-1) < np.asarray(allowed)[..., None]
    found = np.einsum("...g,...g->...", positives, ok)  # the groups allowed are the first ones
    return np.where(total > 0, found / np.maximum(total, 1), np.nan)


def too_many(negatives: np.ndarray, fpr: float) -> np.ndarray:
    """The number of false positives that exceeds `fpr`, whatever rounding does to fpr · N."""
    return np.floor(fpr * negatives.sum(axis=-1) + 1e-9) + 1
