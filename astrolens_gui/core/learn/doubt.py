"""Grades that are worth a second look: where a model that has not seen a grade is sure of the opposite; knows no store."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import head

FOLDS = 5
FEWEST = 10
"""Lenses and non-lenses below which no opinion is formed."""


@dataclass(frozen=True)
class Doubt:
    """Graded rows, the most doubtful first.

    Attributes:
        rows: int64 (M,), of the pool. target: float64 (M,), the grade as probability of a lens.
        given: float64 (M,), the probability of a lens by a model that learnt from other grades only.
        loss: float64 (M,), in bits: how surprising the grade is to that model.
    """

    rows: np.ndarray
    target: np.ndarray
    given: np.ndarray
    loss: np.ndarray

    def contradicting(self, sure: float = 0.9) -> np.ndarray:
        """Rows whose grade the model contradicts with at least this confidence (Northcutt et al. 2021, arXiv:1911.00068,
        count them so)."""
        against = np.where(self.target > 0.5, 1 - self.given, self.given)
        return self.rows[(against >= sure) & (self.target != 0.5)]


def doubt(features: np.ndarray, target: np.ndarray, seed: int = 0) -> Doubt:
    """Hold each grade against a head (see `head.fit`) that learnt from the other folds' grades.

    Args:
        features: (N, D). target: float64 (N,), NaN where ungraded.

    A model that learnt from a wrong grade may have learnt it by heart: only one that has not seen it can doubt it. With
    fewer than ten grades of a class the answer is empty.
    """
    target = np.asarray(target, np.float64)
    rows = np.flatnonzero(np.isfinite(target))
    lens = target[rows] > 0.5
    if min(lens.sum(), (~lens).sum()) < FEWEST:
        nothing = np.zeros(0)
        return Doubt(np.zeros(0, np.int64), nothing, nothing, nothing)
    fold = np.empty(len(rows), int)
    random = np.random.default_rng(seed)
    for of_class in (lens, ~lens):
        members = np.flatnonzero(of_class)
        fold[random.permutation(members)] = np.arange(len(members)) % FOLDS
    logit = np.empty(len(rows))
    for number in range(FOLDS):
        out = fold == number
        seen = target.copy()
        seen[rows[out]] = np.nan
        logit[out] = head.fit(features, seen, seed=seed).logit(np.asarray(features)[rows[out]])
    wanted = target[rows]
    logit *= _sharpness(logit, wanted)
    given = 1 / (1 + np.exp(-np.clip(logit, -60, 60)))
    loss = (np.logaddexp(0, logit) - wanted * logit) / np.log(2)
    order = np.argsort(-loss, kind="stable")
    return Doubt(rows[order], wanted[order], given[order], loss[order])


def _sharpness(logit: np.ndarray, target: np.ndarray) -> float:
    """By what to multiply the folds' log-odds so that they are as sure as they are right (temperature scaling)."""
    from scipy.optimize import minimize_scalar

    def loss(log_scale: float) -> float:
        z = logit * np.exp(log_scale)
        return float((np.logaddexp(0, z) - target * z).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.05), np.log(50.0)), method="bounded").x))
