"""The genuine challenge folder through the command line: images, truth, and what is said of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from challenge_files import TABLE, ground, space

from astrolens_gui.__main__ import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("challenge")
    ground(folder / "GroundBasedTraining", (100000, 100001), masked=3)
    space(folder / "SpaceBasedTraining", (100000, 100003))
    table = folder / "GroundBasedTraining" / "classifications.csv"
    table.write_text(TABLE + "100000,1,9.4e-11,310,812\n100001,0,0,0,0\n100009,0,0,0,0\n")
    return folder


def answer(capsys, *argv: object) -> dict:
    assert main([*map(str, argv), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_that_the_genuine_folder_and_its_truth_become_a_graded_project(folder: Path, tmp_path: Path, capsys):
    project, table = tmp_path / "blf.astrolens", folder / "GroundBasedTraining" / "classifications.csv"
    report = answer(capsys, "import", project, folder)
    assert (report["added"], report["refused"]) == (4, [])
    again = answer(capsys, "import", project, folder)
    assert (again["added"], again["updated"]) == (0, 0)
    labels = answer(capsys, "label", project, "--from", table)
    assert labels["added"] == 2
    assert "lenses are graded A, others X, by truth" in labels["notes"][0]
    assert "1 IDs have no object in this project" in labels["notes"][1]
    assert main(["export", str(project), "--out", str(tmp_path / "l.csv")]) == 0
    rows = (tmp_path / "l.csv").read_text().splitlines()
    assert rows[1].startswith("GroundBasedTraining/100000,")
    assert [line.split(",")[2] for line in rows[1:]] == ["A", "X"]
    assert [line.split(",")[4] for line in rows[1:]] == ["truth", "truth"]


def test_that_a_truth_table_of_other_objects_is_refused_in_one_sentence(folder: Path, tmp_path: Path, capsys):
    project, table = tmp_path / "p.astrolens", tmp_path / "t.csv"
    assert main(["import", str(project), str(folder / "SpaceBasedTraining")]) == 0
    table.write_text("ID,is_lens\n7,1\n")
    capsys.readouterr()
    assert main(["label", str(project), "--from", str(table)]) == 1
    assert "this project has no object with any of its 1 IDs; import its images first" in capsys.readouterr().err
