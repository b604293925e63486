"""Links out as data: web addresses with places for a position and a name; opens nothing, and knows no project and no widget."""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..api import UserError

FILE = "links.toml"
"""In the settings folder: the person's own links."""

_PLACE = re.compile(r"\{([^{}]*)\}")
_SKY = frozenset(("ra", "dec", "ra_hms", "dec_dms"))
_KNOWN = _SKY | {"name", "radius", "radius_arcmin", "fov", "zoom"}
_TILE_PX, _SHOWN_PX = 256, 800
"""Pixels of a web map's tile, and about the width of the browser's window."""


@dataclass(frozen=True)
class Target:
    """Where a link leads. `ra` and `dec` in degrees (ICRS), None where the object has no place on the sky.

    Attributes:
        radius_arcsec: how far to search; also what the view shows, three times as wide.
    """

    name: str
    ra: float | None = None
    dec: float | None = None
    radius_arcsec: float = 10.0

    @property
    def placed(self) -> bool:
        return self.ra is not None and self.dec is not None

    @property
    def degrees(self) -> str:
        """ "150.116321 +2.205830", or "" where there is no place."""
        return f"{self.ra:.6f} {self.dec:+.6f}" if self.placed else ""

    @property
    def sexagesimal(self) -> str:
        """ "10:00:27.917 +02:12:20.99", or "" where there is no place."""
        return " ".join(sexagesimal(self.ra, self.dec)) if self.ra is not None and self.dec is not None else ""


@dataclass(frozen=True)
class Link:
    """One page: `url` with places in braces, `title` as the menu shows it, `tip` for the tooltip."""

    id: str
    title: str
    url: str
    tip: str = ""

    @property
    def needs_sky(self) -> bool:
        return bool(set(_PLACE.findall(self.url)) & _SKY)

    def to(self, target: Target) -> str:
        """The address for this target.

        Raises:
            UserError: it needs a position, and the target has none.
        """
        values = {"name": target.name, **_sizes(target.radius_arcsec)}
        if target.ra is not None and target.dec is not None:
            ra_hms, dec_dms = sexagesimal(target.ra, target.dec)
            values |= {"ra": f"{target.ra % 360.0:.6f}", "dec": f"{target.dec:+.6f}"}
            values |= {"ra_hms": ra_hms, "dec_dms": dec_dms}
        elif self.needs_sky:
            raise UserError(
                f"{target.name} has no place on the sky for {self.title}; import it with RA and Dec, or an image with a WCS"
            )
        return _PLACE.sub(lambda found: quote(values[found[1]], safe=""), self.url)


def _sizes(radius_arcsec: float) -> dict[str, str]:
    fov = 3.0 * radius_arcsec / 3600.0
    zoom = math.log2(360.0 * _SHOWN_PX / (_TILE_PX * fov))
    return {
        "radius": f"{radius_arcsec:.4g}",
        "radius_arcmin": f"{radius_arcsec / 60.0:.4g}",
        "fov": f"{fov:.6f}",
        "zoom": str(min(max(math.floor(zoom), 1), 16)),
    }


def sexagesimal(ra: float, dec: float) -> tuple[str, str]:
    """(hh:mm:ss.sss, ±dd:mm:ss.ss) of degrees; rounding carries over, so that 60 seconds never appear."""
    ms = round((ra % 360.0) / 15.0 * 3_600_000) % 86_400_000
    cs = round(abs(dec) * 360_000)
    minutes, ms = divmod(ms, 60_000)
    arcmin, cs = divmod(cs, 6_000)
    sign = "-" if dec < 0 else "+"
    return (
        f"{minutes // 60:02d}:{minutes % 60:02d}:{ms // 1000:02d}.{ms % 1000:03d}",
        f"{sign}{arcmin // 60:02d}:{arcmin % 60:02d}:{cs // 100:02d}.{cs % 100:02d}",
    )


def load_links(folder: Path | None = None) -> tuple[list[Link], list[str]]:
    """The links there are, shipped and from `folder`/links.toml, and one sentence for each that can't be used."""
    shipped = files("astrolens_resources").joinpath(FILE).read_text(encoding="utf-8")
    links, problems = parse(shipped, FILE)
    own = folder / FILE if folder is not None else None
    if own is not None and own.is_file():
        try:
            more, wrong = parse(own.read_text(encoding="utf-8"), str(own))
        except (OSError, UnicodeDecodeError) as error:
            more, wrong = [], [f"{own}: the links cannot be read ({error}); save the file as UTF-8 text"]
        found = {link.id: link for link in [*links, *more]}
        links, problems = list(found.values()), problems + wrong
    return links, problems


def parse(text: str, where: str) -> tuple[list[Link], list[str]]:
    """The links of a TOML text; `where` names the file in the sentences. One bad entry leaves the others standing."""
    try:
        entries = tomllib.loads(text).get("links", [])
    except tomllib.TOMLDecodeError as error:
        return [], [f"{where}: not valid TOML ({error})"]
    if not isinstance(entries, list):
        return [], [f"{where}: links must be written as [[links]] tables"]
    links: dict[str, Link] = {}
    problems = []
    for number, entry in enumerate(entries, 1):
        wrong = _wrong(entry)
        if not wrong and entry["id"] in links:
            wrong = f"the id {entry['id']!r} is used twice; give each its own"
        if wrong:
            called = entry.get("id") if isinstance(entry, dict) else None
            problems.append(f"{where}: link {called or number}: {wrong}")
        else:
            links[entry["id"]] = Link(entry["id"], entry["title"], entry["url"], str(entry.get("tip", "")))
    return list(links.values()), problems


def _wrong(entry: Any) -> str:
    """Why an entry is no link; "" for a good one."""
    if not isinstance(entry, dict):
        return "it must be a [[links]] table"
    for name in ("id", "title", "url"):
        if not isinstance(entry.get(name), str) or not entry[name].strip():
            return f"{name} must be given as text"
    url = entry["url"]
    if not re.match(r"https?://[^\s/{}]+", url):  # whatever else a desktop would run stays out
        return "its url must begin with https:// or http:// and a host"
    if any(character.isspace() for character in url):
        return "its url has a space; write %20"
    if not url.isascii():
        strange = next(character for character in url if not character.isascii())
        return f"its url has {strange!r}; copy the address from a browser, which writes it without such letters"
    names = set(_PLACE.findall(url))
    if unknown := sorted(names - _KNOWN):
        return f"its url has {{{unknown[0]}}}; there are {', '.join(f'{{{name}}}' for name in sorted(_KNOWN))}"
    if "{" in (rest := _PLACE.sub("", url)) or "}" in rest:
        return "its url has a brace without its partner"
    if not (names & (_SKY | {"name"})):
        return "its url has neither a position ({ra}, {dec}) nor {name}"
    return ""
