"""A damaged database gives up all that can be read of it, and what can't be read is said."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from store_records import records
from test_migrate import make_version_1, make_version_3

from astrolens_gui.core.labels import backup
from astrolens_gui.core.labels.store import Store
from astrolens_gui.core.project import Project


@pytest.fixture
def day(tmp_path: Path) -> Path:
    """A project's morning is backed up, its day is not: a grade, three hundred more labels, a champion and a score."""
    path = tmp_path / "labels.sqlite"
    with Store(path) as store:
        store.add_objects(records(3))
        store.label(1, "A", grader="me", scheme="abcx")
        store.backup()
        store.add_objects(records(400))
        for id in range(2, 302):
            store.label(id, "B", grader="me", scheme="abcx", comment="an arc to the north, faint")
        store.add_model("m", backend="cnn", champion=True)
        store.put_scores("m", [1], [2.0], [0.9])
    return path


def _overwrite(path: Path, start: int, count: int) -> None:
    with open(path, "r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * count)


@pytest.mark.parametrize("count", [22, 100, 4096], ids=["22 bytes", "the header", "the first page"])
def test_that_a_day_behind_a_lost_header_comes_back(day: Path, count: int) -> None:
    _overwrite(day, 0, count)
    said = backup.restore_latest_backup(day, day.parent / "backups")
    assert said.lost == ""
    assert "697 newer rows were saved" in said.done
    with Store(day, create=False) as store:
        assert store.integrity() == []
        assert store.count() == 400
        assert store.counts() == {"A": 1, "B": 300}
        champion = store.champion()
        assert champion is not None
        assert champion.id == "m"
        assert store.scores()["logit"].tolist() == [2.0]
    assert not list(day.parent.glob(".salvage-*"))


def test_that_the_write_ahead_log_of_a_file_without_header_is_read(tmp_path: Path, day: Path) -> None:
    """A crash leaves the newest labels in the log; they count too."""
    crashed = tmp_path / "crashed" / "labels.sqlite"
    crashed.parent.mkdir()
    with Store(day) as store:
        store.label(400, "X", grader="me", scheme="abcx")
        for tail in ("", "-wal"):
            shutil.copy(day.with_name(day.name + tail), crashed.with_name(crashed.name + tail))
    _overwrite(crashed, 0, 22)
    assert backup.restore_latest_backup(crashed, tmp_path / "backups").lost == ""
    with Store(crashed) as store:
        assert store.counts() == {"A": 1, "B": 300, "X": 1}


def test_that_labels_on_both_sides_of_a_bad_page_are_saved_and_the_gap_is_said(day: Path) -> None:
    content = day.read_bytes()
    pages = [at for at in range(0, len(content), 4096) if content[at : at + 4096].count(b"an arc to the north") > 20]
    _overwrite(day, pages[len(pages) // 2], 4096)
    said = backup.restore_latest_backup(day, day.parent / "backups")
    [damaged] = day.parent.glob("labels.sqlite.damaged-*")
    assert said.lost.startswith("events in")
    assert damaged.name in said.lost
    with Store(day) as store:
        assert store.integrity() == []
        labelled = [row.object for row in store.labels()]
    assert labelled[:2] == [1, 2]
    assert labelled[-1] == 301
    assert 150 < len(labelled) < 301


def test_that_a_file_that_gives_up_nothing_is_said_to_be_lost(day: Path) -> None:
    day.write_bytes(b"this is not a database" * 1000)
    said = backup.restore_latest_backup(day, day.parent / "backups")
    assert said.lost.startswith("everything in labels.sqlite.damaged-")


@pytest.mark.parametrize(("content", "state"), [(None, "was missing"), (b"", "was empty (0 bytes)")])
def test_that_a_missing_or_emptied_database_is_restored(day: Path, content: bytes | None, state: str) -> None:
    day.unlink()
    if content is not None:
        day.write_bytes(content)
    said = backup.restore_latest_backup(day, day.parent / "backups").done
    assert said.startswith(f"labels.sqlite {state}; labels.sqlite was restored from labels-")
    with Store(day, create=False) as store:
        assert store.counts() == {"A": 1}


def test_that_a_backup_without_our_tables_is_no_sound_one(day: Path) -> None:
    (day.parent / "backups" / "labels-99991231-000000-000000-daily.sqlite").touch()
    day.unlink()
    assert "99991231" not in backup.restore_latest_backup(day, day.parent / "backups").done


def test_that_a_backup_of_an_older_schema_is_brought_to_ours(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p.astrolens")
    (project.folder / "backups").mkdir(exist_ok=True)
    make_version_1(project.folder / "backups" / "labels-20260102-030405-000000-schema1.sqlite")
    project.database_file.unlink()
    assert "was restored from labels-20260102" in project.repair().done
    with project.store(read_only=True) as store:
        assert [(row.name, row.grade, row.comment) for row in store.labels()] == [("one", "A", "an arc")]


def test_that_boxes_drawn_since_the_migration_come_back_onto_the_backup_from_before_it(tmp_path: Path) -> None:
    """Events of schema 4 say what they say in a column that the backup of schema 3 does not have."""
    path = tmp_path / "labels.sqlite"
    make_version_3(path)
    with Store(path) as store:  # the backup before the migration is the only one
        key = store.add_box(2, {"x": 1.0, "y": 2.0, "w": 3.0, "h": 4.0, "class_name": "arc"}, grader="me").extra[
            "boxes"
        ][0]
        store.measure(1, {"theta_E_arcsec": 1.5}, grader="me")
    _overwrite(path, 0, 100)
    said = backup.restore_latest_backup(path, tmp_path / "backups")
    assert "schema3" in said.done
    with Store(path) as store:
        assert [(row.box, row.class_name, row.x) for row in store.boxes(2)] == [(key, "arc", 1.0)]
        assert [row.score for row in store.boxes(1)] == [0.9]
        assert store.measures(1, "me") == {"theta_E_arcsec": 1.5}
        assert store.integrity() == []
        assert store.undo("me").extra["kind"] == "measure"
