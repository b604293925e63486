"""How much each pixel added to the answer, from an empty sky to the stamp; knows no network, only its gradient.

Integrated gradients (Sundararajan, Taly & Yan 2017, arXiv:1703.01365, equation 1): the gradient, averaged along the straight
way from a baseline to the stamp, times their difference. The sum over all pixels is the difference of the two answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from astrolens_gui.api import Context

Run = Callable[[np.ndarray], np.ndarray]

STEPS = 64
MOST_STEPS = 512
COMPLETE = 0.01
"""Of the difference of the answers: how far the sum may be off before the steps are doubled."""


@dataclass(frozen=True)
class Integrated:
    """`map` float32 (size, size), in units of the log-odds, summed over bands; `gap`: its sum less the difference of the
    answers, as a share of that difference; `steps` taken."""

    map: np.ndarray
    gap: float
    steps: int


def integrated_gradients(stamp: np.ndarray, run: Run, slope: Run, ctx: Context) -> Integrated:
    """Of one prepared stamp float32 (size, size, bands), from the empty sky (0).

    Args:
        run: stamps → lens log-odds (n,). slope: stamps → d(log-odds)/d(stamp), like the stamps.
    """
    ends = run(np.stack([np.zeros_like(stamp), stamp]))
    difference = float(ends[1] - ends[0])
    steps = STEPS
    while True:
        middle = (np.arange(steps, dtype=np.float32) + 0.5) / steps
        slopes = np.zeros(stamp.shape, np.float64)
        for low in range(0, steps, STEPS):
            part = middle[low : low + STEPS]
            slopes += slope(part[:, None, None, None] * stamp).sum(axis=0, dtype=np.float64)
            ctx.progress((low + len(part)) / MOST_STEPS, f"{low + len(part)} of {steps} steps")
        added = (slopes / steps * stamp).sum(axis=-1)
        gap = float(added.sum() - difference) / max(abs(difference), 1e-9)
        if abs(gap) <= COMPLETE or steps >= MOST_STEPS:
            return Integrated(added.astype(np.float32), gap, steps)
        steps *= 2
