"""What is left of a team's PostgreSQL database when part of it is gone: derived tables come from the history, the rest from a backup."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from store_records import records

from astrolens_gui.core.labels import together
from astrolens_gui.core.labels.store import StoreError
from astrolens_gui.core.project import Project

pytestmark = pytest.mark.parametrize("address", ["postgresql"], indirect=True)


@pytest.fixture
def team(address: str, tmp_path: Path) -> Project:
    """A project whose labels are on the server: single grades, a page, an undo, a comment, a measurement, a box."""
    project = Project.create(tmp_path / "team.astrolens", database=address)
    with project.store() as store:
        store.add_objects(records(8))
        store.label(1, "A", grader="ada", scheme="abcx")
        page = [{"object_id": one} for one in (2, 3, 4)]
        together.label(store, page, grader="ada", scheme="abcx", grade="X")
        store.label(5, "B", grader="bob", scheme="abcx")
        store.label(6, "C", grader="bob", scheme="abcx")
        store.undo("bob")
        store.comment(1, "an arc", grader="bob")
        store.measure(1, {"theta_E_arcsec": 1.5}, grader="ada")
        store.add_box(5, {"x": 1, "y": 2, "w": 3, "h": 4}, grader="bob")
    return project


def said(project: Project) -> tuple[list[object], ...]:
    """All that stands, and the history; a derived box gets a new number when it is derived anew."""
    with project.store() as store:
        return (
            store.labels(graded=False),
            store.measured(),
            [replace(box, id=0) for box in store.boxes()],
            store.events(),
        )


def damage(address: str, *statements: str) -> None:
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        for one in statements:
            connection.execute(one)  # type: ignore[call-overload]


def test_that_lost_and_wrong_current_labels_are_named_and_derived_from_the_history(team: Project, address: str) -> None:
    before = said(team)
    damage(
        address,
        "DELETE FROM current WHERE grader = 'ada'",
        "UPDATE current SET grade = 'A' WHERE grader = 'bob' AND object_id = 5",
        "DELETE FROM measures",
    )
    with team.store() as store:
        (problem,) = store.integrity()
    assert "differ from their history" in problem
    assert "--repair" in problem
    repaired = team.repair()
    assert "PostgreSQL repairs its database with its own tools" in repaired.done
    assert "derived from their history" in repaired.done
    assert said(team) == before
    with team.store() as store:
        assert store.integrity() == []
        assert together.undo(store, "ada").extra["kind"] == "measure"
        assert together.undo(store, "ada").extra["grades"] == {2: "", 3: "", 4: ""}


def test_that_a_table_that_is_gone_is_refused_in_a_sentence_and_nothing_is_made(team: Project, address: str) -> None:
    damage(address, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    for attempt in (lambda: Project.open(team.folder).store().close(), team.repair):
        with pytest.raises(StoreError, match="restore the server's own backup"):
            attempt()
    import psycopg

    with psycopg.connect(address) as connection:
        row = connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone()
    assert row == (0,)


def test_that_the_projects_own_backup_opens_without_the_server(team: Project, address: str) -> None:
    before = said(team)
    with team.store() as store:
        backup = store.backup(team.folder / "backups")
    damage(address, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
    alone = Project.open(team.folder)
    alone.settings["database"] = ""
    alone.save()
    shutil.copyfile(backup, alone.database_file)
    assert said(Project.open(team.folder)) == before
    with Project.open(team.folder).store() as store:
        assert store.integrity() == []
