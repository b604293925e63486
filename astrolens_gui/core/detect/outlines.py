"""Finds as regions that the label store keeps: box, score, class, outline of the mask; knows no network and no SQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...api import Detections


def regions(found: Detections, classes: Sequence[str], band: str, shape: tuple[int, int]) -> list[dict[str, Any]]:
    """One dict a find, best first, as `core.labels.records.BoxRow` describes a box; pixels of the plane `band` of this
    (height, width). `more["points"]` is the outline of its mask."""
    masked = len(found.masks) == len(found)
    made = []
    for row in np.argsort(-found.score, kind="stable").tolist():
        x, y, w, h = (float(value) for value in found.boxes[row])
        label = int(found.label[row])
        more: dict[str, Any] = {"shape": list(shape)}
        if masked and len(points := outline(found.masks[row], found.boxes[row])):
            more["points"] = np.round(points, 2).tolist()
        name = classes[label] if 0 <= label < len(classes) else str(label)
        box = {"x": x, "y": y, "w": w, "h": h, "kind": "box", "class_name": name, "band": band}
        made.append({**box, "score": float(found.score[row]), "more": more})
    return made


def outline(mask: np.ndarray, box: np.ndarray, level: float = 0.5) -> np.ndarray:
    """The longest contour of a mask over its box, float64 (n, 2) of (x, y) in pixels; (0, 2) where nothing is inside."""
    from skimage.measure import find_contours

    side = mask.shape[0]
    framed = np.pad(np.asarray(mask, np.float64), 1)
    rings = find_contours(framed, level)
    if not rings:
        return np.zeros((0, 2))
    ring = max(rings, key=len)[:-1] - 1  # closed: its last point is its first
    x, y, w, h = (float(value) for value in box)
    return np.column_stack([x + ((ring[:, 1] + 0.5) / side - 0.5) * w, y + ((ring[:, 0] + 0.5) / side - 0.5) * h])
