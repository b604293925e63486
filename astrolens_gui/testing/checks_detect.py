"""What every detector must do, one small check each; see `checks`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from astrolens_gui.api import MASK_SIDE, Context, Detections, InputSpec, TrainingSet


def box_set(folder: Path, spec: InputSpec, count: int = 60, seed: int = 5) -> TrainingSet:
    """Images of sky with one to three bright rings each, their boxes and masks; a fifth is watched, a fifth held out."""
    folder.mkdir(parents=True, exist_ok=True)
    images, boxes, masks = fields(count, spec, seed)
    np.save(folder / "images.npy", images)
    np.save(folder / "boxes.npy", boxes)
    np.save(folder / "masks.npy", masks)
    np.save(folder / "weights.npy", np.ones(count, np.float32))
    np.save(folder / "split.npy", np.array([(0, 0, 0, 1, 2)[row % 5] for row in range(count)], np.int8))
    about = {"kind": "boxes", "classes": ["lens"], "input": spec.as_dict(), "seed": seed}
    (folder / "set.json").write_text(json.dumps(about), encoding="utf-8")
    return TrainingSet.open(folder)


def fields(count: int, spec: InputSpec, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(images float32 (N, s, s, bands), boxes (M, 6), masks uint8 (M, 28, 28))."""
    size, _, bands = spec.shape
    random = np.random.default_rng(seed)
    images = random.normal(0, 0.5, (count, size, size, bands)).astype(np.float32)
    y, x = np.mgrid[:size, :size]
    ring = np.hypot(*(np.mgrid[:MASK_SIDE, :MASK_SIDE] - (MASK_SIDE - 1) / 2)) / MASK_SIDE
    mask = np.where((ring > 0.18) & (ring < 0.42), 255, 0).astype(np.uint8)
    boxes, masks = [], []
    for row in range(count):
        places: list[np.ndarray] = []
        for _ in range(random.integers(1, 4)):
            place, radius = random.uniform(12, size - 12, 2), random.uniform(4, 7)
            if any(np.hypot(*(place - other)) < 22 for other in places):
                continue
            places.append(place)
            away = np.hypot(x - place[0], y - place[1])
            images[row] += (4 * np.exp(-0.5 * ((away - radius) / 1.5) ** 2))[..., None].astype(np.float32)
            boxes.append((row, *place, 3.2 * radius, 3.2 * radius, 0))
            masks.append(mask)
    return images, np.array(boxes, np.float32), np.array(masks, np.uint8)


def finds_have_the_right_shape(subject: Any) -> None:
    """detect: a `Detections` whose arrays fit each other, finite, by image and falling score; its input as it was."""
    subject.needs("detect")
    images = subject.images
    before = images.copy()
    found = subject.trained[0].detect(images, subject.context())
    assert isinstance(found, Detections), f"detect returned {type(found).__name__}, expected api.Detections"
    count = len(found.score)
    assert found.boxes.shape == (count, 4), f"detect returned boxes of shape {found.boxes.shape} for {count} scores"
    assert found.image.shape == found.label.shape == (count,), "image and label need one value for each score"
    assert len(found.masks) in (0, count), f"detect returned {len(found.masks)} masks for {count} finds"
    assert found.masks.shape[1:] == (MASK_SIDE, MASK_SIDE), f"masks are {MASK_SIDE} x {MASK_SIDE}"
    for name, array in found.arrays().items():
        assert np.isfinite(array).all(), f"{name} has values that are not finite"
    assert count, "nothing was found on images like those it was trained on"
    assert ((found.score >= 0) & (found.score <= 1)).all(), "scores lie in 0..1"
    assert ((found.image >= 0) & (found.image < len(images))).all(), "image is a row of the batch"
    for row in np.unique(found.image):
        assert (np.diff(found.score[found.image == row]) <= 1e-6).all(), "an image's finds come in falling score"
    assert (found.boxes[:, 2:] > 0).all(), "a box has a size"
    assert np.array_equal(before, images), "detect changed its input"


def finds_do_not_depend_on_the_batch(subject: Any) -> None:
    """N batches of one image find what one batch of N finds."""
    subject.needs("detect")
    backend, images = subject.trained[0], subject.images
    together = backend.detect(images, subject.context())
    for row in range(len(images)):
        alone = backend.detect(images[row : row + 1], subject.context())
        mine = np.flatnonzero(together.image == row)
        assert len(mine) == len(alone), f"image {row} alone has {len(alone)} finds, in the batch {len(mine)}"
        assert np.allclose(together.boxes[mine], alone.boxes, atol=0.05), f"image {row} alone has other boxes"
        assert np.allclose(together.score[mine], alone.score, atol=1e-3), f"image {row} alone has other scores"


def finds_depend_on_nothing_beyond_the_halo(subject: Any) -> None:
    """What lies farther from a find than the spec's halo does not change it: large images are looked at in tiles."""
    subject.needs("detect")
    halo, size = subject.spec.halo, subject.images.shape[1]
    wide = -(-(2 * halo + size + 64) // 16) * 16
    if wide > 1024:
        from .checks import Skip

        raise Skip(f"a halo of {halo} px needs images of {wide} px: test it beside the plugin")
    backend = subject.trained[0]
    image = np.zeros((1, wide, wide, subject.images.shape[3]), np.float32)
    middle = wide // 2 - size // 2
    image[0, middle : middle + size, middle : middle + size] = subject.images[0]
    changed = image.copy()
    far = np.abs(np.arange(wide) - wide // 2) > halo + size // 2 + 8
    changed[0, far] = 9.0
    changed[0, :, far] = 9.0
    kept = [_near(backend.detect(each, subject.context()), wide // 2, size / 2) for each in (image, changed)]
    assert len(kept[0]) == len(kept[1]), "pixels beyond the halo add or remove finds"
    assert np.allclose(kept[0].boxes, kept[1].boxes, atol=0.05), "pixels beyond the halo move boxes"
    assert np.allclose(kept[0].score, kept[1].score, atol=1e-3), "pixels beyond the halo change scores"


def _near(found: Detections, middle: float, reach: float) -> Detections:
    return found.take(np.flatnonzero((np.abs(found.boxes[:, :2] - middle) <= reach).all(axis=1)))


def images_of_any_size_are_taken(subject: Any) -> None:
    """detect takes other sizes than it was trained on, and an empty sky."""
    subject.needs("detect")
    backend, bands = subject.trained[0], subject.images.shape[3]
    for size in (32, 96, 208):
        found = backend.detect(np.zeros((1, size, size, bands), np.float32), Context())
        assert isinstance(found, Detections), f"detect failed on {size} px"


def a_saved_detector_finds_the_same(subject: Any) -> None:
    """save → load gives a detector that finds the same."""
    subject.needs("detect")
    again = subject.make()
    again.load(subject.saved)
    one, other = (each.detect(subject.images, subject.context()) for each in (subject.trained[0], again))
    assert len(one) == len(other), f"{len(one)} finds before saving, {len(other)} after loading"
    assert np.allclose(one.boxes, other.boxes, atol=0.05), "other boxes after loading"
    assert np.allclose(one.score, other.score, atol=1e-3), "other scores after loading"


CHECKS = (
    finds_have_the_right_shape,
    finds_do_not_depend_on_the_batch,
    finds_depend_on_nothing_beyond_the_halo,
    images_of_any_size_are_taken,
    a_saved_detector_finds_the_same,
)
