"""Words and directions of the sky at a pixel: coordinates, value, north and east, scale; knows neither Qt nor files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

NO_DATA = "no data"
ROUND_STEPS = (1, 2, 5)


def format_value(value: float, unit: str = "") -> str:
    """A pixel value with five significant digits, whatever its size (1.2346e-11), and its unit; NaN is "no data"."""
    if not math.isfinite(value):
        return NO_DATA if math.isnan(value) else f"{value:+}"
    size = abs(value)
    text = f"{value:.4e}" if size and not 1e-3 <= size < 1e6 else f"{value:.5g}" if size < 1e5 else f"{value:.0f}"
    return f"{text} {unit}".rstrip()


def sexagesimal(lon_deg: float, lat_deg: float) -> tuple[str, str]:
    """(RA as hh:mm:ss.sss, Dec as ±dd:mm:ss.ss); rounding carries over, so that 60 seconds never appear."""
    ra_ms = round((lon_deg % 360.0) / 15.0 * 3_600_000) % 86_400_000
    dec_cs = round(abs(lat_deg) * 360_000)
    minutes, ms = divmod(ra_ms, 60_000)
    arcmin, cs = divmod(dec_cs, 6_000)
    ra = f"{minutes // 60:02d}:{minutes % 60:02d}:{ms // 1000:02d}.{ms % 1000:03d}"
    dec = f"{'-' if lat_deg < 0 else '+'}{arcmin // 60:02d}:{arcmin % 60:02d}:{cs // 100:02d}.{cs % 100:02d}"
    return ra, dec


def world(wcs: Any, x: float, y: float) -> tuple[float, float] | None:
    """(longitude, latitude) in degrees of 0-based pixel (x, y) by the full WCS; None where it has no solution."""
    try:
        lon, lat = (float(value) for value in wcs.pixel_to_world_values(x, y))
    except (
        Exception
    ):  # a projection may refuse a pixel in a dozen ways; for the readout all of them mean "no position here"
        return None
    return (lon, lat) if math.isfinite(lon) and math.isfinite(lat) else None


def frame_name(wcs: Any) -> str:
    """What to call the coordinates: "" for ICRS and FK5 J2000, else the frame's name ("FK4", "galactic", …)."""
    kind = getattr(getattr(wcs, "wcs", None), "lngtyp", "RA").strip()
    if kind != "RA":
        return {"GLON": "galactic", "ELON": "ecliptic", "SLON": "supergalactic"}.get(kind, kind)
    system = (getattr(wcs.wcs, "radesys", "") or "").strip()
    equinox = float(getattr(wcs.wcs, "equinox", math.nan))
    if system in {"", "ICRS"} or (system == "FK5" and (math.isnan(equinox) or equinox == 2000.0)):
        return ""
    return f"{system} {equinox:g}" if math.isfinite(equinox) else system


@dataclass(frozen=True)
class Compass:
    """Directions and scale around one pixel.

    Attributes:
        north, east: unit vectors in pixels (x to the right, y up); None where no WCS tells them.
        arcsec_per_pixel: length of a pixel's side on the sky.
    """

    north: tuple[float, float] | None
    east: tuple[float, float] | None
    arcsec_per_pixel: float


def compass(wcs: Any, pixel_scale: float | None, width: int, height: int) -> Compass | None:
    """North, east and scale at the centre of a width × height image; from the WCS, else the scale alone, else None."""
    found = _from_wcs(wcs, (width - 1) / 2, (height - 1) / 2) if wcs is not None else None
    if found is None and pixel_scale is not None and 0 < pixel_scale < math.inf:
        return Compass(None, None, float(pixel_scale))
    return found


def _from_wcs(wcs: Any, x: float, y: float) -> Compass | None:
    here, right, up = world(wcs, x, y), world(wcs, x + 1, y), world(wcs, x, y + 1)
    if here is None or right is None or up is None:
        return None
    # Jacobian: degrees of (east, north) on the sky per pixel of (x, y)
    cosine = math.cos(math.radians(here[1]))
    (a, c), (b, d) = (((_turn(p[0] - here[0]) * cosine), p[1] - here[1]) for p in (right, up))
    determinant = a * d - b * c
    if not determinant or not math.isfinite(determinant):
        return None
    east, north = _unit(d / determinant, -c / determinant), _unit(-b / determinant, a / determinant)
    return Compass(north, east, 3600.0 * math.sqrt(abs(determinant)))


def _turn(degrees: float) -> float:
    """A difference of longitudes, brought to -180..180."""
    return (degrees + 180.0) % 360.0 - 180.0


def _unit(x: float, y: float) -> tuple[float, float]:
    length = math.hypot(x, y)
    return (x / length, y / length)


def scale_bar(arcsec_per_screen_pixel: float, widest: float) -> tuple[float, str]:
    """(arcsec, label) of the longest bar of 1, 2 or 5 × 10^n ″, ′ or ° that is at most `widest` screen pixels long."""
    most = arcsec_per_screen_pixel * widest
    unit, mark = next(pair for pair in ((3600.0, "°"), (60.0, "′"), (1.0, "″")) if most >= pair[0] or pair[0] == 1.0)
    power = 10.0 ** math.floor(math.log10(most / unit))
    number = max(step * power for step in ROUND_STEPS if step * power <= most / unit * (1 + 1e-9))
    return number * unit, f"{number:g}{mark}"
