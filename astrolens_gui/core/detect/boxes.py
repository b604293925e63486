"""Boxes (x, y, w, h) about their centres: overlap, and of several on one thing the best; knows no image."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ...api import Detections

SAME = 0.5
"""Boxes of one class that share so much (intersection over union) are one thing."""


def iou(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """float64 (n, m): intersection over union of boxes (n, 4) and (m, 4)."""
    a, b = np.asarray(ours, np.float64).reshape(-1, 4)[:, None], np.asarray(theirs, np.float64).reshape(-1, 4)[None]
    low = np.maximum(a[..., :2] - a[..., 2:] / 2, b[..., :2] - b[..., 2:] / 2)
    high = np.minimum(a[..., :2] + a[..., 2:] / 2, b[..., :2] + b[..., 2:] / 2)
    both = np.clip(high - low, 0, None).prod(axis=-1)
    either = a[..., 2:].prod(axis=-1) + b[..., 2:].prod(axis=-1) - both
    return both / np.maximum(either, 1e-12)


def best(found: Detections, same: float = SAME) -> Detections:
    """Without those that a better one of the same class and image overlaps (non-maximum suppression), best first by image.

    Greedy as in Girshick et al. 2014 (arXiv:1311.2524). What stays is kept by octave of its longer side in a grid of cells as
    wide: boxes that share `same` of their union differ in no side by more than that factor, and in place by no more than
    (1 - same) of the longer side. So a hundred thousand finds take two seconds, whatever else is among them.
    """
    order = np.argsort(-found.score, kind="stable")
    octaves = math.ceil(-math.log2(same))
    kept: list[int] = []
    near: dict[tuple[int, ...], list[tuple[float, ...]]] = {}
    longer = np.log2(found.boxes[order, 2:].max(axis=1, initial=0.0).clip(1e-3)).astype(np.float64)
    sizes = np.floor(longer).astype(int).tolist()
    groups = zip(found.image[order].tolist(), found.label[order].tolist(), strict=True)
    rows = zip(order.tolist(), found.boxes[order].astype(np.float64).tolist(), sizes, groups, strict=True)
    for row, (x, y, w, h), size, group in rows:
        box = (x - w / 2, y - h / 2, x + w / 2, y + h / 2, w * h)
        if not _is_double(box, near, group, (x, y, size), octaves, same):
            kept.append(row)
            cell = 2.0 ** (size + 1)
            near.setdefault((*group, size, int(x // cell), int(y // cell)), []).append(box)
    chosen = np.array(kept, np.intp)
    return found.take(chosen[np.argsort(found.image[chosen], kind="stable")])


def _is_double(
    box: tuple[float, ...],
    near: dict[Any, Any],
    group: tuple[int, int],
    at: tuple[float, float, int],
    octaves: int,
    same: float,
) -> bool:
    """Whether one that stays shares `same` with it; `at`: middle and octave."""
    x, y, size = at
    for other in range(size - octaves, size + octaves + 1):
        cell = 2.0 ** (other + 1)
        reach = (1 - same) * 2.0 ** (max(size, other) + 1)
        columns = range(int((x - reach) // cell), int((x + reach) // cell) + 1)
        for row in range(int((y - reach) // cell), int((y + reach) // cell) + 1):
            for column in columns:
                for left, low, right, high, area in near.get((*group, other, column, row), ()):
                    wide, tall = min(box[2], right) - max(box[0], left), min(box[3], high) - max(box[1], low)
                    if wide > 0 and tall > 0 and wide * tall >= same * (box[4] + area - wide * tall):
                        return True
    return False


def nothing() -> Detections:
    """No find."""
    return Detections(
        np.zeros(0, np.int32), np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int32)
    )


def joined(parts: list[Detections]) -> Detections:
    """All finds of several in one record; masks stay where every part with finds has them."""
    parts = [part for part in parts if len(part)]
    if not parts:
        return nothing()
    masked = all(len(part.masks) == len(part) for part in parts)
    names = ("image", "boxes", "score", "label", *(("masks",) if masked else ()))
    return Detections(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
