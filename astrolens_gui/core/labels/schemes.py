"""Grading schemes as data: what a person may answer, with which key, and what it means for training; knows no label and no widget."""

from __future__ import annotations

import re
import shutil
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from ...api import UserError
from .. import paths
from .schemecheck import GRADES, SUBTYPES, TEXTS, Fault, faults

_AWAY = "move the file away: labels given by it are kept"


class SchemeError(UserError):
    """One sentence: the file, what is wrong in it, and what it should say."""


@dataclass(frozen=True)
class Grade:
    """One answer. `positive` is the soft target, the probability of a lens; None keeps it out of training."""

    key: str
    value: str
    title: str
    criterion: str
    colour: str
    positive: float | None = None


@dataclass(frozen=True)
class Subtype:
    """A finer answer, given after the grade."""

    key: str
    value: str
    title: str


@dataclass(frozen=True)
class Scheme:
    """Grades from the best to the lowest, and sub-types."""

    id: str
    title: str
    doc: str
    grades: tuple[Grade, ...]
    subtypes: tuple[Subtype, ...]

    def grade(self, value: str) -> Grade | None:
        """The grade with this value; None for one that the scheme does not know (it is kept and shown all the same)."""
        return next((grade for grade in self.grades if grade.value == value), None)

    @property
    def lowest(self) -> Grade:
        """What the space bar gives."""
        return self.grades[-1]


def load_schemes(project_folder: Path | None = None) -> dict[str, Scheme]:
    """The shipped schemes, then a person's own (`schemes/*.toml` beside the settings), then those of
    `project_folder/schemes/*.toml`; a later one wins over an earlier one of the same id. A file of a person's own that is no
    scheme is left out (`own_problems` says why): it must not keep any project from opening.

    Raises:
        SchemeError: a file of the project is not a scheme.
    """
    own = sorted((Path(project_folder) / "schemes").glob("*.toml")) if project_folder else []
    found = [*(scheme for _, scheme in of_person()[0]), *(_read(entry) for entry in own)]
    return shipped() | {scheme.id: scheme for scheme in found}


def shipped() -> dict[str, Scheme]:
    """Those that come with the program."""
    entries = files("astrolens_resources").joinpath("schemes").iterdir()
    found = (_read(one) for one in sorted(entries, key=lambda one: one.name) if one.name.endswith(".toml"))
    return {scheme.id: scheme for scheme in found}


def keep_with(project_folder: Path, scheme: str) -> None:
    """A scheme of a person's own goes into the project that is graded by it: others have no such file.

    Raises:
        SchemeError: it can't be written there.
    """
    place = Path(project_folder) / "schemes"
    for path, found in of_person()[0]:
        if found.id == scheme and not (place / path.name).exists():
            try:
                place.mkdir(exist_ok=True)
                shutil.copyfile(path, place / path.name)
            except OSError as error:
                raise SchemeError(f"{place} cannot be written ({error.strerror}); copy {path} there") from None


def own_problems() -> list[str]:
    """A sentence for each file of a person's own that is no scheme."""
    return of_person()[1]


def of_person() -> tuple[list[tuple[Path, Scheme]], list[str]]:
    """(a person's own schemes with their files, a sentence for each file that is none)."""
    found, problems = [], []
    for path in sorted((paths.home() / "schemes").glob("*.toml")):
        try:
            found.append((path, _read(path)))
        except SchemeError as error:
            problems.append(str(error))
    return found, problems


def _read(entry: Any) -> Scheme:
    try:
        text = entry.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SchemeError(f"{entry}: the scheme cannot be read ({error}); save it as UTF-8 text, or {_AWAY}") from None
    return parse(text, str(entry))


def worth(project_folder: Path | None = None) -> dict[tuple[str, str], float]:
    """{(scheme, grade): probability of a lens} of all schemes, without the grades that are kept out of training.

    Raises:
        SchemeError: a file of the project is not a scheme.
    """
    return {
        (scheme.id, grade.value): grade.positive
        for scheme in load_schemes(project_folder).values()
        for grade in scheme.grades
        if grade.positive is not None
    }


def parse(text: str, where: str) -> Scheme:
    """A scheme from TOML; `where` names the file in errors.

    Raises:
        SchemeError: it is none: the file, the line, what is wrong, and what to do.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SchemeError(f"{where}: not valid TOML ({error}); correct that line, or {_AWAY}") from None
    if found := faults(values):
        raise SchemeError(f"{where}: line {_line(text, found[0])}: {found[0].sentence} (or {_AWAY})")
    return Scheme(
        **{name: values[name] for name in TEXTS[""]},
        grades=tuple(_grade(row) for row in values[GRADES]),
        subtypes=tuple(Subtype(**{name: row[name] for name in TEXTS[SUBTYPES]}) for row in values.get(SUBTYPES, [])),
    )


def _line(text: str, fault: Fault) -> int:
    """The line (from 1) that a fault's field stands in, else that of its table, else the first."""
    lines = text.splitlines()
    heads = [at for at, line in enumerate(lines) if line.lstrip().startswith("[")]
    mine = [at for at in heads if re.match(rf"\s*\[\[\s*{fault.table}\s*\]\]", lines[at])]
    if fault.row >= len(mine):  # written as a list of inline tables
        return 1
    start = mine[fault.row] if fault.row >= 0 else 0
    end = next((at for at in heads if at > start), len(lines))
    field = re.compile(rf"\s*{fault.field}\s*=")
    return 1 + next((at for at in range(start, end) if field.match(lines[at])), start)


def _grade(row: dict[str, Any]) -> Grade:
    positive = row.get("positive")
    return Grade(**{name: row[name] for name in TEXTS[GRADES]}, positive=None if positive is None else float(positive))
