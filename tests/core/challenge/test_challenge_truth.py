"""What the challenges' tables say of their objects, comments, rules and repetitions included."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from astrolens_gui.api import UserError
from astrolens_gui.core.challenge import truth

FIRST = "ID,is_lens,Einstein_area,numb_pix_lensed_image,flux_lensed_image_in_sigma\n"
SECOND = ",ID,x_crit,ein_area,n_pix_source,n_source_im,mag_eff,n_sources\n"


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_that_the_training_table_gives_lenses_and_their_einstein_radius(tmp_path: Path):
    one_arcsec2_in_sr = 2.3504430539e-11
    table = write(tmp_path / "c.csv", FIRST + f"100000,1,{math.pi * one_arcsec2_in_sr},310,812\n100001,0,0,0,0\n")
    found = truth.read(table)
    assert found.is_lens == {"100000": True, "100001": False}
    assert found.theta_e_arcsec == pytest.approx({"100000": 1.0})
    assert (found.arc_pixels["100000"], found.arc_flux_sigma["100000"]) == (310, 812)
    assert truth.read_truth(table) == found.is_lens


def test_that_an_area_in_square_arcsec_is_understood_as_well(tmp_path: Path):
    table = write(tmp_path / "c.csv", FIRST + f"1,1,{math.pi * 4},3,8\n")
    assert truth.read(table).theta_e_arcsec == pytest.approx({"1": 2.0})


@pytest.mark.parametrize("header", ["ID,no_source,x\n", "# ID,no_source,x\n"])
def test_that_the_test_sets_truth_is_whether_a_source_was_put_there(tmp_path: Path, header: str):
    text = "# truth of the ground test set\n" + header + "200000,0,1.5\n# in between\n200001,1,2.5\n200002.0,1.0,0\n"
    table = write(tmp_path / "ground_catalog.4.csv", text)
    assert truth.read_truth(table) == {"200000": True, "200001": False, "200002": False}


def test_that_challenge_2_excludes_what_is_neither_and_takes_repeated_rows_once(tmp_path: Path):
    rows = (
        "0,200001,0,2.2e-11,21,1,1.7,1", "1,200002,0,1e-11,20,1,1.7,1", "2,200003,0,,0,0,,0", "3,200004,0,1e-11,30,2,0.9,1",
        "4,200005,0,1e-11,30,2,1.2,1", "5,200001,0,2.2e-11,21,1,1.7,1", "6,200004,0,1e-11,30,2,3.0,1",
    )  # fmt: skip
    table = write(tmp_path / "image_catalog2.0train.csv", "# one\n# two\n" + SECOND + "\n".join(rows) + "\n")
    found = truth.read(table)
    assert found.is_lens == {"200001": True, "200003": False}
    assert found.excluded == ["200002", "200004", "200005"]
    assert found.repeated == ["200001", "200004"]
    assert found.theta_e_arcsec["200001"] == pytest.approx(math.sqrt(2.2e-11 / math.pi) * 206264.8, rel=1e-6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ID,grade\n1,A\n", "needs the columns ID and is_lens (or no_source), it has ID, grade"),
        ("ID,is_lens\n1,maybe\n", "line 2: is_lens of 1 is 'maybe'; it must be 0 or 1"),
        ("ID,is_lens\n1,1\n1,1\n", "the ID 1 stands twice; keep one row an object"),
        ("ID,is_lens\n,1\n", "line 2 has no ID"),
        ("ID,no_source\n7,\n", "no_source of 7 is ''"),
        ("", "it has none"),
    ],
)
def test_that_a_table_that_is_none_is_refused_in_one_sentence(tmp_path: Path, text: str, words: str):
    with pytest.raises(UserError) as error:
        truth.read_truth(write(tmp_path / "t.csv", text))
    assert words in str(error.value)
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="can't be read"):
        truth.read_truth(tmp_path / "none.csv")


def test_that_a_table_of_grades_is_no_truth_table(tmp_path: Path):
    assert truth.is_truth(write(tmp_path / "a.csv", FIRST + "1,1,0,0,0\n"))
    assert not truth.is_truth(write(tmp_path / "b.csv", "ID,grade,is_lens\n1,A,1\n"))
    assert not truth.is_truth(write(tmp_path / "c.csv", "ID,score\n1,2\n"))
    assert not truth.is_truth(tmp_path / "none.csv")
