"""Whose objects the names in other tools' tables are: those that repeat are told apart or refused, in and out, and never merged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astrolens_gui.workbench import Workbench


@pytest.fixture
def own(tmp_path: Path):
    """A project of seven stamps, c00 to c06."""
    (tmp_path / "images").mkdir()
    for n in range(7):
        image = np.random.default_rng(n).normal(size=(26, 26)).astype(np.float32)
        fits.writeto(tmp_path / "images" / f"c{n:02d}.fits", image, fits.Header({"FILTER": "VIS"}))
    with Workbench.start() as bench:
        bench.open(tmp_path / "own.astrolens", create={}).result(30)
        bench.import_images([tmp_path / "images"]).result(60)
        yield bench


def write_table(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("tool", ["savary", "qtstamp", "astrorank", "lensrater", "anomalymatch"])
def test_that_objects_whose_files_are_called_alike_are_told_apart_in_another_tools_table(tool, own, tmp_path):
    """Two folders with a file of one name; a catalogue's sources in one mosaic are the same case."""
    for folder, image in (("a", "c01"), ("b", "c02")):
        (tmp_path / "two" / folder).mkdir(parents=True)
        (tmp_path / "two" / folder / "same.fits").write_bytes((tmp_path / "images" / f"{image}.fits").read_bytes())
    own.import_images([tmp_path / "two"]).result(60)
    given = {"a/same.fits": "A", "b/same.fits": "X", "c05": "X"}
    own.import_labels(write_table(tmp_path / "g.csv", ["ID,grade", *map(",".join, given.items())]), "ada").result(30)
    out = tmp_path / "out.csv"
    count, notes = own.hand_on(tool, out, "ada").result(30)
    assert (count, notes[-1]) == (3, "2 objects are called by their own names, for their files' names repeat")
    assert own.import_foreign(out, "eve", {"savary": "savary-single"}.get(tool, "")).result(30).refused == []
    marked = {"A": "marked"} if tool == "anomalymatch" else {}
    said = {one.name: one.grade for one in own.opened.on_db(lambda: own.store.labels("eve"))}
    assert said == {name: marked.get(grade, grade) for name, grade in given.items()}


def test_that_names_that_would_be_one_object_are_refused_and_never_merged(own, tmp_path):
    """Two folders with the same file in each, of which this project has one: nobody knows whose grade it is."""
    table = write_table(
        tmp_path / "classification_autosave1.csv",
        [
            "file_name,classification,subclassification,comment",
            "a/c00.fits,L,None,",
            "b/c00.fits,NL,None,",
            "c01.fits,L,None,",
        ],
    )
    report = own.import_foreign(table, "zoe").result(30)
    said = "a/c00.fits and b/c00.fits would all be c00; keep one, or write the names of this project"
    assert report.refused == [f"{table.name}: line {line}: {said}" for line in (2, 3)]
    assert {one.name: one.grade for one in own.opened.on_db(lambda: own.store.labels("zoe"))} == {"c01": "A"}
    two = write_table(tmp_path / "scores.csv", ["username,image,score", "ada,a/c00.png,3", "eve,b/c00.png,1"])
    assert own.import_foreign(two, "").result(30).refused == []  # two graders may call it differently


def test_that_a_name_that_several_objects_have_is_told_with_their_names(own, tmp_path):
    one = next((tmp_path / "images").glob("*.fits"))
    long = "a_very_long_name_of_a_stamp_that_goes_past_forty"
    for name in ("a/same.fits", "b/same.fits", f"{long}_1.fits", f"{long}_2.fits"):
        (tmp_path / "two" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "two" / name).write_bytes(one.read_bytes())
    own.import_images([tmp_path / "two"]).result(60)
    table = write_table(
        tmp_path / "classification_autosave1.csv",
        ["file_name,classification,subclassification,comment", "same.fits,L,None,"],
    )
    report = own.import_foreign(table, "ada").result(30)
    assert report.refused == [
        f"{table.name}: line 2: same.fits is 2 objects: a/same.fits, b/same.fits; use the path as ID"
    ]
    saved = write_table(tmp_path / "typed.csv", [f"{long[:40]},L,None,", "gone.fits,NL,None,"])
    report = own.import_foreign(saved, "ada", "savary-saved").result(30)
    assert [one.partition(": line ")[2] for one in report.refused] == [
        f"1: {long[:40]} is 2 objects: {long}_1, {long}_2; use the path as ID",
        "2: there is no object 'gone.fits' in this project",
    ]
    assert own.opened.on_db(lambda: own.store.labels()) == []


def test_that_a_kind_without_a_label_is_told(own, tmp_path):
    header = "file_name,classification,subclassification,comment"
    table = write_table(
        tmp_path / "s.csv", [header, "c00.fits,None,Ring, ", "c01.fits,NL,Spiral, ", "c02.fits,None,None, "]
    )
    notes = own.import_foreign(table, "ada").result(30).notes
    assert "s.csv: 2 rows have no label" in notes
    assert "s.csv: 1 of those have a kind, which goes with a label only: it is not kept; grade them here" in notes
    plain = write_table(tmp_path / "p.csv", [header, "c02.fits,None,None, ", "c03.fits,NL,None, "])
    assert not any("kind" in note for note in own.import_foreign(plain, "ada").result(30).notes)
