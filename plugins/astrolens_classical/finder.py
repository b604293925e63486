"""What every classical finder is to the program: stamps are measured in chunks on all cores, a shallow model judges the
measures; knows no filter."""

from __future__ import annotations

import json
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport, TrainingSet, UserError
from astrolens_gui.kit.svm import load_arrays, save_arrays
from astrolens_gui.kit.weights import WeightsError

from .heads import Head, learn
from .missing import filled
from .samples import can_judge, examples, order, weighed

WEIGHTS = "weights.safetensors"
CHUNK = 32
"""Stamps measured at once: enough to be vectorised, few enough to stay near the processor."""
MEASURING = 0.6
"""Share of a time budget after which no further stamp is measured; the rest is for the fit."""
FEWEST = 10
"""Training stamps: a fifth of them may have to judge the rest."""
MOST_JUDGES = 2000
"""Stamps that choose the settings and calibrate, at most."""


class Finder:
    """A subclass says how a chunk of stamps is measured (`measures`) and which kind of model judges (`head`)."""

    head = "logistic"

    def __init__(self, params: Any) -> None:
        self.params = params
        self._about: dict[str, Any] = {}
        self._head: Head | None = None

    def measures(self, stamps: np.ndarray, about: dict[str, Any]) -> np.ndarray:
        """float32 (n, size, size, bands) as prepared → (n, D), finite; each stamp by itself.

        `about` says what the stamps are (shape, bands, pixel_scale) and what `settle` chose. Runs in several threads.
        """
        raise NotImplementedError

    def settle(self, data: TrainingSet, rows: np.ndarray, ctx: Context) -> dict[str, Any]:
        """What the measures need beside the input, chosen on `rows` (JSON values); nothing by default."""
        return {}

    def fit(self, data: TrainingSet, fit_params: Any, ctx: Context) -> FitReport:
        budget = kit.Budget(fit_params.minutes)
        self._about = {"shape": list(data.input.shape), "bands": list(data.input.bands)}
        self._about |= {"pixel_scale": data.input.pixel_scale, "classes": len(data.classes)}
        targets, weights, every = np.asarray(data.targets), np.asarray(data.weights), data.indices("train")
        rows, held = order(targets, every, ctx.seed), data.indices("validation")
        if len(rows) < FEWEST:
            raise UserError(f"{len(rows)} examples are too few for this finder to learn from; label at least {FEWEST}")
        if can_judge(targets[held]):
            held = held[:: -(-len(held) // MOST_JUDGES)]
        else:
            held, rows = rows[: min(len(rows) // 5, MOST_JUDGES)], rows[min(len(rows) // 5, MOST_JUDGES) :]
        rows = rows[: fit_params.stamps] if fit_params.stamps else rows
        self._about |= self.settle(data, rows, ctx.part(0.0, 0.2))
        x_held, _ = self._measured(data.images, held, ctx.part(0.2, 0.3), None)
        x, measured = self._measured(data.images, rows, ctx.part(0.3, 0.8), budget, MEASURING)
        fitting = examples(x, targets[measured], weighed(targets, weights, measured, every))
        judging = examples(x_held, targets[held], weights[held])
        self._head, report = learn(self.head, fitting, judging, fit_params, ctx.part(0.8, 1.0), budget)
        if len(measured) == len(rows):
            return report
        used = {"stamps": len(measured), **report.used, "minutes": 0.0}  # so that it trains again alike elsewhere
        return FitReport(report.epochs, f"time is up: {len(measured)} of {len(rows)} stamps measured", used)

    def classify(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """float32 (N, classes): log-odds by the head, calibrated on stamps that it was not fitted to."""
        return self._known().logits(self._checked(batch, ctx), self._about["classes"])

    def embed(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        """The measures themselves, each in units of its spread over the training set."""
        return self._known().model.scaling.apply(self._checked(batch, ctx))

    def save(self, folder: Path) -> None:
        save_arrays(Path(folder) / WEIGHTS, self._known().arrays(), {"about": json.dumps(self._about)})

    def load(self, folder: Path) -> None:
        path = Path(folder) / WEIGHTS
        arrays, words = load_arrays(path)
        try:
            about = json.loads(words["about"])
            size, width, bands = (int(number) for number in about["shape"])
            classes = int(about["classes"])
            good = 8 <= size == width <= 1024 and 1 <= bands == len(about["bands"]) <= 64 and 2 <= classes <= 1000
        except (KeyError, TypeError, ValueError, OverflowError, RecursionError):
            good = False
        if not good:
            raise WeightsError(f"{path}: these weights do not say which stamps they are for; train or import again")
        head = Head.of_arrays(arrays, classes, path)
        try:
            made = self.measures(np.zeros((1, size, size, bands), np.float32), about).shape[1]
        except (KeyError, TypeError, ValueError, IndexError):
            raise WeightsError(f"{path}: these weights are of another finder or version; train again") from None
        if made != head.model.scaling.center.size:
            raise WeightsError(f"{path}: these weights are for other measures than these {made}; train again")
        self._about, self._head = about, head

    def _known(self) -> Head:
        if self._head is None:
            raise UserError("this finder has learnt nothing yet; train it or load a model")
        return self._head

    def _checked(self, batch: np.ndarray, ctx: Context) -> np.ndarray:
        batch, shape = np.asarray(batch, np.float32), tuple(self._about["shape"])
        if batch.shape[1:] != shape:
            raise UserError(f"this finder takes stamps of shape {shape}, not {batch.shape[1:]}")
        if not len(batch):
            return np.zeros((0, self._known().model.scaling.center.size))
        return self._measured(batch, np.arange(len(batch)), ctx, None)[0]

    def _measured(
        self, images: np.ndarray, rows: np.ndarray, ctx: Context, budget: kit.Budget | None, until: float = 1.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """(measures, rows): of the first rows, as many as are done before the share `until` of the budget is used."""
        parts = [rows[at : at + CHUNK] for at in range(0, len(rows), CHUNK)]
        done: list[np.ndarray] = []
        waiting: deque[Future[np.ndarray]] = deque()
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        with ThreadPoolExecutor(cores) as pool:
            try:
                for number, part in enumerate(parts):
                    late = budget is not None and budget.share() > until and number > 1
                    if not late:
                        waiting.append(pool.submit(self._part, images, part))
                    while waiting and (late or len(waiting) > 2 * cores or number + 1 == len(parts)):
                        done.append(waiting.popleft().result())
                        ctx.progress(len(done) / len(parts), "measuring")
                    if late:
                        break
            finally:
                for future in waiting:
                    future.cancel()
        x = np.concatenate(done)
        ctx.progress(1.0, "measured")
        return x, rows[: len(x)]

    def _part(self, images: np.ndarray, rows: np.ndarray) -> np.ndarray:
        found = self.measures(filled(np.asarray(images[rows], np.float32)), self._about)
        return np.nan_to_num(found, nan=0.0, posinf=1e6, neginf=-1e6).astype(np.float32)
