"""Rows of other tools' tables in one form, and how their text is read: everything as text, nothing guessed; knows no format.

The rules are those of docs/grading.md: None, NA and 0 stay what was written, index columns go, unknown labels stay and are counted.
"""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from astrolens_gui.api import UserError

State = Literal["graded", "seen", "marked", "ungraded", "unseen", "removed"]
"""graded: a person gave a label. seen: shown on a page and not raised, which is the lowest grade. marked: raised, its grade
open. ungraded: no label. unseen: never on a screen. removed: taken out of the set."""

FEWEST_CHARACTERS = 40
"""Where a tool cuts its fields."""


@dataclass(frozen=True)
class Row:
    """One line of another tool's table.

    Attributes:
        stamp: the name it gives the object. label: as written, "" where there is none. grade: ours by the cross-walk, "" where
            it has none. subtype, comment, tags: "" and () without. seconds: spent on it, or on its page; None unknown.
        ra, dec: degrees, ICRS; None without. grader: where the table has one. line: 1-based in the file.
        extra: columns that have no place here, by name.
    """

    stamp: str
    label: str = ""
    grade: str = ""
    state: State = "graded"
    subtype: str = ""
    comment: str = ""
    tags: tuple[str, ...] = ()
    seconds: float | None = None
    ra: float | None = None
    dec: float | None = None
    grader: str = ""
    line: int = field(default=0, compare=False)
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def unmapped(self) -> bool:
        """A person gave a label that the cross-walk does not know."""
        return self.state == "graded" and not self.grade


@dataclass(frozen=True)
class Taken:
    """A table as it was read.

    Attributes:
        format: its id. rows: in the order of the file. grader: from the table or its name, "" unknown. seed: of its order, ""
            unknown. notes: what a person should know. cut: names are cut at 40 characters: match them by their beginning.
        by_place: rows mean the object at their ra and dec; the stamp is their text.
        repeats_matter: a second row of a name is a second answer (a mosaic's duplicates); else the last row stands.
    """

    format: str
    rows: tuple[Row, ...]
    grader: str = ""
    seed: str = ""
    notes: tuple[str, ...] = ()
    cut: bool = False
    repeats_matter: bool = False
    by_place: bool = False

    @property
    def states(self) -> dict[str, int]:
        return dict(Counter(row.state for row in self.rows))

    @property
    def unmapped(self) -> dict[str, int]:
        """Labels that the cross-walk does not know, with their number."""
        return dict(Counter(row.label for row in self.rows if row.unmapped))

    @property
    def repeated(self) -> dict[str, int]:
        """Names that stand more than once (or, of one grader, whose last row stands alone)."""
        return {name: count for name, count in Counter(row.stamp for row in self.rows).items() if count > 1}


def lines_of(text: str) -> list[tuple[int, str]]:
    """(number, line) of what is not blank; LF or CRLF."""
    split = ((at, line.rstrip("\r")) for at, line in enumerate(text.split("\n"), 1))
    return [(at, line) for at, line in split if line.strip()]


def number(text: str) -> float | None:
    """A finite number, or None."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def whole(text: str) -> str:
    """`1.0` as `1`: tools write the same class as either; what is no whole number stays as written."""
    value = number(text)
    return str(int(value)) if value is not None and value == int(value) else text.strip()


def csv_text(header: Sequence[str] | None, rows: Iterable[Sequence[str]], delimiter: str = ",") -> str:
    """A table as pandas writes it: UTF-8, LF, quotes only where needed."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    if header is not None:
        writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def real(value: float | None) -> str:
    """A float as pandas writes it; "" where there is none."""
    return "" if value is None else repr(float(value))


def names_checked(rows: Iterable[Row], what: str, forbidden: str) -> Iterator[Row]:
    """The rows; raises where a name or a comment holds what the format can't hold.

    Raises:
        UserError: names the object.
    """
    for row in rows:
        if any(one in row.stamp for one in forbidden):
            shown = " or ".join(
                {"\t": "a tab", "\n": "a line break", ",": "a comma", " ": "a space"}[one] for one in forbidden
            )
            raise UserError(f"{row.stamp!r}: {what} can't hold {shown} in a name; rename the file")
        yield row
