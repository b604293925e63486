"""What one entry of the challenge does, in a process of its own: learn within its budget, answer the test set; knows no
other entry.
"""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from challenge_data import Stamps

from astrolens_gui.api import Context, InputSpec, TrainingSet
from astrolens_gui.core.learn.scoring import CLASSES, lens_logit
from astrolens_gui.core.plugins import create
from astrolens_gui.jobs.device import cores

ENTRY = f"{__name__}:fit_and_score"
AGAIN = f"{__name__}:score_stamps"
BATCH = 256


def processor_seconds() -> float:
    """Processor time of this process and its ended children over the number of cores: what a clock would show if nobody
    else used the machine and both cores were busy. Work on one core alone counts half."""
    times = os.times()
    return (time.process_time() + times.children_user + times.children_system) / cores()


CLOCKS = {"wall": time.perf_counter, "cpu": processor_seconds}


def measure_by(clock: str) -> None:
    """Have every budget of this process measured by this clock."""
    from astrolens_gui.kit import budget

    budget.clock = CLOCKS[clock]
    training = sys.modules.get("astrolens_cnn.training")
    if hasattr(training, "clock"):
        training.clock = CLOCKS[clock]  # type: ignore[union-attr]


def fit_and_score(
    *,
    factory: str,
    params: Any,
    fit_params: Any,
    set_folder: str,
    test_folder: str,
    out: str,
    clock: str,
    ctx: Context,
) -> dict[str, Any]:
    """Train on a set, save the model to `out`/model and the test set's lens log-odds, float64 (N,), to `out`/logit.npy.

    Returns:
        epochs (dicts of numbers), stopped, used (as `FitReport`), seconds by `clock` and by the wall, images a second of
        both parts, memory in MB at its largest.
    """
    backend = create(factory, params)
    measure_by(clock)
    now, data, folder = CLOCKS[clock], TrainingSet.open(Path(set_folder)), Path(out)
    start, started = now(), time.perf_counter()
    report = backend.fit(data, fit_params, ctx.part(0.0, 0.9))
    seconds, wall = now() - start, time.perf_counter() - started
    (folder / "model").mkdir(parents=True, exist_ok=True)
    backend.save(folder / "model")
    images = TrainingSet.open(Path(test_folder)).images
    _answers(backend, [images[:BATCH]], Context())  # loads and compiles
    start, started = now(), time.perf_counter()
    logit = _answers(backend, _batches(images), ctx.part(0.9, 1.0))
    scoring = now() - start
    np.save(folder / "logit.npy", logit)
    rows = len(data.indices("train"))
    passes = len(report.epochs) if hasattr(fit_params, "epochs") else 1  # where there are none, its steps are no epochs
    return {
        "epochs": [dict(epoch) for epoch in report.epochs] if hasattr(fit_params, "epochs") else [],
        "stopped": report.stopped,
        "used": dict(report.used),
        "seconds": seconds,
        "seconds_wall": wall,
        "train_images_per_s": rows * passes / max(seconds, 1e-9),
        "infer_images_per_s": len(logit) / max(scoring, 1e-9),
        "infer_images_per_s_wall": len(logit) / max(time.perf_counter() - started, 1e-9),
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "model_mb": sum(path.stat().st_size for path in (folder / "model").iterdir()) / 1e6,
    }


def score_stamps(
    *, factory: str, params: Any, model: str, stamps: str, input: InputSpec, out: str, ctx: Context
) -> dict[str, Any]:
    """A saved model's lens log-odds of every stamp of a set, float64 (N,), to the file `out`; streamed, not cached."""
    backend = create(factory, params)
    backend.load(Path(model))
    started = time.perf_counter()
    logit = _answers(backend, Stamps(Path(stamps)).batches(input), ctx)
    np.save(out, logit)
    return {"infer_images_per_s_wall": len(logit) / (time.perf_counter() - started)}


def _batches(images: np.ndarray) -> Iterator[np.ndarray]:
    for start in range(0, len(images), BATCH):
        yield np.asarray(images[start : start + BATCH])


def _answers(backend: Any, batches: Iterable[np.ndarray], ctx: Context) -> np.ndarray:
    parts = []
    for batch in batches:
        ctx.progress(0.5, "scoring")
        parts.append(lens_logit(np.asarray(backend.classify(batch, ctx)), CLASSES))
    return np.concatenate(parts)
