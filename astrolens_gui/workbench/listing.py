"""A queue's arrays, made ready where the queue is ordered: names to search, grades by number; knows no Qt and no database."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

_WIDEST = 64
"""Bytes of a name that decide its place in the alphabet."""

_FEW = 20_000
"""Up to so many hits are looked up one by one; above it the letters are compared as arrays."""


class Names:
    """Names of any number of objects, searched and sorted as one array of bytes, whatever their case: made when first asked for, or
    by `make_ready` on another thread (a quarter of a second for a million)."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names, self._count = names, len(names)

    def make_ready(self) -> None:
        """Make what a search needs."""
        _ = self._starts

    @cached_property
    def _text(self) -> bytes:
        text = "\n".join(self._names).lower()
        if self._count and text.count("\n") != self._count - 1:
            text = "\n".join(" ".join(name.splitlines()) for name in self._names).lower()
        return text.encode("utf-8", "surrogatepass")

    @cached_property
    def _letters(self) -> np.ndarray:
        return np.frombuffer(self._text, np.uint8)

    @cached_property
    def _starts(self) -> np.ndarray:
        ends = np.flatnonzero(self._letters == 10)
        return np.concatenate(([0], ends + 1)) if self._count else np.empty(0, np.intp)

    def containing(self, part: str) -> np.ndarray:
        """bool (n,): the names in which `part` occurs."""
        found = np.zeros(self._count, bool)
        needle = part.lower().encode("utf-8", "surrogatepass")
        if not needle or b"\n" in needle:
            found[:] = not needle
        elif len(needle) <= len(self._text):
            found[np.searchsorted(self._starts, self._hits(needle), side="right") - 1] = True
        return found

    def _hits(self, needle: bytes) -> np.ndarray:
        """Where the needle begins; the rarest of its letters is looked for first, and the others where that one stands."""
        places: list[int] = []
        at = self._text.find(needle)
        while at >= 0 and len(places) < _FEW:
            places.append(at)
            at = self._text.find(needle, at + 1)
        if at < 0:
            return np.array(places, np.intp)
        sample = self._letters[:: max(1, len(self._letters) // 50_000)]
        rarest = min(range(len(needle)), key=lambda place: int(np.count_nonzero(sample == needle[place])))
        last = len(self._letters) - len(needle) + 1
        hits = np.flatnonzero(self._letters[rarest : rarest + last] == needle[rarest])
        for place, letter in enumerate(needle):
            if place != rarest:
                hits = hits[self._letters[hits + place] == letter]
        return hits

    @cached_property
    def alphabet(self) -> np.ndarray:
        """intp (n,): the place of each name in the alphabet. Takes its time with a million; lets other threads work meanwhile."""
        stops = np.append(self._starts[1:] - 1, len(self._letters)) if self._count else self._starts
        width = int(min(max((stops - self._starts).max(initial=1), 1), _WIDEST))
        padded = np.zeros((self._count, width), np.uint8)
        for column in range(width):
            at = self._starts + column
            there = at < stops
            padded[there, column] = self._letters[at[there]]
        order = np.argsort(padded.view(f"S{width}").reshape(-1), kind="stable")
        return ranks(order)


class Grades:
    """A column of texts of which there are few, as numbers: `levels[codes]`; level 0 is ""."""

    def __init__(self, grades: Any) -> None:
        values = np.asarray(grades)
        if values.dtype == object:
            values = values.astype(str)
        given = np.flatnonzero(values != "") if len(values) else np.empty(0, np.intp)
        levels, codes = np.unique(values[given], return_inverse=True) if len(given) else (np.empty(0, str), given)
        self.levels = ["", *(str(level) for level in levels)]
        self.codes = np.zeros(len(values), np.int32)
        self.codes[given] = codes + 1

    def code(self, grade: str) -> int:
        """The number of a grade, a new one where it is new."""
        if grade not in self.levels:
            self.levels.append(grade)
        return self.levels.index(grade)


def ranks(order: np.ndarray) -> np.ndarray:
    """The inverse of a permutation."""
    made = np.empty(len(order), np.intp)
    made[order] = np.arange(len(order))
    return made


def ordered(values: np.ndarray, descending: bool = False) -> np.ndarray:
    """intp (n,): the places of `values` from the lowest (the highest) on, equal ones as they stood; missing ones come last."""
    if values.dtype == object:
        lowered = np.array([str(value).lower() for value in values])
        values, missing = ranks_of(lowered), lowered == ""
    else:
        values = values.astype(np.float64)
        missing = np.isnan(values)
    key = np.where(missing, np.inf, -values if descending else values)
    return np.argsort(key, kind="stable")


def ranks_of(values: np.ndarray) -> np.ndarray:
    """float64 (n,): each value's place among the different ones there are."""
    _, places = np.unique(values, return_inverse=True)
    return places.astype(np.float64)
