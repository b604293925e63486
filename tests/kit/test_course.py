"""A training's course: it ends with its epochs, its time or when nothing gets better, and leaves the best weights."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from astrolens_gui.api import Cancelled, Context, UserError
from astrolens_gui.kit import budget
from astrolens_gui.kit.course import ALL, EARLY, TIME, Course, step_size


class Variable:
    """As much of a Keras variable as is needed."""

    def __init__(self):
        self.value = np.zeros(2)

    @property
    def shape(self):
        return self.value.shape

    def __array__(self, dtype=None, copy=None):
        return self.value

    def assign(self, value):
        self.value = value


def how(**values):
    return SimpleNamespace(**{"epochs": 5, "minutes": 0.0, "patience": 2, "learning_rate": 1e-3, **values})


def course(losses=(), watched=True, ctx=None, **values):
    """A course of two steps an epoch whose validation losses are given, and its one variable, which counts epochs."""
    asked = how(**values)
    made, variable = Course(asked, 2, budget.Budget(asked.minutes), ctx or Context(), watched), Variable()

    def train(epoch):
        for _ in range(2):
            if made.stepped():
                made.tell(epoch, {"loss": 1.0})
            if made.out_of_time():
                break
        variable.value = np.full(2, epoch + 1.0)
        return {"loss": 1.0}

    return (
        made,
        variable,
        lambda: made.run(train, lambda epoch: {"val_loss": losses[epoch]} if losses else {}, [variable]),
    )


def test_that_all_epochs_are_run_and_the_best_weights_stay():
    made, variable, run = course((3.0, 1.0, 2.0, 1.5, 0.5), patience=9)
    run()
    assert (made.ended, made.steps, len(made.history)) == (ALL, 10, 5)
    assert variable.value.tolist() == [5, 5]
    assert made.report(precision="float32").used == {"precision": "float32"}


def test_that_it_stops_when_nothing_gets_better_and_goes_back():
    made, variable, run = course((3.0, 1.0, 2.0, 1.5, 0.5), patience=2)
    run()
    assert made.ended == EARLY
    assert len(made.history) == 4
    assert variable.value.tolist() == [2, 2]


def test_that_too_few_validation_images_stop_nothing():
    made, variable, run = course((3.0, 4.0, 5.0, 6.0, 7.0), watched=False)
    run()
    assert made.ended == ALL
    assert variable.value.tolist() == [5, 5]


def test_that_the_time_ends_it_and_the_report_says_how_far_it_came(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(budget, "clock", lambda: now[0])
    made, _, run = course((1.0,) * 5, minutes=1.0, patience=9)
    step = made.stepped

    def slow():
        now[0] += 25.0
        return step()

    monkeypatch.setattr(made, "stepped", slow)
    run()
    assert made.ended == TIME
    assert made.report(precision="x").used == {"precision": "x", "epochs": 2, "minutes": 0.0}


def test_that_time_is_kept_for_the_last_judgement(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(budget, "clock", lambda: now[0])
    made, _, _ = course(minutes=1.0)
    now[0] = 45.0
    assert not made.out_of_time()
    made.judging_s = 15.0
    assert made.out_of_time()


def test_that_a_loss_that_is_no_number_is_said_with_the_remedy():
    made, _, _ = course()
    with pytest.raises(UserError, match=r"epoch 1; lower learning_rate, which is 0\.001"):
        made.run(lambda _: {"loss": float("nan")}, lambda _: {}, [])


def test_that_cancelling_stops_it_at_the_next_step():
    made, _, run = course(ctx=Context(is_cancelled=lambda: True))
    with pytest.raises(Cancelled):
        run()
    assert made.steps == 1


def test_that_the_step_size_rises_and_falls_where_no_schedule_is_named():
    rates = [step_size(how(), share, 500, 1000) for share in (0.0, 0.5, 1.0)]
    assert rates[0] == pytest.approx(1e-3)
    assert rates[1] == pytest.approx(5e-4)
    assert rates[2] == pytest.approx(0.0)
    assert step_size(how(), 0.0, 0, 1000) < 2e-5
