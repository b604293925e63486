"""A model trained again from what its folder says, to see that the same comes out; lists no model and changes no champion."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import BackendSpec, Context, UserError, build
from astrolens_gui.core.learn import dataset, retrain, scoring
from astrolens_gui.core.learn.models import ModelError, ModelInfo

from .choice import choose_model
from .then import rows_then, ungraded_then
from .training import runner

if TYPE_CHECKING:
    from .opened import Opened

TOLERANCE = 1e-3
"""Largest difference of any score that counts as the same result."""


@dataclass(frozen=True)
class Again:
    """What training a model again came to.

    Attributes:
        model: its id. objects: how many labelled objects it was trained and asked on.
        worst: largest difference of a calibrated score among them, the new weights against the old; median: the middle one.
        same_set: whether images, targets and split are those it learnt from, by their hash; notes: what else differs from then.
        seconds: of the fit.
    """

    model: str
    objects: int
    worst: float
    median: float
    same_set: bool
    notes: tuple[str, ...]
    seconds: float

    @property
    def agrees(self) -> bool:
        return self.worst <= TOLERANCE

    def sentence(self) -> str:
        apart = f"the scores differ by at most {self.worst:.2g} (median {self.median:.2g})"
        same = "the same result" if self.agrees else f"more than {TOLERANCE:g}, not the same result"
        told = f"{self.model}: trained again on {self.objects} objects, {apart}: {same}"
        return "; ".join((told, *self.notes))


def train_again(opened: Opened, model: str, ctx: Context) -> Again:
    """Fit with the model's own grades as they were then, parameters, seed and start, in a fresh child; hold the scores of both.

    Raises:
        UserError: no such model, one that the program brought along, or one whose grades, images or start are not there any more.
    """
    spec, info = choose_model(opened, "", model, np.zeros(0, np.int64))
    if spec.fit_params is None or not info.label_ids:
        raise UserError(f"the model {info.id} did not learn from this project's grades; name one that was trained here")
    start = _start(opened, spec, info)
    rows = rows_then(opened, info.label_ids, f"the model {info.id}")
    work = Path(ctx.workdir)
    split = {"seed": 0, "rule": "object", **info.split}
    built = dataset.build(
        work / "set",
        rows,
        opened.images.cutouts,
        info.input,
        seed=int(split["seed"]),
        rule=split["rule"],
        ctx=ctx.part(0.0, 0.1),
        unlabelled=ungraded_then(opened, info.unlabelled_ids),
    )
    run = runner(opened.bench.settings["memory_limit_gb"], spec)
    params: Any = info.network(spec.params)
    common = {"set_folder": str(built.set.folder), "factory": spec.factory, "params": params}
    fit = {"out": str(work / "fitted"), "fit_params": build(spec.fit_params, info.fit_params)}
    fit["start"] = str(start.folder) if start else ""
    began = time.perf_counter()
    told = run(retrain.FIT, {**common, **fit}, replace(ctx.part(0.1, 0.9), seed=info.seed, device=info.device))
    seconds = time.perf_counter() - began
    asked = {"folder": str(info.folder), "out": str(work / "before.npy")}
    path = run(retrain.PREDICT_SET, {**common, **asked}, ctx.part(0.9, 1.0))
    now, then = (
        scoring.probability(scoring.lens_logit(np.load(each, allow_pickle=False), info.classes, info.calibration))
        for each in (told["logits"], path)
    )
    apart = np.abs(now - then)
    if not np.isfinite(apart).all():
        raise ModelError(f"{info.folder}: this model or the one trained again gives scores that are not finite")
    same, notes = built.hash == info.dataset_hash, []
    if not same:
        notes.append("the images, their split or what the grades are worth are not those it learnt from")
    changed = [f"{name} {info.versions[name]} then, {newer} now" for name, newer in told["versions"].items()
               if info.versions.get(name, newer) != newer]  # fmt: skip
    notes += ["other versions: " + ", ".join(changed)] * bool(changed)
    return Again(info.id, apart.size, float(apart.max()), float(np.median(apart)), same, tuple(notes), seconds)


def _start(opened: Opened, spec: BackendSpec, info: ModelInfo) -> ModelInfo | None:
    """The model whose weights it went on from."""
    if not info.start:
        return None
    try:
        return choose_model(opened, spec.id, info.start, np.zeros(0, np.int64))[1]
    except UserError as error:
        raise UserError(f"the model {info.id} went on from {info.start}, which can't be had: {error}") from None
