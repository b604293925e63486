"""How long a training will take, from how long earlier ones took on this computer; knows no clock and no file."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

KEPT = 12
"""Trainings of a kind that are remembered: an older computer's are soon forgotten."""

FADING = 0.8
"""Weight of a training against the one after it."""

PULL = 0.05
"""How strongly one training alone is taken as half fixed cost, half cost of its labels; more of them tell the shares."""

Timed = tuple[int, float]
"""(objects learnt from, seconds)."""


def guess(past: Sequence[Timed], labels: int) -> float:
    """Seconds that a training on `labels` objects will take; NaN where none was timed.

    A fixed cost and a cost for each object, neither below zero, fitted by least squares to the trainings so far (oldest
    first), the newest counting most.
    """
    from scipy.optimize import nnls

    known = [(count, seconds) for count, seconds in past if count > 0 and seconds >= 0]
    if not known or labels < 1:
        return math.nan
    counts, seconds = (np.array(column, np.float64) for column in zip(*known, strict=True))
    typical = counts[-1]
    weight = np.sqrt(FADING ** np.arange(len(known))[::-1])
    rows = np.stack([weight, weight * counts / typical], axis=1)
    (fixed, each), _ = nnls(np.vstack([rows, PULL * np.eye(2)]), np.append(weight * seconds, [0.0, 0.0]))
    return float(fixed + each * labels / typical)


def noted(past: Sequence[Timed], labels: int, seconds: float) -> list[Timed]:
    """What is remembered after one more training."""
    return [*past, (int(labels), round(float(seconds), 2))][-KEPT:]
