"""The AB magnitude of one count in an image, from its header; knows no pixel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

MAGNITUDES = ("MAGZERO", "MAGZPT", "MAGZP", "ZP_STACK", "MAG_ZERO", "MAGZEROP", "PHOTZP", "ZEROPNT", "ZPAB", "ABZP")
"""Cards that hold the magnitude of one count, the first that is there counts: Euclid MER, NOAO pipelines, DES and PTF,
Euclid stacks, Pan-STARRS, CFHT, HSC/SDSS derivatives, AstroWISE (KiDS, whose 0 is meant: its counts are maggies)."""

ZERO_IS_MEANT = frozenset({"ZEROPNT"})
"""Elsewhere 0 is a card that nobody filled in."""

AB_OF_JANSKY = 8.90
"""-2.5 log10(1 Jy / 3631 Jy)."""

_PREFIXES = {"": 1.0, "m": 1e-3, "u": 1e-6, "μ": 1e-6, "µ": 1e-6, "n": 1e-9, "p": 1e-12, "k": 1e3, "M": 1e6}
_PREFIXES |= {"milli": 1e-3, "micro": 1e-6, "nano": 1e-9}
_PER_AREA = ("/sr", "sr-1", "/arcsec", "/pix", "/beam")


def zero_point(header: Any, *others: Any) -> float | None:
    """The AB magnitude of one count of the image, or None where the header does not say.

    Looked for in `header` and then in `others` (the file's primary header): the unit (Jy, uJy, nJy, nanomaggies,
    maggies), the calibrated magnitudes of MAGNITUDES, FLUXMAG0 (Rubin's and HSC's counts at magnitude 0), and HST's
    PHOTFLAM with PHOTPLAM. ABMAGLIM and its like are depths, not zero points. Counts of unequal exposures in the band
    would not show here: what the card says is believed.

    Args:
        header: anything with `get(key)`: our Header, astropy's, a dict.
    """
    for one in (header, *others):
        if one is None:
            continue
        found = _of_unit(one.get("BUNIT"))
        if found is None:
            found = _of_cards(one)
        if found is not None:
            return found
    return None


def _of_unit(unit: Any) -> float | None:
    """Of flux densities; a surface brightness (MJy/sr) or counts say nothing here."""
    if not isinstance(unit, str):
        return None
    text = unit.strip().replace(" ", "")
    if any(area in text.casefold() for area in _PER_AREA):
        return None
    for name, zero in (("maggies", 0.0), ("maggy", 0.0), ("mgy", 0.0), ("jansky", AB_OF_JANSKY), ("jy", AB_OF_JANSKY)):
        if text.casefold().endswith(name):
            prefix = text[: -len(name)]
            factor = _PREFIXES.get(prefix, _PREFIXES.get(prefix.casefold()))
            return zero - 2.5 * math.log10(factor) if factor else None
    return None


def _of_cards(header: Any) -> float | None:
    for key in MAGNITUDES:
        value = _number(header.get(key))
        if value is not None and (value > 0 or key in ZERO_IS_MEANT) and value < 60:
            return value
    counts = _number(header.get("FLUXMAG0"))
    if counts is not None and counts > 0:
        return 2.5 * math.log10(counts)
    flux, pivot = _number(header.get("PHOTFLAM")), _number(header.get("PHOTPLAM"))
    if flux is not None and pivot is not None and flux > 0 and pivot > 0:
        # ACS Data Handbook, section 5.1.1: from erg/s/cm2/A at the pivot wavelength to AB
        return -2.5 * math.log10(flux) - 5 * math.log10(pivot) - 2.408
    return None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def zero_points(planes: Sequence[Any]) -> list[float | None]:
    """Of planes (`api.Plane`): the headers of each file are read once; None where a file can't be read or does not say."""
    from .errors import ImageError
    from .headers import walk
    from .source import Source

    hdus: dict[str, Any] = {}
    found: list[float | None] = []
    for plane in planes:
        if plane.path not in hdus:
            try:
                with Source(plane.path) as source:
                    hdus[plane.path] = walk(source)
            except (ImageError, OSError):
                hdus[plane.path] = []
        there = hdus[plane.path]
        found.append(zero_point(there[plane.hdu].header, there[0].header) if plane.hdu < len(there) else None)
    return found
