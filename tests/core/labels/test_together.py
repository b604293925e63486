"""Grades given together, on both databases: all or none, one undo, one redo; and the columns a queue is sorted by."""

from __future__ import annotations

import numpy as np
import pytest
from store_records import records

from astrolens_gui.core.labels import facts, marks, together
from astrolens_gui.core.labels.store import Store, StoreError


@pytest.fixture
def store(address):
    with Store(address) as made:
        made.add_objects(records(6))
        yield made


def rows(*ids):
    return [{"object_id": one, "seconds": 0.5, "why": "page", "screen": {"stretch": "asinh"}} for one in ids]


def grades(store):
    return {row.object: row.grade for row in store.labels("me")}


def test_that_one_undo_takes_a_page_back_and_one_redo_gives_it_again(store):
    store.label(2, "A", grader="me", scheme="abcx")
    together.label(store, rows(1, 2, 3), grader="me", scheme="abcx", grade="X")
    assert grades(store) == {1: "X", 2: "X", 3: "X"}
    changes = together.undo(store, "me")
    assert grades(store) == {2: "A"}
    assert changes.extra["grades"] == {1: "", 2: "A", 3: ""}
    assert "3 objects" in changes.message
    together.redo(store, "me")
    assert grades(store) == {1: "X", 2: "X", 3: "X"}
    together.undo(store, "me")
    assert grades(store) == {2: "A"}
    assert together.undo(store, "me").extra["object"] == 2
    assert grades(store) == {}
    assert "nothing to undo" in together.undo(store, "me").message


def test_that_a_step_of_any_size_is_undone_and_redone_whole(address):
    with Store(address) as store:
        store.add_objects(records(2500))
        store.label(7, "A", grader="me", scheme="abcx")
        with store.database.write() as connection:
            drawn = {one: [{"x": 1, "y": 1, "w": 2, "h": 2}] for one in range(1, 2501)}
            marks.draw_on(connection, drawn, grader="me", origin="regions")
        together.label(store, rows(*range(1, 2501)), grader="me", scheme="abcx", grade="X")
        assert together.undo(store, "me").extra["grades"] == {**dict.fromkeys(range(1, 2501), ""), 7: "A"}
        assert len(store.boxes()) == 2500
        assert "2500 objects" in together.undo(store, "me").message
        assert store.boxes() == []
        together.redo(store, "me")
        assert len(store.boxes()) == 2500
        together.redo(store, "me")
        assert len(grades(store)) == 2500


def test_that_single_grades_and_pages_are_undone_in_their_order(store):
    together.label(store, rows(1, 2), grader="me", scheme="abcx", grade="X")
    together.label(store, rows(3, 4), grader="me", scheme="abcx", grade="X")
    store.label(2, "B", grader="me", scheme="abcx")
    for left in ({1: "X", 2: "X", 3: "X", 4: "X"}, {1: "X", 2: "X"}, {}):
        together.undo(store, "me")
        assert grades(store) == left
    for there in ({1: "X", 2: "X"}, {1: "X", 2: "X", 3: "X", 4: "X"}, {1: "X", 2: "B", 3: "X", 4: "X"}):
        together.redo(store, "me")
        assert grades(store) == there


def test_that_another_graders_page_is_left_alone(store):
    together.label(store, rows(1, 2), grader="me", scheme="abcx", grade="X")
    together.label(store, rows(1, 2, 3), grader="you", scheme="abcx", grade="A")
    together.undo(store, "me")
    assert {(row.grader, row.object) for row in store.labels()} == {("you", 1), ("you", 2), ("you", 3)}


def test_that_a_page_with_an_unknown_object_grades_nobody(store):
    with pytest.raises(StoreError, match="no object number 99"):
        together.label(store, rows(1, 99), grader="me", scheme="abcx", grade="X")
    assert grades(store) == {}


def test_that_the_history_and_what_follows_from_it_agree(store):
    together.label(store, rows(1, 2, 3), grader="me", scheme="abcx", grade="X")
    together.undo(store, "me")
    assert store.integrity() == []
    event = store.events()[0]
    assert (event.seconds, event.why, event.screen) == (0.5, "page", {"stretch": "asinh"})


def test_that_disagreement_is_the_spread_of_the_others_places(store):
    for grader, object_id, grade in (
        ("you", 1, "A"),
        ("she", 1, "X"),
        ("you", 2, "B"),
        ("me", 3, "C"),
        ("you", 4, "?"),
    ):
        store.label(object_id, grade, grader=grader, scheme="abcx")
    with store.database.read() as connection:
        found = facts.others(connection, "me", {"A": 0, "B": 1, "C": 2, "X": 3})
    assert found["object"].tolist() == [1, 2]
    assert found["low"].tolist() == [0, 1]
    assert found["high"].tolist() == [3, 1]


def test_that_numbers_are_numbers_and_what_is_missing_is_nan():
    assert facts.as_column([1, "2.5", None, True]).tolist()[:2] == [1, 2.5]
    assert np.isnan(facts.as_column([1, None])[1])
    assert facts.as_column(["a", None, 3]).tolist() == ["a", "", "3"]
    assert facts.plain({"z": 0.5, "not_shown": [["a", "b"]], "table": {"z": 1, "mag": 21.5}}) == {
        "z": 0.5,
        "table.z": 1,
        "mag": 21.5,
    }


def test_that_the_columns_of_objects_are_found_and_read(store):
    with store.database.read() as connection:
        assert {"ra", "dec", "pixel_scale"} <= set(facts.names(connection))
        ids, values = facts.column(connection, "pixel_scale")
    assert ids.tolist() == [1, 2, 3, 4, 5, 6]
    assert values.dtype == np.float64
