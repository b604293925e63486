"""How the enhancer learns from pairs: batches, time, step size, stopping, what it reports; knows no layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, TrainingSet, UserError
from astrolens_gui.kit.course import Course, step_size

from .learner import LOSSES, Learner

FEWEST_TO_STOP = 8
"""Validation images below which their loss is too noisy to stop by."""


def train(
    width: int, data: TrainingSet, how: Any, ctx: Context, start: keras.Model | None = None
) -> tuple[keras.Model, FitReport]:
    """The trained generator in float32 and what is told of it; `how` is a `plugin.Training`.

    Raises:
        UserError: there are no wanted images, or the loss is no number any more.
    """
    if data.wanted is None:
        raise UserError("an enhancer learns from pairs of poor and good images; make them with `astrolens pairs`")
    given = kit.Budget(how.minutes)
    ctx.progress(0.0, "building the networks")  # a cancelled training ends before it compiles anything
    policy = kit.fast_dtype(ctx.device) if how.precision == "auto" else how.precision
    if policy == "mixed_float16":
        policy = "float32"  # its losses are too small for half precision without scaling
    with kit.device_scope(ctx), kit.deterministic(ctx.seed):
        with kit.dtype_scope(policy):
            learner = Learner(len(data.input.bands), width, how, start)
        run = _Run(learner, data, how, ctx, given)
        run.course.run(run.epoch, run.judge, learner.averaged.weights, learner.state)
    return learner.averaged, run.course.report(precision=policy)


class _Run:
    """One training from its first batch to its last."""

    def __init__(self, learner: Learner, data: TrainingSet, how: Any, ctx: Context, limit: kit.Budget) -> None:
        self.learner, self.data, self.how, self.ctx = learner, data, how, ctx
        wanted = data.wanted
        assert wanted is not None
        self.images, self.wanted = data.images, wanted
        self.rows, self.held = data.indices("train"), data.indices("validation")
        if not len(self.rows):
            raise UserError("the set has no pair to learn from; make a larger one with `astrolens pairs`")
        self.size = min(how.batch_size, len(self.rows))
        self.per_epoch = max(1, len(self.rows) // self.size)
        self.course = Course(how, self.per_epoch, limit, ctx, watched=len(self.held) >= FEWEST_TO_STOP)

    def epoch(self, epoch: int) -> dict[str, float]:
        sums, done = np.zeros(len(LOSSES)), 0
        for images, wanted in self._batches(epoch):
            rate = step_size(self.how, self.course.share(), self.course.steps, self.course.total)
            sums += self.learner.step(images, wanted, rate, self.course.steps).numpy()
            done += 1
            if self.course.stepped():
                self.course.tell(epoch, self._named(sums / done))
            if self.course.out_of_time():
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

    def judge(self, epoch: int) -> dict[str, float]:
        total = 0.0
        for start in range(0, len(self.held), self.size):
            rows = self.held[start : start + self.size]
            images, wanted = (np.asarray(each[rows], np.float32) for each in (self.images, self.wanted))
            total += float(self.learner.watch(images, wanted)) * len(rows)
            self.course.tell(epoch, {})
        return {"val_loss": self.how.pixel_weight * total / len(self.held)} if len(self.held) else {}

    def _named(self, losses: np.ndarray) -> dict[str, float]:
        numbers = {name: float(value) for name, value in zip(LOSSES, losses, strict=True)}
        score = numbers["pixel"] - self.how.spread_weight * numbers["spread"]
        return {"loss": self.how.pixel_weight * score + self.how.adversary_weight * numbers["fooled"], **numbers}
