"""How long a job still takes, from its own reports; knows only fractions and times."""

from __future__ import annotations

from collections import deque

WINDOW_S = 30.0
"""The rate is that of the last half minute: the first steps (imports, compilation) say nothing about the rest."""

ENOUGH_S = 1.0
"""No estimate from less than this much time."""


class Eta:
    """Feed it (time, fraction); ask it for the seconds left."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, float]] = deque()

    def update(self, time_s: float, fraction: float) -> None:
        """Note that at `time_s` (any clock, seconds) the job was at `fraction` (0..1). A step backwards begins anew."""
        if self._points and fraction < self._points[-1][1]:
            self._points.clear()
        self._points.append((time_s, fraction))
        while len(self._points) > 2 and self._points[1][0] <= time_s - WINDOW_S:
            self._points.popleft()
        if len(self._points) > 1000:  # a fast reporter: every second point says as much
            self._points = deque([*list(self._points)[:-1:2], self._points[-1]])

    def left_s(self, now_s: float) -> float | None:
        """Seconds left at `now_s`, never negative; None while there is too little to go by."""
        if len(self._points) < 2:
            return None
        (began, low), (last, high) = self._points[0], self._points[-1]
        if high <= low or last - began < ENOUGH_S:
            return None
        return max(0.0, (1.0 - high) * (last - began) / (high - low) - (now_s - last))
