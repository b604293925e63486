"""Entries of people, models and tables on one scoreboard."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from astrolens_gui.api import UserError
from astrolens_gui.core.labels.schemes import load_schemes
from astrolens_gui.core.learn import board, boardfiles
from astrolens_gui.core.learn.entries import Entry, Truth, consensus, of_person, read_scores, read_truth
from astrolens_gui.core.learn.metrics import Ranking

SCHEMES = load_schemes()


@pytest.fixture(scope="module")
def truth() -> Truth:
    is_lens = np.arange(3000) < 800
    return Truth(Path("t.csv"), tuple(f"o{at}" for at in range(3000)), is_lens)


@pytest.fixture(scope="module")
def made(truth) -> board.Board:
    random = np.random.default_rng(0)
    shared = random.normal(0, 1, 3000)
    logits = {name: shared + random.normal(0, 0.4, 3000) + gap * truth.is_lens for name, gap in
              (("good", 2.4), ("twin", 2.38), ("poor", 1.5))}  # fmt: skip
    half = np.where(np.arange(3000) % 2 == 0, logits["good"], np.nan)
    entries = [Entry(name, "model", logit) for name, logit in logits.items()]
    return board.scoreboard(truth, [*entries, Entry("half", "person", half)], draws=300)


def test_that_grades_rank_as_their_scheme_says_and_ties_stay_whole(truth):
    said = [("o0", "abcx", "A"), ("o1", "abcx", "B"), ("o2999", "abcx", "X"), ("o2998", "abcx", "B")]
    person = of_person("ada", truth, [*said, ("o5", "abcx", "nonsense"), ("elsewhere", "abcx", "A")], SCHEMES)
    assert person is not None
    assert [person.logit[at] for at in (0, 1, 2999, 2998)] == [1.0, 0.75, 0.0, 0.75]  # A and B train alike, B is less
    assert person.unscored == 3000 - 4
    assert "4 graded in 3 grades; 1 with a grade that ranks nothing" in person.note
    rank = Ranking.of(truth.is_lens, person.logit)
    assert rank.tpr_n(1) == 1 / 800  # B holds a non-lens: the lens of its group counts only with it
    assert rank.tpr_n(10) == 2 / 800
    assert of_person("nobody", truth, [("elsewhere", "abcx", "A")], SCHEMES) is None


def test_that_a_consensus_is_the_mean_of_those_who_graded():
    one, two = np.array([1.0, 0.5, np.nan, np.nan]), np.array([0.0, np.nan, 0.5, np.nan])
    both = consensus([Entry("a", "person", one), Entry("b", "person", two)])
    assert both is not None
    np.testing.assert_array_equal(both.logit, [0.5, 0.5, 0.5, np.nan])
    assert consensus([Entry("a", "person", one)]) is None


def test_that_a_paired_difference_tells_worse_from_like(made):
    rows = {row.name: row for row in made.against("good")}
    assert rows["good"].difference == {}
    (value, (low, high)) = rows["twin"].difference["AUROC"]
    assert low <= value <= high
    assert low < 0 < high
    assert rows["poor"].difference["AUROC"][1][1] < 0
    assert rows["poor"].difference["tpr_fpr1e3"][1][1] < 0
    logit = next(one.logit for one in made.entries if one.name == "poor")
    assert Ranking.of(made.truth.is_lens, logit).auroc() == rows["poor"].AUROC


def test_that_what_beats_a_default_is_named_with_its_figures(made):
    assert made.better_than("good") == []
    found = {(name, figure) for name, figure, _, _ in made.better_than("poor")}
    assert {("good", "AUROC"), ("twin", "AUROC"), ("good", "tpr_fpr1e3")} <= found


def test_that_unscored_objects_count_unless_one_asks_for_those_of_an_entry(truth, made):
    half = next(row for row in made.plain if row.name == "half")
    assert (half.unscored, half.N_pos, half.N_neg) == (1500, 800, 2200)
    among = board.scoreboard(truth, list(made.entries), among="half", draws=50)
    rows = {row.name: row for row in among.rows}
    assert (rows["half"].N_pos, rows["half"].unscored) == (400, 0)
    assert rows["half"].AUROC == rows["good"].AUROC  # the same numbers on the same objects
    assert rows["half"].AUROC > half.AUROC
    assert "half" in among.objects


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"entries": []}, "score the project"),
        ({"reference": "nobody"}, "no entry called nobody; there are good"),
        ({"among": "nobody"}, "no entry called nobody"),
    ],
)
def test_that_a_board_that_cannot_be_is_one_sentence(truth, made, how, words):
    entries = how.pop("entries", list(made.entries))
    with pytest.raises(UserError, match=words):
        board.scoreboard(truth, entries, draws=10, **how)
    with pytest.raises(UserError, match="two entries are called good"):
        board.scoreboard(truth, [*made.entries, made.entries[0]], draws=10)


def test_that_no_difference_at_fpr_1e3_is_claimed_from_too_few_non_lenses(truth, made):
    rows = np.arange(3000) < 1500
    few = board.scoreboard(truth.only(rows), [one.only(rows) for one in made.entries], draws=50)
    assert all("tpr_fpr1e3" not in row.difference for row in few.rows)
    assert few.plain[0].tpr_fpr1e3_ci[0] == 0.0  # the safe interval: 700 non-lenses say nothing about the lower end
    assert "| – |" in boardfiles.as_markdown(few)


def test_that_every_form_of_the_board_says_the_same(made, tmp_path):
    for name in ("board.md", "board.csv", "board.json", "board.png"):
        boardfiles.write(made, tmp_path / name)
    best = made.plain[0]
    text = (tmp_path / "board.md").read_text(encoding="utf-8")
    assert f"| {best.name} | {best.kind} | {best.AUROC:.3f} (" in text
    rows = json.loads((tmp_path / "board.json").read_text())["rows"]
    assert [row["name"] for row in rows] == [row.name for row in made.plain]
    assert rows[0]["AUROC"] == best.AUROC
    assert rows[0]["AUROC_difference"] is None
    table = (tmp_path / "board.csv").read_text().splitlines()
    assert len(table) == 1 + len(rows)
    assert table[0].startswith("name,kind,AUROC,AUROC_low,AUROC_high")
    assert (tmp_path / "board.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(UserError, match="end the name so"):
        boardfiles.write(made, tmp_path / "board.doc")


def test_that_straight_lines_of_a_roc_curve_are_straight_over_log_fpr():
    fpr, tpr = np.array([0.0, 0.0, 0.5, 1.0]), np.array([0.0, 0.2, 0.7, 1.0])
    x, y = boardfiles.for_log(fpr, tpr, 0.01)
    assert x.min() == pytest.approx(0.01)
    np.testing.assert_allclose(np.interp(x[2:], fpr[1:], tpr[1:])[x[2:] > 0.0101], y[2:][x[2:] > 0.0101], atol=1e-12)


def test_that_the_challenges_tables_and_comments_are_read_as_truth(tmp_path):
    (tmp_path / "c.csv").write_text(
        "# made by hand\nID,is_lens,Einstein_area,numb_pix_lensed_image,flux_lensed_image_in_sigma\n"
        "100000,1,3.14159265,120,45\n100001,0,0,0,0\n"
    )
    (tmp_path / "s.csv").write_text("# a score\nID,score\n100000,0.9\n100001,0.9\n")
    known = read_truth(tmp_path / "c.csv")
    assert known.is_lens.tolist() == [True, False]
    assert known.columns["theta_E_arcsec"][0] == pytest.approx(1.0, abs=1e-6)
    assert known.columns["arc_snr"][0] == 45
    entry, missing = read_scores(tmp_path / "s.csv", known, "ours")
    assert (entry.name, entry.unscored, missing) == ("ours", 0, 0)
    (tmp_path / "t.csv").write_text("ID,is_lens,theta_E_arcsec,arc_snr\na,1,1.2,33\nb,0,,\n")
    assert read_truth(tmp_path / "t.csv").columns["arc_snr"][0] == 33


def test_that_names_of_tables_are_taken_from_the_person_or_the_file():
    assert boardfiles.named(["a=x/y.csv", "z/b.csv"]) == {"a": Path("x/y.csv"), "b": Path("z/b.csv")}
    with pytest.raises(UserError, match="NAME=FILE"):
        boardfiles.named(["x/a.csv", "y/a.csv"])


def test_that_an_entry_that_learnt_from_the_objects_is_marked_and_says_so_under_the_table(truth, made):
    taught = np.arange(len(truth.ids)) < 50
    entries = [replace(made.entries[0], note="cnn", taught=taught), *made.entries[1:]]
    found = board.scoreboard(truth, entries, draws=20)
    name, said = entries[0].name, "cnn · learnt from 50 of these objects"
    assert f"{name} *: {said}" in boardfiles.as_text(found)
    assert any(line.startswith(f"{name} * ") for line in boardfiles.as_text(found))
    text = boardfiles.as_markdown(found)
    assert f"| {name} \\* | " in text
    assert f"- {name} \\*: {said}" in text
    assert text.count("\\*") == 3  # nobody else is marked; the third is the legend
    unseen = board.scoreboard(truth.only(~taught), [one.only(~taught) for one in entries], draws=20)
    assert "*" not in "".join(boardfiles.as_text(unseen))
    assert f"{name}: cnn" in boardfiles.as_text(unseen)


def test_that_an_id_is_named_alike_in_every_table(tmp_path: Path):
    (tmp_path / "t.csv").write_text("ID,no_source,arc_snr\n100000.0,0,7.5\n 100001 ,1,\n")
    (tmp_path / "s.csv").write_text("ID,logit\n100000,2\n100001.0,-1\n")
    truth = read_truth(tmp_path / "t.csv")
    assert truth.ids == ("100000", "100001")
    assert truth.is_lens.tolist() == [True, False]
    assert truth.columns["arc_snr"][0] == 7.5
    entry, missing = read_scores(tmp_path / "s.csv", truth)
    assert (entry.logit.tolist(), missing) == ([2.0, -1.0], 0)
    (tmp_path / "s.csv").write_text("ID,logit\n100000,2\n100000.0,-1\n")
    with pytest.raises(UserError, match="the ID 100000 stands twice"):
        read_scores(tmp_path / "s.csv", truth)


def test_that_anomalymatchs_scores_are_an_entry(tmp_path):
    """Its table and its database; what it was trained on it never scores."""
    ids = ("c1", "c2.5", "c3", "c4")
    truth = Truth(tmp_path / "truth.csv", ids, np.array([True, False, True, False]))
    (tmp_path / "top.csv").write_text("Filename,Score\nstamps/c1.png,0.75\nc2.5.png,0.25\nc3,0\nother.png,0.9\n")
    with sqlite3.connect(tmp_path / "predictions.db") as database:
        database.execute("CREATE TABLE run_metadata (key TEXT, value TEXT)")
        database.execute("CREATE TABLE results (id INTEGER PRIMARY KEY, filename TEXT, score INTEGER)")
        database.execute("INSERT INTO run_metadata VALUES ('schema_version', '4')")
        for name, bits in (("c1.png", 1061158912), ("c2.5.png", 1048576000), ("c3.fits", 0)):
            database.execute("INSERT INTO results (filename, score) VALUES (?, ?)", (name, bits))
    for name in ("top.csv", "predictions.db"):
        entry, missing = read_scores(tmp_path / name, truth)
        np.testing.assert_array_equal(entry.logit, [0.75, 0.25, 0.0, np.nan])
        assert (entry.name, entry.kind, missing) == (name.split(".")[0], "table", 1)
    (tmp_path / "two.csv").write_text("filename,score\na/c1.png,0.75\nb/c1.png,0.25\n")
    with pytest.raises(UserError, match=r"b/c1\.png and another file would both be c1"):
        read_scores(tmp_path / "two.csv", truth)
