"""A project's models with what the gate said of each, and the way back to any of them; knows no network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import Changes, UserError
from astrolens_gui.core.labels.records import CLASSIFY

from .choice import SHIPPED, list_shipped, read_row, shipped

if TYPE_CHECKING:
    from .opened import Opened


@dataclass(frozen=True)
class Ancestor:
    """One model of a lineage.

    Attributes:
        parent: the champion it was held against, "" for the first. start: the model whose weights it went on from, "" for none.
        verdict, reason: the gate's. metrics: on the held-out objects. labels: label events that it learnt from.
        champion: it is in use. shipped: it came with the program. problem: why it can't be used any more, "" where it can.
    """

    id: str
    backend: str
    parent: str = ""
    start: str = ""
    created: str = ""
    verdict: str = ""
    reason: str = ""
    metrics: dict[str, Any] = field(default_factory=dict)
    labels: int = 0
    champion: bool = False
    shipped: bool = False
    problem: str = ""


def lineage(opened: Opened) -> list[Ancestor]:
    """On io: the models that classify, oldest first; those that others were held against though nobody has used them yet too."""
    rows = [row for row in opened.on_db(lambda: opened.store.models()) if row.task == CLASSIFY]
    found = []
    for row in rows:
        known: dict[str, Any] = {"id": row.id, "backend": row.backend, "parent": row.parent, "created": row.created}
        known |= {"verdict": row.verdict, "metrics": row.metrics, "champion": row.champion}
        known["shipped"] = row.folder.startswith(SHIPPED)
        try:
            info = read_row(opened.project.models_dir, row.folder)
        except UserError as error:
            found.append(Ancestor(**known, problem=str(error)))
            continue
        known |= {"reason": info.reason, "start": info.start, "labels": len(info.label_ids)}
        found.append(Ancestor(**known))
    listed = {row.id for row in rows}
    beaten = {row.parent for row in rows} - listed
    came = [
        Ancestor(info.id, info.backend, verdict=info.verdict, shipped=True) for info in shipped() if info.id in beaten
    ]
    return came + found


def before(found: Sequence[Ancestor]) -> str:
    """Id of the model that the one in use took the place of, "" where there is none (any more)."""
    known = {one.id for one in found}
    return next((one.parent for one in found if one.champion and one.parent in known), "")


def told(row: Ancestor) -> str:
    """All that is known of a model, in sentences."""
    if row.problem:
        return f"{row.id}: {row.problem}."
    said = [
        f"{row.verdict.capitalize()}: {row.reason}." if row.reason and row.verdict else f"{row.verdict.capitalize()}."
    ]
    if row.shipped:
        said.append("It came with the program.")
    if row.labels:
        said.append(f"It learnt from {row.labels:,} grades.")
    if row.parent:
        said.append(f"Held against {row.parent}.")
    if row.start:
        said.append("It went on from its weights." if row.start == row.parent else f"It went on from {row.start}.")
    return f"{row.id}{' (in use)' if row.champion else ''}. {' '.join(said)}"


def use(opened: Opened, model: str) -> Changes:
    """On the db lane: a model of this project, or one that came with the program, is the champion of its task from now on.

    Raises:
        UserError: there is no such model, or its folder can't be used any more.
    """
    for info in shipped():
        if info.id == model:
            list_shipped(opened, opened.bench.plugins.backend(info.backend), info)
    for row in opened.store.models():
        if row.id == model:
            read_row(opened.project.models_dir, row.folder)
    return opened.tell(opened.store.set_champion(model))


def unscored(opened: Opened) -> list[int]:
    """On io: ids of the objects that the champion has given no score."""
    table = opened.on_db(lambda: opened.store.queue_table(""))
    ids: list[int] = table["object"][np.isnan(table["logit"])].tolist()
    return ids
