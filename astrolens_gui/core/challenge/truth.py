"""The challenges' truth tables, of the training and test sets, and our own, as one record; knows no image and no score.

| table | what makes a lens |
|---|---|
| `classifications.csv`, `truth.csv` | `is_lens` is 1 |
| `ground_catalog.N.csv`, `space_catalog.N.csv` (test sets) | `no_source` is 0: a source was put behind it |
| `image_catalog2.0train.csv` | n_source_im > 0, mag_eff > 1.6 and n_pix_source > 20; none: mag_eff < 1 or n_sources = 0 |

Challenge 2.0 leaves out what is neither.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...api import UserError

Row = Mapping[str, str]
ARCSEC2_PER_STERADIAN = (math.degrees(1) * 3600) ** 2

_RULE_2 = ("n_source_im", "mag_eff", "n_pix_source", "n_sources")
_THETA = ("theta_E_arcsec",)
_AREA = ("Einstein_area", "ein_area")
_FLUX = ("flux_lensed_image_in_sigma",)
_PIXELS = ("numb_pix_lensed_image", "n_pix_source")


@dataclass
class Truth:
    """What a table says, by ID.

    Attributes:
        is_lens: of every object that counts.
        theta_e_arcsec: Einstein radius where the table has one (that of the area: theta = sqrt(A / pi)).
        arc_flux_sigma: flux of the lensed images over the noise. arc_pixels: pixels that they cover.
        excluded: neither a lens nor a non-lens by the challenge's rule, or listed twice with different answers.
        repeated: IDs that stand in more than one row (challenge 2.0 has some).
    """

    is_lens: dict[str, bool] = field(default_factory=dict)
    theta_e_arcsec: dict[str, float] = field(default_factory=dict)
    arc_flux_sigma: dict[str, float] = field(default_factory=dict)
    arc_pixels: dict[str, float] = field(default_factory=dict)
    excluded: list[str] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)


def object_id(text: str | None) -> str:
    """How an object is named in any table: without blanks around it, and `100000` also where it was saved as `100000.0`."""
    whole, dot, rest = (text or "").strip().partition(".")
    return whole if dot and whole.isdigit() and not rest.strip("0") else (text or "").strip()


def read_truth(path: Path) -> dict[str, bool]:
    """{ID: whether it is a lens} of any of the tables above, without what the challenge's rule excludes.

    Raises:
        UserError: as `read`.
    """
    return read(path).is_lens


def is_truth(path: Path) -> bool:
    """Whether a file is a table with IDs and one of the answers above, and has no column `grade`."""
    try:
        header, _ = _open(path)
    except UserError:
        return False
    return "ID" in header and "grade" not in header and _rule(header) is not None


def read(path: Path) -> Truth:
    """All that a table says.

    Raises:
        UserError: it can't be read, has no such columns, an answer is no 0 or 1, or an ID stands twice (but in challenge 2.0's,
            where the first row counts if both say the same).
    """
    header, lines = _open(path)
    rule = _rule(header)
    if "ID" not in header or rule is None:
        has = ", ".join(name for name in header if name) or "none"
        raise UserError(f"{path}: a truth table needs the columns ID and is_lens (or no_source), it has {has}")
    truth = Truth()
    excluded: set[str] = set()
    twice: dict[str, None] = {}
    for number, cells in lines:
        row = dict(zip(header, cells, strict=False))
        if not (name := object_id(row.get("ID", ""))):
            raise UserError(f"{path}: line {number} has no ID; name the object there")
        answer = rule(row, f"{path}: line {number}")
        if name in truth.is_lens or name in excluded:
            twice[name] = None
            if truth.is_lens.get(name) != answer:
                truth.is_lens.pop(name, None)
                excluded.add(name)
            continue
        if answer is None:
            excluded.add(name)
            continue
        truth.is_lens[name] = answer
        _numbers(truth, name, row)
    if twice and rule is not _second:
        more = f", and {len(twice) - 1} more" if len(twice) > 1 else ""
        raise UserError(
            f"{path}: the ID {next(iter(twice))} stands twice{more}; keep one row an object, for a truth is "
            "nobody's: what several people answered goes into a table with the columns ID, grade and grader"
        )
    truth.excluded, truth.repeated = sorted(excluded), list(twice)
    return truth


def _numbers(truth: Truth, name: str, row: Row) -> None:
    theta = _first(row, _THETA)
    area = _first(row, _AREA)
    if math.isnan(theta) and area > 0:
        # square radians in the released tables, square arcsec in some: no lens is as small as 1e-6 arcsec2
        theta = math.sqrt((area * ARCSEC2_PER_STERADIAN if area < 1e-6 else area) / math.pi)
    for kept, value in (
        (truth.theta_e_arcsec, theta),
        (truth.arc_flux_sigma, _first(row, _FLUX)),
        (truth.arc_pixels, _first(row, _PIXELS)),
    ):
        if math.isfinite(value):
            kept[name] = value


def _open(path: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The header and (line number, cells) of each row; lines that begin with # are comments, but one of them may be the header."""
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise UserError(f"{path} can't be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not a CSV table in UTF-8 ({error})") from None
    kept = [(n, line) for n, line in enumerate(lines, 1) if line.strip() and not line.lstrip().startswith("#")]
    try:
        rows = [
            ([cell.strip() for cell in row], n)
            for (n, _), row in zip(kept, csv.reader(line for _, line in kept), strict=False)
        ]
    except (csv.Error, ValueError) as error:
        raise UserError(f"{path} is not a CSV table ({error})") from None
    header = rows.pop(0)[0] if rows else []
    if "ID" not in header:
        comments = [[cell.strip() for cell in line.lstrip("# ").split(",")] for line in lines if line.startswith("#")]
        named = next((cells for cells in reversed(comments) if "ID" in cells and len(cells) == len(header)), None)
        if named is not None:
            rows.insert(0, (header, kept[0][0]))
            header = named
    return header, [(n, cells) for cells, n in rows]


def _rule(header: list[str]) -> Callable[[Row, str], bool | None] | None:
    if "is_lens" in header:
        return _said
    if "no_source" in header:
        return _sourced
    return _second if all(name in header for name in _RULE_2) else None


def _said(row: Row, where: str) -> bool:
    text = row.get("is_lens", "").lower()
    if text in {"1", "1.0", "true"}:
        return True
    if text in {"0", "0.0", "false"}:
        return False
    raise UserError(f"{where}: is_lens of {row['ID']} is {row.get('is_lens')!r}; it must be 0 or 1")


def _sourced(row: Row, where: str) -> bool:
    value = _number(row.get("no_source"))
    if math.isnan(value):
        raise UserError(f"{where}: no_source of {row['ID']} is {row.get('no_source')!r}; it must be 0 or 1")
    return value == 0


def _second(row: Row, where: str) -> bool | None:
    """Challenge 2.0; None: excluded. A comparison with what is missing is false."""
    images, magnification, pixels, sources = (_number(row.get(name)) for name in _RULE_2)
    lens = images > 0 and magnification > 1.6 and pixels > 20
    none = magnification < 1 or sources == 0
    return None if lens == none else lens


def _first(row: Row, names: tuple[str, ...]) -> float:
    return next((_number(row[name]) for name in names if name in row), math.nan)


def _number(text: str | None) -> float:
    try:
        return float(text or "nan")
    except ValueError:
        return math.nan
