"""The checks of detectors pass on a sound one and name what is wrong with each of several broken ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from astrolens_gui.api import Context, Detections
from astrolens_gui.testing import check
from astrolens_gui.testing.toy_detect import SPEC, Blobs

MODULE = "astrolens_gui.testing.toy_detect"


class Shuffled(Blobs):
    """Finds in no order."""

    def detect(self, batch: np.ndarray, ctx: Context) -> Detections:
        found = super().detect(batch, ctx)
        return found.take(np.random.default_rng(0).permutation(len(found)))


class Greedy(Blobs):
    """Scales each image by the whole batch."""

    def detect(self, batch: np.ndarray, ctx: Context) -> Detections:
        return super().detect(batch / (1 + np.abs(batch).max(axis=0).mean()), ctx)


class Wide(Blobs):
    """Looks at the whole image."""

    def detect(self, batch: np.ndarray, ctx: Context) -> Detections:
        return super().detect(batch / (1 + batch.mean(axis=(1, 2, 3), keepdims=True)), ctx)


class Tight(Blobs):
    """Takes images of one size only."""

    def detect(self, batch: np.ndarray, ctx: Context) -> Detections:
        if len(batch) and batch.shape[1] == 96:
            raise ValueError("96 px do not fit")
        return super().detect(batch, ctx)


class Forgetful(Blobs):
    """Forgets its threshold when it is saved."""

    def save(self, folder) -> None:
        self.learnt = self.learnt * np.array([3, 1, 1], np.float32)
        super().save(folder)
        self.learnt = self.learnt / np.array([3, 1, 1], np.float32)


def states(tmp_path, factory: str = "") -> dict[str, tuple[str, str]]:
    spec = replace(SPEC, factory=f"{__name__}:{factory}") if factory else SPEC
    return {one.name: (one.state, one.detail) for one in check(spec, MODULE, tmp_path)}


def test_that_the_toy_detector_passes(tmp_path):
    assert [name for name, (state, _) in states(tmp_path).items() if state == "failed"] == []


@pytest.mark.parametrize(
    ("factory", "failing", "says"),
    [
        ("Shuffled", "finds_have_the_right_shape", "falling score"),
        ("Greedy", "finds_do_not_depend_on_the_batch", "image 0 alone"),
        ("Wide", "finds_depend_on_nothing_beyond_the_halo", "beyond the halo"),
        ("Tight", "images_of_any_size_are_taken", "96 px"),
        ("Forgetful", "a_saved_detector_finds_the_same", "after loading"),
    ],
)
def test_that_a_broken_detector_is_told_what_is_wrong(tmp_path, factory, failing, says):
    state, detail = states(tmp_path, factory)[failing]
    assert state == "failed"
    assert says in detail
