"""Training of what does not classify, as plain steps: fit in a child, let it answer the held-out images, judge, write; knows no
store, no thread and no window."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import BackendSpec, Context, TrainingSet

from ..plugins import create
from . import fitted, unfinished
from .gate import Verdict
from .models import write_model
from .retrain import Champion, Outcome, Run

FIT = f"{__name__}:fit_and_answer"
ANSWER = f"{__name__}:answer"
HELD = 2
"""What `split.npy` says of an image that no training sees."""
FEWEST_HELD = 10
"""Held-out images below which nothing can be said."""
DRAWS = 400
"""Resamples of the paired bootstrap over images."""

Answers = dict[str, np.ndarray]
Quality = Callable[[np.ndarray], float]
"""(counts int (H,), how often each held-out image counts) → a number, larger is better, NaN where it says nothing."""
Measure = Callable[[Answers, TrainingSet, np.ndarray], Quality]
"""(answers to the held-out rows, the set, those rows int64 (H,)) → their quality as a function of counts."""


@dataclass(frozen=True)
class Yardstick:
    """What models of a task are judged by: `name` as it stands in the verdict ("AP", "PSNR in dB"), the measure, and further
    named ones for the record."""

    name: str
    measure: Measure
    others: tuple[tuple[str, Measure], ...] = ()


def fit_and_answer(
    *,
    set_folder: str,
    out: str,
    factory: str,
    params: Any,
    fit_params: Any,
    method: str,
    asked: str = "",
    start: str = "",
    ctx: Context,
) -> dict[str, Any]:
    """Entry point of the child: fit on the set, save weights into `out`, leave the answers to its held-out rows beside it.

    Args:
        method: "detect" or "restore". asked: npy of the images to answer in place of the held-out rows; "" these as they are.
        start: folder of a model to go on from, "" for none.

    Returns:
        epochs (list of dicts), stopped, used (as `FitReport`), seconds, versions, answers (path of an npz, "" without
        held-out rows).
    """
    began = time.perf_counter()
    kwargs = {"set_folder": set_folder, "out": out, "factory": factory, "params": params, "fit_params": fit_params}
    backend, data, told = fitted.fit(**kwargs, start=start, ctx=ctx.part(0.0, 0.9))
    told["seconds"] = time.perf_counter() - began
    answers = Path(out).with_name(f"{Path(out).name}-answers.npz")
    return {**told, "answers": _answer(backend, method, data, asked, answers, ctx.part(0.9, 1.0))}


def answer(
    *, set_folder: str, folder: str, factory: str, params: Any, method: str, out: str, asked: str = "", ctx: Context
) -> str:
    """Entry point of the child: a saved model's answers to the held-out rows of a set, as npz; its path."""
    backend = create(factory, params)
    backend.load(Path(folder))
    return _answer(backend, method, TrainingSet.open(Path(set_folder)), asked, Path(out), ctx)


def held(data: TrainingSet) -> np.ndarray:
    """Rows that no training sees, int64, ascending."""
    return np.flatnonzero(np.load(data.folder / "split.npy", allow_pickle=False) == HELD)


def _answer(backend: Any, method: str, data: TrainingSet, asked: str, out: Path, ctx: Context) -> str:
    """One image after the other: they may be large. `Detections.image` is the place among the held-out rows."""
    images = np.load(asked, mmap_mode="r", allow_pickle=False) if asked else data.images
    rows = np.arange(len(images)) if asked else held(data)
    quiet, parts = replace(ctx, on_progress=lambda _: None), []
    for place, row in enumerate(rows.tolist()):
        arrays: dict[str, np.ndarray] = getattr(backend, method)(np.asarray(images[row : row + 1]), quiet).arrays()
        if "image" in arrays:
            arrays["image"] = arrays["image"] + place
        parts.append(arrays)
        ctx.progress((place + 1) / len(rows), "answering the held-out images")
    if not parts:
        return ""
    joined: Any = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    np.savez(out, **joined)
    return str(out)


def fit_task(
    *,
    data: TrainingSet,
    about: dict[str, Any],
    spec: BackendSpec,
    params: Any,
    fit_params: Any,
    yardstick: Yardstick,
    models_dir: Path,
    champion: Champion | None,
    run: Run,
    ctx: Context,
    asked: Path | None = None,
    start: str = "",
    refused: Sequence[tuple[int, str]] = (),
    unfinished_home: Path | None = None,
) -> Outcome:
    """Train a challenger on a set of boxes or pairs and judge it on the set's held-out images; the caller makes it champion
    when `outcome.verdict.activates`.

    Args:
        about: what `model.json` keeps of the set: hash, label_ids, split (with its seed). run: calls `FIT` and `ANSWER` by name.
        asked: npy of one image for each held-out row that is to be answered in its place (noisier, say).
        unfinished_home: where the state of a fit is kept that is broken off, as in `retrain`.
        champion: of the same task; compared where it takes the same input, else a new lineage begins.

    Raises:
        UserError: from the backend; Cancelled: nothing is left behind in `models_dir`.
    """
    work, created = Path(ctx.workdir), datetime.now(UTC)
    method = spec.task.partition("/")[0]
    kwargs = {"set_folder": str(data.folder), "factory": spec.factory, "method": method, "asked": str(asked or "")}
    more = {"params": params, "fit_params": fit_params, "out": str(work / "fitted"), "start": start}
    itself = {"set": about.get("hash", ""), **fitted.same(spec, params, fit_params, ctx, start)}
    keep = unfinished.begin(unfinished_home, itself, {}) if about.get("hash") else None
    result = run(FIT, {**kwargs, **more}, replace(ctx.part(0.0, 0.9), keep=keep))
    rows = held(data)
    ours = _read(result["answers"])
    same = champion is not None and champion.info.input == data.input and champion.spec.task == spec.task
    theirs: Answers = {}
    if same and champion is not None and len(rows):
        theirs = _theirs(champion, {**kwargs, "out": str(work / "champion.npz")}, run, ctx.part(0.9, 0.98))
    lineage = "" if same or champion is None else "a new lineage: the champion takes another input"
    verdict = judge(ours, theirs, data, rows, yardstick, lineage, ctx.seed)
    info = fitted.described(
        spec,
        params,
        fit_params,
        result,
        created=created,
        digest=str(about.get("hash", "")),
        metrics=verdict.metrics,
        models_dir=models_dir,
        input=data.input,
        classes=data.classes,
        parent=champion.info.id if same and champion else "",
        label_ids=tuple(about.get("label_ids", ())),
        seed=ctx.seed,
        split=dict(about.get("split", {})),
        start=champion.info.id if start and champion else "",
        device=ctx.device,
        verdict=verdict.kind,
        reason=verdict.reason,
    )
    ctx.progress(0.99, verdict.reason)
    write_model(info, work / "fitted")
    unfinished.finish(keep)
    return Outcome(verdict, info, tuple(result["epochs"]), result["stopped"], list(refused), result["seconds"])


def _theirs(champion: Champion, kwargs: dict[str, Any], run: Run, ctx: Context) -> Answers:
    folder, params = str(champion.info.folder), champion.info.network(champion.spec.params)  # type: ignore[var-annotated]
    return _read(run(ANSWER, {**kwargs, "factory": champion.spec.factory, "params": params, "folder": folder}, ctx))


def _read(path: str) -> Answers:
    if not path:
        return {}
    with np.load(path, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def judge(
    ours: Answers, theirs: Answers, data: TrainingSet, rows: np.ndarray, yardstick: Yardstick, lineage: str, seed: int
) -> Verdict:
    """Refused when an answer is not finite, or the paired 95 % interval of the change lies wholly below 0; provisional with
    fewer than ten held-out images."""
    figures: dict[str, Any] = {"N_held": len(rows)}
    suffix = f"; {lineage}" if lineage else ""
    broken = [name for name in ("mean", "score", "boxes") if name in ours and not np.isfinite(ours[name]).all()]
    if broken:
        return Verdict("refused", f"its answers are not finite ({', '.join(broken)})", figures)
    if not len(rows):
        return Verdict("provisional", f"no image is held out, nothing can be judged{suffix}", figures)
    once = np.ones(len(rows), int)
    quality = yardstick.measure(ours, data, rows)
    figures[yardstick.name] = quality(once)
    figures |= {name: measure(ours, data, rows)(once) for name, measure in yardstick.others}
    figures = {name: value for name, value in figures.items() if not (isinstance(value, float) and math.isnan(value))}
    now = f"{yardstick.name} {figures.get(yardstick.name, float('nan')):.3g}"
    if len(rows) < FEWEST_HELD:
        said = f"only {len(rows)} images are held out, {FEWEST_HELD} are needed to judge ({now}){suffix}"
        return Verdict("provisional", said, figures)
    if not theirs:
        return Verdict("accepted", f"{now} on {len(rows)} images held out{suffix}", figures)
    before = yardstick.measure(theirs, data, rows)
    figures[f"{yardstick.name}_champion"] = was = before(once)
    draws = np.random.default_rng(seed).multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=DRAWS)
    change = np.array([quality(counts) - before(counts) for counts in draws])
    change = change[np.isfinite(change)]
    low, high = np.quantile(change, [0.025, 0.975]) if len(change) else (float("nan"), float("nan"))
    figures[f"{yardstick.name} change_ci"] = [float(low), float(high)] if len(change) else None
    said = f"{now}, was {was:.3g} (change {low:+.3g} to {high:+.3g}, 95 %) on {len(rows)} images held out"
    if high < 0:
        return Verdict("refused", f"{said}: worse than the champion", figures)
    return Verdict("accepted", f"{said}: not worse than the champion", figures)
