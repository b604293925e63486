"""Two models of a project, object by object: asks for the scores that lack, and hands out both; runs on the infer lane."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import Context, UserError
from astrolens_gui.core.labels.schemes import worth
from astrolens_gui.core.learn import dataset
from astrolens_gui.core.learn.versus import Figure, Versus

from . import golden
from .lineage import lineage
from .scoring import score
from .training import snapshot

if TYPE_CHECKING:
    from .opened import Opened


@dataclass(frozen=True)
class Compared:
    """Attributes:
    models: ids of the two. versus: their answers. names: of its objects. figures: on the held-out ones. unscored: objects that one
        of them has no score of, because it can't be read or does not fit.
    """

    models: tuple[str, str]
    versus: Versus
    names: tuple[str, ...]
    figures: tuple[Figure, ...]
    unscored: int

    def rows(self) -> list[dict[str, Any]]:
        """One dict an object, the most at odds first: what `astrolens compare --out` writes."""
        made, one = [], self.versus
        for at in one.order.tolist():
            target = float(one.target[at])
            made.append(
                {
                    "ID": self.names[at],
                    "lens": "" if np.isnan(target) else round(target, 3),
                    "held_out": int(one.held[at]),
                    **{f"logit_{each}": float(one.logit[at, place]) for place, each in enumerate("AB")},
                    **{f"place_{each}": float(one.place[at, place]) for place, each in enumerate("AB")},
                    "disagreement": float(one.disagreement[at]),
                }
            )
        return made


def compare(opened: Opened, first: str, second: str, ctx: Context) -> Compared:
    """Score what either model has not answered yet, then hold them against each other.

    Args:
        second: "" for the one in use. first: "" for the one whose place `second` took.

    Raises:
        UserError: there is no such pair, it is one model, a model is unknown or can't be used here, or they have no object in common.
    """
    first, second = _pair(opened, first, second)
    if first == second:
        raise UserError(f"{first} is one model; name another to compare it with")
    pair = (first, second)
    for number, model in enumerate(pair):
        if lacking := _unscored(opened, model):
            score(opened, "", model, lacking, ctx.part(0.45 * number, 0.45 * (number + 1)))
    ctx.progress(0.9, "resampling the held-out objects")
    unreal = golden.painted(opened)

    def read() -> Any:
        store = opened.store
        return store.queue_table(""), [store.scores(model) for model in pair], snapshot(opened, unreal)

    table, answers, (objects, labels, _) = opened.on_db(read)
    logit = np.full((len(table["object"]), 2), np.nan)
    for number, one in enumerate(answers):
        at = np.searchsorted(table["object"], one["object"])
        logit[at, number] = one["logit"]
    real = ~np.isin(table["object"], list(unreal))
    both = np.isfinite(logit).all(axis=1) & real
    if not both.any():
        raise UserError(
            f"{first} and {second} have no object of {opened.project.name} in common; do both fit its images?"
        )
    ids = table["object"][both]
    target, held = _graded(opened, objects, labels, ids)
    made = Versus(ids, logit[both], target, held)
    names = tuple(name for name, kept in zip(table["name"], both.tolist(), strict=True) if kept)
    return Compared(pair, made, names, tuple(made.figures()), int((real & ~both).sum()))


def check_name(out: Path) -> None:
    """Raises:
    UserError: the ending promises another kind of table than CSV.
    """
    if out.suffix.lower() != ".csv":
        raise UserError(f"{out}: a comparison is written as a CSV table; end it in .csv")


def write_compared(found: Compared, out: Path) -> int:
    """Its rows as CSV; how many.

    Raises:
        UserError: another ending (`check_name`), no such folder, or the file can't be written.
    """
    import csv

    from astrolens_gui.core.labels.export import whole

    check_name(out)
    rows = found.rows()

    def put(partial: Path) -> None:
        with partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)

    whole(out, put)
    return len(rows)


def _pair(opened: Opened, first: str, second: str) -> tuple[str, str]:
    rows = lineage(opened)
    second = second or next((row.id for row in rows if row.champion), "")
    first = first or next((row.parent for row in rows if row.id == second), "")
    if not first or not second:
        raise UserError(
            f"{opened.project.name} has no model {f'before {second}' if second else 'in use'} to compare; name two: "
            f"{', '.join(row.id for row in rows) or 'train one first'}"
        )
    return first, second


def _unscored(opened: Opened, model: str) -> list[int]:
    table, known = opened.on_db(lambda: (opened.store.queue_table("")["object"], opened.store.scores(model)))
    lacking: list[int] = table[~np.isin(table, known["object"])].tolist()
    return lacking


def _graded(opened: Opened, objects: Any, labels: Any, ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(target, held out), both (N,), of ascending ids: as a training would have them."""
    project = opened.project
    rows = dataset.examples(objects, labels, worth(project.folder), source=opened.images.source)
    rule = project.settings.get("split_rule") or dataset.split_rule(row.field for row in rows)
    seed = int(project.settings.get("seed", 0))
    target, held = np.full(len(ids), np.nan), np.zeros(len(ids), bool)
    for row in rows:
        at = int(np.searchsorted(ids, row.object))
        if at < len(ids) and ids[at] == row.object:
            target[at], held[at] = row.target, dataset.in_validation(row, seed, rule)
    return target, held
