"""Labels as tables: what is written is what can be read, in every format."""

from __future__ import annotations

import csv
import math
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from store_records import Record

from astrolens_gui.core.labels.export import COLUMNS, EXPORTERS, TableError, read_labels, rows, write_csv
from astrolens_gui.core.labels.store import Store

COMMENT = 'arc, "faint"; 2″ to the north\nsecond line'


@pytest.fixture
def graded(opened: Callable[[], Store]) -> Store:
    store = opened()
    planes = ({"path": "a/NA.fits", "hdu": 1},)
    store.add_objects([Record("NA", planes=planes, ra=10.123456789012345, dec=-3.25), Record("b"), Record("c")])
    store.label(1, "A", grader="Zoë", scheme="abcx", comment=COMMENT)
    store.label(1, "X", grader="bo", scheme="abcx", subtype="spiral")
    store.comment(3, "star?", grader="bo")
    store.add_model("m", backend="cnn", champion=True)
    store.put_scores("m", [1, 2], [0.1 + 0.2, np.nan], [0.57, np.nan])
    return store


def test_that_rows_are_one_per_label_with_the_champions_score(graded: Store) -> None:
    table = rows(graded, lambda root, relative: Path(root) / relative)
    assert [(row["ID"], row["grader"], row["grade"], row["comment"]) for row in table] == [
        ("NA", "Zoë", "A", COMMENT),
        ("NA", "bo", "X", ""),
        ("c", "bo", "", "star?"),
    ]
    assert table[0]["path"] == "/images/lenses/a/NA.fits"
    assert (table[0]["ra_deg"], table[0]["logit"]) == (10.123456789012345, 0.1 + 0.2)
    assert math.isnan(table[2]["score"])


def test_that_ungraded_objects_come_when_asked_for(graded: Store) -> None:
    table = rows(graded, ungraded=True)
    assert [row["ID"] for row in table] == ["NA", "NA", "b", "c"]
    assert (table[2]["grade"], table[2]["grader"]) == ("", "")
    assert [row["ID"] for row in rows(graded, grader="Zoë")] == ["NA"]


def read_back(path: Path, form: str) -> dict[str, list[Any]]:
    from astropy.table import Table

    table = Table.read(
        path, format={"csv": "ascii.csv"}.get(form, form), **({"fast_reader": False} if form == "csv" else {})
    )
    return {name: [None if value is np.ma.masked else value for value in table[name]] for name in table.colnames}


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda exporter: exporter.id)
def test_that_every_format_keeps_text_and_numbers(graded: Store, tmp_path: Path, exporter: Any) -> None:
    path = tmp_path / f"labels{exporter.suffix}"
    exporter.function(rows(graded), path)
    found = read_back(path, exporter.id)
    assert tuple(found) == COLUMNS
    assert [str(value) for value in found["ID"]] == ["NA", "NA", "c"]
    assert str(found["comment"][0]) == COMMENT
    assert str(found["grader"][0]) == "Zoë"
    assert [float(value) for value in found["ra_deg"][:2]] == [10.123456789012345] * 2
    assert float(found["logit"][0]) == 0.1 + 0.2
    assert found["score"][2] is None or math.isnan(found["score"][2])


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda exporter: exporter.id)
def test_that_a_project_without_labels_gives_a_table_without_rows(tmp_path: Path, exporter: Any) -> None:
    path = tmp_path / f"labels{exporter.suffix}"
    exporter.function([], path)
    assert {name: len(column) for name, column in read_back(path, exporter.id).items()} == dict.fromkeys(COLUMNS, 0)


def test_that_coordinates_carry_their_unit(graded: Store, tmp_path: Path) -> None:
    from astropy.table import Table

    for exporter in EXPORTERS[1:]:
        exporter.function(rows(graded), tmp_path / "labels")
        assert str(Table.read(tmp_path / "labels", format=exporter.id)["ra_deg"].unit) == "deg"


def test_that_a_table_is_written_whole_or_not_at_all(graded: Store, tmp_path: Path) -> None:
    with pytest.raises(TableError, match="cannot be written"):
        write_csv(rows(graded), tmp_path / "nowhere" / "labels.csv")
    (tmp_path / "labels.csv").write_text("the old table")
    broken = [*rows(graded), {"ID": "no other column"}]
    with pytest.raises(KeyError):
        write_csv(broken, tmp_path / "labels.csv")
    assert [path.read_text() for path in tmp_path.glob("labels.csv")] == ["the old table"]


def test_that_a_table_written_through_a_link_leaves_the_link(graded: Store, tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("the old table")
    (tmp_path / "labels.csv").symlink_to("real.csv")
    write_csv(rows(graded), tmp_path / "labels.csv")
    assert (tmp_path / "labels.csv").is_symlink()
    assert (tmp_path / "real.csv").read_text().startswith("ID,path,grade")


@pytest.mark.parametrize("exporter", EXPORTERS, ids=lambda exporter: exporter.id)
def test_that_a_table_goes_into_a_pipe(graded: Store, tmp_path: Path, exporter: Any) -> None:
    """As `--out /dev/stdout` does: what is no file is written into, not replaced."""
    exporter.function(rows(graded), tmp_path / "file")
    os.mkfifo(tmp_path / "pipe")
    got: list[bytes] = []
    reader = threading.Thread(target=lambda: got.append((tmp_path / "pipe").read_bytes()), daemon=True)
    reader.start()
    exporter.function(rows(graded), tmp_path / "pipe")
    reader.join(10)
    receiver, sender = os.pipe()
    exporter.function([], Path(f"/proc/self/fd/{sender}"))  # a link to what has no path, as /dev/stdout may be
    os.close(sender)
    with open(receiver, "rb") as anonymous:
        assert anonymous.read()
    assert (tmp_path / "pipe").is_fifo()
    assert got == [(tmp_path / "file").read_bytes()]


def test_that_a_folder_as_table_is_refused_in_a_sentence(
    graded: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in (Path("."), tmp_path, Path("/")):
        with pytest.raises(TableError, match="is a folder; name the file to write"):
            write_csv(rows(graded), folder)


def test_that_exported_labels_import_as_they_were(graded: Store, tmp_path: Path) -> None:
    write_csv(rows(graded), tmp_path / "labels.csv")
    with Store(tmp_path / "other.sqlite") as other:
        other.add_objects([Record("NA"), Record("c")])
        changes = other.label_many(read_labels(tmp_path / "labels.csv"), grader="nobody", scheme="abcx")
        assert (changes.extra["unknown"], changes.extra["ungraded"]) == ([], 1)
        assert _said(other) == _said(graded)


def _said(store: Store) -> list[tuple[str, ...]]:
    return [(row.name, row.grader, row.grade, row.subtype, row.comment, row.time) for row in store.labels()]


def _write(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "labels.csv"
    path.write_bytes(content)
    return path


def test_that_text_stays_text(tmp_path: Path) -> None:
    """NA, None, nan and 007 are names; a BOM, CRLF, index columns and trailing separators are no obstacle."""
    path = _write(
        tmp_path, b"\xef\xbb\xbf,Unnamed: 0,ID,grade,comment,\r\n0,0,NA,A,None,\r\n1,1,007,0,nan,,\r\n\r\n2,2,c\r\n"
    )
    assert [(row["ID"], row["grade"], row["comment"]) for row in read_labels(path)] == [
        ("NA", "A", "None"),
        ("007", "0", "nan"),
        ("c", "", ""),
    ]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_that_semicolons_and_tabs_are_read(tmp_path: Path, mark: str) -> None:
    path = _write(tmp_path, f"ID{mark}grade\nx, y{mark}A\n".encode())
    assert [(row["ID"], row["grade"]) for row in read_labels(path)] == [("x, y", "A")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"name,grade\nx,A\n", "one column must be named ID"),
        (b"", "one column must be named ID"),
        (b"ID,grade,grade\nx,A,B\n", "one column must be named grade"),
        (b"ID,grade,comment\nx,A,an arc, faint\n", "line 2 has more cells than the header"),
        (b"ID,grade\n,A\n", "line 2 has no ID"),
        (b"ID,grade\n\xff,A\n", "is not UTF-8"),
        (b"SIMPLE = T\0\0", "is not a text table"),
        (b"ID,grade,time\nx,A,\ny,B,yesterday\n", "line 3: the time 'yesterday' is not ISO 8601"),
        (b"ID,grade,time\nx,A,2026-13-01\n", "line 2: the time '2026-13-01' is not ISO 8601"),
    ],
)
def test_that_a_wrong_table_is_refused_in_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(TableError, match=sentence):
        read_labels(_write(tmp_path, content))


def test_that_times_are_brought_to_utc_and_lines_are_numbered(tmp_path: Path) -> None:
    path = _write(
        tmp_path,
        b'ID,grade,time,comment\na,A,2026-01-02T03:04:05+01:00,"two\nlines"\n\nb,A,2026-01-02 03:04,\nc,A,2026-01-02,\n',
    )
    assert [(row["line"], row["time"]) for row in read_labels(path)] == [
        ("3", "2026-01-02T02:04:05.000Z"),
        ("5", "2026-01-02T03:04:00.000Z"),
        ("6", "2026-01-02T00:00:00.000Z"),
    ]


def test_that_a_missing_table_is_named() -> None:
    with pytest.raises(TableError, match=r"nowhere\.csv cannot be read"):
        read_labels(Path("/nowhere.csv"))


def test_that_labels_of_the_manifest_of_real_images_are_read(shared_data: Path, tmp_path: Path) -> None:
    with open(shared_data / "MANIFEST.csv", encoding="utf-8", newline="") as file:
        known = [
            (Path(row["path"]).stem, row["label"])
            for row in csv.DictReader(file)
            if row["label"] in {"lens", "nonlens"}
        ]
    assert len(known) > 50
    path = tmp_path / "labels.csv"
    with open(path, "w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("ID", "grade"), *known])
    assert [(row["ID"], row["grade"]) for row in read_labels(path)] == known
