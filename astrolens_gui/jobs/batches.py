"""A batch that does not fit into memory is tried again in halves; knows no model and no device."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from .errors import is_out_of_memory

REMEDY = "use smaller cutouts or fewer bands, or close other programs"

log = logging.getLogger("astrolens.jobs")


class Halving:
    """`work(array) -> array` in batches that are halved when memory runs out; the size that fits is kept.

    Args:
        work: called with at most `size` rows; gives one output row per input row, each independent of the others.
        size: rows of the first try.
        smallest: where giving up begins.
        join: makes one answer of those of several batches.
    """

    def __init__(
        self,
        work: Callable[[np.ndarray], Any],
        size: int,
        smallest: int = 1,
        join: Callable[[list[Any]], Any] = np.concatenate,
    ) -> None:
        self._work = work
        self._join = join
        self.size = size
        self._smallest = smallest

    def __call__(self, rows: np.ndarray) -> Any:
        """Return `work` of all rows, in order, in batches that fit.

        Raises:
            MemoryError: even the smallest batch does not fit.
        """
        return self._join(list(self._parts(rows))) if len(rows) else self._work(rows)

    def _parts(self, rows: np.ndarray) -> Iterator[Any]:
        begin = 0
        while begin < len(rows):
            part = rows[begin : begin + self.size]
            try:
                done = self._work(part)
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                tried = len(part)
                if tried <= self._smallest:
                    raise MemoryError(f"even a batch of {tried} does not fit into memory; {REMEDY}") from error
            else:
                yield done
                begin += len(part)
                continue
            # outside the handler: the failed try's arrays are gone before the next one
            self.size = max(self._smallest, tried // 2)
            log.warning("a batch of %d does not fit into memory; going on with %d", tried, self.size)
