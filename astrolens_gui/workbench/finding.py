"""The object at a place on the sky, as a person writes one; knows no view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import Context, UserError

if TYPE_CHECKING:
    from sqlalchemy import Select

    from .opened import Opened

CLOSE_DEG = 0.2
"""Objects within this of the declination are looked at first; all, where none of them is as near as that."""


@dataclass(frozen=True)
class Near:
    """An object and how far it is from the place asked for, in arcsec."""

    object: int
    name: str
    arcsec: float

    @property
    def words(self) -> str:
        """The distance, for a person."""
        if self.arcsec < 120:
            return f'{self.arcsec:.1f}"'
        return f"{self.arcsec / 60:.1f}'" if self.arcsec < 7200 else f"{self.arcsec / 3600:.1f}°"


def place(text: str) -> tuple[float, float]:
    """(RA, Dec) in degrees, ICRS, of two decimal numbers (degrees) or of anything else that astropy reads, RA in hours.

    Raises:
        UserError: it is no place.
    """
    parts = text.replace(",", " ").split()
    if len(parts) == 2:
        try:
            ra, dec = float(parts[0]), float(parts[1])
        except ValueError:
            pass
        else:
            if 0 <= ra <= 360 and -90 <= dec <= 90:
                return ra, dec
            raise UserError(f"{text}: RA lies in 0 … 360 degrees and Dec in -90 … 90")
    from astropy.coordinates import SkyCoord

    try:
        at = SkyCoord(" ".join(parts), unit=("hourangle", "deg"))
    except (ValueError, TypeError):
        raise UserError(
            f"{text}: no object is called so, and it is no place; write 150.1 2.2 or 10:00:24 +02:12:00"
        ) from None
    return float(at.ra.deg), float(at.dec.deg)


def nearest(opened: Opened, text: str, ctx: Context) -> Near:
    """On the io lane.

    Raises:
        UserError: the text is no place, or no object has one.
    """
    from sqlalchemy import select

    from astrolens_gui.core.labels.schema import objects

    ra, dec = place(text)
    every = select(objects.c.id, objects.c.name, objects.c.ra, objects.c.dec).where(objects.c.ra.is_not(None))
    near = every.where(objects.c.dec.between(dec - CLOSE_DEG, dec + CLOSE_DEG))

    def read(wanted: Select[Any]) -> list[tuple[int, str, float, float]]:
        with opened.store.database.read() as connection:
            return [tuple(row) for row in connection.execute(wanted).all()]  # type: ignore[misc]

    found = _nearest(opened.on_db(lambda: read(near)), ra, dec)
    if found is None or found.arcsec > CLOSE_DEG * 3600:  # one off in RA may be further than one off in Dec
        found = _nearest(opened.on_db(lambda: read(every)), ra, dec)
    if found is None:
        raise UserError(f"{opened.project.name}: no object has a place on the sky; go by name or number")
    return found


def _nearest(rows: list[tuple[int, str, float, float]], ra: float, dec: float) -> Near | None:
    """The nearest of (id, name, RA, Dec in degrees), by the haversine, exact for small distances (Sinnott 1984)."""
    if not rows:
        return None
    sky = np.deg2rad(np.array([row[2:] for row in rows], np.float64))
    a, d = np.deg2rad(ra), np.deg2rad(dec)
    half = np.sin((sky[:, 1] - d) / 2) ** 2 + np.cos(d) * np.cos(sky[:, 1]) * np.sin((sky[:, 0] - a) / 2) ** 2
    apart = 2 * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    at = int(np.argmin(apart))
    return Near(rows[at][0], rows[at][1], float(np.rad2deg(apart[at]) * 3600))
