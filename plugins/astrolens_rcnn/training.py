"""How the detector learns: time, step size, stopping, what it reports; knows no layer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, TrainingSet, UserError
from astrolens_gui.kit import budget
from astrolens_gui.kit.course import Course, step_size

from .batches import Batches
from .learner import LOSSES, Learner
from .network import Network, Shape

FEWEST_TO_STOP = 10
"""Objects among the validation images below which their loss is too noisy to stop by."""
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
        run.course.run(partial(run.epoch, pool), run.judge, learner.averaged.variables, learner.state)
    return learner.averaged, run.course.report(precision=policy)


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
        self.learner, self.how, self.pace = learner, how, pace
        self.train = Batches(data, "train", how.batch_size, ctx.seed, how.augment, sources)
        self.held = Batches(data, "validation", how.batch_size, ctx.seed, None, sources)
        if not sum(len(self.train.whose[row]) for row in self.train.rows):
            raise UserError("no training image has a box; draw boxes round some lenses first")
        watched = sum(len(self.held.whose[row]) for row in self.held.rows) >= FEWEST_TO_STOP
        self.course = Course(how, len(self.train), limit, ctx, watched)

    def epoch(self, pool: ThreadPoolExecutor, epoch: int) -> dict[str, float]:
        self.train.draw(epoch)
        sums, done = np.zeros(len(LOSSES)), 0
        for batch in self.train.ahead(pool):
            rate = self.pace * step_size(self.how, self.course.share(), self.course.steps, self.course.total)
            sums += self.learner.step(batch, rate, self.course.steps).numpy()
            done += 1
            if self.course.stepped():
                self.course.tell(epoch, _named(sums / done))
            if done < len(self.train) and self.course.out_of_time():
                break
        return _named(sums / done)

    def judge(self, _: int) -> dict[str, float]:
        if not len(self.held.rows):
            return {}
        start, sums = budget.clock(), np.zeros(len(LOSSES))
        for step in range(len(self.held)):
            sums += self.learner.judge(self.held[step]).numpy()
        self.course.judging_s = budget.clock() - start
        return {f"val_{name}": value for name, value in _named(sums / len(self.held)).items()}


def _named(losses: np.ndarray) -> dict[str, float]:
    return {"loss": float(losses.sum()), **{name: float(value) for name, value in zip(LOSSES, losses, strict=True)}}
