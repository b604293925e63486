"""Which band a header, an extension's name or a folder means, and which extensions are not science; knows no pixel.

The names are data: `resources/bands.toml`. Bands have names, never positions.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from .headers import Header

_NUMBERED = re.compile(r"(?:F|NB|IB|IA)([0-9]{3,4})")
_SEPARATOR = re.compile(r"[\s_\-.:/,+]+")


@dataclass(frozen=True, eq=False)
class Aliases:
    """The tables of `bands.toml`; keys of `aliases` and `instruments` are casefolded."""

    known: frozenset[str]
    shown_first: tuple[str, ...]
    patterns: re.Pattern[str]
    none: frozenset[str]
    image_words: frozenset[str]
    not_science: frozenset[str]
    not_science_exact: frozenset[str]
    instruments: Mapping[str, tuple[str, ...]]
    aliases: Mapping[str, str]
    wavelengths: Mapping[str, float]


@lru_cache(maxsize=1)
def aliases() -> Aliases:
    """The program's table, read once."""
    table = tomllib.loads(files("astrolens_resources").joinpath("bands.toml").read_text(encoding="utf-8"))
    return Aliases(
        known=frozenset(table["known"]),
        shown_first=tuple(table["shown_first"]),
        patterns=re.compile("|".join(f"(?:{p})" for p in table["patterns"]), re.IGNORECASE),
        none=frozenset(table["none"]),
        image_words=frozenset(table["image_words"]),
        not_science=frozenset(table["not_science"]),
        not_science_exact=frozenset(table["not_science_exact"]),
        instruments={name.casefold(): tuple(bands) for name, bands in table["instruments"].items()},
        aliases={_fold(name): band for name, band in table["aliases"].items()},
        wavelengths={name: float(um) for name, um in table["wavelengths"].items()},
    )


def shown_first(bands: Sequence[str], wanted: str = "") -> int:
    """The place in `bands` of the one to show: the wanted one, else the best for looking at, else the first."""
    names = (wanted, *aliases().shown_first) if wanted else aliases().shown_first
    return next((bands.index(name) for name in names if name in bands), 0)


def wavelength(name: str) -> float | None:
    """Pivot wavelength of a band in micrometres, also of one called by a longer name ("HSC_g", "r 2"); None if unknown."""
    table = aliases()
    band = known_band(name) or known_band(name.rsplit(" ", 1)[0])
    if band in table.wavelengths:
        return table.wavelengths[band]
    found = _NUMBERED.match(band)
    if not found:
        return None
    number = int(found[1])
    return number / 100 if number < 200 or number >= 1000 else number / 1000


def reddest_first(names: Sequence[str]) -> list[str]:
    """The bands in falling wavelength; those of unknown wavelength stand where they stood among the others of the file.

    Where no band is known the last counts as the reddest, as nearly every cube is written.
    """
    known = {name: um for name in names if (um := wavelength(name)) is not None}
    if not known:
        return list(reversed(names))
    order = iter(sorted(known, key=lambda name: -known[name]))
    return [next(order) if name in known else name for name in names]


def _fold(name: str) -> str:
    return "_".join(word for word in _SEPARATOR.split(name.casefold()) if word)


def passed_over(given: Sequence[str], names: Sequence[str]) -> str:
    """Why names given for planes without one (`--bands`) were not taken; "" where the planes are all called so, or none are given.

    Args:
        names: of the planes as they are called now, "" for one without.
    """
    if not given or (set(given) <= set(names) and all(names)):
        return ""
    unnamed = sum(not name for name in names)
    own = ", ".join(name for name in names if name)
    parts = [f"the band{'s' if ', ' in own else ''} {own}"] if own else []
    parts += [_planes(unnamed)] if unnamed else []
    remedy = f"give {unnamed}, or leave it out" if unnamed else "leave it out"
    return f"it has {' and '.join(parts)}, and --bands {','.join(given)} is for {_planes(len(given))}; {remedy}"


def _planes(count: int) -> str:
    return f"{count} plane{'' if count == 1 else 's'} without a name"


@lru_cache(maxsize=4096)
def known_band(name: str, table: Aliases | None = None) -> str:
    """The band that `name` means ("NIR_Y_FLUX" → "Y", "HSC_g" → "g", "F814W" → "F814W"); "" if it is none that we know."""
    table = table or aliases()
    name = name.strip()
    if name in table.known:
        return name
    if alias := table.aliases.get(_fold(name)):
        return alias
    words = [word for word in _SEPARATOR.split(name) if word and word.casefold() not in table.image_words]
    if alias := table.aliases.get(_fold(" ".join(words))):
        return alias
    if len(words) > 1:
        choices = table.instruments.get(words[0].casefold(), ())
        for choice in choices:
            if words[1] == choice or (words[1].casefold() == choice.casefold() and len(words) == 2):
                return choice
    if len(words) == 1:
        if words[0] in table.known:
            return words[0]
        alike = [band for band in table.known if band.casefold() == words[0].casefold()]
        if len(alike) == 1:
            return alike[0]
    for word in words:
        if table.patterns.fullmatch(word):
            return word.upper()
    return ""


def filter_band(value: str, table: Aliases | None = None) -> str:
    """The band of a FILTER or BAND card: a known one, also as its first word, else the first word as it stands; "" for clear."""
    table = table or aliases()
    value = value.strip()
    if not value or _fold(value) in table.none or value.casefold() in table.none:
        return ""
    if band := known_band(value, table):
        return band
    first = value.split()[0]
    return known_band(first, table) or ("" if first.casefold() in table.none else first)


def header_band(header: Header, table: Aliases | None = None) -> tuple[str, str]:
    """(band, the name as the header gives it) from FILTER, BAND, or the one of FILTER1/FILTER2 that is not clear; else ("", "")."""
    table = table or aliases()
    for key in ("FILTER", "BAND"):
        if band := filter_band(value := header.text(key), table):
            return band, value.split()[0]
    pair = [value for key in ("FILTER1", "FILTER2") if filter_band(value := header.text(key), table)]
    return (filter_band(pair[0], table), pair[0].split()[0]) if len(pair) == 1 else ("", "")


def band_of(header: Header, extname: str = "", folder: str = "", table: Aliases | None = None) -> tuple[str, str]:
    """(band, full name) of an image: FILTER or BAND, then EXTNAME, then the folder, the latter two only if known.

    The full name ("MEGACAM_r") keeps bands apart that would share a name in one file; ("", "") where nothing names a band.
    """
    table = table or aliases()
    band, full = header_band(header, table)
    if band:
        return band, full
    if band := known_band(extname, table):
        words = [word for word in extname.split("_") if word.casefold() not in table.image_words]
        return band, "_".join(words) or band
    if band := folder_band(folder, table):
        return band, folder
    return "", ""


def folder_band(name: str, table: Aliases | None = None) -> str:
    """The band a folder is named for; stricter than an extension: single letters count only in their own case."""
    table = table or aliases()
    if len(name) == 1:
        return name if name in table.known else ""
    return known_band(name, table)


def not_science(extname: str, table: Aliases | None = None) -> str:
    """The word of an extension's name that says it is a PSF, a weight, a mask, …; "" for science."""
    table = table or aliases()
    folded = extname.strip().casefold()
    if folded in table.not_science_exact:
        return folded
    words = [word for word in _SEPARATOR.split(folded) if word]
    for word in words:
        bare = word.rstrip("0123456789")
        if word in table.not_science or bare in table.not_science:
            return word
        for known in table.not_science:
            if len(known) >= 5 and known in word:
                return known
    return ""


def apart(names: list[tuple[str, str, str]]) -> list[str]:
    """Unique band names for the planes of one file, from (band, full name, extension's title) each; "" stays "".

    A band that comes twice is called by its full name (MEGACAM_r and HSC_r instead of r and r); where that comes twice as well
    (two detectors in one filter), by band and extension ("z N2", "z N3").
    """
    result = [band for band, _, _ in names]
    for attempt in (lambda n: n[1], lambda n: f"{n[0]} {n[2]}"):
        twice = {band for band in result if band and result.count(band) > 1}
        result = [attempt(n) if band in twice else band for band, n in zip(result, names, strict=True)]
    return result
