"""From files and folders to object records: names, joined band folders, refusals; knows no project and writes nothing."""

from __future__ import annotations

import dataclasses
import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ...api import Context, UserError
from . import bands as _bands
from . import readers, wcs
from .errors import ImageError
from .fits import Contents, Plane
from .headers import Header

_SUFFIXES = (".fits", ".fit", ".fts", ".fz")
_PACKED = (".gz", ".z", ".fz")
_FIELD_KEYS = ("FIELD", "FIELDID", "FIELD_ID", "TILEID", "TILE", "TILENAME", "TILE_ID", "BRICKNAME", "TRACT")
_CELL_DEG = 0.5


@dataclass(frozen=True)
class ObjectRecord:
    """An object to be stored.

    Attributes:
        name: its ID. base: the folder that becomes a root. planes: `Plane.as_dict`, with `path` relative to base, posix.
        field: what it must not be split from (tile, field or sky cell), "" if unknown. ra, dec: degrees, of the image's centre.
        meta: telescope and instrument, and `not_shown`: [extension, reason] of what its files hold besides.
        stem: the ID that it has where stems don't repeat. where: the path relative to base that it has where they do.
    """

    name: str
    base: Path
    planes: tuple[dict[str, Any], ...]
    field: str = ""
    ra: float | None = None
    dec: float | None = None
    pixel_scale: float | None = None
    meta: dict[str, Any] = dataclasses.field(default_factory=dict)
    stem: str = ""
    where: str = ""


@dataclass(frozen=True)
class Refusal:
    """A file that gives no object; `str()` is one sentence with file, extension and reason."""

    path: str
    extension: str
    reason: str

    def __str__(self) -> str:
        return str(ImageError(self.path, self.reason, self.extension))


@dataclass(frozen=True)
class _Group:
    """The files of one object: `files` are (band by folder, path); `where` is its path relative to `base`, without band folder;
    `companion` the word of its name that says it belongs to another file ("wht")."""

    base: Path
    stem: str
    where: str
    files: tuple[tuple[str, str], ...]
    companion: str = ""


def scan(
    sources: Iterable[str | Path],
    *,
    bands: Sequence[str] | None = None,
    pixel_scale: float | None = None,
    ctx: Context | None = None,
) -> Iterator[ObjectRecord | Refusal]:
    """Every file of the sources, as an object, as a part of one, or refused.

    ID is the stem; stems that repeat are replaced, all of them, by the path relative to the source folder. Sub-folders that are all
    named as bands join into one object per stem. A header's band and pixel scale come before `bands` and `pixel_scale`, which only
    fill gaps: `bands` names the unnamed planes of a file in order, when they are as many.

    Raises:
        UserError: a pixel scale that is none.
    """
    if pixel_scale is not None and not (math.isfinite(pixel_scale) and pixel_scale > 0):
        raise UserError(f"--pixel-scale must be a positive number of arcsec per pixel, not {pixel_scale:g}")
    ctx = ctx or Context()
    groups: list[_Group] = []
    for source in sources:
        path = Path(os.path.abspath(source))
        if path.is_dir():
            inside = _walk(path, path)
            groups += inside
            if not inside:
                yield Refusal(str(path), "", "this folder holds no file; name the folder that the images are in")
        elif path.exists():
            groups.append(_Group(path.parent, stem(path.name), path.name, (("", str(path)),)))
        else:
            yield Refusal(str(path), "", "there is no such file or folder")
        ctx.progress(0.0, f"{len(groups):,} files found")
    names = _names(groups)
    for done, (group, name) in enumerate(zip(groups, names, strict=True)):
        if done % 50 == 0:
            ctx.progress(done / len(groups), f"reading {group.stem}", files=done)
        yield from _record(group, name, tuple(bands or ()), pixel_scale)
    ctx.progress(1.0, f"{len(groups):,} objects read")


def stem(name: str) -> str:
    """The file's name without .fits and packing ("a.b.fits.gz" → "a.b") or without what a plugin's reader claims of it."""
    if claimed := readers.suffix_of(name):
        return name.removesuffix(claimed) or name
    base, suffix = os.path.splitext(name)
    inner = os.path.splitext(base)
    if suffix.lower() in _PACKED and inner[1].lower() in _SUFFIXES:
        return inner[0]
    return base or name


def _walk(base: Path, folder: Path) -> list[_Group]:
    """The groups below a folder, in the order of their names; hidden files and folders are not looked at."""
    try:
        with os.scandir(folder) as found:
            entries = sorted((e for e in found if not e.name.startswith(".")), key=lambda e: e.name)
            folders = [e.name for e in entries if e.is_dir()]
            files = [e.name for e in entries if not e.is_dir()]
    except OSError:
        return [_Group(base, folder.name, folder.name, (("", str(folder)),))]
    where = folder.relative_to(base).as_posix()
    prefix = "" if where == "." else f"{where}/"
    beside = _companions([stem(name) for name in files])
    groups = [
        _Group(base, stem(name), prefix + name, (("", f"{folder}/{name}"),), beside.get(stem(name), ""))
        for name in files
    ]
    if folders and all(_bands.folder_band(name) for name in folders):
        return groups + _join(base, folder, prefix, folders)
    for name in folders:
        groups += _walk(base, folder / name)
    return groups


def _companions(stems: Sequence[str]) -> dict[str, str]:
    """Stems like `x_wht` that stand beside `x` or `x_sci`: {stem: the word that tells}."""
    found = {}
    for name in stems:
        base, mark, word = name.rpartition("_")
        if mark and _bands.not_science(word):
            found[name] = base
    images = {name for name in stems if name not in found}
    return {
        name: name.rpartition("_")[2]
        for name, base in found.items()
        if base in images or any(f"{base}_{word}" in images for word in ("sci", "drz", "drc", "img", "image", "flux"))
    }


def _join(base: Path, folder: Path, prefix: str, folders: Sequence[str]) -> list[_Group]:
    """One group per stem of the band folders; what lies in folders below them is taken as it is."""
    members: dict[str, list[tuple[str, str]]] = {}
    groups = []
    for name in folders:
        for group in _walk(base, folder / name):
            if group.where == f"{prefix}{name}/{os.path.basename(group.where)}" and not group.companion:
                members.setdefault(group.stem, []).append((_bands.folder_band(name), group.files[0][1]))
            else:
                groups.append(group)
    return [_Group(base, key, prefix + key, tuple(files)) for key, files in sorted(members.items())] + groups


def _names(groups: Sequence[_Group]) -> list[str]:
    """The stem, where it is unique; else the path relative to the root; else that with the root's name before it."""
    names = [group.stem for group in groups]
    for longer in (lambda g: g.where, lambda g: f"{g.base.name}/{g.where}", lambda g: f"{g.base}/{g.where}"):
        count = Counter(names)
        names = [longer(g) if count[name] > 1 else name for name, g in zip(names, groups, strict=True)]
    return names


def _record(
    group: _Group, name: str, bands: tuple[str, ...], pixel_scale: float | None
) -> Iterator[ObjectRecord | Refusal]:
    if group.companion:
        reason = f"it is no science image (its name says {group.companion.upper()}, and the image lies beside it)"
        yield Refusal(group.files[0][1], "", reason)
        return
    planes: list[tuple[Plane, str]] = []
    contents: list[Contents] = []
    for folder_band, path in group.files:
        try:
            found = readers.inspect(path)
        except ImageError as error:
            yield Refusal(error.path, error.extension, error.reason)
            continue
        contents.append(found)
        planes += [(plane, folder_band) for plane in found.planes]
    if not contents:
        return
    rows = _named(planes, bands)
    rows = [row if row.pixel_scale is not None else replace(row, pixel_scale=pixel_scale) for row in rows]
    first = contents[0]
    try:
        sky = _sky(first, rows[0])
    except ImageError as error:
        yield Refusal(error.path, error.extension, error.reason)
        return
    yield ObjectRecord(
        name=name,
        base=group.base,
        planes=tuple({**row.as_dict(), "path": Path(row.path).relative_to(group.base).as_posix()} for row in rows),
        field=_field(first, sky),
        ra=sky[0] if sky else None,
        dec=sky[1] if sky else None,
        pixel_scale=rows[0].pixel_scale,
        meta=_meta(contents),
        stem=group.stem,
        where=group.where,
    )


def _named(planes: Sequence[tuple[Plane, str]], bands: tuple[str, ...]) -> list[Plane]:
    """Planes with unique names: the files' own, else their folder's where these collide, else the given ones."""
    rows = [plane for plane, _ in planes]
    twice = {row.band for row in rows if row.band and sum(other.band == row.band for other in rows) > 1}
    rows = [
        replace(row, band=folder) if row.band in twice and folder else row
        for row, (_, folder) in zip(rows, planes, strict=True)
    ]
    unnamed = [n for n, row in enumerate(rows) if not row.band]
    if bands and len(unnamed) == len(bands):
        taken = {row.band for row in rows}
        for n, band in zip(unnamed, bands, strict=True):
            if band not in taken:
                rows[n] = replace(rows[n], band=band)
    return rows


def _headers(contents: Contents) -> list[Header]:
    return [header for header in (contents.first, contents.primary) if header is not None]


def _sky(contents: Contents, plane: Plane) -> tuple[float, float] | None:
    """RA and Dec in degrees of an image's centre: by the header where the format has one, else as its reader says."""
    if contents.first is None:
        return readers.centre(plane)
    return wcs.centre(contents.first, plane.shape) or _given(contents)


def _given(contents: Contents) -> tuple[float, float] | None:
    """RA and Dec as plain numbers in degrees, where there is no WCS."""
    for header in _headers(contents):
        for names in (("RA", "DEC"), ("RA_TARG", "DEC_TARG"), ("RA_OBJ", "DEC_OBJ")):
            ra, dec = (header.number(key) for key in names)
            if ra is not None and dec is not None and 0 <= ra <= 360 and -90 <= dec <= 90:
                return ra, dec
    return None


def _field(contents: Contents, sky: tuple[float, float] | None) -> str:
    """The tile or field a header names, else the half-degree cell of the sky: neighbours must not be split."""
    for header in _headers(contents):
        for key in _FIELD_KEYS:
            value = header.get(key)
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
                return str(value).strip()
    if sky is None:
        return ""
    dec = math.floor((sky[1] + 90) / _CELL_DEG)
    width = 360 / max(1, round(360 * math.cos(math.radians((dec + 0.5) * _CELL_DEG - 90)) / _CELL_DEG))
    return f"sky {math.floor(sky[0] / width)},{dec}"


def _meta(contents: Sequence[Contents]) -> dict[str, Any]:
    meta: dict[str, Any] = {}
    for key, card in (("telescope", "TELESCOP"), ("instrument", "INSTRUME")):
        for header in _headers(contents[0]):
            if text := header.text(card):
                meta.setdefault(key, text)
    hidden = [[extension, reason] for found in contents for extension, reason in found.not_shown]
    if hidden:
        meta["not_shown"] = hidden
    return meta
