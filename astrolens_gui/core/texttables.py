"""Text tables with a header: bytes to text, text to cells by name; knows no tool, no label and no project."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from astrolens_gui.api import UserError


def text_of(path: Path, remedy: str = "give the tool's own table", refusal: type[UserError] = UserError) -> str:
    """A file as UTF-8, with or without BOM.

    Raises:
        UserError: (as `refusal`) it can't be read, is no text (then `remedy`), or not UTF-8.
    """
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise refusal(f"{path} cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError as error:
        raise refusal(f"{path}: byte {error.start} is not UTF-8; save the table as UTF-8 text") from None
    if "\0" in text:
        raise refusal(f"{path} is not a text table; {remedy}")
    return text


def delimiter_of(text: str) -> str:
    """Comma, semicolon or tab: the one that the first line has most of."""
    return max(",;\t", key=text.split("\n", 1)[0].count)


def table_of(
    text: str,
    where: str,
    delimiter: str = ",",
    refusal: type[UserError] = UserError,
    wanted: Collection[str] | None = None,
) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    """Header and (line, cells by name) of a table with a header. Index columns (no name, `Unnamed: 0`, `Unnamed: 0.1`) go;
    separators left over at a line's end are allowed. `line` is the number of a row's last line in the file.

    Args:
        wanted: the columns that are looked at; others may stand twice. None: all.

    Raises:
        UserError: (as `refusal`) a wanted column's name stands twice, a line has more cells than the header, or the quotes are
            broken.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        header = next(reader, [])
        kept = [(at, name.strip()) for at, name in enumerate(header) if not is_index(name)]
        names = [name for _, name in kept]
        counts = Counter(names)
        if twice := [name for name in counts if counts[name] > 1 and (wanted is None or name in wanted)]:
            raise refusal(f"{where}: two columns are named {twice[0]}; give one another name")
        rows = []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if any(cell.strip() for cell in cells[len(header) :]):
                raise refusal(
                    f"{where}: line {reader.line_num} has more cells than the header; put text with a {delimiter!r} in quotes"
                )
            rows.append((reader.line_num, {name: cells[at] if at < len(cells) else "" for at, name in kept}))
    except csv.Error as error:
        raise refusal(f"{where}: line {reader.line_num} cannot be read ({error}); check its quotes") from None
    return names, rows


def is_index(name: str) -> bool:
    """Whether a column is a running number that a program left behind."""
    return not name.strip() or re.fullmatch(r"Unnamed: \d+(\.\d+)*", name.strip()) is not None


def header_of(text: str, delimiter: str = ",") -> list[str]:
    """The first line's names without index columns; [] where it can't be split."""
    try:
        first = next(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), [])
    except csv.Error:
        return []
    return [name.strip() for name in first if not is_index(name)]
