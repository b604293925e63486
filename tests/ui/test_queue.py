"""The queue's model: order, filter, grades in place, hidden scores; fast at a million objects."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest

from astrolens_gui.ui.models.queue import GRADE, NAME, SCORE, QueueModel


def table(ids, grades=None, scores=None, strategy="top"):
    count = len(ids)
    return SimpleNamespace(
        object=np.array(ids, dtype=np.int64),
        name=[f"J{one:05d}" for one in ids],
        grade=grades or [""] * count,
        score=np.full(count, np.nan) if scores is None else np.array(scores),
        strategy=strategy,
    )


@pytest.fixture
def model(qapp):
    made = QueueModel()
    made.set_table(table([30, 10, 20, 40], ["", "A", "", ""], [0.9, 0.8, np.nan, 0.1]))
    return made


def shown(model, row):
    return [model.index(row, column).data() for column in (NAME, GRADE, SCORE)]


def test_that_rows_stand_in_the_order_of_the_table(model):
    assert [model.object_at(row) for row in range(model.rowCount())] == [30, 10, 20, 40]
    assert [model.row_of(one) for one in (30, 10, 20, 40, 99)] == [0, 1, 2, 3, -1]
    assert [model.rank_of(one) for one in (30, 40, 99)] == [1, 4, 0]


def test_that_scores_are_hidden_until_graded(model):
    assert shown(model, 0) == ["J00030", "·", "•••"]
    assert shown(model, 1) == ["J00010", "A", "0.800"]
    assert shown(model, 2) == ["J00020", "·", "—"]
    model.set_blind(False)
    assert shown(model, 0)[2] == "0.900"


def test_that_a_grade_changes_one_row_and_moves_none(model, qtbot):
    with qtbot.waitSignal(model.dataChanged) as changed, qtbot.assertNotEmitted(model.modelReset):
        model.set_grade(20, "X")
    assert (changed.args[0].row(), changed.args[1].row()) == (2, 2)
    assert shown(model, 2)[1] == "X"
    assert model.progress() == (2, 4)


def test_that_the_next_ungraded_goes_round_the_end(model):
    assert model.next_ungraded(-1) == 0
    assert model.next_ungraded(0) == 2
    assert model.next_ungraded(3) == 0
    for one in (30, 20, 40):
        model.set_grade(one, "X")
    assert model.next_ungraded(0) == -1


def test_that_a_filter_narrows_the_rows_and_not_the_ranks(model):
    model.set_filter("0002")
    assert [model.object_at(row) for row in range(model.rowCount())] == [20]
    assert model.rank_of(20) == 3
    assert model.row_of(30) == -1
    assert model.progress() == (1, 4)
    model.set_grade(30, "B")  # filtered out, and kept all the same
    model.set_filter("")
    assert model.grade_of(30) == "B"


def test_that_many_objects_are_told_at_once_as_one_by_one(model):
    ids = np.array([5, 10, 20, 30, 99])
    model.set_filter("J0001")
    model.set_grade(30, "B")
    codes, levels, listed = model.grades_of(ids)
    assert [levels[code] for code in codes] == [model.grade_of(int(one)) for one in ids] == ["", "A", "", "B", ""]
    assert listed.tolist() == [model.row_of(int(one)) >= 0 for one in ids] == [False, True, False, False, False]
    model.clear()
    assert not model.grades_of(ids)[2].any()


def test_that_a_refresh_takes_grades_and_scores_and_keeps_the_rows(model):
    model.refresh(table([10, 20, 30, 40], ["B", "", "", "X"], [0.1, 0.2, 0.3, 0.4]))
    assert [model.object_at(row) for row in range(4)] == [30, 10, 20, 40]
    assert [model.grade_of(one) for one in (10, 20, 30, 40)] == ["B", "", "", "X"]
    assert model.score_of(30) == 0.3


def test_that_a_refresh_with_another_object_is_a_new_order(model):
    model.refresh(table([10, 50]))
    assert [model.object_at(row) for row in range(model.rowCount())] == [10, 50]


def test_that_a_million_objects_answer_at_once(qapp):
    count = 1_000_000
    ids = np.random.default_rng(1).permutation(count) + 1
    model = QueueModel()
    model.set_table(
        SimpleNamespace(object=ids, name=["x"] * count, grade=[""] * count, score=np.zeros(count), strategy="top")
    )
    begin = time.perf_counter()
    for row in range(20):
        model.set_grade(model.object_at(row), "A")
        model.row_of(int(ids[row]))
        assert model.next_ungraded(row) == row + 1
    per_grade_s = (time.perf_counter() - begin) / 20
    assert per_grade_s < 0.05
