"""Label events, undo and redo: from the rows alone, on both databases, over restarts."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from store_records import Record, records

from astrolens_gui.core.labels.store import Store, StoreError


def grade(store: Store, object_id: int, value: str, grader: str = "me", **more: str) -> int:
    return store.label(object_id, value, grader=grader, scheme="abcx", **more).extra["event"]


def grades(store: Store, grader: str = "me") -> dict[int, str]:
    return {row.object: row.grade for row in store.labels(grader)}


def test_that_undo_after_restart_retracts_the_last_label(store: Store, opened: Callable[[], Store]) -> None:
    grade(store, 1, "A")
    last = grade(store, 2, "B")
    store = opened()
    changes = store.undo("me", origin="window")
    assert (changes.labels, changes.origin, changes.extra["retracted"], changes.extra["object"]) == (
        (2,),
        "window",
        last,
        2,
    )
    assert grades(store) == {1: "A"}
    store = opened()
    assert store.undo("me").labels == (1,)
    assert grades(store) == {}


def test_that_undo_of_a_second_grade_brings_back_the_first(store: Store) -> None:
    grade(store, 1, "A")
    grade(store, 1, "X")
    store.undo("me")
    assert grades(store) == {1: "A"}


def test_that_redo_walks_forward_over_restarts(store: Store, opened: Callable[[], Store]) -> None:
    for object_id, value in ((1, "A"), (2, "B"), (3, "C")):
        grade(store, object_id, value)
    for _ in range(3):
        store.undo("me")
    store = opened()
    assert store.redo("me").labels == (1,)
    store = opened()
    assert [store.redo("me").labels, store.redo("me").labels] == [(2,), (3,)]
    assert grades(store) == {1: "A", 2: "B", 3: "C"}
    nothing = store.redo("me")
    assert nothing.events == ()
    assert nothing.message == "There is nothing to redo."


def test_that_a_new_grade_ends_redo(store: Store) -> None:
    grade(store, 1, "A")
    store.undo("me")
    grade(store, 2, "B")
    assert store.redo("me").events == ()
    assert grades(store) == {2: "B"}


def test_that_undo_with_nothing_left_writes_no_event(store: Store) -> None:
    assert store.undo("me").message == "There is nothing to undo."
    assert store.events() == []


def test_that_two_graders_do_not_undo_each_other(store: Store) -> None:
    grade(store, 1, "A", "ana")
    grade(store, 1, "X", "bo")
    store.undo("ana")
    assert store.undo("ana").events == ()
    assert (grades(store, "ana"), grades(store, "bo")) == ({}, {1: "X"})
    grade(store, 2, "B", "bo")
    assert store.redo("ana").labels == (1,)
    assert grades(store, "ana") == {1: "A"}


def test_that_any_walk_of_undo_and_redo_gives_what_an_editor_would(store: Store, opened: Callable[[], Store]) -> None:
    """Against the textbook's two stacks, which the store does not have: 200 seeded steps, with restarts in between."""
    rng = random.Random(7)
    done: list[tuple[int, str]] = []
    undone: list[tuple[int, str]] = []
    for step in range(200):
        action = rng.choice(["grade", "grade", "undo", "undo", "redo", "restart" if step % 5 == 0 else "redo"])
        if action == "grade":
            mark = (rng.randint(1, 5), rng.choice("ABCX"))
            grade(store, *mark)
            done, undone = [*done, mark], []
        elif action == "undo":
            assert bool(store.undo("me").events) == bool(done)
            undone += [done.pop()] if done else []
        elif action == "redo":
            assert bool(store.redo("me").events) == bool(undone)
            done += [undone.pop()] if undone else []
        else:
            store = opened()
        assert grades(store) == dict(done)
    assert store.integrity() == []


def test_that_a_subtype_applies_to_the_object_just_graded(store: Store) -> None:
    grade(store, 1, "X")
    grade(store, 1, "X", subtype="spiral")
    [row] = store.labels()
    assert (row.grade, row.subtype) == ("X", "spiral")
    store.undo("me")
    assert (store.labels()[0].grade, store.labels()[0].subtype) == ("X", "")


def test_that_a_grade_outside_the_scheme_is_kept_and_shown(store: Store) -> None:
    grade(store, 1, "maybe an arc?")
    assert store.counts() == {"maybe an arc?": 1}
    assert store.queue_table("me")["grade"][0] == "maybe an arc?"


def test_that_a_comment_stands_with_and_without_a_grade(store: Store) -> None:
    store.comment(1, "arc to the north", grader="me")
    assert store.labels() == []
    assert [(row.grade, row.comment) for row in store.labels(graded=False)] == [("", "arc to the north")]
    grade(store, 1, "A")
    row = store.label_of(1, "me")
    assert row is not None
    assert (row.grade, row.comment) == ("A", "arc to the north")
    store.comment(1, "", grader="me")
    assert store.labels()[0].comment == ""
    store.undo("me")
    assert store.labels()[0].comment == "arc to the north"


def test_that_an_event_says_all_it_was_told(store: Store) -> None:
    screen = {"stretch": "asinh", "low": -0.5}
    store.label(
        4, "B", grader="Zoë", scheme="abcx", subtype="ring", comment="π", seconds=1.25, why="uncertain", screen=screen
    )
    store.record("order", "random", grader="Zoë", why="first queue")
    event, order = store.events()
    assert (event.kind, event.object, event.grader, event.scheme, event.grade, event.subtype) == (
        "grade",
        4,
        "Zoë",
        "abcx",
        "B",
        "ring",
    )
    assert (event.comment, event.seconds, event.why, event.screen) == ("π", 1.25, "uncertain", screen)
    assert event.time.endswith("Z")
    assert (order.kind, order.object, order.screen) == ("order", None, None)
    assert store.undo("Zoë").extra["retracted"] == event.id


@pytest.mark.parametrize(
    ("object_id", "value", "grader", "sentence"),
    [(99, "A", "me", "no object number 99"), (1, " ", "me", "needs a grade"), (1, "A", "", "name of its grader")],
)
def test_that_a_wrong_label_is_refused_in_a_sentence(
    store: Store, object_id: int, value: str, grader: str, sentence: str
) -> None:
    with pytest.raises(StoreError, match=sentence):
        grade(store, object_id, value, grader)
    assert store.events() == []


def test_that_grades_outside_the_scheme_are_kept_and_counted(store: Store) -> None:
    rows = [{"ID": f"object{at:04d}", "grade": grade} for at, grade in enumerate(["A", "7", "7", "lens", "X"])]
    rows.append({"ID": "object0000", "grade": "3", "scheme": "0-3"})
    changes = store.label_many(rows, grader="me", scheme="abcx", grades=("A", "B", "C", "X"))
    assert changes.extra["outside"] == {"7": 2, "lens": 1}
    assert store.counts() == {"3": 1, "7": 2, "lens": 1, "X": 1}


def test_that_a_table_of_labels_goes_in_at_once(store: Store) -> None:
    rows = [
        {"ID": "object0000", "grade": "A", "grader": "bo", "time": "2026-01-02T03:04:05Z", "comment": "old"},
        {"ID": "object0001", "grade": "B"},
        {"ID": "object0001", "grade": "C"},
        {"ID": "object0002", "grade": ""},
        {"ID": "who?", "grade": "A"},
    ]
    changes = store.label_many(rows, grader="me", scheme="abcx")
    assert changes.labels == (1, 2)
    assert {name: changes.extra[name] for name in ("unknown", "ungraded", "outside", "unchanged")} == {
        "unknown": ["who?"],
        "ungraded": 1,
        "outside": {},
        "unchanged": 0,
    }
    assert [(row.object, row.grader, row.grade) for row in store.labels()] == [(1, "bo", "A"), (2, "me", "C")]
    assert store.labels("bo")[0].time == "2026-01-02T03:04:05.000Z"


def test_that_a_long_table_of_labels_is_derived_as_a_short_one(store: Store) -> None:
    """Above a few hundred labels `current` is derived for the whole grader: the former labels and other graders stay right."""
    store.add_objects(records(400))
    grade(store, 1, "X")
    grade(store, 2, "X", "bo")
    store.label_many([{"ID": f"object{at:04d}", "grade": "A"} for at in range(5, 400)], grader="me", scheme="abcx")
    assert store.counts("me") == {"A": 395, "X": 1}
    assert store.counts("bo") == {"X": 1}
    assert store.integrity() == []


def test_that_the_same_table_again_adds_nothing(store: Store) -> None:
    rows = [
        {"ID": "object0000", "grade": "A", "comment": "ring?"},
        {"ID": "object0001", "grade": "B"},
        {"ID": "object0001", "grade": "C", "subtype": "ring"},
        {"ID": "object0002", "grade": "A", "grader": "bo"},
    ]
    assert len(store.label_many(rows, grader="me", scheme="abcx").events) == 4
    again = store.label_many(rows, grader="me", scheme="abcx")
    assert (again.events, again.labels, again.extra["unchanged"]) == ((), (), 4)
    rows[0]["comment"], rows[1]["grade"] = "a ring", "X"
    rows[3]["grade"] = "B"
    third = store.label_many(rows, grader="me", scheme="abcx")
    assert (third.labels, third.extra["unchanged"]) == ((1, 3), 2)
    store.undo("bo")
    assert [(row.object, row.grade, row.comment) for row in store.labels()] == [
        (1, "A", "a ring"),
        (2, "C", ""),
        (3, "A", ""),
    ]
    assert len(store.label_many(rows[:3], grader="somebody else", scheme="abcx").events) == 3


def test_that_a_large_table_again_adds_nothing(store: Store) -> None:
    store.add_objects(records(300))
    rows = [{"ID": f"object{at:04d}", "grade": "A"} for at in range(300)]
    assert len(store.label_many(rows, grader="me", scheme="abcx").events) == 300
    assert store.label_many(rows, grader="me", scheme="abcx").extra["unchanged"] == 300


def test_that_a_time_that_is_none_never_enters_the_history(store: Store) -> None:
    rows = [{"ID": "object0000", "grade": "A"}, {"ID": "object0001", "grade": "A", "time": "yesterday"}]
    with pytest.raises(StoreError, match="the time 'yesterday' is not ISO 8601"):
        store.label_many(rows, grader="me", scheme="abcx")
    assert store.events() == []
    store.label_many([{**rows[0], "time": "2026-01-02T03:04:05+02:00"}], grader="me", scheme="abcx")
    assert store.events()[0].time == "2026-01-02T01:04:05.000Z"


def test_that_an_id_of_several_objects_is_told_from_one_of_none(store: Store) -> None:
    store.add_objects(
        [
            Record(f"{survey}/G26.1.fits.gz", planes=({"path": f"{survey}/G26.1.fits.gz", "hdu": 0},))
            for survey in ("kids", "sdss")
        ]
    )
    changes = store.label_many([{"ID": "G26.1", "grade": "A"}, {"ID": "G26", "grade": "A"}], grader="me", scheme="abcx")
    assert changes.extra["unknown"] == ["G26.1", "G26"]
    assert changes.extra["ambiguous"] == {"G26.1": ["kids/G26.1.fits.gz", "sdss/G26.1.fits.gz"]}
