"""Tables of astrorank, lensrater and bigeye: text in, rows out, and back."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..texttables import table_of
from . import crosswalk
from .foreign import Row, State, Taken, csv_text, lines_of, names_checked, whole

LENSRATER = ("username", "image", "score")

_DECIMAL = re.compile(r"_([+-]?\d+(?:\.\d+)?)_([+-]?\d+(?:\.\d+)?)$")
_SEXAGESIMAL = re.compile(r"(\d\d)(\d\d)(\d\d(?:\.\d+)?)([+-])(\d\d)(\d\d)(\d\d(?:\.\d+)?)")


def read_astrorank(text: str, where: str, walk: crosswalk.Walk = crosswalk.ZERO_TO_THREE) -> Taken:
    """`name→rank` or `name→rank→comment`, no header; an empty rank is unranked, 0 a rank. The position is in the name.

    Where both kinds went into one file, a name's line with the comment wins.
    """
    found: dict[str, tuple[int, list[str]]] = {}
    for line, content in lines_of(text):
        cells = content.split("\t", 2)
        before = found.get(cells[0])
        if before is None or len(cells) >= len(before[1]):
            found[cells[0]] = (before[0] if before else line, cells)
    made = []
    for name, (line, cells) in found.items():
        label = whole(cells[1]) if len(cells) > 1 else ""
        state: State = "graded" if label else "ungraded"
        ra, dec = position_in(name)
        remark = cells[2].strip() if len(cells) > 2 else ""
        made.append(Row(name, label, walk.get(label, ""), state, comment=remark, ra=ra, dec=dec, line=line))
    return Taken("astrorank", tuple(made))


def write_astrorank(
    rows: Iterable[Row], walk: crosswalk.Walk = crosswalk.ZERO_TO_THREE, *, comments: bool = False
) -> str:
    """`OUT.txt`, or with `comments` `OUT_comments.txt`; one line a picture, in the order of the list.

    Raises:
        UserError: a name holds a tab or a line break. In remarks they become spaces.
    """
    made = []
    for row in names_checked(rows, "an astrorank list", "\t\n"):
        label = (
            crosswalk.written(walk, row.grade, row.label, closed=True)
            if row.state not in {"ungraded", "unseen"}
            else None
        )
        remark = "\t" + re.sub(r"\s+", " ", row.comment) if comments else ""
        made.append(f"{row.stamp}\t{label or ''}{remark}\n")
    return "".join(made)


def read_lensrater(text: str, where: str, walk: crosswalk.Walk = crosswalk.ZERO_TO_THREE) -> Taken:
    """`scores.csv`: -1 never shown, 0 shown and not raised, 1 to 3 maybe, probably, definitely."""
    _, rows = table_of(text, where)
    made = []
    for line, cells in rows:
        label = whole(cells["score"])
        state: State = {"-1": "unseen", "0": "seen", "": "ungraded"}.get(label, "graded")  # type: ignore[assignment]
        grade = "" if state in {"unseen", "ungraded"} else walk.get(label, "")
        made.append(Row(cells["image"], label, grade, state, grader=cells["username"], line=line))
    graders = {row.grader for row in made}
    note = (f"the tool itself reads the rows of {made[0].grader} only",) if len(graders) > 1 else ()
    return Taken("lensrater", tuple(made), grader=made[0].grader if made else "", notes=note)


def write_lensrater(rows: Iterable[Row], grader: str, walk: crosswalk.Walk = crosswalk.ZERO_TO_THREE) -> str:
    """One grader's; objects without a grade are -1, so that the tool shows them.

    Raises:
        UserError: a name holds a comma or a line break: the tool writes and reads no quotes.
    """
    made = []
    for row in names_checked(rows, "lensrater's scores.csv", ",\n"):
        label = (
            crosswalk.written(walk, row.grade, row.label, closed=True)
            if row.state not in {"ungraded", "unseen"}
            else None
        )
        made.append((grader, row.stamp, label or "-1"))
    return csv_text(LENSRATER, made)


def read_bigeye(text: str, where: str, walk: crosswalk.Walk = crosswalk.BIGEYE) -> Taken:
    """`bigeye_events`: a file and the key pressed; the last line of a file stands, files never pressed are absent."""
    last: dict[str, Row] = {}
    for line, content in lines_of(text):
        name, _, key = content.strip().rpartition(" ")
        last[name] = Row(name, key, walk.get(key, ""), line=line)
    return Taken("bigeye", tuple(last.values()), notes=("files without a key pressed are not in the file",))


def write_bigeye(rows: Iterable[Row], walk: crosswalk.Walk = crosswalk.BIGEYE) -> str:
    """A line for each that is raised; non-lenses are absent. Raises a UserError for a name with a space or line break."""
    made = []
    for row in names_checked(rows, "bigeye's list", " \n"):
        label = crosswalk.written(walk, row.grade, row.label, closed=True) if row.state == "graded" else None
        made += [f"{row.stamp} {label}\n"] if label else []
    return "".join(made)


def position_in(name: str) -> tuple[float | None, float | None]:
    """RA, Dec in degrees from a file's name: its end `_RA_DEC` in decimal degrees, or HHMMSS.ss±DDMMSS.ss; else None, None."""
    stem = re.sub(r"\.[A-Za-z]{1,5}$", "", name)
    if (match := _DECIMAL.search(stem)) and abs(float(match[2])) <= 90 and 0 <= float(match[1]) < 360:
        return float(match[1]), float(match[2])
    if match := _SEXAGESIMAL.search(stem):
        hours, minutes, seconds = (float(one) for one in match.group(1, 2, 3))
        degrees, arcmin, arcsec = (float(one) for one in match.group(5, 6, 7))
        ra = 15 * (hours + minutes / 60 + seconds / 3600)
        dec = degrees + arcmin / 60 + arcsec / 3600
        if ra < 360 and dec <= 90:
            return ra, -dec if match[4] == "-" else dec
    return None, None
