"""Other tools' tables into a project: whose objects the rows are, and what their labels become; nothing is dropped, all is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import Context, UserError
from astrolens_gui.core.labels.schemes import load_schemes

from .records import ImportReport

if TYPE_CHECKING:
    from astrolens_gui.core.grading.foreign import Row, Taken
    from astrolens_gui.core.grading.mapper import Columns
    from astrolens_gui.core.labels.schemes import Scheme

    from .opened import Opened

MARKED = "marked"
"""The grade of what was raised in a mosaic: outside every scheme, for nobody said which grade it is."""

NEAR_ARCSEC = 2.0
"""Places that lie further from each other are not of one object, in a table or in another project."""

_ENDINGS = (".fits", ".fit", ".fits.gz", ".fits.fz", ".png", ".jpg", ".jpeg", ".npy", ".tif", ".tiff")
_SAID = {"ungraded": "have no label", "unseen": "were never on a screen", "removed": "were taken out of the set"}


def is_foreign(path: Path) -> bool:
    """Whether a file's header is one of another tool's table, and not of ours."""
    from astrolens_gui.core import texttables
    from astrolens_gui.core.grading import formats

    try:
        text = texttables.text_of(path)
    except UserError:
        return False
    header = texttables.header_of(text, texttables.delimiter_of(text))
    return not {"ID", "grade"} <= set(header) and bool(formats.sniff(text))


@dataclass(frozen=True)
class Head:
    """What a person sees of a table before it is taken.

    Attributes:
        known: it says itself what it is; the rest is then empty. names: of the columns. rows: the first, as text.
        guess: which column holds what. labels: column → its different values and how often, where there are few.
    """

    path: Path
    known: bool
    names: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    guess: Any = None
    labels: Mapping[str, tuple[tuple[str, int], ...]] = field(default_factory=dict)

    def meaning(self, label: str, grades: tuple[str, ...]) -> str:
        """The grade that a label most likely is: the same word, or by its number in a scheme of as many; "" for none."""
        same = next((one for one in grades if one.lower() == label.strip().lower()), "")
        numbers = {str(len(grades) - 1 - at): one for at, one in enumerate(grades)}
        return same or numbers.get(label.strip(), "")


MOST_VALUES = 30
"""Different values of a column that may be grades."""


def head_of(path: Path, count: int = 8) -> Head:
    """Raises UserError: the file is no table."""
    from astrolens_gui.core.catalogue import tables
    from astrolens_gui.core.challenge.truth import is_truth
    from astrolens_gui.core.grading import mapper

    table = tables.read(path)
    if {"ID", "grade"} <= set(table.names) or is_foreign(path) or is_truth(path):
        return Head(path, True)
    texts = {name: table.text(name) for name in table.names}
    labels = {}
    for name, column in texts.items():
        counted = Counter(one for one in column if one.strip() and one.lower() not in ("none", "nan", "-1", "empty"))
        if 0 < len(counted) <= MOST_VALUES:
            labels[name] = tuple(counted.most_common())
    rows = tuple(zip(*(column[:count] for column in texts.values()), strict=True))
    return Head(path, False, tuple(table.names), rows, mapper.suggest(table.names), labels)


def import_foreign(
    opened: Opened,
    path: Path,
    grader: str,
    format: str,
    columns: Columns | None,
    walk: Mapping[str, str] | None,
    ctx: Context,
) -> ImportReport:
    """Labels of another tool's table (or of any table, through `columns`), in one transaction.

    Args:
        grader: who graded; "" takes the table's own, else the name in the file's name, else the present grader.
        format: an id of `grading.formats`; "" lets the file say it. walk: label → our grade; None takes the format's own.

    Raises:
        UserError: it can't be read, or is of none or several formats.
    """
    from astrolens_gui.core.grading import formats, mapper

    taken = mapper.read(path, columns) if columns is not None else formats.read(path, format, walk)
    ctx.progress(0.3, f"{len(taken.rows)} rows read")
    who = grader or taken.grader or opened.bench.grader
    scheme = _scheme(opened, taken)
    _check(opened, path, columns.walk if columns is not None else walk, scheme)
    names, alike = opened.on_db(lambda: _named(opened, taken))
    several = _several(taken, names)
    why = f"import {path.name}"
    rows, remarks, left = [], [], []
    for row in _counting(taken):
        name = names.get(row.stamp)
        if name is None or (row.grader, name) in several:
            left.append(row)
            continue
        grade = row.grade or (MARKED if row.state == "marked" else row.label if row.state == "graded" else "")
        remark = "; ".join(one for one in (row.comment, *(tag for tag in row.tags if tag not in row.comment)) if one)
        given = {"ID": name, "grader": grader or row.grader or who, "comment": remark}
        if grade:
            more = {"why": f"duplicate {why}"} if row.extra.get("again") else {}
            rows.append({**given, "grade": grade, "subtype": row.subtype, "seconds": row.seconds, **more})
        elif remark:
            remarks.append(given)
    grades = {one.value for one in scheme.grades}
    ctx.progress(0.6, f"{len(rows)} labels")

    unknown = [
        {"ID": _tries(row.stamp)[-1]} for row in left if row.stamp not in names
    ]  # asks which names are several objects'

    def write() -> Any:
        changes = opened.store.label_many([*rows, *unknown], grader=who, scheme=scheme.id, grades=grades, why=why)
        noted = _remark(opened, remarks)
        return opened.tell(changes), noted

    changes, noted = opened.on_db(write)
    alike |= {
        row.stamp: changes.extra["ambiguous"].get(_tries(row.stamp)[-1], []) for row in left if row.stamp not in alike
    }
    said = (_left_out(row, taken, names, several, alike) for row in left[:1000])
    refused = [f"{path.name}: line {row.line}: {one}" for row, one in zip(left, said, strict=False)]
    if len(left) > 1000:
        refused.append(f"{path.name}: {len(left) - 1000:,} more rows are of unknown or doubtful objects")
    return ImportReport(
        added=len(changes.events),
        refused=refused,
        notes=[f"{path.name}: {note}" for note in _notes(taken, changes, scheme, noted)],
    )


def _scheme(opened: Opened, taken: Taken) -> Scheme:
    """The project's, where it has every grade that the table gives; else the one of A, B, C, X, which labels carry with them."""
    schemes = load_schemes(opened.project.folder)
    own = schemes.get(opened.project.settings["scheme"])
    given = {row.grade for row in taken.rows if row.grade} - {"I"}
    if own is not None and given <= {one.value for one in own.grades}:
        return own
    return schemes["abcx"]


def _check(opened: Opened, path: Path, walk: Mapping[str, str] | None, scheme: Scheme) -> None:
    """Raises:
    UserError: a person said that a label means a grade which the scheme of these labels has not.
    """
    own = load_schemes(opened.project.folder).get(opened.project.settings["scheme"], scheme)
    known = [{grade.value for grade in one.grades} for one in (own, scheme)]
    for label, grade in (walk or {}).items():
        if not any(grade in some for some in known):
            listed = ", ".join(one.value for one in own.grades)
            raise UserError(
                f"{path.name}: {label!r} can't mean {grade!r}, which is no grade of {own.title}; choose among {listed}; "
                "nothing was added"
            )


def _named(opened: Opened, taken: Taken) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Stamp → the name of its object here: as written, without its folder, or without its ending; by its first 40 characters where
    the tool cut it; by its place where that is all the table has. And stamp → objects, where several begin so. On the db thread."""
    alike: dict[str, list[str]] = {}
    if taken.by_place:
        return _placed(opened, taken), alike
    tries = {row.stamp: _tries(row.stamp) for row in taken.rows}
    known = opened.store.ids(dict.fromkeys(one for some in tries.values() for one in some))
    found = {stamp: next((one for one in some if one in known), None) for stamp, some in tries.items()}
    if taken.cut:
        short: dict[str, list[str]] = {}
        for name in opened.store.queue_table("")["name"]:
            for whole in (name, f"{name}.fits"):
                short.setdefault(whole[:40], []).append(name)
        for stamp, name in found.items():
            same = list(dict.fromkeys(short.get(stamp[:40], ())))
            if name is None and len(same) == 1:
                found[stamp] = same[0]
            elif name is None and same:
                alike[stamp] = same
    return {stamp: name for stamp, name in found.items() if name is not None}, alike


def _placed(opened: Opened, taken: Taken) -> dict[str, str]:
    """Stamp → the nearest object within `NEAR_ARCSEC` of its row's place. On the db thread."""
    import numpy as np

    from astrolens_gui.core.catalogue.known import Known, nearest

    things = [row for row in opened.store.objects() if row.ra is not None and row.dec is not None]
    rows = [row for row in taken.rows if row.ra is not None and row.dec is not None and abs(row.dec) <= 90]
    here = Known(
        opened.project.folder,
        [row.name for row in things],
        np.array([row.ra for row in things], float),
        np.array([row.dec for row in things], float),
    )
    at, apart = nearest(np.array([row.ra for row in rows], float), np.array([row.dec for row in rows], float), here)
    return {row.stamp: here.names[at[n]] for n, row in enumerate(rows) if apart[n] <= NEAR_ARCSEC}


def _tries(stamp: str) -> list[str]:
    base = PurePosixPath(stamp.replace("\\", "/")).name
    stems = [base[: -len(ending)] for ending in _ENDINGS if base.lower().endswith(ending)]
    return list(dict.fromkeys([stamp, base, *stems[::-1]]))


def _several(taken: Taken, names: Mapping[str, str]) -> dict[tuple[str, str], list[str]]:
    """(grader, object's name) → the stamps, where a grader's table has several that would be this one object."""
    stamps: dict[tuple[str, str], dict[str, None]] = {}
    for row in taken.rows:
        if row.stamp in names:
            stamps.setdefault((row.grader, names[row.stamp]), {})[row.stamp] = None
    return {key: list(some) for key, some in stamps.items() if len(some) > 1}


def _left_out(
    row: Row,
    taken: Taken,
    names: Mapping[str, str],
    several: Mapping[tuple[str, str], list[str]],
    alike: Mapping[str, list[str]],
) -> str:
    """Why a row was not taken; nothing is guessed."""
    from .tables import not_found

    if row.stamp in names:
        name = names[row.stamp]
        return f"{' and '.join(several[row.grader, name])} would all be {name}; keep one, or write the names of this project"
    if taken.by_place:
        return f"there is no object within {NEAR_ARCSEC:g} arcsec of {row.stamp} in this project"
    return not_found(row.stamp, alike[row.stamp])


def _counting(taken: Taken) -> list[Row]:
    """The rows that count: all of them where a repetition is a second answer (told by `extra["again"]`), else the last of each
    stamp and grader."""
    from dataclasses import replace

    if not taken.repeats_matter:
        return list({(row.grader, row.stamp): row for row in taken.rows}.values())
    seen: set[tuple[str, str]] = set()
    made = []
    for row in taken.rows:
        again = (row.grader, row.stamp) in seen
        seen.add((row.grader, row.stamp))
        made.append(replace(row, extra={**row.extra, "again": "1"}) if again else row)
    return made


def _remark(opened: Opened, remarks: list[dict[str, Any]]) -> int:
    """Comments on objects that were not graded; those that stand already are not written again. On the db thread."""
    ids = opened.store.ids([one["ID"] for one in remarks])
    count = 0
    for one in remarks:
        there = opened.store.label_of(ids[one["ID"]], one["grader"])
        if there is None or there.comment != one["comment"]:
            opened.store.comment(ids[one["ID"]], one["comment"], grader=one["grader"])
            count += 1
    return count


def _notes(taken: Taken, changes: Any, scheme: Scheme, noted: int) -> list[str]:
    states, unmapped = Counter(taken.states), taken.unmapped
    made = [
        f"read as a table of {taken.format}, {len(taken.rows):,} rows, grades of the scheme {scheme.id}",
        *taken.notes,
    ]
    made += [f"{states[state]:,} rows {words}" for state, words in _SAID.items() if states[state]]
    if kinds := sum(bool(row.subtype) for row in taken.rows if row.state == "ungraded"):
        made.append(f"{kinds:,} of those have a kind, which goes with a label only: it is not kept; grade them here")
    if states["seen"]:
        made.append(f"{states['seen']:,} were shown and not raised: they are graded {scheme.lowest.value}")
    if states[MARKED]:
        made.append(f"{states[MARKED]:,} were marked, which is no grade: they are kept as {MARKED!r}, to be graded")
    made += [
        f"the label {label!r} has no grade here; its {count:,} rows are kept as they are"
        for label, count in unmapped.items()
        if label not in {one.value for one in scheme.grades}
    ]
    if taken.repeated and not taken.repeats_matter:
        made.append(f"{len(taken.repeated):,} names stand more than once; the last row of each counts")
    if changes.extra["unchanged"]:
        made.append(f"{changes.extra['unchanged']:,} rows say what stands already; they are not added again")
    if noted:
        made.append(f"{noted:,} comments on objects without a grade")
    return made
