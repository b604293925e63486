"""DS9 region files of a project: what is read goes onto the images it belongs to; knows no widget."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import Context, UserError

from .opened import settle
from .pixels import labels
from .records import ImportReport

if TYPE_CHECKING:
    from .opened import Opened

MARGIN = 1.2
"""How much farther than half its diagonal an object's centre may be from a region on it: footprints are not exact."""


def import_regions(opened: Opened, grader: str, path: Path, object_id: int, band: str, ctx: Context) -> ImportReport:
    """Regions in image coordinates go to `object_id`, in the pixels of its plane `band`; those on the sky to every object on
    whose first plane with a WCS their centre falls. All of it is one step: one undo takes it back.

    Raises:
        UserError: one sentence; nothing was added.
    """
    from astrolens_gui.core.images import regions_io

    found = regions_io.read(Path(path))
    ctx.progress(0.1, f"{len(found.regions)} regions read")
    given: dict[int, list[dict[str, Any]]] = {}
    lost = 0
    if found.in_pixels and object_id < 0:
        lost += len(found.in_pixels)
    elif found.in_pixels:
        given[object_id] = _in_pixels(opened, object_id, band, found.in_pixels)
    sky = found.on_sky
    hit: set[int] = set()
    for one, (wcs, shape, name), near in _near(opened, sky, ctx):
        placed = _inside([{**sky[at], "at": at} for at in near], wcs, shape)
        hit |= {region.pop("at") for region in placed}
        if placed:
            given.setdefault(one, []).extend(_told(placed, name, shape))
    notes = list(found.notes)
    count = sum(map(len, given.values()))
    if count:
        rows = {row.id: row.name for row in opened.images.rows(list(given))}
        settle(opened.submit_db(lambda: opened.tell(_store(opened, grader, given))))
        first = ", ".join([rows[one] for one in given][:3]) + (", …" if len(given) > 3 else "")
        notes.append(f"{Path(path).name}: {count} regions on {len(given)} objects ({first}); one undo takes them back")
    refused = []
    if lost:
        refused.append(
            f"{Path(path).name}: {lost} regions are in image coordinates; show their image and import them again"
        )
    if len(sky) > len(hit):
        refused.append(f"{Path(path).name}: {len(sky) - len(hit)} regions lie on no image of this project")
    return ImportReport(added=count, refused=refused, notes=notes)


def _store(opened: Opened, grader: str, given: dict[int, list[dict[str, Any]]]) -> Any:
    from astrolens_gui.core.labels.marks import draw_on

    with opened.store.database.write() as connection:
        return draw_on(connection, given, grader=grader, origin="regions")


def _told(regions: Sequence[dict[str, Any]], band: str, shape: tuple[int, int]) -> list[dict[str, Any]]:
    """With the plane whose pixels they are in."""
    return [{**one, "band": band, "more": {**(one.get("more") or {}), "shape": list(shape)}} for one in regions]


def _in_pixels(opened: Opened, object_id: int, band: str, regions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    from astrolens_gui.core.images import readers
    from astrolens_gui.core.images.bands import shown_first
    from astrolens_gui.core.images.outline import on_sky

    planes = opened.images.planes(object_id)
    names = labels(planes)
    place = shown_first(names, band)
    return on_sky(_told(regions, names[place], planes[place].shape), readers.celestial(planes[place]))


def _near(opened: Opened, sky: list[dict[str, Any]], ctx: Context) -> Any:
    """(object id, (wcs, shape, band) of its first plane with a WCS, indices of regions that may lie on it)."""
    if not sky:
        return
    from scipy.spatial import cKDTree

    from astrolens_gui.core.images import readers
    from astrolens_gui.core.images.errors import ImageError

    rows = [row for row in opened.on_db(lambda: opened.store.objects()) if row.ra is not None and row.dec is not None]
    if not rows:
        return
    tree = cKDTree(_unit([region["ra"] for region in sky], [region["dec"] for region in sky]))
    reach = [2 * math.sin(min(_radius(row), math.pi) / 2) for row in rows]
    close = tree.query_ball_point(_unit([row.ra for row in rows], [row.dec for row in rows]), reach)
    wanted = [(row, near) for row, near in zip(rows, close, strict=True) if near]
    for done, (row, near) in enumerate(wanted):
        ctx.progress(0.1 + 0.8 * done / len(wanted), f"{row.name}: {len(near)} regions")
        planes = opened.images.planes(row.id)
        for plane, name in zip(planes, labels(planes), strict=True):
            try:
                wcs = readers.celestial(plane)
            except (ImageError, UserError):  # its file is gone: the others still get theirs
                continue
            if wcs is not None:
                yield row.id, (wcs, plane.shape, name), near
                break


def _radius(row: Any) -> float:
    """Radians from an object's centre within which a region can lie on it."""
    sides = [math.hypot(*plane["shape"]) * (plane.get("pixel_scale") or row.pixel_scale or 0.0) for plane in row.planes]
    return math.radians(MARGIN * max(sides, default=0.0) / 2 / 3600)


def _unit(ra: Sequence[float], dec: Sequence[float]) -> np.ndarray:
    """(n, 3) unit vectors."""
    a, d = np.radians(ra), np.radians(dec)
    return np.column_stack([np.cos(d) * np.cos(a), np.cos(d) * np.sin(a), np.sin(d)])


def _inside(regions: list[dict[str, Any]], wcs: Any, shape: tuple[int, int]) -> list[dict[str, Any]]:
    from astrolens_gui.core.images.outline import on_image

    height, width = shape
    placed = on_image(regions, wcs)
    return [one for one in placed if -0.5 <= one["x"] <= width - 0.5 and -0.5 <= one["y"] <= height - 0.5]


def write_regions(opened: Opened, out: Path, object_id: int | None, ctx: Context) -> int:
    """What people and models drew on an object (None: on all), as a DS9 file; how many.

    Raises:
        UserError: there is nothing to write, or the file cannot be written.
    """
    from astrolens_gui.core.labels import boxes_out

    rows = opened.on_db(lambda: boxes_out.rows(opened.store, object_id=object_id))
    if not rows:
        where = "this object" if object_id is not None else "this project"
        raise UserError(f"{out} is not written: there is no region on {where}; draw one with Shift+N")
    ctx.progress(0.5, f"{len(rows)} regions")
    boxes_out.write_reg(rows, Path(out))
    return len(rows)
