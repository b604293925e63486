"""Pixels by object id: rows from the db lane, files read on io, prepared cutouts cached; holds no Qt."""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import Context, InputSpec, UserError

from .choice import shapes
from .perband import PerBand
from .records import LoadedImage

if TYPE_CHECKING:
    from astrolens_gui.core.labels.records import ObjectRow

    from .opened import Opened

KEPT_ROWS = 20_000
"""Object rows kept in memory, the last used ones: a page of the mosaic asks for the same again and again."""


class Pixels:
    """Loads images, thumbnails and prepared cutouts of the open project's objects; safe from any thread but db's."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._rows: OrderedDict[int, ObjectRow] = OrderedDict()
        self._lock = threading.Lock()
        self._cutouts: Any = None
        self._rasters: weakref.WeakValueDictionary[Any, Any] = weakref.WeakValueDictionary()

    def forget(self, ids: Sequence[int] | None = None) -> None:
        """These objects changed; without ids: all may have, for the images moved."""
        with self._lock:
            if ids is None:
                self._rows.clear()
            for id in ids or ():
                self._rows.pop(id, None)

    @property
    def cutouts(self) -> Any:
        """The project's persistent cache of prepared cutouts."""
        from astrolens_gui.core.images.cutouts import Cutouts

        with self._lock:
            if self._cutouts is None:
                self._cutouts = Cutouts(self._opened.project.cache_dir)
            return self._cutouts

    def rows(self, ids: Sequence[int] | np.ndarray) -> list[ObjectRow]:
        """Object rows in the order of `ids`; unknown ids are left out."""
        with self._lock:
            absent = [int(id) for id in ids if int(id) not in self._rows]
        fresh = self._opened.on_db(lambda: self._opened.store.objects(absent)) if absent else []
        found = {row.id: row for row in fresh}
        with self._lock:
            for row in fresh:
                self._rows[row.id] = row
            for id in ids:
                if int(id) in self._rows:
                    found[int(id)] = self._rows[int(id)]
                    self._rows.move_to_end(int(id))
            while len(self._rows) > KEPT_ROWS:
                self._rows.popitem(last=False)
        return [found[int(id)] for id in ids if int(id) in found]

    def source(self, row: ObjectRow) -> Any:
        """An object as the cutout cache reads it: its id and absolute planes."""
        return (row.id, self._absolute(row))

    def _absolute(self, row: ObjectRow) -> list[Any]:
        from astrolens_gui.core.images.fits import Plane

        project = self._opened.project
        return [Plane.from_dict(plane, project.address(row.root, plane["path"])) for plane in row.planes]

    def planes(self, object_id: int) -> list[Any]:
        rows = self.rows([object_id])
        if not rows:
            raise UserError(f"there is no object number {object_id} in this project; reload the queue")
        return self._absolute(rows[0])

    def load(self, object_id: int, band: str | None = None) -> LoadedImage:
        """One plane: the band asked for where the object has it, else the best to look at.

        Raises:
            ImageError: one sentence with file, extension and reason.
        """
        planes = self.planes(object_id)
        return self.assemble(self.rows([object_id])[0], planes, band or "")

    def assemble(self, row: ObjectRow, planes: Sequence[Any], band: str) -> LoadedImage:
        """An object's planes as one image, led by the band asked for (else the best to look at); the others open when they are needed."""
        from pathlib import Path

        from astrolens_gui.core.images import readers
        from astrolens_gui.core.images.align import band_map
        from astrolens_gui.core.images.bands import shown_first
        from astrolens_gui.core.images.celestial import Celestial
        from astrolens_gui.core.images.zeropoints import zero_points

        names = labels(planes)
        place = shown_first(names, band)
        plane, name = planes[place], names[place]
        raster = self.raster(plane)
        wcs = readers.celestial(plane)
        Celestial.of(wcs)  # astropy's coordinates take a second to import: here, not under the pointer
        rasters = PerBand(names, lambda at: self.raster(planes[at]), {name: raster})
        sky = PerBand(names, lambda at: readers.celestial(planes[at]), {name: wcs})
        others = [one for one in names if one != name]

        def onto(other: str) -> Any:
            """From the screen to the pixels of another band; by the pixel scales where there is no WCS."""
            scale = planes[names.index(other)].pixel_scale
            ratio = scale / plane.pixel_scale if scale and plane.pixel_scale else None
            return band_map(wcs, sky[other], raster.shape, rasters[other].shape, ratio)

        return LoadedImage(
            object_id=row.id,
            name=row.name,
            band=name,
            bands=names,
            raster=raster,
            wcs=wcs,
            pixel_scale=plane.pixel_scale or row.pixel_scale,
            unit=plane.unit,
            path=Path(plane.path),
            wcs_problem=readers.wcs_problem(plane) if wcs is None else "",
            rasters=rasters,
            wcs_of=sky,
            zero_points=PerBand(names, lambda at: zero_points([planes[at]])[0]),
            maps=PerBand(others, lambda at: onto(others[at])),
        )

    def raster(self, plane: Any) -> Any:
        """The pixels of a plane, ready to be sampled; the same object while somebody looks at it and the file stays.

        Raises:
            ImageError: one sentence with file, extension and reason.
        """
        import os

        from astrolens_gui.core.images.raster import raster

        try:
            about = os.stat(plane.path)
        except OSError:
            return raster(plane)  # says so in its own words
        key = (plane, about.st_mtime_ns, about.st_size)
        with self._lock:
            found = self._rasters.get(key)
        if found is None:
            found = raster(plane)
            with self._lock:
                self._rasters[key] = found
        return found

    def build_overviews(self, raster: Any, ctx: Context) -> None:
        """Give a wide field the overviews that make it quick to look at; kept in the project's cache."""
        from astrolens_gui.core.images.raster import build_overviews

        build_overviews(raster, self._opened.project.cache_dir / "overviews", ctx)

    def batch(
        self, ids: Sequence[int] | np.ndarray, input: InputSpec
    ) -> tuple[np.ndarray, np.ndarray, list[tuple[int, str]]]:
        """Prepared cutouts for a model.

        Returns:
            ids int64 (n,) of those that fit and read, images float32 (n, size, size, bands), (id, sentence) of the
            others.
        """
        refused: list[tuple[int, str]] = []
        fit = []
        for row in self.rows(ids):
            why = input.mismatch(shapes(row.planes), row.pixel_scale)
            if why is None:
                fit.append(row)
            else:
                refused.append((row.id, f"{row.name}: {why}"))
        images, failed = self.cutouts.batch([self.source(row) for row in fit], input)
        wrong = {id for id, _ in failed}
        kept = np.array([row.id for row in fit if row.id not in wrong], np.int64)
        return kept, images, refused + list(failed)


def labels(planes: Sequence[Any]) -> tuple[str, ...]:
    """What the planes of an object are called in the window: band, else extension, else place; each name once."""
    names = [plane.band or plane.extname or f"plane {place + 1}" for place, plane in enumerate(planes)]
    return tuple(f"{name} {place + 1}" if names.count(name) > 1 else name for place, name in enumerate(names))
