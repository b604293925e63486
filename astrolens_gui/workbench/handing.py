"""One grader's labels as another tool's own table, so that it goes on from there; says what its format could not hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import Context, UserError

if TYPE_CHECKING:
    from astrolens_gui.core.grading.foreign import Row, Taken

    from .opened import Opened


def formats() -> dict[str, tuple[Callable[[list[Row], str], str], Callable[[str, str], Taken]]]:
    """By id: the writer (rows, grader → text), and the tool's reader, by which the losses are found."""
    from astrolens_gui.core.grading import anomalymatch, qtstamp, rankers, savary

    return {
        "savary": (lambda rows, _: savary.write_single(rows), savary.read_single),
        "qtstamp": (lambda rows, _: qtstamp.write_single(rows), qtstamp.read_single),
        "astrorank": (lambda rows, _: rankers.write_astrorank(rows, comments=True), rankers.read_astrorank),
        "lensrater": (rankers.write_lensrater, rankers.read_lensrater),
        "anomalymatch": (lambda rows, _: anomalymatch.write_labels(rows), anomalymatch.read_labels),
    }


IDS = ("savary", "qtstamp", "astrorank", "lensrater", "anomalymatch")
"""The keys of `formats`, without loading them."""


def hand_on(opened: Opened, format: str, grader: str, out: Path, ctx: Context) -> tuple[int, list[str]]:
    """Write one grader's labels; (labels in the file, what is not in it as it is here).

    Objects are called by their first plane's file, and by their own name where several have a file of that name. Grades of another
    scheme become A, B, C, X by their numbers.

    Raises:
        UserError: nobody of that name graded, a name has a character that the format can't hold, or the file can't be written.
    """
    from astrolens_gui.core.grading import losses
    from astrolens_gui.core.labels.export import check_folder, whole

    check_folder(out)
    write, read = formats()[format]
    rows, graders, repeated = opened.on_db(lambda: _rows(opened, grader))
    if not any(row.state in {"graded", "marked"} for row in rows):
        known = ", ".join(sorted(graders)) or "nobody"
        raise UserError(f"{grader or 'nobody'} has no grades in {opened.project.name}; graders are {known}")
    text = write(rows, grader)
    back = read(text, str(out))
    notes = losses.lost(rows, back)

    def put(partial: Path) -> None:
        partial.write_text(text, encoding="utf-8", newline="")

    whole(out, put)
    if repeated:
        notes.append(f"{repeated:,} objects are called by their own names, for their files' names repeat")
    return sum(row.state in losses.GIVEN for row in back.rows), notes


def _rows(opened: Opened, grader: str) -> tuple[list[Row], set[str], int]:
    """On the db thread: a row for each object, in the order of their files' names; who graded at all; and how many objects are called
    by their own names."""
    from astrolens_gui.core.grading.consensus import numbers
    from astrolens_gui.core.grading.foreign import Row
    from astrolens_gui.core.labels.schemes import load_schemes

    maps = {name: numbers(scheme) for name, scheme in load_schemes(opened.project.folder).items()}
    labels = opened.store.labels(graded=False)
    mine = {one.object: one for one in labels if one.grader == grader}
    letters = "XCBA"
    rows: list[Row] = []
    things = opened.store.objects()
    files = [PurePosixPath(str(thing.planes[0]["path"]) if thing.planes else "").name for thing in things]
    many = Counter(files)
    for thing, file in zip(things, files, strict=True):
        stamp = file if many[file] == 1 and file else thing.name
        about: dict[str, Any] = {"ra": thing.ra, "dec": thing.dec}
        one = mine.get(thing.id)
        if one is None or not (one.grade or one.comment):
            rows.append(Row(stamp, state="ungraded", **about))
            continue
        number = maps.get(one.scheme, {}).get(one.grade)
        grade = "" if number is None else letters[round(number)]
        label = "" if grade or one.grade == "marked" else one.grade
        state: Any = "marked" if one.grade == "marked" else "graded" if one.grade else "ungraded"
        rows.append(
            Row(stamp, label, grade, state, one.subtype, one.comment, seconds=one.seconds, grader=grader, **about)
        )
    repeated = sum(count for count in many.values() if count > 1)
    return sorted(rows, key=lambda row: row.stamp), {one.grader for one in labels if one.grade}, repeated
