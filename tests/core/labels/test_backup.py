"""Backups are whole, daily and few, and the way back saves the labels that are newer."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from store_records import records

from astrolens_gui.core.labels import backup
from astrolens_gui.core.labels.store import Store, StoreError


def test_that_a_backup_is_a_complete_database(store: Store, tmp_path: Path) -> None:
    """On a server too: its backup is a SQLite file that opens as a project's database."""
    store.label(1, "A", grader="me", scheme="abcx", screen={"low": 0.5})
    store.add_model("m", backend="cnn", champion=True, metrics={"AUROC": 0.9})
    store.put_scores("m", [1], [2.0], [0.9], {"lens": [0.9]})
    path = store.backup(tmp_path / "copies")
    with Store(path) as copy:
        assert copy.labels() == store.labels()
        assert copy.events() == store.events()
        assert copy.objects() == store.objects()
        assert copy.models() == store.models()
        assert copy.scores()["logit"].tolist() == [2.0]
        assert copy.integrity() == []
    assert not list((tmp_path / "copies").glob("*.partial*"))


def test_that_one_backup_a_day_is_enough(store: Store) -> None:
    assert store.backup_daily() is not None
    assert store.backup_daily() is None


def test_that_ten_daily_backups_are_kept_and_every_migrations(opened: Callable[[], Store], tmp_path: Path) -> None:
    store = opened()
    for name in [f"labels-202501{day:02d}-000000-000000-daily.sqlite" for day in range(1, 15)] + [
        "labels-20240101-0-schema1.sqlite"
    ]:
        (tmp_path / "backups").mkdir(exist_ok=True)
        (tmp_path / "backups" / name).touch()
    store.backup()
    left = sorted(path.name for path in (tmp_path / "backups").iterdir())
    assert len(left) == 11
    assert left[0] == "labels-20240101-0-schema1.sqlite"
    assert left[1].startswith("labels-20250106")


def test_that_a_failing_daily_backup_is_a_notice_not_an_end(tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("in the way")
    with Store(tmp_path / "labels.sqlite") as store:
        store.add_objects(records(1))
        assert store.backup_daily() is None
        assert "backup could not be written" in store.notices[0]


def _damage(path: Path) -> None:
    """Overwrite the middle third of the file, as a bad disk would."""
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : 2 * third] = b"\xa5" * third
    path.write_bytes(content)


def test_that_a_damaged_database_is_restored(tmp_path: Path) -> None:
    path, backups = tmp_path / "labels.sqlite", tmp_path / "backups"
    with Store(path) as store:
        store.add_objects(records(300))
        store.label(1, "A", grader="me", scheme="abcx")
        store.backup()
    _damage(path)
    assert backup.problems(path) != []
    assert "was restored from labels-" in backup.restore_latest_backup(path, backups).done
    with Store(path) as store:
        assert store.integrity() == []
        assert store.counts() == {"A": 1}
    assert list(tmp_path.glob("labels.sqlite.damaged-*"))


def test_that_labels_newer_than_the_backup_are_saved_from_the_damaged_file(tmp_path: Path) -> None:
    path, backups = tmp_path / "labels.sqlite", tmp_path / "backups"
    with Store(path) as store:
        store.add_objects(records(3))
        store.label(1, "A", grader="me", scheme="abcx")
        store.backup()
        store.add_objects(records(5))
        store.label(2, "B", grader="me", scheme="abcx")
        store.label(5, "X", grader="me", scheme="abcx")
        store.undo("me")
    with sqlite3.connect(
        path
    ) as connection:  # an index that lies: SQLite calls the file malformed, the rows are all there
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute(
            "UPDATE sqlite_master SET rootpage = (SELECT rootpage FROM sqlite_master WHERE name='meta') "
            "WHERE name = 'events_retracted'"
        )
    connection.close()
    assert backup.problems(path) != []
    backup.restore_latest_backup(path, backups)
    with Store(path) as store:
        assert store.integrity() == []
        assert store.count() == 5
        assert [(row.object, row.grade) for row in store.labels()] == [(1, "A"), (2, "B")]
        assert store.redo("me").labels == (5,)


def test_that_a_damaged_backup_is_passed_over(tmp_path: Path) -> None:
    path, backups = tmp_path / "labels.sqlite", tmp_path / "backups"
    with Store(path) as store:
        store.add_objects(records(300))
        good = store.backup()
        bad = store.backup()
    _damage(bad)
    path.write_bytes(b"this is not a database" * 100)
    assert good.name in backup.restore_latest_backup(path, backups).done


def test_that_without_a_sound_backup_the_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "labels.sqlite"
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(StoreError, match="no sound backup"):
        backup.restore_latest_backup(path, tmp_path / "backups")
    assert path.read_bytes().startswith(b"this is not")
    with pytest.raises(StoreError, match=r"not a SQLite database; `astrolens doctor .* --repair`"):
        Store(path)


def test_that_many_labels_at_once_are_backed_up_at_most_hourly(tmp_path: Path) -> None:
    with Store(tmp_path / "labels.sqlite") as store:
        store.add_objects(records(3))
        for grade in "ABC":
            store.label_many([{"ID": "object0000", "grade": grade}], grader="me", scheme="abcx")
    made = sorted((tmp_path / "backups").glob("*-bulk.sqlite"))
    assert 1 <= len(made) <= 2  # two when the hour turned
    with Store(made[0]) as copy:
        assert copy.counts() == {"A": 1}
