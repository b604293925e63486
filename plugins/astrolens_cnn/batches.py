"""What a network is shown, and in which order: rows of a training set, augmented and fetched ahead; knows no network."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from astrolens_gui import kit
from astrolens_gui.api import TrainingSet

FEWEST_STEPS = 8
"""Steps an epoch at least, so that twenty labels are seen in enough augmented versions."""

PER_LABELLED = 2
"""Unlabelled stamps for each labelled one in a step."""
WEAK = {"shift": 0.06, "contrast": 0.0, "noise": 0.0}
STRONG = {"shift": 0.1, "contrast": 0.4, "noise": 1.0}
"""How much the two views of an unlabelled stamp are changed: what the network says of the first it shall say of the second."""

Pair = tuple[np.ndarray, np.ndarray]
Batch = tuple[np.ndarray, np.ndarray, np.ndarray]
"""images float32 (n, s, s, bands), targets float32 (n, classes), weights float32 (n,)."""


class Batches:
    """One split of a training set: drawn by weight and augmented where `strength` says how much, else as it is."""

    def __init__(
        self,
        data: TrainingSet,
        split: str,
        batch: int,
        seed: int,
        strength: float | None = None,
        unlabelled: bool = False,
    ) -> None:
        self.unlabelled = data.unlabelled if unlabelled else None
        self.images, self.targets, self.weights = data.images, data.targets, data.weights
        self.rows, self.batch, self.seed, self.strength = data.indices(split), batch, seed, strength  # type: ignore[arg-type]
        self.draw(0)

    def draw(self, epoch: int) -> None:
        """Order the rows of an epoch; it depends on the seed and the epoch alone."""
        self.epoch, self.order = epoch, self.rows
        if self.strength is not None:
            steps = max(-(-len(self.rows) // self.batch), FEWEST_STEPS)
            random = np.random.default_rng((self.seed, epoch))
            self.order = self.rows[kit.weighted_rows(self.weights[self.rows], steps * self.batch, random)]

    def __len__(self) -> int:
        return -(-len(self.order) // self.batch)

    def __getitem__(self, step: int) -> Batch:
        rows = self.order[step * self.batch : (step + 1) * self.batch]
        images, targets = np.asarray(self.images[rows]), np.asarray(self.targets[rows])
        if self.strength is None:
            return images, targets, np.asarray(self.weights[rows])
        random = np.random.default_rng((self.seed, self.epoch, step))
        much = {"shift": 0.06 * self.strength, "contrast": 0.2 * self.strength, "noise": 0.3 * self.strength}
        return kit.jitter(images, random, **much), targets, np.ones(len(rows), np.float32)

    def pair(self, step: int) -> Pair | None:
        """The unlabelled stamps of a step, `PER_LABELLED` for each labelled one, changed a little and changed much."""
        if self.unlabelled is None or not len(self.unlabelled):
            return None
        random = np.random.default_rng((self.seed, self.epoch, step, 1))
        images = np.asarray(
            self.unlabelled[np.sort(random.integers(0, len(self.unlabelled), PER_LABELLED * self.batch))]
        )
        return kit.jitter(images, random, **WEAK), kit.jitter(images, random, **STRONG)

    def ahead(self, pool: ThreadPoolExecutor, depth: int = 3) -> Iterator[tuple[Batch, Pair | None]]:
        """The epoch's batches in order, each with its unlabelled stamps; `depth` are made in `pool` while the network works."""
        waiting: deque[Future[tuple[Batch, Pair | None]]] = deque()
        for step in range(len(self)):
            waiting.append(pool.submit(lambda at: (self[at], self.pair(at)), step))
            if len(waiting) > depth:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
