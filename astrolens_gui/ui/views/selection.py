"""Which stamps are selected, as a person with Ctrl and Shift means it; knows the queue's rows, no cell and no widget."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .pending import counted


class Selection:
    """A set of objects of the queue `model`, and the row that Shift extends from."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self._ids: set[int] = set()
        self._anchor = -1
        self._base: frozenset[int] = frozenset()

    def __contains__(self, object_id: int) -> bool:
        return object_id in self._ids

    def __len__(self) -> int:
        return len(self._ids)

    def ordered(self) -> list[int]:
        """The selected objects that are listed, in the order of the rows."""
        rows = sorted((self._model.row_of(one), one) for one in self._ids)
        return [one for row, one in rows if row >= 0]

    def clear(self) -> None:
        self._ids.clear()
        self._anchor, self._base = -1, frozenset()

    def set(self, object_ids: Iterable[int]) -> None:
        """These and no others."""
        self.clear()
        self._ids.update(object_ids)

    def toggle(self, row: int) -> None:
        """Ctrl and a click: in or out; Shift extends from here."""
        self._ids.symmetric_difference_update({self._model.object_at(row)})
        self._anchor, self._base = row, frozenset(self._ids)

    def extend(self, start: int, row: int) -> None:
        """Shift: all rows from where the selection began (`start` for a new one) to `row`, besides what Ctrl had chosen."""
        if self._anchor < 0:
            self._anchor = start
        low, high = sorted((self._anchor, row))
        self._ids = {*self._base, *(self._model.object_at(one) for one in range(low, high + 1))}

    def say(self) -> None:
        """How many there are, and what can be done with them."""
        if self._ids:
            stamps = counted(len(self._ids), "stamp")
            self._model.told.emit(
                f"{stamps} selected: a grade's key grades all that are in sight, Esc ends the selection"
            )
