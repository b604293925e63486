"""What a long function is given to speak with whoever waits for it; knows no thread, no process and no window."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any


class Cancelled(Exception):
    """Raised inside a job by `Context.progress` after somebody cancelled it; let it pass."""


@dataclass(frozen=True)
class Progress:
    """One report: `fraction` 0..1 of the whole job, a short `message`, named numbers (loss, AUROC, images_per_s)."""

    fraction: float
    message: str = ""
    metrics: dict[str, float] = field(default_factory=dict)
    time: float = 0.0


def _nobody(_: Any) -> None:
    """The listener of a context that nobody waits for."""


@dataclass(frozen=True)
class Context:
    """Progress, cancellation, partial results, and where and how to run.

    Attributes:
        device: "cpu", "gpu:0", … as `astrolens doctor` lists them.
        seed: every random choice of the job derives from it.
        workdir: an empty folder of the job's own, removed after it.
        log: the job's logger.
        keep: folder where a training may keep what it needs to go on after it was broken off; the same one whenever the same
            training is asked for again, gone when it is finished. None: nothing is kept.
    """

    device: str = "cpu"
    seed: int = 0
    workdir: Path = Path(".")
    log: logging.Logger = field(default_factory=lambda: logging.getLogger("astrolens.job"))
    on_progress: Callable[[Progress], None] = _nobody
    on_partial: Callable[[Any], None] = _nobody
    is_cancelled: Callable[[], bool] = lambda: False
    low: float = 0.0
    high: float = 1.0
    keep: Path | None = None

    def progress(self, fraction: float, message: str = "", **metrics: float) -> None:
        """Report `fraction` (0..1 of this part) done; the cancellation point.

        Raises:
            Cancelled: when the job was cancelled.
        """
        if self.is_cancelled():
            raise Cancelled
        whole = self.low + (self.high - self.low) * min(max(float(fraction), 0.0), 1.0)
        self.on_progress(Progress(whole, message, {name: float(value) for name, value in metrics.items()}, time.time()))

    def partial(self, value: Any) -> None:
        """Hand out a result before the end (the first thousand scores, say)."""
        self.on_partial(value)

    def part(self, low: float, high: float) -> Context:
        """A context for a step of the job: its 0..1 is this one's `low`..`high`."""
        span = self.high - self.low
        return replace(self, low=self.low + span * low, high=self.low + span * high)

    def kept(self, name: str) -> Context:
        """A context for one of several trainings within a job: it keeps what it needs in a folder of its own."""
        return self if self.keep is None else replace(self, keep=self.keep / name)
