"""Restoring as a job: objects in, pictures that are marked as no data out, to look at or as FITS; changes nothing in the project."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import Context, Plane, UserError
from astrolens_gui.core.images import readers
from astrolens_gui.core.restore import write as writing
from astrolens_gui.core.restore.sweep import PLANES, Piece, Scene, sweep

from .restorers import Restorer, choose_restorer

if TYPE_CHECKING:
    from astrolens_gui.core.labels.records import ObjectRow

    from .opened import Opened

SHOWN_PX = 1 << 26
"""Pixels, bands counted, that one call hands out to look at; more is written as FITS."""

ALONE_PX = 1 << 22
"""A larger image is written as it comes, instead of being collected first."""


@dataclass(frozen=True)
class Restoration:
    """One band of one object as a model would have it: no data.

    Attributes:
        raw, mean, sigma, spread: float32 (h, w) in the image's unit: as it came, restored, the model's standard error (NaN:
            it states none), the standard deviation of its draws (NaN: fewer than two). residual: (raw - mean) / noise of
            the sky. All are NaN where the image has no value.
        model: its id. not_data: what must be said wherever this is shown. wcs: of the pixels, or None.
    """

    object_id: int
    band: str
    raw: np.ndarray
    mean: np.ndarray
    sigma: np.ndarray
    spread: np.ndarray
    residual: np.ndarray
    model: str
    not_data: str
    wcs: Any = None


@dataclass(frozen=True)
class RestoreReport:
    """What was written: `files`, and a sentence for each object in `refused`."""

    model: str
    files: list[Path] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    seconds: float = 0.0


@dataclass(frozen=True)
class _Open:
    """An object whose pixels are about to be restored."""

    row: ObjectRow
    planes: list[Plane]
    scene: Scene


def restore(
    opened: Opened, ids: Sequence[int], backend: str, model: str, draws: int, ctx: Context
) -> list[Restoration]:
    """Restore objects to look at, by object and band; each object's are handed out (`partial`) as they are made. On the infer lane.

    Raises:
        UserError: no model fits, there is too much to hold, or no object could be restored; one sentence.
    """
    restorer = choose_restorer(opened, backend, model, ids, draws)
    rows = opened.images.rows(ids)
    many = sum(_pixels(row, restorer) for row in rows)
    if many > SHOWN_PX:
        raise UserError(
            f"{len(rows):,} objects with {many / 1e6:,.0f} million pixels are too many to look at at once; "
            "write them as FITS files instead"
        )
    refused: list[str] = []
    found: dict[int, list[Restoration]] = {}
    for one, planes in _collected(opened, restorer, rows, refused, ctx, many):
        found[one.row.id] = _restorations(one, planes, restorer)
        ctx.partial(found[one.row.id])
    if not found and refused:
        raise UserError(refused[0])
    return [each for row in rows for each in found.get(row.id, ())]


def write_restored(
    opened: Opened, ids: Sequence[int], out: Path, backend: str, model: str, draws: int, ctx: Context
) -> RestoreReport:
    """Restore objects into FITS files, whatever their size: OUT/NAME.fits each, or `out` itself where it ends in .fits and
    there is one object. On the infer lane; cancelled, the files so far are whole and stay.

    Raises:
        UserError: no model fits, the folder can't be written, or nothing could be restored; one sentence.
    """
    begun = time.perf_counter()
    restorer = choose_restorer(opened, backend, model, ids, draws)
    rows = opened.images.rows(ids)
    one_file = out.suffix.lower() in (".fits", ".fit") and len(rows) == 1
    refused: list[str] = []
    files: list[Path] = []

    def target(row: ObjectRow) -> Path:
        parts = [part for part in PurePosixPath(row.name).parts if part not in ("/", "..")]
        return out if one_file else out.joinpath(*parts[:-1], f"{parts[-1]}.fits")

    small = [row for row in rows if _pixels(row, restorer) <= ALONE_PX]
    large = [row for row in rows if _pixels(row, restorer) > ALONE_PX]
    share = len(small) / max(len(rows), 1)
    total = sum(_pixels(row, restorer) for row in small)
    for one, planes in _collected(opened, restorer, small, refused, ctx.part(0.0, share), total):
        height, width = one.scene.shape
        files.append(
            writing.write(target(one.row), one.planes, [Piece(0, 0, height, 0, width, **planes)], restorer.maker)
        )
    for place, row in enumerate(large):
        part = ctx.part(share + (1 - share) * place / len(large), share + (1 - share) * (place + 1) / len(large))
        each = _opened(opened, restorer, row, refused)
        if each is not None:
            height, width = each.scene.shape
            pieces = sweep(
                [each.scene], restorer.info.input, restorer.run, part, halo=restorer.spec.halo, total=height * width
            )
            files.append(writing.write(target(row), each.planes, pieces, restorer.maker))
    if not files and refused:
        raise UserError(refused[0])
    return RestoreReport(restorer.info.id, files, refused, time.perf_counter() - begun)


def _collected(
    opened: Opened, restorer: Restorer, rows: Sequence[ObjectRow], refused: list[str], ctx: Context, total: int
) -> Iterator[tuple[_Open, dict[str, np.ndarray]]]:
    """Each object with its whole arrays by name, float32 (h, w, bands); those that can't be restored go to `refused`."""
    began: dict[int, _Open] = {}
    parts: dict[int, dict[str, np.ndarray]] = {}
    left: dict[int, int] = {}
    bands = len(restorer.info.input.bands)

    def scenes() -> Iterator[Scene]:
        prefetched = opened.bench.runner.prefetch(
            "io", lambda row: _opened(opened, restorer, row, refused), rows, depth=8
        )
        for one in prefetched:
            if one is not None:
                began[len(left)] = one
                left[len(left)] = one.scene.shape[0] * one.scene.shape[1]
                yield one.scene

    pieces = sweep(
        scenes(), restorer.info.input, restorer.run, ctx, halo=restorer.spec.halo, total=max(total // max(bands, 1), 1)
    )
    for piece in pieces:
        number = piece.scene
        shape = (*began[number].scene.shape, bands)
        if number not in parts:
            parts[number] = {name: np.full(shape, np.nan, np.float32) for name in PLANES}
        for name, array in parts[number].items():
            array[piece.y0 : piece.y1, piece.x0 : piece.x1] = getattr(piece, name)
        left[number] -= (piece.y1 - piece.y0) * (piece.x1 - piece.x0)
        if not left[number]:
            yield began.pop(number), parts.pop(number)


def _opened(opened: Opened, restorer: Restorer, row: ObjectRow, refused: list[str]) -> _Open | None:
    """On the io lane."""
    if why := restorer.mismatch(row):
        refused.append(f"{row.name}: {why}")
        return None
    try:
        planes, scene = restorer.scene(row, opened.images.source(row)[1])
    except UserError as error:
        refused.append(str(error))
        return None
    return _Open(row, planes, scene)


def _pixels(row: ObjectRow, restorer: Restorer) -> int:
    """Of the bands that are restored."""
    wanted = restorer.info.input.bands
    return sum(int(np.prod(plane["shape"])) for plane in row.planes if plane.get("band") in wanted)


def _restorations(one: _Open, planes: dict[str, np.ndarray], restorer: Restorer) -> list[Restoration]:
    made = []
    for number, plane in enumerate(one.planes):
        arrays: dict[str, Any] = {name: np.ascontiguousarray(array[..., number]) for name, array in planes.items()}
        about: dict[str, Any] = {"model": restorer.info.id, "not_data": restorer.maker.not_data}
        made.append(Restoration(one.row.id, plane.band, **arrays, **about, wcs=readers.celestial(plane)))
    return made
