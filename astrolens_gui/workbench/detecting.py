"""Detecting as a job: images in, boxes and masks out as they are found, kept as the model's own beside people's; knows no widget."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import BackendSpec, Context, Detections, Plane, UserError
from astrolens_gui.core.detect import outlines
from astrolens_gui.core.detect.boxes import nothing
from astrolens_gui.core.detect.sweep import found, sweep
from astrolens_gui.core.images import readers, sections
from astrolens_gui.core.images.outline import on_sky
from astrolens_gui.core.labels.records import BoxRow
from astrolens_gui.core.learn.models import ModelInfo
from astrolens_gui.core.restore.sky import levels_of

from .choice import choose_model, list_shipped, shapes
from .restorers import refuse_restored

if TYPE_CHECKING:
    from astrolens_gui.core.labels.records import ObjectRow

    from .opened import Opened

TELL_S = 0.3
"""Between two looks that a view gets at the finds so far."""
TELL_SHARE = 20
"""Joining the finds of a mosaic takes a second: so many times as long is looked on before it is done again."""


@dataclass(frozen=True)
class Found:
    """What a detector says of one object's image, so far or in the end.

    Attributes:
        detections: in pixels of its plane `band`. classes: their names. model: its id. whole: all of the image was looked at.
    """

    object_id: int
    detections: Detections
    classes: tuple[str, ...]
    model: str
    band: str
    whole: bool = True


@dataclass(frozen=True)
class DetectReport:
    """What a search over many images did: `images` looked at, `found` boxes, a sentence for each object in `refused`."""

    model: str
    images: int
    found: int
    refused: list[str] = field(default_factory=list)
    seconds: float = 0.0


def detect(opened: Opened, object_id: int | None, backend: str, model: str, ctx: Context) -> Found | DetectReport:
    """Look at one object's image, or (None) at every object's; finds are kept image by image and handed out (`partial`, as
    `Found`) while they come. On the infer lane; cancelled, the images before are kept.

    Raises:
        UserError: no detector fits, or nothing could be looked at; one sentence.
    """
    began = time.perf_counter()
    ids = (
        np.array([object_id]) if object_id is not None else opened.on_db(lambda: opened.store.queue_table(""))["object"]
    )
    spec, info = choose_model(opened, backend, model, ids, task="detect")
    predict = opened.bench.models.predictor(spec, info, "detect")
    opened.on_db(lambda: opened.tell(list_shipped(opened, spec, info)))
    refused: list[str] = []
    count = images = 0
    last: Found | None = None
    for place, row in enumerate(opened.images.rows(ids)):
        part = ctx.part(place / len(ids), (place + 1) / len(ids))
        try:
            planes = chosen(info, row, opened.images.source(row)[1])
            refuse_restored(row, planes, "look at")
            last = _look(row, planes, spec, info, predict, part)
        except UserError as error:
            refused.append(str(error))
            continue
        images, count = images + 1, count + len(last.detections)
        keep(opened, last, planes[0])
    if not images:
        raise UserError(refused[0] if refused else "there is no image to look at; import some first")
    if object_id is not None and last is not None:
        return last
    return DetectReport(info.id, images, count, refused, time.perf_counter() - began)


def chosen(info: ModelInfo, row: ObjectRow, planes: Sequence[Plane]) -> list[Plane]:
    """The planes of an object that the model looks at, in its order.

    Raises:
        UserError: it does not fit the model, or its bands are on different grids.
    """
    if why := replace(info.input, size=None).mismatch(shapes(row.planes), row.pixel_scale):
        raise UserError(f"{row.name}: {why}")
    by_band = {plane.band: plane for plane in planes}
    return [by_band[band] for band in info.input.bands]


def _look(
    row: ObjectRow, planes: Sequence[Plane], spec: BackendSpec, info: ModelInfo, predict: Any, ctx: Context
) -> Found:
    sheets = [sections.sheet(plane) for plane in planes]
    about: dict[str, Any] = {"classes": info.classes, "model": info.id, "band": planes[0].band}
    parts: list[Detections] = []
    told, wait = time.monotonic(), TELL_S
    for piece in sweep(sheets, levels_of(sheets, row.name), info.input, predict, ctx, halo=spec.halo):
        parts.append(piece)
        if time.monotonic() - told >= wait and any(len(each) for each in parts):
            began = time.monotonic()
            ctx.partial(Found(row.id, found(parts), whole=False, **about))
            told = time.monotonic()
            wait = max(TELL_S, TELL_SHARE * (told - began))
    made = Found(row.id, found(parts) if parts else nothing(), **about)
    ctx.partial(made)
    return made


def keep(opened: Opened, said: Found, plane: Plane) -> None:
    """Replace what this model found on this object before."""
    wcs = readers.celestial(plane)
    shape = (int(plane.shape[0]), int(plane.shape[1]))
    regions = on_sky(outlines.regions(said.detections, said.classes, said.band, shape), wcs)
    rows = [BoxRow(object=said.object_id, source=said.model, **region) for region in regions]
    opened.on_db(lambda: opened.tell(opened.store.put_boxes(said.model, rows, [said.object_id])))


def kept(opened: Opened, model: str, ctx: Context) -> list[dict[str, Any]]:
    """What a model found on all images, as rows of a table of boxes, in import order."""
    from astrolens_gui.core.labels import boxes_out

    rows = opened.on_db(lambda: boxes_out.rows(opened.store, opened.project.resolve))
    return [row for row in rows if row["source"] == model]
