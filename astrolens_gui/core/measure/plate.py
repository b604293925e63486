"""How an image's pixels lie on the sky: angles, directions and positions for every measurement; knows no pixel value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..images.celestial import Celestial
from ..images.geometry import Affine

ARCSEC = 3600.0


@dataclass(frozen=True)
class Span:
    """The way from one point to another.

    Attributes:
        length: in `unit`. unit: "arcsec", or "px" where nothing tells the scale.
        position_angle: degrees east of north, 0..360, at the first point; None where no WCS tells north.
        turn: degrees counter-clockwise from up, as the image is stored, 0..360.
    """

    length: float
    unit: str
    position_angle: float | None
    turn: float


@dataclass(frozen=True)
class Plate:
    """The sky behind an image: by its WCS, else by its pixel scale, else not at all.

    Attributes:
        wcs: a celestial astropy WCS of two axes, or None. Angles and positions are ICRS, whatever its own frame.
        pixel_scale: arcsec, where there is no WCS; None if unknown.
    """

    wcs: Any = None
    pixel_scale: float | None = None

    @property
    def unit(self) -> str:
        """ "arcsec", or "px" where nothing tells the scale."""
        known = self.wcs is not None or (self.pixel_scale is not None and 0 < self.pixel_scale < math.inf)
        return "arcsec" if known else "px"

    def sky(self, x: Any, y: Any) -> tuple[Any, Any] | None:
        """(longitude, latitude) in degrees of 0-based pixels, numbers or arrays: ICRS, or of the WCS's own frame where that has no
        way to ICRS; None where there is no WCS or no solution. Fast enough for a moving pointer."""
        celestial = Celestial.of(self.wcs)
        return None if celestial is None else celestial.icrs(x, y)

    def icrs(self, x: float, y: float) -> tuple[float, float] | None:
        """(RA, Dec) in degrees, ICRS, whatever the WCS's frame; None without one, or without a way there."""
        at = self.sky(x, y) if self.is_icrs else None
        return None if at is None else (float(at[0]), float(at[1]))

    @property
    def is_icrs(self) -> bool:
        """Whether positions and angles are those of ICRS."""
        celestial = Celestial.of(self.wcs)
        return celestial is not None and celestial.is_icrs

    def from_icrs(self, ra: float, dec: float) -> tuple[float, float] | None:
        """The inverse of `icrs`."""
        if not self.is_icrs:
            return None
        from astropy.coordinates import SkyCoord

        try:
            x, y = (float(v) for v in self.wcs.world_to_pixel(SkyCoord(ra, dec, unit="deg", frame="icrs")))
        except Exception:
            return None
        return (x, y) if math.isfinite(x) and math.isfinite(y) else None

    def span(self, x0: float, y0: float, x1: float, y1: float) -> Span:
        """From one pixel to another: the great circle by the WCS, else the scale, else pixels."""
        turn = math.degrees(math.atan2(-(x1 - x0), y1 - y0)) % 360.0
        start, end = self.sky(x0, y0), self.sky(x1, y1)
        if start is not None and end is not None:
            return Span(ARCSEC * separation(*start, *end), "arcsec", bearing(*start, *end), turn)
        pixels = math.hypot(x1 - x0, y1 - y0)
        if self.pixel_scale and math.isfinite(self.pixel_scale):
            return Span(pixels * self.pixel_scale, "arcsec", None, turn)
        return Span(pixels, "px", None, turn)

    def around(self, x: float, y: float) -> Patch:
        """The sky close to a pixel, flat: what stamps, circles and profiles are measured on."""
        found = self.by_wcs(x, y)
        if found is not None:
            return found
        scale = self.pixel_scale if self.pixel_scale and math.isfinite(self.pixel_scale) else None
        step = scale or 1.0
        # Nothing tells north: "up" stands in for it, and "left" for east, as on an image with north up.
        return Patch(Affine(-step, 0.0, step * x, 0.0, step, -step * y), "arcsec" if scale else "px", False)

    def by_wcs(self, x: float, y: float) -> Patch | None:
        """The Jacobian of the gnomonic offsets about (x, y), by differences over half a pixel each way; None where the WCS tells
        none."""
        h = 0.5
        corners = self.sky(np.array([x, x + h, x - h, x, x]), np.array([y, y, y, y + h, y - h]))
        if corners is None:
            return None
        lon, lat = (np.asarray(values, float) for values in corners)
        east, north = tangent(lon[0], lat[0], lon, lat)
        a, b = east[1] - east[2], east[3] - east[4]
        d, e = north[1] - north[2], north[3] - north[4]
        if not math.isfinite(a * e - b * d) or a * e == b * d:
            return None
        a, b, d, e = (float(v) for v in (a, b, d, e))
        return Patch(Affine(a, b, -a * x - b * y, d, e, -d * x - e * y), "arcsec", True)


@dataclass(frozen=True)
class Patch:
    """A piece of sky taken as flat about one pixel.

    Attributes:
        to_sky: pixel (x, y) → (east, north) of the centre, in `unit`.
        unit: "arcsec" or "px". oriented: whether a WCS tells north; else "north" is up and "east" is left.
    """

    to_sky: Affine
    unit: str
    oriented: bool

    @property
    def to_pixel(self) -> Affine:
        return self.to_sky.inverse

    def within(self, x0: int, y0: int) -> Patch:
        """The same for the pixels of a window that begins at (x0, y0) of the image."""
        a, b, d, e = self.to_sky.a, self.to_sky.b, self.to_sky.d, self.to_sky.e
        c, f = self.to_sky(x0, y0)
        return Patch(Affine(a, b, c, d, e, f), self.unit, self.oriented)

    @property
    def scale(self) -> float:
        """`unit` per pixel: the root of a pixel's area."""
        return math.sqrt(abs(self.to_sky.determinant))

    def radius(self, x: Any, y: Any) -> Any:
        """Distance from the centre, in `unit`."""
        return np.hypot(*self.to_sky(x, y))

    def at(self, radius: Any, position_angle: Any) -> tuple[Any, Any]:
        """Pixel (x, y) at a radius (`unit`) and a position angle (degrees east of north)."""
        angle = np.radians(position_angle)
        return self.to_pixel(radius * np.sin(angle), radius * np.cos(angle))

    def direction(self, dx: float, dy: float) -> float:
        """Position angle, 0..180 degrees, of an axis along (dx, dy) in pixels."""
        east, north = self.to_sky(dx, dy)[0] - self.to_sky(0, 0)[0], self.to_sky(dx, dy)[1] - self.to_sky(0, 0)[1]
        return math.degrees(math.atan2(east, north)) % 180.0


def separation(lon0: Any, lat0: Any, lon1: Any, lat1: Any) -> Any:
    """Great-circle distance in degrees, of degrees; stable at every distance (Vincenty 1975, on the sphere)."""
    lon0, lat0, lon1, lat1 = (np.radians(v) for v in (lon0, lat0, lon1, lat1))
    turn = lon1 - lon0
    across = np.cos(lat1) * np.sin(turn)
    down = np.cos(lat0) * np.sin(lat1) - np.sin(lat0) * np.cos(lat1) * np.cos(turn)
    along = np.sin(lat0) * np.sin(lat1) + np.cos(lat0) * np.cos(lat1) * np.cos(turn)
    return np.degrees(np.arctan2(np.hypot(across, down), along))


def bearing(lon0: float, lat0: float, lon1: float, lat1: float) -> float:
    """Position angle of the second point as seen from the first, degrees east of north, 0..360."""
    lon0, lat0, lon1, lat1 = (math.radians(v) for v in (lon0, lat0, lon1, lat1))
    turn = lon1 - lon0
    across = math.cos(lat1) * math.sin(turn)
    up = math.cos(lat0) * math.sin(lat1) - math.sin(lat0) * math.cos(lat1) * math.cos(turn)
    return math.degrees(math.atan2(across, up)) % 360.0


def tangent(lon0: float, lat0: float, lon: Any, lat: Any) -> tuple[Any, Any]:
    """(east, north) in arcsec of positions on the plane that touches the sphere at (lon0, lat0) (gnomonic)."""
    turn, lat0, lat = np.radians(lon - lon0), np.radians(lat0), np.radians(lat)
    along = np.sin(lat0) * np.sin(lat) + np.cos(lat0) * np.cos(lat) * np.cos(turn)
    east = np.cos(lat) * np.sin(turn) / along
    north = (np.cos(lat0) * np.sin(lat) - np.sin(lat0) * np.cos(lat) * np.cos(turn)) / along
    return np.degrees(east) * ARCSEC, np.degrees(north) * ARCSEC
