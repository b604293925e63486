"""Which model scores: the one named, else the champion, else shipped weights that fit the images (DESIGN §8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from astrolens_gui.api import BackendSpec, Changes, UserError
from astrolens_gui.core.learn.models import ModelError, ModelInfo, read_model

if TYPE_CHECKING:
    from .bench import Workbench
    from .opened import Opened

SHIPPED = "shipped/"
"""Marks a model that came with the program in the store's folder column."""

SAMPLE = 500
"""So many objects are asked whether a shipped model fits them."""


def choose_model(
    opened: Opened, backend: str, model: str, ids: np.ndarray, task: str = "classify"
) -> tuple[BackendSpec, ModelInfo]:
    """The model and the backend that runs it, of those that do `task` ("classify" or "detect").

    Raises:
        UserError: the named model does not exist, or none fits; the sentence lists the candidates.
    """
    bench, project = opened.bench, opened.project
    if backend and (other := bench.plugins.backend(backend).task) != task:  # an unknown one is said to be unknown
        raise UserError(f"the backend {backend} does not {task}{f': it does {other}' if other else ''}; choose another")
    rows = [row for row in opened.on_db(lambda: opened.store.models()) if row.task == task]
    if model:
        if (Path(model) / "model.json").is_file():
            return _of_task(_of_backend(_with_spec(bench, read_model(Path(model))), backend), task)
        known = {row.id: row.folder for row in rows} | {info.id: SHIPPED + info.id for info in shipped_for(bench, task)}
        if model not in known:
            raise UserError(f"there is no model {model!r}; there are: {', '.join(known) or 'none'}")
        return _of_backend(_with_spec(bench, read_row(project.models_dir, known[model])), backend)
    for row in rows:
        if row.champion and backend in ("", row.backend):
            try:
                return _with_spec(bench, read_row(project.models_dir, row.folder))
            except UserError as error:
                raise UserError(f"the champion {row.id} can't be used: {error}; or name another with --model") from None
    return _shipped_that_fits(opened, backend, ids, task)


def read_row(models_dir: Path, folder: str) -> ModelInfo:
    """The model that a row of the store names by its folder."""
    if folder.startswith(SHIPPED):
        for info in shipped():
            if SHIPPED + info.id == folder:
                return info
        raise UserError(f"the model {folder.removeprefix(SHIPPED)} does not come with this version; train a new one")
    return read_model(models_dir / folder)


def list_shipped(opened: Opened, spec: BackendSpec, info: ModelInfo) -> Changes:
    """On the db lane: a model that came with the program is listed in the project when it first answers; it is the champion of its
    task where there is none."""
    if info.id in {row.id for row in opened.store.models()}:
        return Changes()
    return opened.store.add_model(
        info.id,
        backend=spec.id,
        folder=folder_name(info, opened.project.models_dir),
        verdict=info.verdict,
        champion=opened.store.champion(spec.task) is None,
        metrics=info.metrics,
        task=spec.task,
    )


def folder_name(info: ModelInfo, models_dir: Path) -> str:
    """How the store names a model's folder, so that the project can move and the program be updated."""
    if info.folder.parent == models_dir:
        return info.folder.name
    return SHIPPED + info.id if info.id in {one.id for one in shipped()} else str(info.folder.absolute())


def _with_spec(bench: Workbench, info: ModelInfo) -> tuple[BackendSpec, ModelInfo]:
    from astrolens_gui.core.plugins import missing

    spec = bench.plugins.backend(info.backend)
    if lacking := missing(spec):
        raise UserError(f"the model {info.id} {lacking}")
    if spec.task == "classify" and len(info.classes) < 2:
        raise UserError(f"{info.folder / 'model.json'}: a classifier tells two classes apart at least; get it again")
    return spec, info


def shipped() -> list[ModelInfo]:
    """The model folders that came with the program; a damaged one is left out."""
    from importlib.resources import files

    found = []
    folder = Path(str(files("astrolens_resources"))) / "weights"
    for path in sorted(folder.glob("*/model.json")):
        try:
            found.append(replace(read_model(path.parent), verdict="provisional"))
        except ModelError:
            continue
    return found


def shipped_for(bench: Workbench, task: str) -> list[ModelInfo]:
    """Those of the shipped models whose backend does `task`; of an unknown backend none."""
    tasks = {spec.id: spec.task for spec in bench.plugins.all(BackendSpec)}
    return [info for info in shipped() if tasks.get(info.backend) == task]


def _of_task(chosen: tuple[BackendSpec, ModelInfo], task: str) -> tuple[BackendSpec, ModelInfo]:
    if chosen[0].task != task:
        raise UserError(f"the model {chosen[1].id} is of the backend {chosen[0].id}, which does not {task}")
    return chosen


def _of_backend(chosen: tuple[BackendSpec, ModelInfo], backend: str) -> tuple[BackendSpec, ModelInfo]:
    if backend not in ("", chosen[0].id):
        raise UserError(
            f"the model {chosen[1].id} is of the backend {chosen[0].id}, not {backend}; leave --backend out"
        )
    return chosen


def shipped_champion(opened: Opened, ids: Sequence[int]) -> tuple[BackendSpec, ModelInfo] | None:
    """The shipped weights that `score` would take for these objects; None where none fits."""
    try:
        return _shipped_that_fits(opened, "", np.asarray(ids), "classify")
    except UserError:
        return None


def _shipped_that_fits(opened: Opened, backend: str, ids: np.ndarray, task: str) -> tuple[BackendSpec, ModelInfo]:
    """The shipped model that fits most of the objects; at least one must fit. A detector takes images of any size."""
    candidates = [info for info in shipped_for(opened.bench, task) if backend in ("", info.backend)]
    sample = [int(id) for id in ids[:: max(1, len(ids) // SAMPLE)]]
    rows = opened.on_db(lambda: opened.store.objects(sample))
    best, most, why = None, 0, ""
    for info in candidates:
        wanted = info.input if task == "classify" else replace(info.input, size=None)
        reasons = [wanted.mismatch(shapes(row.planes), row.pixel_scale) for row in rows]
        fits = sum(reason is None for reason in reasons)
        why = why or next((f"{row.name}: {reason}" for row, reason in zip(rows, reasons, strict=True) if reason), "")
        if fits > most:
            best, most = info, fits
    if best is None:
        listed = "; ".join(
            f"{info.id} (bands {', '.join(info.input.bands)}, {info.input.pixel_scale:g} arcsec, {info.input.size} px)"
            for info in candidates
        )
        raise UserError(
            f"no model fits these images{f' ({why})' if why else ''}; grade some and train, or name one with --model; "
            f"shipped weights: {listed or 'none'}"
        )
    return _with_spec(opened.bench, best)


def shapes(planes: tuple[dict, ...]) -> dict[str, tuple[int, int]]:
    """{band: (height, width)} of an object's named planes."""
    return {plane["band"]: tuple(plane["shape"]) for plane in planes if plane.get("band")}
