"""Tables of Qt-stamp-visualizer (2023, 2024, its ERO edition, 2026) and what their names say; text in, rows out, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..texttables import table_of
from . import crosswalk
from .foreign import Row, State, Taken, csv_text, number, real, whole

HEADERS: Mapping[str, tuple[str, ...]] = {
    "qtstamp-2023": ("file_name", "classification", "subclassification", "ra", "dec", "comment", "legacy_survey_data"),
    "qtstamp-2024": ("file_name", "classification", "subclassification", "ra", "dec", "comment", "image_dim", "time",
                     "pixel_size"),
    "qtstamp-ero": ("file_name", "classification", "ra", "dec", "image_dim", "time", "pixel_size"),
    "qtstamp-2026": ("file_name", "classification", "subclassification", "ra", "dec", "pixel_size", "image_dim", "time"),
}  # fmt: skip
"""Columns behind the unnamed index, by variant."""

MOSAIC = ("file_name", "classification", "grid_pos", "page", "time")
NOTHING = frozenset({"", "Empty", "None"})

_COPY = re.compile(r"-(\((\d+)\)|simultaneous_\d+|new_dataset_\d+)$")
_SUBTYPES = {"merger": "Merger", "spiral": "Spiral", "ring": "Ring", "elliptical": "Elliptical", "disc": "Disc",
             "edge-on": "Edge-on"}  # fmt: skip
_OWN = ("pixel_size", "image_dim", "legacy_survey_data")


@dataclass(frozen=True)
class Named:
    """What a file's name says: the grader's name (`-N`), how many stamps, the seed ("" by name), and whether it is a copy that
    the tool moved aside."""

    grader: str
    count: int | None
    seed: str
    copy: bool


def named(stem: str, rows: int | None = None) -> Named | None:
    """From a file's stem, read from the right for the name may hold `_`; with the number of rows, the count is found for sure.
    None where it is no name of this tool's."""
    bare = _COPY.sub("", stem)
    copy = bare != stem
    for start, tails in (
        ("classification_mosaic_autosave_", (3, 2, 1, 0)),
        ("classification_single_", (1, 0)),
    ):
        if not bare.startswith(start):
            continue
        parts = bare[len(start) :].split("_")
        for behind in tails:  # numbers after the count: nothing; seed; columns and 99; columns, rows and seed
            at = len(parts) - 1 - behind
            if at < 0 or not all(part.isdigit() for part in parts[at:]):
                continue
            if behind == 2 and parts[-1] != "99":
                continue
            if rows is not None and int(parts[at]) != rows:
                continue
            seed = parts[-1] if behind in {1, 3} else ""
            return Named("_".join(parts[:at]), int(parts[at]), seed, copy)
        return Named("", None, "", copy)
    return None


def read_single(text: str, where: str, walk: crosswalk.Walk = crosswalk.QTSTAMP) -> Taken:
    """Any single viewer's table; `Empty` (2023: `None`) is ungraded, and never shown where no time was spent on it."""
    names, rows = table_of(text, where)
    variant = variant_of(names)
    made = [_single(line, cells, walk, own_remark=variant != "qtstamp-2024") for line, cells in rows]
    return Taken(variant, tuple(made))


def read_mosaic(text: str, where: str, walk: crosswalk.Walk = crosswalk.QTSTAMP) -> Taken:
    """1.0 marked as a lens, 2.0 interesting (our I), 0.0 shown and not raised, or never shown where the page took no time."""
    names, rows = table_of(text, where)
    made = []
    for line, cells in rows:
        label, seconds = whole(cells["classification"]), number(cells.get("time", ""))
        state: State
        if label in NOTHING:
            state, label, grade = "ungraded", "", ""
        elif label == "1":
            state, grade = "marked", ""
        elif label == "0":
            state = "seen" if seconds else "unseen" if "time" in names else "ungraded"
            grade = "X" if state == "seen" else ""
        else:
            state, grade = "graded", "I" if label == "2" else walk.get(label, "")
        extra = {name: cells[name] for name in ("grid_pos", "page") if cells.get(name)}
        made.append(Row(cells["file_name"], label, grade, state, seconds=seconds, line=line, extra=extra))
    notes = () if "time" in names else ("without times, what was not marked may never have been shown",)
    return Taken("qtstamp-mosaic", tuple(made), notes=notes)


def variant_of(names: Iterable[str]) -> str:
    """The single viewer whose columns these are; 2024 may lack pixel_size, which joins with the first grade."""
    given = set(names)
    if "legacy_survey_data" in given:
        return "qtstamp-2023"
    if "subclassification" not in given:
        return "qtstamp-ero"
    return "qtstamp-2024" if "comment" in given else "qtstamp-2026"


def write_single(rows: Iterable[Row], variant: str = "qtstamp-2024", walk: crosswalk.Walk = crosswalk.QTSTAMP) -> str:
    """A table that the viewer of this variant goes on from: one row a stamp, in its order of display.

    Labels outside the cross-walk are written as they are: 2026 takes any, older viewers show them and grade on. 2024 and the ERO
    edition hold no comment of a person, 2023 no time and ERO no sub-type; `losses.lost` counts what was left out.
    """
    header = HEADERS[variant]
    empty = "None" if variant == "qtstamp-2023" else "Empty"
    made = []
    for at, row in enumerate(rows):
        cells = _cells(row, walk, empty, free=variant == "qtstamp-2026")
        made.append((str(at), *(cells[name] for name in header)))
    return csv_text(("", *header), made)


def write_mosaic(rows: Iterable[Row], page: int = 100) -> str:
    """A and B and what is marked as 1.0, I as 2.0, the rest 0.0 with the time that says it was shown (at least 0.1 s)."""
    made = []
    for at, row in enumerate(rows):
        chosen = 1.0 if row.state == "marked" or row.grade in {"A", "B"} else 2.0 if row.grade == "I" else 0.0
        shown = row.state not in {"unseen", "ungraded"}
        place = row.extra.get("grid_pos", str(at % page)), row.extra.get("page", str(at // page))
        made.append((row.stamp, repr(chosen), *place, repr(float(row.seconds or 0.1) if shown else 0.0)))
    return csv_text(MOSAIC, made)


def _single(line: int, cells: dict[str, str], walk: crosswalk.Walk, *, own_remark: bool) -> Row:
    label, fine = cells.get("classification", "").strip(), cells.get("subclassification", "").strip()
    seconds = number(cells.get("time", ""))
    fine = "" if fine in NOTHING or fine == label else crosswalk.subtype(fine)
    remark = cells.get("comment", "").strip() if own_remark else ""  # 2024 fills it with the grade
    ra, dec = number(cells.get("ra", "")), number(cells.get("dec", ""))
    extra = {name: cells[name] for name in _OWN if cells.get(name)}
    state: State = "graded"
    if label in NOTHING:
        label, state = "", "ungraded" if seconds or "time" not in cells else "unseen"
    return Row(cells["file_name"], label, walk.get(label, ""), state, fine, "" if remark in NOTHING else remark,
               seconds=seconds, ra=ra, dec=dec, line=line, extra=extra)  # fmt: skip


def _cells(row: Row, walk: crosswalk.Walk, empty: str, *, free: bool) -> dict[str, str]:
    done = row.state not in {"ungraded", "unseen"}
    label = crosswalk.written(walk, row.grade, row.label) if done else None
    label = label or empty
    graded = label != empty
    fine = _SUBTYPES.get(row.subtype, row.subtype) or (empty if free or not graded else label)
    return {
        "file_name": row.stamp,
        "classification": label,
        "subclassification": fine,
        "ra": real(row.ra),
        "dec": real(row.dec),
        "comment": (row.comment or empty) if empty == "None" else label,
        "time": repr(row.seconds or 0.0) if row.state != "unseen" else "0.0",
        **{name: row.extra.get(name, "") for name in _OWN},
    }
