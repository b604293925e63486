"""A person's own grading schemes as files, and what a change of one means for the labels there are; knows no widget."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from .. import paths
from .schemecheck import GRADES, SUBTYPES, TEXTS, faults
from .schemes import Scheme, SchemeError, of_person, parse


def values_of(scheme: Scheme) -> dict[str, Any]:
    """A scheme as its TOML would be read."""
    return {
        **{name: getattr(scheme, name) for name in TEXTS[""]},
        GRADES: [
            {name: getattr(one, name) for name in TEXTS[GRADES]}
            | ({} if one.positive is None else {"positive": one.positive})
            for one in scheme.grades
        ],
        SUBTYPES: [{name: getattr(one, name) for name in TEXTS[SUBTYPES]} for one in scheme.subtypes],
    }


def copy_of(scheme: Scheme, ids: Collection[str]) -> dict[str, Any]:
    """The same under an id that none of `ids` has."""
    names = [f"my-{scheme.id}", *(f"my-{scheme.id}-{number}" for number in range(2, len(ids) + 3))]
    free = next(name for name in names if name not in ids)
    return values_of(scheme) | {"id": free, "title": f"{scheme.title} (my own)"}


def as_toml(values: Mapping[str, Any]) -> str:
    """The text of a scheme's file."""
    lines = [f"{name} = {_toml(values[name])}" for name in TEXTS[""]]
    for table in (GRADES, SUBTYPES):
        for row in values.get(table, []):
            lines += ["", f"[[{table}]]", *(f"{name} = {_toml(row[name])}" for name in TEXTS[table])]
            if row.get("positive") is not None:
                lines.append(f"positive = {float(row['positive'])!r}")
    return "\n".join(lines) + "\n"


def save_own(values: Mapping[str, Any], project_folder: Path | None = None) -> list[Path]:
    """Write a scheme to the person's schemes, over their file of the same id, and over the copy that the project has; the files.

    Raises:
        SchemeError: it is no scheme (nothing is written), or a file cannot be written.
    """
    if wrong := faults(values):
        raise SchemeError(f"The scheme is not saved: {wrong[0].sentence}")
    name, text = values["id"], as_toml(values)
    own = [path for path, scheme in of_person()[0] if scheme.id == name]
    written = own or [paths.home() / "schemes" / f"{name}.toml"]
    copies = sorted((Path(project_folder) / "schemes").glob("*.toml")) if project_folder else []
    written += [path for path in copies if parse(path.read_text(encoding="utf-8"), str(path)).id == name]
    for path in written:
        _write(path, text)
    return written


def consequences(before: Scheme, after: Mapping[str, Any], given: Mapping[tuple[str, str], int]) -> list[str]:
    """A sentence for each change that labels given by the scheme feel.

    Args:
        given: {(grade, sub-type): labels that say so now}.
    """
    grades = {row.get("value"): row for row in after.get(GRADES, [])}
    kinds = {row.get("value") for row in after.get(SUBTYPES, [])}
    of_grade: dict[str, int] = {}
    of_kind: dict[str, int] = {}
    for (grade, kind), count in given.items():
        of_grade[grade] = of_grade.get(grade, 0) + count
        of_kind[kind] = of_kind.get(kind, 0) + count
    said = []
    for one in before.grades:
        if not (count := of_grade.get(one.value, 0)):
            continue
        labels, row = _labels(count), grades.get(one.value)
        if row is None:
            said.append(
                f"{labels} {one.value}, no grade of the scheme any more: kept, shown in grey, learnt from no more."
            )
            continue
        if row.get("positive") != one.positive:
            said.append(f"{labels} {one.value}; models learn from them as {_worth(row)}, not as before.")
        if row.get("criterion") != one.criterion:
            said.append(f"{labels} {one.value} by the criterion that stood before.")
    order = [one.value for one in before.grades]
    now = [row.get("value") for row in after.get(GRADES, [])]
    if of_grade and now != order:
        said.append("Means and lists by number change: grades count evenly from 3 (the first) to 0 (the last).")
    for finer in before.subtypes:
        if finer.value not in kinds and (count := of_kind.get(finer.value, 0)):
            said.append(f"{_labels(count)} of the kind {finer.value}, none of the scheme any more: kept and shown.")
    return said


def _labels(count: int) -> str:
    return f"{count:,} label{' is' if count == 1 else 's are'}"


def _worth(row: Mapping[str, Any]) -> str:
    positive = row.get("positive")
    return f"a lens with probability {positive}" if positive is not None else "nothing"


def _toml(text: str) -> str:
    """Text as a basic string of TOML, which escapes as JSON does (but for DEL)."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _write(path: Path, text: str) -> None:
    """Whole or not at all."""
    partial = path.with_name(f"{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(partial, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        raise SchemeError(f"{path} cannot be written ({error.strerror}); check the folder's permissions") from None
