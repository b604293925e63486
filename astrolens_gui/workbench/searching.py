"""How complete a search is: from the grades given in a drawn order, what was missed, and whether to go on; runs on the io lane."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from astrolens_gui.api import Context, UserError
from astrolens_gui.core.labels.records import EventRow
from astrolens_gui.core.learn import dataset
from astrolens_gui.core.learn.curve import Curve, curve
from astrolens_gui.core.learn.estimate import Drawn, Estimate, Listed, Search

from . import golden
from .choice import read_row
from .seeing import targets

if TYPE_CHECKING:
    from .opened import Opened

DRAWN_WHY = re.compile(r"(?:^|, )drawn#\d+ p=([0-9.eE+-]+)$")
"""The reason that a drawn order stores with each label (`QueueTable.why`), behind where it was looked at, if that is said."""

PLACE_WHY = re.compile(r"(?:^|[ ,])drawn#(\d+)")
"""The place in a drawn order that any grade given in it has, known chance or not."""

STRAY = 3
"""The last places of an order say nothing of it: what is on the screen when the next order comes is graded at its place in that one."""
FEW_PASSED, SHARE_PASSED = 10, 0.2
"""So many objects passed over, and so many for each one graded as drawn, are no more than a new order or a page in work brings."""

TIE = 1e-9
LENS = 0.5
"""An object whose graders' mean lies above it counts as a lens, everywhere here; one that lies on it is undecided, and none."""


@dataclass(frozen=True)
class Searched:
    """A search as it stands.

    Attributes:
        search: of the whole project; None while nothing was graded in a drawn order. listed: of the list above the
            threshold asked for. curve: of all grades in the order they were given.
        drawn, others: objects graded in a drawn order, and in any other way: these are known, but stand for no others.
        undecided: of both, those whose graders' mean says neither: they count as no lens until somebody decides.
        threshold: the logit of the list, NaN without one.
        passed: objects that stood before a graded one in a drawn order and got no grade in it, at least.
    """

    search: Search | None
    listed: Listed | None
    curve: Curve
    drawn: int
    others: int
    undecided: int
    threshold: float
    passed: int = 0

    @property
    def caution(self) -> str:
        """Why the estimate may be wrong, as a sentence; "" where nothing speaks against it."""
        if self.passed <= max(FEW_PASSED, SHARE_PASSED * self.drawn):
            return ""
        return (
            f"At least {self.passed:,} objects of the drawn order were passed over: who grades only what looks like a lens makes the "
            "estimate too high; grade the queue as it comes."
        )


def searched(opened: Opened, threshold: float | None, ctx: Context) -> Searched:
    """What is known of the search; `threshold` is the logit of a list whose completeness and purity are wanted."""
    table = opened.on_db(lambda: opened.store.queue_table(opened.bench.grader))
    real = ~np.isin(table["object"], sorted(golden.painted(opened)))
    ids, logit = table["object"][real], table["logit"][real]
    target = targets(opened, ids)
    events = _grades(opened)
    first, chance = _draws(events, ids)
    graded, lens = np.flatnonzero(np.isfinite(target)), (target > LENS).astype(np.float64)
    rows = graded[np.isfinite(chance[graded])]
    rows = rows[np.argsort(first[rows], kind="stable")]
    outside = graded[~np.isfinite(chance[graded])]
    ctx.progress(0.5)
    pool = np.ones(len(ids), bool)
    pool[outside] = False
    place = np.cumsum(pool) - 1
    found, listed = None, None
    if len(rows):
        learnt, held = _taught(opened, events, ids[rows])
        drawn = Drawn(place[rows], chance[rows], lens[rows], logit[pool], learnt, held)
        found = _with_known(drawn.search(), lens[outside])
        if threshold is not None:
            listed = drawn.listed(threshold)
    order = graded[np.argsort(first[graded], kind="stable")]
    return Searched(
        search=found,
        listed=listed,
        curve=curve(lens[order], found),
        drawn=len(rows),
        others=len(outside),
        undecided=int((np.abs(target[graded] - LENS) < TIE).sum()),
        threshold=float("nan") if threshold is None else threshold,
        passed=passed_over(events),
    )


def _grades(opened: Opened) -> list[EventRow]:
    """By the clock: a merge numbers events anew."""
    events = [event for event in opened.on_db(lambda: opened.store.events()) if event.kind == "grade" and event.object]
    return sorted(events, key=lambda event: (event.time, event.id))


def _draws(events: Sequence[EventRow], ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(place, chance) float64 like `ids` (ascending): the first grade of each object among the events (infinite: none), and the
    chance it was drawn with (NaN: it was not drawn)."""
    first, chance = np.full(len(ids), np.inf), np.full(len(ids), np.nan)
    for number, event in enumerate(events):
        at = int(np.searchsorted(ids, event.object or 0))
        if at < len(ids) and ids[at] == event.object and not np.isfinite(first[at]):
            first[at] = number
            drawn = DRAWN_WHY.search(event.why)
            chance[at] = float(drawn[1]) if drawn else np.nan
    return first, chance


def _taught(opened: Opened, events: Sequence[EventRow], ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(learnt, held), both bool like `ids`: the model in use was trained on their grades, or they were held out of that training."""
    nothing, row = np.zeros(len(ids), bool), opened.on_db(lambda: opened.store.champion())
    if row is None:
        return nothing, nothing
    try:
        model = read_row(opened.project.models_dir, row.folder)
    except UserError:  # its folder is gone; the model's dock says so
        return nothing, nothing
    taught = set(model.label_ids)
    known = np.isin(ids, [event.object or 0 for event in events if event.id in taught])
    split = {"seed": 0, "rule": "object", **(model.split or {})}
    held = {
        one.id
        for one in opened.on_db(lambda: opened.store.objects(ids[known].tolist()))
        if dataset.held_out(one.field or "", str(one.meta.get("key") or one.name), int(split["seed"]), split["rule"])
    }
    out = np.isin(ids, list(held))
    return known & ~out, known & out


def passed_over(events: Sequence[EventRow]) -> int:
    """Objects that were left open before graded ones of a drawn order, at least: the places that no grade names below the last
    ones which do (but for `STRAY`), in each order of each grader. An order ends where a place comes again with another object."""
    known: set[tuple[str, int]] = set()
    orders: dict[str, dict[int, int]] = {}
    drawn: dict[str, list[int]] = {}
    passed = 0

    def ended(grader: str) -> int:
        places = sorted(drawn.pop(grader, []))[:-STRAY]
        top = places[-1] if places else 0
        return top - sum(place <= top for place in orders.pop(grader, {}))

    for event in events:
        place, number = PLACE_WHY.search(event.why), int(event.object or 0)
        if place is None or (event.grader, number) in known:
            continue
        known.add((event.grader, number))
        if orders.get(event.grader, {}).get(int(place[1]), number) != number:
            passed += ended(event.grader)
        orders.setdefault(event.grader, {})[int(place[1])] = number
        if DRAWN_WHY.search(event.why):
            drawn.setdefault(event.grader, []).append(int(place[1]))
    return passed + sum(ended(grader) for grader in list(orders))


def _with_known(search: Search, others: np.ndarray) -> Search:
    """The same search of the whole project: what was graded in other ways is known and adds to both sides."""
    more = float(others.sum())
    if not len(others):
        return search
    lenses = Estimate(*(value + more for value in (search.lenses.value, search.lenses.low, search.lenses.high)))
    known = search.found + more
    return Search(
        search.pool + len(others),
        search.graded + len(others),
        round(known),
        lenses,
        Estimate(known, known, known) / lenses,
    )
