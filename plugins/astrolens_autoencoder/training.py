"""How the denoiser learns: which mode, batches, time, step size, stopping, what it reports; knows no layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from scipy import ndimage

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, TrainingSet, UserError
from astrolens_gui.kit.course import Course, step_size

from . import network
from .learner import Learner
from .noise import Noise, level

FEWEST_TO_STOP = 8
"""Validation images below which their loss is too noisy to stop by."""
GOING_ON = 0.3
"""Of the step size, where a training goes on from trained weights: they are to be bent, not forgotten."""
ALPHA = 0.5
"""Of the noise that is there, how much is added where an image is recorrupted: little, for the network then answers for images with
sqrt(1 + ALPHA²) of their noise; not less, for what it is compared with has sqrt(1 + 1 / ALPHA²)."""
MEASURED_ON = 256
"""Images that the noise is measured in."""
Batch = tuple[np.ndarray, np.ndarray, np.ndarray]


@dataclass(frozen=True)
class Trained:
    """What a training leaves: the network, its mode, the noise's growth with flux by band, and what the variance that it states
    must be multiplied with to be that of held-out images."""

    network: keras.Model
    mode: str
    shot: np.ndarray
    factor: float


def chosen_mode(mode: str, data: TrainingSet) -> str:
    """The mode with "auto" made definite.

    Raises:
        UserError: supervised without wanted images.
    """
    if mode == "auto":
        return "recorrupted" if data.wanted is None else "supervised"
    if mode == "supervised" and data.wanted is None:
        raise UserError(
            "there are no wanted images to learn from; make pairs with `astrolens pairs`, or set mode to auto"
        )
    return mode


def train(
    width: int, data: TrainingSet, how: Any, ctx: Context, start: keras.Model | None = None
) -> tuple[Trained, FitReport]:
    """The trained denoiser and what is told of it; `how` is a `plugin.Training`; from `start` it goes on with smaller steps.

    Raises:
        UserError: the set has no image to learn from, or the loss is no number any more.
    """
    given = kit.Budget(how.minutes)
    ctx.progress(0.0, "measuring the noise")
    mode = chosen_mode(how.mode, data)
    policy = kit.fast_dtype(ctx.device) if how.precision == "auto" else how.precision
    if policy == "mixed_float16":
        policy = "float32"  # its losses are too small for half precision without scaling
    rows = data.indices("train")
    if not len(rows):
        raise UserError("the set has no image to learn from; import more images, or make pairs with `astrolens pairs`")
    noise = Noise.of(np.asarray(data.images[rows[:: max(1, len(rows) // MEASURED_ON)]]))
    more = 1 + 1 / ALPHA**2 if mode == "recorrupted" else 1.0
    with kit.device_scope(ctx), kit.deterministic(ctx.seed):
        with kit.dtype_scope(policy):
            learner = Learner(len(data.input.bands), width, how, mode, noise.shot, more, start)
        run = _Run(learner, mode, noise, data, how, ctx, given, GOING_ON if start is not None else 1.0)
        run.course.run(run.epoch, run.judge, learner.averaged.weights, learner.state)
        factor = run.honesty()
    return Trained(learner.averaged, mode, noise.shot, factor), run.course.report(precision=policy, mode=mode)


class _Run:
    """One training from its first batch to its last."""

    def __init__(
        self,
        learner: Learner,
        mode: str,
        noise: Noise,
        data: TrainingSet,
        how: Any,
        ctx: Context,
        limit: Any,
        pace: float,
    ) -> None:
        self.learner, self.mode, self.noise = learner, mode, noise
        self.data, self.how, self.ctx = data, how, ctx
        self.images, self.wanted = data.images, data.wanted if mode == "supervised" else None
        self.rows, self.held, self.pace = data.indices("train"), data.indices("validation"), pace
        self.size = min(how.batch_size, len(self.rows))
        self.per_epoch = max(1, len(self.rows) // self.size)
        self.course = Course(how, self.per_epoch, limit, ctx, watched=len(self.held) >= FEWEST_TO_STOP)

    def honesty(self) -> float:
        """Estimated over stated variance, of held-out images where there are enough.

        Of recorrupted images the larger of two estimates: an answer to an answer knows nothing of what both have lost; the other image
        of the pair does, but its noise hides small errors of few images."""
        rows = self.held if len(self.held) >= FEWEST_TO_STOP else self.rows[:MEASURED_ON]
        _, error, again, stated = self._validate(rows)
        if self.mode == "recorrupted":
            error = max(error / (1 + ALPHA**2), again)  # the images had so much noise more
        return float(np.clip(error / stated, 0.05, 20.0)) if error > 0 and stated > 0 else 1.0

    def epoch(self, epoch: int) -> dict[str, float]:
        total, done = 0.0, 0
        for batch in self._batches(epoch):
            rate = self.pace * step_size(self.how, self.course.share(), self.course.steps, self.course.total)
            total += self.learner.step(batch, rate, self.course.steps)
            done += 1
            if self.course.stepped():
                self.course.tell(epoch, {"loss": total / done})
            if self.course.out_of_time():
                break
        return {"loss": total / done}

    def judge(self, _: int) -> dict[str, float]:
        return {"val_loss": self._validate(self.held)[0]} if len(self.held) else {}

    def _batches(self, epoch: int) -> Iterator[Batch]:
        """Drawn by the images' weights, each turned and mirrored at random."""
        random = np.random.default_rng([self.ctx.seed & 0xFFFFFFFF, epoch])
        chance = np.asarray(self.data.weights, np.float64)[self.rows]
        even = not chance.sum() > 0 or np.ptp(chance) == 0
        many = self.per_epoch * self.size
        drawn = (
            random.permutation(self.rows)[:many] if even else random.choice(self.rows, many, p=chance / chance.sum())
        )
        for start in range(0, many, self.size):
            yield self._batch(np.sort(drawn[start : start + self.size]), random, random.integers(0, 8, self.size))

    def _batch(self, rows: np.ndarray, random: np.random.Generator, which: np.ndarray | None = None) -> Batch:
        """(images, what they are compared with, the scatter of its noise), sides filled up."""
        images = np.asarray(self.images[rows], np.float32)
        wanted = images if self.wanted is None else np.asarray(self.wanted[rows], np.float32)
        grain = level(wanted, self.noise.correlation)
        missing = images == 0  # in a prepared image, exactly
        if self.mode == "recorrupted":
            images, wanted = recorrupted(images, self.noise, grain, random)
        images, wanted = np.where(missing, 0, images), np.where(missing, np.nan, wanted)
        if which is not None:
            images, wanted = kit.dihedral(images, which), kit.dihedral(wanted, which)
        return filled(images), filled(wanted, nothing=True), grain

    def _validate(self, rows: np.ndarray) -> tuple[float, float, float, float]:
        """(mean loss, summed estimated errors, those by an answer to an answer, summed stated variances) of the averaged network."""
        random = np.random.default_rng([self.ctx.seed & 0xFFFFFFFF, 1 << 31])  # the same noise each time
        sums = np.zeros(4)
        for start in range(0, len(rows), 32):
            part = rows[start : start + 32]
            loss, *told = self.learner.watch(self._batch(part, random))
            sums += (loss * len(part), *told)
            self.ctx.progress(self.course.share())
        return float(sums[0] / len(rows)), float(sums[1]), float(sums[2]), float(sums[3])


def recorrupted(
    images: np.ndarray, noise: Noise, grain: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """(y + ALPHA z, y - z / ALPHA) with z drawn as the noise of y is, as scattered, as correlated and growing with flux as much: two
    images whose noises are independent, made of one (Recorrupted-to-Recorrupted, Pang et al. 2021, CVPR, 2043, with their Σ)."""
    light = ndimage.uniform_filter(images, (0, 3, 3, 0), mode="nearest")
    drawn = noise.draw(images.shape, random) * grain * np.sqrt(1 + noise.shot * np.maximum(light, 0))
    return images + np.float32(ALPHA) * drawn, images - drawn / np.float32(ALPHA)


def filled(images: np.ndarray, nothing: bool = False) -> np.ndarray:
    """Sides filled up to whole cells, by the mirrored border or with NaN."""
    by = [(0, 0), *((0, -side % network.CELL) for side in images.shape[1:3]), (0, 0)]
    if not any(after for _, after in by):
        return np.ascontiguousarray(images)
    return np.pad(images, by, constant_values=np.nan) if nothing else np.pad(images, by, mode="reflect")
