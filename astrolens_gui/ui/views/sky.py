"""Words and directions of the sky at a pixel: coordinates, value, north and east, scale; knows neither Qt nor files."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from astrolens_gui.core.measure.plate import Plate

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
    """(RA as hh:mm:ss.ssss, Dec as ±dd:mm:ss.sss), within a milliarcsecond; rounding carries over: 60 seconds never appear."""
    ra = round((lon_deg % 360.0) / 15.0 * 36_000_000) % 864_000_000
    dec = round(abs(lat_deg) * 3_600_000)
    minutes, seconds = divmod(ra, 600_000)
    arcmin, arcsec = divmod(dec, 60_000)
    right = f"{minutes // 60:02d}:{minutes % 60:02d}:{seconds // 10_000:02d}.{seconds % 10_000:04d}"
    sign = "-" if lat_deg < 0 else "+"
    return right, f"{sign}{arcmin // 60:02d}:{arcmin % 60:02d}:{arcsec // 1000:02d}.{arcsec % 1000:03d}"


@dataclass(frozen=True)
class Compass:
    """Directions and scale around one pixel.

    Attributes:
        north, east: unit vectors in pixels (x to the right, y up), of ICRS; None where no WCS tells them.
        arcsec_per_pixel: length of a pixel's side on the sky; where it is not square, the root of its area.
        jacobian: arcsec to the east and to the north per pixel: ((east of x, of y), (north of x, of y)).
    """

    north: tuple[float, float] | None
    east: tuple[float, float] | None
    arcsec_per_pixel: float
    jacobian: tuple[tuple[float, float], tuple[float, float]] | None = None

    def length(self, dx: float, dy: float) -> float:
        """Arcseconds on the sky that a step of (dx, dy) pixels is long."""
        if self.jacobian is None:
            return self.arcsec_per_pixel * math.hypot(dx, dy)
        (a, b), (c, d) = self.jacobian
        return math.hypot(a * dx + b * dy, c * dx + d * dy)

    @property
    def sides(self) -> tuple[float, float]:
        """Arcseconds of a pixel along x and along y."""
        return self.length(1.0, 0.0), self.length(0.0, 1.0)


def compass(
    wcs: Any, pixel_scale: float | None, width: int, height: int, at: tuple[float, float] | None = None
) -> Compass | None:
    """North, east and scale at pixel `at` (default: the centre) of a width × height image; where the WCS does not reach it, at
    the centre; without a WCS the scale alone, else None."""
    centre = ((width - 1) / 2, (height - 1) / 2)
    for place in (at, centre) if at is not None and at != centre else (centre,):
        found = _from_wcs(wcs, *place) if wcs is not None else None
        if found is not None:
            return found
    if pixel_scale is not None and 0 < pixel_scale < math.inf:
        return Compass(None, None, float(pixel_scale))
    return None


def _from_wcs(wcs: Any, x: float, y: float) -> Compass | None:
    patch = Plate(wcs).by_wcs(x, y)
    if patch is None:
        return None
    a, b, c, d = patch.to_sky.a, patch.to_sky.b, patch.to_sky.d, patch.to_sky.e
    hand = math.copysign(1.0, patch.to_sky.determinant)
    return Compass(_unit(-hand * b, hand * a), _unit(hand * d, -hand * c), patch.scale, ((a, b), (c, d)))


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
