"""A training's way from its first step to its last: how far it is, its step size, what it reports, when it stops; knows no
network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import Context, FitReport, UserError

from . import unfinished
from .budget import Budget

BETWEEN_REPORTS_S = 0.25
KEEPING_SHARE = 0.05
"""Of the time of a training, what keeping its state may take: a large network is kept less often than every epoch."""

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
        self._best, self._since = math.inf, 0  # val_loss, epochs since then
        self._kept: list[np.ndarray] | None = None  # the weights of then
        self._keep_next = -math.inf

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

    def run(
        self,
        train: Callable[[int], Numbers],
        judge: Callable[[int], Numbers],
        variables: Sequence[Any],
        state: Sequence[Any] = (),
    ) -> None:
        """Epoch after epoch until one of the three ends; the variables are left as they were when `val_loss` was best.

        Args:
            train, judge: (epoch) → its `loss` and more; its `val_loss` and more, or nothing.
            state: all that the next epoch depends on besides its number (`kit.state_of`); where the context keeps it, a training
                that was broken off goes on after its last kept epoch, to the same end.

        Raises:
            UserError: the loss is no number any more.
        """
        if state and self.ctx.keep is not None:
            self._go_on(variables, state)
        while len(self.history) < self.how.epochs and self.ended == ALL:
            epoch = len(self.history)
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
                self._watch(numbers["val_loss"], variables)
            if state and self.ctx.keep is not None:
                self._keep(self.ctx.keep, state)
        if self._kept is not None:
            for variable, value in zip(variables, self._kept, strict=True):
                variable.assign(value)

    def _watch(self, val_loss: float, variables: Sequence[Any]) -> None:
        self._since += 1
        if val_loss < self._best:
            self._best, self._since, self._kept = val_loss, 0, [np.array(each) for each in variables]
        if self._since >= self.how.patience:
            self.ended = EARLY

    def _keep(self, folder: Path, state: Sequence[Any]) -> None:
        """Keep the state after an epoch, the last one in any case."""
        began = time.monotonic()
        over = len(self.history) == self.how.epochs or self.ended != ALL
        if began < self._keep_next and not over:
            return
        told = {"steps": self.steps, "per_epoch": self.per_epoch, "ended": self.ended, "judging_s": self.judging_s}
        told |= {"history": self.history, "best": self._best, "since": self._since, "used_s": self.limit.used()}
        try:
            unfinished.write(
                folder, unfinished.named("state", state) | unfinished.named("best", self._kept or ()), told
            )
        except OSError as error:  # a full disk is no reason to end a training that needs none of it
            self.ctx.log.warning("%s: the training can't be kept for going on later (%s)", folder, error)
        self._keep_next = time.monotonic() + (time.monotonic() - began) / KEEPING_SHARE

    def _go_on(self, variables: Sequence[Any], state: Sequence[Any]) -> None:
        """Take up what an earlier run of this very training kept, if there is any that fits."""
        found = unfinished.read(self.ctx.keep) if self.ctx.keep else None
        if found is None:
            return
        arrays, told = found
        now, best = unfinished.values("state", arrays, state), unfinished.values("best", arrays, variables)
        if now is None or told.get("per_epoch") != self.per_epoch:
            return
        for variable, value in zip(state, now, strict=True):
            variable.assign(value)
        self._kept, self._best, self._since = best, told["best"], told["since"]
        self.steps, self.ended, self.judging_s = told["steps"], told["ended"], told["judging_s"]
        self.history = [dict(numbers) for numbers in told["history"]]
        self.limit.spend(told["used_s"])
        self.ctx.progress(self.share(), f"going on after epoch {len(self.history)}, where it was broken off")

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
