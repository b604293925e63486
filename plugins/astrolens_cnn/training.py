"""How a network of this package learns: time, step size, stopping, what it reports; knows arrays and Keras, no
network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import keras
import numpy as np

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, TrainingSet
from astrolens_gui.kit import budget
from astrolens_gui.kit.course import TIME, Course, step_size

from .batches import Batches
from .learner import Learner, weights

FEWEST_TO_STOP = 10
"""Validation stamps a class below which the validation loss is too noisy to stop by."""

RAMP = 0.3
"""Share of the training in which the weight of unlabelled stamps rises to its full: what an untrained network says of them is nothing."""

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
        run.course.run(partial(run.epoch, pool), run.judge, weights(learner.averaged), learner.state)
    return learner.averaged, run.course.report(precision=policy)


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
        self.learner, self.how = learner, how
        self.much = float(getattr(how, "unlabelled", 0.0))
        self.train = Batches(data, "train", how.batch_size, ctx.seed, how.augment, self.much > 0)
        self.held = Batches(data, "validation", 256, ctx.seed)
        counts = np.asarray(data.targets[self.held.rows]).sum(axis=0) if len(self.held.rows) else np.zeros(1)
        self.course = Course(how, len(self.train), limit, ctx, watched=bool(counts.min() >= FEWEST_TO_STOP))

    def epoch(self, pool: ThreadPoolExecutor, epoch: int) -> dict[str, float]:
        self.train.draw(epoch)
        loss: Any = 0.0
        right: Any = 0.0
        done = 0
        for (images, targets, _), pair in self.train.ahead(pool):
            rate = self.learner.pace * step_size(self.how, self.course.share(), self.course.steps, self.course.total)
            much = self.much * min(1.0, self.course.share() / RAMP) ** 2
            this, hits = self.learner.step(images, targets, rate, self.course.steps, pair, much)
            loss, right, done = loss + this, right + hits, done + 1
            if self.course.stepped():
                self.course.tell(epoch, _means(loss, right, done))
            if done < len(self.train) and self.course.out_of_time():
                break
        return _means(loss, right, done)

    def judge(self, _: int) -> dict[str, float]:
        if not len(self.held.rows):
            return {}
        start = budget.clock()
        sums = np.zeros(3)
        for step in range(len(self.held)):
            sums += [float(each) for each in self.learner.judge(*self.held[step])]
        self.course.judging_s = budget.clock() - start
        return {"val_loss": float(sums[0] / sums[2]), "val_accuracy": float(sums[1] / sums[2])}


def _means(loss: Any, right: Any, steps: int) -> dict[str, float]:
    return {"loss": float(loss) / steps, "accuracy": float(right) / steps}
