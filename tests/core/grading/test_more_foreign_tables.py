"""Tables of AnomalyMatch and bigeye, columns that a person names, label files of YOLO, and what the names of files say."""

import sqlite3
import struct

import pytest

from astrolens_gui.api import UserError
from astrolens_gui.core.catalogue import tables
from astrolens_gui.core.grading import (
    anomalymatch,
    boxsets,
    crosswalk,
    formats,
    losses,
    mapper,
    parquet,
    qtstamp,
    rankers,
    savary,
)
from astrolens_gui.core.grading.foreign import Row, Taken

ROWS = (
    Row("c1.fits", "A", "A", subtype="ring", comment="nice, arc", seconds=3.5, ra=10.25, dec=-3.5),
    Row("c2.fits", "C", "C"),
    Row("c3.fits", "X", "X"),
    Row("c4.fits", "QSO"),
    Row("c5.fits", state="ungraded"),
)


def test_that_anomalymatch_labels_are_marks_until_a_person_says_what_they_mean(tmp_path):
    text = "filename,label,iteration\nc1.fits,anomaly,2\nc2.fits,normal,2\nc3.fits,removed,\nc4.fits,odd,\n"
    (tmp_path / "labeled_data.csv").write_text(text)
    taken = formats.read(tmp_path / "labeled_data.csv")
    assert taken.states == {"marked": 1, "graded": 2, "removed": 1}
    assert taken.unmapped == {"odd": 1}
    assert taken.rows[0].extra == {"iteration": "2"}
    told = formats.read(tmp_path / "labeled_data.csv", walk={**crosswalk.ANOMALYMATCH, "anomaly": "B"})
    assert told.rows[0].grade == "B"
    assert anomalymatch.write_labels(ROWS, key="id") == "id,label\nc1.fits,anomaly\nc3.fits,normal\n"
    assert anomalymatch.read_labels(anomalymatch.write_labels(ROWS, key="id"), "t").rows[0].stamp == "c1.fits"


@pytest.mark.parametrize(("schema", "bits", "value"), [("4", ("<I", "<f"), 0.75), ("3", ("<H", "<e"), 0.5)])
def test_that_scores_of_a_predictions_database_are_the_bits_it_keeps(tmp_path, schema, bits, value):
    with sqlite3.connect(tmp_path / "predictions.db") as database:
        database.execute("CREATE TABLE run_metadata (key TEXT, value TEXT)")
        database.execute("CREATE TABLE results (id INTEGER PRIMARY KEY, filename TEXT, score INTEGER)")
        database.execute("INSERT INTO run_metadata VALUES ('schema_version', ?)", (schema,))
        stored = struct.unpack(bits[0], struct.pack(bits[1], value))[0]
        database.execute("INSERT INTO results (filename, score) VALUES ('c1.fits', ?)", (stored,))
    assert anomalymatch.read_scores(tmp_path / "predictions.db") == {"c1.fits": value}


def test_that_positions_off_the_sky_refuse_the_file():
    assert anomalymatch.read_positions("filename,ra,dec\na,10.5,-3\nb,,\n", "t") == {"a": (10.5, -3.0)}
    with pytest.raises(UserError, match="line 2"):
        anomalymatch.read_positions("filename,ra,dec\na,10.5,-93\n", "t")


def test_that_the_last_key_pressed_stands_in_bigeye(tmp_path):
    (tmp_path / "bigeye_events").write_text("c1.fits 4\nc2.fits 1\nc1.fits 3\n")
    taken = formats.read(tmp_path / "bigeye_events")
    assert taken.format == "bigeye"
    assert [(row.stamp, row.grade) for row in taken.rows] == [("c1.fits", "B"), ("c2.fits", "C")]
    assert rankers.write_bigeye(taken.rows) == "c1.fits 3\nc2.fits 1\n"


def test_that_any_table_is_read_by_its_columns(tmp_path):
    (tmp_path / "t.csv").write_text("id,who,grading,ra,dec\n7,ada,confident,10.25,-3.5\n8,ada,maybe,,\n9,bob,,,\n")
    guess = mapper.suggest(["id", "who", "grading", "ra", "dec"])
    assert (guess.stamp, guess.grade, guess.ra, guess.grader) == ("id", "grading", "ra", "")
    chosen = mapper.Columns("id", "grading", grader="who", ra="ra", dec="dec", walk=crosswalk.LENSCAT)
    taken = mapper.read(tmp_path / "t.csv", chosen)
    assert [(row.grade, row.state, row.grader) for row in taken.rows] == [
        ("A", "graded", "ada"), ("", "graded", "ada"), ("", "ungraded", "bob")]  # fmt: skip
    assert taken.unmapped == {"maybe": 1}
    assert (taken.rows[0].ra, taken.rows[1].ra) == (10.25, None)
    with pytest.raises(UserError, match="no column nothing"):
        mapper.read(tmp_path / "t.csv", mapper.Columns("id", "nothing"))


def test_that_an_expert_of_a_wide_table_with_gaps_has_whole_grades(tmp_path):
    """A column of whole numbers with a gap is written as floats."""
    (tmp_path / "t.csv").write_text("file,e1\na,3.0\nb,\nc,NaN\nd,0.0\ne,-1.0\nf,2.67\n")
    taken = mapper.read(tmp_path / "t.csv", mapper.Columns("file", "e1", walk=crosswalk.ZERO_TO_THREE))
    assert [(row.stamp, row.grade, row.state) for row in taken.rows] == [
        ("a", "A", "graded"), ("b", "", "ungraded"), ("c", "", "ungraded"), ("d", "X", "graded"), ("e", "", "ungraded"),
        ("f", "", "graded")]  # fmt: skip
    assert taken.unmapped == {"2.67": 1}
    (tmp_path / "t.csv").write_text("file,e1\na,3.0\nb,NaN\n")
    assert [row.grade for row in mapper.read(tmp_path / "t.csv", mapper.Columns("file", "e1")).rows] == ["A", ""]


def test_that_astronomalys_objects_stand_in_a_column_without_a_name(tmp_path):
    (tmp_path / "ml_scores.csv").write_text(
        ",score,human_label,trained_score\nFAKE_0001,4.81,5,4.9\nFAKE_0002,3.2,0,0.7\nFAKE_0003,1.15,-1,1.2\n"
    )
    names = tables.read(tmp_path / "ml_scores.csv").names
    assert mapper.suggest(names).stamp == "index"
    chosen = mapper.Columns("index", "human_label", walk={"5": "A", "0": "X"})
    taken = mapper.read(tmp_path / "ml_scores.csv", chosen)
    assert [(row.stamp, row.grade, row.state) for row in taken.rows] == [
        ("FAKE_0001", "A", "graded"), ("FAKE_0002", "X", "graded"), ("FAKE_0003", "", "ungraded")]  # fmt: skip
    (tmp_path / "i.csv").write_text(",name,grade\n0,c1,A\n7,c2,X\n")
    assert list(tables.read(tmp_path / "i.csv").names) == ["name", "grade"]


@pytest.mark.parametrize("flipped", [False, True])
def test_that_label_files_of_yolo_give_the_boxes_back(flipped):
    pages = [
        boxsets.Picture("a.png", 101, 80),
        boxsets.Picture("b.png", 50, 50, negative=True),
        boxsets.Picture("c.png", 9, 9),
    ]
    boxes = [boxsets.Box("a.png", "lens", 20.5, 61, 20, 10), boxsets.Box("a.png", "arc", 3, 4, 5, 6, 0.5)]
    files = boxsets.yolo(pages, boxes, flipped=flipped)
    assert set(files) == {"labels/a.txt", "labels/b.txt", "data.yaml"}
    assert files["labels/b.txt"] == ""
    back = boxsets.read_yolo(files["labels/a.txt"], pages[0], ["lens", "arc"], "a.txt", flipped=flipped)
    for one, wanted in zip(back, boxes, strict=True):
        assert (one.class_name, one.score) == (wanted.class_name, wanted.score)
        assert (one.x, one.y, one.w, one.h) == pytest.approx((wanted.x, wanted.y, wanted.w, wanted.h), abs=1e-4)
    with pytest.raises(UserError, match="line 1"):
        boxsets.read_yolo("3 0.5 0.5 1 1\n", pages[0], ["lens"], "a.txt", flipped=flipped)


@pytest.mark.parametrize(("stem", "rows", "wanted"), [
    ("classification_single_ada_120_7", 120, ("ada", "7", False)),
    ("classification_single__120", 120, ("", "", False)),
    ("classification_single_ada_b_120-simultaneous_2", 120, ("ada_b", "", True)),
    ("classification_single_ada_120_42-new_dataset_1", 120, ("ada", "42", True)),
    ("classification_mosaic_autosave_ada_120_10_99", 120, ("ada", "", False)),
    ("classification_mosaic_autosave_ada_120_10_8_5", 120, ("ada", "5", False)),
    ("classification_mosaic_autosave_ada_120", 120, ("ada", "", False)),
])  # fmt: skip
def test_that_a_file_name_says_grader_and_seed(stem, rows, wanted):
    named = qtstamp.named(stem, rows)
    assert (named.grader, named.seed, named.copy) == wanted
    assert named.count == rows


@pytest.mark.parametrize("variant", sorted(qtstamp.HEADERS))
def test_that_every_single_viewer_goes_on_from_what_is_written(variant, tmp_path):
    text = qtstamp.write_single(ROWS, variant)
    assert tuple(text.split("\n")[0].split(",")) == ("", *qtstamp.HEADERS[variant])
    (tmp_path / "classification_single_ada_5.csv").write_text(text)
    taken = formats.read(tmp_path / "classification_single_ada_5.csv")
    assert (taken.format, taken.grader) == (variant, "ada")
    assert [row.grade for row in taken.rows] == ["A", "C", "X", "", ""]
    assert qtstamp.write_single(taken.rows, variant) == text


def test_that_writers_say_what_their_format_does_not_hold():
    single = losses.lost(ROWS, savary.read_single(savary.write_single(ROWS), "t"))
    assert single == [
        "1 times are not in it as they are here",
        "1 positions are not in it as they are here",
    ]
    assert losses.lost([Row("c4.fits", "QSO")], Taken("t", (Row("c4.fits", "X", "X"),))) == [
        "1 labels that the format does not know are not in it as they are here"
    ]
    first = losses.lost(ROWS, savary.read_first(savary.write_first(ROWS), "t"))
    assert "1 graded objects are not in it" in first
    assert "1 comments are not in it as they are here" in first
    raised = losses.lost(ROWS, rankers.read_bigeye(rankers.write_bigeye(ROWS), "t"))
    assert raised[0] == "2 graded objects are not in it"
    assert losses.lost(ROWS, Taken("t", ROWS)) == []


def test_that_parquet_keeps_types_and_nothing_is_null(tmp_path):
    pyarrow = pytest.importorskip("pyarrow.parquet")
    parquet.write_parquet([{"ID": "a", "ra_deg": 10.5, "n": 2, "ok": True}, {"ID": "NA", "ra_deg": float("nan"), "n": 3, "ok": False}],
                          tmp_path / "t.parquet")  # fmt: skip
    table = pyarrow.read_table(tmp_path / "t.parquet")
    assert table.to_pylist()[1] == {"ID": "NA", "ra_deg": None, "n": 3, "ok": False}
    assert table.schema.field("ra_deg").metadata == {b"unit": b"deg"}
