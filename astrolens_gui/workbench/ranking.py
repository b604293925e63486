"""The queue: all objects in the order of a strategy, or drawn by a mixture of them; the order is the project's, not a view's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from astrolens_gui.api import UserError
from astrolens_gui.core.grading.order import mixed_in
from astrolens_gui.core.learn import draws

from . import golden
from .blind import key_of, settings_of
from .choice import SHIPPED
from .listing import Grades, Names, ranks
from .records import QueueTable
from .seeing import Lacking, gathered, seen_now

if TYPE_CHECKING:
    from .opened import Opened

BEFORE_TRAINING = "random"
"""The order until the first training that was not refused: the seeded random one (DESIGN §6)."""

AFTER_TRAINING = "mixed"
"""The order after it, until somebody chooses."""

DRAWN = "drawn"
"""The order that is drawn by a mixture of strategies, so that what it does not show can be estimated (`core.learn.draws`)."""

SIMILAR = "similar"
"""The order by likeness to the objects that the project's setting of this name lists."""

MIX = {"top": 1.0, "uncertain": 0.5, "random": draws.RANDOM_SHARE}
"""Shares of the strategies in a drawn order, until somebody moves a slider; "random" is that of the whole."""

SMALLEST_SHARE = 0.01
"""Of the random draws: with none, nothing could be estimated."""


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
    """The table in the order of `strategy`, else of the project's choice, else of the default. On the io lane: an order may
    take a second to find, and labels must not wait for it.

    Args:
        log_choice: a person chose it: keep it for the project and write it to the label events.
    """
    bench, project = opened.bench, opened.project
    seed = int(project.settings.get("seed", 0))
    chosen = strategy or project.settings.get("strategy") or opened.on_db(lambda: _default(opened))
    table = opened.on_db(lambda: opened.store.queue_table(bench.grader))
    note, chance = "", None
    try:
        known = golden.ids(opened)
    except UserError as error:  # a damaged table must not keep anybody from grading
        known, note = {}, str(error)
    rows = np.isin(table["object"], np.fromiter(known, np.int64, len(known)))
    try:
        order, chance = _ordered(opened, chosen, table, rows, seed)
    except UserError as error:
        if strategy and not isinstance(error, Lacking):
            raise
        note = f"{error}; the queue is in its usual order"
        chosen = opened.on_db(lambda: _default(opened))
        order, chance = _ordered(opened, chosen, table, rows, seed)
    if log_choice:
        opened.on_db(lambda: _logged(opened, chosen, seed))
    if known:
        order, chance = _mixed(opened, table, rows, order, chance)
    names = np.empty(len(order), object)
    names[:] = table["name"]
    names = names[order]
    grades = Grades(table["grade"][order])
    objects, listed = table["object"][order], names.tolist()
    return Ranked(
        object=objects,
        name=listed,
        grade=np.array(grades.levels, dtype=object)[grades.codes].tolist(),
        names=Names(listed),
        name_array=names,
        grades=grades,
        by_id=ranks(order),
        ids=table["object"],
        logit=table["logit"][order],
        score=table["score"][order],
        labelled=table["labelled"][order],
        strategy=chosen,
        seed=seed,
        note=note,
        chance=chance,
        golden=frozenset(known),
    )


def set_mix(opened: Opened, mix: Mapping[str, float]) -> QueueTable:
    """Keep the shares of a drawn order for the project, and draw it.

    Raises:
        UserError: a share is no share, or of no strategy.
    """
    kept = {name: round(float(share), 4) for name, share in mix.items()}
    for name, share in kept.items():
        if name == DRAWN:
            raise UserError("an order that is drawn can't be part of its own mixture; leave it out")
        opened.bench.plugins.strategy(name)
        if not 0 <= share <= 1:
            raise UserError(f"the share of {name} is {share:g}; it must lie in 0 … 1")
    kept["random"] = max(kept.get("random", draws.RANDOM_SHARE), SMALLEST_SHARE)

    def keep() -> None:
        opened.project.settings["mix"] = kept
        opened.project.save()

    opened.on_db(keep)
    return queue(opened, DRAWN, True)


def similar(opened: Opened, ids: Sequence[int]) -> QueueTable:
    """The queue by likeness to these objects, kept as the project's order.

    Raises:
        Lacking: the model in use has not looked at them yet. UserError: there are none.
    """
    if not len(ids):
        raise UserError("there is no object that others shall be like; choose one")
    known, _ = seen_now(opened).of(np.asarray(ids, np.int64))
    if not known.any():
        raise Lacking("the model in use has not looked at this object yet; the Map dock has it look at every object")

    def keep() -> None:
        opened.project.settings["similar"] = [int(one) for one in ids]
        opened.project.save()

    opened.on_db(keep)
    return queue(opened, SIMILAR, True)


def _ordered(
    opened: Opened, chosen: str, table: dict[str, Any], known: np.ndarray, seed: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """(order, chance): rows of the table, the first to be shown first; of a drawn order each one's chance to be next, in that
    order (NaN for what is graded already or of known class, at its end); None of one that is not drawn."""
    if chosen != DRAWN:
        return np.argsort(-_last_if_nan(_useful(opened, chosen, table, seed)), kind="stable"), None
    mix = opened.project.settings.get("mix") or MIX
    wishes = {
        name: (float(share), _useful(opened, name, table, seed))
        for name, share in mix.items()
        if name != "random" and share > 0
    }
    waiting = ~(table["labelled"] | known)
    left, done = np.flatnonzero(waiting), np.flatnonzero(~waiting)
    share = min(max(float(mix.get("random", draws.RANDOM_SHARE)), SMALLEST_SHARE), 1.0)
    wishes = wishes or {"random": (0.0, np.zeros(len(table["object"])))}
    weight = draws.weights({name: (each, useful[left]) for name, (each, useful) in wishes.items()}, share)
    drawn = draws.draw(weight, hash((seed, int(np.count_nonzero(table["labelled"])))) % 2**32)
    chance = np.concatenate([drawn.chance, np.full(len(done), np.nan)])
    return np.concatenate([left[drawn.order], done]), chance


def _mixed(
    opened: Opened, table: dict[str, Any], rows: np.ndarray, order: np.ndarray, chance: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """(order, chance) with golden objects at places of their own, where the campaign asks for that; nobody drew those."""
    made = mixed_in(order, table["object"], ~table["labelled"], rows, settings_of(opened), key_of(opened))
    if chance is None:
        return made, None
    by_row = np.empty(len(order))
    by_row[order] = chance
    return made, by_row[made]


def _useful(opened: Opened, chosen: str, table: dict[str, Any], seed: int) -> np.ndarray:
    """What a strategy gives for each object of the table, float64."""
    spec = opened.bench.plugins.strategy(chosen)
    known = {name: table[name] for name in ("logit", "score", "labelled")}
    useful = np.asarray(spec.function(known | gathered(opened, spec.needs, table["object"], seed), seed), float)
    if useful.shape != table["object"].shape:
        raise UserError(f"the strategy {chosen} returned {useful.shape} values for {len(table['object'])} objects")
    return useful


def _last_if_nan(useful: np.ndarray) -> np.ndarray:
    return np.where(np.isnan(useful), -np.inf, useful)


def _logged(opened: Opened, chosen: str, seed: int) -> None:
    """On the db lane: the choice is the project's, and stands in the history."""
    opened.project.settings["strategy"] = chosen
    opened.project.save()
    mix = f" {opened.project.settings.get('mix') or MIX}" if chosen == DRAWN else ""
    opened.store.record("order", chosen, grader=opened.bench.grader, why=f"seed {seed}{mix}")


def _default(opened: Opened) -> str:
    """Random until a training of this project was not refused: shipped weights are a guess, not a reason to lead."""
    trained = any(row.verdict != "refused" and not row.folder.startswith(SHIPPED) for row in opened.store.models())
    return AFTER_TRAINING if trained else BEFORE_TRAINING
