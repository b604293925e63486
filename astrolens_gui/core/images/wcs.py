"""Where on the sky an image lies: pixel scale and centre from the cards alone, the full WCS through astropy when asked for."""

from __future__ import annotations

import math
import re
from typing import Any

from .headers import Header

_UNITS = {
    "": 1.0,
    "deg": 1.0,
    "degree": 1.0,
    "degrees": 1.0,
    "arcsec": 1 / 3600,
    "arcmin": 1 / 60,
    "rad": 180 / math.pi,
    "mas": 1 / 3.6e6,
}
_CELESTIAL = re.compile(r"(RA--|DEC-|GLON|GLAT|ELON|ELAT)-?(?:[A-Z]{3})?")
_SCALE_KEYS = ("PIXSCALE", "PIXSCAL1", "SECPIX", "SECPIX1", "PIXELSCL", "PIXSIZE")
_RANGE_ARCSEC = (1e-4, 36000.0)
"""Pixel scales outside of it are mistakes."""

_PLAIN = ("CTYPE", "CUNIT", "CRPIX", "CRVAL", "CDELT", "CROTA")
_OTHER = ("LONPOLE", "LATPOLE", "RADESYS", "RADECSYS", "EQUINOX", "EPOCH", "MJD-OBS", "DATE-OBS")
"""RADECSYS is RADESYS before the standard of 2002, and still written."""

_DISTORTION = re.compile(r"(PV[12]_\d{1,2}|(A|B|AP|BP)_(ORDER|\d_\d)|[AB]_DMAX)")
_PIECES = re.compile(r"WAT[12]_\d{3}")
"""IRAF's distortion (TNX, ZPX) lies in pieces of one text, whose blanks at the ends count: copied letter for letter."""


def _matrix(header: Header) -> tuple[float, float, float, float] | None:
    """The 2 x 2 matrix from pixels to degrees (CD, else PC or CROTA2 with CDELT); None if the header gives no scale."""
    units = [_UNITS.get(header.text(f"CUNIT{n}").casefold(), 1.0) for n in (1, 2)]
    if any(f"CD{i}_{j}" in header for i in (1, 2) for j in (1, 2)):
        cd = [header.number(f"CD{i}_{j}", 0.0) or 0.0 for i in (1, 2) for j in (1, 2)]
    else:
        step = [header.number(f"CDELT{n}") for n in (1, 2)]
        if step[0] is None or step[1] is None:
            return None
        pc = [header.number(f"PC{i}_{j}") for i in (1, 2) for j in (1, 2)]
        if any(p is not None for p in pc):
            one = (1.0, 0.0, 0.0, 1.0)
            pc = [one[n] if p is None else p for n, p in enumerate(pc)]
        else:
            angle = math.radians(header.number("CROTA2", 0.0) or 0.0)
            ratio = step[1] / step[0] if step[0] else 0.0
            inverse = 1 / ratio if ratio else 0.0
            pc = [math.cos(angle), -math.sin(angle) * ratio, math.sin(angle) * inverse, math.cos(angle)]
        cd = [step[0] * pc[0], step[0] * pc[1], step[1] * pc[2], step[1] * pc[3]]  # type: ignore[operator]
    a, b, c, d = (cd[0] * units[0], cd[1] * units[0], cd[2] * units[1], cd[3] * units[1])
    return (a, b, c, d) if all(math.isfinite(v) for v in (a, b, c, d)) else None


def _is_celestial(header: Header) -> bool:
    types = [header.text(f"CTYPE{n}").upper() for n in (1, 2)]
    return all(_CELESTIAL.match(t) for t in types) and types[0][:4] != types[1][:4]


def pixel_scale(header: Header) -> float | None:
    """arcsec per pixel: the root of the pixel's area by the WCS, else by bare CD/CDELT, else PIXSCALE and its like; None if unknown."""
    matrix = _matrix(header)
    if matrix is not None and (_is_celestial(header) or not (header.text("CTYPE1") or matrix == (1.0, 0.0, 0.0, 1.0))):
        a, b, c, d = matrix
        scale = 3600 * math.sqrt(abs(a * d - b * c))
        # CDELT = 1 and the like is a default that nobody set, not a degree a pixel
        if _RANGE_ARCSEC[0] <= scale <= _RANGE_ARCSEC[1] and (_is_celestial(header) or abs(a) != 1.0):
            return scale
    for key in _SCALE_KEYS:
        scale = header.number(key) or 0.0
        if _RANGE_ARCSEC[0] <= abs(scale) <= _RANGE_ARCSEC[1]:
            return abs(scale)
    return None


def problem(header: Header) -> str:
    """Why the header's WCS can't be used, as one sentence; "" where it can, or where there is none at all."""
    types = [header.text(f"CTYPE{n}") for n in (1, 2)]
    if not any(types):
        return ""
    if not _is_celestial(header):
        return f"the WCS is not of the sky (CTYPE {types[0]}, {types[1]})"
    for key in ("CRPIX1", "CRPIX2", "CRVAL1", "CRVAL2"):
        if header.number(key) is None:
            return f"the WCS has no usable {key}"
    matrix = _matrix(header)
    if matrix is None:
        return "the WCS has neither a CD matrix nor CDELT1 and CDELT2"
    a, b, c, d = matrix
    scale = 3600 * math.sqrt(abs(a * d - b * c))
    if scale == 0:
        return "the WCS matrix is singular"
    if not _RANGE_ARCSEC[0] <= scale <= _RANGE_ARCSEC[1]:
        return f"the WCS gives {scale:.3g} arcsec a pixel"
    if types[0][:2].upper() == "RA" and not -90 <= (header.number("CRVAL2") or 0.0) <= 90:
        return f"the WCS puts the declination at {header.number('CRVAL2'):g} degrees"
    orders = [header.integer(key, 0) or 0 for key in ("A_ORDER", "B_ORDER", "AP_ORDER", "BP_ORDER")]
    if any(not 0 <= order <= 9 for order in orders):
        return "the WCS has a distortion of an order above 9"
    return ""


_BENT = re.compile(rb"PV[12]_|[AB]P?_ORDER|[AB]_DMAX|WAT[12]_|D2IM|CPDIS|DP[12]")
_GRID = (
    *(f"{key}{n}" for key in _PLAIN for n in (1, 2)),
    *(f"{key}{n}_{m}" for key in ("CD", "PC") for n in (1, 2) for m in (1, 2)),
    *(key for key in _OTHER if key not in {"MJD-OBS", "DATE-OBS"}),  # each band has its own night
)


def numbers(header: Header) -> tuple[Any, ...] | None:
    """What the pixels' places on the sky depend on, to be compared without astropy; None of a header with a distortion."""
    return None if _BENT.search(header.raw) else tuple(header.get(key) for key in _GRID)


def has_wcs(header: Header) -> bool:
    return _is_celestial(header) and not problem(header)


def build(header: Header) -> Any:
    """The celestial astropy WCS of the image's first two axes, or None. Only checked cards reach astropy."""
    if not has_wcs(header):
        return None
    import warnings

    from astropy.io.fits import Card
    from astropy.io.fits import Header as Cards
    from astropy.wcs import WCS

    cards = Cards()
    for n in (1, 2):
        for key in _PLAIN:
            _copy(header, cards, f"{key}{n}")
        for m in (1, 2):
            _copy(header, cards, f"CD{n}_{m}")
            _copy(header, cards, f"PC{n}_{m}")
    for key in _OTHER:
        _copy(header, cards, key)
    for key in header.keys():  # noqa: SIM118
        if _DISTORTION.fullmatch(key):
            _copy(header, cards, key)
        elif _PIECES.fullmatch(key):
            cards.append(Card.fromstring(header.card(key)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wcs = WCS(cards, naxis=2)
            sky = wcs.celestial if wcs.has_celestial else None
            if sky is None or not all(math.isfinite(v) for v in sky.pixel_to_world_values(0.0, 0.0)):
                return None
            return sky
    except Exception:
        return None


def _copy(header: Header, cards: Any, key: str) -> None:
    value = header.get(key)
    if isinstance(value, str):
        value = "".join(c for c in value if " " <= c <= "~")
    if value is not None and not (isinstance(value, float) and not math.isfinite(value)):
        cards[key] = value


def centre(header: Header, shape: tuple[int, int]) -> tuple[float, float] | None:
    """(RA, Dec) of the image's centre in degrees, or None; plain TAN without astropy (0.02 ms instead of 2), the rest with it."""
    if not has_wcs(header):
        return None
    x, y = (shape[1] - 1) / 2, (shape[0] - 1) / 2
    types = [header.text(f"CTYPE{n}").upper() for n in (1, 2)]
    matrix = _matrix(header)
    plain = types == ["RA---TAN", "DEC--TAN"] and "LONPOLE" not in header and "LATPOLE" not in header
    # FK5 at J2000 is ICRS within 0.03 arcsec; older frames need astropy
    plain = plain and (header.text("RADESYS") or header.text("RADECSYS")).upper() in {"", "ICRS", "FK5"}
    plain = plain and (header.number("EQUINOX") or header.number("EPOCH") or 2000.0) == 2000.0
    if plain and matrix is not None and not any(_DISTORTION.fullmatch(key) for key in header.keys()):  # noqa: SIM118
        return _tan(header, matrix, x, y)
    sky = build(header)
    if sky is None:
        return None
    try:
        from astropy.coordinates import SkyCoord

        at = SkyCoord(sky.pixel_to_world(x, y)).icrs
        ra, dec = float(at.ra.deg), float(at.dec.deg)
    except Exception:
        return None
    return (ra, dec) if math.isfinite(ra) and math.isfinite(dec) else None


def _tan(header: Header, matrix: tuple[float, float, float, float], x: float, y: float) -> tuple[float, float] | None:
    """The gnomonic deprojection (Calabretta & Greisen 2002, section 5.1.3)."""
    a, b, c, d = matrix
    ra0, dec0 = (math.radians(header.number(key) or 0.0) for key in ("CRVAL1", "CRVAL2"))
    dx, dy = x + 1 - (header.number("CRPIX1") or 0.0), y + 1 - (header.number("CRPIX2") or 0.0)
    xi, eta = math.radians(a * dx + b * dy), math.radians(c * dx + d * dy)
    down = math.cos(dec0) - eta * math.sin(dec0)
    ra = ra0 + math.atan2(xi, down)
    dec = math.atan2(math.sin(dec0) + eta * math.cos(dec0), math.hypot(xi, down))
    result = math.degrees(ra) % 360.0, math.degrees(dec)
    return result if all(math.isfinite(v) for v in result) else None
