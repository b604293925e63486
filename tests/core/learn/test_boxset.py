"""People's boxes as a training set: tiles, classes, what counts as background, and parts of an image that stay held out."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.api import Context, InputSpec
from astrolens_gui.core.learn import boxset
from astrolens_gui.core.learn.dataset import DatasetError
from astrolens_gui.core.restore.sweep import Flat

SPEC = InputSpec(("g", "r"), 0.1, 64, "noise")
SHAPE = (3000, 2100)


class Pixels:
    """A band whose value tells its row (0) or its column (1); nothing near the left edge."""

    shape = SHAPE

    def __init__(self, axis: int) -> None:
        self.axis = axis

    def read(self, y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
        places = np.mgrid[y0:y1, x0:x1].astype(np.float32)
        return np.where(places[1] < 5, np.nan, places[self.axis])


def region(x: float, y: float, name: str = "lens", **more) -> dict:
    return {"x": x, "y": y, "w": 20.0, "h": 12.0, "kind": "box", "class_name": name, "more": more}


def scene(*regions: dict, number: int = 1) -> boxset.Scene:
    sky = Flat(np.zeros(2, np.float32), np.ones(2, np.float32))
    return boxset.Scene(
        number, f"F{number}", f"F{number}", lambda: ([Pixels(0), Pixels(1)], sky), SHAPE, regions, (number,)
    )


def spread(count: int, name: str = "lens") -> list[dict]:
    random = np.random.default_rng(len(name))
    return [region(*random.uniform(2, (SHAPE[1] - 3, SHAPE[0] - 3)), name) for _ in range(count)]


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    scenes = [
        scene(*spread(40), *spread(12, "rejected"), *spread(9, "spiral"), number=number) for number in range(1, 5)
    ]
    return boxset.build(tmp_path_factory.mktemp("set"), scenes, SPEC, ("lens",), seed=1, ctx=Context())


def test_that_tiles_hold_the_images_pixels_and_boxes_their_places(built):
    images, boxes = np.asarray(built.set.images), np.asarray(built.set.boxes)
    assert (built.set.kind, built.set.classes, images.shape[1:]) == ("boxes", ("lens",), (64, 64, 2))
    assert np.isfinite(images).all()
    assert len(boxes) >= 2 * 4 * 40 * 0.95
    places = np.array([(one["x"], one["y"]) for one in spread(40)])
    for row, x, y, w, h, label in boxes.tolist():
        assert (w, h, label) == (20, 12, 0)
        seen = images[int(row), round(y), round(x)]  # row and column of the image, or nothing at its edges
        if seen[1] > 0:
            away = np.abs(places - (seen[1] + x - round(x), seen[0] + y - round(y))).max(axis=1)
            assert away.min() < 1e-2


def test_that_other_classes_and_rejected_finds_are_background_but_are_looked_at(built):
    marked = set(np.asarray(built.set.boxes)[:, 0].astype(int).tolist())
    empty = set(range(len(built.set.images))) - marked
    assert len(empty) > 4 * 12, "tiles round rejected finds have no box where no lens is near"


def test_that_a_part_of_the_image_is_held_out_as_a_whole_for_ever(tmp_path, built):
    split = np.load(built.set.folder / "split.npy")
    assert set(split.tolist()) == {0, 1, 2}
    assert 0.08 < (split == 2).mean() < 0.5
    block = {}
    for image in range(1, 5):
        one = scene(*spread(40), number=image)
        for (top, left), part in boxset._corners(one, 64, 1):
            at = (image, (top + 31) // boxset.BLOCK, (left + 31) // boxset.BLOCK)
            assert block.setdefault(at, part) == part
            assert top // boxset.BLOCK == (top + 63) // boxset.BLOCK or top + 64 > SHAPE[0]
    again = boxset.build(tmp_path, [scene(*spread(40))], SPEC, ("lens",), seed=1, ctx=Context())
    other = boxset.build(tmp_path / "b", [scene(*spread(40))], SPEC, ("lens",), seed=1, ctx=Context())
    assert again.hash == other.hash


def test_that_classes_are_those_of_the_detector_where_people_drew_them():
    many = [scene(*spread(20, "arc"), *spread(9), *spread(3, "ring"), *spread(30, "rejected"))]
    assert boxset.classes(many) == ("arc", "lens")
    assert boxset.classes(many, ("lens",)) == ("lens",)
    assert boxset.classes(many, ("ring",)) == ("arc", "lens"), "of the detector's class there are too few"
    assert boxset.classes([scene(*spread(3))]) == ()


def test_that_an_outline_becomes_the_mask_and_none_says_that_nobody_knows(tmp_path):
    half = [(90.0, 494.0), (100.0, 494.0), (100.0, 506.0), (90.0, 506.0)]
    scenes = [scene(region(100, 500, points=half), region(600, 500), number=number) for number in range(1, 9)]
    built = boxset.build(tmp_path, scenes, SPEC, ("lens",), seed=1, ctx=Context())
    masks = np.asarray(built.set.masks)
    drawn = masks[masks.any(axis=(1, 2))]
    assert 0 < len(drawn) < len(masks)
    assert drawn[0][:, :13].all()
    assert not drawn[0][:, 15:].any()


def test_that_too_little_is_said(tmp_path):
    with pytest.raises(DatasetError, match="needs 8 boxes of a class"):
        boxset.build(tmp_path, [scene(*spread(3))], SPEC, (), seed=1, ctx=Context())

    def gone():
        raise OSError("the file F1.fits is gone")

    lost = boxset.Scene(1, "F1", "F1", gone, SHAPE, spread(9))
    with pytest.raises(DatasetError, match=r"F1\.fits is gone"):
        boxset.build(tmp_path, [lost], SPEC, ("lens",), seed=1, ctx=Context())
