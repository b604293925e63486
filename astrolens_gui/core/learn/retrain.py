"""The retrain button as plain steps: build the set, fit in a child, calibrate, judge, write; knows no store, no
thread and no window."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import BackendSpec, Context, InputSpec, TrainingSet, UserError

from ..plugins import create
from . import dataset, fitted, judged, unfinished
from .gate import Verdict, calibrate, judge, likeliest_temperature
from .models import ModelInfo, read_model, write_model
from .scoring import lens_logit

FIT = f"{__name__}:fit_model"
"""How `fit_model` is named to a child process."""
PREDICT_SET = f"{__name__}:predict_set"
"""How `predict_set` is named to a child process."""
_BATCH = 512

Run = Callable[..., Any]
"""run(entry, kwargs, ctx) → the entry's result: `jobs.run_in_child`, or a call in this thread."""


@dataclass(frozen=True)
class Champion:
    """The model to beat: its record and the spec of the backend that rebuilds it."""

    info: ModelInfo
    spec: BackendSpec


@dataclass(frozen=True)
class Outcome:
    """What a training came to. `model` lies in the models folder also when it was refused, so that it can be looked
    at."""

    verdict: Verdict
    model: ModelInfo
    epochs: tuple[dict[str, float], ...] = ()
    stopped: str = ""
    refused: list[tuple[int, str]] = field(default_factory=list)
    seconds: float = 0.0


def fit_model(
    *, set_folder: str, out: str, factory: str, params: Any, fit_params: Any, start: str = "", ctx: Context
) -> dict[str, Any]:
    """Entry point of the child: fit on the set, save weights into `out`, and leave the logits of all its rows in
    `out`/../logits.npy. `start`: folder of the model whose weights it goes on from, "" for none.

    Returns:
        epochs (list of dicts), stopped, used (as `FitReport`), seconds, versions, and logits (path of float32
        (N, classes)).
    """
    began = time.perf_counter()
    kwargs = {"set_folder": set_folder, "out": out, "factory": factory, "params": params, "fit_params": fit_params}
    backend, data, told = fitted.fit(**kwargs, start=start, ctx=ctx.part(0.0, 0.95))
    path = Path(out).with_name(f"{Path(out).name}-logits.npy")
    np.save(path, _logits(backend, data.images, ctx.part(0.95, 1.0)))
    return {**told, "seconds": time.perf_counter() - began, "logits": str(path)}


def predict_set(*, set_folder: str, folder: str, factory: str, params: Any, out: str, ctx: Context) -> str:
    """Entry point of the child: a saved model's logits of every row of a set, float32 (N, classes), written to `out`
    (npy)."""
    backend = create(factory, params)
    backend.load(Path(folder))
    np.save(out, _logits(backend, TrainingSet.open(Path(set_folder)).images, ctx))
    return out


def _logits(backend: Any, images: np.ndarray, ctx: Context) -> np.ndarray:
    parts = []
    for start in range(0, len(images), _BATCH):
        parts.append(np.asarray(backend.classify(np.asarray(images[start : start + _BATCH]), ctx), np.float32))
        ctx.progress((start + len(parts[-1])) / len(images), "scoring the labelled objects")
    return np.concatenate(parts)


def retrain(
    *,
    rows: Sequence[dataset.Example],
    cutouts: dataset.Batches,
    spec: BackendSpec,
    params: Any,
    fit_params: Any,
    models_dir: Path,
    champion: Champion | None,
    run: Run,
    ctx: Context,
    bands: Sequence[str] | None = None,
    rule: str = "object",
    split_seed: int = 0,
    prevalence: float | None = None,
    go_on: bool = True,
    replace_lineage: bool = False,
    unfinished_home: Path | None = None,
    asked: Mapping[str, Any] | None = None,
    only: Path | None = None,
    unlabelled: Sequence[dataset.Example] = (),
) -> Outcome:
    """Train a challenger on the labelled objects and judge it; the caller makes it champion when
    `outcome.verdict.activates`.

    Args:
        run: calls `FIT` and `PREDICT_SET` by name where the backend wants to run.
        rule, split_seed: which objects are held out; kept by the project, for ever.
        prevalence: share of lenses that the scores are stated for; None: as among the labels.
        replace_lineage: a model that cannot be compared (other bands, scale or normalisation) may take the champion's place;
            without it, it is refused.
        unlabelled: ungraded objects whose images may be learnt from (`dataset.ungraded`).
        go_on: begin with the champion's weights where the backend can and its network, input and classes are the same.
        unfinished_home: where the state of a fit is kept that is broken off; the same fit, asked for again, goes on from there.
            asked: what is kept beside it; only: the one that is to go on, and no other (`unfinished.begin`).

    Raises:
        DatasetError: the labels or images cannot be trained on. Cancelled: somebody cancelled; nothing is left
            behind in `models_dir`.
    """
    work, created = Path(ctx.workdir), datetime.now(UTC)
    wanted, lineage = input_for(spec, rows, bands, champion)
    how: Any = {"seed": split_seed, "rule": rule, "unlabelled": unlabelled}
    built = dataset.build(work / "set", rows, cutouts, wanted, **how, ctx=ctx.part(0.0, 0.1))
    kwargs = {"set_folder": str(built.set.folder), "out": str(work / "fitted"), "factory": spec.factory}
    start = (
        champion.info if go_on and champion and continues(champion, spec, built.set.input, built.set.classes) else None
    )
    if start is not None:
        params = start.network(spec.params)
    more = {"params": params, "fit_params": fit_params, "start": str(start.folder) if start else ""}
    same = {"set": built.hash, **fitted.same(spec, params, fit_params, ctx, start.id if start else "")}
    learnt_from = {"label_ids": built.labels, "unlabelled_ids": built.unlabelled}
    keep = unfinished.begin(unfinished_home, same, {**(asked or {}), **learnt_from}, only)
    result = run(FIT, {**kwargs, **more}, replace(ctx.part(0.1, 0.9), keep=keep))
    logit = lens_logit(np.load(result["logits"], allow_pickle=False), built.set.classes)

    calibration = calibrate(
        logit[built.validation],
        built.targets[built.validation],
        np.asarray(built.set.weights, np.float64)[built.validation],
        built.prior_train,
        prevalence if prevalence is not None else built.prevalence,
    )
    held = built.validation & (built.targets != 0.5) & ~built.twins
    beaten, key_of = None, {row.object: row.key or row.name for row in rows}
    if champion is not None and not lineage:
        known, answers = _champion_logits(champion, rows, built, held, cutouts, work, run, ctx.part(0.9, 0.98))
        if held.any() and not (held & known).any():
            lineage, known = f"a new lineage: none of the {int(held.sum())} held-out objects fits its input", held
        held = held & known
        beaten = answers[held] if not lineage else None
    verdict = judge(
        built.targets[held] > 0.5,
        logit[held],
        beaten,
        calibration=calibration,
        before=champion.info.calibration if champion is not None else None,
        lineage=lineage,
        seed=ctx.seed,
    )
    verdict = _barred(verdict, built, lineage if not replace_lineage else "")
    keys = judged.keys_of(key_of[int(each)] for each in built.objects)
    if champion is not None and beaten is not None and not replace_lineage:
        reorder = partial(_other_order, champion, built, work, run, ctx.part(0.98, 0.99))
        verdict = _doubted(verdict, champion.info, rows, built, keys, answers, reorder)
        past = _ancestors(champion.info, models_dir)
        if verdict.activates and (said := judged.lost_since(past, keys[held], built.targets[held] > 0.5, logit[held])):
            verdict = replace(verdict, kind="refused", reason=said)
    (work / "fitted").mkdir(parents=True, exist_ok=True)
    judged.Judged(keys[held], built.targets[held] > 0.5, logit[held]).save(work / "fitted")
    if not calibration.calibrated:
        verdict = replace(verdict, reason=f"{verdict.reason}; its scores are uncalibrated")
    info = fitted.described(
        spec,
        params,
        fit_params,
        result,
        created=created,
        digest=built.hash,
        metrics={**verdict.metrics, "calibration": asdict(calibration)},
        models_dir=models_dir,
        input=wanted,
        classes=built.set.classes,
        parent=champion.info.id if champion and not lineage else "",
        **learnt_from,
        seed=ctx.seed,
        split={"seed": split_seed, "rule": rule},
        start=start.id if start else "",
        device=ctx.device,
        calibration=calibration,
        verdict=verdict.kind,
        reason=verdict.reason,
    )
    ctx.progress(0.99, verdict.reason)
    write_model(info, work / "fitted")
    unfinished.finish(keep)
    return Outcome(verdict, info, tuple(result["epochs"]), result["stopped"], built.refused, result["seconds"])


MOST_ANCESTORS = 10


def _ancestors(champion: ModelInfo, models_dir: Path) -> list[tuple[str, judged.Judged]]:
    """What the models before the champion said when they were judged, the nearest first; its line ends where a folder is gone."""
    found: list[tuple[str, judged.Judged]] = []
    parent, seen = champion.parent, {champion.id}
    while parent and parent not in seen and len(found) < MOST_ANCESTORS:
        seen.add(parent)
        try:
            info = read_model(models_dir / parent)
        except UserError:
            break
        if (then := judged.Judged.read(info.folder)) is not None:
            found.append((info.id, then))
        parent = info.parent
    return found


MOST_TWINS = 0.1
"""Share of the held-out objects that may be trained on under another name before the judgement counts for nothing."""


def _barred(verdict: Verdict, built: dataset.Built, lineage: str) -> Verdict:
    """The verdict, or refused where it cannot count: for a leak, or for a model that nothing can be held against."""
    if verdict.kind == "refused":
        return verdict
    count, all_of_them = int(built.twins.sum()), int(built.validation.sum())
    if count > MOST_TWINS * all_of_them:
        said = f"a leak: {count} of {all_of_them} held-out objects are trained on under another name (the same image twice)"
        return replace(verdict, kind="refused", reason=f"{said}; remove the doubles and train again")
    if lineage:
        said = f"it can't be held against the champion: {lineage.removeprefix('a new lineage: ')}"
        return replace(
            verdict, kind="refused", reason=f"{said}; train with --new-lineage to put it in the champion's place"
        )
    if count:
        return replace(verdict, reason=f"{verdict.reason}; {count} held-out doubles of trained objects were left out")
    return verdict


def _doubted(
    verdict: Verdict,
    champion: ModelInfo,
    rows: Sequence[dataset.Example],
    built: dataset.Built,
    keys: np.ndarray,
    answers: np.ndarray,
    reorder: Callable[[np.ndarray], str],
) -> Verdict:
    """The verdict, or refused where the images changed under the champion, where new grades are at odds with what it is sure of and
    learning them made nothing better, or where the bands of new files lie in another order (`reorder`: why these rows say so)."""
    then = judged.Judged.read(champion.folder)
    if then is None or verdict.kind == "refused":
        return verdict
    answered = np.isfinite(answers)
    if said := judged.images_changed(then, keys[answered & built.validation], answers[answered & built.validation]):
        return replace(verdict, kind="refused", reason=said)
    learnt, better = set(champion.label_ids), verdict.metrics.get("AUROC change_ci", (0.0, 0.0))[0] > 0
    new = {row.object for row in rows if not learnt.issuperset(row.labels)}
    decided = answered & (built.targets != 0.5)
    lens, asked = built.targets > 0.5, decided & np.isin(built.objects, list(new))
    out = decided & built.validation
    if said := judged.grades_turned(then, keys[out], lens[out]):
        return replace(verdict, kind="refused", reason=said)
    even = dataset.balance(then.lens.astype(float), np.zeros(then.lens.size))
    own = likeliest_temperature(then.logit, then.lens, even) if champion.calibration.calibrated else 1.0
    said = judged.grades_at_odds(then, lens[asked], answers[asked], own)
    if said and not better:
        more = "and learning them made no better model; look through the grades (Search, Doubts)"
        return replace(verdict, kind="refused", reason=f"{said}, {more}, or make it the champion by hand")
    held = out & ~built.twins
    if note := judged.news_are_harder(then, keys[held], lens[held], answers[held]):
        if swapped := reorder(np.flatnonzero(asked)):
            return replace(verdict, kind="refused", reason=swapped)
        return replace(verdict, reason=f"{verdict.reason}; {note}")
    return verdict


MOST_BANDS, MOST_REORDERED = 4, 20_000
"""Bands whose every order is tried; stamps that are looked at for it, all orders together."""


def _other_order(champion: Champion, built: dataset.Built, work: Path, run: Run, ctx: Context, rows: np.ndarray) -> str:
    """That the champion ranks these rows better with their bands in another order, "" where it does not."""
    bands = built.set.input.bands
    orders = list(permutations(range(len(bands)))) if len(bands) <= MOST_BANDS else []
    if len(orders) < 2:
        return ""
    rows = rows[:: 1 + len(rows) * len(orders) // MOST_REORDERED]
    images, folder = np.asarray(built.set.images[rows]), work / "reordered"
    folder.mkdir()
    shutil.copy(built.set.folder / "set.json", folder)
    np.save(folder / "images.npy", np.concatenate([images[..., list(order)] for order in orders]))
    asked = {"set_folder": str(folder), "folder": str(champion.info.folder), "factory": champion.spec.factory}
    params: Any = champion.info.network(champion.spec.params)
    path = run(PREDICT_SET, {**asked, "params": params, "out": str(work / "reordered.npy")}, ctx)
    logit = lens_logit(np.load(path, allow_pickle=False), champion.info.classes).reshape(len(orders), -1)
    return judged.better_in_another_order(
        built.targets[rows] > 0.5, logit, [[bands[at] for at in order] for order in orders]
    )


def input_for(
    spec: BackendSpec, rows: Sequence[dataset.Example], bands: Sequence[str] | None, champion: Champion | None
) -> tuple[InputSpec, str]:
    """The input to train with, and why it starts a new lineage ("" when it can be held against the champion)."""
    wanted = dataset.choose_input(spec, rows, bands)
    if champion is None:
        return wanted, ""
    before = champion.info.input
    if wanted.bands != before.bands and set(wanted.bands) == set(before.bands):
        wanted = replace(wanted, bands=before.bands)
    if wanted.bands != before.bands:
        return (
            wanted,
            f"a new lineage: the champion uses {', '.join(before.bands)}, this model {', '.join(wanted.bands)}",
        )
    if wanted.normalisation != before.normalisation:
        return (
            wanted,
            f"a new lineage: the champion's images are normalised by {before.normalisation}",
        )
    same_scale = before.mismatch(dict.fromkeys(before.bands, (10**6, 10**6)), wanted.pixel_scale) is None
    if not same_scale:
        return (
            wanted,
            f"a new lineage: the champion's pixels are {before.pixel_scale:g} arcsec, these {wanted.pixel_scale:g}",
        )
    fits = np.mean([before.mismatch(row.bands, row.pixel_scale) is None for row in rows])
    kept = champion.spec.id == spec.id and fits >= 0.95
    return (before if kept else wanted), ""


def continues(champion: Champion, spec: BackendSpec, wanted: InputSpec, classes: Sequence[str]) -> bool:
    """Whether a training can go on from the champion: the same backend, input and classes."""
    info = champion.info
    return spec.resumes and champion.spec.id == spec.id and info.input == wanted and info.classes == tuple(classes)


def _champion_logits(
    champion: Champion,
    rows: Sequence[dataset.Example],
    built: dataset.Built,
    held: np.ndarray,
    cutouts: dataset.Batches,
    work: Path,
    run: Run,
    ctx: Context,
) -> tuple[np.ndarray, np.ndarray]:
    """(known, logit), both (N,) in the set's row order: the champion's raw lens logits of the held-out objects that
    fit its input; of all rows where it eats the very images of the set."""
    if champion.info.input == built.set.input:
        ask = {
            "set_folder": str(built.set.folder),
            "folder": str(champion.info.folder),
            "factory": champion.spec.factory,
        }
        network: Any = champion.info.network(champion.spec.params)
        path = run(PREDICT_SET, {**ask, "params": network, "out": str(work / "champion.npy")}, ctx)
        return np.ones(held.size, bool), lens_logit(np.load(path, allow_pickle=False), champion.info.classes)
    known, logit = np.zeros(held.size, bool), np.full(held.size, np.nan)
    ids = set(built.objects[held].tolist())
    chosen = [row for row in rows if row.object in ids]
    info = champion.info
    if not any(info.input.mismatch(row.bands, row.pixel_scale) is None for row in chosen):
        return known, logit
    split = info.split or {"seed": 0, "rule": "object"}
    theirs = dataset.build(
        work / "champion", chosen, cutouts, info.input, seed=split["seed"], rule=split["rule"], ctx=ctx, need_both=False
    )
    kwargs = {"set_folder": str(theirs.set.folder), "folder": str(info.folder), "factory": champion.spec.factory}
    params: Any = info.network(champion.spec.params)
    path = run(PREDICT_SET, {**kwargs, "params": params, "out": str(work / "champion.npy")}, ctx)
    place = {int(object_id): row for row, object_id in enumerate(built.objects)}
    index = np.array([place[int(object_id)] for object_id in theirs.objects], int)
    known[index] = True
    logit[index] = lens_logit(np.load(path, allow_pickle=False), info.classes)
    return known, logit
