"""A training's way from its first step to its last: how far it is, its step size, what it reports, when it stops; knows no
network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from astrolens_gui.api import Context, FitReport, UserError

from .budget import Budget

BETWEEN_REPORTS_S = 0.25

ALL, EARLY, TIME = "all epochs", "early stopping", "the time was used up"

Numbers = dict[str, float]


class Course:
    """What every training loop keeps count of, whatever it trains.

    Args:
        how: parameters with `epochs`, `minutes`, `patience` and `learning_rate`. per_epoch: steps.
        watched: there are validation images enough to stop by `val_loss`.

    Attributes:
        steps: done so far. total: at most. ended: one of ALL, EARLY, TIME. history: the numbers of each epoch.
        judging_s: what is to be kept of the time for the last look at the validation images.
    """

    def __init__(self, how: Any, per_epoch: int, limit: Budget, ctx: Context, watched: bool) -> None:
        self.how, self.per_epoch, self.limit, self.ctx, self.watched = how, per_epoch, limit, ctx, watched
        self.total = how.epochs * per_epoch
        self.steps, self.ended, self.judging_s = 0, ALL, 0.0
        self.history: list[Numbers] = []
        self._said = -math.inf

    @property
    def _time_used(self) -> float:
        return self.limit.share() + self.judging_s / self.limit.seconds

    def share(self) -> float:
        """How much of the training is done, 0..1: by epochs or by time, whichever is further."""
        return min(max(self.steps / self.total, self._time_used), 1.0)

    def stepped(self) -> bool:
        """A step is done. Whether to tell what its epoch has reached: a few times a second, and when somebody cancels."""
        self.steps += 1
        return time.monotonic() - self._said >= BETWEEN_REPORTS_S or self.ctx.is_cancelled()

    def out_of_time(self) -> bool:
        """Whether the time given is used up; it is then what ended the training."""
        over = self._time_used >= 1.0
        if over:
            self.ended = TIME
        return over

    def tell(self, epoch: int, numbers: Numbers) -> None:
        self._said = time.monotonic()
        of = "" if self.how.minutes else f"/{self.how.epochs}"
        self.ctx.progress(self.share(), f"epoch {epoch + 1}{of}", **numbers)

    def run(self, train: Callable[[int], Numbers], judge: Callable[[int], Numbers], variables: Sequence[Any]) -> None:
        """Epoch after epoch until one of the three ends; the variables are left as they were when `val_loss` was best.

        Args:
            train, judge: (epoch) → its `loss` and more; its `val_loss` and more, or nothing.

        Raises:
            UserError: the loss is no number any more.
        """
        best, since, kept = math.inf, 0, None
        for epoch in range(self.how.epochs):
            numbers = train(epoch)
            if not math.isfinite(numbers["loss"]):
                raise UserError(
                    f"the loss is no longer a number in epoch {epoch + 1}; lower learning_rate, "
                    f"which is {self.how.learning_rate:g}"
                )
            numbers |= judge(epoch)
            self.history.append(numbers)
            self.tell(epoch, numbers)
            if self.watched:
                since += 1
                if numbers["val_loss"] < best:
                    best, since, kept = numbers["val_loss"], 0, [np.array(each) for each in variables]
                if since >= self.how.patience:
                    self.ended = EARLY
            if self.ended != ALL:
                break
        if kept is not None:
            for variable, value in zip(variables, kept, strict=True):
                variable.assign(value)

    def report(self, **used: Any) -> FitReport:
        """`used`: what the training chose itself; the epochs are among it where the time ended it, so that the folder trains
        again in the same way on a machine of another speed."""
        if self.ended == TIME:
            used |= {"epochs": max(1, round(self.steps / self.per_epoch)), "minutes": 0.0}
        return FitReport(tuple(self.history), self.ended, used=used)


def step_size(how: Any, share: float, step: int, steps: int) -> float:
    """The optimiser's step size when `share` of the training is done, at `step` of at most `steps`.

    `how.schedule` (where there is none: "cosine"): "cosine": up to its peak in the first tenth of the steps (at most 100),
    then down to 0 as a cosine; "steps": a tenth of it after each third (as Lanusse et al. 2017 train); "constant": always
    the same.
    """
    schedule = getattr(how, "schedule", "cosine")
    if schedule == "constant":
        return how.learning_rate
    if schedule == "steps":
        return how.learning_rate * 0.1 ** min(int(3 * share), 2)
    rise = max((step + 1) / (min(100, steps // 10) + 1), 10 * share)
    return how.learning_rate * min(1.0, rise) * (1 + math.cos(math.pi * share)) / 2
