"""Old databases are brought to today's schema, new ones refused, and a backup comes first."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import inspect
from store_records import Record, records

from astrolens_gui.core.labels.schema import SCHEMA
from astrolens_gui.core.labels.store import Store, StoreError

VERSION_1 = """
CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT DEFAULT '' NOT NULL);
CREATE TABLE objects (id {id} NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, root TEXT DEFAULT '' NOT NULL,
  field TEXT DEFAULT '' NOT NULL, ra FLOAT, dec FLOAT, pixel_scale FLOAT, planes JSON NOT NULL, meta JSON NOT NULL);
CREATE TABLE events (id {serial} NOT NULL PRIMARY KEY, time TEXT NOT NULL, grader TEXT NOT NULL,
  object_id {id} REFERENCES objects (id), kind TEXT NOT NULL, scheme TEXT DEFAULT '' NOT NULL, grade TEXT DEFAULT '' NOT NULL,
  subtype TEXT DEFAULT '' NOT NULL, comment TEXT DEFAULT '' NOT NULL, seconds FLOAT, why TEXT DEFAULT '' NOT NULL, screen JSON,
  retracts {id} REFERENCES events (id));
CREATE INDEX events_of_grader ON events (grader, id);
CREATE INDEX events_of_object ON events (object_id, grader);
CREATE INDEX events_retracted ON events (retracts);
CREATE TABLE current (object_id {id} NOT NULL REFERENCES objects (id), grader TEXT NOT NULL,
  event_id {id} NOT NULL REFERENCES events (id), PRIMARY KEY (object_id, grader));
CREATE TABLE scores (model TEXT NOT NULL, object_id {id} NOT NULL REFERENCES objects (id), logit FLOAT, score FLOAT,
  classes JSON NOT NULL, PRIMARY KEY (model, object_id));
CREATE TABLE models (id TEXT NOT NULL PRIMARY KEY, backend TEXT DEFAULT '' NOT NULL, folder TEXT DEFAULT '' NOT NULL,
  created TEXT DEFAULT '' NOT NULL, parent TEXT DEFAULT '' NOT NULL, verdict TEXT DEFAULT '' NOT NULL, champion BOOLEAN NOT NULL,
  metrics JSON NOT NULL);
CREATE TABLE boxes (id {serial} NOT NULL PRIMARY KEY, object_id {id} NOT NULL REFERENCES objects (id), source TEXT DEFAULT '' NOT NULL,
  class_name TEXT DEFAULT '' NOT NULL, score FLOAT, x FLOAT NOT NULL, y FLOAT NOT NULL, w FLOAT NOT NULL, h FLOAT NOT NULL,
  ra FLOAT, dec FLOAT, event_id {id} REFERENCES events (id));
CREATE INDEX boxes_of_object ON boxes (object_id, source);
INSERT INTO meta VALUES ('schema', '1');
INSERT INTO objects VALUES (1, 'one', 'r', '', 10.5, -3.0, 0.1, '[]', '{{}}'), (2, 'two', 'r', '', NULL, NULL, NULL, '[]', '{{}}');
INSERT INTO events (time, grader, object_id, kind, scheme, grade, comment, retracts) VALUES
  ('2026-01-02T03:04:05Z', 'me', 1, 'grade', 'abcx', 'A', 'an arc', NULL),
  ('2026-01-02T03:04:06Z', 'me', 2, 'grade', 'abcx', 'B', '', NULL),
  ('2026-01-02T03:04:07Z', 'me', 2, 'retract', '', '', '', 2);
INSERT INTO current VALUES (1, 'me', 1);
"""


VERSION_3 = """
CREATE TABLE meta (key TEXT NOT NULL PRIMARY KEY, value TEXT DEFAULT '' NOT NULL);
CREATE TABLE objects (id {id} NOT NULL PRIMARY KEY, name TEXT NOT NULL UNIQUE, root TEXT DEFAULT '' NOT NULL,
  path TEXT DEFAULT '' NOT NULL, field TEXT DEFAULT '' NOT NULL, ra FLOAT, dec FLOAT, pixel_scale FLOAT, planes JSON NOT NULL,
  meta JSON NOT NULL);
CREATE INDEX objects_of_path ON objects (path);
CREATE TABLE shared_names (name TEXT NOT NULL PRIMARY KEY);
CREATE TABLE events (id {serial} NOT NULL PRIMARY KEY, time TEXT NOT NULL, grader TEXT NOT NULL,
  object_id {id} REFERENCES objects (id), kind TEXT NOT NULL, scheme TEXT DEFAULT '' NOT NULL, grade TEXT DEFAULT '' NOT NULL,
  subtype TEXT DEFAULT '' NOT NULL, comment TEXT DEFAULT '' NOT NULL, seconds FLOAT, why TEXT DEFAULT '' NOT NULL, screen JSON,
  retracts {id} REFERENCES events (id));
CREATE INDEX events_of_grader ON events (grader, id);
CREATE INDEX events_of_object ON events (object_id, grader);
CREATE INDEX events_retracted ON events (retracts);
CREATE TABLE current (grader TEXT NOT NULL, object_id {id} NOT NULL REFERENCES objects (id), event_id {id} REFERENCES events (id),
  comment_id {id} REFERENCES events (id), grade TEXT DEFAULT '' NOT NULL, PRIMARY KEY (grader, object_id)){tail};
CREATE TABLE scores (model TEXT NOT NULL, object_id {id} NOT NULL REFERENCES objects (id), logit FLOAT, score FLOAT,
  classes JSON NOT NULL, PRIMARY KEY (model, object_id));
CREATE TABLE models (id TEXT NOT NULL PRIMARY KEY, backend TEXT DEFAULT '' NOT NULL, folder TEXT DEFAULT '' NOT NULL,
  created TEXT DEFAULT '' NOT NULL, parent TEXT DEFAULT '' NOT NULL, verdict TEXT DEFAULT '' NOT NULL, champion BOOLEAN NOT NULL,
  metrics JSON NOT NULL);
CREATE TABLE boxes (id {serial} NOT NULL PRIMARY KEY, object_id {id} NOT NULL REFERENCES objects (id), source TEXT DEFAULT '' NOT NULL,
  class_name TEXT DEFAULT '' NOT NULL, score FLOAT, x FLOAT NOT NULL, y FLOAT NOT NULL, w FLOAT NOT NULL, h FLOAT NOT NULL,
  ra FLOAT, dec FLOAT, event_id {id} REFERENCES events (id));
CREATE INDEX boxes_of_object ON boxes (object_id, source);
INSERT INTO meta VALUES ('schema', '3'), ('project', 'p1');
INSERT INTO objects VALUES (1, 'one', 'r', 'one.fits', '', 10.5, -3.0, 0.1, '[]', '{{"key": "one"}}'),
  (2, 'two', 'r', 'two.fits', '', NULL, NULL, NULL, '[]', '{{"key": "two"}}');
INSERT INTO events (time, grader, object_id, kind, scheme, grade, comment, screen, retracts) VALUES
  ('2026-01-02T03:04:05.000Z', 'me', 1, 'grade', 'abcx', 'A', 'an arc', '{{"stretch": "asinh"}}', NULL),
  ('2026-01-02T03:04:06.000Z', 'me', 2, 'grade', 'abcx', 'B', '', NULL, NULL),
  ('2026-01-02T03:04:07.000Z', 'me', 2, 'retract', '', '', '', NULL, 2);
INSERT INTO current VALUES ('me', 1, 1, 1, 'A');
INSERT INTO scores VALUES ('m', 1, 1.5, 0.8, '{{"lens": 0.8}}');
INSERT INTO models VALUES ('m', 'cnn', 'm', '2026-01-02', '', 'accepted', {true}, '{{}}');
INSERT INTO boxes (object_id, source, class_name, score, x, y, w, h, ra, dec) VALUES (1, 'rcnn', 'lens', 0.9, 1, 2, 3, 4, 10.5, -3.0);
"""

SEALS = {
    "sqlite": "".join(
        f"CREATE TRIGGER events_no_{verb.lower()} BEFORE {verb} ON events "
        "BEGIN SELECT RAISE(ABORT, 'label events are append-only'); END;"
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": "CREATE FUNCTION astrolens_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'label events are append-only'; END $$; "
    "CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events "
    "FOR EACH ROW EXECUTE FUNCTION astrolens_append_only();",
}


def make_version_1(address: str | Path) -> None:
    make(address, VERSION_1)


def make_version_3(address: str | Path) -> None:
    make(address, VERSION_3, sealed=True)


def make(address: str | Path, ddl: str, sealed: bool = False) -> None:
    if isinstance(address, Path):
        with sqlite3.connect(address) as connection:
            connection.executescript(ddl.format(id="INTEGER", serial="INTEGER", true="1", tail=" WITHOUT ROWID"))
            connection.executescript(SEALS["sqlite"] if sealed else "")
        connection.close()
        return
    import psycopg

    with psycopg.connect(address, autocommit=True) as server:
        server.execute(ddl.format(id="BIGINT", serial="BIGSERIAL", true="true", tail=""))
        if sealed:
            server.execute(SEALS["postgresql"])


def test_that_a_version_3_database_keeps_all_and_takes_measurements_and_boxes(
    address: str | Path, tmp_path: Path
) -> None:
    make_version_3(address)
    with Store(address, backups=tmp_path / "backups", project="p1") as store:
        [backup] = (tmp_path / "backups").iterdir()
        assert "schema3" in backup.name
        assert [(row.name, row.grade, row.comment) for row in store.labels()] == [("one", "A", "an arc")]
        assert [(row.id, row.kind, row.retracts, row.data) for row in store.events()] == [
            (1, "grade", None, None),
            (2, "grade", None, None),
            (3, "retract", 2, None),
        ]
        assert store.events()[0].screen == {"stretch": "asinh"}
        assert store.scores("m")["logit"].tolist() == [1.5]
        assert [model.id for model in store.models()] == ["m"]
        [box] = store.boxes()
        assert (box.source, box.score, box.ra, box.kind, box.box, box.event) == ("rcnn", 0.9, 10.5, "box", "", None)
        assert store.integrity() == []
        store.measure(1, {"theta_E_arcsec": 1.5}, grader="me")
        key = store.add_box(2, {"x": 1, "y": 2, "w": 3, "h": 4}, grader="me").extra["boxes"][0]
        assert [row.box for row in store.boxes(2)] == [key]
        store.undo("me")
        assert store.undo("me").extra["kind"] == "measure"
        assert store.integrity() == []
        migrated = shape(store)
        with pytest.raises(StoreError, match="append-only"), store.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM events")
    with Store(tmp_path / "fresh.sqlite") if isinstance(address, Path) else _fresh(address) as fresh:
        assert migrated == shape(fresh)


def shape(store: Store) -> dict[str, object]:
    """Columns, keys and indexes of every table."""
    look = inspect(store.database.engine)
    return {
        name: (
            sorted((column["name"], str(column["type"]), column["nullable"]) for column in look.get_columns(name)),
            look.get_pk_constraint(name)["constrained_columns"],
            sorted((str(index["name"]), tuple(index["column_names"])) for index in look.get_indexes(name)),
            sorted((tuple(key["constrained_columns"]), key["referred_table"]) for key in look.get_foreign_keys(name)),
        )
        for name in look.get_table_names()
    }


def test_that_a_version_1_database_keeps_its_labels_and_gets_todays_shape(address: str | Path, tmp_path: Path) -> None:
    make_version_1(address)
    with Store(address, backups=tmp_path / "backups") as store:
        assert [(row.name, row.grade, row.comment) for row in store.labels()] == [("one", "A", "an arc")]
        assert store.redo("me").labels == (2,)
        assert store.integrity() == []
        migrated = shape(store)
        with pytest.raises(StoreError, match="append-only"), store.database.write() as connection:
            connection.exec_driver_sql("DELETE FROM events")
    with Store(tmp_path / "fresh.sqlite") if isinstance(address, Path) else _fresh(address) as fresh:
        assert migrated == shape(fresh)


def _fresh(address: str) -> Store:
    import psycopg

    with psycopg.connect(address, autocommit=True) as server:
        server.execute("DROP SCHEMA public CASCADE")
        server.execute("CREATE SCHEMA public")
    return Store(address)


def test_that_old_objects_get_a_path_and_keep_what_their_split_was_frozen_by(
    address: str | Path, tmp_path: Path
) -> None:
    make_version_1(address)
    root = (tmp_path / "r").as_posix()
    (tmp_path / "r" / "x").mkdir(parents=True)
    (tmp_path / "r" / "x" / "a.fits").touch()
    rows = {
        11: ("a", root, ["x/a.fits"]),
        12: ("x/a.fits", root, ["x/a.fits"]),  # one file under two names, as a second import once gave it
        13: ("y/a.fits", root, ["y/a.fits"]),
        14: ("b", root, ["VIS/b.fits.gz", "Y/b.fits.gz"]),
        15: ("c", "s", ["deep/c.v2.fits"]),
    }
    for id, (name, root, paths) in rows.items():
        planes = json.dumps([{"path": path, "hdu": 0, "band": "VIS"} for path in paths])
        values = f"({id}, '{name}', '{root}', '', NULL, NULL, NULL, '{planes}', '{{\"telescope\": \"Euclid\"}}')"
        _execute(address, f"INSERT INTO objects VALUES {values}")
    with Store(address, backups=tmp_path / "backups") as store:
        meta = {row.id: row.meta for row in store.objects()}
        assert [meta[id]["key"] for id in (1, 11, 12, 13, 14, 15)] == ["one", "a", "a", "y/a.fits", "b", "c"]
        assert meta[14]["telescope"] == "Euclid"
        with store.database.read() as connection:
            paths = connection.exec_driver_sql("SELECT path FROM objects WHERE id > 10 ORDER BY id").scalars().all()
            assert paths == ["x/a.fits", "x/a.fits", "y/a.fits", "b", "deep/c.v2.fits"]
        changes = store.add_objects([Record("a", base=Path(root), planes=({"path": "z/a.fits"},), stem="a")])
        assert store.objects(changes.extra["new"])[0].name == "z/a.fits"  # the stem is known to repeat


def _execute(address: str | Path, statement: str) -> None:
    if isinstance(address, Path):
        connection = sqlite3.connect(address)
        connection.execute(statement)
        connection.commit()
        connection.close()
        return
    import psycopg

    with psycopg.connect(address, autocommit=True) as server:
        server.execute(statement)


def test_that_a_backup_comes_before_a_migration(address: str | Path, tmp_path: Path) -> None:
    make_version_1(address)
    Store(address, backups=tmp_path / "backups").close()
    [backup] = (tmp_path / "backups").iterdir()
    assert "schema1" in backup.name
    copy = sqlite3.connect(backup)
    assert copy.execute("SELECT value FROM meta WHERE key = 'schema'").fetchone() == ("1",)
    assert copy.execute("SELECT count(*) FROM events").fetchone() == (3,)


def test_that_nothing_is_migrated_when_its_backup_cannot_be_written(tmp_path: Path) -> None:
    make_version_1(tmp_path / "labels.sqlite")
    (tmp_path / "backups").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="backup could not be written"):
        Store(tmp_path / "labels.sqlite")
    found = (
        sqlite3.connect(tmp_path / "labels.sqlite").execute("SELECT value FROM meta WHERE key = 'schema'").fetchone()
    )
    assert found == ("1",)


def test_that_a_newer_database_is_refused_in_a_sentence(address: str | Path) -> None:
    with Store(address) as store, store.database.write() as connection:
        connection.exec_driver_sql(f"UPDATE meta SET value = '{SCHEMA + 7}' WHERE key = 'schema'")
    with pytest.raises(
        StoreError, match=rf"newer AstroLens \(schema {SCHEMA + 7}, this one knows {SCHEMA}\); update AstroLens"
    ):
        Store(address)


def test_that_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "labels.sqlite") as other:
        other.execute("CREATE TABLE objects (x)")
    other.close()
    with pytest.raises(StoreError, match="another program"):
        Store(tmp_path / "labels.sqlite")


def test_that_a_new_database_says_its_schema(address: str | Path) -> None:
    with Store(address) as store, store.database.read() as connection:
        assert connection.exec_driver_sql("SELECT value FROM meta WHERE key = 'schema'").scalar() == str(SCHEMA)


def test_that_an_old_database_is_not_opened_for_reading_only(tmp_path: Path) -> None:
    make_version_1(tmp_path / "labels.sqlite")
    with pytest.raises(StoreError, match="older schema 1"):
        Store(tmp_path / "labels.sqlite", read_only=True)


def test_that_reading_only_writes_nothing(tmp_path: Path) -> None:
    with Store(tmp_path / "labels.sqlite") as store:
        store.add_objects(records(2))
    with Store(tmp_path / "labels.sqlite", read_only=True) as store:
        assert store.count() == 2
        assert store.integrity() == []
        with pytest.raises(StoreError, match="reading only"):
            store.label(1, "A", grader="me", scheme="abcx")
