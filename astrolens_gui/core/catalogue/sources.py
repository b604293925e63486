"""A catalogue and the large images it belongs to → one object per source, with a window in each band; reads no pixel.

Everything up to the records is done for all sources at once: a million take seconds. An object is known as FILE#ID, so that importing
the same catalogue again changes nothing, and with another band or tile only adds to it.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...api import Context, UserError
from ..images import bands as _bands
from ..images.ingest import ObjectRecord
from .columns import Mapped, pixels, positions
from .mosaics import Mosaic, header_of
from .tables import Table

SIZE_ARCSEC = 10.0
"""A cutout's side where nobody says: three Einstein radii of a galaxy-scale lens on either side."""

SMALLEST_PX, LARGEST_PX = 8, 4096

CELL_DEG = 0.05
"""Sources of one cell are split together: their cutouts overlap. A half-degree cell, as stamps have, would be a whole mosaic."""

CELL_PX = 512
"""The same for an image without a sky."""

WALK_PX = 256
"""Height of the bands of rows in which sources are numbered."""

_RESERVED = {"key", "telescope", "instrument", "not_shown", "catalogue"}


@dataclass(frozen=True)
class Left:
    """Sources that give no object, counted; `str()` is one sentence."""

    table: str
    sources: int
    reason: str
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        named = ", ".join(self.examples) + (", …" if self.sources > len(self.examples) else "")
        return f"{self.table}: {self.sources:,} {'source' if self.sources == 1 else 'sources'} ({named}): {self.reason}"


@dataclass(frozen=True)
class Found:
    """Sources as they lie in the images.

    Attributes:
        table: the catalogue. columns: what its columns mean. base: the folder that becomes a root.
        bands: names in order. mosaics: all images.
        rows: int64 (n,) rows of the table that become objects. names: their IDs.
        tile: int32 (bands, n) the mosaic's number, -1 where the source is in none of the band. x, y: float64 (bands, n) pixels there.
        sides: per band, the window's side in pixels of each mosaic (by its number).
        ra, dec: degrees (n,), NaN without a sky. left: what gives no object.
    """

    table: Table
    columns: Mapped
    base: Path
    bands: tuple[str, ...]
    mosaics: Sequence[Mosaic]
    rows: np.ndarray
    names: list[str]
    tile: np.ndarray
    x: np.ndarray
    y: np.ndarray
    sides: Mapping[int, int]
    ra: np.ndarray
    dec: np.ndarray
    left: list[Left]

    def __len__(self) -> int:
        return len(self.rows)

    def said(self) -> str:
        """The sentence for the person who is about to import."""
        where = f"in {len(self.bands)} bands" if len(self.bands) > 1 else "in the images"
        left = self.table.left_out
        named = f"{', '.join(left[:3])}{', …' if len(left) > 3 else ''}"
        without = f"; not kept, for they hold arrays or very long values: {named}" if left else ""
        return f"{len(self.table):,} sources, {len(self):,} lie {where}{without}"


def locate(
    table: Table,
    columns: Mapped,
    mosaics: Sequence[Mosaic],
    *,
    size_arcsec: float | None = None,
    size_px: int | None = None,
    prefix: str = "",
) -> Found:
    """Where each source lies: of a band's tiles, in the one where it is furthest from the edge.

    `size_px` holds for the image with the smallest pixels; every band shows the same part of the sky. `prefix` goes before each ID.

    Raises:
        UserError: no positions, no images, a size without a pixel scale.
    """
    if problem := columns.problem():
        raise UserError(f"{table.path.name}: {problem}")
    if not mosaics:
        raise UserError(
            f"{table.path.name}: a catalogue needs the FITS images that its sources lie in; give one or more"
        )
    sides = _sides(mosaics, size_arcsec, size_px)
    count = len(table)
    ra, dec = positions(table, columns) if columns.on_sky else (np.full(count, np.nan),) * 2
    own = pixels(table, columns) if columns.in_pixels else None
    groups: dict[str, list[int]] = {}
    for number, mosaic in enumerate(mosaics):
        groups.setdefault(mosaic.plane.band, []).append(number)
    bands = _ordered(groups)
    _check_skies(table, columns, mosaics, groups)
    tile = np.full((len(bands), count), -1, np.int32)
    x, y = np.full((len(bands), count), np.nan), np.full((len(bands), count), np.nan)
    for at, band in enumerate(bands):
        margin = np.zeros(count)
        for number in groups[band]:
            mosaic = mosaics[number]
            px, py = mosaic.place(ra, dec) if mosaic.sky is not None and columns.on_sky else (own or (ra, dec))
            inside = _margin(px, py, mosaic)
            better = inside > margin
            margin = np.where(better, inside, margin)
            tile[at, better], x[at, better], y[at, better] = number, px[better], py[better]
    names = [prefix + name for name in _names(table, columns, ra, dec)]
    there = (tile >= 0).any(axis=0)
    placed = np.isfinite(ra) if columns.on_sky else np.isfinite(own[0] + own[1]) if own is not None else there
    left = _left(table, names, ~there & ~placed, "they have no usable position")
    left += _left(table, names, ~there & placed, "they lie in none of the images")
    first = _first_of_each(names)
    reason = "their ID repeats; choose a column that is unique, or none (then positions are the names)"
    left += _left(table, names, there & ~first, reason)
    rows = _walk(np.flatnonzero(there & first), tile, x, y)
    return Found(
        table=table,
        columns=columns,
        base=Path(os.path.commonpath([Path(mosaic.plane.path).parent for mosaic in mosaics])),
        bands=bands,
        mosaics=mosaics,
        rows=rows,
        names=[names[row] for row in rows.tolist()],
        tile=tile[:, rows],
        x=x[:, rows],
        y=y[:, rows],
        sides=sides,
        ra=ra[rows],
        dec=dec[rows],
        left=left,
    )


def _ordered(groups: Mapping[str, Any]) -> tuple[str, ...]:
    """The bands, the best to look at first: its file names the object."""
    left, ordered = list(groups), []
    while left:
        ordered.append(left.pop(_bands.shown_first(left)))
    return tuple(ordered)


def _walk(rows: np.ndarray, tile: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The rows in the order in which the images are best read: tile by tile, in bands of rows. Objects get their numbers in it, so
    that scoring them all unpacks each part of a compressed image once."""
    band = np.argmax(tile[:, rows] >= 0, axis=0)
    return rows[np.lexsort((x[band, rows], y[band, rows] // WALK_PX, tile[band, rows]))]


def _check_skies(table: Table, columns: Mapped, mosaics: Sequence[Mosaic], groups: Mapping[str, list[int]]) -> None:
    """An image without a sky is met by pixels, and then one image of a band is all that pixels can mean."""
    blind = [mosaic for mosaic in mosaics if mosaic.sky is None or not columns.on_sky]
    if blind and not columns.in_pixels:
        name = Path(blind[0].plane.path).name
        raise UserError(
            f"{name}: it has no WCS, so {table.path.name} must give its sources in pixels: name the columns x and y"
        )
    for band, members in groups.items():
        if len(members) > 1 and any(mosaics[number] in blind for number in members):
            raise UserError(
                f"{table.path.name}: pixels fit one image of a band, and {band or 'the unnamed band'} has {len(members)}"
            )


def _sides(mosaics: Sequence[Mosaic], size_arcsec: float | None, size_px: int | None) -> dict[int, int]:
    """Mosaic's number → side of its windows in pixels."""
    scales = [mosaic.scale for mosaic in mosaics]
    if size_px is not None:
        least = min((scale for scale in scales if scale), default=None)
        sides = {n: round(size_px * least / scale) if scale and least else size_px for n, scale in enumerate(scales)}
    else:
        size = SIZE_ARCSEC if size_arcsec is None else size_arcsec
        for mosaic in mosaics:
            if not mosaic.scale:
                name = Path(mosaic.plane.path).name
                raise UserError(f"{name}: its pixel scale is unknown; give it, or give the cutouts' size in pixels")
        sides = {n: round(size / scale) for n, scale in enumerate(scales) if scale}
    for n, side in sides.items():
        if not SMALLEST_PX <= side <= LARGEST_PX:
            name = Path(mosaics[n].plane.path).name
            raise UserError(
                f"{name}: cutouts of {side} px a side can't be graded; choose a size of {SMALLEST_PX} to {LARGEST_PX} px"
            )
    return sides


def _margin(x: np.ndarray, y: np.ndarray, mosaic: Mosaic) -> np.ndarray:
    """How far inside the image (arcsec, else pixels): positive inside, -1 outside."""
    height, width = mosaic.shape
    with np.errstate(invalid="ignore"):
        least = np.minimum(np.minimum(x + 0.5, width - 0.5 - x), np.minimum(y + 0.5, height - 0.5 - y))
        return np.where(least > 0, least * (mosaic.scale or 1.0), -1.0)


def _names(table: Table, columns: Mapped, ra: np.ndarray, dec: np.ndarray) -> list[str]:
    """The IDs as written; without a column for them the position says who it is, in whatever order the rows come."""
    if columns.id:
        return [name or f"row{row + 1}" for row, name in enumerate(table.text(columns.id))]
    if columns.on_sky:
        return [_jname(a, d) for a, d in zip(ra.tolist(), dec.tolist(), strict=True)]
    x, y = pixels(table, columns)
    return [f"x{a:.1f}_y{d:.1f}" for a, d in zip(x.tolist(), y.tolist(), strict=True)]


def _jname(ra: float, dec: float) -> str:
    """J100021.23+021500.1: cut off, not rounded, as the IAU asks."""
    if not (math.isfinite(ra) and math.isfinite(dec)):
        return "nowhere"
    hours, degrees = int(ra / 15 * 360000 + 1e-6), int(abs(dec) * 36000 + 1e-6)
    right = f"{hours // 360000:02d}{hours // 6000 % 60:02d}{hours // 100 % 60:02d}.{hours % 100:02d}"
    sign = "-" if dec < 0 else "+"
    return f"J{right}{sign}{degrees // 36000:02d}{degrees // 600 % 60:02d}{degrees // 10 % 60:02d}.{degrees % 10}"


def _first_of_each(names: Sequence[str]) -> np.ndarray:
    seen: set[str] = set()
    first = np.ones(len(names), bool)
    if len(set(names)) < len(names):
        for row, name in enumerate(names):
            first[row] = name not in seen
            seen.add(name)
    return first


def _left(table: Table, names: Sequence[str], which: Any, reason: str) -> list[Left]:
    rows = np.flatnonzero(which)
    examples = tuple(names[row] for row in rows[:3].tolist())
    return [Left(table.path.name, len(rows), reason, examples)] if len(rows) else []


def records(found: Found, ctx: Context | None = None) -> Iterator[ObjectRecord]:
    """The objects, neighbours after one another."""
    ctx = ctx or Context()
    common = [_common(mosaic, found.base) for mosaic in found.mosaics]
    fields = _fields(found)
    names, columns = _meta_columns(found)
    meta = zip(*columns, strict=True) if columns else iter([()] * len(found))
    about = [_about(mosaic, found.table) for mosaic in found.mosaics]
    sides = np.array([found.sides[n] for n in range(len(found.mosaics))])
    half = sides[found.tile] / 2
    with np.errstate(invalid="ignore"):
        x0, y0 = (np.nan_to_num(np.ceil(at - half)).astype(int).T.tolist() for at in (found.x, found.y))
    tiles = found.tile.T.tolist()
    skies = [(None, None) if a != a else (a, d) for a, d in zip(found.ra.tolist(), found.dec.tolist(), strict=True)]
    for at, (name, values) in enumerate(zip(found.names, meta, strict=True)):
        if at % 2000 == 0:
            ctx.progress(at / max(len(found), 1), f"{at:,} of {len(found):,} sources", sources=at)
        planes, main = [], -1
        for number, left, low in zip(tiles[at], x0[at], y0[at], strict=True):
            if number >= 0:
                side = found.sides[number]
                planes.append({**common[number], "shape": [side, side], "window": [left, low, side, side]})
                main = number if main < 0 else main
        kept = {key: value for key, value in zip(names, values, strict=True) if value is not None and value != ""}
        yield ObjectRecord(
            name=name,
            base=found.base,
            planes=tuple(planes),
            field=fields[at],
            ra=skies[at][0],
            dec=skies[at][1],
            pixel_scale=found.mosaics[main].scale,
            meta={**about[main], **kept},
            stem=name,
            where=f"{common[main]['path']}#{name}",
        )
    ctx.progress(1.0, f"{len(found):,} sources read")


def _common(mosaic: Mosaic, base: Path) -> dict[str, Any]:
    """The plane's dict but for its window."""
    return {**mosaic.plane.as_dict(), "path": Path(mosaic.plane.path).relative_to(base).as_posix()}


def _about(mosaic: Mosaic, table: Table) -> dict[str, Any]:
    head = header_of(mosaic)
    found = {"telescope": head.text("TELESCOP"), "instrument": head.text("INSTRUME"), "catalogue": table.path.name}
    return {key: value for key, value in found.items() if value}


def _meta_columns(found: Found) -> tuple[list[str], list[list[Any]]]:
    """The table's columns besides position and ID, under their names; those with a role also under its name."""
    columns = found.columns
    roles = {getattr(columns, role): role for role in ("size", "redshift", "score") if getattr(columns, role)}
    skipped = {columns.id, columns.ra, columns.dec, columns.x, columns.y}
    names: list[str] = []
    values: list[list[Any]] = []
    for name in found.table.names:
        if name in skipped:
            continue
        column = found.table.values(name)
        column = [column[row] for row in found.rows.tolist()]
        for key in dict.fromkeys([name, roles.get(name, name)]):
            names.append(f"{key}_" if key in _RESERVED else key)
            values.append(column)
    return names, values


def _fields(found: Found) -> list[str]:
    """What must not be split apart: a cell of the sky, else of the image."""
    if np.isfinite(found.ra).all() and len(found):
        row = np.floor((found.dec + 90) / CELL_DEG)
        wide = np.maximum(1, np.round(360 * np.cos(np.radians((row + 0.5) * CELL_DEG - 90)) / CELL_DEG))
        column = np.floor(found.ra / (360 / wide))
        return [f"sky {c:.0f},{r:.0f} of {CELL_DEG}" for c, r in zip(column.tolist(), row.tolist(), strict=True)]
    first = np.argmax(found.tile >= 0, axis=0)
    x, y = (np.take_along_axis(at, first[None], 0)[0] // CELL_PX for at in (found.x, found.y))
    tile = np.take_along_axis(found.tile, first[None], 0)[0]
    files = [Path(mosaic.plane.path).stem for mosaic in found.mosaics]
    return [f"{files[t]} {c:.0f},{r:.0f}" for t, c, r in zip(tile.tolist(), x.tolist(), y.tolist(), strict=True)]
