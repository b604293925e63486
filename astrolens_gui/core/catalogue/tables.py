"""Tables of sources in any of the field's formats, columns as they stand: text first, numbers when asked for; knows no sky.

A text table keeps what was written, so that an ID 00012, a name NA and an empty field stay what they are.
"""

from __future__ import annotations

import io
import itertools
import os
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ...api import UserError
from . import text, votable

SUFFIXES = (".csv", ".tsv", ".ecsv", ".txt", ".cat", ".dat", ".vot", ".votable", ".xml", ".parquet", ".pq")
"""What names say "table"; a FITS file says it by its contents (`is_table`)."""

NOTHING = frozenset(b"|nan|-|--|---|null|none|na|n/a|masked|inf|-inf|...".split(b"|"))
"""What stands for no value in a column of numbers, in lower case."""

_PACKED = (b"\x1f\x8b", b"\x1f\x9d", b"BZh", b"PK\x03\x04", b"\xfd7zXZ")
_BATCH = 8192
_LEADING_ZERO = re.compile(rb"[+-]?0\d")


@dataclass(frozen=True)
class Table:
    """Columns of equal length.

    Attributes:
        columns: name → bytes (S, UTF-8, stripped) as written, or numbers of a binary format: native, NaN where a float
            is masked; integers and booleans as masked arrays then, exact, for no float holds every 64-bit ID.
        units, ucds: of those columns that have one. left_out: columns that hold arrays, or values too long to keep.
    """

    path: Path
    columns: Mapping[str, np.ndarray]
    units: Mapping[str, str] = field(default_factory=dict)
    ucds: Mapping[str, str] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.columns)

    def text(self, name: str) -> list[str]:
        """A column as it would be written; whole numbers without a decimal point, "" where there is no value."""
        column = self.columns[name]
        if column.dtype.kind == "S":
            return [value.decode("utf-8", "replace") for value in column.tolist()]
        values = column.tolist()  # None where an integer is masked
        if column.dtype.kind == "f":
            there = np.isfinite(column)
            whole = bool((column[there] == np.trunc(column[there])).all())
            values = [(int(v) if whole else v) if ok else None for v, ok in zip(values, there.tolist(), strict=True)]
        return ["" if value is None else str(value) for value in values]

    def numbers(self, name: str) -> np.ndarray | None:
        """A column as float64, NaN where there is no value; None where something in it is no number."""
        column = self.columns[name]
        if column.dtype.kind in "fiub":
            return np.ma.filled(column.astype(np.float64), np.nan)
        if column.dtype.kind != "S":
            return None
        try:
            return column.astype(np.float64)
        except ValueError:
            pass
        given = ~np.isin(np.char.lower(column), list(NOTHING))
        values = np.full(len(column), np.nan)
        try:
            values[given] = column[given].astype(np.float64)
        except ValueError:
            return None
        return values if given.any() else None

    def values(self, name: str) -> list[Any]:
        """A column as JSON keeps it: int, float, None where there is no number, else str; numbers with leading zeros are text."""
        column = self.columns[name]
        if column.dtype.kind in "iub":
            return column.tolist()
        if column.dtype.kind == "S" and any(_LEADING_ZERO.match(value) for value in column.tolist()):
            return self.text(name)
        found = self.numbers(name)
        if found is None:
            return self.text(name)
        finite = np.isfinite(found)
        whole = column.dtype.kind == "S" and (found[finite] == np.trunc(found[finite])).all() and not _pointed(column)
        if whole and (np.abs(found[finite]) <= 2**63).all():  # from the text: a float holds no 64-bit number
            return [int(value) if ok else None for value, ok in zip(column.tolist(), finite.tolist(), strict=True)]
        return [value if ok else None for value, ok in zip(found.tolist(), finite.tolist(), strict=True)]

    def head(self, rows: int) -> Table:
        """The first rows."""
        return self._at(slice(rows))

    def spread(self, rows: int) -> Table:
        """About so many rows from everywhere, for a look."""
        return self._at(slice(0, None, max(1, len(self) // rows)))

    def _at(self, rows: slice) -> Table:
        parts = {name: column[rows] for name, column in self.columns.items()}
        return Table(self.path, parts, self.units, self.ucds, self.left_out)


def _pointed(column: np.ndarray) -> bool:
    return bool((np.char.find(column, b".") >= 0).any() or (np.char.find(np.char.lower(column), b"e") >= 0).any())


def is_table(path: str | Path) -> bool:
    """Whether a file is a table of sources: by its name, or as FITS that holds a table and no image."""
    path = Path(path)
    if path.suffix.lower() in SUFFIXES:
        return path.is_file()
    from ..images.errors import ImageError
    from ..images.headers import walk
    from ..images.source import Source

    try:
        with Source(path) as source:
            kinds = {hdu.kind for hdu in walk(source)}
    except ImageError:
        return False
    return "table" in kinds and not kinds & {"image", "compressed"}


def read(path: str | Path, rows: int | None = None) -> Table:
    """A table whole, or its first `rows` where that is cheaper: CSV, TSV, ECSV, white space, FITS, VOTable, Parquet.

    Raises:
        UserError: one sentence with the file and the remedy.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            start = file.read(512)
    except OSError as error:
        raise UserError(f"{path}: can't be read: {error.strerror}") from None
    if not start.strip():
        raise UserError(f"{path}: the table is empty")
    try:
        if start[:4] == b"PAR1":
            table = _parquet(path)
        elif start[:6] == b"SIMPLE" or start[:2] == b"\x1f\x8b":
            table = _fits(path)
        elif b"<VOTABLE" in start or path.suffix.lower() in {".vot", ".votable", ".xml"}:
            table = _votable(path)
        else:
            columns, units, too_long = text.read(path, rows)
            table = _made(path, columns.items(), units)
            table = replace(table, left_out=(*table.left_out, *too_long))
    except UserError:
        raise
    except MemoryError:
        raise UserError(f"{path}: there is not enough memory for it") from None
    except Exception as error:
        raise UserError(f"{path}: can't be read as a table ({str(error) or type(error).__name__})") from None
    if not table.columns or not len(table):
        raise UserError(f"{path}: the table has no rows; check that it is the right file")
    return table if rows is None else table.head(rows)


def _made(path: Path, columns: Iterable[tuple[str, Any]], units: Mapping[str, str], ucds: Any = None) -> Table:
    """Columns with names of their own; index leftovers (no name, "Unnamed: 0") and arrays are left out. A first column without a name
    that holds words, as Astronomaly's objects do, is called "index"."""
    kept: dict[str, np.ndarray] = {}
    left_out = []
    room = text.room(path)
    for place, (name, column) in enumerate(columns):
        if place == 0 and not name.strip() and column.dtype.kind == "S" and not _numbers(column):
            name = "index"
        if not name.strip() or re.fullmatch(r"Unnamed: \d+(\.\d+)?", name.strip()):
            continue
        if column.ndim != 1 or column.dtype.kind not in "SUOfiub":
            left_out.append(name)
            continue
        if column.dtype.kind == "O":
            width = max((len(str(value)) for value in column.tolist()), default=0)
            if width * len(column) > room:
                left_out.append(name)
                continue
            room -= width * len(column)
        kept[_unique(name.strip(), kept)] = _plain(column)
    return Table(path, kept, dict(units), dict(ucds or {}), tuple(left_out))


def _numbers(column: np.ndarray) -> bool:
    return all(not one or one.isdigit() for one in column.tolist())


def _unique(name: str, taken: Mapping[str, Any]) -> str:
    return next(one for one in itertools.chain([name], (f"{name}_{n}" for n in itertools.count(2))) if one not in taken)


def _plain(column: np.ndarray) -> np.ndarray:
    """Native numbers, floats with NaN for what is masked, or stripped UTF-8."""
    masked = np.ma.getmaskarray(column) if np.ma.is_masked(column) else None
    column = np.asarray(column)
    if column.dtype.kind in "fiub":
        column = column.astype(column.dtype.newbyteorder("="), copy=False)
        if masked is None:
            return column
        return np.where(masked, np.nan, column) if column.dtype.kind == "f" else np.ma.array(column, mask=masked)
    if column.dtype.kind in "UO":
        column = text.encoded([_written(value) for value in column.tolist()])
    column = np.char.strip(column)
    if masked is not None:
        column[masked] = b""
    return column


def _written(value: Any) -> str:
    """An object as text: Parquet has its bytes, which is what astropy makes of its own, as objects."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return "" if value is None else str(value)


def _fits(path: Path) -> Table:
    """The largest table of a FITS file."""
    from astropy.io import fits
    from astropy.table import Table as Astropy

    from ..images.source import Source

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Source(path) as source:  # unpacks no more than is safe
            opened: Any = path if source.packed is None else io.BytesIO(source.packed)
        with fits.open(opened, memmap=source.packed is None) as file:
            tables = [
                (len(hdu.data), -at)
                for at, hdu in enumerate(file)
                if type(hdu) is fits.BinTableHDU and hdu.data is not None
            ]
            tables += [(len(hdu.data), -at) for at, hdu in enumerate(file) if type(hdu) is fits.TableHDU]
            if not tables:
                raise UserError(f"{path}: it holds no table; give the catalogue, not the image")
            at = -max(tables)[1]
            head = file[at].header
            ucds = {head[f"TTYPE{n}"]: head[f"TUCD{n}"] for n in range(1, head["TFIELDS"] + 1) if f"TUCD{n}" in head}
            found = Astropy.read(file[at], character_as_bytes=True)
            return _of_astropy(path, found, ucds)


def _of_astropy(path: Path, found: Any, ucds: Mapping[str, str]) -> Table:
    units = {name: str(found[name].unit) for name in found.colnames if getattr(found[name], "unit", None)}
    columns = [(name, _array(found[name])) for name in found.colnames]
    return _made(path, columns, units, ucds)


def _array(column: Any) -> Any:
    """A column's values without its unit, masked where it is."""
    data = getattr(column, "data", None)
    value = data if isinstance(data, np.ndarray) else np.asarray(column)
    return value


def _votable(path: Path) -> Table:
    from astropy.io.votable import parse_single_table

    with path.open("rb", buffering=0) as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if file.read(6).startswith(_PACKED):  # astropy would unpack it, however large it becomes
            raise UserError(f"{path}: it is packed; unpack it first")
        file.seek(0)
        votable.check(path, file, text.room(path))
        file.seek(0)
        found = parse_single_table(file, verify="ignore")
        ucds = {one.name: one.ucd for one in found.fields if one.ucd}
        return _of_astropy(path, found.to_table(use_names_over_ids=_distinct(one.name for one in found.fields)), ucds)


def _distinct(names: Iterable[str]) -> bool:
    return max(Counter(names).values(), default=0) == 1


def _parquet(path: Path) -> Table:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise UserError(f"{path}: reading Parquet needs pyarrow: pip install 'astrolens[parquet]'") from None
    room, batches = text.room(path), []
    with parquet.ParquetFile(os.fspath(path)) as file:
        for batch in file.iter_batches(batch_size=_BATCH):
            batches.append(batch)
            room -= batch.nbytes
            if room < 0:
                raise UserError(f"{path}: it unpacks to more than fits into memory; select fewer columns or rows")
        found = pyarrow.Table.from_batches(batches, file.schema_arrow)
    # Beside a masked column `ra`, astropy writes `ra.mask`, true where there is no value.
    masks = {f"{name}.mask" for name in found.column_names} & {one.name for one in found.schema if one.type == "bool"}
    columns = [
        (name, _arrow(found.column(name), found.column(mask) if (mask := f"{name}.mask") in masks else None))
        for name in found.column_names
        if name not in masks
    ]
    units = {one.name: (one.metadata or {}).get(b"unit", b"").decode() for one in found.schema}
    return _made(path, columns, {name: unit for name, unit in units.items() if unit})


def _arrow(column: Any, mask: Any) -> np.ndarray:
    """A column of Parquet, masked where it is; pyarrow itself would make floats of integers with gaps."""
    from pyarrow import types

    if types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    masked = column.is_null().to_numpy()
    if mask is not None:
        masked = masked | mask.fill_null(False).to_numpy()
    if types.is_integer(column.type) or types.is_boolean(column.type):
        column = column.fill_null(False if types.is_boolean(column.type) else 0)
    return np.ma.array(column.to_numpy(), mask=masked)


def write_csv(path: str | Path, names: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A plain table, for tests and for lists of sources that were left out."""
    import csv

    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
