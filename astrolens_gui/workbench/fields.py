"""The large image around an object, and every object of the project that lies in it; holds no Qt and no pixel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import Plane, UserError

from .opened import as_job
from .records import LoadedImage

if TYPE_CHECKING:
    from astrolens_gui.jobs.job import Job

    from .opened import Opened

SMALLEST_PX = 512
"""A whole image of at least so many pixels a side is a field of its own; a smaller one is a stamp."""

STAMP = (
    "This object is a stamp of its own. A field view needs the large image around it: import a catalogue together with the images "
    "that its sources lie in."
)


class NoField(UserError):
    """The object is a plain stamp; the sentence says what a field view needs."""


@dataclass(frozen=True)
class Field:
    """A large image and what lies in it.

    Attributes:
        image: all bands, whole, with the shown one first found; `image.object_id` is the object it was asked for.
        ids: int64 (n,), ascending. x, y: float64 (n,), where they are in the shown band, 0-based pixel centres.
        side: pixels of a source's cutout in the shown band; 0 where the image itself is the object.
        opened: the project that the ids belong to.
    """

    image: LoadedImage
    ids: np.ndarray
    x: np.ndarray
    y: np.ndarray
    side: int
    opened: Opened

    def place(self, object_id: int) -> int:
        """Where an object stands in `ids`; -1 if it isn't in this field."""
        at = int(np.searchsorted(self.ids, object_id))
        return at if at < len(self.ids) and self.ids[at] == object_id else -1


@as_job
def field(bench: Any, object_id: int, band: str = "") -> Job[Field]:
    """The field around an object: a quiet job of the io lane."""
    return bench.runner.submit("io", load, bench.opened, object_id, band, quiet=True)  # type: ignore[no-any-return]


def load(opened: Opened, object_id: int, band: str = "") -> Field:
    """The large image of the band asked for (else the best to look at), and the sources in it.

    Raises:
        NoField: the object is a stamp. ImageError: the image can't be read.
    """
    from astrolens_gui.core.images import windows

    images = opened.images
    parts = images.planes(object_id)
    row = images.rows([object_id])[0]
    if not any(plane.window for plane in parts) and min(max(plane.shape) for plane in parts) < SMALLEST_PX:
        raise NoField(STAMP)
    planes = [replace(one, window=None, shape=windows.shape(one)) if one.window else one for one in parts]
    image = images.assemble(row, planes, band)
    at = image.bands.index(image.band)
    ids, x, y = _sources(opened, parts[at], row, image.wcs, image.raster.shape)
    return Field(image, ids, x, y, parts[at].window[2] if parts[at].window else 0, opened)


def _sources(
    opened: Opened, plane: Plane, row: Any, wcs: Any, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ids (ascending), x and y of every object in the image: by the sky where it has one, else by the windows cut from it."""
    if wcs is not None and row.ra is not None:
        from astrolens_gui.core.catalogue.mosaics import Mosaic

        mosaic = Mosaic(replace(plane, window=None, shape=shape), wcs, plane.pixel_scale)
        ids, ra, dec = opened.on_db(lambda: _on_sky(opened.store, *mosaic.box()))
        x, y = mosaic.place(ra, dec)
    elif plane.window:
        path = next(one["path"] for one in row.planes if tuple(one.get("window") or ()) == plane.window)
        ids, x, y = opened.on_db(lambda: _in_file(opened.store, row.root, path))
    else:
        return np.array([row.id]), np.array([(shape[1] - 1) / 2]), np.array([(shape[0] - 1) / 2])
    with np.errstate(invalid="ignore"):
        inside = (x > -0.5) & (y > -0.5) & (x < shape[1] - 0.5) & (y < shape[0] - 0.5)
    return ids[inside], x[inside], y[inside]


def _on_sky(
    store: Any, west: float, east: float, south: float, north: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ids, RA and Dec of the objects in a box of the sky (degrees; it goes over 0 h where west > east)."""
    from sqlalchemy import or_, select

    from astrolens_gui.core.labels.schema import objects

    ra = objects.c.ra
    between = or_(ra >= west, ra <= east) if west > east else ra.between(west, east)
    query = select(objects.c.id, ra, objects.c.dec).where(between, objects.c.dec.between(south, north))
    with store.database.read() as connection:
        rows = connection.execute(query.order_by(objects.c.id)).all()
    columns: list[Any] = list(zip(*rows, strict=True)) or [(), (), ()]
    return np.array(columns[0], np.int64), np.array(columns[1], np.float64), np.array(columns[2], np.float64)


def _in_file(store: Any, root: str, path: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """ids and the middles of the windows that the objects of a root have in one file."""
    from sqlalchemy import select

    from astrolens_gui.core.labels.schema import objects

    query = select(objects.c.id, objects.c.planes).where(objects.c.root == root, objects.c.path.contains("#"))
    ids, places = [], []
    with store.database.read() as connection:
        for id, planes in connection.execute(query.order_by(objects.c.id)):
            window = next((one["window"] for one in planes if one["path"] == path and one.get("window")), None)
            if window is not None:
                ids.append(id)
                places.append((window[0] + (window[2] - 1) / 2, window[1] + (window[3] - 1) / 2))
    at = np.array(places, dtype=np.float64).reshape(-1, 2)
    return np.array(ids, dtype=np.int64), at[:, 0], at[:, 1]
