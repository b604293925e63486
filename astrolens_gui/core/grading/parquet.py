"""Rows as Parquet, for DataFrames; knows columns, and needs the extra "parquet" (pyarrow)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from astrolens_gui.api import UserError

from ..labels.export import whole


def write_parquet(rows: Iterable[Mapping[str, Any]], path: Path) -> None:
    """A file from rows with the keys of the first one: floats (NaN becomes null), whole numbers, booleans, the rest text.

    It appears whole or not at all; a column `…_deg` says its unit.

    Raises:
        UserError: pyarrow is missing, or the file can't be written.
    """
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise UserError(f"{path}: writing Parquet needs pyarrow: pip install 'astrolens[parquet]'") from None
    listed = list(rows)
    fields, columns = [], []
    for name in listed[0] if listed else ():
        values = [row[name] for row in listed]
        given = [value for value in values if value is not None]
        if given and all(isinstance(value, bool) for value in given):
            kind = pyarrow.bool_()
        elif given and all(isinstance(value, int) and not isinstance(value, bool) for value in given):
            kind = pyarrow.int64()
        elif given and all(isinstance(value, int | float) and not isinstance(value, bool) for value in given):
            kind = pyarrow.float64()
            values = [None if value is None or value != value else float(value) for value in values]
        else:
            kind = pyarrow.string()
            values = [None if value is None else str(value).encode("utf-8", "replace").decode() for value in values]
        unit = {b"unit": b"deg"} if name.endswith("_deg") else None
        fields.append(pyarrow.field(name, kind, metadata=unit))
        columns.append(pyarrow.array(values, kind))
    table = pyarrow.table(columns, schema=pyarrow.schema(fields))
    whole(path, lambda partial: parquet.write_table(table, str(partial)))
