"""Columns of a text table as they were written: CSV, TSV, white space, ECSV, SExtractor's and VizieR's; decides no type."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from ...api import UserError

CHUNK = 50_000
"""Rows held as Python strings at a time."""

MOST_COLUMNS = 10_000
_CELLS = 5_000_000
"""Fields held as Python strings at a time."""

_SEXTRACTOR = re.compile(r"#\s*(\d+)\s+(\S+)\s*(.*)")
_UNIT = re.compile(r"\[([^\[\]]+)\]\s*$")


def room(path: Path) -> int:
    """Bytes that a table's columns may take: some for any, more for a large file; fixed widths can ask for any number."""
    return (256 << 20) + 8 * path.stat().st_size


def encoded(values: list[str]) -> np.ndarray:
    """Text as UTF-8, one fixed width: a fifth of the memory of str."""
    try:
        return np.array(values, dtype="S") if values else np.empty(0, "S1")
    except UnicodeEncodeError:
        return np.array([value.encode("utf-8") for value in values])


def read(path: Path, rows: int | None = None) -> tuple[dict[str, np.ndarray], dict[str, str], list[str]]:
    """name → column of stripped UTF-8 ("" for a first column without a name), name → unit where the table says it, and columns too wide
    for `room`, left out.

    Raises:
        UserError: a table without usable names, or with more fields in a row than there are names.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read(path, file, rows)
    except UnicodeDecodeError:
        with path.open(encoding="latin-1", newline="") as file:
            return _read(path, file, rows)


def _read(path: Path, file: Any, rows: int | None) -> tuple[dict[str, np.ndarray], dict[str, str], list[str]]:
    comments: list[str] = []
    first = ""
    for line in file:
        if line.startswith("#") or (not line.strip() and not first):
            comments.append(line.strip())
            continue
        first = line
        break
    if not first:
        raise UserError(f"{path}: the table has no rows; check that it is the right file")
    lines: Iterator[str] = itertools.chain([first], (line for line in file if not line.startswith("#")))
    units: dict[str, str] = {}
    if any(line.startswith("# %ECSV") for line in comments):
        separator, names, units, lines = _ecsv(comments, lines)
    elif numbered := [match for line in comments if (match := _SEXTRACTOR.fullmatch(line))]:
        separator, names, units = " ", *_sextractor(numbered, first)
    else:
        separator = _separator(path, first)
        names, lines = _header(path, comments, lines, separator)
        names, units, lines = _vizier(names, lines, separator)
    if len(names) > MOST_COLUMNS:
        raise UserError(f"{path}: it has {len(names):,} columns; check that it is the right file")
    columns, left_out = _columns(path, names, _split(lines, separator), rows)
    for name in names:
        if name not in units and (found := _UNIT.search(name)):
            units[name] = found[1]
    return columns, units, left_out


def _separator(path: Path, line: str) -> str:
    """The one that is in the first line: tab, comma, semicolon, bar; else white space."""
    if path.suffix.lower() == ".tsv":
        return "\t"
    counts = {one: line.count(one) for one in ("\t", ",", ";", "|")}
    best = max(counts, key=lambda one: counts[one])
    return best if counts[best] else " "


def _split(lines: Iterator[str], separator: str) -> Iterator[list[str]]:
    if separator == " ":
        return csv.reader((" ".join(line.split()) for line in lines), delimiter=" ", skipinitialspace=True)
    return csv.reader(lines, delimiter=separator, skipinitialspace=separator != "\t")


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _header(path: Path, comments: list[str], lines: Iterator[str], separator: str) -> tuple[list[str], Iterator[str]]:
    """The names: the first line that is no comment, or a comment above rows of numbers that has as many words."""
    first = next(lines)
    fields = next(_split(iter([first]), separator))
    if any(_is_number(field) for field in fields):
        for line in reversed(comments):
            names = next(_split(iter([line.lstrip("# ")]), separator), [])
            names = names if len(names) == len(fields) else line.lstrip("# ").split()
            if len(names) == len(fields):
                return names, itertools.chain([first], lines)
        raise UserError(f"{path}: its columns have no names; write them into the first line, for example ID,ra,dec")
    return fields, lines


def _vizier(names: list[str], lines: Iterator[str], separator: str) -> tuple[list[str], dict[str, str], Iterator[str]]:
    """VizieR writes a line of units and a line of dashes under the names."""
    ahead = list(itertools.islice(lines, 2))
    ruled = ["--" in line and set(line.strip()) <= {"-", separator, " "} for line in ahead]
    if ruled == [False, True]:
        units = [unit.strip().strip('"') for unit in ahead[0].rstrip("\r\n").split(separator)]
        return names, {name: unit for name, unit in zip(names, units, strict=False) if unit}, lines
    if ruled[:1] == [True]:
        ahead = ahead[1:]
    return names, {}, itertools.chain(ahead, lines)


def _ecsv(comments: list[str], lines: Iterator[str]) -> tuple[str, list[str], dict[str, str], Iterator[str]]:
    from astropy.table.meta import get_header_from_yaml

    about = get_header_from_yaml([line[2:] for line in comments if line.startswith("# ") and "%ECSV" not in line])
    separator = about.get("delimiter", " ")
    names = next(_split(lines, separator))
    return separator, names, {one["name"]: one["unit"] for one in about["datatype"] if one.get("unit")}, lines


def _sextractor(numbered: list[re.Match[str]], first: str) -> tuple[list[str], dict[str, str]]:
    """Names by their numbers; a gap is a column with several values."""
    places = {int(match[1]) - 1: match for match in numbered}
    names, units, last = [], {}, ""
    for place in range(len(first.split())):
        if place in places:
            last = names_ = places[place][2]
            names.append(names_)
            if unit := _UNIT.search(places[place][3]):
                units[names_] = unit[1]
        else:
            names.append(f"{last}_{place + 1}")
    return names, units


def _columns(
    path: Path, names: list[str], rows: Iterator[list[str]], limit: int | None
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Ragged rows are filled up; fields beyond the names must be empty (trailing separators). The widest go where all are too much."""
    width = len(names)
    parts: dict[int, list[np.ndarray]] = {at: [] for at in range(width)}
    longest = dict.fromkeys(parts, 1)
    most, line = room(path), 0
    usual = max(1, min(CHUNK, _CELLS // width))
    while limit is None or line < limit:
        many = usual if limit is None else min(usual, limit - line)
        chunk = [row for row in itertools.islice(rows, many) if row]
        if not chunk:
            break
        for at, row in enumerate(chunk):
            if len(row) != width:
                if any(field.strip() for field in row[width:]):
                    raise UserError(
                        f"{path}: row {line + at + 1} has {len(row)} fields for {width} columns; quote what holds a separator"
                    )
                chunk[at] = (row + [""] * (width - len(row)))[:width]
        line += len(chunk)
        fields = list(zip(*chunk, strict=True))
        longest = {at: max(wide, max(map(len, fields[at]))) for at, wide in longest.items()}
        while sum(longest.values()) * line > most:
            widest = max(longest, key=lambda at: longest[at])
            del longest[widest], parts[widest]
        for at, part in parts.items():
            part.append(np.char.strip(encoded(list(fields[at]))))
    names = [name.strip() for name in names]
    twice = {name for name in names if names.count(name) > 1 and name}
    unique = [
        f"{name}_{at + 1}" if name in twice and names.index(name) != at else name for at, name in enumerate(names)
    ]
    kept = {unique[at]: np.concatenate(part) for at, part in parts.items() if part and (unique[at] or at == 0)}
    return kept, [name for at, name in enumerate(unique) if at not in parts]
