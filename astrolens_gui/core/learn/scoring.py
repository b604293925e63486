"""From prepared cutouts to calibrated scores: what runs beside the model (`predict`) and what the host makes of its
logits; starts nothing."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import Context, Detections, Progress, Restored

from ..plugins import create
from .models import Calibration, ModelError, ModelInfo

CLASSES = ("nonlens", "lens")
"""The classes that labels train; a backend may know more, as long as one is called "lens"."""

PREDICT = f"{__name__}:predict"
"""How `predict` is named to a child process."""

_KEPT = 2
_loaded: OrderedDict[tuple, Any] = OrderedDict()


def predict(
    *, folder: str, factory: str, params: Any, capability: str, arrays: dict[str, np.ndarray], ctx: Context
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Entry point beside the model: `arrays["batch"]` float32 (N, size, size, bands) → ({"seconds": …}, {"output": …}); a record
    of arrays comes as its arrays by name.

    The last two models stay loaded. `folder` "" means a backend without weights.
    """
    backend = _load(folder, factory, params)
    start = time.perf_counter()
    answer = getattr(backend, capability)(arrays["batch"], ctx)
    made = answer.arrays() if isinstance(answer, Detections | Restored) else {"output": np.asarray(answer)}
    return {"seconds": time.perf_counter() - start}, made


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

    Raises:
        ModelError: the outputs are not one number for each class.
    """
    z = _outputs(logits, classes)
    lens = classes.index("lens")
    others = np.delete(z, lens, axis=1)
    value = z[:, lens] - np.logaddexp.reduce(others, axis=1)
    return value if calibration is None else calibrated(value, calibration)


def calibrated(logit: np.ndarray, calibration: Calibration) -> np.ndarray:
    """A network's own lens log-odds as they are given to people: at its temperature and the stated prior."""
    shift = _odds(calibration.prior) - _odds(calibration.prior_train)
    return np.asarray(logit, np.float64) / calibration.temperature + shift


def _outputs(logits: np.ndarray, classes: tuple[str, ...]) -> np.ndarray:
    """Logits as float64 (N, classes), or a ModelError."""
    if "lens" not in classes:
        raise ModelError(f"this model has no class called lens (it has {', '.join(classes)})")
    z = np.asarray(logits, np.float64)
    if z.ndim != 2 or z.shape[1] != len(classes):
        raise ModelError(
            f"its weights give outputs of shape {z.shape[1:]} for the {len(classes)} classes {', '.join(classes)}; "
            "get the whole model folder again"
        )
    return z


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
    """A model's logits as scores; what is not finite stays NaN, and ranks last.

    Raises:
        ModelError: the weights are not for the classes that `model.json` names.
    """
    try:
        logits = _outputs(logits, model.classes)
    except ModelError as error:
        raise ModelError(f"{model.folder}: {error}") from None
    logits = np.where(np.isfinite(logits).all(axis=1, keepdims=True), logits, np.nan)
    with np.errstate(invalid="ignore"):
        logit = lens_logit(logits, model.classes, model.calibration)
        classes = class_probabilities(logits, model.classes, model.calibration)
    return Scored(np.asarray(ids, np.int64), logit, probability(logit), classes)


def score(
    batches: Iterable[tuple[np.ndarray, np.ndarray]],
    run: Callable[[np.ndarray, Context], np.ndarray],
    model: ModelInfo,
    ctx: Context,
    total: int = 0,
) -> Iterator[Scored]:
    """Score (ids, images) batches as they come; a cancelled job keeps what was handed out before.

    Args:
        run: (images, context of this batch's share of the job) → logits; drives `predict` in a child, or a backend's
            `classify` here.
        total: number of objects, for the progress; 0 where nobody knows.
    """
    done, start = 0, time.perf_counter()
    latest = Progress(0.0, f"0 of {total:,} scored")

    def tell(said: Progress) -> None:
        """What a backend says of its batch moves the job's bar, never back (a batch too large for the memory is begun
        again), and leaves the line that tells of the whole job."""
        nonlocal latest
        fraction = max(said.fraction, latest.fraction)
        latest = (
            replace(said, fraction=fraction) if said.message else replace(latest, fraction=fraction, time=said.time)
        )
        ctx.on_progress(latest)

    whole = replace(ctx, on_progress=tell)
    for ids, images in batches:
        if len(ids):
            share = (done / total, min((done + len(ids)) / total, 1.0)) if total else (0.0, 0.0)
            yield scored(ids, run(images, whole.part(*share)), model)
            done += len(ids)
        rate = done / max(time.perf_counter() - start, 1e-9)
        whole.progress(done / total if total else 0.0, f"{done:,} of {total:,} scored", images_per_s=rate)
