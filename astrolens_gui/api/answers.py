"""What detectors and restorers answer: records of plain arrays that a child can hand over; no Qt, no Keras, no SQL."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

MASK_SIDE = 28
"""Pixels a side of a mask, laid over its box whatever the box's size (Mask R-CNN, He et al. 2017, arXiv:1703.06870)."""


def _no_masks() -> np.ndarray:
    return np.zeros((0, MASK_SIDE, MASK_SIDE), np.float32)


@dataclass(frozen=True)
class Detections:
    """What was found in a batch of images, all images' finds in one list, by image and then by falling score.

    Attributes:
        image: int32 (M,), the row of the batch. boxes: float32 (M, 4), (x, y, w, h): centre as 0-based pixel centres in
            array order, and size, in pixels of the batch; a box covers x ± w/2, so the whole of an n px image is
            ((n-1)/2, (n-1)/2, n, n).
        score: float32 (M,), in 0..1. label: int32 (M,), index into the model's classes.
        masks: float32 (M, 28, 28) in 0..1, the chance of each place of the box to belong to the object, rows as in the
            image; (0, 28, 28) from a backend without masks.
    """

    image: np.ndarray
    boxes: np.ndarray
    score: np.ndarray
    label: np.ndarray
    masks: np.ndarray = field(default_factory=_no_masks)

    def __len__(self) -> int:
        return len(self.score)

    def arrays(self) -> dict[str, np.ndarray]:
        """The fields by name, as they travel; `Detections(**arrays)` is the inverse."""
        return _arrays(self)

    def take(self, rows: np.ndarray) -> Detections:
        """Those of `rows` (indices or a bool mask), in that order."""
        return Detections(*(each[rows] if len(each) == len(self) else each for each in self.arrays().values()))


@dataclass(frozen=True)
class Restored:
    """Restored images of a batch, in the batch's own units: linear in flux, nothing clipped.

    Attributes:
        mean: float32 (N, s, s, bands), the answer. sigma: float32 of the same shape, its standard error a pixel as the
            model states it; NaN from a model that states none.
        draws: float32 (N, D, s, s, bands), several answers whose spread shows what is invented; D may be 0.
    """

    mean: np.ndarray
    sigma: np.ndarray
    draws: np.ndarray

    def arrays(self) -> dict[str, np.ndarray]:
        """The fields by name, as they travel; `Restored(**arrays)` is the inverse."""
        return _arrays(self)


def _arrays(record: Any) -> dict[str, np.ndarray]:
    return {each.name: getattr(record, each.name) for each in fields(record)}
