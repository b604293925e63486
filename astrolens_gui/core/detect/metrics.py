"""How well boxes and masks were found: average precision, completeness and purity, mask overlap; knows no network.

A find is right when it overlaps a true box of its image and class by at least `same` and no better find has taken that one
(Everingham et al. 2010, the Pascal VOC challenge; average precision over all points of the curve).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...api import Detections
from .boxes import iou

SAME = 0.5


@dataclass(frozen=True)
class Truth:
    """What there is: image int (T,), boxes float (T, 4), label int (T,), masks (T, 28, 28) over the boxes or none."""

    image: np.ndarray
    boxes: np.ndarray
    label: np.ndarray
    masks: np.ndarray | None = None


@dataclass(frozen=True)
class Matched:
    """Finds in falling score: score float64 (M,), of: the true box each has found, int64 (M,), -1 for a false one; `total`
    true boxes."""

    score: np.ndarray
    of: np.ndarray
    total: int

    @property
    def right(self) -> np.ndarray:
        return self.of >= 0


def match(found: Detections, truth: Truth, same: float = SAME) -> Matched:
    """Finds against true boxes, the best find first; each true box is found once."""
    order = np.argsort(-found.score, kind="stable")
    taken = np.zeros(len(truth.image), bool)
    of = np.full(len(order), -1, np.int64)
    by_image = {image: np.flatnonzero(truth.image == image) for image in np.unique(truth.image).tolist()}
    for place, row in enumerate(order.tolist()):
        rows = by_image.get(int(found.image[row]))
        if rows is None:
            continue
        rows = rows[(truth.label[rows] == found.label[row]) & ~taken[rows]]
        if len(rows):
            overlap = iou(found.boxes[row], truth.boxes[rows])[0]
            if overlap.max() >= same:
                of[place] = rows[int(overlap.argmax())]
                taken[of[place]] = True
    return Matched(np.asarray(found.score, np.float64)[order], of, len(truth.image))


def curve(
    matched: Matched, weight: np.ndarray | None = None, total: float | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(score, completeness, purity), each at the end of a group of equal scores, falling in score.

    Args:
        weight: float (M,), how often each find counts, in falling score, and `total`, how many true boxes that makes; for
            resampled images.
    """
    ends = _ends(matched)
    each = np.ones(len(matched.score)) if weight is None else np.asarray(weight, np.float64)
    hits, count = np.cumsum(matched.right * each), np.cumsum(each)
    with np.errstate(divide="ignore", invalid="ignore"):
        return matched.score[ends], hits[ends] / (matched.total if total is None else total), hits[ends] / count[ends]


def average_precision(matched: Matched, weight: np.ndarray | None = None, total: float | None = None) -> float:
    """Area under purity against completeness, purity made to fall only; NaN without a true box. See `curve`."""
    if not (matched.total if total is None else total):
        return float("nan")
    _, completeness, purity = curve(matched, weight, total)
    if not len(purity):
        return 0.0
    falling = np.maximum.accumulate(np.nan_to_num(purity)[::-1])[::-1]
    return float(np.sum(np.diff(np.concatenate([[0.0], completeness])) * falling))


def _ends(matched: Matched) -> np.ndarray:
    """Places of the last find of each group of equal scores."""
    if not len(matched.score):
        return np.zeros(0, np.intp)
    return np.flatnonzero(np.append(matched.score[1:] != matched.score[:-1], True))


def at_score(matched: Matched, least: float) -> tuple[float, float]:
    """(completeness, purity) of the finds with a score of `least` or more; purity is NaN without any."""
    told = matched.score >= least
    hits = int((matched.right & told).sum())
    completeness = hits / matched.total if matched.total else float("nan")
    return completeness, hits / int(told.sum()) if told.any() else float("nan")


def completeness_at(matched: Matched, false_per_mpx: float, mpx: float) -> float:
    """Completeness at the lowest threshold that leaves at most so many false finds a million pixels."""
    if not matched.total:
        return float("nan")
    ends = _ends(matched)
    false, hits = np.cumsum(~matched.right), np.cumsum(matched.right)
    allowed = [end for end in ends if false[end] <= false_per_mpx * mpx]
    return float(hits[allowed[-1]] / matched.total) if allowed else 0.0


def mask_overlap(found: Detections, truth: Truth, matched: Matched, grid: int = 64) -> np.ndarray:
    """Intersection over union of the masks (≥ 0.5) of right finds with the true ones, float64 (n,), on a fine grid that
    covers both boxes; empty where either has none."""
    if truth.masks is None or len(found.masks) != len(found) or not len(found):
        return np.zeros(0)
    order = np.argsort(-found.score, kind="stable")
    overlaps = []
    for place, of in enumerate(matched.of.tolist()):
        if of < 0 or not np.any(truth.masks[of]):
            continue
        ours, theirs = found.boxes[order[place]], truth.boxes[of]
        low = np.minimum(ours[:2] - ours[2:] / 2, theirs[:2] - theirs[2:] / 2)
        high = np.maximum(ours[:2] + ours[2:] / 2, theirs[:2] + theirs[2:] / 2)
        x, y = (low[axis] + (np.arange(grid) + 0.5) / grid * (high[axis] - low[axis]) for axis in (0, 1))
        a = _laid(np.asarray(found.masks[order[place]]), ours, x, y)
        b = _laid(np.asarray(truth.masks[of], np.float64) / (255 if truth.masks.dtype == np.uint8 else 1), theirs, x, y)
        overlaps.append((a & b).sum() / max((a | b).sum(), 1))
    return np.array(overlaps)


def _laid(mask: np.ndarray, box: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Where a mask laid over its box is inside, bool (len(y), len(x))."""
    side = mask.shape[0]
    column, row = (
        np.floor((at - box[axis] + box[2 + axis] / 2) / max(box[2 + axis], 1e-9) * side).astype(int)
        for axis, at in ((0, x), (1, y))
    )
    inside = ((row >= 0) & (row < side))[:, None] & ((column >= 0) & (column < side))[None]
    return inside & (mask[np.clip(row, 0, side - 1)][:, np.clip(column, 0, side - 1)] >= 0.5)
