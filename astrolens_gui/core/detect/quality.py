"""A detector's answers to held-out images as numbers that can be resampled by image; knows no network."""

from __future__ import annotations

import numpy as np

from ...api import Detections, TrainingSet
from ..learn.fitting import Answers, Quality, Yardstick
from . import metrics

AT = 0.5
"""The score at which completeness and purity are stated."""


def truth_of(data: TrainingSet, rows: np.ndarray) -> metrics.Truth:
    """The true boxes of some rows of a set; `image` is the place among them."""
    table = np.asarray(data.boxes)
    place = np.full(len(data.images), -1)
    place[rows] = np.arange(len(rows))
    image = place[table[:, 0].astype(int)]
    kept = image >= 0
    return metrics.Truth(image[kept], table[kept, 1:5], table[kept, 5].astype(int), np.asarray(data.masks)[kept])


def matched(answers: Answers, data: TrainingSet, rows: np.ndarray) -> tuple[Detections, metrics.Truth, metrics.Matched]:
    found = Detections(**answers)
    truth = truth_of(data, rows)
    return found, truth, metrics.match(found, truth)


def precision(answers: Answers, data: TrainingSet, rows: np.ndarray) -> Quality:
    """AP at an overlap of 0.5; a resample counts an image as often as it was drawn."""
    found, truth, result = matched(answers, data, rows)
    image = found.image[np.argsort(-found.score, kind="stable")]
    return lambda counts: metrics.average_precision(result, counts[image], float(counts[truth.image].sum()))


def completeness(answers: Answers, data: TrainingSet, rows: np.ndarray) -> Quality:
    _, _, result = matched(answers, data, rows)
    return lambda _: metrics.at_score(result, AT)[0]


def purity(answers: Answers, data: TrainingSet, rows: np.ndarray) -> Quality:
    _, _, result = matched(answers, data, rows)
    return lambda _: metrics.at_score(result, AT)[1]


def mask_iou(answers: Answers, data: TrainingSet, rows: np.ndarray) -> Quality:
    overlaps = metrics.mask_overlap(*matched(answers, data, rows))
    return lambda _: float(overlaps.mean()) if len(overlaps) else float("nan")


YARDSTICK = Yardstick("AP", precision, (("completeness", completeness), ("purity", purity), ("mask IoU", mask_iou)))
