"""Which column of a table is the position, the ID, the size: guessed by name, UCD and unit, or given; reads no file.

Positions come out in degrees whatever they were written in: decimal degrees or hours, radians, sexagesimal text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from ...api import UserError
from .tables import Table

_NAMES = {
    "ra": """ra radeg raj2000 raicrs raj2000deg rightascension alphaj2000 alphawinj2000 alphasky alphapeakj2000 radej2000 raworld
        xworld skycentroidra coordra targetra objra rahours ramean rastack alpha lensra ralens""",
    "dec": """dec decdeg dej2000 decj2000 deicrs decicrs dej2000deg declination deltaj2000 de dedeg deltawinj2000 deltasky
        deltapeakj2000 decworld yworld skycentroiddec coorddec targetdec objdec decmean decstack delta lensdec declens""",
    "id": """id objectid objid sourceid idstr catid catalogid ident number objectname name source object label seqnr num idx
        filename targetid objname designation lensname file recno""",
    "size": """sizearcsec cutoutsize size fluxradius kronradius petroradius petrorad shaper reff aimage semimajoraxis semimajorsigma
        radius rhalf r50 thetae einsteinradius aworld""",
    "redshift": "z redshift zphot photoz zbest zspec zlens zphotmean zpeak zb zpdf phzmedian",
    "score": "score plens prob probability plensing lensscore cnnscore pcnn p zooscore",
    "x": "ximage xwinimage xcentroid xpix xpixel x xcenter xcentre xc xpos xcen",
    "y": "yimage ywinimage ycentroid ypix ypixel y ycenter ycentre yc ypos ycen",
}
ROLES: Mapping[str, tuple[str, ...]] = {role: tuple(names.split()) for role, names in _NAMES.items()}
"""Role → names that mean it, letters and digits only, the likeliest first."""

_UCDS = {
    "ra": ("pos.eq.ra;meta.main", "POS_EQ_RA_MAIN", "pos.eq.ra", "POS_EQ_RA"),
    "dec": ("pos.eq.dec;meta.main", "POS_EQ_DEC_MAIN", "pos.eq.dec", "POS_EQ_DEC"),
    "id": ("meta.id;meta.main", "ID_MAIN", "meta.id;src", "meta.id"),
    "size": ("phys.angSize", "EXTENSION_RAD"),
    "redshift": ("src.redshift", "src.redshift.phot", "REDSHIFT_HC"),
    "x": ("pos.cartesian.x",),
    "y": ("pos.cartesian.y",),
}

_FROM_ONE = re.compile(r"[xy](win)?_image(_\w+)?", re.IGNORECASE)
"""SExtractor counts pixels from 1."""

_LETTERS = str.maketrans(dict.fromkeys(":hmsHMSd°'\"′″", " "))


@dataclass(frozen=True)
class Mapped:
    """Names of a table's columns, "" where there is none.

    Attributes:
        ra, dec: the position on the sky; x, y: the pixel, for images without a WCS; `first`: what the first pixel is called.
        id: what names a source. size, redshift, score: numbers worth sorting by.
    """

    ra: str = ""
    dec: str = ""
    id: str = ""
    size: str = ""
    redshift: str = ""
    score: str = ""
    x: str = ""
    y: str = ""
    first: float = 0.0

    @property
    def on_sky(self) -> bool:
        return bool(self.ra and self.dec)

    @property
    def in_pixels(self) -> bool:
        return bool(self.x and self.y)

    def problem(self) -> str:
        """What is missing, as a sentence; "" if sources can be placed."""
        if self.on_sky or self.in_pixels:
            return ""
        return "no columns for RA and Dec (or x and y in pixels) were found; name them"


def mapped(table: Table, given: Mapping[str, str] | None = None) -> Mapped:
    """The guess, with what is given in its place; a role given as "" has no column.

    Raises:
        UserError: a given role or column that there isn't.
    """
    roles = {one.name for one in fields(Mapped)} - {"first"}
    given = dict(given or {})
    for role, name in given.items():
        if role not in roles:
            raise UserError(f"{table.path.name}: there is no role {role!r}; roles are {', '.join(sorted(roles))}")
        if name and name not in table.columns:
            raise UserError(f"{table.path.name}: it has no column {name!r}; its columns are {_listed(table.names)}")
    changes: dict[str, Any] = dict(given)
    found = replace(guess(table), **changes)
    return replace(found, first=1.0 if found.x and _FROM_ONE.fullmatch(found.x) else 0.0)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:12]) + (", …" if len(names) > 12 else "")


def guess(table: Table) -> Mapped:
    """The likeliest columns; RA and Dec (x and y) only together, and only where they hold such numbers."""
    head = table.spread(500)
    ra, dec = _pair(table, "ra", "dec")
    x, y = _pair(table, "x", "y")
    taken = {ra, dec, x, y}
    found = Mapped(ra=ra, dec=dec, x=x, y=y, id=next(iter(_candidates(table, "id")), ""))
    numeric = {
        role: next(
            (name for name in _candidates(table, role) if name not in taken and head.numbers(name) is not None), ""
        )
        for role in ("size", "redshift", "score")
    }
    return replace(found, size=numeric["size"], redshift=numeric["redshift"], score=numeric["score"])


def _fold(name: str) -> str:
    """Letters and digits of a name, without the unit in brackets behind it."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"[\[(][^\])]*[\])]\s*$", "", name).casefold())


def _candidates(table: Table, role: str) -> list[str]:
    """Columns that may be this one, the likeliest first: by UCD, then by name."""
    ucds = {name: ucd.strip() for name, ucd in table.ucds.items() if name in table.columns}
    by_ucd = [
        name for wanted in _UCDS.get(role, ()) for name, ucd in ucds.items() if ucd.casefold() == wanted.casefold()
    ]
    folded: dict[str, list[str]] = {}
    for name in table.names:
        folded.setdefault(_fold(name), []).append(name)
    by_name = [name for wanted in ROLES[role] for name in folded.get(wanted, [])]
    return list(dict.fromkeys(by_ucd + by_name))


def _pair(table: Table, first: str, second: str) -> tuple[str, str]:
    """The first two candidates that hold what they are called; found by a look at the first rows."""
    head = table.spread(500)
    degrees = first == "ra"

    def good(name: str, limit: float) -> bool:
        """Most of it: surveys write -99 and the like where they know nothing."""
        values = angles(head, name, hours=limit > 90) if degrees else head.numbers(name)
        given = values[np.isfinite(values)] if values is not None else np.empty(0)
        return len(given) > 0 and (not degrees or 2 * int(np.count_nonzero(np.abs(given) <= limit)) > len(given))

    one = next((name for name in _candidates(table, first) if good(name, 360.0)), "")
    two = next((name for name in _candidates(table, second) if good(name, 90.0)), "")
    return (one, two) if one and two else ("", "")


def positions(table: Table, columns: Mapped) -> tuple[np.ndarray, np.ndarray]:
    """RA and Dec in degrees, float64; NaN where a row has none or an impossible one.

    Raises:
        UserError: a column that holds something else.
    """
    ra, dec = angles(table, columns.ra, hours=True), angles(table, columns.dec)
    for name, values in ((columns.ra, ra), (columns.dec, dec)):
        if values is None:
            raise UserError(f"{table.path.name}: the column {name} holds no positions; choose another one")
    assert ra is not None
    assert dec is not None
    with np.errstate(invalid="ignore"):
        wrong = ~((ra >= -180) & (ra <= 360) & (dec >= -90) & (dec <= 90))
    return np.where(wrong, np.nan, ra % 360.0), np.where(wrong, np.nan, dec)


def pixels(table: Table, columns: Mapped) -> tuple[np.ndarray, np.ndarray]:
    """x and y, 0-based pixel centres, float64.

    Raises:
        UserError: a column that holds something else.
    """
    made = []
    for name in (columns.x, columns.y):
        values = table.numbers(name)
        if values is None:
            raise UserError(f"{table.path.name}: the column {name} holds no pixels; choose another one")
        made.append(values - columns.first)
    return made[0], made[1]


def angles(table: Table, name: str, hours: bool = False) -> np.ndarray | None:
    """A column in degrees; `hours`: sexagesimal text of it is hours, minutes, seconds. None where it holds no angles."""
    unit = table.units.get(name, "").strip().casefold().strip('"')
    values = table.numbers(name)
    if values is None:
        text = table.columns[name]
        return None if text.dtype.kind != "S" else _sexagesimal(text, hours and not unit.startswith(("d:", "deg")))
    if unit in {"rad", "radian", "radians"}:
        return np.degrees(values)
    in_hours = unit in {"h", "hr", "hour", "hours", "hourangle"} or (hours and "hour" in name.casefold())
    return values * 15.0 if in_hours else values


def _sexagesimal(column: np.ndarray, hours: bool) -> np.ndarray | None:
    """ "10:00:21.3", "-00 12 33", "10h00m21.3s" in degrees; NaN for an empty one, None where one is something else."""
    text = [value.decode("ascii", "replace").translate(_LETTERS).strip() for value in column.tolist()]
    parts = [value.split() for value in text]
    out = np.full(len(parts), np.nan)
    given = np.array([len(part) in {2, 3} for part in parts], bool)
    if not given.any() or any(
        part and len(part) not in {2, 3} and part[0] not in {"-", "--", "nan", "null"} for part in parts
    ):
        return None
    try:
        numbers = np.array([part if len(part) == 3 else [*part, "0"] for part in parts if len(part) in {2, 3}], float)
    except ValueError:
        return None
    sign = np.where([value.startswith("-") for value, ok in zip(text, given.tolist(), strict=True) if ok], -1.0, 1.0)
    if (numbers[:, 1:] < 0).any() or (numbers[:, 1:] > 60).any():
        return None
    out[given] = sign * (np.abs(numbers[:, 0]) + numbers[:, 1] / 60 + numbers[:, 2] / 3600) * (15.0 if hours else 1.0)
    return out
