"""Pixel to ICRS, fast enough for a moving pointer and equal to astropy's SkyCoord; knows no file and no screen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

ROTATED = ("FK5", "Galactic")
"""Frames that a rotation takes to ICRS; of others (FK4 with its terms of aberration) astropy transforms each position."""

NAMES = {"GLON": "galactic", "ELON": "ecliptic", "SLON": "supergalactic", "HLON": "helioecliptic"}


@dataclass(frozen=True)
class Celestial:
    """A WCS with the way to ICRS.

    Attributes:
        wcs: astropy's, celestial.
        frame: what the file's own coordinates are called; "" where they are ICRS.
        is_icrs: whether `icrs` gives ICRS; else (a frame that astropy cannot transform) it gives the file's own numbers.
    """

    wcs: Any
    frame: str
    is_icrs: bool
    _rotation: np.ndarray | None
    _astropy: Any

    @classmethod
    def of(cls, wcs: Any) -> Celestial | None:
        """For an astropy WCS or None; takes a second the first time in a process (astropy's coordinates are imported)."""
        if wcs is None:
            return None
        from astropy.wcs.utils import wcs_to_celestial_frame

        kind = wcs.wcs.lngtyp.strip()
        try:
            # astropy 7 takes ecliptic and supergalactic longitudes for right ascensions where RADESYS is set
            frame = wcs_to_celestial_frame(wcs) if kind in {"RA", "GLON"} else None
        except ValueError:
            frame = None
        if frame is None:
            return cls(wcs, NAMES.get(kind, kind or "unknown"), False, None, None)
        name = type(frame).__name__
        if name == "ICRS":
            return cls(wcs, "", True, None, None)
        equinox = getattr(frame, "equinox", None)
        epoch = "" if equinox is None else f"{equinox.byear:.6g}" if name.startswith("FK4") else f"{equinox.jyear:.6g}"
        title = "galactic" if name == "Galactic" else f"{name} {epoch}".strip()
        if name in ROTATED:
            return cls(wcs, title, True, _rotation(name, epoch), None)
        return cls(wcs, title, True, None, frame)

    def native(self, x: float, y: float) -> tuple[float, float] | None:
        """(longitude, latitude) in the file's own frame, degrees, of 0-based pixel (x, y); None where it has no solution."""
        return world(self.wcs, x, y)

    def icrs(self, x: float, y: float) -> tuple[float, float] | None:
        """(RA, Dec) in degrees of 0-based pixel (x, y); None where there is no solution."""
        here = self.native(x, y)
        if here is None:
            return None
        if self._rotation is not None:
            return rotated(self._rotation, *here)
        if self._astropy is not None:
            from astropy.coordinates import SkyCoord

            place = SkyCoord(*here, unit="deg", frame=self._astropy).icrs
            return float(place.ra.deg), float(place.dec.deg)
        return here


def world(wcs: Any, x: float, y: float) -> tuple[float, float] | None:
    """(longitude, latitude) in degrees of 0-based pixel (x, y) by the full WCS, whichever axis is which; None where it has no
    solution."""
    try:
        both = wcs.pixel_to_world_values(x, y)
        lon, lat = float(both[wcs.wcs.lng]), float(both[wcs.wcs.lat])
    except Exception:  # a projection may refuse a pixel in a dozen ways; all of them mean "no position here"
        return None
    return (lon, lat) if math.isfinite(lon) and math.isfinite(lat) else None


@lru_cache(maxsize=32)
def _rotation(name: str, epoch: str) -> np.ndarray:
    """The matrix from a frame's unit vectors to those of ICRS."""
    from astropy import coordinates

    kind = getattr(coordinates, name)
    frame = kind(equinox=f"J{epoch}") if epoch else kind()
    axes = coordinates.SkyCoord([0, 90, 0], [0, 0, 90], unit="deg", frame=frame).icrs
    return np.array(axes.cartesian.xyz.value)


def rotated(matrix: np.ndarray, lon_deg: float, lat_deg: float) -> tuple[float, float]:
    """Longitude 0..360 and latitude after a rotation of the sphere, degrees."""
    lon, lat = math.radians(lon_deg), math.radians(lat_deg)
    x, y, z = matrix @ (math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat))
    return math.degrees(math.atan2(y, x)) % 360.0, math.degrees(math.atan2(z, math.hypot(x, y)))
