"""The display recipe in the project's folder: kept whole, and never in the way of opening it."""

from __future__ import annotations

from pathlib import Path

import pytest

from astrolens_gui.core.images.recipe import Recipe
from astrolens_gui.core.project import Project, ProjectError

LOCKED = Recipe(mode="rgb", q=4.0, lock="project", locked={"": (-1e-11, 3e-10)}, scales={"H": 0.7})


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "lenses.astrolens")


def test_that_a_recipe_comes_back_when_the_project_is_opened_again(project: Project) -> None:
    assert project.display == {}
    project.set_display(LOCKED.as_dict())
    assert Recipe.from_dict(Project.open(project.folder).display) == LOCKED
    assert not list(project.folder.glob("*.partial"))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "\x00\xff"])
def test_that_a_damaged_recipe_is_as_none(project: Project, text: str) -> None:
    (project.folder / "display.json").write_text(text, encoding="latin-1")
    assert Project.open(project.folder).display == {}


def test_that_an_unchanged_recipe_is_not_written_again(project: Project) -> None:
    project.set_display({"stretch": "log"})
    before = (project.folder / "display.json").stat()
    project.set_display({"stretch": "log"})
    after = (project.folder / "display.json").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_that_a_folder_that_is_gone_says_so(project: Project) -> None:
    project.folder.rename(project.folder.with_name("elsewhere"))
    with pytest.raises(ProjectError, match="cannot be written"):
        project.set_display({"stretch": "log"})
