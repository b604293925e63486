"""What detectors and restorers answer survives its journey as plain arrays; a set says what kind it is."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.api import MASK_SIDE, BackendSpec, Detections, InputSpec, Restored, TrainingSet


def found(masks: bool) -> Detections:
    count = 3
    return Detections(
        np.array([0, 0, 2], np.int32),
        np.arange(4 * count, dtype=np.float32).reshape(count, 4),
        np.array([0.9, 0.3, 0.5], np.float32),
        np.array([1, 0, 1], np.int32),
        *([np.ones((count, MASK_SIDE, MASK_SIDE), np.float32)] if masks else []),
    )


@pytest.mark.parametrize("masks", [True, False])
def test_that_detections_survive_as_arrays(masks):
    there = found(masks)
    back = Detections(**there.arrays())
    assert all(np.array_equal(back.arrays()[name], each) for name, each in there.arrays().items())


@pytest.mark.parametrize("masks", [True, False])
def test_that_detections_are_taken_by_row_with_their_masks(masks):
    some = found(masks).take(np.array([2, 0]))
    assert np.allclose(some.score, [0.5, 0.9])
    assert some.image.tolist() == [2, 0]
    assert len(some.masks) == (2 if masks else 0)


def test_that_restored_images_survive_as_arrays():
    there = Restored(
        *(np.full((1, *extra, 4, 4, 1), value, np.float32) for value, extra in ((1, ()), (2, ()), (3, (5,))))
    )
    assert Restored(**there.arrays()).draws.shape == (1, 5, 4, 4, 1)


@pytest.mark.parametrize(
    ("capabilities", "task"),
    [(("classify", "detect"), "classify"), (("detect",), "detect"), (("restore",), "restore/it"), (("simulate",), "")],
)
def test_that_models_compete_within_their_task(capabilities, task):
    assert BackendSpec("it", "It", capabilities, "a:B").task == task


def test_that_a_set_says_its_kind_and_has_what_belongs_to_it(tmp_path: Path):
    about = {"classes": [], "input": InputSpec(("VIS",), 0.1, 32, "noise").as_dict()}
    (tmp_path / "set.json").write_text(json.dumps(about))
    assert TrainingSet.open(tmp_path).kind == "classes"
    (tmp_path / "set.json").write_text(json.dumps({**about, "kind": "pairs"}))
    assert TrainingSet.open(tmp_path).kind == "pairs"
    assert TrainingSet.open(tmp_path).wanted is None
    np.save(tmp_path / "wanted.npy", np.zeros((2, 32, 32, 1), np.float32))
    assert TrainingSet.open(tmp_path).wanted.shape == (2, 32, 32, 1)
