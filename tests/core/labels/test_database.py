"""How a database is opened where it cannot be, or should not be as usual."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from store_records import records

from astrolens_gui.core.labels import database
from astrolens_gui.core.labels.store import Store, StoreError

MOUNTS = """/dev/sda1 / ext4 rw 0 0
server:/home /home nfs4 rw 0 0
tmpfs /home/ana/fast tmpfs rw 0 0
//nas/my\\040data /mnt/my\\040data cifs rw 0 0
ana@far: /mnt/far fuse.sshfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/data/project", ""),
        ("/home/ana/project", "nfs4"),
        ("/home/ana/fast/project", ""),
        ("/homes/ana", ""),
        ("/mnt/my data/project", "cifs"),
        ("/mnt/far", "fuse.sshfs"),
    ],
)
def test_that_network_file_systems_are_known(tmp_path: Path, path: str, kind: str) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(MOUNTS)
    assert database.network_file_system(Path(path), mounts) == kind


def test_that_a_system_without_mounts_is_taken_as_local(tmp_path: Path) -> None:
    assert database.network_file_system(tmp_path, tmp_path / "none") == ""


def test_that_a_network_file_system_gets_no_wal_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "network_file_system", lambda path: "nfs4")
    with Store(tmp_path / "labels.sqlite") as store:
        assert "network file system (nfs4)" in store.notices[0]
        with store.database.read() as connection:
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "delete"
        store.add_objects(records(1))
        assert store.label(1, "A", grader="me", scheme="abcx").events == (1,)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("/nowhere/at/all/labels.sqlite", "/nowhere/at/all is not a folder"),
        ("mysql://me@host/db", "use a SQLite file or a postgresql:// address"),
        ("post gres://", "cannot be read; write postgresql://"),
    ],
)
def test_that_a_wrong_address_is_refused_in_a_sentence(address: str, sentence: str) -> None:
    with pytest.raises(StoreError, match=sentence):
        Store(address)


def test_that_a_server_that_is_away_is_named_without_the_password() -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(StoreError, match=r"127\.0\.0\.1:1/lenses: the database server does not answer") as refused:
        Store("postgresql://ana:secret@127.0.0.1:1/lenses")
    assert "secret" not in str(refused.value)


def test_that_a_project_held_by_another_program_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    with Store(tmp_path / "labels.sqlite") as first, Store(tmp_path / "labels.sqlite") as second:
        with first.database.write(), pytest.raises(StoreError, match="another program"):
            second.add_objects(records(1))
        assert second.add_objects(records(1)).objects == (1,)


_AS_NOBODY = """
import os, sys
from pathlib import Path
from astrolens_gui.core.labels.store import Store
from astrolens_gui.core.project import Project
import sqlalchemy.dialects.sqlite, sqlite3
project = Project.open(Path(sys.argv[1]))
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
with project.store(read_only=True) as store:
    print(store.count(), store.labels()[0].grade)
for act in (project.store, project.save, lambda: project.models_dir):
    try:
        act()
        print("written")
    except ValueError as error:
        print(error)
"""


@pytest.mark.skipif(os.name == "nt", reason="folders are made read-only in another way there")
def test_that_a_read_only_project_can_be_looked_at_and_says_why_not_more(tmp_path: Path) -> None:
    from astrolens_gui.core.project import Project

    project = Project.create(tmp_path / "p.astrolens")
    with project.store() as store:
        store.add_objects(records(2))
        store.label(1, "A", grader="me", scheme="abcx")
    # The tests may run as root, who may write everywhere: the child becomes nobody, who must be able to come this far.
    parents = [one for one in tmp_path.parents if any("pytest" in part for part in one.parts)]
    before = {one: one.stat().st_mode for one in (tmp_path, project.folder, *parents)}
    for one, mode in before.items():
        one.chmod(mode | 0o555 if one in parents else 0o555)
    (project.folder / "labels.sqlite").chmod(0o444)
    try:
        done = subprocess.run(
            [sys.executable, "-c", _AS_NOBODY, str(project.folder)], capture_output=True, text=True, timeout=60
        )
    finally:
        for one, mode in before.items():
            one.chmod(mode)
    lines = done.stdout.splitlines()
    assert done.returncode == 0, done.stderr
    assert lines[0] == "2 A"
    assert len(lines) == 4
    for line in lines[1:]:
        assert "p.astrolens" in line
        assert "copy the project" in line
