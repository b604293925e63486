"""The columns that a queue is sorted and filtered by, as arrays in its order; knows no Qt, and asks nobody for them."""

from __future__ import annotations

from typing import Any

import numpy as np

from .terms import Term

DISAGREEMENT = "disagreement"
ALWAYS = ("name", "grade", "score", "rank", DISAGREEMENT)
"""Columns that every queue has; the others are the objects' own, fetched when they are first asked for."""

LASSO, STAGE = "lasso", "stage"
"""The objects caught on the map have a value in it, the others none."""

DESCENDING = ("score", DISAGREEMENT)
"""Sorted from the highest value on, unless asked otherwise."""

HIDDEN_SCORES = "scores are hidden until the grade; M shows them"


class Facts:
    """Columns as they were fetched, by object id, and aligned with the queue at hand when first used."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._fetched: dict[str, Any] = {}
        self._aligned: dict[str, Any] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._fetched

    def take(self, name: str, answer: Any) -> None:
        """(ids ascending, values) of a column; for DISAGREEMENT a dict of `object`, `low`, `high`."""
        self._fetched[name] = answer
        self._aligned.pop(name, None)

    def moved(self) -> None:
        """The queue has another order; what was fetched still holds."""
        self._aligned.clear()

    def forget(self) -> None:
        """The objects, or what is known of them, are others."""
        self._fetched.clear()
        self._aligned.clear()

    def of(self, name: str, objects: np.ndarray) -> np.ndarray:
        """A fetched column in the order of `objects`: float64 (NaN: none) or text as object array ("": none)."""
        if name not in self._aligned:
            ids, values = self._fetched[name]
            self._aligned[name] = aligned(ids, values, objects)
        return self._aligned[name]  # type: ignore[no-any-return]

    def spread(self, objects: np.ndarray, own: np.ndarray, places: int, reveal: np.ndarray) -> np.ndarray:
        """How far apart graders are: 0 they agree, 1 the scheme's first grade against its last; NaN below two graders.

        Args:
            own: the place of this grader's grade in the scheme, NaN where there is none.
            places: how many grades the scheme has.
            reveal: where the others' grades may be told: without one's own grade they would sway it.
        """
        answer = self._fetched[DISAGREEMENT]
        low = aligned(answer["object"], answer["low"], objects)
        high = aligned(answer["object"], answer["high"], objects)
        apart = np.where(
            np.isnan(own), np.where(high > low, high - low, np.nan), np.fmax(high, own) - np.fmin(low, own)
        )
        return np.where(reveal & ~np.isnan(low), apart / max(places - 1, 1), np.nan)


def aligned(ids: np.ndarray, values: np.ndarray, objects: np.ndarray) -> np.ndarray:
    """The values of `ids` (ascending) for each of `objects`; NaN or "" for one that is not among them."""
    missing: Any = "" if values.dtype == object else np.nan
    made = np.full(len(objects), missing, values.dtype)
    if len(ids):
        at = np.minimum(np.searchsorted(ids, objects), len(ids) - 1)
        there = ids[at] == objects
        made[there] = values[at[there]]
    return made


def meets(values: np.ndarray, term: Term) -> np.ndarray:
    """bool (n,): which values of a column meet a condition; one that is missing meets none but `column:none`."""
    text = values.dtype == object
    missing = (values == "") if text else np.isnan(values)
    if term.values == ["none"] or term.values == ["any"]:
        return missing == ((term.values == ["none"]) != (term.sign == "!="))
    if text:
        lowered = np.array([str(value).lower() for value in values], object)
        if term.sign == ":":
            return np.array([any(one in value for one in term.values) for value in lowered], bool)
        is_one = np.isin(lowered.astype(str), term.values)
        return ~is_one & ~missing if term.sign == "!=" else is_one
    if term.number is None:
        return np.zeros(len(values), bool)
    with np.errstate(invalid="ignore"):
        compared: np.ndarray = {
            "<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal, "!=": np.not_equal,
        }.get(term.sign, np.isclose if values.size else np.equal)(values, term.number)  # fmt: skip
    return compared & ~missing
