"""Which objects of a queue are listed, and in which order: a filter and a column to sort by; knows no Qt and no widget."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from astrolens_gui.workbench.listing import ordered

from .columns import ALWAYS, DESCENDING, DISAGREEMENT, HIDDEN_SCORES, Facts, meets
from .pile import Pile
from .terms import Term, understood

AT_ONCE = 50_000
"""Up to so many objects are sorted on the spot; more of them elsewhere, so that the window never waits."""


class Sift:
    """A filter and an order that outlive the queue they were chosen for. Blind, neither tells of a score that is hidden.

    Attributes:
        lists: ids of objects by the column that they are: LASSO, caught on the map; STAGE, to be graded in it.
        scheme: the grades, the first is the best. blind: scores of ungraded objects are hidden.
        problem: one sentence on what could not be done; "" otherwise.
        wanted: (column) is to be fetched and given to `facts`. slow: (function) a sort to be done elsewhere; see `take_order`.
    """

    def __init__(self, wanted: Callable[[str], None], slow: Callable[[Any], None]) -> None:
        self.facts = Facts()
        self.scheme: list[str] = []
        self.blind = True
        self.problem = ""
        self.text = ""
        self.terms: list[Term] = []
        self.sort: tuple[str, bool] = ("", False)
        self.lists: dict[str, np.ndarray] = {}
        self._order: np.ndarray | None = None
        self._asked: Any = None
        self._wanted, self._slow = wanted, slow

    def sort_by(self, column: str, descending: bool | None = None) -> None:
        down = column in DESCENDING if descending is None else descending
        self.sort = (column, bool(column) and down)
        self.moved()

    def moved(self) -> None:
        """The queue, or what it is sorted by, is another: sort anew."""
        self._order = self._asked = None

    def take_order(self, asked: Any, order: np.ndarray) -> bool:
        """The result of a slow sort; False where it is no longer asked for."""
        if asked is not self._asked:
            return False
        self._order = order
        return True

    @property
    def columns(self) -> list[str]:
        """Every column that there is, as far as it is known."""
        return [
            *ALWAYS,
            *(name for name, ids in self.lists.items() if len(ids)),
            *(name for name in self.facts.names if name not in ALWAYS),
        ]

    @property
    def tells(self) -> bool:
        """Whether the filter or the order depends on what blindness hides."""
        return any(name in ("score", DISAGREEMENT) for name in (self.sort[0], *(term.column for term in self.terms)))

    def why_not(self, column: str, pile: Pile) -> str:
        """Why there is no sorting or filtering by a column now; "" where there is."""
        if column != "score":
            return ""
        if not pile.any_score:
            return "nothing is scored yet"
        return HIDDEN_SCORES if self.blind and bool((pile.open & np.isfinite(pile.scores)).any()) else ""

    def rows(self, pile: Pile) -> np.ndarray:
        """The places of what is listed, in its order. A column still to be fetched is asked for, and passed over meanwhile."""
        self.terms, self.problem = understood(self.text, self.columns)
        if self.problem and not self.facts.names and len(pile):
            self._wanted("")  # it may be a column that nobody has asked for yet
        kept: np.ndarray | None = None
        for term in self.terms:
            meeting = self._meeting(term, pile)
            if meeting is not None:
                kept = meeting if kept is None else kept & meeting
        order = self._ordered(pile)
        if kept is None:
            return np.arange(len(pile)) if order is None else order
        return np.flatnonzero(kept) if order is None else order[kept[order]]

    def _meeting(self, term: Term, pile: Pile) -> np.ndarray | None:
        if reason := self.why_not(term.column, pile):
            self.problem = self.problem or f"{term.column} is no filter now: {reason}"
            return None
        if term.column == "name":
            found = pile.search.containing(term.text)
            return ~found if term.sign == "!=" else found
        if term.column == "grade":
            return self._graded(term, pile)
        values = self._values(term.column, pile)
        return meets(values, term) if values is not None else None

    def _graded(self, term: Term, pile: Pile) -> np.ndarray:
        wanted = set(term.values)
        met = [level.lower() in wanted or ("any" if level else "none") in wanted for level in pile.levels]
        return np.array([one != (term.sign == "!=") for one in met])[pile.codes]

    def _values(self, column: str, pile: Pile) -> np.ndarray | None:
        """A column in the order of labelling; None where it has to be fetched first (it is asked for)."""
        if column == "rank":
            return np.arange(1.0, len(pile) + 1)
        if column == "score":
            return pile.scores
        if column == "grade":
            return pile.places(self.scheme, beyond=True)
        if column in self.lists:
            there = np.full(len(pile), np.nan)
            at = pile.find_all(self.lists[column])
            there[at[at >= 0]] = 1.0
            return there
        if column not in self.facts:
            if len(pile):
                self._wanted(column)
            return None
        if column == DISAGREEMENT:
            reveal = ~pile.open if self.blind else np.ones(len(pile), bool)
            return self.facts.spread(pile.objects, pile.places(self.scheme), len(self.scheme), reveal)
        return self.facts.of(column, pile.objects)

    def _ordered(self, pile: Pile) -> np.ndarray | None:
        """The order of all objects; None: that of labelling, also while another is on its way."""
        column, descending = self.sort
        if not column or not len(pile):
            return None
        if reason := self.why_not(column, pile):
            self.problem = self.problem or f"Not sorted by {column}: {reason}"
            self.moved()
            return None
        if self._order is None and self._asked is None:
            self._begin(column, descending, pile)
        return self._order

    def _begin(self, column: str, descending: bool, pile: Pile) -> None:
        values = self._values(column, pile) if column != "name" else None
        if values is None and column != "name":
            return
        search = pile.search

        def sort() -> np.ndarray:
            return ordered(search.alphabet if values is None else values, descending)

        if len(pile) <= AT_ONCE:
            self._order = sort()
        else:
            self._asked = sort
            self._slow(sort)
