"""Average precision, completeness, purity and mask overlap, on lists made by hand."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from astrolens_gui.api import MASK_SIDE, Detections
from astrolens_gui.core.detect import metrics, outlines
from astrolens_gui.core.detect.boxes import best, iou, joined, nothing


def finds(*rows: tuple[int, float, float, float, float], label: int = 0, masks: np.ndarray | None = None) -> Detections:
    """(image, x, y, size, score) each."""
    boxes = np.array([(x, y, size, size) for _, x, y, size, _ in rows], np.float32).reshape(-1, 4)
    image, score = np.array([row[0] for row in rows], np.int32), np.array([row[4] for row in rows], np.float32)
    return Detections(image, boxes, score, np.full(len(rows), label, np.int32), *([] if masks is None else [masks]))


def truth(*rows: tuple[int, float, float, float], masks: np.ndarray | None = None) -> metrics.Truth:
    boxes = np.array([(x, y, size, size) for _, x, y, size in rows], float).reshape(-1, 4)
    return metrics.Truth(np.array([row[0] for row in rows], int), boxes, np.zeros(len(rows), int), masks)


def test_that_overlap_is_the_shared_part_of_both_boxes():
    assert iou(np.array([0, 0, 2, 2]), np.array([[0, 0, 2, 2], [1, 0, 2, 2], [5, 5, 2, 2]])).tolist() == [[1, 1 / 3, 0]]


def test_that_finding_all_and_nothing_else_is_perfect():
    there = truth((0, 10, 10, 8), (1, 30, 30, 8))
    matched = metrics.match(finds((0, 10, 10, 8, 0.9), (1, 30, 30, 8, 0.8)), there)
    assert metrics.average_precision(matched) == 1.0
    assert metrics.at_score(matched, 0.5) == (1.0, 1.0)


def test_that_a_second_find_of_the_same_is_a_false_one():
    there = truth((0, 10, 10, 8), (0, 40, 40, 8))
    matched = metrics.match(finds((0, 10, 10, 8, 0.9), (0, 10.5, 10, 8, 0.8), (0, 40, 40, 8, 0.7)), there)
    assert matched.right.tolist() == [True, False, True]
    assert metrics.average_precision(matched) == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert metrics.at_score(matched, 0.75) == (0.5, 0.5)


def test_that_a_find_in_another_image_or_of_another_class_is_false():
    there = truth((0, 10, 10, 8))
    assert not metrics.match(finds((1, 10, 10, 8, 0.9)), there).right.any()
    assert not metrics.match(finds((0, 10, 10, 8, 0.9), label=1), there).right.any()


def test_that_without_finds_or_without_truth_the_numbers_say_so():
    there = truth((0, 10, 10, 8))
    assert metrics.average_precision(metrics.match(nothing(), there)) == 0.0
    assert np.isnan(metrics.average_precision(metrics.match(finds((0, 1, 1, 3, 0.5)), truth())))
    assert np.isnan(metrics.at_score(metrics.match(nothing(), there), 0.5)[1])


def test_that_completeness_is_read_at_the_allowed_rate_of_false_finds():
    there = truth((0, 10, 10, 8), (0, 40, 40, 8))
    matched = metrics.match(finds((0, 10, 10, 8, 0.9), (0, 70, 70, 8, 0.8), (0, 40, 40, 8, 0.7)), there)
    assert metrics.completeness_at(matched, 0.0, 1.0) == 0.5
    assert metrics.completeness_at(matched, 1.0, 1.0) == 1.0
    assert metrics.completeness_at(matched, 1.0, 0.5) == 0.5


def test_that_masks_overlap_as_they_lie_on_the_sky():
    half = np.zeros((1, MASK_SIDE, MASK_SIDE), np.float32)
    half[:, : MASK_SIDE // 2] = 1
    there = truth((0, 20, 20, 20), masks=(255 * np.ones((1, MASK_SIDE, MASK_SIDE))).astype(np.uint8))
    found = finds((0, 20, 20, 20, 0.9), masks=half)
    assert metrics.mask_overlap(found, there, metrics.match(found, there)) == pytest.approx([0.5], abs=0.03)
    same = finds((0, 20, 20, 20, 0.9), masks=np.ones((1, MASK_SIDE, MASK_SIDE), np.float32))
    assert metrics.mask_overlap(same, there, metrics.match(same, there)) == pytest.approx([1.0])


def test_that_of_overlapping_finds_the_best_stays():
    kept = best(finds((0, 10, 10, 8, 0.5), (0, 11, 10, 8, 0.9), (0, 40, 40, 8, 0.3), (1, 10, 10, 8, 0.4)))
    assert kept.score.tolist() == pytest.approx([0.9, 0.3, 0.4])


@pytest.mark.parametrize("same", [0.2, 0.3, 0.5, 0.9])
def test_that_the_quick_search_for_neighbours_keeps_what_the_slow_one_keeps(same):
    random = np.random.default_rng(0)
    sizes = np.exp(random.uniform(np.log(3), np.log(400), (500, 2)))
    rows = [(0, *random.uniform(-50, 300, 2), 1, random.random()) for _ in sizes]
    many = replace(finds(*rows), image=random.integers(0, 2, 500), label=random.integers(0, 2, 500))
    many.boxes[:, 2:] = np.where(random.random((500, 1)) < 0.5, sizes, sizes[:, :1])
    shaken = many.boxes * random.uniform(0.9, 1.1, many.boxes.shape)
    many = replace(joined([many, many]), boxes=np.concatenate([many.boxes, shaken]).astype(np.float32))
    many.score[500:] = random.random(500)
    left, slow = list(np.argsort(-many.score, kind="stable")), []
    while left:
        first = left.pop(0)
        slow.append(first)
        alike = iou(many.boxes[first], many.boxes[left])[0] >= same
        alike &= (many.image[left] == many.image[first]) & (many.label[left] == many.label[first])
        left = [row for row, double in zip(left, alike, strict=True) if not double]
    assert sorted(best(many, same).score.tolist()) == sorted(many.score[slow].tolist())
    assert 400 < len(slow) < 1000


def test_that_one_huge_find_among_thousands_does_not_make_each_look_at_all():
    random = np.random.default_rng(1)
    rows = [(0, *random.uniform(0, 20000, 2), 30, random.random()) for _ in range(8000)]
    began = time.process_time()
    best(finds(*rows, (0, 10000, 10000, 20000, 0.99)))
    assert time.process_time() - began < 2  # 4 s when the largest box set the cells


def test_that_joining_keeps_masks_only_where_all_have_them():
    masked = finds((0, 1, 1, 2, 0.5), masks=np.ones((1, MASK_SIDE, MASK_SIDE), np.float32))
    assert len(joined([masked, nothing(), masked]).masks) == 2
    assert len(joined([masked, finds((0, 5, 5, 2, 0.5))]).masks) == 0
    assert len(joined([])) == 0


def test_that_an_outline_runs_round_the_mask_at_its_place():
    disc = (np.hypot(*(np.mgrid[:MASK_SIDE, :MASK_SIDE] - (MASK_SIDE - 1) / 2)) < 7).astype(np.float32)
    ring = outlines.outline(disc, np.array([100.0, 50.0, 56.0, 56.0]))
    assert np.allclose(np.hypot(ring[:, 0] - 100, ring[:, 1] - 50), 14, atol=1.6)
    assert outlines.outline(np.zeros((MASK_SIDE, MASK_SIDE)), np.array([0.0, 0.0, 5.0, 5.0])).shape == (0, 2)


def test_that_finds_become_regions_of_the_store():
    masks = np.ones((2, MASK_SIDE, MASK_SIDE), np.float32)
    made = outlines.regions(finds((0, 1, 2, 3, 0.2), (0, 9, 8, 7, 0.9), masks=masks), ("lens",), "VIS", (50, 60))
    assert [(one["x"], one["y"], one["w"], one["score"]) for one in made] == [
        (9, 8, 7, pytest.approx(0.9)),
        (1, 2, 3, pytest.approx(0.2)),
    ]
    assert made[0]["class_name"] == "lens"
    assert made[0]["band"] == "VIS"
    assert made[0]["more"]["shape"] == [50, 60]
    assert len(made[0]["more"]["points"]) > 4
