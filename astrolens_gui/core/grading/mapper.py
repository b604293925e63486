"""Any table as grades: a person says which columns hold what; knows columns and rows, no tool's format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from astrolens_gui.api import UserError

from ..catalogue import tables
from . import crosswalk
from .foreign import Row, State, Taken, number, whole

STAMPS = ("file_name", "filename", "Filename", "image", "id", "ID", "name", "Name", "objid", "id_str", "path", "index")
GRADES = ("grade", "classification", "label", "human_label", "grading", "score", "Grade")
_GUESSES = {
    "ra": ("ra", "RA", "RA [deg]", "ra_deg", "RAdeg", "RAJ2000", "RA_ICRS"),
    "dec": ("dec", "DEC", "DEC [deg]", "Dec", "dec_deg", "DEdeg", "DEJ2000", "DE_ICRS"),
    "subtype": ("subtype", "subclassification"),
    "comment": ("comment", "comments", "note"),
    "grader": ("grader", "username", "user_name", "user"),
    "seconds": ("seconds", "time"),
}


@dataclass(frozen=True)
class Columns:
    """Which column holds what; "" for none.

    Attributes:
        stamp: "" where `ra` and `dec` (degrees) say which object a row means.
        walk: label → our grade; what it lacks stays unmapped and is counted.
        ungraded: labels that say that nobody graded the object.
    """

    stamp: str
    grade: str
    subtype: str = ""
    comment: str = ""
    grader: str = ""
    seconds: str = ""
    ra: str = ""
    dec: str = ""
    walk: crosswalk.Walk | None = None
    ungraded: frozenset[str] = frozenset({"", "None", "Empty", "-1", "nan"})


def suggest(names: Sequence[str]) -> Columns:
    """A first guess from the columns' names, for a person to change; stamp and grade are "" where nothing fits."""
    guess = {what: next((one for one in among if one in names), "") for what, among in _GUESSES.items()}
    stamp = next((one for one in STAMPS if one in names), "")
    return Columns(stamp, next((one for one in GRADES if one in names), ""), **guess)  # type: ignore[arg-type]


def read(path: Path, columns: Columns) -> Taken:
    """A table in any format that catalogues are read in (CSV, TSV, FITS, VOTable, Parquet, white space).

    A whole number is the same label as 3 and as 3.0, which pandas writes beside a missing one; NaN in any letters is none.

    Without `columns.walk` a label is taken for one of A, B, C, X or of 3, 2, 1, 0 where all of the table's are.

    Raises:
        UserError: it can't be read, or a column is not there.
    """
    table = tables.read(path)
    by_place = not columns.stamp and bool(columns.ra and columns.dec)
    needed = {"grade"} if by_place else {"stamp", "grade"}
    used = {what: getattr(columns, what) for what in ("stamp", "grade", *_GUESSES)}
    for what, name in used.items():
        if name not in table.names and (name or what in needed):
            raise UserError(f"{path}: there is no column {name or f'for the {what}'}; it has {', '.join(table.names)}")
    cells = {what: table.text(name) for what, name in used.items() if name}
    labels = [_label(one, columns) for one in cells["grade"]]
    walk = columns.walk if columns.walk is not None else _walk(set(labels) - {""})

    def cell(what: str, at: int) -> str:
        return cells[what][at] if what in cells else ""

    made = []
    stamps = [f"{ra} {dec}" for ra, dec in zip(cells["ra"], cells["dec"], strict=True)] if by_place else cells["stamp"]
    for at, label in enumerate(labels):
        state: State = "graded" if label else "ungraded"
        ra, dec, seconds = (number(cell(what, at)) for what in ("ra", "dec", "seconds"))
        made.append(
            Row(stamps[at], label, walk.get(label, ""), state, crosswalk.subtype(cell("subtype", at)),
                cell("comment", at), seconds=seconds, ra=ra, dec=dec, grader=cell("grader", at), line=at + 1)
        )  # fmt: skip
    notes = ("lines are counted without the header",)
    return Taken("columns", tuple(made), notes=notes, by_place=by_place)


def _label(text: str, columns: Columns) -> str:
    """As the walk, or failing that a person, would write it; "" where nobody graded."""
    if columns.walk is not None and text in columns.walk:
        return text
    plain = whole(text)
    return "" if text in columns.ungraded or plain in columns.ungraded or plain.lower() == "nan" else plain


def _walk(labels: set[str]) -> crosswalk.Walk:
    return next(
        (walk for walk in (crosswalk.QTSTAMP, crosswalk.ZERO_TO_THREE) if labels <= set(walk)), crosswalk.QTSTAMP
    )
