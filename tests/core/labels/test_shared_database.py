"""A database named in project.toml belongs to one project: another one is refused, a copy of the folder is not."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from store_records import records

from astrolens_gui.core.labels.store import StoreError
from astrolens_gui.core.project import Project, ProjectError


@pytest.fixture
def database(address: str | Path) -> str:
    return address if isinstance(address, str) else f"sqlite:///{address}"


def test_that_two_projects_do_not_share_a_database_by_accident(tmp_path: Path, database: str) -> None:
    first = Project.create(tmp_path / "first.astrolens", database=database)
    with first.store() as store:
        store.add_objects(records(2))
    with pytest.raises(StoreError, match="holds another project; give this one a database of its own") as refused:
        Project.create(tmp_path / "second.astrolens", database=database).store()
    assert first.settings["id"] in str(refused.value)
    with Project.open(first.folder).store() as store:
        assert store.count() == 2


def test_that_a_team_works_on_copies_of_one_folder(tmp_path: Path, database: str) -> None:
    first = Project.create(tmp_path / "first.astrolens", database=database)
    first.store().close()
    copy = Project.open(shutil.copytree(first.folder, tmp_path / "colleague.astrolens"))
    with first.store() as ours, copy.store() as theirs:
        ours.add_objects(records(2))
        theirs.label(2, "A", grader="bo", scheme="abcx")
        assert ours.counts() == {"A": 1}


def test_that_another_projects_database_is_not_read_either(tmp_path: Path, database: str) -> None:
    first = Project.create(tmp_path / "first.astrolens", database=database)
    first.store().close()
    copy = Project.open(shutil.copytree(first.folder, tmp_path / "other.astrolens"))
    copy.settings["id"] = "another"
    with pytest.raises(StoreError, match="holds another project"):
        copy.store(read_only=True)


def test_that_a_project_from_before_ids_takes_its_database_and_keeps_the_id(tmp_path: Path, database: str) -> None:
    old = Project.create(tmp_path / "old.astrolens", database=database)
    with old.store() as store, store.database.write() as connection:
        connection.exec_driver_sql("DELETE FROM meta WHERE key = 'project'")
    del old.settings["id"]
    old.save()
    Project.open(old.folder).store(read_only=True).close()
    assert "id" not in Project.open(old.folder).settings  # looking writes nothing
    Project.open(old.folder).store().close()
    again = Project.open(old.folder)
    with again.store() as store, store.database.read() as connection:
        owner = connection.exec_driver_sql("SELECT value FROM meta WHERE key = 'project'").scalar()
    assert owner == again.settings["id"]


def test_that_a_project_with_an_unknown_scheme_is_refused_with_the_schemes(tmp_path: Path) -> None:
    with pytest.raises(
        ProjectError, match=r"no grading scheme 'abc'; choose one of 0-3, abcx, binary, euclid, sled, sml"
    ):
        Project.create(tmp_path / "new.astrolens", scheme="abc")
    assert not (tmp_path / "new.astrolens").exists()
