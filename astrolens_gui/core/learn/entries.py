"""What is held against the truth: a truth table, and the entries of models, people and score tables; knows no window
and starts nothing."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from astrolens_gui.api import UserError

from ..challenge.truth import object_id
from .scoring import probability

if TYPE_CHECKING:
    from ..labels.schemes import Scheme

Kind = Literal["model", "person", "table"]

_ENDING = re.compile(r"\.(fits?(\.gz|\.fz)?|png|jpe?g|npy|tiff?)$", re.IGNORECASE)


@dataclass(frozen=True)
class Truth:
    """Objects whose class is known.

    Attributes:
        ids: as the table names them. is_lens: bool (N,).
        columns: those of numbers, such as theta_E_arcsec and arc_snr: float64 (N,), NaN where empty.
        excluded: objects of the table that are neither (an empty is_lens); they count nowhere.
    """

    path: Path
    ids: tuple[str, ...]
    is_lens: np.ndarray
    columns: Mapping[str, np.ndarray] = field(default_factory=dict)
    excluded: int = 0

    @property
    def place(self) -> dict[str, int]:
        """Where each ID stands."""
        return {name: at for at, name in enumerate(self.ids)}

    def only(self, rows: np.ndarray) -> Truth:
        """The objects that bool `rows` (N,) marks."""
        kept = tuple(name for name, keep in zip(self.ids, rows, strict=True) if keep)
        columns = {name: column[rows] for name, column in self.columns.items()}
        return Truth(self.path, kept, self.is_lens[rows], columns, self.excluded)


@dataclass(frozen=True)
class Entry:
    """One way to rank the objects of a truth table.

    Attributes:
        logit: float64 (N,), larger = more lens-like, NaN where it says nothing; ties stay ties.
        note: where it comes from, and what is missing, for a person.
        score: the probability of a lens, float64 (N,), where the entry states one.
        taught: the objects whose labels it learnt from, bool (N,); None: none is known.
    """

    name: str
    kind: Kind
    logit: np.ndarray
    note: str = ""
    score: np.ndarray | None = None
    taught: np.ndarray | None = None

    @property
    def learnt(self) -> int:
        """How many of the objects it is judged on it learnt from."""
        return 0 if self.taught is None else int(self.taught.sum())

    @property
    def unscored(self) -> int:
        return int(np.isnan(self.logit).sum())

    def only(self, rows: np.ndarray) -> Entry:
        score, taught = (None if one is None else one[rows] for one in (self.score, self.taught))
        return Entry(self.name, self.kind, self.logit[rows], self.note, score, taught)


def read_truth(path: Path) -> Truth:
    """Any truth table that the program knows: ours and the challenges' (`core.challenge.truth`), `#` comments allowed.

    Raises:
        UserError: a file or column is missing, an ID stands twice, or a class is neither 0 nor 1.
    """
    from ..challenge import truth as tables

    said = tables.read(path)
    ids = tuple(said.is_lens)
    given = {"theta_E_arcsec": said.theta_e_arcsec, "arc_snr": _column(path, "arc_snr") or said.arc_flux_sigma}
    columns = {
        name: np.array([values.get(one, np.nan) for one in ids], np.float64) for name, values in given.items() if values
    }
    return Truth(Path(path), ids, np.fromiter(said.is_lens.values(), bool, len(ids)), columns, len(said.excluded))


def _column(path: Path, name: str) -> dict[str, float]:
    """The numbers of one column of a table that has just been read, by ID; {} where there is no such column."""
    with Path(path).open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(line for line in file if not line.startswith("#"))
        if not {"ID", name} <= set(reader.fieldnames or ()):
            return {}
        numbers = ((object_id(row["ID"]), number(row[name])) for row in reader)
        return {one: value for one, value in numbers if math.isfinite(value)}


def require_both(truth: Truth) -> None:
    """Raise a UserError where a class has no object: nothing can be ranked against nothing."""
    if not len(truth.ids):
        raise UserError(f"{truth.path}: no object has a class; fill its column is_lens with 0 and 1")
    if truth.is_lens.all() or not truth.is_lens.any():
        what = "lenses" if truth.is_lens.any() else "non-lenses"
        raise UserError(f"{truth.path}: the objects are all {what}; add the others")


def read_scores(path: Path, truth: Truth, name: str = "") -> tuple[Entry, int]:
    """An entry from a table with ID and `logit` (ranks are taken from it) or `score` (where no logit is a number), or from
    AnomalyMatch's scores, and how many objects of the truth it lacks.

    Raises:
        UserError: a file or column is missing, an ID stands twice, no ID or no number is there for the truth.
    """
    given = _of_anomalymatch(path, truth) if _is_anomalymatchs(path) else read_rows(path)
    if given and not {"logit", "score"} & next(iter(given.values())).keys():
        raise UserError(f"{path}: there is no column logit or score; add one")
    missing = sum(one not in given for one in truth.ids)
    if missing == len(truth.ids):
        raise UserError(f"{path} and {truth.path} have no ID in common; compare their ID columns")
    logit, score = (
        np.array([number(given.get(one, {}).get(column)) for one in truth.ids]) for column in ("logit", "score")
    )
    if not (np.isfinite(logit).any() or np.isfinite(score).any()):
        raise UserError(f"{path}: no object of {truth.path} has a number as logit or score; score them first")
    if np.isfinite(logit).any():
        score = np.where(np.isnan(score), probability(logit), score)
    else:
        logit = score
    return Entry(name or path.stem, "table", logit, path.name, score), missing


def _is_anomalymatchs(path: Path) -> bool:
    """Its database, or a table of its columns (filename or id, and score) and no ID."""
    try:
        with path.open("rb") as file:
            start = file.readline(4096)
    except OSError:
        return False
    header = {name.strip() for name in start.decode("utf-8-sig", "replace").split(",")}
    named = bool(header & {"filename", "Filename", "id"} and header & {"score", "Score"})
    return start.startswith(b"SQLite format 3") or (named and "ID" not in header)


def _of_anomalymatch(path: Path, truth: Truth) -> dict[str, dict[str, Any]]:
    """Its scores by the truth's IDs: a file's name, with or without its folder and ending."""
    from ..grading.anomalymatch import read_scores

    known, rows = set(truth.ids), {}
    for file, score in read_scores(path).items():
        base = object_id(PurePosixPath(file.replace("\\", "/")).name)
        tries = (object_id(file), base, _ENDING.sub("", base))
        name = next((one for one in tries if one in known), object_id(file))
        if name in rows:
            raise UserError(
                f"{path}: {file} and another file would both be {name}; write whole names into the truth table"
            )
        rows[name] = {"score": score}
    return rows


def of_person(
    name: str, truth: Truth, given: Iterable[tuple[str, str, str]], schemes: Mapping[str, Scheme]
) -> Entry | None:
    """A grader's labels (object's ID, scheme, grade) as an entry: grades rank by what their scheme says is the
    probability of a lens, then in the scheme's order; objects without a grade, or with one that says nothing of it, are
    unscored.

    None where no object of the truth has such a grade. Source: people took part so in Metcalf et al. 2019, §4.
    """
    value = _of_grades(schemes)
    place, logit, silent = truth.place, np.full(len(truth.ids), np.nan), 0
    for one, scheme, grade in given:
        if one in place:
            logit[place[one]] = value.get((scheme, grade), np.nan)
            silent += (scheme, grade) not in value
    graded = int((~np.isnan(logit)).sum())
    if not graded:
        return None
    levels = len(np.unique(logit[~np.isnan(logit)]))
    note = f"{graded:,} graded in {levels} grades"
    return Entry(name, "person", logit, note + (f"; {silent:,} with a grade that ranks nothing" if silent else ""))


def consensus(people: Sequence[Entry]) -> Entry | None:
    """The mean of what the graders of each object said; None with fewer than two of them."""
    if len(people) < 2:
        return None
    stack = np.array([one.logit for one in people])
    count = (~np.isnan(stack)).sum(axis=0)
    mean = np.where(count > 0, np.nansum(stack, axis=0) / np.maximum(count, 1), np.nan)
    mean = np.round(mean, 9)  # a third and two sixths are one rank
    return Entry(
        f"consensus of {len(people)}", "person", mean, f"mean grade; {np.mean(count[count > 0]):.1f} an object"
    )


def _of_grades(schemes: Mapping[str, Scheme]) -> dict[tuple[str, str], float]:
    """What each (scheme, grade) ranks as: its `positive`; grades that share one (sure and probable train alike) keep the
    scheme's order, evenly between it and the next lower: A 1, B 0.75, C 0.5, X 0."""
    values = {}
    for scheme in schemes.values():
        known = [grade for grade in scheme.grades if grade.positive is not None]
        levels = sorted({grade.positive for grade in known if grade.positive is not None}, reverse=True)
        for level, lower in zip(levels, [*levels[1:], levels[-1] - 0.5] if levels else [], strict=True):
            like = [grade for grade in known if grade.positive == level]
            for at, grade in enumerate(like):
                values[scheme.id, grade.value] = level - (level - lower) * at / len(like)
    return values


def read_rows(path: Path) -> dict[str, dict[str, Any]]:
    """The rows of a CSV table by ID, as `challenge.truth.object_id` names them. Lines that begin with # are comments."""
    rows: dict[str, dict[str, Any]] = {}
    twice: list[str] = []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(line for line in file if not line.startswith("#"))
            reader.fieldnames = header = [name.strip() for name in reader.fieldnames or []]
            if "ID" not in header:
                raise UserError(f"{path}: there is no column ID (it has {', '.join(header) or 'none'})")
            for row in reader:
                name = object_id(row["ID"])
                if name in rows:
                    twice.append(name)
                rows[name] = row
    except OSError as error:
        raise UserError(f"{path} can't be read ({error.strerror}); check the path") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path} is not a CSV table in UTF-8 ({error})") from None
    if twice:
        more = f", and {len(twice) - 1} more row{'s' * (len(twice) > 2)} repeat an ID" if len(twice) > 1 else ""
        raise UserError(f"{path}: the ID {twice[0]} stands twice{more}; keep one row an object")
    return rows


def number(text: str | float | None) -> float:
    """A cell's number; NaN where there is none."""
    try:
        return float("nan" if text in (None, "") else text)  # type: ignore[arg-type]
    except ValueError:
        return math.nan
