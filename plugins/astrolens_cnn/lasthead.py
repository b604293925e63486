"""Tuning of a trained network's last layer alone: a regression on the features it gives, tied to what the network learnt
by itself, that allows for slips among the grades; knows arrays, no network.

The model of the logits is z = a · own + b + x · δ: `own` are those of the network's own last layer, x the features over
their deviations, b and δ one column for each way in which classes can differ. A grade names the class of the softmax of z,
or with probability `slips` another one (the label noise of Bootkrajang & Kabán 2012, ECML PKDD): where one object in a
hundred is a lens, a careful grader's slips are as many as the lenses, and a plain regression follows them. How firmly δ is
pulled to 0 and how many grades are slips is judged by how probable that makes the grades (the evidence of MacKay 1992,
Neural Computation 4, 415, in Laplace's approximation), so no grade has to be set aside for it; the answer is the mean over
all choices by their evidence, for a single one follows the luck of a few grades.

It begins from the network's own layer each time: begun from a layer tuned before, the grades that made that layer would be
counted twice, and every further tuning would drift.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from scipy.linalg import helmert
from scipy.optimize import minimize

from astrolens_gui.api import UserError

PULLS = (2000.0, 600.0, 200.0, 60.0)
"""How hard δ is pulled to 0, from the firmest: its inverse variance."""
SLIPS = (0.02, 0.002, 0.01, 0.05, 0.1)
"""Shares of slips that are tried; the first is the most likely one before the grades are seen."""
SLIPS_SPREAD = 1.0
"""Standard deviation of the logarithm of that share, before the grades are seen."""
SCALE_PULL, OFFSET_PULL = 0.5, 0.1
"""Inverse variances of a around 1 and of b around what the classes' shares say."""
STEPS = 300
FILE = "own-layer.safetensors"


@dataclass(frozen=True)
class Layer:
    """logits = features @ kernel (D, classes) + bias (classes,), both float64."""

    kernel: np.ndarray
    bias: np.ndarray

    def logits(self, features: np.ndarray) -> np.ndarray:
        return np.asarray(features, np.float64) @ self.kernel + self.bias

    def save(self, folder: Path) -> None:
        """Write it beside the weights of a network whose last layer was tuned."""
        from safetensors.numpy import save_file

        save_file({"kernel": self.kernel, "bias": self.bias}, Path(folder) / FILE)

    @classmethod
    def load(cls, folder: Path, shape: tuple[int, int]) -> Layer | None:
        """What `save` wrote for a kernel of `shape` (D, classes); None where the network's layer was never tuned.

        Raises:
            UserError: the file can't be read or belongs to another network.
        """
        from safetensors import SafetensorError
        from safetensors.numpy import load_file

        path = Path(folder) / FILE
        if not path.exists():
            return None
        try:
            found = load_file(path)
        except (SafetensorError, OSError, ValueError) as error:
            raise UserError(f"{path}: this layer cannot be read ({error}); train or import the model again") from None
        kernel, bias = found.get("kernel", np.zeros(0)), found.get("bias", np.zeros(0))
        if (
            kernel.shape != shape
            or bias.shape != shape[1:]
            or not (np.isfinite(kernel).all() and np.isfinite(bias).all())
        ):
            raise UserError(f"{path}: this layer does not fit the network; train or import the model again")
        return cls(kernel.astype(np.float64), bias.astype(np.float64))


@dataclass(frozen=True)
class Graded:
    """Features (N, D) of some stamps, their targets (N, classes), rows that sum to 1, and weights (N,)."""

    features: np.ndarray
    targets: np.ndarray
    weights: np.ndarray

    def loss(self, layer: Layer) -> float:
        """Weighted cross-entropy with the targets."""
        log = np.log(_softmax(layer.logits(self.features)))
        return float(-(self.weights[:, None] * self.targets * log).sum() / self.weights.sum())

    def class_weights(self) -> np.ndarray:
        """(classes,): mean weight of each class's grades, 1 for a class without any."""
        graded = self.targets.sum(axis=0)
        summed = (self.weights[:, None] * self.targets).sum(axis=0)
        return np.divide(summed, graded, out=np.ones_like(graded), where=summed > 0)


@dataclass(frozen=True)
class Fit:
    """What one choice of `pull` and `slips` gives: the layer and the logarithm of its evidence, up to a constant."""

    layer: Layer
    pull: float
    slips: float
    evidence: float


@dataclass(frozen=True)
class Tuned:
    """The layer that came of it, the share of the grades that are slips by its judgement, and all fits, the best one
    last."""

    layer: Layer
    slips: float
    fits: list[Fit]


def tune(own: Layer, data: Graded) -> Tuned:
    """The mean of the layers for all pulls and shares of slips, each weighed by its evidence."""
    fits = sorted((fit(own, data, pull, slips) for slips, pull in product(SLIPS, PULLS)), key=lambda one: one.evidence)
    share = _softmax(np.array([[one.evidence for one in fits]]))[0]

    def mean(each: list[Any]) -> Any:
        return sum(part * one for part, one in zip(share, each, strict=True))

    layer = Layer(mean([one.layer.kernel for one in fits]), mean([one.layer.bias for one in fits]))
    return Tuned(layer, float(mean([one.slips for one in fits])), fits)


def fit(own: Layer, data: Graded, pull: float, slips: float) -> Fit:
    """The most probable layer for one pull and one share of slips.

    Grades are counted one by one, as slips happen to each. Weights that differ from class to class (they make classes
    weigh the same) enter as a shift of the logits instead; what is left of them tells grades of one class apart.
    """
    classes = own.bias.size
    features = np.asarray(data.features, np.float64)
    scale = np.maximum(features.std(axis=0), 1e-9)
    x, back = _narrow(features / scale)
    ways = helmert(classes).T  # (classes, classes - 1): a common shift of all logits changes nothing
    even = data.class_weights()
    counts, shift = data.weights / (data.targets @ even), -np.log(even)
    width, given = x.shape[1], own.logits(features)
    pulls = np.concatenate([[SCALE_PULL], np.full(classes - 1, OFFSET_PULL), np.full(width * (classes - 1), pull)])
    start = np.zeros(pulls.size)
    start[0] = 1.0

    def probabilities(values: np.ndarray) -> np.ndarray:
        moved = values[1:classes] + x @ values[classes:].reshape(width, classes - 1)
        return _softmax(values[0] * given + shift + moved @ ways.T)

    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        p, away = probabilities(values), values - start
        named = _named(p, slips)
        pressed = p * data.targets / named * _named_slope(classes, slips)
        slope = counts[:, None] * (p * pressed.sum(axis=1, keepdims=True) - pressed)
        moved = slope @ ways
        gradient = np.concatenate([[(slope * given).sum()], moved.sum(axis=0), (x.T @ moved).ravel()]) + pulls * away
        return float(
            -(counts[:, None] * data.targets * np.log(named)).sum() + (pulls * away * away).sum() / 2
        ), gradient

    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS})
    told = _information(probabilities(found.x), counts, slips, ways)
    evidence = -found.fun - (_log_determinant(x, told, pull) + _slips_cost(slips)) / 2
    bent = back @ found.x[classes:].reshape(width, classes - 1) @ ways.T / scale[:, None]
    kernel = found.x[0] * own.kernel + bent
    return Fit(Layer(kernel, found.x[0] * own.bias + ways @ found.x[1:classes]), pull, slips, float(evidence))


def _narrow(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(x in the space its rows span, the way back (D, width)): the fit is the same there, and never wider than N."""
    if len(x) >= x.shape[1]:
        return x, np.eye(x.shape[1])
    left, size, right = np.linalg.svd(x, full_matrices=False)
    return left * size, right.T


def _named(p: np.ndarray, slips: float) -> np.ndarray:
    """Probability (N, classes) that a grade names each class: a slip names any of the others."""
    slope = _named_slope(p.shape[1], slips)
    return slope * p + (1 - slope) / p.shape[1]


def _named_slope(classes: int, slips: float) -> float:
    return 1 - slips * classes / (classes - 1)


def _information(p: np.ndarray, counts: np.ndarray, slips: float, ways: np.ndarray) -> np.ndarray:
    """What grades tell of each stamp's logits (Fisher's information), along the ways classes differ: (N, ways, ways)."""
    turn = _named_slope(p.shape[1], slips) * (
        np.einsum("nk,kj->nkj", p, np.eye(p.shape[1])) - np.einsum("nk,nj->nkj", p, p)
    )
    turn = turn @ ways
    return np.einsum("nka,nkb,nk->nab", turn, turn, counts[:, None] / _named(p, slips))


def _log_determinant(x: np.ndarray, told: np.ndarray, pull: float) -> float:
    """log det (1 + xᵀ told x / pull): by how much the grades narrow what δ may be."""
    width, ways = x.shape[1], told.shape[1]
    whole = np.empty((ways, width, ways, width))
    for a, b in product(range(ways), repeat=2):
        whole[a, :, b, :] = (x * told[:, a, b, None]).T @ x / pull
    return float(np.linalg.slogdet(np.eye(ways * width) + whole.reshape(ways * width, -1))[1])


def _slips_cost(slips: float) -> float:
    return float((np.log(slips / SLIPS[0]) / SLIPS_SPREAD) ** 2)


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    return raised / raised.sum(axis=1, keepdims=True)
