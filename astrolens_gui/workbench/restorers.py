"""Which restorer, and of which images: the model named, else a champion of this project, else shipped weights; runs nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import BackendSpec, Plane, UserError, build, fields
from astrolens_gui.core.images import sections
from astrolens_gui.core.learn.models import ModelInfo, read_model
from astrolens_gui.core.restore.sky import levels_of
from astrolens_gui.core.restore.sweep import Run, Scene
from astrolens_gui.core.restore.write import Maker, restored_by, weights_hash

from .choice import SHIPPED, read_row, shapes, shipped

if TYPE_CHECKING:
    from astrolens_gui.core.labels.records import ObjectRow

    from .opened import Opened

SAMPLE = 200
"""So many objects are asked whether shipped weights fit them."""


@dataclass(frozen=True)
class Restorer:
    """A chosen model, and how it is asked."""

    spec: BackendSpec
    info: ModelInfo
    maker: Maker
    run: Run

    def mismatch(self, row: ObjectRow) -> str | None:
        return _mismatch(self.info, row)

    def scene(self, row: ObjectRow, planes: Sequence[Plane]) -> tuple[list[Plane], Scene]:
        """The planes of an object that are restored, and their pixels, which are read when they are needed.

        Raises:
            UserError: its bands are on different grids, or it was restored already; ImageError for files.
        """
        by_band = {plane.band: plane for plane in planes}
        chosen = [by_band[band] for band in self.info.input.bands]
        if len({tuple(plane.shape) for plane in chosen}) > 1:
            sizes = ", ".join(f"{plane.band} {plane.shape[1]} x {plane.shape[0]}" for plane in chosen)
            raise UserError(
                f"{row.name}: its bands are not on one grid ({sizes} px), so they can't be restored together"
            )
        refuse_restored(row, chosen, "restore")
        sheets = tuple(sections.sheet(plane) for plane in chosen)
        return chosen, Scene(sheets, levels_of(sheets, row.name))


def refuse_restored(row: ObjectRow, planes: Sequence[Plane], verb: str) -> None:
    """A restored picture is no data, and nothing is looked for in it.

    Raises:
        UserError: one of the planes was restored by a model; the sentence names it.
    """
    for plane in planes:
        if plane.reader == "fits" and (maker := restored_by(plane.path, plane.hdu)):
            raise UserError(f"{row.name}: it is no data but was restored by {maker}; {verb} what that was made from")


def choose_restorer(opened: Opened, backend: str, model: str, ids: Sequence[int], draws: int) -> Restorer:
    """The model named, else the champion of a restorer, else the shipped weights that fit most of the objects.

    Args:
        draws: answers an image, for a backend that has a parameter of that name.

    Raises:
        UserError: there is none, or the one named can't restore; the sentence lists what there is.
    """
    spec, info = choose_model_that(opened, "restore", backend, model, ids)
    if "draws" in {field.name for field in fields(spec.params)}:
        info = replace(info, params={**info.params, "draws": max(int(draws), 0)})
        build(spec.params, info.params)  # a number that the backend does not take is said now
    maker = Maker(info.id, spec.id, spec.version, weights_hash(info.folder))
    predict: Callable[..., Any] = opened.bench.models.predictor(spec, info, "restore")
    return Restorer(spec, info, maker, predict)


def choose_model_that(
    opened: Opened, capability: str, backend: str, model: str, ids: Sequence[int], sized: bool = False
) -> tuple[BackendSpec, ModelInfo]:
    """The model named, else a champion, else fitting shipped weights, of the backends that have a capability.

    Args:
        sized: the images must fill the model's input; else an image of any size will do.

    Raises:
        UserError: there is none, or the one named can't; the sentence lists what there is.
    """
    specs = {spec.id: spec for spec in opened.bench.plugins.all(BackendSpec) if capability in spec.capabilities}
    if backend and backend not in specs:
        opened.bench.plugins.backend(backend)  # an unknown one is said to be unknown
        raise UserError(f"the backend {backend} has no {capability}; choose among: {', '.join(specs) or 'none'}")
    able = {backend: specs[backend]} if backend else specs
    rows = opened.on_db(lambda: opened.store.models())
    if model:
        return _named(opened, model, rows, able, backend, capability)
    for row in reversed(rows):
        if row.champion and row.backend in able:
            return _ready(able[row.backend], read_row(opened.project.models_dir, row.folder))
    return _fitting(opened, [info for info in shipped() if info.backend in able], able, ids, capability, sized)


def _named(
    opened: Opened, model: str, rows: Sequence[Any], able: dict[str, BackendSpec], backend: str, capability: str
) -> tuple[BackendSpec, ModelInfo]:
    if (Path(model) / "model.json").is_file():
        info = read_model(Path(model))
    else:
        known = {row.id: row.folder for row in rows if row.backend in able}
        known |= {info.id: SHIPPED + info.id for info in shipped() if info.backend in able}
        if model not in known:
            raise UserError(f"there is no model {model!r} for {capability}; there are: {', '.join(known) or 'none'}")
        info = read_row(opened.project.models_dir, known[model])
    if info.backend not in able:
        opened.bench.plugins.backend(info.backend)
        kind = f"is of the backend {info.backend}, not {backend}" if backend else f"has no {capability}"
        raise UserError(f"the model {info.id} {kind}; choose another with --model")
    return _ready(able[info.backend], info)


def _fitting(
    opened: Opened,
    candidates: Sequence[ModelInfo],
    able: dict[str, BackendSpec],
    ids: Sequence[int],
    capability: str,
    sized: bool,
) -> tuple[BackendSpec, ModelInfo]:
    """The shipped weights that fit most; at least one object must fit."""
    rows = opened.images.rows(list(ids)[:: max(1, len(ids) // SAMPLE)])
    best, most, why = None, 0, ""
    for info in candidates:
        reasons = [_mismatch(info, row, sized) for row in rows]
        why = why or next((f"{row.name}: {said}" for row, said in zip(rows, reasons, strict=True) if said), "")
        if (fits := reasons.count(None)) > most:
            best, most = info, fits
    if best is None:
        listed = ", ".join(f"{one.id} (bands {', '.join(one.input.bands)})" for one in candidates)
        raise UserError(
            f"no model for {capability} fits these images{f' ({why})' if why else ''}; train one on them (astrolens train PROJECT "
            f"--backend {next(iter(able), 'ID')}), or name one with --model; shipped weights: {listed or 'none'}"
        )
    return _ready(able[best.backend], best)


def _ready(spec: BackendSpec, info: ModelInfo) -> tuple[BackendSpec, ModelInfo]:
    from astrolens_gui.core.plugins import missing

    if lacking := missing(spec):
        raise UserError(f"the model {info.id} {lacking}")
    return spec, info


def _mismatch(info: ModelInfo, row: ObjectRow, sized: bool = False) -> str | None:
    """As `InputSpec.mismatch`; unless `sized`, an image of any size will do."""
    return (info.input if sized else replace(info.input, size=None)).mismatch(shapes(row.planes), row.pixel_scale)
