"""Intervals of a share that was counted, which may be an expected count; knows two numbers."""

from __future__ import annotations

import math

Interval = tuple[float, float]


def jeffreys(found: float, total: float, level: float = 0.95) -> Interval:
    """Jeffreys' interval of `found / total`: the central part of Beta(found + 1/2, total − found + 1/2), from 0 where none
    was found and to 1 where all were (Brown, Cai & DasGupta 2001, Stat. Sci. 16, 101). Counts may be fractions."""
    from scipy.special import betaincinv

    if total <= 0:
        return (0.0, 1.0)
    tail, missed = (1 - level) / 2, max(total - found, 0.0)
    low = 0.0 if found <= 0 else float(betaincinv(found + 0.5, missed + 0.5, tail))
    high = 1.0 if missed <= 0 else float(betaincinv(found + 0.5, missed + 0.5, 1 - tail))
    return (low, high)


def wilson(found: float, total: float, level: float = 0.95) -> Interval:
    """Wilson's score interval of `found / total` (Wilson 1927)."""
    from scipy.special import ndtri

    if total <= 0:
        return (0.0, 1.0)
    z, share = float(ndtri(0.5 + level / 2)), found / total
    scale = 1 + z * z / total
    middle = (share + z * z / (2 * total)) / scale
    half = z * math.sqrt(share * (1 - share) / total + (z / (2 * total)) ** 2) / scale
    return (max(middle - half, 0.0), min(middle + half, 1.0))
