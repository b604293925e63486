"""A consensus as a file: CSV, FITS, VOTable, Parquet, or DS9 regions of what is on a list; counts nothing."""

from __future__ import annotations

import csv
import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import Context, UserError

if TYPE_CHECKING:
    from .campaign import Consensus

NUMBERS = ("mean", "spread", "trimmed", "majority", "range", "posterior")
CIRCLE_ARCSEC = 10.0
"""Diameter of a listed object's circle in a region file."""

_UCD = {"ID": "meta.id;meta.main", "ra_deg": "pos.eq.ra;meta.main", "dec_deg": "pos.eq.dec;meta.main"}


def write_consensus(found: Consensus, out: Path, ctx: Context) -> int:
    """A row for each object, best first: `ID,list,graders,mean,…`, then one column a grader; the number of rows.

    The ending says the format: .csv, .fits, .vot (or .xml, .votable), .parquet; .reg has the objects on a list that have a place.

    Raises:
        UserError: another ending, no such folder, or the file can't be written.
    """
    from astrolens_gui.core.labels.export import check_folder, whole

    write = WRITERS.get(out.suffix.lower())
    if write is None:
        raise UserError(f"{out}: the ending says the format; end it in {', '.join(WRITERS)}")
    check_folder(out)
    listed = rows(found)
    if out.suffix.lower() == ".reg":
        on = {one.object for one in found.listed}
        listed = [row for row in listed if row["ID"] in on and math.isfinite(row["ra_deg"])]
    names = list(rows_head(found))
    whole(out, lambda partial: write(names, listed, partial))
    return len(listed)


def rows_head(found: Consensus) -> tuple[str, ...]:
    """The columns of `rows`."""
    head = ("ID", "ra_deg", "dec_deg", "list", "graders", *NUMBERS, "agreed", "done")
    return (*head, *(f"grade_{name}" for name in found.graders))


def rows(found: Consensus) -> list[dict[str, Any]]:
    """One dict an object, best first: numbers as float (NaN where there is none), `graders` as int, the rest text."""
    made = []
    for one in found.verdicts:
        ra, dec = found.places.get(one.object, (math.nan, math.nan))
        row: dict[str, Any] = {"ID": one.object, "ra_deg": ra, "dec_deg": dec, "list": found.list_of(one)}
        row |= {"graders": one.graders, **{name: float(getattr(one, name)) for name in NUMBERS}}
        row |= {"agreed": found.agreed.get(one.object, math.nan), "done": one.done}
        each = found.given[one.object]
        made.append(row | {f"grade_{name}": each.get(name, math.nan) for name in found.graders})
    return made


def _csv(names: list[str], listed: list[dict[str, Any]], out: Path) -> None:
    from astrolens_gui.core.labels.export import text_cell

    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows([text_cell(row[name]) for name in names] for row in listed)


def _table(names: list[str], listed: list[dict[str, Any]], clean: Callable[[str], str | bytes]) -> Any:
    from astrolens_gui.core.labels.export import as_table

    numbers = {name: int if name == "graders" else float for name in names if name not in {"ID", "list", "done"}}
    return as_table(listed, names, numbers, _UCD, clean)


def _fits(names: list[str], listed: list[dict[str, Any]], out: Path) -> None:
    from astrolens_gui.core.labels.export import for_fits, put_fits

    put_fits(_table(names, listed, for_fits), "CONSENSUS", out)


def _votable(names: list[str], listed: list[dict[str, Any]], out: Path) -> None:
    from astrolens_gui.core.labels.export import for_votable

    _table(names, listed, for_votable).write(out, format="votable", overwrite=True)


def _parquet(names: list[str], listed: list[dict[str, Any]], out: Path) -> None:
    from astrolens_gui.core.grading.parquet import write_parquet

    write_parquet(listed, out)


def _reg(names: list[str], listed: list[dict[str, Any]], out: Path) -> None:
    from astrolens_gui.core.images.regions_io import write

    circles = [
        {
            "kind": "circle", "ID": row["ID"], "class_name": row["list"], "note": f"{row['ID']} {row['list']} {row['mean']:.2f}",
            "ra": row["ra_deg"], "dec": row["dec_deg"], "w_arcsec": CIRCLE_ARCSEC, "h_arcsec": CIRCLE_ARCSEC,
        }
        for row in listed
    ]  # fmt: skip
    out.write_bytes(write(circles).encode())


WRITERS: dict[str, Callable[[list[str], list[dict[str, Any]], Path], None]] = {
    ".csv": _csv,
    ".fits": _fits,
    ".vot": _votable,
    ".votable": _votable,
    ".xml": _votable,
    ".parquet": _parquet,
    ".reg": _reg,
}
