"""Measurements and boxes: append-only like grades, undone in one line with them, derived from the history alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule
from store_records import records

from astrolens_gui.core.labels import together
from astrolens_gui.core.labels.marks import draw_on
from astrolens_gui.core.labels.store import BoxRow, Store, StoreError

BOX = {"x": 10.0, "y": 20.0, "w": 5.0, "h": 6.0}


def draw(store: Store, object_id: int = 1, grader: str = "me", **more: Any) -> str:
    return str(store.add_box(object_id, {**BOX, **more}, grader=grader).extra["boxes"][0])


def boxes(store: Store) -> dict[str, tuple[float, str]]:
    return {row.box: (row.x, row.class_name) for row in store.boxes()}


def test_that_a_measurement_stands_beside_grade_and_comment_until_it_is_cleared(store: Store) -> None:
    store.label(1, "A", grader="me", scheme="abcx")
    values = {"theta_E_arcsec": 1.25, "n_images": 4, "image_positions": [[10.5, -3.0], [10.6, -3.1]]}
    changes = store.measure(1, values, grader="me", origin="window")
    assert (changes.labels, changes.origin, changes.extra["kind"]) == ((1,), "window", "measure")
    assert store.measures(1, "me") == values
    assert store.measures(None, "me") == {1: values}
    assert [(row.object, row.grader, row.values) for row in store.measured()] == [(1, "me", values)]
    assert store.labels()[0].grade == "A"
    store.measure(1, {}, grader="me")
    assert (store.measures(1, "me"), store.measured()) == ({}, [])
    assert store.undo("me").message == "Undone: the measurement."
    assert store.measures(1, "me") == values
    assert store.integrity() == []


def test_that_odd_numbers_of_a_measurement_are_kept_as_json_can(store: Store) -> None:
    import numpy as np

    store.measure(1, {"theta_E_arcsec": np.float32(0.5), "centre": np.array([1.0, math.nan])}, grader="me")
    assert store.measures(1, "me") == {"theta_E_arcsec": 0.5, "centre": [1.0, None]}


def test_that_a_box_is_drawn_changed_removed_and_undone_over_restarts(
    store: Store, opened: Callable[[], Store]
) -> None:
    sky = {"ra": 150.0, "dec": 2.0, "w_arcsec": 1.0, "h_arcsec": 1.2, "pa_deg": 30.0, "angle": -3.0, "band": "VIS"}
    key = draw(store, **sky, note="an arc")
    [row] = store.boxes(1)
    assert (row.box, row.source, row.class_name, row.kind, row.event) == (key, "me", "lens", "box", 1)
    assert row.state == {**BOX, **sky, "class_name": "lens", "kind": "box", "note": "an arc"}
    store.change_box(key, {"x": 11.0, "class_name": "arc"}, grader="me")
    store = opened()
    assert boxes(store) == {key: (11.0, "arc")}
    assert store.boxes()[0].ra == 150.0
    store.remove_box(key, grader="me")
    assert boxes(store) == {}
    store = opened()
    assert store.undo("me").message == "Undone: the box."
    assert boxes(store) == {key: (11.0, "arc")}
    store.undo("me")
    assert boxes(store) == {key: (10.0, "lens")}
    store.undo("me")
    assert boxes(store) == {}
    store = opened()
    for _ in range(2):
        assert store.redo("me").extra["kind"] == "box"
    assert boxes(store) == {key: (11.0, "arc")}
    assert len(store.events()) == 8  # nothing was ever taken out of the history
    assert store.integrity() == []


def test_that_boxes_drawn_in_one_step_go_in_one_step(store: Store) -> None:
    keys = store.add_boxes(2, [BOX, {**BOX, "x": 50.0}], grader="me").extra["boxes"]
    store.remove_box(*keys, grader="me")
    assert boxes(store) == {}
    store.undo("me")
    assert sorted(boxes(store)) == sorted(keys)
    store.undo("me")
    assert boxes(store) == {}


def test_that_boxes_on_several_objects_are_one_undo(store: Store) -> None:
    with store.database.write() as connection:
        changes = draw_on(connection, {1: [BOX, BOX], 3: [BOX]}, grader="me")
    assert changes.labels == (1, 3)
    assert len(store.boxes()) == 3
    together.undo(store, "me")
    assert store.boxes() == []
    together.redo(store, "me")
    assert len(store.boxes()) == 3


def test_that_nobody_changes_anothers_box(store: Store) -> None:
    key = draw(store, grader="ana")
    with pytest.raises(StoreError, match="this box is ana's"):
        store.change_box(key, {"x": 1.0}, grader="bo")
    with pytest.raises(StoreError, match="this box is ana's"):
        store.remove_box(key, grader="bo")
    assert store.undo("bo").events == ()
    assert boxes(store) == {key: (10.0, "lens")}


@pytest.mark.parametrize("key", ["1.0", "99.0", "", "lens"])
def test_that_a_box_that_is_gone_is_said_to_be(store: Store, key: str) -> None:
    store.remove_box(draw(store), grader="me")
    with pytest.raises(StoreError, match="not there any more"):
        store.change_box(key, {"x": 1.0}, grader="me")


@pytest.mark.parametrize("wrong", [{"x": math.nan}, {"w": -1.0}, {"h": None}, {"class_name": " "}])
def test_that_a_box_without_place_size_or_class_is_refused(store: Store, wrong: dict[str, Any]) -> None:
    with pytest.raises(StoreError, match="a box needs"):
        store.add_box(1, {**BOX, **wrong}, grader="me")
    assert store.events() == []


def test_that_what_a_model_finds_and_what_a_person_draws_do_not_meet(store: Store) -> None:
    """Even where somebody is called like a model."""
    key = draw(store, grader="rcnn")
    store.put_boxes("rcnn", [BoxRow(1, "rcnn", "lens", 0.9, 1.0, 2.0, 3.0, 4.0)])
    store.put_boxes("rcnn", [BoxRow(1, "rcnn", "lens", 0.8, 1.0, 2.0, 3.0, 4.0)])
    assert [(row.box, row.score) for row in store.boxes()] == [("", 0.8), (key, None)]
    store.undo("rcnn")
    assert [row.score for row in store.boxes()] == [0.8]
    store.rebuild()
    assert [row.score for row in store.boxes()] == [0.8]


def test_that_derived_marks_are_rebuilt_from_the_history(store: Store) -> None:
    key = draw(store)
    store.measure(2, {"n_images": 2}, grader="me")
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE boxes SET x = 99 WHERE event_id IS NOT NULL")
        connection.exec_driver_sql("DELETE FROM measures")
    assert "current labels differ" in store.integrity()[0]
    store.rebuild()
    assert store.integrity() == []
    assert boxes(store) == {key: (10.0, "lens")}
    assert store.measures(2, "me") == {"n_images": 2}


class Editor(RuleBasedStateMachine):
    """The store against an editor with two stacks of whole states; restarts at any moment."""

    keys = Bundle("keys")

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.folder.name) / "labels.sqlite")
        self.store.add_objects(records(3))
        self.state: dict[str, dict[Any, Any]] = {"grades": {}, "measures": {}, "boxes": {}}
        self.done: list[Any] = []
        self.undone: list[Any] = []

    def teardown(self) -> None:
        assert self.store.integrity() == []
        self.store.close()
        self.folder.cleanup()

    def _did(self, kind: str, key: Any, value: Any) -> None:
        self.done.append(self.state)
        self.undone = []
        self.state = {**self.state, kind: {**self.state[kind], key: value}}
        if value is None:
            del self.state[kind][key]

    @rule(one=st.integers(1, 3), grade=st.sampled_from("ABC"))
    def grade(self, one: int, grade: str) -> None:
        self.store.label(one, grade, grader="me", scheme="abcx")
        self._did("grades", one, grade)

    @rule(one=st.integers(1, 3), theta=st.none() | st.floats(0.1, 3.0))
    def measure(self, one: int, theta: float | None) -> None:
        self.store.measure(one, {} if theta is None else {"theta_E_arcsec": theta}, grader="me")
        if theta is None and one not in self.state["measures"]:
            self._did_nothing()
        else:
            self._did("measures", one, theta)

    def _did_nothing(self) -> None:
        """An event that changes nothing is a step of its own all the same."""
        self.done.append(self.state)
        self.undone = []

    @rule(target=keys, one=st.integers(1, 3), x=st.floats(0, 100))
    def draw(self, one: int, x: float) -> str:
        key = draw(self.store, one, x=x)
        self._did("boxes", key, x)
        return key

    @rule(key=keys, x=st.floats(0, 100))
    def change(self, key: str, x: float) -> None:
        if key in self.state["boxes"]:
            self.store.change_box(key, {"x": x}, grader="me")
            self._did("boxes", key, x)
        else:
            with pytest.raises(StoreError):
                self.store.change_box(key, {"x": x}, grader="me")

    @rule(key=keys)
    def remove(self, key: str) -> None:
        if key in self.state["boxes"]:
            self.store.remove_box(key, grader="me")
            self._did("boxes", key, None)

    @rule()
    def undo(self) -> None:
        assert bool(self.store.undo("me").events) == bool(self.done)
        if self.done:
            self.undone.append(self.state)
            self.state = self.done.pop()

    @rule()
    def redo(self) -> None:
        assert bool(self.store.redo("me").events) == bool(self.undone)
        if self.undone:
            self.done.append(self.state)
            self.state = self.undone.pop()

    @rule(rebuild=st.booleans())
    def restart(self, rebuild: bool) -> None:
        if rebuild:
            self.store.rebuild()
        self.store.close()
        self.store = Store(Path(self.folder.name) / "labels.sqlite")

    @invariant()
    def what_stands_is_what_the_editor_has(self) -> None:
        assert {row.object: row.grade for row in self.store.labels("me")} == self.state["grades"]
        stands = {one: values["theta_E_arcsec"] for one, values in self.store.measures(None, "me").items()}
        assert stands == self.state["measures"]
        assert {row.box: row.x for row in self.store.boxes()} == self.state["boxes"]


TestEditor = Editor.TestCase
TestEditor.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
