"""The shallow models that judge measures: their settings chosen on held-out stamps within a time budget, their answers
logits; knows no image."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui import kit
from astrolens_gui.api import Context, FitReport
from astrolens_gui.kit.svm import LinearModel, RbfSvm
from astrolens_gui.kit.weights import WeightsError

from .samples import Examples

PENALTIES = (0.001, 0.01, 0.1, 1.0, 10.0)
"""Values of C that the logistic regression tries."""
COSTS, WIDTHS = (1.0, 4.0, 16.0), (0.25, 1.0, 4.0)
"""Values of C and of gamma · D that the support vector machine tries."""
TRIAL = 2000
"""Examples a trial of the support vector machine is fitted to: its time grows with their square."""
MOST = 12_000
"""Examples a support vector machine is fitted to at most, without a time budget too."""


@dataclass(frozen=True)
class Head:
    """A model, and for a support vector machine the logistic regression that makes log-odds of its decisions.

    `present`: the class numbers that it was trained on, ascending; others get a logit below all of its own.
    """

    model: LinearModel | RbfSvm
    platt: LinearModel | None
    present: tuple[int, ...]

    def decide(self, x: np.ndarray) -> np.ndarray:
        """(N, D) → float64 (N, len(present)): logits."""
        values = self.model.decide(x)
        if self.platt is not None:
            values = self.platt.decide(values[:, None] if values.ndim == 1 else values)
        return np.stack([-values / 2, values / 2], axis=1) if values.ndim == 1 else values

    def logits(self, x: np.ndarray, classes: int) -> np.ndarray:
        """(N, D) → float32 (N, classes)."""
        values = self.decide(x)
        out = np.full((len(x), classes), -20.0, np.float32)
        out[:, list(self.present)] = np.clip(values, -15, 15) if len(self.present) < classes else values
        return out

    def arrays(self) -> dict[str, np.ndarray]:
        found = self.model.arrays("linear" if isinstance(self.model, LinearModel) else "rbf")
        found |= self.platt.arrays("platt") if self.platt is not None else {}
        return {**found, "present": np.array(self.present, np.float32)}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, np.ndarray], classes: int, path: Path) -> Head:
        kind = RbfSvm if "rbf.vectors" in arrays else LinearModel
        model: LinearModel | RbfSvm = kind.of_arrays(arrays, "rbf" if kind is RbfSvm else "linear", path)
        platt = LinearModel.of_arrays(arrays, "platt", path) if kind is RbfSvm else None
        present = tuple(int(number) for number in np.ravel(arrays.get("present", ())))
        last = platt if platt is not None else model
        outputs = 2 if len(last.bias) == 1 else len(last.bias)
        joint = platt is None or platt.weight.shape[1] == len(model.bias)
        if len(present) != outputs or list(present) != sorted({*present} & {*range(classes)}) or not joint:
            raise WeightsError(f"{path}: these weights do not fit the classes of the model; train or import it again")
        return cls(model, platt, present)


def learn(
    kind: str, fitting: Examples, judging: Examples, how: Any, ctx: Context, budget: kit.Budget
) -> tuple[Head, FitReport]:
    """The head of that kind ("logistic" or "svm"), and what is told of it: the loss of guessing, then of each trial.

    `how` gives `c` (and `gamma` for "svm"); 0 chooses among `PENALTIES` or `COSTS` and `WIDTHS` on `judging`.
    """
    present, labels = np.unique(fitting.labels, return_inverse=True)
    known = np.isin(judging.labels, present)
    judging = Examples(judging.x[known], np.searchsorted(present, judging.labels[known]), judging.weights[known])
    fitting = Examples(fitting.x, labels, fitting.weights)
    classes = tuple(int(one) for one in present)
    return (_logistic if kind == "logistic" else _svm)(fitting, judging, classes, how, ctx, budget)


def _logistic(
    fitting: Examples, judging: Examples, classes: tuple[int, ...], how: Any, ctx: Context, budget: kit.Budget
) -> tuple[Head, FitReport]:
    tried, best = [_guessing(fitting, judging, len(classes))], (np.inf, PENALTIES[0])
    ctx.progress(0.0, "guessing", **tried[0])
    penalties = (how.c,) if how.c else PENALTIES
    spent = 0.0
    for number, c in enumerate(penalties):
        if number and budget.left() < 3 * spent:
            break
        start = time.perf_counter()
        head = Head(LinearModel.fit(fitting.x, fitting.labels, fitting.weights, c), None, classes)
        spent = max(spent, time.perf_counter() - start)
        tried.append({"loss": _loss(head, judging), "c": c})
        best = min(best, (tried[-1]["loss"], c))
        ctx.progress(0.8 * (number + 1) / len(penalties), f"C = {c:g}", **tried[-1])
    everything = Examples(*(np.concatenate(both) for both in zip(_fields(fitting), _fields(judging), strict=True)))
    head = Head(LinearModel.fit(everything.x, everything.labels, everything.weights, best[1]), None, classes)
    ctx.progress(1.0, "trained", loss=best[0])
    return head, FitReport(tuple(tried), "all settings tried", {"c": best[1]})


def _svm(
    fitting: Examples, judging: Examples, classes: tuple[int, ...], how: Any, ctx: Context, budget: kit.Budget
) -> tuple[Head, FitReport]:
    features = fitting.x.shape[1]
    grid = [(how.c or c, how.gamma or width / features) for c in COSTS for width in WIDTHS]
    grid = sorted(set(grid), key=grid.index)
    tried, best, spent = [_guessing(fitting, judging, len(classes))], (np.inf, *grid[0]), 0.0
    ctx.progress(0.0, "guessing", **tried[0])
    for number, (c, gamma) in enumerate(grid):
        if number and budget.share() > 0.8:
            break
        start = time.perf_counter()
        head = _machine(fitting.first(TRIAL), judging, classes, c, gamma)
        spent = max(spent, time.perf_counter() - start)
        tried.append({"loss": _loss(head, judging), "c": c, "gamma": gamma})
        best = min(best, (tried[-1]["loss"], c, gamma))
        ctx.progress(0.6 * (number + 1) / len(grid), f"C = {c:g}, gamma = {gamma:.3g}", **tried[-1])
    tries = min(TRIAL, len(fitting.x))
    affordable = MOST if budget.left() == np.inf else int(tries * np.sqrt(0.7 * budget.left() / max(spent, 1e-3)))
    count = min(len(fitting.x), MOST, max(affordable, tries))
    ctx.progress(0.6, f"fitting {count} stamps", loss=best[0])
    head = _machine(fitting.first(count), judging, classes, best[1], best[2])
    tried.append({"loss": _loss(head, judging), "c": best[1], "gamma": best[2]})
    ctx.progress(1.0, "trained", loss=tried[-1]["loss"])
    used = {"c": best[1], "gamma": best[2]}
    if count == min(len(fitting.x), MOST):
        return head, FitReport(tuple(tried), "all settings tried", used)
    return head, FitReport(
        tuple(tried), f"time is up: fitted to {count} stamps", {**used, "stamps": count, "minutes": 0.0}
    )


def _machine(fitting: Examples, judging: Examples, classes: tuple[int, ...], c: float, gamma: float) -> Head:
    """A support vector machine and its calibration on stamps that it was not fitted to (Platt 1999)."""
    machine = RbfSvm.fit(fitting.x, fitting.labels, fitting.weights, c, gamma)
    on = judging if len(np.unique(judging.labels)) == len(classes) else fitting
    decided = machine.decide(on.x).reshape(len(on.x), -1)
    return Head(machine, LinearModel.fit(decided, on.labels, on.weights), classes)


def trial_loss(fitting: Examples, judging: Examples, c: float = 0.1) -> float:
    """Mean cross-entropy of a logistic regression fitted to some and judged by others; inf where one class is left."""
    present, labels = np.unique(fitting.labels, return_inverse=True)
    known = np.isin(judging.labels, present)
    if len(present) < 2 or not known.any():
        return np.inf
    head = Head(LinearModel.fit(fitting.x, labels, fitting.weights, c), None, tuple(int(one) for one in present))
    where = np.searchsorted(present, judging.labels[known])
    return _loss(head, Examples(judging.x[known], where, judging.weights[known]))


def _fields(one: Examples) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return one.x, one.labels, one.weights


def _guessing(fitting: Examples, judging: Examples, classes: int) -> dict[str, float]:
    """The loss of giving everything the classes' shares."""
    share = np.bincount(fitting.labels, fitting.weights, classes) / fitting.weights.sum()
    return {"loss": float(-np.average(np.log(share[judging.labels]), weights=judging.weights))}


def _loss(head: Head, judging: Examples) -> float:
    """Mean cross-entropy in nats."""
    logits = head.decide(judging.x)
    logits -= logits.max(axis=1, keepdims=True)
    own = logits[np.arange(len(logits)), judging.labels]
    return float(np.average(np.log(np.exp(logits).sum(axis=1)) - own, weights=judging.weights))
