"""How a network of this package learns: time, step size, stopping, what it reports; knows arrays and Keras, no
network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import keras
import numpy as np

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, TrainingSet, UserError
from astrolens_gui.kit import budget

from .batches import Batches
from .learner import Learner, weights

FEWEST_TO_STOP = 10
"""Validation stamps a class below which the validation loss is too noisy to stop by."""
BETWEEN_REPORTS_S = 0.25

ALL, EARLY, TIME = "all epochs", "early stopping", "the time was used up"

Build = Callable[[], keras.Model]
"""Makes the untrained network: input (size, size, bands), outputs {"logits", "features"}."""


def train(
    build: Build, data: TrainingSet, how: Any, ctx: Context, start: keras.Model | None = None
) -> tuple[keras.Model, FitReport]:
    """The trained network and what is told of it; `how` is a `settings.Training`.

    From `start` it goes on, with a tenth of the step size, instead of from random weights; of another shape it is none.
    """
    time_given = budget.Budget(how.minutes)
    policy = kit.fast_dtype(ctx.device) if how.precision == "auto" else how.precision
    halves, gpu = kit.side_by_side(ctx.device), ctx.device.startswith("gpu")
    with kit.device_scope(ctx), kit.deterministic(ctx.seed), ThreadPoolExecutor(1) as pool:
        with kit.dtype_scope(policy):
            learner = Learner(build, how, halves, compiled=gpu, start=start)
        run = _Run(learner, data, how, ctx, time_given)
        run.all_epochs(pool)
    used: dict[str, Any] = {"precision": policy}
    if run.ended == TIME:  # so that the folder trains again in the same way on a machine of another speed
        used |= {"epochs": max(1, round(run.steps / len(run.train))), "minutes": 0.0}
    return learner.averaged, FitReport(tuple(run.history), run.ended, used=used)


def together(reports: Sequence[FitReport]) -> FitReport:
    """One report of members trained one after the other with the same parameters; each epoch says whose it was."""
    epochs = tuple(
        {**epoch, "member": float(number)} for number, report in enumerate(reports) for epoch in report.epochs
    )
    used = dict(reports[0].used)
    ended = sorted({report.stopped for report in reports})
    if TIME in ended:  # the longest, for it is one number for all
        used |= {"epochs": max(report.used.get("epochs", len(report.epochs)) for report in reports), "minutes": 0.0}
    return FitReport(epochs, " / ".join(ended), used)


class _Run:
    """One training from its first batch to its last."""

    def __init__(self, learner: Learner, data: TrainingSet, how: Any, ctx: Context, limit: budget.Budget) -> None:
        self.learner, self.how, self.ctx, self.limit = learner, how, ctx, limit
        self.train = Batches(data, "train", how.batch_size, ctx.seed, how.augment)
        self.held = Batches(data, "validation", 256, ctx.seed)
        counts = np.asarray(data.targets[self.held.rows]).sum(axis=0) if len(self.held.rows) else np.zeros(1)
        self.stops_early = bool(counts.min() >= FEWEST_TO_STOP)
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
            if len(self.held.rows):
                numbers |= self._validate()
            self.history.append(numbers)
            self._report(epoch, numbers)
            if not math.isfinite(numbers["loss"]):
                raise UserError(
                    f"the loss is no longer a number in epoch {epoch + 1}; lower learning_rate, "
                    f"which is {self.how.learning_rate:g}"
                )
            if self.stops_early:
                since += 1
                if numbers["val_loss"] < best:
                    best, since = numbers["val_loss"], 0
                    kept = [np.asarray(variable) for variable in weights(self.learner.averaged)]
                if since >= self.how.patience:
                    self.ended = EARLY
            if self.ended != ALL:
                break
        if kept is not None:
            for variable, value in zip(weights(self.learner.averaged), kept, strict=True):
                variable.assign(value)

    def _epoch(self, epoch: int, pool: ThreadPoolExecutor) -> dict[str, float]:
        self.train.draw(epoch)
        loss: Any = 0.0
        right: Any = 0.0
        done = 0
        for images, targets, _ in self.train.ahead(pool):
            rate = self.learner.pace * step_size(self.how, self.share(), self.steps, self.how.epochs * len(self.train))
            this, hits = self.learner.step(images, targets, rate, self.steps)
            loss, right, done, self.steps = loss + this, right + hits, done + 1, self.steps + 1
            if time.monotonic() - self._said >= BETWEEN_REPORTS_S or self.ctx.is_cancelled():
                self._report(epoch, _means(loss, right, done))
            if self.share() >= 1.0 and self.limit.seconds < math.inf and done < len(self.train):
                self.ended = TIME
                break
        return _means(loss, right, done)

    def _validate(self) -> dict[str, float]:
        start = budget.clock()
        sums = np.zeros(3)
        for step in range(len(self.held)):
            sums += [float(each) for each in self.learner.judge(*self.held[step])]
        self._judging_s = budget.clock() - start
        return {"val_loss": float(sums[0] / sums[2]), "val_accuracy": float(sums[1] / sums[2])}

    def _report(self, epoch: int, numbers: dict[str, float]) -> None:
        self._said = time.monotonic()
        of = "" if self.how.minutes else f"/{self.how.epochs}"
        self.ctx.progress(self.share(), f"epoch {epoch + 1}{of}", **numbers)


def step_size(how: Any, share: float, step: int, steps: int) -> float:
    """The optimiser's step size when `share` of the training is done, at `step` of at most `steps`.

    "cosine": up to its peak in the first tenth of the steps (at most 100), then down to 0 as a cosine; "steps": a
    tenth of it after each third (as Lanusse et al. 2017 train); "constant": always the same.
    """
    if how.schedule == "constant":
        return how.learning_rate
    if how.schedule == "steps":
        return how.learning_rate * 0.1 ** min(int(3 * share), 2)
    rise = max((step + 1) / (min(100, steps // 10) + 1), 10 * share)
    return how.learning_rate * min(1.0, rise) * (1 + math.cos(math.pi * share)) / 2


def _means(loss: Any, right: Any, steps: int) -> dict[str, float]:
    return {"loss": float(loss) / steps, "accuracy": float(right) / steps}
