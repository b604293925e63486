"""Linear and radial-basis models as plain arrays: scikit-learn fits them, numpy decides with them; knows no image.

scikit-learn's own files are pickles, which run code when they are read; here a model is a dict of arrays in a
safetensors file. scikit-learn is imported only inside `fit`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import UserError

from .weights import WeightsError, read_header

MOST_NUMBERS = 1 << 28
"""Values of one file at most: a model of these kinds has a hundredth of that."""
_ROWS = 1024
"""Rows decided at once: bounds the kernel matrix to this times the support vectors."""


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray], about: Mapping[str, str] | None = None) -> None:
    """Write named float arrays, as they are, into one safetensors file with a few strings `about` them."""
    from safetensors.numpy import save_file

    save_file({name: np.ascontiguousarray(array) for name, array in arrays.items()}, str(path), dict(about or {}))


def load_arrays(path: Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """(arrays, about) of a file of `save_arrays`.

    Raises:
        WeightsError: when it is missing, cut short, too large, or holds anything but finite float arrays.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    shapes, about = read_header(path)
    if sum(int(np.prod(shape, dtype=np.float64)) for shape in shapes.values()) > MOST_NUMBERS:
        raise WeightsError(f"{path}: these weights are too large for a model of this kind; train it again")
    try:
        arrays = load_file(str(path))
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{path}: these weights cannot be read ({error}); train or import the model again") from None
    for name, array in arrays.items():
        if array.dtype not in (np.float32, np.float64) or not np.isfinite(array).all():
            raise WeightsError(f"{path}: these weights are damaged ({name} does not hold finite numbers); train again")
    return arrays, about


@dataclass(frozen=True)
class Scaling:
    """Each feature's mean and spread over the rows a model was fitted to, and how wild a value may be.

    `apply` gives float32: what was rounded when fitting is rounded alike when deciding. Values beyond ± `LIMIT`
    spreads are clipped to it, so that one broken stamp neither bends a fit nor overflows.
    """

    center: np.ndarray
    scale: np.ndarray

    LIMIT = 8.0

    @classmethod
    def fit(cls, x: np.ndarray, weights: np.ndarray | None = None) -> Scaling:
        """From features (N, D); a constant feature keeps the spread 1."""
        x = np.asarray(x, np.float64)
        center = np.average(x, axis=0, weights=weights)
        scale = np.sqrt(np.average((x - center) ** 2, axis=0, weights=weights))
        return cls(center, np.where(scale > 1e-9 * np.maximum(np.abs(center), 1e-3), scale, 1.0))

    def apply(self, x: np.ndarray) -> np.ndarray:
        scaled = (np.asarray(x, np.float64) - self.center) / self.scale
        return np.clip(scaled, -self.LIMIT, self.LIMIT).astype(np.float32)


@dataclass(frozen=True)
class LinearModel:
    """w·z + b of scaled features: `weight` (K, D), `bias` (K,); K is 1 for two classes, else their number."""

    scaling: Scaling
    weight: np.ndarray
    bias: np.ndarray

    @classmethod
    def fit(
        cls, x: np.ndarray, labels: np.ndarray, weights: np.ndarray | None = None, c: float = 1.0, iterations: int = 300
    ) -> LinearModel:
        """Logistic regression of features (N, D) on class numbers (N,), by scikit-learn; `c` is 1 / (L2 penalty)."""
        from sklearn.linear_model import LogisticRegression

        scaling = Scaling.fit(x, weights)
        fitted = LogisticRegression(C=c, max_iter=iterations)
        _quietly(fitted, scaling.apply(x), labels, weights)
        return cls(scaling, fitted.coef_.astype(np.float64), fitted.intercept_.astype(np.float64))

    def decide(self, x: np.ndarray) -> np.ndarray:
        """Features (N, D) → float64 (N,), or (N, K) for more than two classes: scikit-learn's `decision_function`."""
        values = self.scaling.apply(x).astype(np.float64) @ self.weight.T + self.bias
        return values[:, 0] if len(self.bias) == 1 else values

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        return {**_scaling_arrays(self.scaling, name), f"{name}.weight": self.weight, f"{name}.bias": self.bias}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, np.ndarray], name: str, path: Path) -> LinearModel:
        """The inverse of `arrays`; `path` is for the sentence when one is missing or has another shape."""
        weight = _wanted(arrays, f"{name}.weight", (None, None), path)
        outputs, features = weight.shape
        return cls(_scaling(arrays, name, features, path), weight, _wanted(arrays, f"{name}.bias", (outputs,), path))


@dataclass(frozen=True)
class RbfSvm:
    """Support vectors with a Gaussian kernel: sum over vectors of coef · exp(-gamma |z - v|²), plus the bias.

    `vectors` float32 (S, D), `coef` (K, S), `bias` (K,); K is 1 for two classes, else one against the rest for each.
    """

    scaling: Scaling
    vectors: np.ndarray
    coef: np.ndarray
    bias: np.ndarray
    gamma: float

    @classmethod
    def fit(
        cls,
        x: np.ndarray,
        labels: np.ndarray,
        weights: np.ndarray | None = None,
        c: float = 1.0,
        gamma: float | None = None,
    ) -> RbfSvm:
        """A support vector machine on features (N, D) and class numbers (N,), by scikit-learn.

        `gamma` None is 1 / D, scikit-learn's "scale" for scaled features.
        """
        from sklearn.svm import SVC

        scaling = Scaling.fit(x, weights)
        z = scaling.apply(x).astype(np.float64)
        gamma = 1 / z.shape[1] if gamma is None else gamma
        classes = np.unique(labels)
        sides = [labels == classes[1]] if len(classes) == 2 else [labels == one for one in classes]
        coef, bias = np.zeros((len(sides), len(z))), np.zeros(len(sides))
        for row, side in enumerate(sides):
            fitted = SVC(C=c, gamma=gamma, cache_size=500)
            _quietly(fitted, z, side.astype(int), weights)
            coef[row, fitted.support_], bias[row] = fitted.dual_coef_[0], fitted.intercept_[0]
        used = np.flatnonzero(np.abs(coef).max(axis=0) > 0)
        return cls(scaling, z[used].astype(np.float32), coef[:, used], bias, float(gamma))

    def decide(self, x: np.ndarray) -> np.ndarray:
        """Features (N, D) → float64 (N,), or (N, K) for more than two classes: scikit-learn's `decision_function`."""
        vectors = self.vectors.astype(np.float64)
        norms = (vectors**2).sum(axis=1)
        values = np.empty((len(x), len(self.bias)))
        for at in range(0, len(x), _ROWS):
            z = self.scaling.apply(x[at : at + _ROWS]).astype(np.float64)
            apart = z @ vectors.T
            apart *= -2
            apart += (z**2).sum(axis=1)[:, None]
            apart += norms
            np.maximum(apart, 0, out=apart)
            apart *= -self.gamma
            values[at : at + len(z)] = np.exp(apart, out=apart) @ self.coef.T + self.bias
        return values[:, 0] if len(self.bias) == 1 else values

    def arrays(self, name: str) -> dict[str, np.ndarray]:
        own = {"vectors": self.vectors, "coef": self.coef, "bias": self.bias, "gamma": np.array([self.gamma])}
        return {**_scaling_arrays(self.scaling, name), **{f"{name}.{key}": value for key, value in own.items()}}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, np.ndarray], name: str, path: Path) -> RbfSvm:
        """The inverse of `arrays`; `path` is for the sentence when one is missing or has another shape."""
        vectors = _wanted(arrays, f"{name}.vectors", (None, None), path)
        coef = _wanted(arrays, f"{name}.coef", (None, len(vectors)), path)
        bias, gamma = (
            _wanted(arrays, f"{name}.{key}", shape, path) for key, shape in (("bias", (len(coef),)), ("gamma", (1,)))
        )
        if gamma[0] <= 0:
            raise WeightsError(f"{path}: these weights are damaged ({name}.gamma is not positive); train again")
        return cls(_scaling(arrays, name, vectors.shape[1], path), vectors, coef, bias, float(gamma[0]))


def _quietly(model: Any, x: np.ndarray, labels: np.ndarray, weights: np.ndarray | None) -> None:
    """Fit; that the iterations ran out is no news to a person: the held-out stamps judge the model."""
    import warnings

    if len(np.unique(labels)) < 2:
        raise UserError("this model needs examples of at least two classes; label some more")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, labels, sample_weight=weights)


def _scaling_arrays(scaling: Scaling, name: str) -> dict[str, np.ndarray]:
    return {f"{name}.center": scaling.center, f"{name}.scale": scaling.scale}


def _scaling(arrays: Mapping[str, np.ndarray], name: str, features: int, path: Path) -> Scaling:
    center, scale = (_wanted(arrays, f"{name}.{key}", (features,), path) for key in ("center", "scale"))
    if (scale <= 0).any():
        raise WeightsError(f"{path}: these weights are damaged ({name}.scale is not positive); train again")
    return Scaling(center, scale)


def _wanted(arrays: Mapping[str, np.ndarray], name: str, shape: tuple[int | None, ...], path: Path) -> np.ndarray:
    """The array of that name, whose shape must be as said; None is any length but 0."""
    if name not in arrays:
        raise WeightsError(f"{path}: these weights do not fit the model ({name} is missing); train or import it again")
    found = arrays[name].shape
    fits = len(found) == len(shape) and all(
        here == wanted if wanted is not None else here > 0 for here, wanted in zip(found, shape, strict=True)
    )
    if not fits:
        raise WeightsError(f"{path}: these weights do not fit the model ({name} is {found}, not {shape}); train again")
    return arrays[name]
