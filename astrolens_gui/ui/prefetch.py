"""Keeps the next images ready, so that a key press shows one at once; knows no widget and reads no file itself."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from .qt import QObject

Key = tuple[int, str]
Wait = tuple[Callable[[Any], None], Callable[[BaseException], None]]

AHEAD = 4
HELD = 24
HELD_BYTES = 256 * 2**20


class Prefetch(QObject):
    """Loaded images by (object, band): the one asked for, the next few, and the last few for the way back.

    All methods belong to the main thread. Images come from `workbench.image` in the io lane. A failure that was met
    ahead of time is told once; asking again reads again (the network drive may be back).
    """

    def __init__(self, bridge: Any, workbench: Any, parent: QObject | None = None, ahead: int = AHEAD) -> None:
        super().__init__(parent)
        self.ahead = ahead
        self._bridge = bridge
        self._workbench = workbench
        self._held: OrderedDict[Key, Any] = OrderedDict()
        self._jobs: dict[Key, Any] = {}
        self._expected: set[Key] = set()
        self._asked: Key | None = None
        self._wait: Wait | None = None
        bridge.changed.connect(self._on_changed)

    def ask(
        self, object_id: int, band: str, callback: Callable[[Any], None], on_error: Callable[[BaseException], None]
    ) -> None:
        """Call `callback(LoadedImage)` or `on_error`: before returning if it is ready, else once it has been read.

        Asking for another one takes the question back: whoever holds the arrow key down waits for the last only.
        """
        key = self._asked = (object_id, band)
        self._wait = (callback, on_error)
        self._drop_unwanted()
        if key in self._held:
            self._held.move_to_end(key)
            self._answer(key, self._held[key])
        else:
            self._load(key)

    def expect(self, object_ids: Iterable[int], band: str, bands: Iterable[str] = ()) -> None:
        """Get the first `ahead` of these ready, and then the other `bands` of the one asked for last, for a blink; what was
        begun for others is cancelled."""
        wanted = [(object_id, band) for object_id in object_ids][: self.ahead]
        if self._asked is not None:
            wanted += [(self._asked[0], other) for other in bands if other != self._asked[1]]
        self._expected = set(wanted)
        self._drop_unwanted()
        for key in wanted:
            if key in self._held:
                self._held.move_to_end(key)
            else:
                self._load(key)

    def ready(self, object_id: int, band: str) -> bool:
        return (object_id, band) in self._held

    def forget(self, object_ids: Iterable[int] | None = None) -> None:
        """Drop these objects' images (without an argument, all): they changed on disk, or the project was closed."""
        gone = None if object_ids is None else set(object_ids)
        for key in [key for key in self._held if gone is None or key[0] in gone]:
            del self._held[key]
        for key in [key for key in self._jobs if gone is None or key[0] in gone]:
            self._jobs.pop(key).cancel()
            if key == self._asked and self._wait is not None:
                self._load(key)

    def _drop_unwanted(self) -> None:
        for key in [key for key in self._jobs if key not in self._expected and key != self._asked]:
            self._jobs.pop(key).cancel()

    def _load(self, key: Key) -> None:
        if key in self._jobs:
            return
        job = self._workbench.image(key[0], key[1] or None)
        self._jobs[key] = job
        self._bridge.when_done(
            job, lambda image: self._done(key, job, image), lambda error: self._done(key, job, error)
        )

    def _done(self, key: Key, job: Any, outcome: Any) -> None:
        if self._jobs.get(key) is not job:
            return  # cancelled or superseded: its pixels may be stale
        del self._jobs[key]
        self._held[key] = outcome
        self._trim(keep=key)
        self._answer(key, outcome)

    def _answer(self, key: Key, outcome: Any) -> None:
        if key != self._asked or self._wait is None:
            return
        (callback, on_error), self._wait = self._wait, None
        if isinstance(outcome, BaseException):
            self._held.pop(key, None)
            on_error(outcome)
        else:
            callback(outcome)

    def _trim(self, keep: Key) -> None:
        def too_much() -> bool:
            return len(self._held) > HELD or sum(map(_nbytes, self._held.values())) > HELD_BYTES

        while len(self._held) > 1 and too_much():
            oldest = next(key for key in self._held if key != keep)
            del self._held[oldest]

    def _on_changed(self, changes: Any) -> None:
        if changes.project:
            self.forget()
        elif changes.objects:
            self.forget(changes.objects)


def _nbytes(image: Any) -> int:
    """What a held image takes: all its pixels where they are in memory; of a wide field that is read in parts, next to nothing."""
    raster = getattr(image, "raster", None)
    if raster is None or not raster.resident:
        return 0
    height, width = raster.shape
    return 4 * height * width
