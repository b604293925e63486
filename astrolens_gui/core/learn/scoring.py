"""From prepared cutouts to calibrated scores: what runs beside the model (`predict`) and what the host makes of its
logits; starts nothing."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import Context

from ..plugins import create
from .models import Calibration, ModelInfo

CLASSES = ("nonlens", "lens")
"""The classes that labels train; a backend may know more, as long as one is called "lens"."""

PREDICT = f"{__name__}:predict"
"""How `predict` is named to a child process."""

_KEPT = 2
_loaded: OrderedDict[tuple, Any] = OrderedDict()


def predict(
    *, folder: str, factory: str, params: Any, capability: str, arrays: dict[str, np.ndarray], ctx: Context
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Entry point beside the model: `arrays["batch"]` float32 (N, size, size, bands) → ({"seconds": …}, {"output": …}).

    The last two models stay loaded. `folder` "" means a backend without weights.
    """
    backend = _load(folder, factory, params)
    start = time.perf_counter()
    output = np.asarray(getattr(backend, capability)(arrays["batch"], ctx))
    return {"seconds": time.perf_counter() - start}, {"output": output}


def _load(folder: str, factory: str, params: Any) -> Any:
    stamp = (Path(folder) / "model.json").stat().st_mtime_ns if folder else 0
    key = (folder, stamp, factory, repr(params))
    if key not in _loaded:
        backend = create(factory, params)
        if folder:
            backend.load(Path(folder))
        _loaded[key] = backend
        while len(_loaded) > _KEPT:
            _loaded.popitem(last=False)
    _loaded.move_to_end(key)
    return _loaded[key]


def lens_logit(logits: np.ndarray, classes: tuple[str, ...], calibration: Calibration | None = None) -> np.ndarray:
    """The log-odds of "lens" against all other classes, float64 (N,); calibrated and moved to the stated prior when
    asked.

    logit = (z_lens - logsumexp(z_others)) / T + log(prior/(1-prior)) - log(prior_train/(1-prior_train)); monotone,
    so no ranking changes.
    """
    if "lens" not in classes:
        raise ValueError(f"this model has no class called lens (it has {', '.join(classes)})")
    z = np.asarray(logits, np.float64)
    if z.ndim != 2 or z.shape[1] != len(classes):
        raise ValueError(f"the model gave outputs of shape {z.shape} for {len(classes)} classes")
    lens = classes.index("lens")
    others = np.delete(z, lens, axis=1)
    value = z[:, lens] - np.logaddexp.reduce(others, axis=1)
    if calibration is None:
        return value
    shift = _odds(calibration.prior) - _odds(calibration.prior_train)
    return value / calibration.temperature + shift


def _odds(share: float) -> float:
    if not 0 < share < 1:
        raise ValueError(f"the prevalence must lie between 0 and 1, not {share:g}")
    return float(np.log(share) - np.log1p(-share))


def probability(logit: np.ndarray) -> np.ndarray:
    """The probability of a lens, float64 (N,), without overflow at either end."""
    logit = np.asarray(logit, np.float64)
    small = np.exp(-np.abs(logit))
    return np.where(logit >= 0, 1, small) / (1 + small)


def class_probabilities(
    logits: np.ndarray, classes: tuple[str, ...], calibration: Calibration
) -> dict[str, np.ndarray]:
    """One float64 (N,) column a class; they sum to 1 and "lens" is the calibrated score."""
    z = np.asarray(logits, np.float64) / calibration.temperature
    lens = classes.index("lens")
    score = probability(lens_logit(logits, classes, calibration))
    others = np.delete(z, lens, axis=1)
    share = np.exp(others - np.logaddexp.reduce(others, axis=1)[:, None]) * (1 - score)[:, None]
    names = [name for name in classes if name != "lens"]
    return {**{name: share[:, column] for column, name in enumerate(names)}, "lens": score}


@dataclass(frozen=True)
class Scored:
    """Scores of one batch of objects: `ids` int64 (n,), `logit` and `score` float64 (n,), `classes` {name: float64
    (n,)}.

    `logit` is calibrated and at the stated prior: score = 1 / (1 + exp(-logit)).
    """

    ids: np.ndarray
    logit: np.ndarray
    score: np.ndarray
    classes: dict[str, np.ndarray]


def scored(ids: np.ndarray, logits: np.ndarray, model: ModelInfo) -> Scored:
    """A model's logits as scores; what is not finite stays NaN, and ranks last."""
    logits = np.asarray(logits, np.float64)
    logits = np.where(np.isfinite(logits).all(axis=1, keepdims=True), logits, np.nan)
    with np.errstate(invalid="ignore"):
        logit = lens_logit(logits, model.classes, model.calibration)
        classes = class_probabilities(logits, model.classes, model.calibration)
    return Scored(np.asarray(ids, np.int64), logit, probability(logit), classes)


def score(
    batches: Iterable[tuple[np.ndarray, np.ndarray]],
    run: Callable[[np.ndarray], np.ndarray],
    model: ModelInfo,
    ctx: Context,
    total: int = 0,
) -> Iterator[Scored]:
    """Score (ids, images) batches as they come; a cancelled job keeps what was handed out before.

    Args:
        run: images → logits; drives `predict` in a child, or a backend's `classify` here.
        total: number of objects, for the progress.
    """
    done, start = 0, time.perf_counter()
    for ids, images in batches:
        if len(ids):
            yield scored(ids, run(images), model)
            done += len(ids)
        rate = done / max(time.perf_counter() - start, 1e-9)
        ctx.progress(done / total if total else 0.0, f"{done:,} of {total:,} scored", images_per_s=rate)
