"""Tables in and out: labels from CSV, labels through an exporter, scores as CSV or Parquet (DESIGN §8)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import Context, UserError

from . import standing
from .records import ImportReport

if TYPE_CHECKING:
    from .opened import Opened


def import_labels(opened: Opened, path: Path, grader: str, ctx: Context) -> ImportReport:
    """Labels of a table, in one transaction; each row of an unknown object is a refusal."""
    from astrolens_gui.core.challenge.truth import is_truth
    from astrolens_gui.core.labels.export import read_labels
    from astrolens_gui.core.labels.schemes import load_schemes

    from .foreign import import_foreign, is_foreign

    if is_foreign(path):
        return import_foreign(opened, path, grader, "", None, None, ctx)
    scheme = opened.project.settings["scheme"]
    known = load_schemes(opened.project.folder).get(scheme)
    grades = {grade.value for grade in known.grades} if known else None
    if is_truth(path):
        return _import_truth(opened, path, grader or standing.AUTHORITY, known, ctx)  # the truth is nobody's own grades
    rows, grader = read_labels(path), grader or opened.bench.grader
    ctx.progress(0.5, f"{len(rows)} rows read")
    changes = opened.on_db(
        lambda: opened.tell(
            opened.store.label_many(rows, grader=grader, scheme=scheme, grades=grades, why=f"import {path.name}")
        )
    )
    unknown, ambiguous = set(changes.extra["unknown"]), changes.extra["ambiguous"]
    refused = [
        f"{path.name}: line {row['line']}: {not_found(row['ID'], ambiguous.get(row['ID'], []))}"
        for row in rows
        if row["ID"] in unknown
    ]
    if changes.extra["ungraded"]:
        refused.append(f"{path.name}: {changes.extra['ungraded']} rows have no grade")
    notes = [
        f"{path.name}: scheme {scheme} has no grade {grade!r}; its {count} rows are kept and shown, training leaves them out"
        for grade, count in changes.extra["outside"].items()
    ]
    if changes.extra["unchanged"]:
        notes.append(
            f"{path.name}: {changes.extra['unchanged']} rows say what stands already; they are not added again"
        )
    return ImportReport(added=len(changes.events), refused=refused, notes=notes)


def _import_truth(opened: Opened, path: Path, grader: str, scheme: Any, ctx: Context) -> ImportReport:
    """Grades from a table of `is_lens` (the lens finding challenge's, or a simulation's): the scheme's surest grades."""
    from astrolens_gui.core.challenge import truth

    told = [grade for grade in scheme.grades if grade.positive is not None] if scheme else []
    if not told:
        name = opened.project.settings["scheme"]
        raise UserError(
            f"{path}: the scheme {name} has no grades that mean lens and no lens; label with a table of grades"
        )
    top = max(told, key=lambda grade: grade.positive)
    bottom = min(reversed(told), key=lambda grade: grade.positive)
    found = truth.read(path)
    ctx.progress(0.5, f"{len(found.is_lens)} rows read")
    folder = path.resolve().parent.name  # where several data folders share IDs, objects are named FOLDER/ID
    long = {f"{folder}/{name}": name for name in found.is_lens}
    ids = opened.on_db(lambda: opened.store.ids([*found.is_lens, *long]))
    named = {name: key for key, name in long.items() if key in ids} | {
        name: name for name in found.is_lens if name in ids
    }
    if not named:
        raise UserError(
            f"{path}: this project has no object with any of its {len(found.is_lens)} IDs; import its images first"
        )
    rows = [
        {"ID": named[name], "grade": (top if lens else bottom).value}
        for name, lens in found.is_lens.items()
        if name in named
    ]
    grades = {grade.value for grade in scheme.grades}
    changes = opened.on_db(
        lambda: opened.tell(
            opened.store.label_many(rows, grader=grader, scheme=scheme.id, grades=grades, why=f"import {path.name}")
        )
    )
    opened.on_db(lambda: standing.remember(opened, path))
    notes = [f"{path.name}: lenses are graded {top.value}, others {bottom.value}, by {grader}"]
    for count, what in (
        (len(found.is_lens) - len(rows), "IDs have no object in this project"),
        (len(found.excluded), "objects are neither lens nor non-lens by the challenge's rule and stay without a grade"),
        (len(found.repeated), "IDs stand twice in it"),
        (changes.extra["unchanged"], "rows say what stands already; they are not added again"),
    ):
        if count:
            notes.append(f"{path.name}: {count:,} {what}")
    return ImportReport(added=len(changes.events), notes=notes)


def not_found(name: str, namesakes: list[str]) -> str:
    """Why a table's name is no object's; `namesakes`: the objects whose files are called so."""
    if not namesakes:
        return f"there is no object {name!r} in this project"
    listed = ", ".join(namesakes[:5]) + (", …" if len(namesakes) > 5 else "")
    if len(namesakes) == 1:
        return f"{name} is called {listed} here, because its name repeats; use that path as ID"
    return f"{name} is {len(namesakes)} objects: {listed}; use the path as ID"


def export_labels(opened: Opened, format: str, out: Path, ctx: Context) -> int:
    """All current labels with the champion's scores, or all boxes, as the format wants."""
    from astrolens_gui.core.labels import boxes_out, export

    from .handing import IDS
    from .outward import FORMATS

    if format in FORMATS:
        export.check_folder(out)
        return FORMATS[format][1](opened, out)
    try:
        spec = opened.bench.plugins.exporter(format)
    except UserError as error:
        raise UserError(f"{error}; and besides these: {', '.join((*FORMATS, *IDS))}") from None
    rows = opened.on_db(lambda: (boxes_out if spec.of == "boxes" else export).rows(opened.store))
    ctx.progress(0.5, f"{len(rows)} {spec.of}")
    export.check_folder(out)
    spec.function(rows, out)
    return len(rows)


def write_scores(opened: Opened, model: str, out: Path, ctx: Context) -> int:
    """`ID,path,score,logit,<class>…`, best first; the number of rows."""
    from astrolens_gui.core.labels.export import check_folder, whole

    scores = opened.on_db(lambda: opened.store.scores(model))
    names = {
        row.id: (row.name, row.planes[0]["path"] if row.planes else "")
        for row in opened.on_db(lambda: opened.store.objects())
    }
    order = np.argsort(-np.where(np.isnan(scores["logit"]), -np.inf, scores["logit"]), kind="stable")
    classes = [name for name in scores if name not in {"object", "logit", "score"}]
    columns: dict[str, Any] = {
        "ID": [names[int(id)][0] for id in scores["object"][order]],
        "path": [names[int(id)][1] for id in scores["object"][order]],
        "score": scores["score"][order],
        "logit": scores["logit"][order],
        **{name: scores[name][order] for name in classes},
    }
    ctx.progress(0.5, f"{len(order)} scores")
    check_folder(out)
    whole(out, lambda path: (_parquet if out.suffix == ".parquet" else _csv)(columns, path))
    return len(order)


def _csv(columns: dict[str, Any], out: Path) -> None:
    import csv

    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in zip(*columns.values(), strict=True):
            writer.writerow([repr(float(value)) if isinstance(value, float | np.floating) else value for value in row])


def _parquet(columns: dict[str, Any], out: Path) -> None:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError:
        raise UserError(f"{out}: writing Parquet needs pyarrow: pip install 'astrolens[parquet]'") from None
    parquet.write_table(pyarrow.table({name: list(values) for name, values in columns.items()}), out)
