"""What the network is shown, and in which order: images of a training set with their boxes, turned and mirrored; knows no network."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from astrolens_gui import kit
from astrolens_gui.api import TrainingSet
from astrolens_gui.api.answers import MASK_SIDE

from .sources import MOST, places

FEWEST_STEPS = 8
"""Steps an epoch at least, so that a handful of images is seen in enough versions."""
STRIDE = 8

Batch = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]
"""images float32 (N, s, s, bands); boxes float32 (N, G, 4), labels int32 (N, G), -1 where there is none, masks float32
(N, G, 28, 28); proposals float32 (N, K, 4) where sources are looked at, else (N, 0, 4)."""


def turned(boxes: np.ndarray, which: int, side: int) -> np.ndarray:
    """Boxes (…, 4) where `kit.dihedral` by `which` moves them in an image of `side` pixels."""
    x, y, w, h = np.moveaxis(boxes, -1, 0)
    if which >= 4:
        x, y, w, h = y, x, h, w
    for _ in range(which % 4):
        x, y, w, h = y, side - 1 - x, h, w
    return np.stack([x, y, w, h], axis=-1)


class Batches:
    """One split of a training set: drawn by weight and changed where `strength` says how much, else as it is."""

    def __init__(
        self, data: TrainingSet, split: str, batch: int, seed: int, strength: float | None = None, sources: bool = False
    ) -> None:
        self.images, self.weights = data.images, data.weights
        self.rows, self.batch, self.seed, self.strength = data.indices(split), batch, seed, strength  # type: ignore[arg-type]
        every, masks = np.asarray(data.boxes), data.masks
        self.whose = [np.flatnonzero(every[:, 0] == row) for row in range(len(self.images))]
        self.boxes, self.masks = every, masks
        self.most = max(1, max((len(each) for each in self.whose), default=1))
        self.proposals = {int(row): places(self.images[row]) for row in self.rows} if sources else {}
        self.kept = MOST if sources else 0
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
        random = np.random.default_rng((self.seed, self.epoch, step))
        which = random.integers(0, 8, len(rows)) if self.strength is not None else np.zeros(len(rows), np.int64)
        images = kit.dihedral(np.asarray(self.images[rows]), which)
        count, side = images.shape[:2]
        if self.strength:
            images *= random.uniform(1 - 0.1 * self.strength, 1 + 0.1 * self.strength, (count, 1, 1, 1)).astype(
                np.float32
            )
            much = random.uniform(0, 0.15 * self.strength, (count, 1, 1, 1)).astype(np.float32)
            images += much * random.standard_normal(images.shape, np.float32)
        boxes, labels = np.zeros((count, self.most, 4), np.float32), np.full((count, self.most), -1, np.int32)
        masks = np.zeros((count, self.most, MASK_SIDE, MASK_SIDE), np.float32)
        proposals = np.zeros((count, self.kept, 4), np.float32)
        for place, (row, element) in enumerate(zip(rows, which, strict=True)):
            own = self.whose[row]
            n = len(own)
            boxes[place, :n] = turned(self.boxes[own, 1:5], int(element), side)
            labels[place, :n] = self.boxes[own, 5]
            cut = np.asarray(self.masks[own])[..., None]
            masks[place, :n] = kit.dihedral(cut, np.full(n, element))[..., 0] / np.float32(255)
            if self.kept:
                given = self.proposals[int(row)][: self.kept]
                proposals[place, : len(given)] = turned(given, int(element), side)
        return padded(images), boxes, labels, masks, proposals

    def ahead(self, pool: ThreadPoolExecutor, depth: int = 3) -> Iterator[Batch]:
        """The epoch's batches in order; `depth` of them are made in `pool` while the network works."""
        waiting: deque[Future[Batch]] = deque()
        for step in range(len(self)):
            waiting.append(pool.submit(self.__getitem__, step))
            if len(waiting) > depth:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def padded(images: np.ndarray) -> np.ndarray:
    """(N, H, W, bands) with sky, 0, below and to the right up to sides that the network can halve thrice."""
    height, width = images.shape[1:3]
    return np.pad(images, ((0, 0), (0, -height % STRIDE), (0, -width % STRIDE), (0, 0)))
