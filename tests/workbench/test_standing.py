"""The scoreboard of a real project: models with scores, graders, their consensus, a table, and the truth remembered."""

from __future__ import annotations

import csv
import json
from concurrent.futures import CancelledError

import numpy as np
import pytest

from astrolens_gui.__main__ import main
from astrolens_gui.api import Cancelled, UserError
from astrolens_gui.core.learn.ranking import Ranking
from astrolens_gui.demo_loop import truth_of
from astrolens_gui.workbench import standing


@pytest.fixture
def scored(bench, graded, sample, tmp_path):
    """The half graded project with a model that scores all but one object, a second grader, and a table of scores."""
    truth, opened = truth_of(sample), bench.opened
    rows = opened.on_db(lambda: opened.store.objects())
    random = np.random.default_rng(1)
    logit = np.array([2.0 if truth[row.name] else -2.0 for row in rows]) + random.normal(0, 2, len(rows))

    def write() -> None:
        store = opened.store
        store.add_model("net", backend="cnn", champion=True)
        store.put_scores("net", [row.id for row in rows[1:]], logit[1:], 1 / (1 + np.exp(-logit[1:])))
        for row in rows:
            store.label(row.id, "B" if truth[row.name] else "X", grader="zoe", scheme="abcx")

    opened.on_db(write)
    with (tmp_path / "mine.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("ID", "score"), *((row.name, float(truth[row.name])) for row in rows)])
    return {row.name: value for row, value in zip(rows, logit, strict=True)}


def test_that_models_people_and_tables_stand_on_one_board(bench, scored, sample, tmp_path):
    tables = {"mine": tmp_path / "mine.csv"}
    found = bench.scoreboard(sample / "images" / "truth.csv", tables).result(60)
    rows = {row.name: row for row in found.board.rows}
    assert set(rows) == {"net", bench.grader, "zoe", "consensus of 2", "mine"}
    assert {name: row.kind for name, row in rows.items()}["net"] == "model"
    truth = truth_of(sample)
    names = list(found.board.truth.ids)
    expected = np.array([scored[name] for name in names])
    lacking = next(at for at, name in enumerate(names) if name == next(iter(scored)))
    expected[lacking] = np.nan
    is_lens = np.array([truth[name] for name in names])
    assert Ranking.of(is_lens, expected).auroc() == rows["net"].AUROC
    assert (rows["net"].unscored, rows[bench.grader].unscored, rows["zoe"].unscored) == (1, 30, 0)
    assert rows["zoe"].TPR0 == rows["mine"].TPR0 == 1.0
    assert found.note == ""
    assert set(found.curves) == set(rows)
    assert {one.quantity for one in found.recoveries["zoe"]} == {"theta_E_arcsec", "arc_snr"}


def test_that_the_truth_is_remembered_and_found_beside_the_images(bench, scored, sample, tmp_path):
    assert bench.scoreboard().result(60).truth == sample / "images" / "truth.csv"  # beside the images
    half = tmp_path / "half.csv"
    lines = (sample / "images" / "truth.csv").read_text().splitlines()
    half.write_text("\n".join([*lines[:41], "stranger,0,spiral,,,,,,"]) + "\n")
    found = bench.scoreboard(half).result(60)
    assert "1 of the 41 objects of half.csv are not in the project" in found.note
    assert standing.known_truth(bench.opened) == half
    assert bench.scoreboard(among="net").result(60).board.plain[0].unscored == 0


@pytest.mark.parametrize(
    ("truth", "words"),
    [
        ("ID,is_lens\nx,1\ny,0\n", "none of its IDs is an object of sample"),
        ("ID,grade\nx,1\n", "is_lens"),
    ],
)
def test_that_a_truth_of_other_objects_is_refused_in_a_sentence(bench, scored, truth, words, tmp_path):
    (tmp_path / "t.csv").write_text(truth)
    with pytest.raises(UserError, match=words):
        bench.scoreboard(tmp_path / "t.csv").result(60)


def test_that_the_command_prints_the_board_and_writes_it(bench, scored, project, sample, tmp_path, capsys):
    bench.close_project().result(30)
    argv = ["scoreboard", str(project), "--truth", str(sample / "images" / "truth.csv"), "--against", "zoe"]
    argv += ["--scores", f"mine={tmp_path / 'mine.csv'}", "--out", str(tmp_path / "board.md")]
    assert main(argv) == 0
    said = capsys.readouterr().out
    assert "Δ: paired differences to zoe" in said
    assert (tmp_path / "board.md").read_text(encoding="utf-8").count("\n| ") == 6
    assert main(["scoreboard", str(project), "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert {"net", "zoe"} < {row["name"] for row in rows}
    assert main(["scoreboard", str(project), "--scores", str(tmp_path / "nowhere.csv")]) == 1
    assert "nowhere.csv can't be read" in capsys.readouterr().err


def test_that_a_cancelled_count_ends_without_a_board(bench, scored, sample):
    job = bench.scoreboard(sample / "images" / "truth.csv")
    job.cancel()
    with pytest.raises((Cancelled, CancelledError)):
        job.result(30)


def test_that_labels_of_a_truth_table_rank_nobody_and_remember_it(bench, graded, sample, tmp_path):
    elsewhere = tmp_path / "classifications_of_all.csv"
    elsewhere.write_text((sample / "images" / "truth.csv").read_text())
    report = bench.import_labels(elsewhere).result(60)
    assert "by truth" in report.notes[0]
    found = bench.scoreboard().result(60)
    assert found.truth == elsewhere
    assert [row.name for row in found.board.plain] == [bench.grader]
    assert found.board.reference == bench.grader


def test_that_a_project_without_truth_names_the_option(bench, graded, monkeypatch):
    monkeypatch.setattr(standing, "USUAL", ())
    with pytest.raises(UserError, match=r"no truth table yet.*--truth"):
        bench.scoreboard().result(60)
    assert bench.scoreboard(told=True).result(60).lacking == "truth"  # the window's answer, no failed job


def test_that_a_project_that_nobody_ranked_yet_is_lacking_entries(bench, project, sample):
    found = bench.scoreboard(sample / "images" / "truth.csv", told=True).result(60)
    assert found.lacking == "entries"
    assert "score the project, grade objects" in str(found)
