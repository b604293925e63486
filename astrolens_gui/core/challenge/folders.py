"""The challenge's data folders as object records, bands joined by ID; writes nothing and knows no project."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...api import Context
from ..images import fits
from ..images.errors import ImageError
from ..images.fits import Plane
from ..images.ingest import ObjectRecord, Refusal
from . import layout, truth
from .layout import DataFolder

ORDER = (*layout.GROUND, *layout.SPACE)


@dataclass
class Listing:
    """The images of one data folder, by ID and band; `doubled`: IDs with two files of one band, of which the first counts."""

    folder: DataFolder
    images: dict[str, dict[str, str]] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, folder: DataFolder) -> Listing:
        listing = cls(folder)
        for place in folder.bands:
            with os.scandir(place) as entries:
                names = sorted(entry.name for entry in entries)
            for name in names:
                if not (found := layout.parse(name)):
                    continue
                band, key = found
                mine = listing.images.setdefault(key, {})
                if band in mine:
                    listing.doubled.append(key)
                else:
                    mine[band] = f"{place}/{name}"
        return listing

    @property
    def bands(self) -> list[str]:
        """Those that any object has."""
        return sorted({band for mine in self.images.values() for band in mine}, key=ORDER.index)


def scan(
    source: str | Path,
    folders: Sequence[DataFolder],
    notes: list[str],
    *,
    pixel_scale: float | None = None,
    ctx: Context | None = None,
) -> Iterator[ObjectRecord | Refusal]:
    """Every object of the data folders of a source: named by its ID, or `FOLDER/ID` where an ID is in several of them.

    The field is the data folder. What is not complete (bands, tables, IDs) is said in `notes`, a sentence each.
    """
    ctx = ctx or Context()
    base = _base(Path(os.path.abspath(source)), folders)
    listings = []
    for folder in folders:
        ctx.progress(0.0, f"listing {folder.name}")
        listings.append(Listing.of(folder))
    shared = {key for key, times in Counter(key for one in listings for key in one.images).items() if times > 1}
    if shared:
        notes.append(f"{_many(shared, 'IDs are')} in several data folders; those objects are named FOLDER/ID")
    total, done = sum(len(one.images) for one in listings), 0
    for one in listings:
        notes += _said(one, alone=len(listings) == 1, base=base)
        within = one.folder.path.relative_to(base).as_posix()
        for key in sorted(one.images, key=lambda key: (len(key), key)):
            if done % 100 == 0:
                ctx.progress(done / total, f"reading {one.folder.name} {key}", files=done)
            done += 1
            where = f"{within}/{key}"
            yield from _record(one, key, where if key in shared else key, base, where, pixel_scale)
    ctx.progress(1.0, f"{total:,} objects read")


def _base(source: Path, folders: Sequence[DataFolder]) -> Path:
    """The folder that becomes a root: above every data folder, so that a field's name is in the path of its objects."""
    return (
        source if all(one.path != source and source in one.path.parents for one in folders) else folders[0].path.parent
    )


def _record(
    listing: Listing, key: str, name: str, base: Path, where: str, pixel_scale: float | None
) -> Iterator[ObjectRecord | Refusal]:
    rows = []
    mine = listing.images[key]
    for band in sorted(mine, key=ORDER.index):
        try:
            plane = fits.inspect(mine[band]).planes[0]
        except ImageError as error:
            yield Refusal(error.path, error.extension, error.reason)
            continue
        rows.append(_plane(plane, band, pixel_scale))
    if not rows:
        return
    prefix = len(str(base).rstrip("/")) + 1
    yield ObjectRecord(
        name=name,
        base=base,
        planes=tuple({**row.as_dict(), "path": row.path[prefix:]} for row in rows),
        field=listing.folder.name,
        pixel_scale=rows[0].pixel_scale,
        meta={"telescope": "simulated (lens finding challenge)"},
        stem=key,
        where=where,
    )


def _plane(plane: Plane, band: str, pixel_scale: float | None) -> Plane:
    reader = layout.MASKED_READER if layout.is_ground(band) else plane.reader
    return replace(plane, band=band, reader=reader, pixel_scale=plane.pixel_scale or pixel_scale)


def _said(listing: Listing, *, alone: bool, base: Path) -> list[str]:
    """What is not whole in a data folder."""
    name, bands, total = listing.folder.name, listing.bands, len(listing.images)
    notes = []
    wanted = list(layout.GROUND) if any(map(layout.is_ground, bands)) else bands
    if absent := [band for band in wanted if band not in bands]:
        notes.append(f"{name}: there are no {' and no '.join(absent)} images; its objects have {', '.join(bands)} only")
    lacking = [key for key, mine in listing.images.items() if len(mine) < len(bands)]
    if lacking:
        counts = Counter(band for key in lacking for band in bands if band not in listing.images[key])
        which = ", ".join(f"{band}: {counts[band]:,}" for band in bands if counts[band])
        notes.append(
            f"{name}: {len(lacking):,} of {total:,} objects lack a band ({which}; {_some(lacking)}); they have the others"
        )
    if listing.doubled:
        notes.append(f"{name}: {_many(listing.doubled, 'IDs have')} two images of one band; the first is taken")
    if left := sorted(path.name for path in listing.folder.path.glob("*.tar.gz")):
        notes.append(
            f"{name}: {', '.join(left)} {'is' if len(left) == 1 else 'are'} not unpacked; images in there are not seen"
        )
    return notes + _tables(listing, alone, base)


def _tables(listing: Listing, alone: bool, base: Path) -> list[str]:
    """What the truth table beside the images has more or less than they, and how to take it."""
    notes: list[str] = []
    own = listing.folder.path
    places = [own, base] if alone and base != own else [own]  # its own folder's before one that lies beside it
    for table in (path for place in places for path in sorted(place.glob("*.csv")) if truth.is_truth(path)):
        try:
            found = truth.read(table)
        except truth.UserError as error:
            notes.append(str(error))
            continue
        if listing.images.keys().isdisjoint({*found.is_lens, *found.excluded}):
            continue  # of other images
        named = {*found.is_lens, *found.excluded}
        without = [key for key in found.is_lens if key not in listing.images]
        unnamed = [key for key in listing.images if key not in named]
        parts = [
            f"{table.name} has the truth of {len(named & listing.images.keys()):,} of {len(listing.images):,} objects"
        ]
        if without:
            parts.append(f"{_many(without, 'IDs')} of it without an image")
        if unnamed:
            parts.append(f"{_many(unnamed, 'objects')} not in it")
        if found.repeated:
            parts.append(f"{_many(found.repeated, 'IDs')} in it twice")
        if found.excluded:
            parts.append(f"{len(found.excluded):,} excluded by the challenge's rule")
        notes.append(f"{listing.folder.name}: {'; '.join(parts)}; take it with astrolens label --from {table}")
        break  # classifications.csv before a truth.csv that says the same and more
    return notes


def _many(keys: Sequence[str] | set[str], what: str) -> str:
    return f"{len(keys):,} {what.replace('IDs are', 'ID is').replace('IDs have', 'ID has') if len(keys) == 1 else what} ({_some(keys)})"


def _some(keys: Sequence[str] | set[str]) -> str:
    first = sorted(keys)[:3]
    return ", ".join(first) + (", …" if len(keys) > len(first) else "")
