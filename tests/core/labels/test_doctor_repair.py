"""`astrolens doctor PROJECT --repair`, from the command to the labels, and what a table's import says of odd grades."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from store_records import records

from astrolens_gui.__main__ import main
from astrolens_gui.core.project import Project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "images").mkdir()
    project = Project.create(tmp_path / "p.astrolens")
    with project.store() as store:
        store.add_objects(records(300))
        store.label(1, "A", grader="me", scheme="abcx")
        store.backup()
    return project


def _damage(path: Path) -> None:
    """Overwrite the middle of the file, as a bad disk would."""
    content = bytearray(path.read_bytes())
    third = len(content) // 3
    content[third : 2 * third] = b"\xa5" * third
    path.write_bytes(content)


def _doctor(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, list[tuple[str, str]]]]:
    """The exit code, and (state, text) by topic."""
    capsys.readouterr()
    code = main(["doctor", *map(str, arguments), "--json"])
    found: dict[str, list[tuple[str, str]]] = {}
    for one in json.loads(capsys.readouterr().out)["findings"]:
        found.setdefault(one["topic"], []).append((one["state"], one["text"]))
    return code, found


def test_that_doctor_finds_a_damaged_database_and_repair_mends_it(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    _damage(project.database_file)
    damaged = project.database_file.read_bytes()
    code, found = _doctor(capsys, project.folder)
    assert code == 1
    assert "wrong" in {state for state, _ in found["database"]}
    assert project.database_file.read_bytes() == damaged  # looking mends nothing
    _, found = _doctor(capsys, project.folder, "--repair")
    assert any("was restored from labels-" in text for _, text in found["repair"])
    [(state, text)] = found["database"]
    assert (state, "300 objects, 1 labels" in text) == ("ok", True)
    [kept] = [one for one in project.folder.glob("labels.sqlite.damaged-*") if not one.name.endswith(("-wal", "-shm"))]
    assert kept.read_bytes() == damaged
    with Project.open(project.folder).store() as store:
        assert [(row.name, row.grade) for row in store.labels()] == [("object0000", "A")]
        assert store.integrity() == []
        store.label(2, "B", grader="me", scheme="abcx")


def test_that_repair_of_a_sound_project_changes_no_label(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    with project.store() as store:
        before = store.events()
    _, found = _doctor(capsys, project.folder, "--repair")
    assert found["database"][0][0] == "ok"
    with project.store() as store:
        assert store.events() == before
    assert list(project.folder.glob("labels.sqlite.damaged-*")) == []


def test_that_repair_without_a_sound_backup_leaves_the_file(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    _damage(project.database_file)
    for one in (project.folder / "backups").iterdir():
        one.unlink()
    damaged = project.database_file.read_bytes()
    code, found = _doctor(capsys, project.folder, "--repair")
    assert code == 1
    assert any("holds no sound backup" in text for topic in found.values() for _, text in topic)
    assert project.database_file.read_bytes() == damaged


def test_that_an_import_of_labels_says_which_grades_the_scheme_does_not_know(
    project: Project, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "q.csv"
    table.write_text("ID,grade\nobject0001,B\nobject0002,lens\nobject0003,lens\n", encoding="utf-8")
    assert main(["label", str(project.folder), "--from", str(table), "--grader", "me", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["added"] == 3
    [sentence] = said["notes"]
    assert "scheme abcx has no grade 'lens'; its 2 rows are kept and shown, training leaves them out" in sentence
    with project.store() as store:
        assert store.counts() == {"A": 1, "B": 1, "lens": 2}
