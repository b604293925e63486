"""A support vector machine on numbers that networks gave for a training set's stamps; knows no network and no image."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from astrolens_gui.api import Context, TrainingSet
from astrolens_gui.kit.svm import LinearModel, RbfSvm
from astrolens_gui.kit.weights import WeightsError

COSTS = (0.3, 3.0)
MOST = 6000
"""Stamps that the machine is fitted to at most: its time grows with their square."""
FEWEST_TO_JUDGE = 10
FEATURES = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Stack:
    """The machine, and the logistic regression that makes log-odds of its decisions (Platt 1999)."""

    machine: RbfSvm
    platt: LinearModel
    present: np.ndarray
    classes: int

    @classmethod
    def fit(cls, features: FEATURES, data: TrainingSet, ctx: Context) -> Stack:
        """`features`: row numbers → float (N, D). The validation stamps choose the cost and calibrate where there
        are enough of them, else the stamps it learns from."""
        targets, weights = np.asarray(data.targets), np.asarray(data.weights, np.float64)
        labels = targets.argmax(axis=1)
        rows, held = data.indices("train"), data.indices("validation")
        rows = np.sort(np.random.default_rng((ctx.seed, 3)).permutation(rows)[:MOST])
        present = np.unique(labels[rows])
        held = held[np.isin(labels[held], present)]
        counts = np.bincount(labels[held], minlength=targets.shape[1])[present]
        judged = held if len(held) and counts.min() >= FEWEST_TO_JUDGE else rows
        ctx.progress(0.0, "features")
        x, x_judged = features(rows), features(judged)
        own, judged_own = np.searchsorted(present, labels[rows]), np.searchsorted(present, labels[judged])
        best: tuple[float, RbfSvm, LinearModel] | None = None
        for number, cost in enumerate(COSTS):
            ctx.progress(0.2 + 0.4 * number, f"support vectors, C = {cost:g}")
            machine = RbfSvm.fit(x, own, weights[rows] / weights[rows].mean(), cost)
            decided = machine.decide(x_judged).reshape(len(judged), -1)
            platt = LinearModel.fit(decided, judged_own, weights[judged])
            loss = _loss(platt.decide(decided), judged_own)
            if best is None or loss < best[0]:
                best = (loss, machine, platt)
        ctx.progress(1.0, "trained", loss=best[0] if best else 0.0)
        assert best is not None
        return cls(best[1], best[2], present, targets.shape[1])

    def logits(self, x: np.ndarray) -> np.ndarray:
        """(N, D) → float32 (N, classes)."""
        decided = self.machine.decide(x)
        values = self.platt.decide(decided[:, None] if decided.ndim == 1 else decided)
        both = np.stack([-values / 2, values / 2], axis=1) if values.ndim == 1 else values
        out = np.full((len(x), self.classes), -20.0, np.float32)
        out[:, self.present] = both
        return out

    def check_features(self, count: int, path: Path) -> None:
        """Raises WeightsError: the machine of the file `path` judges another number of features than `count`."""
        if (wanted := self.machine.scaling.center.size) != count:
            raise WeightsError(
                f"{path}: these weights judge {wanted} features of the networks' {count}; train or import it again"
            )

    def arrays(self) -> dict[str, np.ndarray]:
        about = np.array([self.classes, *self.present], np.float32)
        return {**self.machine.arrays("rbf"), **self.platt.arrays("platt"), "classes": about}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, np.ndarray], path: Path) -> Stack:
        machine, platt = RbfSvm.of_arrays(arrays, "rbf", path), LinearModel.of_arrays(arrays, "platt", path)
        about = [int(number) for number in np.ravel(arrays.get("classes", ()))]
        outputs = 2 if len(platt.bias) == 1 else len(platt.bias)
        fits = len(about) == outputs + 1 and 2 <= about[0] <= 1000 and platt.weight.shape[1] == len(machine.bias)
        if not fits or about[1:] != sorted({*about[1:]} & {*range(about[0])}):
            raise WeightsError(f"{path}: these weights do not fit the classes of the model; train or import it again")
        return cls(machine, platt, np.array(about[1:]), about[0])


def _loss(decided: np.ndarray, labels: np.ndarray) -> float:
    logits = np.stack([-decided / 2, decided / 2], axis=1) if decided.ndim == 1 else decided
    logits = logits - logits.max(axis=1, keepdims=True)
    return float(np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(labels)), labels]))
