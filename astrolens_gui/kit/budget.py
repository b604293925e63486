"""How long a training may take, by a clock that a caller may exchange; knows no network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

clock: Callable[[], float] = time.perf_counter
"""Seconds by which every budget is measured; a benchmark on a shared machine sets it to processor time over cores."""


class Budget:
    """`minutes` from the moment it is made; 0 sets no limit."""

    def __init__(self, minutes: float) -> None:
        self.seconds = 60.0 * minutes if minutes > 0 else math.inf
        self._start = clock()

    def spend(self, seconds: float) -> None:
        """So much of it was used before it was made, by a training that goes on."""
        self._start -= seconds

    def used(self) -> float:
        """Seconds since it was made, and those spent before."""
        return clock() - self._start

    def left(self) -> float:
        """Seconds until it is used up, never below 0; inf without a limit."""
        return max(self.seconds - self.used(), 0.0)

    def share(self) -> float:
        """How much of it is used, 0..1; 0 without a limit."""
        return min(self.used() / self.seconds, 1.0)

    def over(self) -> bool:
        return self.left() <= 0.0
