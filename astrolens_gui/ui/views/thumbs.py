"""Thumbnails of the cells in sight, fetched in small batches, kept while there is room; knows no grid and no file."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from ..qt import QObject, QtGui, Signal

BATCH = 32
"""Stamps per job: small enough for the io threads to share a page, large enough to be worked on together."""

HELD_BYTES = 192 * 2**20

Picture: TypeAlias = QtGui.QPixmap | str
"""A stamp, or the sentence that says why there is none."""


class Thumbs(QObject):
    """Asked for the ids in sight at every repaint; fetches what is missing, drops what is no longer wanted.

    Attributes:
        arrived: (list of ids) that `get` now answers for.
    """

    arrived = Signal(list)

    def __init__(self, bridge: Any, workbench: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._workbench = workbench
        self._size = 0
        self._recipe: Any = None
        self._round = 0
        self._held: OrderedDict[int, Picture] = OrderedDict()
        self._stale: dict[int, Picture] = {}
        self._jobs: dict[Any, frozenset[int]] = {}

    def get(self, object_id: int) -> Picture | None:
        """The stamp, in its older look where the new one is still on its way; None when there is none yet."""
        return self._held.get(object_id) or self._stale.get(object_id)

    def want(self, object_ids: Sequence[int], size: int, recipe: Any, ahead: Sequence[int] = ()) -> None:
        """Fetch what is missing of these, in this order, at `size` pixels; batches that nobody wants are cancelled.

        Those of `ahead` are fetched once the others are there.
        """
        if (size, recipe) != (self._size, self._recipe):
            self._renew(size, recipe)
        wanted = {*object_ids, *ahead}
        for job in [job for job, ids in self._jobs.items() if not ids & wanted]:
            del self._jobs[job]
            job.cancel()
        underway = set().union(*self._jobs.values()) if self._jobs else set()
        missing = []
        for object_id in object_ids:
            if object_id in self._held:
                self._held.move_to_end(object_id)
            elif object_id not in underway:
                missing.append(object_id)
        if not missing and underway.isdisjoint(object_ids):
            missing = [one for one in ahead if one not in self._held and one not in underway]
        for start in range(0, len(missing), BATCH):
            self._fetch(missing[start : start + BATCH])
        self._trim(max(len(wanted), 1))

    def forget(self, object_ids: Sequence[int] | None = None) -> None:
        """These (all without an argument) changed on disk: fetch them again when next wanted."""
        self._round += 1
        for job in self._jobs:
            job.cancel()
        self._jobs.clear()
        for held in (self._held, self._stale):
            for object_id in list(held) if object_ids is None else object_ids:
                held.pop(object_id, None)

    def _renew(self, size: int, recipe: Any) -> None:
        self._size, self._recipe = size, recipe
        held, older = self._held, self._stale
        self._held = OrderedDict()
        self.forget()
        self._stale = {**older, **held}

    def _fetch(self, object_ids: list[int]) -> None:
        job = self._workbench.thumbnails(object_ids, self._size, self._recipe)
        self._jobs[job] = frozenset(object_ids)
        now = self._round
        self._bridge.when_done(
            job,
            lambda result: self._take(now, job, object_ids, result),
            lambda error: self._take(now, job, object_ids, [error] * len(object_ids)),
        )

    def _take(self, asked: int, job: Any, object_ids: list[int], result: Sequence[Any]) -> None:
        if asked != self._round or self._jobs.pop(job, None) is None:
            return  # cancelled, or rendered by an older recipe
        for object_id, stamp in zip(object_ids, result, strict=True):
            self._held[object_id] = picture(stamp)
            self._stale.pop(object_id, None)
        self.arrived.emit(object_ids)

    def _trim(self, in_sight: int) -> None:
        most = max(HELD_BYTES // max(4 * self._size**2, 1), 2 * in_sight)
        while len(self._held) > most:
            self._held.popitem(last=False)
        while len(self._stale) > most:
            del self._stale[next(iter(self._stale))]


def picture(stamp: Any) -> Picture:
    """uint8 (h, w, 4) BGRA or (h, w, 3) RGB → pixmap; a refusal or an error → its sentence."""
    if not isinstance(stamp, np.ndarray):
        return str(stamp) or "this image cannot be shown"
    pixels = np.ascontiguousarray(stamp)
    height, width, depth = pixels.shape
    kind = QtGui.QImage.Format_RGB32 if depth == 4 else QtGui.QImage.Format_RGB888
    return QtGui.QPixmap.fromImage(QtGui.QImage(pixels.data, width, height, depth * width, kind).copy())
