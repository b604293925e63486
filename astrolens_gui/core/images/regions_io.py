"""DS9 region files in and out, through the `regions` package; knows no project and no widget. Regions are dicts as in `outline`."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from ...api import UserError
from .outline import frame

LARGEST_BYTES = 50_000_000
"""A region file is text that somebody drew; anything larger is another file by mistake."""

_FRAME = re.compile(r"^\s*(image|icrs|fk5|fk4|j2000|b1950|galactic|ecliptic)\b", re.IGNORECASE)
_WILD = re.compile(r"^[^#]*[(,\s][+-]?[\d.]+e\+?([1-9]\d|\d{3,})", re.IGNORECASE)
"""A number of 1e10 and more in a shape: the package would wrap an angle of that size to some place on the sky."""

_FARTHEST = 1e9
"""Pixels or arcsec: nothing that anybody drew is there, or so large."""

_ASIDE = 0.01
"""Degrees along a meridian that tell its direction: few enough for the aberration in FK4, many for the digits."""

_NO_NUMBERS = "a region with numbers that are none, or too large, is left out"
_NO_POLYGON = "a polygon with fewer than three corners is left out"
_PHYSICAL = re.compile(r"^\s*(physical|linear)\s*$", re.IGNORECASE)
_PHYSICAL_FIRST = re.compile(r"^(\s*)(physical|linear)(\s*;)", re.IGNORECASE)
_CLASS = "class="
_ARCSEC = 3600.0


@dataclass(frozen=True)
class Read:
    """What a file holds: regions with a place on the sky (`ra`, `dec` …), or only in pixels; `notes` are sentences for the person."""

    regions: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def on_sky(self) -> list[dict[str, Any]]:
        return [region for region in self.regions if "ra" in region]

    @property
    def in_pixels(self) -> list[dict[str, Any]]:
        return [region for region in self.regions if "ra" not in region]


def read(path: Path) -> Read:
    """Circles, ellipses, boxes, annuli, polygons, lines, points and texts, in any of DS9's sky frames or in image pixels.

    Raises:
        UserError: one sentence with the file, the line and what is wrong with it.
    """
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise UserError(f"{path} is too large for a region file; choose a .reg file of DS9")
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); check the path") from None
    if b"\0" in raw:
        raise UserError(f"{path} is not a text file; choose a .reg file, saved by DS9 in its own format")
    text = raw.decode("utf-8-sig", "replace")
    if text.lstrip()[:5].lower() in {"<?xml", "<vota"}:
        raise UserError(f"{path} is XML; save the regions in DS9's own format (Region › File Format › DS9/Funtools)")
    lines = text.splitlines()
    notes: list[str] = []
    reasons: list[str] = []
    for at, line in enumerate(lines):
        if _PHYSICAL.match(line) or _PHYSICAL_FIRST.match(line):
            lines[at] = _PHYSICAL_FIRST.sub(r"\1image\3", _PHYSICAL.sub("image", line))
            notes = [f"{path.name}: physical coordinates were taken for the image's own pixels"]
        if _WILD.match(line):
            parts = lines[at].split(";")
            lines[at] = ";".join(part for part in parts if not _WILD.match(part))
            reasons += [_NO_NUMBERS] * (len(parts) - lines[at].count(";") - bool(lines[at]))
    found, skipped = _parse(path, lines)
    regions = []
    for made in _regions(found):
        if isinstance(made, str):
            reasons.append(made)
        else:
            regions.append(made)
    notes += [f"{path.name}: {sentence}" for sentence in _counted([*skipped, *reasons])]
    if not found and not notes:
        notes = [f"{path.name} holds no region; draw some in DS9 and save them (Region › Save)"]
    return Read(regions, notes)


def _parse(path: Path, lines: Sequence[str]) -> tuple[list[Any], list[str]]:
    """The package's regions, and what it passed over."""
    import regions  # noqa: F401  (before the warnings are caught: astropy takes hold of them when it is first imported)

    try:
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            found = _package("\n".join(lines))
    except Exception:
        bad = _first_bad(lines)
        shown = lines[bad - 1].strip()[:60]
        raise UserError(f"{path}: line {bad} is no region that DS9 would write ({shown}); mend or delete it") from None
    return list(found), _passed_over([str(one.message) for one in said])


def _first_bad(lines: Sequence[str]) -> int:
    """The number of the line that the package, which does not say where, fails at; it parses no half twice."""
    good, bad = 0, len(lines)
    while bad - good > 1:
        middle = (good + bad) // 2
        frames = [line for line in lines[:good] if _FRAME.match(line)][-1:]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                _package("\n".join([*frames, *lines[good:middle]]))
            good = middle
        except Exception:
            bad = middle
    return bad


def _package(text: str) -> Any:
    from regions import Regions

    return Regions.parse(text, format="ds9")


def _passed_over(messages: Sequence[str]) -> list[str]:
    """What the package said of lines that it cannot use, in our words."""
    said = []
    for message in messages:
        name = re.match(r'"(\w+)" frame or shape', message)
        if name:
            what = f"{name.group(1)} is not used here, and left out"
        elif "coordinate frame was not found" in message:
            what = "a region before any coordinate system is left out"
        elif message.startswith("Cannot parse"):
            what = "a region whose units or numbers do not fit its coordinate system is left out"
        else:
            continue  # of how it looks, not of where it is
        said.append(what)
    return said


def _counted(reasons: Sequence[str]) -> list[str]:
    return [f"{what} ({count} times)" if count > 1 else what for what, count in Counter(reasons).items()]


def _regions(found: Sequence[Any]) -> list[dict[str, Any] | str]:
    """The package's regions as dicts, or why one is none."""
    with np.errstate(all="ignore"):
        return [_region(*one) for one in zip(found, *_points(found), strict=True)]


def _points(found: Sequence[Any]) -> tuple[list[np.ndarray], np.ndarray]:
    """Each region's centre, corners or ends, (n, 2): pixels, or ICRS in degrees, and the position angle (ICRS, degrees) of
    its own frame's north at the centre. They are transformed together: one by one takes 20 times longer."""
    from astropy.coordinates import SkyCoord

    made: list[np.ndarray] = []
    norths = np.zeros(len(found))
    frames: dict[str, tuple[Any, list[int]]] = {}
    for at, one in enumerate(found):
        ends = (
            [one.vertices]
            if hasattr(one, "vertices")
            else [one.start, one.end]
            if hasattr(one, "start")
            else [one.center]
        )
        if hasattr(ends[0], "frame"):
            frames.setdefault(ends[0].frame.name, (ends[0].frame, []))[1].append(at)
            pairs = [(end.data.lon.deg, end.data.lat.deg) for end in ends]
        else:
            pairs = [(end.x, end.y) for end in ends]
        made.append(np.concatenate([np.column_stack(np.atleast_1d(x, y)) for x, y in pairs]).astype(float))
    for frame_, members in frames.values():
        if frame_.name == "icrs":
            continue
        own = frame_.replicate_without_data()
        turned = [at for at in members if hasattr(found[at], "angle")]
        if turned:
            norths[turned] = _north(own, *np.array([made[at][0] for at in turned]).T)
        x, y = np.concatenate([made[at] for at in members]).T
        icrs = SkyCoord(x, y, unit="deg", frame=own).icrs
        parts = np.split(
            np.column_stack([icrs.ra.deg, icrs.dec.deg]), np.cumsum([len(made[at]) for at in members])[:-1]
        )
        for at, part in zip(members, parts, strict=True):
            made[at] = part
    return made, norths


def _north(own: Any, lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """The position angle, ICRS, degrees, of a frame's north at positions in it: away from a point a little nearer its equator."""
    from astropy.coordinates import SkyCoord

    here, back = (SkyCoord(lon, lat - step, unit="deg", frame=own).icrs for step in (0.0, np.copysign(_ASIDE, lat)))
    angle: np.ndarray = here.position_angle(back).deg
    return angle + np.where(np.signbit(lat), 0.0, 180.0)


def _region(one: Any, points: np.ndarray, north: float) -> dict[str, Any] | str:
    """One of the package's regions as a dict, its `points` and its frame's `north` given; or why it is none."""
    name = type(one).__name__
    sky = name.endswith("SkyRegion")
    kind = name.removesuffix("SkyRegion").removesuffix("PixelRegion").lower()
    about = _about(one)
    if not (np.abs(points) <= _FARTHEST).all():
        return _NO_NUMBERS
    if kind in {"polygon", "line"}:
        if kind == "polygon" and len(np.unique(points, axis=0)) < 3:
            return _NO_POLYGON
        about["kind"] = kind
        about["more"] = {**about["more"], "sky" if sky else "points": points.tolist()}
        if sky:  # the shorter way round the seam
            points[:, 0] = points[0, 0] + (points[:, 0] - points[0, 0] + 180.0) % 360.0 - 180.0
        box = frame(points)
        return {**about, "ra": box["x"] % 360.0, "dec": box["y"]} if sky else {**about, **box}
    x, y = points[0].tolist()
    kinds = {"rectangle": "box", "text": "point", "circleannulus": "annulus", "ellipseannulus": "annulus"}
    about["kind"] = kinds.get(kind, "annulus" if kind == "rectangleannulus" else kind)
    w, h, inner = _sizes(one, kind)
    if inner:
        about["more"] = {**about["more"], "inner": inner, "of": kinds.get(kind.removesuffix("annulus"), kind[:-7])}
    if kind == "text":
        about["note"] = str(one.text)
    angle = float(one.angle.to_value("deg")) if hasattr(one, "angle") else 0.0
    if not (np.abs((w, h, angle)) <= _FARTHEST).all():
        return _NO_NUMBERS
    if sky:
        return {**about, "ra": x, "dec": y, "w_arcsec": w, "h_arcsec": h, "pa_deg": float(angle + north) % 360.0}
    return {**about, "x": x, "y": y, "w": w, "h": h, "angle": angle}


def _number(value: Any) -> float:
    return float(value.to_value("arcsec")) if hasattr(value, "to_value") else float(value)


def _sizes(one: Any, kind: str) -> tuple[float, float, list[float]]:
    """Full width and height (pixels or arcsec), and the part of them that an annulus leaves out."""
    if kind == "circle":
        return 2 * _number(one.radius), 2 * _number(one.radius), []
    if kind == "circleannulus":
        outer = _number(one.outer_radius)
        return 2 * outer, 2 * outer, [_number(one.inner_radius) / outer] * 2
    if kind in {"ellipseannulus", "rectangleannulus"}:
        w, h = _number(one.outer_width), _number(one.outer_height)
        return w, h, [_number(one.inner_width) / w, _number(one.inner_height) / h]
    if kind in {"point", "text"}:
        return 0.0, 0.0, []
    return _number(one.width), _number(one.height), []


def _about(one: Any) -> dict[str, Any]:
    """Text, class, colour, and whether it is an exclusion."""
    meta = getattr(one, "_raw_meta", None) or dict(one.meta)
    tags = [str(tag) for tag in meta.get("tag", ())]
    more: dict[str, Any] = {}
    if str(meta.get("include", 1)) in {"0", "-", "False"}:
        more["exclude"] = True
    if meta.get("color") not in (None, "", "green"):  # DS9's own default says nothing
        more["color"] = str(meta["color"])
    classes = [tag.removeprefix(_CLASS) for tag in tags if tag.startswith(_CLASS)]
    note = str(meta.get("text") or "")
    class_name = classes[0] if classes else "lens"
    return {"class_name": class_name, "note": "" if note == class_name else note, "more": more}


def write(regions: Iterable[Mapping[str, Any]]) -> str:
    """The text of a DS9 file: on the sky (ICRS) what has a place there, the rest in image pixels.

    Each region may carry `ID`, the object that it is on; it is written as a tag.
    """
    from regions import Regions

    made = [one for one in (_packaged(region) for region in regions) if one is not None]
    if not made:
        return "# Region file format: DS9 version 4.1\nicrs\n"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        text: str = Regions(made).serialize(format="ds9", precision=10)
    return text


def _packaged(region: Mapping[str, Any]) -> Any:
    """A region as the package has it."""
    import astropy.units as u
    import regions as package
    from astropy.coordinates import SkyCoord

    sky = region.get("ra") is not None
    kind, more = region.get("kind") or "box", region.get("more") or {}

    def place(points: Any) -> Any:
        x, y = np.transpose(points)
        return SkyCoord(x, y, unit="deg") if sky else package.PixCoord(x, y)

    def size(name: str) -> Any:
        return (region.get(f"{name}_arcsec") or 0.0) * u.arcsec if sky else region[name]

    ending = "SkyRegion" if sky else "PixelRegion"
    centre = place((region["ra"], region["dec"]) if sky else (region["x"], region["y"]))
    angle = ((region.get("pa_deg") if sky else region.get("angle")) or 0.0) * u.deg
    w, h = size("w"), size("h")
    if kind in {"polygon", "line"}:
        points = more.get("sky" if sky else "points")
        if points is None:
            return None
        shape = (place(points),) if kind == "polygon" else (place(points[0]), place(points[1]))
        made = getattr(package, f"{kind.title()}{ending}")(*shape)
    elif kind == "circle":
        made = getattr(package, f"Circle{ending}")(centre, w / 2)
    elif kind == "point":
        made = getattr(package, f"Point{ending}")(centre)
    elif kind == "annulus":
        across, up = more.get("inner", (0.5, 0.5))
        of = more.get("of", "circle")
        if of == "circle":
            made = getattr(package, f"CircleAnnulus{ending}")(centre, w / 2 * across, w / 2)
        else:
            name = "RectangleAnnulus" if of == "box" else "EllipseAnnulus"
            made = getattr(package, f"{name}{ending}")(centre, w * across, w, h * up, h, angle)
    else:
        made = getattr(package, f"{'Ellipse' if kind == 'ellipse' else 'Rectangle'}{ending}")(centre, w, h, angle)
    class_name = _clean(region.get("class_name") or "lens")
    tags = [f"{_CLASS}{class_name}"] + ([f"ID={_clean(region['ID'])}"] if region.get("ID") else [])
    made.meta["tag"] = tags
    made.meta["text"] = _clean(region.get("note") or class_name)
    if more.get("exclude"):
        made.meta["include"] = 0
    if more.get("color"):
        made.visual["color"] = more["color"]
    return made


def _clean(text: Any) -> str:
    """Text that stays inside of DS9's braces, on its line."""
    return re.sub(r"\s+", " ", re.sub(r"[{}]", "'", str(text))).strip()
