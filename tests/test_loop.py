"""The main job from the command line, on real survey images: import, label, score, train, score again, export."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.__main__ import main


def run(capsys, *argv: object) -> dict:
    """One command that must succeed; its JSON."""
    assert main([*map(str, argv), "--json"]) == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def manifest_labels(shared_data: Path, out: Path, folders: tuple[str, ...]) -> dict[str, str]:
    """Write the manifest's labels as a table ID,grade; {ID: grade}."""
    with (shared_data / "MANIFEST.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["path"].rsplit("/", 1)[0] in folders]
    grades = {Path(row["path"]).stem: ("A" if row["label"].startswith("lens") else "X") for row in rows}
    out.write_text("ID,grade\n" + "".join(f"{name},{grade}\n" for name, grade in grades.items()), encoding="utf-8")
    return grades


FOLDERS = (
    "lenses/euclid_q1",
    "lenses/desi_hst_f140w",
    "nonlenses/euclid_q1_neighbours",
    "nonlenses/desi_hst_f140w_neighbours",
)


@pytest.mark.slow
def test_that_the_loop_runs_on_real_images_from_the_command_line(shared_data: Path, tmp_path: Path, capsys):
    project, scores, labels = tmp_path / "survey.astrolens", tmp_path / "scores.csv", tmp_path / "labels.csv"
    grades = manifest_labels(shared_data, labels, FOLDERS)

    imported = run(capsys, "import", project, shared_data / "lenses", shared_data / "nonlenses")
    assert imported["added"] >= 60
    assert imported["refused"] == []
    labelled = run(capsys, "label", project, "--from", labels, "--grader", "manifest")
    assert labelled == {"added": len(grades), "refused": [], "notes": []}

    before = run(capsys, "score", project, "--out", scores)
    assert before["scored"] >= 15  # the shipped weights fit one instrument's bands
    first = list(csv.DictReader(scores.open(encoding="utf-8")))
    assert list(first[0])[:4] == ["ID", "path", "score", "logit"]

    trained = run(capsys, "train", project, "--backend", "cnn", "--bands", "VIS", "--epochs", "4")
    assert trained["verdict"] == "provisional"  # fewer than 20 held-out objects of a class
    after = run(capsys, "score", project, "--out", scores)
    assert after["model"] == trained["model"]
    second = {row["ID"]: row for row in csv.DictReader(scores.open(encoding="utf-8"))}
    values = np.array([float(row["score"]) for row in second.values()])
    assert ((values >= 0) & (values <= 1)).all()
    assert len({row["logit"] for row in second.values()}) > 10
    assert not np.allclose(values[:10], [float(row["score"]) for row in first[:10]])
    assert all("F140W" not in reason or "band VIS is missing" in reason for reason in after["refused"])

    for format, name in (("csv", "out.csv"), ("fits", "out.fits"), ("votable", "out.vot")):
        assert main(["export", str(project), "--format", format, "--out", str(tmp_path / name)]) == 0
    exported = {row["ID"]: row["grade"] for row in csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8"))}
    assert exported == grades
    from astropy.table import Table

    assert len(Table.read(tmp_path / "out.fits")) == len(grades)
    assert len(Table.read(tmp_path / "out.vot")) == len(grades)
    capsys.readouterr()

    # The project moves: copied elsewhere, the original gone, everything still opens.
    shutil.move(project, tmp_path / "elsewhere.astrolens")
    assert run(capsys, "score", tmp_path / "elsewhere.astrolens")["scored"] == after["scored"]
    assert main(["doctor", str(tmp_path / "elsewhere.astrolens")]) == 0


def test_that_training_without_grades_says_what_to_do(shared_data: Path, tmp_path: Path, capsys):
    project = tmp_path / "p.astrolens"
    run(capsys, "import", project, shared_data / "lenses" / "euclid_q1")
    assert main(["train", str(project), "--backend", "toy"]) == 1
    assert "has no grades to learn from; grade some objects first" in capsys.readouterr().err


def test_that_a_wrong_parameter_is_named(shared_data: Path, tmp_path: Path, capsys):
    project = tmp_path / "p.astrolens"
    run(capsys, "import", project, shared_data / "lenses" / "euclid_q1")
    assert main(["train", str(project), "--backend", "toy", "--epochs", "0"]) == 1
    assert "epochs must be between 1 and 10000, not 0" in capsys.readouterr().err
    assert main(["train", str(project), "--backend", "toy", "--epoch", "5"]) == 2
