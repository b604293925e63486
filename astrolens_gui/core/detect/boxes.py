"""Boxes (x, y, w, h) about their centres: overlap, and of several on one thing the best; knows no image."""

from __future__ import annotations

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

    Greedy as in Girshick et al. 2014 (arXiv:1311.2524); neighbours are looked up by place, so that a hundred thousand
    finds of a mosaic take a second.
    """
    order = np.argsort(-found.score, kind="stable")
    boxes, score = found.boxes[order].astype(np.float64), found.score[order]
    group = np.stack([found.image[order], found.label[order]], axis=1)
    kept: list[int] = []
    cell = float(boxes[:, 2:].max(initial=1.0)) or 1.0
    near: dict[tuple[int, ...], list[int]] = {}
    for row in range(len(score)):
        place = (int(boxes[row, 0] // cell), int(boxes[row, 1] // cell))
        around = [
            other
            for dx in (-1, 0, 1)
            for dy in (-1, 0, 1)
            for other in near.get((*group[row].tolist(), place[0] + dx, place[1] + dy), ())
        ]
        if around and iou(boxes[row], boxes[around]).max() >= same:
            continue
        kept.append(row)
        near.setdefault((*group[row].tolist(), *place), []).append(row)
    chosen = order[np.array(kept, np.intp)]
    return found.take(chosen[np.argsort(found.image[chosen], kind="stable")])


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
