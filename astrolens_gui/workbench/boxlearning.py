"""The retrain button of detectors: people's boxes and verdicts to a child that fits, then the gate; runs on the train lane."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import BackendSpec, Context, InputSpec, Plane, UserError, build
from astrolens_gui.core.images import readers, sections
from astrolens_gui.core.images.outline import on_image
from astrolens_gui.core.labels.records import ObjectRow
from astrolens_gui.core.learn import boxset
from astrolens_gui.core.learn.fitting import fit_task
from astrolens_gui.core.learn.models import ModelInfo
from astrolens_gui.core.learn.retrain import Champion
from astrolens_gui.core.restore.sky import levels_of

from .choice import read_row, shapes, shipped_for
from .records import TrainReport

if TYPE_CHECKING:
    from .opened import Opened

log = logging.getLogger("astrolens.workbench")


def train_detector(
    opened: Opened, spec: BackendSpec, fit_params: Any, bands: Sequence[str] | None, seed: int, ctx: Context
) -> TrainReport:
    """Boxes to tiles, fit from the champion's weights where they fit, judge on held-out parts of the images, store.

    Raises:
        UserError: too few boxes, or images without band or scale.
    """
    from .training import check_writable, finish, in_use, runner, unfinished_home

    began, before = time.perf_counter(), in_use(opened, spec.task)
    rows, drawn, champion = opened.on_db(lambda: _snapshot(opened, spec))
    if not rows:
        raise UserError(
            f"{opened.project.name} has no boxes to learn from; draw boxes round lenses, or judge a detector's finds"
        )
    wanted = _input(spec, rows, bands, champion)
    fitting = [row for row in rows if _fits(wanted, row)]
    if not fitting:
        raise UserError(f"no image with boxes has the bands {', '.join(wanted.bands)} at {wanted.pixel_scale:g} arcsec")
    check_writable(opened.project.models_dir)
    scenes = [_scene(opened, row, wanted, drawn[row.id]) for row in fitting]
    split_seed = int(opened.project.settings.get("seed", 0))
    ctx = replace(ctx, seed=seed)
    known = champion.info.classes if champion is not None else ()
    names = boxset.classes(scenes, known)
    made = boxset.build(Path(ctx.workdir) / "set", scenes, wanted, names, seed=split_seed, ctx=ctx.part(0.0, 0.1))
    from astrolens_gui.core.detect.quality import YARDSTICK

    params: Any = build(spec.params)
    start = _start(champion, spec, made, params)
    outcome = fit_task(
        data=made.set,
        about={"hash": made.hash, "label_ids": made.events, "split": {"seed": split_seed, "rule": "block"}},
        spec=spec,
        params=champion.info.network(spec.params) if start and champion else params,
        fit_params=fit_params,
        yardstick=YARDSTICK,
        models_dir=opened.project.models_dir,
        champion=champion,
        run=runner(opened.bench.settings["memory_limit_gb"], spec),
        ctx=ctx.part(0.1, 1.0),
        start=start,
        refused=made.refused,
        unfinished_home=unfinished_home(opened, spec.task),
    )
    return finish(opened, outcome, before, time.perf_counter() - began)


def _snapshot(opened: Opened, spec: BackendSpec) -> tuple[list[ObjectRow], dict[int, list[Any]], Champion | None]:
    """Objects with people's boxes, these boxes, and the detector to beat: as of one moment on the db lane."""
    store = opened.store
    drawn: dict[int, list[Any]] = {}
    for box in store.boxes():
        if box.event is not None and box.kind in ("box", "circle", "ellipse", "polygon"):
            drawn.setdefault(box.object, []).append(box)
    rows = store.objects(sorted(drawn))
    row = store.champion(spec.task)
    found = None
    try:
        if row is not None:
            found = read_row(opened.project.models_dir, row.folder)
        else:
            found = next(
                (info for info in shipped_for(opened.bench, spec.task) if any(_fits(info.input, one) for one in rows)),
                None,
            )
        champion = Champion(found, opened.bench.plugins.backend(found.backend)) if found is not None else None
    except UserError as error:
        log.warning("the champion can't be compared with: %s", error)
        champion = None
    return rows, drawn, champion


def _input(
    spec: BackendSpec, rows: Sequence[ObjectRow], bands: Sequence[str] | None, champion: Champion | None
) -> InputSpec:
    """The champion's input where the images have it, else the bands and scale of the first image that has both."""
    size = spec.input.size or 256
    if champion is not None and not bands and any(_fits(champion.info.input, row) for row in rows):
        return champion.info.input
    for row in rows:
        there = shapes(row.planes)
        wanted = tuple(bands or spec.input.bands or tuple(there)[:1])
        if wanted and all(band in there for band in wanted) and row.pixel_scale:
            side = min(size, min(min(there[band]) for band in wanted) // 16 * 16)
            if side >= 32:
                return InputSpec(wanted, row.pixel_scale, side, spec.input.normalisation)
    raise UserError(
        "no image with boxes has a named band, a known pixel scale and 32 pixels; name them at import (--bands, --pixel-scale)"
    )


def _fits(wanted: InputSpec, row: ObjectRow) -> bool:
    return replace(wanted, size=None).mismatch(shapes(row.planes), row.pixel_scale) is None


def _scene(opened: Opened, row: ObjectRow, wanted: InputSpec, boxes: Sequence[Any]) -> boxset.Scene:
    """An image with its boxes in its own pixels: those on the sky by its WCS, the others as they were drawn."""
    by_band: dict[str, Plane] = {plane.band: plane for plane in opened.images.source(row)[1]}
    planes = [by_band[band] for band in wanted.bands]
    shape = (int(planes[0].shape[0]), int(planes[0].shape[1]))
    states = [{**box.state, "event": box.event} for box in boxes]
    wcs = readers.celestial(planes[0])
    there = [one for one in states if one.get("ra") is None or wcs is None or one.get("band") == planes[0].band]
    sky = [one for one in states if not any(one is other for other in there)]
    placed = there + (on_image(sky, wcs) if sky else [])
    inside = [one for one in placed if -0.5 <= one["x"] < shape[1] - 0.5 and -0.5 <= one["y"] < shape[0] - 0.5]

    def opened_now() -> tuple[Sequence[Any], Any]:
        sheets = [sections.sheet(plane) for plane in planes]
        return sheets, levels_of(sheets, row.name)

    events = tuple(int(box.event) for box in boxes)
    return boxset.Scene(row.id, row.name, row.field or planes[0].path, opened_now, shape, inside, events)


def _start(champion: Champion | None, spec: BackendSpec, made: boxset.BoxesToFit, params: Any) -> str:
    """The champion's folder where its weights can be gone on from: same backend, bands and classes."""
    if champion is None or champion.spec.id != spec.id:
        return ""
    info: ModelInfo = champion.info
    same = info.input.bands == made.set.input.bands and tuple(info.classes) == tuple(made.set.classes)
    return str(info.folder) if same else ""
