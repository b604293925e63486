"""Labels as tables: the rows, the csv, FITS and VOTable writers, and the reader of label tables; knows no widget and no pixel."""

from __future__ import annotations

import csv
import math
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...api import ExporterSpec, UserError
from ..texttables import delimiter_of, header_of, table_of, text_of
from .records import LabelRow, ObjectRow, utc

if TYPE_CHECKING:
    from .store import Store

COLUMNS = ("ID", "path", "grade", "subtype", "grader", "time", "comment", "ra_deg", "dec_deg", "score", "logit")
"""Header of every exported table; the last four are numbers, empty or NaN where there is none."""

MEASURED = ("theta_E_arcsec", "separation_arcsec", "n_images")
"""Columns of what a grader measured, behind the others in a table that has any of them."""

_READ = ("ID", "grade", "subtype", "grader", "time", "comment")
_NUMBERS = (*COLUMNS[-4:], *MEASURED)

_UCD = {"ID": "meta.id", "ra_deg": "pos.eq.ra;meta.main", "dec_deg": "pos.eq.dec;meta.main"}
"""What a VOTable says the columns are; one object may have several rows."""


class TableError(UserError):
    """One sentence: the file, the line or column, and the remedy."""


def rows(
    store: Store,
    resolve: Callable[[str, str], Path] | None = None,
    *,
    grader: str | None = None,
    model: str | None = None,
    ungraded: bool = False,
) -> list[dict[str, Any]]:
    """One plain dict (keys `COLUMNS`, and `MEASURED` where anything was) a label, in import order.

    With `ungraded` also one for each object that nobody graded.

    `resolve` (a project's) makes `path` absolute; without it the path is relative to its root. Scores are the model's (the champion's).
    """
    scores = store.scores(model)
    scored = {one: at for at, one in enumerate(scores["object"].tolist())}
    labels: dict[int, list[LabelRow]] = {}
    for label in store.labels(grader, graded=False):
        labels.setdefault(label.object, []).append(label)
    measured = {(row.object, row.grader): row.values for row in store.measured() if grader in (None, row.grader)}
    found_only = {(one, who) for one, who in measured} - {
        (row.object, row.grader) for of in labels.values() for row in of
    }
    for one, who in sorted(found_only):  # measured, neither graded nor commented
        labels.setdefault(one, []).append(LabelRow(0, one, "", who, "", "", "", "", "", None, ""))
    extra = (
        MEASURED
        if any(_measured(values, name) is not None for values in measured.values() for name in MEASURED)
        else ()
    )
    table = []
    for thing in store.objects(None if ungraded else sorted(labels)):
        at = scored.get(thing.id)
        score, logit = (math.nan, math.nan) if at is None else (float(scores["score"][at]), float(scores["logit"][at]))
        found: LabelRow | None
        for found in labels.get(thing.id, [None]):  # type: ignore[list-item]
            values = (found.grade, found.subtype, found.grader, found.time, found.comment) if found else ("",) * 5
            numbers = (
                math.nan if thing.ra is None else thing.ra,
                math.nan if thing.dec is None else thing.dec,
                score,
                logit,
            )
            row = dict(zip(COLUMNS, (thing.name, path_of(thing, resolve), *values, *numbers), strict=True))
            given = measured.get((thing.id, found.grader), {}) if found else {}
            table.append({**row, **{name: _measured(given, name, math.nan) for name in extra}})
    return table


def _measured(values: dict[str, Any], name: str, absent: Any = None) -> Any:
    """A measured number; `absent` where there is none."""
    value = values.get(name)
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else absent


def columns(rows: list[dict[str, Any]]) -> tuple[str, ...]:
    """Header of a table of these rows."""
    return (*COLUMNS, *(MEASURED if rows and MEASURED[0] in rows[0] else ()))


def path_of(thing: ObjectRow, resolve: Callable[[str, str], Path] | None) -> str:
    """The file of its first plane; relative to its root without `resolve`."""
    relative = str(thing.planes[0]["path"]) if thing.planes else ""
    return str(resolve(thing.root, relative)) if resolve and relative else relative


def write_csv(rows: Iterable[dict[str, Any]], path: Path) -> None:
    """UTF-8, LF, one header line; numbers in full precision, a missing one empty."""

    listed = list(rows)
    names = columns(listed)

    def write(partial: Path) -> None:
        with open(partial, "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(names)
            writer.writerows([_cell_of(row, name) for name in names] for row in listed)

    whole(path, write)


def _cell_of(row: dict[str, Any], name: str) -> str:
    value = row[name]
    return str(int(value)) if name == "n_images" and value == value and value.is_integer() else text_cell(value)


def text_cell(value: Any) -> str:
    """A number in full precision, empty where there is none."""
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return str(value)


def write_fits(rows: Iterable[dict[str, Any]], path: Path) -> None:
    """A binary table, LABELS. Its text is UTF-8, which astropy's Table.read decodes; FITS itself promises no more than ASCII."""
    whole(path, lambda partial: put_fits(_table(rows, for_fits), "LABELS", partial))


def write_votable(rows: Iterable[dict[str, Any]], path: Path) -> None:
    """A VOTable with Unicode text."""
    table = _table(rows, for_votable)
    whole(path, lambda partial: table.write(partial, format="votable", overwrite=True))


def _table(rows: Iterable[dict[str, Any]], clean: Callable[[str], str | bytes]) -> Any:
    listed = list(rows)
    return as_table(listed, columns(listed), dict.fromkeys(_NUMBERS, float), _UCD, clean)


def for_fits(text: str) -> bytes:
    """Text as a FITS table's bytes."""
    return text.encode("utf-8", "backslashreplace")


def for_votable(text: str) -> str:
    """Text without the characters that XML does not allow."""
    return re.sub(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]", "�", text)


def put_fits(table: Any, name: str, out: Path) -> None:
    """An astropy Table of `for_fits` bytes, as the extension `name`."""
    table.meta["EXTNAME"] = name
    table.meta["ENCODING"] = "UTF-8"
    table.write(out, format="fits", overwrite=True)


def as_table(
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    numbers: Mapping[str, type],
    ucds: Mapping[str, str],
    clean: Callable[[str], str | bytes],
) -> Any:
    """An astropy Table of the columns `names`: those of `numbers` of that type (float or int), the others as `clean` text;
    names that end in `_deg` are degrees."""
    import numpy as np
    from astropy.table import Column, Table

    table = Table()
    for name in names:
        if name in numbers:
            data = np.array([row[name] for row in rows], dtype=np.float64 if numbers[name] is float else np.int64)
        else:
            data = np.array([clean(str(row[name])) for row in rows] or [clean("")])[: len(rows)]
            if data.dtype.itemsize == 0:
                data = data.astype(f"{data.dtype.kind}1")
        table[name] = Column(data, unit="deg" if name in numbers and name.endswith("_deg") else None)
        if name in ucds:
            table[name].info.meta = {"ucd": ucds[name]}
    return table


def check_folder(out: Path) -> None:
    """Before long work: whether there is a folder to write into.

    Raises:
        UserError: there is none.
    """
    if not out.parent.is_dir():
        raise UserError(f"{out}: the folder {out.parent} does not exist; make it first")


def whole(path: Path, write: Callable[[Path], None]) -> None:
    """The file appears whole or not at all. A link stays a link to it; what is no file (a pipe, a device) is written into."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise TableError(f"{path} is a folder; name the file to write, such as {Path(path) / 'labels.csv'}")
    try:
        if os.path.exists(path) and not os.path.isfile(path):  # /dev/stdout may lead to a pipe that has no path
            with tempfile.TemporaryDirectory() as folder:
                whole = Path(folder) / "table"
                write(whole)
                with open(whole, "rb") as source, open(path, "wb") as pipe:
                    shutil.copyfileobj(source, pipe)
            return
        partial = target.with_name(f".{target.name}.partial")
        try:
            write(partial)
            os.replace(partial, target)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise TableError(
            f"{path} cannot be written ({error.strerror or error}); choose a folder where you may write"
        ) from None


EXPORTERS = (
    ExporterSpec("csv", "Comma-separated text", ".csv", write_csv, "Text, UTF-8: opens everywhere."),
    ExporterSpec("fits", "FITS table", ".fits", write_fits, "A binary table for TOPCAT and astropy."),
    ExporterSpec("votable", "VOTable", ".vot", write_votable, "XML for TOPCAT, Aladin and the Virtual Observatory."),
)
"""The built-in table formats; plugins add theirs through `astrolens_exporters`."""


def read_labels(path: Path) -> list[dict[str, str]]:
    """Rows of a label table as text, keys `ID,grade,subtype,grader,time,comment` ("" where a column is missing) and `line`.

    A time is brought to UTC. `line` is the number of the row's last line in the file.
    Comma, semicolon or tab; UTF-8 with or without BOM; LF or CRLF; index columns are dropped; an object really named "NA" stays so.

    Raises:
        TableError: the file, the line or column, and what is expected.
    """
    text = text_of(path, "export it as CSV first", TableError)
    delimiter = delimiter_of(text)
    names = header_of(text, delimiter)
    for name in ("ID", "grade"):
        if names.count(name) != 1:
            raise TableError(
                f"{path}: one column must be named {name} (it has {', '.join(names) or 'no header'}); expected: "
                "ID,grade[,subtype,grader,time,comment]"
            )
    table = []
    for line, cells in table_of(text, str(path), delimiter, TableError, _READ)[1]:
        row = {name: cells.get(name, "").strip() for name in _READ}
        if not row["ID"]:
            raise TableError(f"{path}: line {line} has no ID; name the object there")
        try:
            row["time"] = utc(row["time"]) if row["time"] else ""
        except ValueError as error:
            raise TableError(f"{path}: line {line}: {error}") from None
        table.append({**row, "line": str(line)})
    return table
