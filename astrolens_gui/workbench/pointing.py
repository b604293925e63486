"""Where objects lie on the sky, and what of them other programs get: places, FITS cutouts, the queue as a VOTable; sends nothing."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import UserError
from astrolens_gui.core.links import Target

from .pixels import labels

if TYPE_CHECKING:
    from .opened import Opened

TOLERANCE_ARCSEC = 10.0
"""How far a position may lie from an object that it is taken for."""

LARGEST = 64_000_000
"""Pixels that are copied for another program at most; a larger image goes as the file that it is."""


def target(opened: Opened, object_id: int) -> Target:
    """An object's name, place (its catalogue's, else its image's centre; ICRS) and half its width on the sky.

    Raises:
        UserError: there is no such object.
    """
    from astrolens_gui.core.images import readers
    from astrolens_gui.core.images.errors import ImageError

    planes = opened.images.planes(object_id)
    row = opened.images.rows([object_id])[0]
    sides = [max(plane.shape) * scale for plane in planes if (scale := plane.pixel_scale or row.pixel_scale)]
    radius = {"radius_arcsec": min(max(max(sides) / 2.0, 1.0), 3600.0)} if sides else {}
    if row.ra is not None and row.dec is not None:
        return Target(row.name, row.ra, row.dec, **radius)
    for plane in planes:
        try:
            if (found := readers.centre(plane)) is not None:
                return Target(row.name, *found, **radius)
        except ImageError:  # the next band may be readable; without any the object has no place
            continue
    return Target(row.name, **radius)


class Places:
    """Every object's place, held as unit vectors, so that a position from elsewhere finds its object at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[Any, np.ndarray, np.ndarray, list[str]] | None = None

    def forget(self) -> None:
        """Objects came, went or moved."""
        with self._lock:
            self._held = None

    def nearest(self, opened: Opened, ra: float, dec: float, tolerance_arcsec: float = TOLERANCE_ARCSEC) -> int:
        """The id of the object nearest to (ra, dec) in degrees; waits for the db lane.

        Raises:
            UserError: none lies within the tolerance; the sentence names the nearest and how far away it is.
                Or no place on the sky has these numbers.
        """
        if not (np.isfinite(ra) and -90.0 <= dec <= 90.0):
            raise UserError(f"RA {ra:g}, Dec {dec:g} is no place on the sky; send finite degrees, Dec from -90 to 90")
        ids, vectors, names = self._all(opened)
        where = f"{ra:.5f} {dec:+.5f}"
        if not len(ids):
            raise UserError(f"no object of {opened.project.name} has a place on the sky to compare with {where}")
        chord = np.linalg.norm(vectors - unit_vectors(np.array([ra]), np.array([dec])), axis=1)
        best = int(np.argmin(chord))
        away = np.degrees(2 * np.arcsin(min(chord[best] / 2, 1.0))) * 3600
        if away > tolerance_arcsec:
            said = f"{away:.0f}″" if away < 120 else f"{away / 60:.0f}′" if away < 7200 else f"{away / 3600:.0f}°"
            raise UserError(f"no object lies at {where}; the nearest, {names[best]}, is {said} away")
        return int(ids[best])

    def _all(self, opened: Opened) -> tuple[np.ndarray, np.ndarray, list[str]]:
        with self._lock:
            held = self._held
        if held is None or held[0] is not opened:
            rows = opened.on_db(lambda: opened.store.objects())
            placed = [row for row in rows if row.ra is not None and row.dec is not None]
            ids = np.array([row.id for row in placed], np.int64)
            sky = np.array([(row.ra, row.dec) for row in placed], float).reshape(-1, 2)
            held = (opened, ids, unit_vectors(sky[:, 0], sky[:, 1]), [row.name for row in placed])
            with self._lock:
                self._held = held
        return held[1], held[2], held[3]


def unit_vectors(ra: np.ndarray, dec: np.ndarray) -> np.ndarray:
    """float64 (n, 3) of positions in degrees."""
    ra, dec = np.radians(ra), np.radians(dec)
    return np.column_stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)])


def sendable(opened: Opened, object_id: int, band: str = "") -> tuple[Path, str]:
    """(file, title): a FITS file that any program reads, of one band of an object, and what to call it.

    A plain image in a file's first place is that file; what is packed, a part of a larger image, behind other images
    or of another format is written to the project's cache, with its WCS.

    Raises:
        ImageError: it can't be read. UserError: it is too large to copy, or the cache can't be written.
    """
    from astrolens_gui.core.images import readers
    from astrolens_gui.core.images.bands import shown_first

    planes = opened.images.planes(object_id)
    name = opened.images.rows([object_id])[0].name
    names = labels(planes)
    place = shown_first(names, band)
    plane = planes[place]
    title = f"{name} {names[place]}"
    if plane.reader == "fits" and plane.window is None and plane.plane is None and _stands_first(plane):
        return Path(plane.path), title
    if plane.shape[0] * plane.shape[1] > LARGEST:
        raise UserError(f"{plane.path}: {title} has too many pixels to send; open the file itself there")
    file = opened.project.cache_dir / f"{re.sub(r'[^A-Za-z0-9.+-]+', '_', title).strip('_')}.fits"
    _write(file, readers.read(plane), readers.celestial(plane), name, names[place], plane.unit)
    return file, title


def _stands_first(plane: Any) -> bool:
    """An uncompressed image in the primary HDU: what every program shows when it is given the file."""
    return plane.hdu == 0 and not str(plane.path).lower().endswith((".gz", ".z", ".fz"))


def _write(file: Path, pixels: np.ndarray, wcs: Any, name: str, band: str, unit: str) -> None:
    import warnings

    from astropy.io import fits

    from astrolens_gui.core.labels.export import whole

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a WCS can't say in cards is left out, as everywhere
        header = wcs.to_header(relax=True) if wcs is not None else fits.Header()
        for key, value in (("OBJECT", name), ("FILTER", band), ("BUNIT", unit)):
            if text := value.encode("ascii", "replace").decode().strip():
                header[key] = text[:68]
        hdu = fits.PrimaryHDU(pixels, header)
        whole(file, lambda partial: hdu.writeto(partial, overwrite=True))


def queue_table(opened: Opened, ids: np.ndarray, blind: bool) -> Path:
    """The objects `ids`, in this order, as a VOTable in the project's cache: ID, ra, dec, grade, score.

    While `blind`, objects without a grade have no score, as in the window.
    """
    from astropy.table import Table

    from astrolens_gui.core.labels.export import whole

    grader = opened.bench.grader
    ids = np.asarray(ids, np.int64)
    rows = {row.id: row for row in opened.on_db(lambda: opened.store.objects())}
    said = opened.on_db(lambda: opened.store.queue_table(grader))
    at = np.searchsorted(said["object"], ids)
    grade = np.asarray(said["grade"])[at].astype(str)
    score = np.asarray(said["score"], float)[at]
    if blind:
        score = np.where(grade == "", np.nan, score)
    chosen = [rows[int(id)] for id in ids]
    table = Table(
        {
            "ID": np.array([row.name for row in chosen], dtype=str),
            "ra": np.array([np.nan if row.ra is None else row.ra for row in chosen], float),
            "dec": np.array([np.nan if row.dec is None else row.dec for row in chosen], float),
            "grade": grade,
            "score": score,
        }
    )
    for name, ucd in (("ID", "meta.id;meta.main"), ("ra", "pos.eq.ra;meta.main"), ("dec", "pos.eq.dec;meta.main")):
        table[name].meta["ucd"] = ucd
    table["ra"].unit = table["dec"].unit = "deg"
    file = opened.project.cache_dir / "queue.vot"
    # text for the programs that read nothing else, binary where text would be slow
    how = "tabledata" if len(table) < 20_000 else "binary"
    whole(file, lambda partial: table.write(partial, format="votable", tabledata_format=how, overwrite=True))
    return file
