"""A training that is broken off goes on after its last kept epoch, to the same end."""

from __future__ import annotations

import json
from contextlib import nullcontext

import numpy as np
import pytest
from test_course import Variable, how

from astrolens_gui.api import Context
from astrolens_gui.kit import budget, course, unfinished
from astrolens_gui.kit.course import EARLY, Course

LOSSES = (5.0, 3.0, 4.0, 2.0, 6.0, 6.0, 1.0)


@pytest.fixture(autouse=True)
def every_epoch(monkeypatch):
    """Kept after each, however quick they are."""
    monkeypatch.setattr(course, "KEEPING_SHARE", float("inf"))


class Killed(BaseException):
    """Nobody catches it, as nobody catches SIGKILL."""


def run(keep, break_in=None, **values):
    """(course, variable) of a training whose next epoch depends on the last one's variable; broken off within an epoch."""
    asked = how(**{"epochs": 6, "patience": 3, **values})
    made, variable = Course(asked, 2, budget.Budget(asked.minutes), Context(keep=keep), True), Variable()
    epochs = []

    def train(epoch):
        if epoch == break_in:
            raise Killed
        epochs.append(epoch)
        made.steps += 2
        variable.value = variable.value * 0.5 + epoch + 1
        return {"loss": 1.0}

    made.run(train, lambda epoch: {"val_loss": LOSSES[epoch]}, [variable], [variable])
    return made, variable, epochs


def test_that_it_goes_on_to_the_same_end(tmp_path):
    whole, expected, _ = run(None)
    with pytest.raises(Killed):
        run(tmp_path, break_in=3)
    made, variable, epochs = run(tmp_path)
    assert epochs == [3, 4, 5]
    np.testing.assert_array_equal(variable.value, expected.value)
    assert (made.history, made.steps, made.ended) == (whole.history, whole.steps, whole.ended)


def test_that_what_stopped_early_is_not_begun_again(tmp_path):
    first, expected, _ = run(tmp_path, epochs=7, patience=2)
    assert first.ended == EARLY
    again, variable, epochs = run(tmp_path, epochs=7, patience=2)
    assert epochs == []
    np.testing.assert_array_equal(variable.value, expected.value)
    assert again.report().stopped == EARLY


def test_that_time_used_before_it_was_broken_off_counts(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(budget, "clock", lambda: now[0])
    asked = how(minutes=1.0, epochs=1000)
    for begun, done in ((0.0, [0, 1]), (100.0, [2, 3, 4, 5])):
        now[0], epochs = begun, []
        made = Course(asked, 1, budget.Budget(asked.minutes), Context(keep=tmp_path), False)

        def train(epoch, made=made, epochs=epochs, begun=begun):
            if begun == 0.0 and epoch == 2:
                raise Killed
            epochs.append(epoch)
            now[0] += 10.5
            made.stepped()
            made.out_of_time()
            return {"loss": 1.0}

        with pytest.raises(Killed) if begun == 0.0 else nullcontext():
            made.run(train, lambda _: {}, [], [Variable()])
        assert epochs == done


@pytest.mark.parametrize("harm", ["cut", "other shape", "nonsense"])
def test_that_what_does_not_fit_is_begun_anew(tmp_path, harm):
    with pytest.raises(Killed):
        run(tmp_path, break_in=3)
    path = tmp_path / unfinished.FILE
    if harm == "cut":
        path.write_bytes(path.read_bytes()[:50])
    elif harm == "nonsense":
        path.write_bytes(b"nonsense")
    else:
        _, told = unfinished.read(tmp_path)
        unfinished.write(tmp_path, {"state/0": np.zeros(3)}, told)
    assert run(tmp_path)[2] == [0, 1, 2, 3, 4, 5]


def test_that_a_file_is_whole_or_the_one_before(tmp_path, monkeypatch):
    unfinished.write(tmp_path, {"state/0": np.arange(2.0)}, {"epoch": 1})

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(OSError, match="No space"):
        unfinished.write(tmp_path, {"state/0": np.arange(3.0)}, {"epoch": 2})
    arrays, told = unfinished.read(tmp_path)
    assert (arrays["state/0"].tolist(), told) == ([0.0, 1.0], {"epoch": 1})
    assert run(tmp_path, break_in=None)[2] == [0, 1, 2, 3, 4, 5], "a full disk ends no training"


def test_that_it_holds_numbers_json_has_no_word_for(tmp_path):
    unfinished.write(tmp_path, {}, {"best": float("inf")})
    assert unfinished.read(tmp_path)[1]["best"] == float("inf")
    assert json.dumps(unfinished.read(tmp_path)[1])
