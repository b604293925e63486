"""The queue: all objects in the order of a strategy, on the db lane; the order is the project's, not a view's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from astrolens_gui.api import UserError

from .choice import SHIPPED
from .listing import Grades, Names
from .oddness import anomalies
from .records import QueueTable

if TYPE_CHECKING:
    from .opened import Opened

BEFORE_TRAINING = "random"
"""The order until the first training that was not refused: the seeded random one (DESIGN §6)."""

AFTER_TRAINING = "mixed"
"""The order after it, until somebody chooses."""


@dataclass(frozen=True)
class Ranked(QueueTable):
    """The table with what a view of a million rows would otherwise have to make on its own thread.

    Attributes:
        name_array: as `name`. names: to search. grades: by number. ids: ascending. by_id: the place of each of them.
    """

    name_array: np.ndarray | None = None
    names: Names | None = None
    grades: Grades | None = None
    by_id: np.ndarray | None = None
    ids: np.ndarray | None = None


def queue(opened: Opened, strategy: str | None, log_choice: bool) -> QueueTable:
    """The table in the order of `strategy`, else of the project's choice, else of the default.

    Args:
        log_choice: a person chose it: keep it for the project and write it to the label events.
    """
    bench, project, store = opened.bench, opened.project, opened.store
    table = store.queue_table(bench.grader)
    seed = int(project.settings.get("seed", 0))
    chosen = strategy or project.settings.get("strategy") or _default(opened)
    note = ""
    try:
        spec = bench.plugins.strategy(chosen)
    except UserError as error:
        if strategy:
            raise
        spec, note = bench.plugins.strategy(_default(opened)), f"{error}; the queue is in its usual order"
        chosen = spec.id
    known = {name: table[name] for name in ("logit", "score", "labelled")}
    if chosen == "anomaly":
        able = {each.id for each in bench.plugins.backends("anomaly")}
        known["anomaly"] = anomalies(store, able, table["object"])
        if not np.isfinite(known["anomaly"]).any():
            note = "no model was asked yet how odd the objects are: score with the backend autoencoder"
    useful = np.asarray(spec.function(known, seed), float)
    if useful.shape != table["object"].shape:
        raise UserError(f"the strategy {chosen} returned {useful.shape} values for {len(table['object'])} objects")
    order = np.argsort(-np.where(np.isnan(useful), -np.inf, useful), kind="stable")
    if log_choice:
        project.settings["strategy"] = chosen
        project.save()
        store.record("order", chosen, grader=bench.grader, why=f"seed {seed}")
    names = np.empty(len(order), object)
    names[:] = table["name"]
    names = names[order]
    grades = Grades(table["grade"][order])
    objects = table["object"][order]
    return Ranked(
        object=objects,
        name=names.tolist(),
        grade=np.array(grades.levels, dtype=object)[grades.codes].tolist(),
        names=Names(names.tolist()),
        name_array=names,
        grades=grades,
        by_id=np.argsort(order, kind="stable"),
        ids=table["object"],
        logit=table["logit"][order],
        score=table["score"][order],
        labelled=table["labelled"][order],
        strategy=chosen,
        seed=seed,
        note=note,
    )


def _default(opened: Opened) -> str:
    """Random until a training of this project was not refused: shipped weights are a guess, not a reason to lead."""
    trained = any(row.verdict != "refused" and not row.folder.startswith(SHIPPED) for row in opened.store.models())
    return AFTER_TRAINING if trained else BEFORE_TRAINING
