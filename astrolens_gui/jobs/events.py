"""What is told about a job: its states and the one record that listeners get; knows no thread and no process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ..api import Progress

JobState = Literal["queued", "running", "done", "failed", "cancelled"]

FINAL: frozenset[str] = frozenset({"done", "failed", "cancelled"})
"""The states a job never leaves."""

EVENTS_PER_S = 20
"""As many progress events as a person can use; a job that reports faster is thinned where it reports."""


@dataclass(frozen=True)
class JobEvent:
    """One change of one job: queued, running, any number of progress or partial events, then exactly one final state.

    Attributes:
        job: the job's number (`Job.id`).
        error: one sentence, in a failed event only; `traceback` is the child's own where it failed there.
        eta_s: seconds left, None while unknown.
        partial: what `Context.partial` handed out, in that event only.
    """

    job: int
    state: JobState
    title: str = ""
    lane: str = ""
    progress: Progress | None = None
    error: str = ""
    traceback: str = ""
    eta_s: float | None = None
    partial: Any = None


class Throttle:
    """Passes on at most `per_s` values a second; `flush` passes on the newest one held back. Safe from any thread."""

    def __init__(
        self, send: Callable[[Any], None], per_s: float = EVENTS_PER_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._send = send
        self._interval = 1.0 / per_s
        self._clock = clock
        self._last = -float("inf")
        self._held: list[Any] = []
        self._lock = threading.Lock()

    def __call__(self, value: Any) -> None:
        with self._lock:
            self._held = [value]
            if self._clock() - self._last >= self._interval:
                self._release()

    def flush(self, *, now: bool = True) -> None:
        """Send what is held back; with `now=False` only when its turn has come."""
        with self._lock:
            if self._held and (now or self._clock() - self._last >= self._interval):
                self._release()

    def _release(self) -> None:
        (value,), self._held = self._held, []
        self._last = self._clock()
        self._send(value)
