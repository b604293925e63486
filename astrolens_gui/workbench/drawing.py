"""Training of what draws stamps, on a project's own: no grade is needed, nothing is judged; runs on the train lane."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import BackendSpec, Context, UserError, build
from astrolens_gui.core.learn import fitted, fitting, pairset
from astrolens_gui.core.learn.models import write_model
from astrolens_gui.core.plugins import missing

from . import training
from .records import TrainReport

if TYPE_CHECKING:
    from .opened import Opened


def draws(spec: BackendSpec) -> bool:
    """Whether it learns from stamps to simulate more of them, and does nothing that models compete in."""
    return "simulate" in spec.capabilities and not spec.task and spec.fit_params is not None


def train_generator(
    opened: Opened, spec: BackendSpec, values: dict[str, Any], bands: Sequence[str] | None, seed: int, ctx: Context
) -> TrainReport:
    """Fit on all stamps of the project, graded or not, and write the model folder, which `astrolens simulate OUT --backend ID
    --model FOLDER` takes. It becomes no champion: what it draws is not data.

    Raises:
        UserError: no stamps that fit, or the backend can't be trained here; one sentence.
    """
    begun = time.perf_counter()
    from .pairing import examples

    project = opened.project
    if lacking := missing(spec):
        raise UserError(f"the backend {spec.id} {lacking}")
    fit_params: Any = build(spec.fit_params or type(None), values)
    training.check_writable(project.models_dir)
    rows = examples(opened)
    built = pairset.from_objects(
        Path(ctx.workdir) / "set",
        rows,
        opened.images.cutouts,
        pairset.choose_input(spec, rows, bands),
        seed=int(project.settings.get("seed", 0)),
        rule=project.settings.get("split_rule", "object"),
        ctx=ctx.part(0.0, 0.1),
    )
    nothing, out = Path(ctx.workdir) / "nothing.npy", Path(ctx.workdir) / "fitted"
    np.save(nothing, np.zeros((0, *built.set.input.shape), np.float32))  # nothing is held against an answer
    run = training.runner(opened.bench.settings["memory_limit_gb"], spec)
    params: Any = build(spec.params)
    kwargs = {"set_folder": str(built.set.folder), "factory": spec.factory, "method": "simulate", "asked": str(nothing)}
    more = {"params": params, "fit_params": fit_params, "out": str(out)}
    result = run(fitting.FIT, {**kwargs, **more}, replace(ctx.part(0.1, 1.0), seed=seed))
    created = datetime.now(UTC)
    figures = {key: value for key, value in result["epochs"][-1].items() if np.isfinite(value)}
    info = fitted.described(
        spec,
        params,
        fit_params,
        result,
        created=created,
        digest=built.hash,
        metrics=figures,
        models_dir=project.models_dir,
        input=built.set.input,
        classes=(),
        seed=seed,
        verdict="provisional",
    )
    learnt = f"learnt from {len(built.set.indices('train'))} stamps"
    said = f"{learnt}; draw with: astrolens simulate OUT --backend {spec.id} --model {info.folder}"
    write_model(replace(info, reason=said), out)
    return TrainReport(
        info.id, "provisional", said, figures, False, [text for _, text in built.refused], time.perf_counter() - begun
    )
