"""How the detector learns: time, step size, stopping, what it reports; knows no layer."""

from __future__ import annotations

import math
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, TrainingSet, UserError
from astrolens_gui.kit import budget

from .batches import Batches
from .learner import LOSSES, Learner
from .network import Network, Shape

FEWEST_TO_STOP = 10
"""Objects among the validation images below which their loss is too noisy to stop by."""
BETWEEN_REPORTS_S = 0.25

ALL, EARLY, TIME = "all epochs", "early stopping", "the time was used up"


PACE = 0.2
"""Of the step size, where a trained network goes on."""


def train(
    shape: Shape, data: TrainingSet, sources: bool, how: Any, ctx: Context, start: Network | None = None
) -> tuple[Network, FitReport]:
    """The trained network and what is told of it; `how` is a `plugin.Training`.

    From `start` it goes on, with smaller steps, instead of from random weights; of another shape it is none.

    Raises:
        UserError: the set holds no box to learn from, or the loss is no number any more.
    """
    time_given = budget.Budget(how.minutes)
    policy = kit.fast_dtype(ctx.device) if how.precision == "auto" else how.precision
    with kit.device_scope(ctx), kit.deterministic(ctx.seed), ThreadPoolExecutor(1) as pool:
        with kit.dtype_scope(policy):
            learner = Learner(shape, how, own=not sources)
        goes_on = start is not None and start.shape == shape
        if start is not None and goes_on:
            learner.begin(start)
        run = _Run(learner, data, sources, how, ctx, time_given, PACE if goes_on else 1.0)
        run.all_epochs(pool)
    used: dict[str, Any] = {"precision": policy}
    if run.ended == TIME:  # so that the folder trains again in the same way on a machine of another speed
        used |= {"epochs": max(1, round(run.steps / len(run.train))), "minutes": 0.0}
    return learner.averaged, FitReport(tuple(run.history), run.ended, used=used)


class _Run:
    """One training from its first batch to its last."""

    def __init__(
        self,
        learner: Learner,
        data: TrainingSet,
        sources: bool,
        how: Any,
        ctx: Context,
        limit: budget.Budget,
        pace: float,
    ) -> None:
        self.learner, self.how, self.ctx, self.limit, self.pace = learner, how, ctx, limit, pace
        self.train = Batches(data, "train", how.batch_size, ctx.seed, how.augment, sources)
        self.held = Batches(data, "validation", how.batch_size, ctx.seed, None, sources)
        if not sum(len(self.train.whose[row]) for row in self.train.rows):
            raise UserError("no training image has a box; draw boxes round some lenses first")
        self.stops_early = sum(len(self.held.whose[row]) for row in self.held.rows) >= FEWEST_TO_STOP
        self.history: list[dict[str, float]] = []
        self.steps, self.ended = 0, ALL
        self._judging_s, self._said = 0.0, -math.inf

    def share(self) -> float:
        """How much of the training is done, 0..1: by epochs or by time, whichever is further."""
        time_used = self.limit.share() + self._judging_s / self.limit.seconds
        return min(max(self.steps / (self.how.epochs * len(self.train)), time_used), 1.0)

    def all_epochs(self, pool: ThreadPoolExecutor) -> None:
        best, since, kept = math.inf, 0, None
        for epoch in range(self.how.epochs):
            numbers = self._epoch(epoch, pool)
            if not math.isfinite(numbers["loss"]):
                raise UserError(
                    f"the loss is no longer a number in epoch {epoch + 1}; lower learning_rate, "
                    f"which is {self.how.learning_rate:g}"
                )
            if len(self.held.rows):
                numbers |= self._validate()
            self.history.append(numbers)
            self._report(epoch, numbers)
            if self.stops_early:
                since += 1
                if numbers["val_loss"] < best:
                    best, since = numbers["val_loss"], 0
                    kept = [np.asarray(variable) for variable in self.learner.averaged.variables]
                if since >= self.how.patience:
                    self.ended = EARLY
            if self.ended != ALL:
                break
        if kept is not None:
            for variable, value in zip(self.learner.averaged.variables, kept, strict=True):
                variable.assign(value)

    def _epoch(self, epoch: int, pool: ThreadPoolExecutor) -> dict[str, float]:
        self.train.draw(epoch)
        sums, done = np.zeros(len(LOSSES)), 0
        for batch in self.train.ahead(pool):
            rate = self.pace * step_size(self.how, self.share(), self.steps, self.how.epochs * len(self.train))
            sums += self.learner.step(batch, rate, self.steps).numpy()
            done, self.steps = done + 1, self.steps + 1
            if time.monotonic() - self._said >= BETWEEN_REPORTS_S or self.ctx.is_cancelled():
                self._report(epoch, _named(sums / done))
            if self.share() >= 1.0 and self.limit.seconds < math.inf and done < len(self.train):
                self.ended = TIME
                break
        return _named(sums / done)

    def _validate(self) -> dict[str, float]:
        start, sums = budget.clock(), np.zeros(len(LOSSES))
        for step in range(len(self.held)):
            sums += self.learner.judge(self.held[step]).numpy()
        self._judging_s = budget.clock() - start
        return {f"val_{name}": value for name, value in _named(sums / len(self.held)).items()}

    def _report(self, epoch: int, numbers: dict[str, float]) -> None:
        self._said = time.monotonic()
        of = "" if self.how.minutes else f"/{self.how.epochs}"
        self.ctx.progress(self.share(), f"epoch {epoch + 1}{of}", **numbers)


def step_size(how: Any, share: float, step: int, steps: int) -> float:
    """The optimiser's step size: up to its peak within a tenth of the steps (at most 100), down to 0 as a cosine."""
    rise = max((step + 1) / (min(100, steps // 10) + 1), 10 * share)
    return how.learning_rate * min(1.0, rise) * (1 + math.cos(math.pi * share)) / 2


def _named(losses: np.ndarray) -> dict[str, float]:
    return {"loss": float(losses.sum()), **{name: float(value) for name, value in zip(LOSSES, losses, strict=True)}}
