"""An order of the queue that is drawn, so that each object's chance to be shown is known; knows usefulness, no score.

A queue that only ever shows what a model likes says nothing of what the model dislikes. Here the order is a weighted
draw without replacement: of the objects that are left, each is next with a probability proportional to its weight. The
weight falls with the rank that a strategy gives, and never to 0. What was drawn with which probability is stored with
the label, and `core.learn.estimate` counts from it the lenses that nobody saw.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

RANDOM_SHARE = 0.1
"""Of the weight, spread evenly over the pool."""
STEEPNESS = 2.0
"""The weight of rank r of n falls as ((r + flat) / flat) ** -STEEPNESS."""
FLAT = 50.0
"""Ranks at the top between which the draw hardly chooses."""


@dataclass(frozen=True)
class Draw:
    """A drawn order.

    Attributes:
        order: int64 (N,), rows, the first to be shown first.
        chance: float64 (N,), in that order: the probability with which the object was drawn at its step among those then
            left. An order that is not drawn has 1 everywhere.
    """

    order: np.ndarray
    chance: np.ndarray


def weights(wishes: Mapping[str, tuple[float, np.ndarray]], random_share: float = RANDOM_SHARE) -> np.ndarray:
    """Weights float64 (N,), positive, sum 1: of every wish its share by the ranks of its usefulness, and `random_share` of
    all spread evenly.

    Args:
        wishes: {strategy: (share, usefulness float64 (N,), larger is sooner, NaN last)}; shares count relative to each
            other. random_share: 0 < share ≤ 1; 1 is a plain shuffle.
    """
    if not 0 < random_share <= 1:
        raise ValueError(
            f"the random share must lie in (0, 1], not {random_share}: with none, nothing can be estimated"
        )
    count = len(next(iter(wishes.values()))[1])
    total = np.zeros(count)
    shares = sum(share for share, _ in wishes.values())
    if count and shares > 0:
        led = ((np.arange(count) + FLAT) / FLAT) ** -STEEPNESS
        led /= led.sum()
        for share, useful in wishes.values():
            first = np.argsort(-np.where(np.isnan(useful), -np.inf, useful), kind="stable")
            total[first] += share / shares * led
    else:
        random_share = 1.0
    return (1 - random_share) * total + random_share / max(count, 1)


def draw(weight: np.ndarray, seed: int) -> Draw:
    """A weighted order without replacement (Efraimidis & Spirakis 2006: the largest of u ** (1 / w) first) with the
    probability of each step.

    Args:
        weight: float64 (N,), positive. The same seed and weights give the same order.
    """
    weight = np.asarray(weight, np.float64)
    if not (np.isfinite(weight).all() and (weight > 0).all()):
        raise ValueError("every weight must be positive: what can't be drawn can't be estimated")
    arrival = np.random.default_rng(seed).exponential(size=len(weight)) / weight
    order = np.argsort(arrival, kind="stable")
    drawn = weight[order]
    left = np.cumsum(drawn[::-1])[::-1]
    return Draw(order, drawn / left if len(drawn) else drawn)
