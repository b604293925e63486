"""Objects, scores, boxes and models on both databases."""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from store_records import Record, records

from astrolens_gui.core.labels.store import BoxRow, Store, StoreError


def test_that_importing_twice_adds_nothing(store: Store) -> None:
    again = store.add_objects(records(5))
    assert again.objects == ()
    assert store.count() == 5


def test_that_what_json_stores_in_its_own_way_is_not_a_change(store: Store) -> None:
    """The reader gives tuples and numpy numbers, the database lists and plain ones."""
    planes = ({"path": "x.fits", "shape": (150, 150), "pixel_scale": np.float32(0.5)},)
    record = Record("x", planes=planes, meta={"not_shown": [("PSF", "a PSF")], "noise": math.nan})
    assert len(store.add_objects([record]).objects) == 1
    assert store.add_objects([record]).objects == ()


def test_that_a_changed_object_is_updated_in_place(store: Store) -> None:
    planes = ({"path": "object0001.fits", "hdu": 2, "band": "Y"},)
    changes = store.add_objects([Record("object0001", planes=planes, ra=10.5, dec=-3.25)])
    assert changes.objects == changes.extra["updated"] == (2,)
    [row] = store.objects([2])
    assert (row.planes, row.ra, row.dec, row.name) == (planes, 10.5, -3.25, "object0001")
    assert store.count() == 5


def test_that_one_import_may_name_an_object_twice(store: Store) -> None:
    changes = store.add_objects([Record("new", ra=1.0), Record("new", ra=2.0)])
    assert len(changes.objects) == 1
    assert store.objects(changes.objects)[0].ra == 2.0


def test_that_a_cancelled_import_keeps_what_is_done(store: Store) -> None:
    def broken() -> Iterator[Record]:
        yield Record("early")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        store.add_objects(broken())
    assert store.find("early") is not None


def test_that_odd_names_and_values_survive(store: Store) -> None:
    """Undecodable bytes of a file name, NUL, Unicode, NaN and numpy numbers: both databases take them."""
    name = b"na\xffme".decode("utf-8", "surrogateescape") + "é\0"
    store.add_objects([Record(name, meta={"noise": math.nan, "z": np.float32(0.5), "n": np.int64(3)})])
    found = store.find(name)
    assert found is not None
    assert found.name == "na\\udcffmeé"
    assert found.meta == {"noise": None, "z": 0.5, "n": 3, "key": "na\\udcffmeé.fits"}


def test_that_scores_come_back_in_full_precision_and_nan_stays_nan(store: Store) -> None:
    logit = np.array([0.1, np.nan, -12.345678901234567])
    store.put_scores("m", [3, 1, 2], logit, [0.5, np.nan, 1e-6], {"lens": [1.0, np.nan, 0.25]})
    scores = store.scores("m")
    assert scores["object"].tolist() == [1, 2, 3]
    np.testing.assert_array_equal(scores["logit"], [np.nan, -12.345678901234567, 0.1])
    np.testing.assert_array_equal(scores["lens"], [np.nan, 0.25, 1.0])


def test_that_new_scores_replace_the_models_own_only(store: Store) -> None:
    store.put_scores("a", [1, 2], [1.0, 2.0], [0.1, 0.2])
    store.put_scores("b", [1], [9.0], [0.9])
    store.put_scores("a", [2], [5.0], [0.5])
    assert store.scores("a")["logit"].tolist() == [1.0, 5.0]
    assert store.scores("b")["logit"].tolist() == [9.0]


def test_that_scores_of_unequal_length_are_refused(store: Store) -> None:
    with pytest.raises(StoreError, match="differ in length"):
        store.put_scores("a", [1, 2], [1.0], [0.1])
    assert store.scores("a")["object"].size == 0


def test_that_the_queue_table_joins_names_grades_and_the_champions_scores(store: Store) -> None:
    store.add_model("old", backend="cnn")
    store.add_model("best", backend="cnn", champion=True, metrics={"AUROC": 0.9})
    store.put_scores("best", [5, 2], [3.0, -1.0], [0.9, 0.2])
    store.label(2, "A", grader="me", scheme="abcx")
    store.label(3, "uncertain?", grader="me", scheme="abcx")
    store.label(1, "X", grader="somebody else", scheme="abcx")
    table = store.queue_table("me")
    assert table["object"].tolist() == [1, 2, 3, 4, 5]
    assert table["name"][4] == "object0004"
    assert table["grade"].tolist() == ["", "A", "uncertain?", "", ""]
    assert table["labelled"].tolist() == [False, True, True, False, False]
    np.testing.assert_array_equal(table["logit"], [np.nan, -1.0, np.nan, np.nan, 3.0])
    assert np.isnan(store.queue_table("me", "old")["score"]).all()


def test_that_an_empty_project_has_an_empty_queue(opened: Callable[[], Store]) -> None:
    table = opened().queue_table("me")
    assert table["object"].size == 0
    assert table["name"] == []


def test_that_each_task_has_a_champion_of_its_own(store: Store) -> None:
    store.add_model("lenses", backend="cnn", champion=True)
    assert not store.add_model("boxes", backend="rcnn", champion=True, task="detect").queue
    store.add_model("more boxes", backend="rcnn", champion=True, task="detect")
    assert [row.id for row in store.models() if row.champion] == ["lenses", "more boxes"]
    assert (store.champion().id, store.champion("detect").id) == ("lenses", "more boxes")  # type: ignore[union-attr]
    assert not store.set_champion("boxes").queue, "a detector ranks nothing"
    assert store.champion().id == "lenses"  # type: ignore[union-attr]
    store.set_champion(None, "detect")
    assert store.champion("detect") is None
    assert store.set_champion("lenses").queue


def test_that_there_is_one_champion_at_most(store: Store) -> None:
    assert store.champion() is None
    store.add_model("a", backend="cnn", champion=True)
    store.add_model("b", backend="cnn", champion=True, parent="a")
    assert [(row.id, row.champion) for row in store.models()] == [("a", False), ("b", True)]
    store.set_champion("a")
    assert getattr(store.champion(), "id", None) == "a"
    store.set_champion(None)
    assert store.champion() is None
    with pytest.raises(StoreError, match="no model 'c'"):
        store.set_champion("c")


def test_that_boxes_are_replaced_by_source_and_object(store: Store) -> None:
    first = BoxRow(1, "rcnn", "lens", 0.9, 10.0, 12.5, 30.0, 31.0, ra=10.0, dec=-3.0)
    store.put_boxes("rcnn", [first, BoxRow(2, "rcnn", "lens", 0.4, 1, 2, 3, 4)])
    store.put_boxes("me", [BoxRow(1, "me", "lens", None, 9, 9, 9, 9)])
    store.put_boxes("rcnn", [BoxRow(1, "rcnn", "lens", 0.8, 11, 12, 30, 31)], ids=[1, 2])
    assert [(box.object, box.source, box.x) for box in store.boxes()] == [(1, "me", 9.0), (1, "rcnn", 11.0)]
    assert store.boxes(source="rcnn")[0].score == 0.8
    with pytest.raises(StoreError):
        store.put_boxes("rcnn", [BoxRow(99, "rcnn", "lens", 0.8, 11, 12, 30, 31)])


def test_that_a_store_may_move_between_threads(store: Store) -> None:
    """It is opened by the main thread in tests and by the database lane in the program."""
    found: list[int] = []

    def work() -> None:
        store.label(1, "A", grader="me", scheme="abcx")
        found.append(store.count())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [5]
    assert store.counts("me") == {"A": 1}


def test_that_two_programs_may_have_one_project_open(address: str | Path) -> None:
    with Store(address) as window, Store(address) as terminal:
        window.add_objects(records(2))
        terminal.label(1, "A", grader="me", scheme="abcx")
        window.label(2, "B", grader="me", scheme="abcx")
        assert window.counts() == terminal.counts() == {"A": 1, "B": 1}


def test_that_history_cannot_be_rewritten(store: Store) -> None:
    store.label(1, "A", grader="me", scheme="abcx")
    for statement in ("UPDATE events SET grade = 'X'", "DELETE FROM events"):
        with pytest.raises(StoreError, match="append-only"), store.database.write() as connection:
            connection.exec_driver_sql(statement)
    assert store.counts() == {"A": 1}


def test_that_integrity_finds_a_label_that_differs_from_its_history(store: Store) -> None:
    store.label(1, "A", grader="me", scheme="abcx")
    assert store.integrity() == []
    with store.database.write() as connection:
        connection.exec_driver_sql("UPDATE current SET grade = 'X'")
    [problem] = store.integrity()
    assert "differ from their history" in problem
    store.rebuild()
    assert store.integrity() == []
    assert store.counts() == {"A": 1}


def test_that_sqlite_is_set_to_lose_nothing(tmp_path: Path) -> None:
    with Store(tmp_path / "labels.sqlite") as store, store.database.read() as connection:
        asked = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
    assert asked == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_that_a_checkpoint_leaves_one_complete_file(tmp_path: Path) -> None:
    with Store(tmp_path / "labels.sqlite") as store:
        store.add_objects(records(3))
        store.checkpoint()
        copy = tmp_path / "copy.sqlite"
        copy.write_bytes((tmp_path / "labels.sqlite").read_bytes())
    assert sqlite3.connect(copy).execute("SELECT count(*) FROM objects").fetchone() == (3,)
