"""How the denoiser learns: batches, time, step size, stopping, what it reports; knows no layer."""

from __future__ import annotations

import math
import time
from typing import Any

import keras
import numpy as np

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, TrainingSet, UserError
from astrolens_gui.kit import budget

from .learner import Learner, hide

FEWEST_TO_STOP = 8
"""Validation images below which their loss is too noisy to stop by."""
BETWEEN_REPORTS_S = 0.25
ALL, EARLY, TIME = "all epochs", "early stopping", "the time was used up"
Batch = tuple[np.ndarray, np.ndarray, np.ndarray]
GOING_ON = 0.3
"""Of the step size, where it goes on from trained weights."""


def train(
    width: int, data: TrainingSet, alone: bool, how: Any, ctx: Context, start: keras.Model | None = None
) -> tuple[keras.Model, FitReport]:
    """The trained network and what is told of it; `how` is a `plugin.Training`; `alone` without wanted images.

    Raises:
        UserError: there is nothing to learn from, or the loss is no number any more.
    """
    given = budget.Budget(how.minutes)
    policy = kit.fast_dtype(ctx.device) if how.precision == "auto" else how.precision
    policy = "float32" if policy == "mixed_float16" else policy
    with kit.device_scope(ctx), kit.deterministic(ctx.seed):
        with kit.dtype_scope(policy):
            learner = Learner(len(data.input.bands), width, how, start)
        run = _Run(learner, data, alone, how, ctx, given, GOING_ON if start is not None else 1.0)
        run.all_epochs()
    used: dict[str, Any] = {"precision": policy, "mode": "blind_spot" if alone else "pairs"}
    if run.ended == TIME:
        used |= {"epochs": max(1, round(run.steps / run.per_epoch)), "minutes": 0.0}
    return learner.averaged, FitReport(tuple(run.history), run.ended, used=used)


class _Run:
    """One training from its first batch to its last."""

    def __init__(
        self, learner: Learner, data: TrainingSet, alone: bool, how: Any, ctx: Context, limit: Any, pace: float
    ) -> None:
        self.learner, self.data, self.alone, self.how, self.ctx, self.limit = learner, data, alone, how, ctx, limit
        self.pace = pace
        self.rows, self.held = data.indices("train"), data.indices("validation")
        if not len(self.rows):
            raise UserError(
                "the set has no image to learn from; import more images, or make pairs with `astrolens pairs`"
            )
        self.size = min(how.batch_size, len(self.rows))
        self.per_epoch = max(1, len(self.rows) // self.size)
        self.history: list[dict[str, float]] = []
        self.steps, self.ended, self._said = 0, ALL, -math.inf

    def share(self) -> float:
        """How much of the training is done, 0..1: by epochs or by time, whichever is further."""
        return min(max(self.steps / (self.how.epochs * self.per_epoch), self.limit.share()), 1.0)

    def all_epochs(self) -> None:
        best, since, kept = math.inf, 0, None
        for epoch in range(self.how.epochs):
            numbers = self._epoch(epoch)
            if not math.isfinite(numbers["loss"]):
                raise UserError(
                    f"the loss is no longer a number in epoch {epoch + 1}; lower learning_rate, "
                    f"which is {self.how.learning_rate:g}"
                )
            if len(self.held):
                numbers["val_loss"] = self._validate()
            self.history.append(numbers)
            self._report(epoch, numbers)
            if len(self.held) >= FEWEST_TO_STOP:
                since += 1
                if numbers["val_loss"] < best:
                    best, since, kept = numbers["val_loss"], 0, self.learner.averaged.get_weights()
                if since >= self.how.patience:
                    self.ended = EARLY
            if self.ended != ALL:
                break
        if kept is not None:
            self.learner.averaged.set_weights(kept)

    def _epoch(self, epoch: int) -> dict[str, float]:
        random = np.random.default_rng([self.ctx.seed & 0xFFFFFFFF, epoch])
        drawn = random.permutation(self.rows)[: self.per_epoch * self.size]
        total, done = 0.0, 0
        for start in range(0, len(drawn), self.size):
            given, wanted, asked = self._batch(np.sort(drawn[start : start + self.size]), random, turned=True)
            rate = self.pace * step_size(self.how, self.share(), self.steps, self.how.epochs * self.per_epoch)
            total += float(self.learner.step(given, wanted, asked, rate, self.steps))
            done, self.steps = done + 1, self.steps + 1
            if time.monotonic() - self._said >= BETWEEN_REPORTS_S or self.ctx.is_cancelled():
                self._report(epoch, {"loss": total / done})
            if self.limit.over():
                self.ended = TIME
                break
        return {"loss": total / done}

    def _batch(self, rows: np.ndarray, random: np.random.Generator, turned: bool = False) -> Batch:
        """(given, wanted, asked) float32: turned and mirrored at random where it is to be learnt from."""
        images = np.asarray(self.data.images[rows], np.float32)
        wanted = images if self.alone else np.asarray(self.data.wanted[rows], np.float32)  # type: ignore[index]
        pair = np.stack([images, wanted])
        if turned:
            pair = np.rot90(pair, int(random.integers(4)), axes=(2, 3))
            pair = pair[:, :, :, ::-1] if random.integers(2) else pair
        images, wanted = np.ascontiguousarray(pair[0]), np.ascontiguousarray(pair[1])
        known = np.isfinite(wanted) & (images != 0)  # what is missing in a prepared image is 0, exactly
        given, asked = hide(images, self.how.hidden, random) if self.alone else (images, np.ones_like(images))
        return given, np.where(known, wanted, 0).astype(np.float32), (asked * known).astype(np.float32)

    def _validate(self) -> float:
        random, total = np.random.default_rng(1), 0.0  # the same pixels are hidden each time
        for start in range(0, len(self.held), self.size):
            rows = self.held[start : start + self.size]
            total += float(self.learner.watch(*self._batch(rows, random))) * len(rows)
            self.ctx.progress(self.share())
        return total / len(self.held)

    def _report(self, epoch: int, numbers: dict[str, float]) -> None:
        self._said = time.monotonic()
        of = "" if self.how.minutes else f"/{self.how.epochs}"
        self.ctx.progress(self.share(), f"epoch {epoch + 1}{of}", **numbers)


def step_size(how: Any, share: float, step: int, steps: int) -> float:
    """The optimiser's step size: up to its peak within a tenth of the steps (at most 100), down to 0 as a cosine."""
    rise = max((step + 1) / (min(100, steps // 10) + 1), 10 * share)
    return how.learning_rate * min(1.0, rise) * (1 + math.cos(math.pi * share)) / 2
