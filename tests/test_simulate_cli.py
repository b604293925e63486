"""astrolens simulate: parameters of any backend as flags, the challenge's layout, painting, and its mistakes in one sentence."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from astrolens_gui.__main__ import main


def rows(table: Path) -> list[dict[str, str]]:
    with table.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_that_a_simulation_in_the_challenges_layout_imports_with_its_truth(tmp_path: Path, capsys):
    out = tmp_path / "GroundBasedTraining"
    argv = ["simulate", out, "--layout", "challenge", "--survey", "challenge1_ground", "--count", 5, "--size", 32]
    assert main([*map(str, argv), "--lens-fraction", "1"]) == 0
    assert "5 objects in" in capsys.readouterr().out
    found = rows(out / "classifications.csv")
    assert [row["ID"] for row in found] == ["100000", "100001", "100002", "100003", "100004"]
    assert all(0 < float(row["Einstein_area"]) < 1e-8 for row in found)
    assert max(int(row["numb_pix_lensed_image"]) for row in found) > 0
    assert len(list(out.rglob("imageSDSS_U-*.fits"))) == 5
    project = str(tmp_path / "p.astrolens")
    assert main(["import", project, str(out)]) == 0
    assert main(["label", project, "--from", str(out / "classifications.csv")]) == 0
    assert "5 labels taken" in capsys.readouterr().out


def test_that_a_simulation_that_is_there_is_written_again_in_that_layout(tmp_path: Path):
    plain, out = tmp_path / "plain", tmp_path / "out"
    assert main(["simulate", str(plain), "--count", "3", "--size", "32"]) == 0
    assert main(["simulate", str(out), "--from", str(plain), "--layout", "challenge"]) == 0
    assert len(list((out / "Public" / "Band1").glob("imageEUC_VIS-*.fits"))) == 3
    assert [row["name"] for row in rows(out / "truth.csv")] == [row["ID"] for row in rows(plain / "truth.csv")]


def test_that_the_painter_paints_a_folder_from_the_command_line(tmp_path: Path, capsys):
    mine, out = tmp_path / "mine", tmp_path / "out"
    assert main(["simulate", str(mine), "--count", "3", "--size", "48", "--lens-fraction", "0"]) == 0
    assert (
        main(["simulate", str(out), "--backend", "painter", "--into", str(mine), "--fraction", "1", "--count", "9"])
        == 0
    )
    assert "simulated galaxies" not in capsys.readouterr().out
    found = rows(out / "truth.csv")
    assert {row["source"] for row in found} == {row["ID"] for row in rows(mine / "truth.csv")}
    assert all(row["is_golden"] == "1" for row in found)


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["--backend", "cnn"], 1, "the backend cnn simulates nothing; choose "),
        (["--lens-fraction", "2"], 1, "between 0 and 1"),
        (["--sideways", "2"], 2, "unrecognized arguments: --sideways"),
        (["--lens-fracton", "1"], 2, "unrecognized arguments: --lens-fracton 1; did you mean --lens-fraction?"),
        (["--cuont=1"], 2, "did you mean --count?"),
        (["--only", "lenses"], 1, "only must be one of lens, elliptical, "),
        (["--backend", "zoo"], 1, "painter, simulator\n"),
        (["--count", "0"], 1, "count must be at least 1"),
        (["--backend", "painter", "--into", "nowhere", "--count", "9"], 1, "there is no such folder of cutouts"),
        (
            ["--survey", "kids_gri", "--from", "nowhere", "--layout", "challenge"],
            1,
            "name a folder that astrolens simulate wrote",
        ),
    ],
)
def test_that_a_wrong_wish_is_a_sentence(tmp_path: Path, capsys, more: list[str], code: int, words: str):
    assert main(["simulate", str(tmp_path / "out"), *more]) == code
    assert words in capsys.readouterr().err


def test_that_a_survey_which_the_layout_has_no_folder_for_is_refused_before_it_is_drawn(tmp_path: Path, capsys):
    argv = ["simulate", tmp_path / "out", "--layout", "challenge", "--survey", "hsc_grizy", "--count", 100_000]
    assert main([*map(str, argv), "--size", "32"]) == 1
    assert "no challenge had the bands g, r, i, z, y; simulate a survey of VIS" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    plain, again = tmp_path / "plain", tmp_path / "again"
    assert main(["simulate", str(plain), "--survey", "hsc_grizy", "--count", "1", "--size", "32"]) == 0
    assert main(["simulate", str(again), "--from", str(plain), "--layout", "challenge"]) == 1
    assert list(tmp_path.iterdir()) == [plain]


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["simulate"], ["parameters of simulator", "--lens-fraction FLOAT", "(default 0.5)", "One of euclid_vis,"]),
        (["simulate", "--backend", "painter"], ["parameters of painter", "--theta-e-low FLOAT", "(default empty)"]),
        (["train", "--backend=vgg"], ["parameters of vgg", "--epochs INT", "--bands BANDS"]),
    ],
)
def test_that_help_lists_the_parameters_of_the_backend(capsys, argv: list[str], words: list[str]):
    assert main([*argv, "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert not [word for word in words if word not in said]


def test_that_help_for_a_backend_that_cannot_do_it_names_those_that_can(capsys):
    assert main(["train", "--backend", "zoo", "--help"]) == 1
    said = capsys.readouterr().err
    assert "there is no backend 'zoo'; there are: " in said
    assert "cnn" in said
    assert "simulator" not in said


def test_that_a_painting_into_nothing_of_ones_own_says_so(tmp_path: Path, capsys):
    assert (
        main(["simulate", str(tmp_path / "out"), "--backend", "painter", "--survey", "hst_f814w", "--count", "1"]) == 0
    )
    said = capsys.readouterr().out
    assert said.endswith("(no cutouts are given (into): painted into simulated galaxies of hst_f814w)\n")
    assert said.count("\n") == 1


def test_that_an_import_names_the_truth_beside_the_images_and_what_an_empty_folder_lacks(tmp_path: Path, capsys):
    out, empty, project = tmp_path / "sample", tmp_path / "empty", str(tmp_path / "p.astrolens")
    empty.mkdir()
    assert main(["import", project, str(empty)]) == 1
    assert (
        "refused: empty: this folder holds no file; name the folder that the images are in" in capsys.readouterr().err
    )
    assert main(["simulate", str(out), "--count", "2", "--size", "32"]) == 0
    assert main(["import", project, str(out)]) == 0
    said = capsys.readouterr().out
    assert "2 objects added, 0 updated, 0 files refused" in said
    assert f"truth.csv is a truth table; take it with astrolens label --from {out / 'truth.csv'}" in said
    assert main(["import", str(tmp_path / "q.astrolens"), str(out / "truth.csv")]) == 1
