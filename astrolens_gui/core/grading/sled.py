"""Candidates as SLED takes them: the fields of its upload, checked here rather than refused there; sends nothing."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from astrolens_gui.api import UserError

IMAGE_CONF = frozenset(
    [
        "LONG-AXIS CUSP",
        "SHORT-AXIS CUSP",
        "NAKED CUSP",
        "CUSP",
        "CENTRAL IMAGE",
        "FOLD",
        "CROSS",
        "DOUBLE",
        "QUAD",
        "RING",
        "ARC",
    ]
)
LENS_TYPE = frozenset(
    ["GALAXY", "LTG", "SPIRAL", "GALAXY PAIR", "GROUP", "CLUSTER", "CLUSTER MEMBER", "QUASAR", "LRG", "ETG", "ELG"]
)
SOURCE_TYPE = frozenset(
    [
        "GALAXY",
        "ETG",
        "SMG",
        "QUASAR",
        "DLA",
        "PDLA",
        "RADIO-LOUD",
        "BAL QUASAR",
        "ULIRG",
        "BL Lac",
        "LOBAL QUASAR",
        "FELOBAL QUASAR",
        "EXTREME RED OBJECT",
        "RED QUASAR",
        "GW",
        "FRB",
        "GRB",
        "SN",
        "LBG",
        "ELG",
    ]
)
CONTAMINANT_TYPE = frozenset(
    [
        "PROJECTED QUASARS",
        "DUAL QUASAR",
        "QUASAR+STAR",
        "STAR+STAR",
        "STARS",
        "STAR-FORMING GALAXY",
        "STARS+GALAXY",
        "STAR+GALAXY",
        "STAR+OTHER",
        "GALAXY+STARS",
        "GALAXY+OTHER",
        "QUASAR+OTHER",
        "QUASAR PAIR",
        "QUASAR+GALAXY",
        "SINGLE QUASAR",
        "GALAXY",
        "GALAXIES",
        "GALAXY PAIR",
        "QUASAR+HOST",
        "PROJECTED GALAXIES",
        "PROJECTED GALAXY + QUASAR",
        "RING GALAXY",
        "PLANETARY NEBULA",
        "QUASAR",
    ]
)
CLOSEST_ARCSEC = 16.0
"""Two candidates nearer to each other than this are refused by the server."""

Flag = Literal["CONFIRMED", "CANDIDATE", "CONTAMINANT"]


@dataclass(frozen=True)
class Candidate:
    """One object: ra, dec in degrees; `score` the mean grade from 0 to 3; `image_sep` the largest separation or the arc's
    radius in arcsec; `mugshot` a picture's file name and `picture` its bytes (PNG or JPEG)."""

    ra: float
    dec: float
    mugshot: str
    picture: bytes = b""
    name: str = ""
    alt_name: str = ""
    score: float | None = None
    flag: Flag = "CANDIDATE"
    image_sep: float | None = None
    n_img: int | None = None
    image_conf: Sequence[str] = ()
    lens_type: Sequence[str] = ()
    source_type: Sequence[str] = ()
    contaminant_type: Sequence[str] = ()
    info: str = ""


def upload(candidates: Iterable[Candidate], *, public: bool = False, picture_as_text: bool = False) -> str:
    """The JSON list that its upload takes.

    Args:
        public: access level PUB; without, PRI, which is recommended.
        picture_as_text: base64 in `mugshot`, as older servers want it; without, the name there and base64 in `mugshot_data`.

    Raises:
        UserError: names the object and the field that the server would refuse, or two objects nearer than 16".
    """
    listed = list(candidates)
    for one in listed:
        check(one)
    if near := closest(listed):
        first, second, arcsec = near
        raise UserError(
            f"{_called(first)} and {_called(second)} are {arcsec:.1f} arcsec apart, and SLED takes no two within 16; "
            "leave one out"
        )
    return json.dumps([_fields(one, public, picture_as_text) for one in listed], ensure_ascii=False)


def check(one: Candidate) -> None:
    """Raise a UserError for what the server would refuse."""
    called = _called(one)

    def refuse(ok: bool, what: str) -> None:
        if not ok:
            raise UserError(f"{called}: SLED wants {what}; change it and export again")

    refuse(0 <= one.ra <= 360 and -90 <= one.dec <= 90, "a position in degrees")
    refuse(one.mugshot.lower().endswith((".png", ".jpg", ".jpeg")), "a picture called .png or .jpg")
    refuse(len(one.name) <= 100 and len(one.alt_name) <= 200, "a name of at most 100 letters, others of at most 200")
    refuse(one.score is None or 0 <= one.score <= 3, "a score from 0 to 3")
    refuse(one.image_sep is None or 0 <= one.image_sep < 100, "a separation from 0 to below 100 arcsec")
    refuse(one.n_img is None or 2 <= one.n_img <= 20, "2 to 20 images, or none given")
    refuse(one.flag == "CONTAMINANT" or not one.contaminant_type, "a contaminant's type for contaminants only")
    for field, known in (("image_conf", IMAGE_CONF), ("lens_type", LENS_TYPE), ("source_type", SOURCE_TYPE),
                         ("contaminant_type", CONTAMINANT_TYPE)):  # fmt: skip
        given = getattr(one, field)
        other = [word for word in given if word not in known]
        refuse(not other, f"known words in {field}, not {other[0] if other else ''}")
        refuse(len(",".join(given)) <= 100, f"at most 100 letters in {field}")


def closest(listed: Sequence[Candidate]) -> tuple[Candidate, Candidate, float] | None:
    """The nearest two that are nearer than 16 arcsec, and their distance in arcsec; None where there are none."""
    if len(listed) < 2:
        return None
    import numpy as np
    from scipy.spatial import cKDTree

    ra, dec = np.radians([[one.ra, one.dec] for one in listed]).T
    points = np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], 1)
    chord, other = cKDTree(points).query(points, k=2)
    at = int(np.argmin(chord[:, 1]))
    arcsec = math.degrees(2 * math.asin(min(chord[at, 1] / 2, 1.0))) * 3600
    there = int(other[at, 0] if other[at, 0] != at else other[at, 1])
    return (listed[at], listed[there], arcsec) if arcsec < CLOSEST_ARCSEC else None


def _fields(one: Candidate, public: bool, picture_as_text: bool) -> dict[str, Any]:
    coded = base64.b64encode(one.picture).decode("ascii")
    picture = {"mugshot": coded} if picture_as_text else {"mugshot": one.mugshot, "mugshot_data": coded}
    numbers = {"score": one.score, "image_sep": one.image_sep}
    texts = {"name": one.name, "alt_name": one.alt_name, "info": one.info}
    lists = {name: list(getattr(one, name)) for name in ("image_conf", "lens_type", "source_type", "contaminant_type")}
    return {
        "ra": round(one.ra, 6),
        "dec": round(one.dec, 6),
        **{name: text for name, text in texts.items() if text},
        **{name: round(value, 4) for name, value in numbers.items() if value is not None},
        "flag": one.flag,
        **({} if one.n_img is None else {"n_img": one.n_img}),
        **{name: words for name, words in lists.items() if words},
        **picture,
        "access_level": "PUB" if public else "PRI",
    }


def _called(one: Candidate) -> str:
    return one.name or f"the object at {one.ra:.5f} {one.dec:+.5f}"
