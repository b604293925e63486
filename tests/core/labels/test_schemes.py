"""The shipped grading schemes hold together, and a project's own are read or refused in a sentence."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from astrolens_gui.core import paths
from astrolens_gui.core.labels.schemes import SchemeError, load_schemes, own_problems, parse
from astrolens_gui.core.project import Project
from astrolens_gui.workbench import Workbench

GOOD = """
id = "mine"
title = "Mine"
doc = "Two grades."
[[grades]]
key = "1"
value = "yes"
title = "Yes"
criterion = "An arc."
colour = "#56B4E9"
positive = 1.0
[[grades]]
key = "2"
value = "no"
title = "No"
criterion = "No arc."
colour = "#999999"
"""


def test_that_the_six_schemes_are_shipped() -> None:
    found = {name: [grade.value for grade in scheme.grades] for name, scheme in load_schemes().items()}
    assert found == {
        "0-3": ["3", "2", "1", "0"],
        "abcx": ["A", "B", "C", "X"],
        "binary": ["lens", "nonlens"],
        "euclid": ["A", "B", "C", "I", "X"],
        "sled": ["CONFIRMED", "CANDIDATE", "CONTAMINANT"],
        "sml": ["L", "ML", "SA", "NL"],
    }


@pytest.mark.parametrize("name", ["0-3", "abcx", "binary", "euclid", "sled", "sml"])
def test_that_a_scheme_can_train_and_can_be_told_apart(name: str) -> None:
    scheme = load_schemes()[name]
    targets = [grade.positive for grade in scheme.grades if grade.positive is not None]
    assert targets == sorted(targets, reverse=True), "grades run from the best to the lowest"
    assert (targets[0], targets[-1], scheme.lowest.positive) == (1.0, 0.0, 0.0)
    assert len({grade.colour for grade in scheme.grades}) == len(scheme.grades)
    assert all(re.fullmatch(r"\d", grade.key) for grade in scheme.grades), "digits grade"
    assert not {entry.key for entry in scheme.subtypes} & set("asiboermcjk"), "these keys belong to the image view"


def test_that_interesting_objects_stay_out_of_training() -> None:
    grade = load_schemes()["euclid"].grade("I")
    assert grade is not None
    assert grade.positive is None
    assert load_schemes()["euclid"].grade("who knows") is None


def test_that_a_projects_scheme_is_found(tmp_path: Path) -> None:
    (tmp_path / "schemes").mkdir()
    (tmp_path / "schemes" / "mine.toml").write_text(GOOD, encoding="utf-8")
    schemes = load_schemes(tmp_path)
    assert schemes["mine"].lowest.value == "no"
    assert "abcx" in schemes


@pytest.mark.parametrize(
    ("old", "new", "line", "sentence"),
    [
        ('value = "no"', 'value = "yes"', 14, "grade 'yes' is used twice"),
        ('key = "2"', 'key = "1"', 13, "key '1' is used twice"),
        ("positive = 1.0", "positive = 1.5", 11, "positive of grade yes must be a number from 0 to 1"),
        ('"#999999"', '"grey"', 17, "must look like #56B4E9"),
        ('criterion = "An arc."', "", 5, "criterion must be given as text"),
        ('id = "mine"', "id = 3", 2, "id must be given as text"),
        ("[[grades]]", "[[grade]]", 1, "at least one"),
        ('title = "Mine"', 'title = "Mine', 3, "not valid TOML"),
    ],
)
def test_that_a_wrong_scheme_is_refused_in_a_sentence(old: str, new: str, line: int, sentence: str) -> None:
    with pytest.raises(SchemeError, match=re.escape(sentence)) as refused:
        parse(GOOD.replace(old, new), "mine.toml")
    said = str(refused.value)
    assert said.startswith("mine.toml: ")
    assert "or move the file away: labels given by it are kept" in said
    assert re.search(rf"\bline {line}\b", said)


def test_that_a_project_with_a_broken_scheme_is_refused_and_the_one_before_stays_open(tmp_path: Path) -> None:
    with Workbench.start() as bench:
        bench.open(tmp_path / "good.astrolens", create={}).result(30)
        Project.create(tmp_path / "bad.astrolens")
        scheme = tmp_path / "bad.astrolens" / "schemes" / "mine.toml"
        scheme.parent.mkdir()
        scheme.write_text("id = \ntitle = 3\n", encoding="utf-8")
        with pytest.raises(
            SchemeError, match=r"mine\.toml: not valid TOML \(.*line 1, .*\); correct that line, or move"
        ):
            bench.open(tmp_path / "bad.astrolens").result(30)
        assert bench.info().result(30).folder == tmp_path / "good.astrolens"
        scheme.rename(tmp_path / "mine.toml")
        bench.open(tmp_path / "bad.astrolens").result(30)


OWN = """id = "mine"
title = "Mine"
doc = "Two answers."

[[grades]]
key = "1"
value = "yes"
title = "Yes"
criterion = "An arc."
colour = "#56b4e9"
positive = 1.0

[[grades]]
key = "2"
value = "no"
title = "No"
criterion = "None."
colour = "#999999"
positive = 0.0
"""


@pytest.fixture
def own_folder() -> Path:
    folder = paths.home() / "schemes"
    folder.mkdir(exist_ok=True)
    (folder / "mine.toml").write_text(OWN)
    (folder / "wrong.toml").write_text("id = ")
    return folder


def test_that_a_persons_own_scheme_is_there_and_a_broken_one_only_named(own_folder: Path) -> None:
    assert [grade.value for grade in load_schemes()["mine"].grades] == ["yes", "no"]
    (problem,) = own_problems()
    assert "wrong.toml: not valid TOML" in problem


def test_that_a_project_graded_by_a_persons_own_scheme_takes_it_along(own_folder: Path, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "p.astrolens", scheme="mine")
    shutil.rmtree(own_folder)
    assert "mine" in load_schemes(project.folder)
    assert "mine" not in load_schemes()
    assert not (Project.create(tmp_path / "q.astrolens").folder / "schemes").exists()
