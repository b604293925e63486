"""Something of each band of an object, found when it is first asked for; knows neither files nor windows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class PerBand(Mapping[str, T], Generic[T]):
    """`find(place)` gives what belongs to the band at that place; called once each, on the thread that asks."""

    def __init__(self, names: Sequence[str], find: Callable[[int], T], known: Mapping[str, T] | None = None) -> None:
        self._places = {name: place for place, name in enumerate(names)}
        self._find = find
        self._found: dict[str, T] = dict(known or {})
        self._lock = threading.Lock()

    def __getitem__(self, name: str) -> T:
        place = self._places[name]
        if name in self._found:  # without the lock: another band may be on its way from the disk
            return self._found[name]
        with self._lock:
            if name not in self._found:
                self._found[name] = self._find(place)
            return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

    def opened(self, name: str) -> bool:
        """Whether it was found already, so that asking for it neither finds nor waits."""
        return name in self._found
