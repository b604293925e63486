"""Which rows of a training set are measured first, and what a row counts for; knows no image and no model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

FEWEST_TO_JUDGE = 10
"""Validation stamps a class below which a fifth of the training rows chooses the settings instead."""
_UNSURE = 0.05
"""A class with less than this share of a soft label is left out of it."""


@dataclass(frozen=True)
class Examples:
    """Measured stamps as a shallow model takes them: x (N, D), class numbers (N,), weights (N,)."""

    x: np.ndarray
    labels: np.ndarray
    weights: np.ndarray

    def first(self, count: int) -> Examples:
        return Examples(self.x[:count], self.labels[:count], self.weights[:count])


def order(targets: np.ndarray, rows: np.ndarray, seed: int) -> np.ndarray:
    """`rows` shuffled so that the classes come in turn as long as each lasts: any first part is as balanced as it can
    be."""
    random = np.random.default_rng((seed, 1))
    rows = random.permutation(rows)
    labels = targets[rows].argmax(axis=1)
    place = np.empty(len(rows))
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        place[mine] = np.arange(len(mine)) + random.random()
    return rows[np.argsort(place, kind="stable")]


def examples(x: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> Examples:
    """One example a row, or one for each class of a soft label, with its share of the row's weight."""
    row, label = np.nonzero(targets > _UNSURE)
    counts = (weights[row] * targets[row, label]).astype(np.float64)
    return Examples(x[row] if len(row) != len(x) else x, label, counts / max(counts.mean(), 1e-30))


def weighed(targets: np.ndarray, weights: np.ndarray, rows: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Weights of `rows` such that each class has the total that it has in `among`, of which `rows` are a part."""
    counts = np.array(weights[rows], np.float64)
    labels, all_labels = targets[rows].argmax(axis=1), targets[among].argmax(axis=1)
    for label in np.unique(labels):
        counts[labels == label] *= weights[among][all_labels == label].sum() / counts[labels == label].sum()
    return counts


def can_judge(targets: np.ndarray) -> bool:
    """Whether each class has enough of these rows for the settings to be chosen by them."""
    return bool(len(targets)) and bool(
        np.bincount(targets.argmax(axis=1), minlength=targets.shape[1]).min() >= FEWEST_TO_JUDGE
    )
