"""AnomalyMatch's labels, positions and scores (v1 of 2025 to v2 of 2026): files in, rows and numbers out, and labels back."""

from __future__ import annotations

import math
import sqlite3
import struct
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path

from astrolens_gui.api import UserError

from ..texttables import table_of, text_of
from . import crosswalk
from .foreign import Row, State, Taken, csv_text, number

KEYS = ("filename", "id", "Filename")
"""Names of the column of the stamp, by version."""

_STATES: Mapping[str, State] = {"anomaly": "marked", "removed": "removed"}


def read_labels(text: str, where: str, walk: crosswalk.Walk = crosswalk.ANOMALYMATCH) -> Taken:
    """`labeled_data.csv`: normal is our X; an anomaly is marked, its grade open, unless `walk` says more. Unlabelled stamps
    are absent. `iteration` and metadata are kept in `extra`."""
    names, rows = table_of(text, where)
    key = next((name for name in KEYS if name in names), "")
    if not key or "label" not in names:
        raise UserError(
            f"{where}: there must be columns filename (or id) and label; it has {', '.join(names) or 'none'}"
        )
    made = []
    for line, cells in rows:
        label = cells["label"].strip()
        grade = walk.get(label, "")
        state: State = "ungraded" if not label else "graded" if grade else _STATES.get(label, "graded")
        extra = {name: value for name, value in cells.items() if name not in {key, "label", "ra", "dec"} and value}
        ra, dec = (number(cells.get(name, "")) for name in ("ra", "dec"))
        made.append(Row(cells[key], label, grade, state, ra=ra, dec=dec, line=line, extra=extra))
    return Taken("anomalymatch", tuple(made), notes=("stamps without a label are not in the file",))


def write_labels(rows: Iterable[Row], walk: crosswalk.Walk = crosswalk.TO_ANOMALYMATCH, key: str = "filename") -> str:
    """What it starts from. `walk` goes from our grade to its label: A and B are anomalies, X normal; C and I say neither
    and are left out, as are stamps without a grade, which stay unlabelled. `key` is "id" for version 2."""
    made = []
    for row in rows:
        label = walk.get(row.grade) or ("anomaly" if row.state == "marked" else "")
        if label and row.state not in {"ungraded", "unseen", "removed"}:
            made.append((row.stamp, label))
    return csv_text((key, "label"), made)


def read_positions(text: str, where: str) -> dict[str, tuple[float, float]]:
    """`metadata.csv`: name → RA, Dec in degrees; rows without a position are left out.

    Raises:
        UserError: there is no filename, or a position is no number or off the sky: the tool drops such a file whole.
    """
    names, rows = table_of(text, where)
    if "filename" not in names:
        raise UserError(f"{where}: there is no column filename; it has {', '.join(names) or 'none'}")
    made = {}
    for line, cells in rows:
        given = [cells.get(name, "").strip() for name in ("ra", "dec")]
        if not all(given) or "nan" in (one.lower() for one in given):
            continue
        ra, dec = (number(one) for one in given)
        if ra is None or dec is None or not (0 <= ra <= 360 and -90 <= dec <= 90):
            raise UserError(f"{where}: line {line}: ra and dec must be degrees, not {given[0]!r} and {given[1]!r}")
        made[cells["filename"]] = (ra, dec)
    return made


def read_scores(path: Path) -> dict[str, float]:
    """Name → anomaly score from 0 to 1, of `…_topN.csv`, `…_scores_iter_K.csv` or `predictions.db`; NaN where there is none.

    Raises:
        UserError: the file is neither.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); check the path") from None
    if start.startswith(b"SQLite format 3"):
        return _of_database(path)
    names, rows = table_of(text_of(path), str(path))
    key = next((name for name in KEYS if name in names), "")
    value = next((name for name in ("score", "Score") if name in names), "")
    if not key or not value:
        raise UserError(f"{path}: there must be columns filename and score; it has {', '.join(names) or 'none'}")
    return {cells[key]: math.nan if (n := number(cells[value])) is None else n for _, cells in rows}


def _of_database(path: Path) -> dict[str, float]:
    """Scores are the bits of a float32 as an unsigned integer (schema 4), or of a float16 (schema 3)."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            said = dict(database.execute("SELECT key, value FROM run_metadata").fetchall())
            rows = database.execute("SELECT filename, score FROM results ORDER BY id").fetchall()
    except sqlite3.Error as error:
        raise UserError(
            f"{path}: it is no predictions.db of AnomalyMatch ({error}); copy its -wal file beside it"
        ) from None
    schema = str(said.get("schema_version", "")).strip('"')
    try:
        kind = {"4": ("<I", "<f"), "3": ("<H", "<e")}[schema]
    except KeyError:
        raise UserError(f"{path}: its schema is {schema or 'not stated'}; schemas 3 and 4 can be read") from None
    return {name: struct.unpack(kind[1], struct.pack(kind[0], bits))[0] for name, bits in rows}
