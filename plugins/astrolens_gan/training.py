"""How the enhancer learns from pairs: batches, time, step size, stopping, what it reports; knows no layer."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, TrainingSet, UserError
from astrolens_gui.kit import budget

from .learner import LOSSES, Learner

FEWEST_TO_STOP = 8
"""Validation images below which their loss is too noisy to stop by."""
BETWEEN_REPORTS_S = 0.25
ALL, EARLY, TIME = "all epochs", "early stopping", "the time was used up"


def train(
    width: int, data: TrainingSet, how: Any, ctx: Context, start: keras.Model | None = None
) -> tuple[keras.Model, FitReport]:
    """The trained generator in float32 and what is told of it; `how` is a `plugin.Training`.

    Raises:
        UserError: there are no wanted images, or the loss is no number any more.
    """
    if data.wanted is None:
        raise UserError("an enhancer learns from pairs of poor and good images; make them with `astrolens pairs`")
    given = budget.Budget(how.minutes)
    ctx.progress(0.0, "building the networks")  # a cancelled training ends before it compiles anything
    policy = kit.fast_dtype(ctx.device) if how.precision == "auto" else how.precision
    if policy == "mixed_float16":
        policy = "float32"  # its losses are too small for half precision without scaling
    with kit.device_scope(ctx), kit.deterministic(ctx.seed):
        with kit.dtype_scope(policy):
            learner = Learner(len(data.input.bands), width, how, start)
        run = _Run(learner, data, how, ctx, given)
        run.all_epochs()
    used: dict[str, Any] = {"precision": policy}
    if run.ended == TIME:
        used |= {"epochs": max(1, round(run.steps / run.per_epoch)), "minutes": 0.0}
    return learner.averaged, FitReport(tuple(run.history), run.ended, used=used)


class _Run:
    """One training from its first batch to its last."""

    def __init__(self, learner: Learner, data: TrainingSet, how: Any, ctx: Context, limit: budget.Budget) -> None:
        self.learner, self.data, self.how, self.ctx, self.limit = learner, data, how, ctx, limit
        wanted = data.wanted
        assert wanted is not None
        self.images, self.wanted = data.images, wanted
        self.rows, self.held = data.indices("train"), data.indices("validation")
        if not len(self.rows):
            raise UserError("the set has no pair to learn from; make a larger one with `astrolens pairs`")
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
                numbers["val_loss"] = self._validate(epoch)
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
        sums, done = np.zeros(len(LOSSES)), 0
        for images, wanted in self._batches(epoch):
            rate = step_size(self.how, self.share(), self.steps, self.how.epochs * self.per_epoch)
            sums += self.learner.step(images, wanted, rate, self.steps).numpy()
            done, self.steps = done + 1, self.steps + 1
            if time.monotonic() - self._said >= BETWEEN_REPORTS_S or self.ctx.is_cancelled():
                self._report(epoch, self._named(sums / done))
            if self.limit.over():
                self.ended = TIME
                break
        return self._named(sums / done)

    def _batches(self, epoch: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Drawn by the pairs' weights, each turned and mirrored at random."""
        random = np.random.default_rng([self.ctx.seed & 0xFFFFFFFF, epoch])
        chance = np.asarray(self.data.weights, np.float64)[self.rows]
        chance = chance / chance.sum() if chance.sum() > 0 else None
        even = chance is None or np.ptp(chance) == 0
        many = self.per_epoch * self.size
        drawn = random.permutation(self.rows)[:many] if even else random.choice(self.rows, many, p=chance)
        for start in range(0, many, self.size):
            rows = np.sort(drawn[start : start + self.size])
            pair = np.stack([np.asarray(each[rows], np.float32) for each in (self.images, self.wanted)])
            pair = np.rot90(pair, int(random.integers(4)), axes=(2, 3))
            pair = pair[:, :, :, ::-1] if random.integers(2) else pair
            yield np.ascontiguousarray(pair[0]), np.ascontiguousarray(pair[1])

    def _validate(self, epoch: int) -> float:
        total = 0.0
        for start in range(0, len(self.held), self.size):
            rows = self.held[start : start + self.size]
            images, wanted = (np.asarray(each[rows], np.float32) for each in (self.images, self.wanted))
            total += float(self.learner.watch(images, wanted)) * len(rows)
            self._report(epoch, {})
        return self.how.pixel_weight * total / len(self.held)

    def _report(self, epoch: int, numbers: dict[str, float]) -> None:
        self._said = time.monotonic()
        self.ctx.progress(
            self.share(), f"epoch {epoch + 1}" + ("" if self.how.minutes else f"/{self.how.epochs}"), **numbers
        )

    def _named(self, losses: np.ndarray) -> dict[str, float]:
        numbers = {name: float(value) for name, value in zip(LOSSES, losses, strict=True)}
        score = numbers["pixel"] - self.how.spread_weight * numbers["spread"]
        return {"loss": self.how.pixel_weight * score + self.how.adversary_weight * numbers["fooled"], **numbers}


def step_size(how: Any, share: float, step: int, steps: int) -> float:
    """The optimiser's step size: up to its peak within a tenth of the steps (at most 100), down to 0 as a cosine."""
    rise = max((step + 1) / (min(100, steps // 10) + 1), 10 * share)
    return how.learning_rate * min(1.0, rise) * (1 + math.cos(math.pi * share)) / 2
