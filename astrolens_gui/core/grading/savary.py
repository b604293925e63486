"""Tables of Savary's Visualisation-tool (2019–2021): single viewers, mosaic, and the first tool; text in, rows out, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..texttables import table_of
from . import crosswalk
from .foreign import FEWEST_CHARACTERS as CUT
from .foreign import Row, State, Taken, csv_text, lines_of, number, whole

SINGLE = ("file_name", "classification", "subclassification", "comment")
MOSAIC = ("file_name", "classification", "Grid_pos")


def read_single(text: str, where: str, walk: crosswalk.Walk = crosswalk.SAVARY) -> Taken:
    """`classification_autosaveK.csv`: with a header, one row a stamp; `None` is ungraded."""
    _, rows = table_of(text, where)
    made = [_single(line, [cells.get(name, "") for name in SINGLE], walk) for line, cells in rows]
    return Taken("savary-single", tuple(made))


def read_saved(text: str, where: str, walk: crosswalk.Walk = crosswalk.SAVARY) -> Taken:
    """What "Save csv" wrote: no header, no quotes, every field cut at 40 characters; commas in a remark split it."""
    made = []
    for line, content in lines_of(text):
        cells = [*content.split(",", 3), "", "", ""][:4]
        made.append(_single(line, cells, walk))
    note = "names and remarks are cut at 40 characters: names are matched by their beginning"
    return Taken("savary-saved", tuple(made), notes=(note,), cut=any(len(row.stamp) >= CUT for row in made))


def read_mosaic(text: str, where: str, walk: crosswalk.Walk = crosswalk.SAVARY) -> Taken:
    """`classification_mosaic_autosave_SEED.csv`: 1.0 marked, 0.0 not; `Grid_pos` 0.0: on no page that was shown. A second
    row of a stamp is a second answer."""
    _, rows = table_of(text, where)
    made = []
    for line, cells in rows:
        label, place = whole(cells["classification"]), cells["Grid_pos"]
        state: State = "marked" if label == "1" else "unseen" if not number(place) else "seen"
        if label not in {"0", "1"}:
            state = "graded"
        grade = "X" if state == "seen" else walk.get(label, "") if state == "graded" else ""
        made.append(Row(cells["file_name"], label, grade, state, line=line, extra={"Grid_pos": place}))
    return Taken("savary-mosaic", tuple(made), repeats_matter=True)


def read_first(text: str, where: str, walk: crosswalk.Walk = crosswalk.ZERO_TO_THREE) -> Taken:
    """`classification_fromAtoB.csv` of the first tool: no header, `name,grade` with 3, 2, 1, 0; here 0 is a grade."""
    made = []
    for line, content in lines_of(text):
        name, _, label = content.rpartition(",")
        label = whole(label)
        if label in {"", "None"}:
            made.append(Row(name, state="ungraded", line=line))
        else:
            made.append(Row(name, label, walk.get(label, ""), line=line))
    notes = ("names stand without .fits",)
    return Taken("savary-first", tuple(made), notes=notes, cut=any(len(row.stamp) >= CUT for row in made))


def write_single(rows: Iterable[Row], walk: crosswalk.Walk = crosswalk.SAVARY) -> str:
    """The autosave that the viewer goes on from; it wants one row for each stamp of its folder, sorted by name.

    Its three-band viewer takes `crosswalk.SAVARY_BANDS`.
    """
    return csv_text(SINGLE, (_cells(row, walk) for row in sorted(rows, key=lambda row: row.stamp)))


def write_saved(rows: Iterable[Row], walk: crosswalk.Walk = crosswalk.SAVARY) -> str:
    """What its button writes: every field, names too, is cut at 40 characters; `losses.lost` counts what is not in it."""
    return "".join(",".join(one[:CUT].replace("\n", " ") for one in _cells(row, walk)) + "\n" for row in rows)


def write_mosaic(rows: Iterable[Row]) -> str:
    """Rows in the order they are shown. A, B and marks are marked; other grades are shown and not marked, on the 10 × 10
    page's place that they have, or by their order. Grades become marks or nothing: `losses.lost` counts them."""
    made = []
    for at, row in enumerate(rows):
        chosen = row.state == "marked" or row.grade in {"A", "B"}
        shown = row.state not in {"unseen", "ungraded"}
        place = number(row.extra.get("Grid_pos", "")) or float(at % 100 + 1)
        made.append((row.stamp, "1.0" if chosen else "0.0", repr(place if shown else 0.0)))
    return csv_text(MOSAIC, made)


def write_first(rows: Iterable[Row], walk: crosswalk.Walk = crosswalk.ZERO_TO_THREE) -> str:
    """Graded stamps only: the tool knows an ungraded one by its absence. Sub-types and comments have no place in it."""
    made = []
    for row in rows:
        label = crosswalk.written(walk, row.grade, row.label, closed=True)
        if label is not None and row.state not in {"ungraded", "unseen"}:
            made.append(f"{row.stamp.removesuffix('.fits')[:CUT]},{label}\n")
    return "".join(made)


def _single(line: int, cells: Sequence[str], walk: crosswalk.Walk) -> Row:
    name, label, fine, remark = cells
    fine = "" if fine.strip() in {"", "None"} else crosswalk.subtype(fine)
    remark = remark.strip()
    if label.strip() in {"", "None"}:
        return Row(name, state="ungraded", subtype=fine, comment=remark, line=line)
    label = label.strip()
    tags = ("single arc",) if label in crosswalk.SINGLE_ARC else ()
    return Row(name, label, walk.get(label, ""), subtype=fine, comment=remark, tags=tags, line=line)


_SUBTYPES = {"merger": "Merger", "spiral": "Spiral", "ring": "Ring", "elliptical": "Elliptical", "disc": "Disk"}


def _cells(row: Row, walk: crosswalk.Walk) -> tuple[str, str, str, str]:
    label = None if row.state in {"ungraded", "unseen"} else crosswalk.written(walk, row.grade, row.label)
    return row.stamp, label or "None", _SUBTYPES.get(row.subtype, row.subtype or "None"), row.comment or " "
