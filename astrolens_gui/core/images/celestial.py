"""Pixel to ICRS, fast enough for a moving pointer and equal to astropy's SkyCoord; knows no file and no screen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

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
    _turn: Turn | None = None

    @classmethod
    def of(cls, wcs: Any) -> Celestial | None:
        """For an astropy WCS or None; takes a second the first time in a process (astropy's coordinates are imported)."""
        return None if wcs is None else _celestial(wcs)

    def native(self, x: float, y: float) -> tuple[float, float] | None:
        """(longitude, latitude) in the file's own frame, degrees, of 0-based pixel (x, y); None where it has no solution."""
        return world(self.wcs, x, y)

    def icrs(self, x: Any, y: Any) -> tuple[Any, Any] | None:
        """(RA, Dec) in degrees of 0-based pixels, numbers or arrays; None where one of them has no solution."""
        here = world(self.wcs, x, y)
        return here if here is None or self._turn is None else self._turn(*here)


@dataclass(frozen=True)
class Turn:
    """From the unit vectors of a frame to those of ICRS.

    Attributes:
        matrix: (3, 3).
        aberration: (3,), the elliptic terms that positions of FK4 hold, taken off before; zeros in other frames.
    """

    matrix: np.ndarray
    aberration: np.ndarray

    @classmethod
    def of(cls, frame: Any) -> Turn:
        """For an astropy frame, as astropy turns its axes."""
        from astropy import coordinates

        axes = coordinates.CartesianRepresentation(np.eye(3))
        aberration = np.zeros(3)
        if isinstance(frame, coordinates.FK4):
            mean = coordinates.FK4NoETerms(equinox=frame.equinox, obstime=frame.obstime)
            bent = frame.realize_frame(axes).transform_to(mean).cartesian.xyz.value
            # r - A + (A·r) r, which is (1, -A_y, -A_z) times its length for the x axis, (-A_x, 1, -A_z) for the y axis
            aberration = -np.array([bent[0, 1] / bent[1, 1], bent[1, 0] / bent[0, 0], bent[2, 0] / bent[0, 0]])
            frame = mean
        turned = frame.realize_frame(axes).transform_to(coordinates.ICRS())
        return cls(np.array(turned.cartesian.xyz.value), aberration)

    def __call__(self, lon_deg: Any, lat_deg: Any) -> tuple[Any, Any]:
        """RA (0..360) and Dec of longitudes and latitudes, degrees, numbers or arrays."""
        lon, lat = np.radians(lon_deg), np.radians(lat_deg)
        r = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
        r = r * (1.0 + self.aberration @ r) - self.aberration.reshape(3, *[1] * (r.ndim - 1))
        x, y, z = self.matrix @ r
        return np.degrees(np.arctan2(y, x)) % 360.0, np.degrees(np.arctan2(z, np.hypot(x, y)))


@lru_cache(maxsize=64)
def _celestial(wcs: Any) -> Celestial:
    from astropy.wcs.utils import wcs_to_celestial_frame

    kind = wcs.wcs.lngtyp.strip()
    try:
        # astropy 7 takes ecliptic and supergalactic longitudes for right ascensions where RADESYS is set
        frame = wcs_to_celestial_frame(wcs) if kind in {"RA", "GLON"} else None
    except ValueError:
        frame = None
    if frame is None:
        return Celestial(wcs, NAMES.get(kind, kind or "unknown"), False)
    name = type(frame).__name__
    if name == "ICRS":
        return Celestial(wcs, "", True)
    equinox = getattr(frame, "equinox", None)
    epoch = "" if equinox is None else f"{equinox.byear:.6g}" if name.startswith("FK4") else f"{equinox.jyear:.6g}"
    title = "galactic" if name == "Galactic" else f"{name} {epoch}".strip()
    return Celestial(wcs, title, True, Turn.of(frame))


def world(wcs: Any, x: Any, y: Any) -> tuple[Any, Any] | None:
    """(longitude, latitude) in degrees of 0-based pixels, numbers or arrays, by the full WCS, whichever axis is which; None where
    one of them has no solution."""
    try:
        both = wcs.pixel_to_world_values(x, y)
        lon, lat = (np.asarray(both[axis], float)[()] for axis in (wcs.wcs.lng, wcs.wcs.lat))
    except Exception:  # a projection may refuse a pixel in a dozen ways; all of them mean "no position here"
        return None
    return (lon, lat) if np.isfinite(lon).all() and np.isfinite(lat).all() else None
