"""Out of memory turned into a smaller batch, with a device that is full at a known size."""

from __future__ import annotations

import numpy as np
import pytest

from astrolens_gui.jobs.batches import Halving


class SmallDevice:
    """Doubles what it gets, up to so many rows at once."""

    def __init__(self, room: int, error: type[Exception]) -> None:
        self.room, self.error, self.sizes = room, error, []

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        self.sizes.append(len(rows))
        if len(rows) > self.room:
            raise self.error("OOM when allocating tensor")
        return rows * 2


FULL = type("ResourceExhaustedError", (Exception,), {})


@pytest.mark.parametrize("error", [MemoryError, FULL])
@pytest.mark.parametrize(("rows", "size", "room"), [(100, 64, 10), (100, 1000, 33), (7, 4, 1), (64, 64, 64), (1, 8, 1)])
def test_that_a_full_device_gets_smaller_batches_and_every_row_its_answer_in_order(error, rows, size, room):
    device = SmallDevice(room, error)
    work = Halving(device, size)
    batch = np.arange(rows * 3.0).reshape(rows, 3)
    np.testing.assert_array_equal(work(batch), batch * 2)
    assert work.size <= max(room, size)
    tries = len(device.sizes)
    work(batch)
    assert max(device.sizes[tries:]) <= room  # what did not fit is not tried again


def test_that_a_row_that_does_not_fit_alone_is_an_error_that_says_so():
    with pytest.raises(MemoryError, match="even a batch of 1 does not fit into memory; use smaller cutouts"):
        Halving(SmallDevice(0, FULL), 16)(np.zeros((5, 2)))


def test_that_other_errors_pass_untouched_and_without_another_try():
    device = SmallDevice(2, KeyError)
    with pytest.raises(KeyError):
        Halving(device, 8)(np.zeros((8, 2)))
    assert device.sizes == [8]


def test_that_an_empty_batch_is_answered_by_the_work_itself():
    assert Halving(lambda rows: np.zeros((len(rows), 2)), 8)(np.zeros((0, 5))).shape == (0, 2)
