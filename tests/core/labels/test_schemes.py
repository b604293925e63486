"""The shipped grading schemes hold together, and a project's own are read or refused in a sentence."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from astrolens_gui.core import paths
from astrolens_gui.core.labels.schemes import SchemeError, load_schemes, own_problems, parse
from astrolens_gui.core.project import Project

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
    ("old", "new", "sentence"),
    [
        ('value = "no"', 'value = "yes"', "grade 'yes' is used twice"),
        ('key = "2"', 'key = "1"', "key '1' is used twice"),
        ("positive = 1.0", "positive = 1.5", "positive of grade yes must be a number from 0 to 1"),
        ('"#999999"', '"grey"', "must look like #56B4E9"),
        ('criterion = "An arc."', "", "criterion must be given as text"),
        ('id = "mine"', "id = 3", "id must be given as text"),
        ("[[grades]]", "[[grade]]", "at least one"),
        ('title = "Mine"', 'title = "Mine', "not valid TOML"),
    ],
)
def test_that_a_wrong_scheme_is_refused_in_a_sentence(old: str, new: str, sentence: str) -> None:
    with pytest.raises(SchemeError, match=re.escape(sentence)) as refused:
        parse(GOOD.replace(old, new), "mine.toml")
    assert str(refused.value).startswith("mine.toml: ")


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
