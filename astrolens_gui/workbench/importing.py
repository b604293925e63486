"""Images, or a catalogue's sources in large ones, into a project: read on the io lane, stored on the db lane; reads no pixel itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from astrolens_gui.api import Changes

from .opened import Opened, settle
from .records import ImportReport

FIRST, CHUNK = 1000, 8000
"""Objects per transaction: what was read stays when somebody cancels. The first transactions hold fewer, from `FIRST` on."""


@dataclass
class _Tally:
    """What an import did so far."""

    new: set[int] = field(default_factory=set)
    updated: set[int] = field(default_factory=set)
    refused: list[Any] = field(default_factory=list)
    unnamed: int = 0
    unscaled: int = 0
    bands: tuple[str, ...] = ()
    total: int = 0
    otherwise: int = 0
    first: str = ""

    def take(self, record: Any) -> None:
        """Count what an object lacks, and the names given for its bands that it did not take."""
        from astrolens_gui.core.images.bands import passed_over

        names = [plane["band"] for plane in record.planes]
        self.total += 1
        self.unnamed += not any(names)
        self.unscaled += record.pixel_scale is None
        if said := passed_over(self.bands, names):
            self.otherwise += 1
            self.first = self.first or f"{record.name}: {said}"

    def report(self, opened: Opened, more: Sequence[str] = ()) -> ImportReport:
        count = sum(getattr(one, "sources", 1) for one in self.refused)
        added = f"{len(self.new)} {'object' if len(self.new) == 1 else 'objects'} added"
        opened.tell(Changes(project=True, queue=True, message=f"{added}, {count} refused"))
        notes = [
            f"{count} objects are shown but can't be scored: {what}; import them again with {option}"
            for count, what, option in (
                (self.unnamed, "no plane has a band's name", "--bands"),
                (self.unscaled, "the pixel scale is unknown", "--pixel-scale"),
            )
            if count
        ]
        if self.otherwise:
            notes.append(f"{self.otherwise:,} of {self.total:,} objects took no name from --bands. {self.first}")
        unused = self.first if self.otherwise == self.total else ""
        return ImportReport(len(self.new), len(self.updated - self.new), self.refused, [*more, *notes], unused)


def _take(
    opened: Opened,
    found: Iterable[Any],
    fit: Callable[[list[Any]], list[Any]] | None = None,
    bands: Sequence[str] | None = None,
) -> _Tally:
    """Store objects in chunks, tell, keep refusals; a cancelled import keeps what was read. `fit` may drop some of a chunk;
    `bands` are the names that were given for planes without one."""
    from astrolens_gui.core.images.ingest import Refusal

    tally = _Tally(bands=tuple(bands or ()))
    chunk: list[Any] = []
    written: list[Any] = []
    size = FIRST

    def finish() -> None:
        for job in written:
            changes = settle(job)
            opened.images.forget(changes.objects)
            tally.new.update(changes.extra["new"])
            tally.updated.update(changes.extra["updated"])
        written.clear()

    def store() -> None:
        finish()  # one chunk is written while the next is read
        records = fit(list(chunk)) if fit is not None else list(chunk)
        chunk.clear()
        if records:
            written.append(opened.submit_db(lambda: opened.tell(opened.store.add_objects(records))))

    try:
        for record in found:
            if isinstance(record, Refusal):
                tally.refused.append(record)
                continue
            chunk.append(record)
            tally.take(record)
            if len(chunk) >= size:  # the first ones are to be seen soon
                store()
                size = min(2 * size, CHUNK)
    finally:
        store()
        finish()
    return tally


def import_images(
    opened: Opened, sources: Sequence[Path], bands: Sequence[str] | None, pixel_scale: float | None, ctx: Any
) -> ImportReport:
    """Scan, store in chunks, tell; a cancelled import keeps what was read. The lens finding challenge's folders are known by
    their files' names: their bands become one object, and notes say what is not complete. Notes also name truth tables."""
    notes: list[str] = []
    return _take(opened, _found(sources, bands, pixel_scale, notes, ctx), bands=bands).report(opened, notes)


def _found(
    sources: Sequence[Path], bands: Sequence[str] | None, pixel_scale: float | None, notes: list[str], ctx: Any
) -> Iterator[Any]:
    """Objects and refusals of all sources: the challenge's first, then everything else together (IDs that repeat are seen)."""
    from astrolens_gui.core.challenge import folders, layout, truth
    from astrolens_gui.core.images.ingest import Refusal, scan

    others = []
    for source in sources:
        if data := layout.find(source):
            yield from folders.scan(source, data, notes, pixel_scale=pixel_scale, ctx=ctx)
        else:
            others.append(source)
    if others or not sources:
        for one in scan(others, bands=bands, pixel_scale=pixel_scale, ctx=ctx):
            if isinstance(one, Refusal) and one.path.endswith(".csv") and truth.is_truth(Path(one.path)):
                notes.append(f"{Path(one.path).name} is a truth table; take it with astrolens label --from {one.path}")
            else:
                yield one


@dataclass(frozen=True)
class Cutting:
    """How a catalogue's sources become objects.

    Attributes:
        mapping: role (ra, dec, id, size, redshift, score, x, y) → column; what is absent is guessed, "" means none.
        size_arcsec, size_px: side of the cutouts, one of them; 10 arcsec where neither is given.
        bands: names for images without one, in order. pixel_scale: arcsec per pixel for images that don't say.
        prefix: goes before each ID, for a catalogue that numbers its sources as another one did.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    size_arcsec: float | None = None
    size_px: int | None = None
    bands: Sequence[str] | None = None
    pixel_scale: float | None = None
    prefix: str = ""


def locate(table: Path, images: Sequence[Path], how: Cutting, rows: Any = None) -> tuple[Any, list[Any]]:
    """(core.catalogue.sources.Found, refused images) of a catalogue; `rows` is the table where it was read already.

    Raises:
        UserError: one sentence with the file and the remedy.
    """
    from astrolens_gui.core.catalogue import columns, mosaics, sources, tables

    read = tables.read(table) if rows is None else rows
    there, refused = mosaics.find(images, how.bands, how.pixel_scale)
    found = sources.locate(
        read,
        columns.mapped(read, how.mapping),
        there,
        size_arcsec=how.size_arcsec,
        size_px=how.size_px,
        prefix=how.prefix,
    )
    return found, refused


@dataclass(frozen=True)
class Preview:
    """The first rows of a table as text, what its columns were guessed to be (role → column, "" for none), and their units."""

    names: tuple[str, ...]
    rows: list[list[str]]
    guess: dict[str, str]
    units: dict[str, str]


def preview(table: Path, count: int = 8) -> Preview:
    """Raises UserError: the file is no table."""
    from astrolens_gui.core.catalogue import columns, tables

    head = tables.read(table, 200)
    guess = {role: name for role, name in vars(columns.guess(head)).items() if isinstance(name, str)}
    texts = [head.head(count).text(name) for name in head.names]
    return Preview(head.names, [list(row) for row in zip(*texts, strict=True)], guess, dict(head.units))


def survey(table: Path, images: Sequence[Path], how: Cutting, rows: Any = None) -> tuple[Any, str, list[str]]:
    """(the table, kept for the next question; what would be imported, in a sentence; what would not).

    Raises:
        UserError: nothing can be imported so, with the remedy.
    """
    found, refused = locate(table, images, how, rows)
    sides = sorted(set(found.sides.values()))
    pixels = " and ".join(f"{side}" for side in sides)
    return found.table, f"{found.said()}; cutouts of {pixels} px.", [*map(str, refused), *map(str, found.left)]


def import_catalogue(opened: Opened, table: Path, images: Sequence[Path], how: Cutting, ctx: Any) -> ImportReport:
    """One object per source that lies in the images, nothing cut out; importing the same again changes nothing.

    Sources in no image, and those whose ID already is another source of the same image, are refused and counted.
    """
    from astrolens_gui.core.catalogue import sources

    ctx.progress(0.0, f"reading {table.name}")
    found, refused = locate(table, images, how)
    ctx.progress(0.0, found.said())
    clashes: list[str] = []

    def fit(chunk: list[Any]) -> list[Any]:
        wrong = settle(opened.submit_db(lambda: _clashing(opened.store, chunk)))
        clashes.extend(wrong)
        return [record for record in chunk if record.name not in wrong]

    empty = opened.on_db(lambda: opened.store.count()) == 0  # then no ID can be another source's
    tally = _take(opened, sources.records(found, ctx), None if empty else fit)
    tally.refused = [*refused, *found.left]
    if clashes:
        reason = (
            "in this project that ID is another source of the same image; import them with a prefix, or with another ID"
        )
        tally.refused.append(sources.Left(table.name, len(clashes), reason, tuple(clashes[:3])))
    return tally.report(opened, [found.said()])


def _clashing(store: Any, records: Sequence[Any]) -> set[str]:
    """The names of records that would move an object of the project to another place: its grades are not theirs."""
    by_name = {name: record for record in records for name in (record.where, record.name)}
    wrong = set()
    for row in store.objects(store.ids(by_name).values()):
        record = by_name[row.name]
        files = {plane["path"].rpartition("/")[2] for plane in row.planes if plane.get("window")}
        shared = [plane for plane in record.planes if plane["path"].rpartition("/")[2] in files]
        if shared and _apart(row, record):
            wrong.add(record.name)
    return wrong


def _apart(row: Any, record: Any) -> bool:
    """Whether two windows named alike show different places: further apart than a quarter of a cutout."""
    if row.ra is not None and record.ra is not None and record.pixel_scale:
        across = math.cos(math.radians(record.dec)) * ((row.ra - record.ra + 180) % 360 - 180)
        return math.hypot(across, row.dec - record.dec) * 3600 > record.planes[0]["shape"][0] * record.pixel_scale / 4
    for new in record.planes:
        for old in row.planes:
            if old.get("window") and old["path"].rpartition("/")[2] == new["path"].rpartition("/")[2]:
                centres = [(w[0] + w[2] / 2, w[1] + w[3] / 2) for w in (old["window"], new["window"])]
                return math.dist(*centres) > new["window"][2] / 4
    return False
