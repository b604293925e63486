"""The project folder: made, opened, moved, and refused in a sentence."""

from __future__ import annotations

import shutil
import threading
import tomllib
from pathlib import Path

import pytest

from astrolens_gui.core.project import FORMAT, Project, ProjectError


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "survey" / "images"
    folder.mkdir(parents=True)
    (folder / "one.fits").write_bytes(b"SIMPLE")
    return folder


@pytest.fixture
def project(tmp_path: Path, images: Path) -> Project:
    project = Project.create(tmp_path / "survey" / "lenses.astrolens")
    project.add_root(images)
    return project


def test_that_a_project_opens_as_it_was_made(project: Project) -> None:
    again = Project.open(project.folder)
    assert (again.folder, again.format, again.name, again.roots) == (project.folder, FORMAT, "lenses", project.roots)
    assert again.settings == project.settings
    assert Project.open(project.folder / "project.toml").name == "lenses"


def test_that_settings_of_every_kind_survive(project: Project) -> None:
    odd = {
        "title": 'é "quoted" \\ back\nline\t\x7f',
        "bands": ["VIS", "Y"],
        "prior": 5e-4,
        "wide": True,
        "by": {"x y": 1, "z": [1, 2]},
    }
    project.settings.update(odd)
    project.save()
    found = Project.open(project.folder).settings
    assert {name: found[name] for name in odd} == odd


def test_that_a_copied_project_finds_its_images(project: Project, images: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere" / "copy.astrolens"
    shutil.copytree(project.folder, copy)
    assert Project.open(copy).resolve("images", "one.fits") == images / "one.fits"
    assert Project.open(copy).missing_roots() == []


def test_that_project_and_images_move_together(project: Project, tmp_path: Path) -> None:
    (tmp_path / "survey").rename(tmp_path / "moved")
    moved = Project.open(tmp_path / "moved" / "lenses.astrolens")
    assert moved.resolve("images", "one.fits") == tmp_path / "moved" / "images" / "one.fits"
    moved.save()
    assert tomllib.loads((moved.folder / "project.toml").read_text())["roots"]["images"]["path"] == str(
        tmp_path / "moved" / "images"
    )


def test_that_images_that_moved_alone_are_named_and_can_be_relocated(
    project: Project, images: Path, tmp_path: Path
) -> None:
    images.rename(tmp_path / "pictures")
    lost = Project.open(project.folder)
    [sentence] = lost.missing_roots()
    assert f"astrolens relocate {project.folder} images=" in sentence
    lost.relocate("images", tmp_path / "pictures")
    assert Project.open(project.folder).resolve("images", "one.fits").is_file()


def test_that_a_disk_that_is_away_keeps_its_address(project: Project, images: Path, tmp_path: Path) -> None:
    """Opened and saved elsewhere while the images are unmounted: both old addresses stay, so that they are found again."""
    before = tomllib.loads((project.folder / "project.toml").read_text())["roots"]
    images.rename(tmp_path / "unmounted")
    away = Project.open(project.folder)
    away.settings["seed"] = 3
    away.save()
    assert tomllib.loads((project.folder / "project.toml").read_text())["roots"] == before


def test_that_a_root_inside_the_project_is_relative_only(project: Project, tmp_path: Path) -> None:
    inside = project.folder / "sample"
    inside.mkdir()
    name = project.add_root(inside)
    assert tomllib.loads((project.folder / "project.toml").read_text())["roots"][name] == {"relative": "sample"}
    copy = shutil.copytree(project.folder, tmp_path / "copy.astrolens")
    assert Project.open(copy).resolve(name, "x.fits") == tmp_path / "copy.astrolens" / "sample" / "x.fits"


def test_that_a_folder_becomes_one_root_whatever_its_spelling(project: Project, images: Path, tmp_path: Path) -> None:
    assert project.add_root(images / ".." / "images") == "images"
    (tmp_path / "link").symlink_to(images)
    assert project.add_root(tmp_path / "link") == "images"
    other = tmp_path / "other" / "images"
    other.mkdir(parents=True)
    assert project.add_root(other) == "images-2"
    assert Project.open(project.folder).roots["images-2"] == other


def test_that_objects_are_stored_relative_to_their_root(project: Project, images: Path) -> None:
    import sys

    sys.path.insert(0, str(Path(__file__).parent / "labels"))
    from store_records import Record

    with project.store() as store:
        store.add_objects([Record("one", base=images, planes=({"path": "one.fits", "hdu": 0},))])
        [row] = store.objects()
        assert row.root == "images"
        assert project.resolve(row.root, row.planes[0]["path"]) == images / "one.fits"


def test_that_labels_survive_the_move(project: Project, tmp_path: Path) -> None:
    from astrolens_gui.core.labels.store import Store

    with project.store() as store:
        assert isinstance(store, Store)
        store.record("note", "first", grader="me")
    project.folder.rename(tmp_path / "there.astrolens")
    with Project.open(tmp_path / "there.astrolens").store() as store:
        assert [event.comment for event in store.events()] == ["first"]


def test_that_a_damaged_project_is_repaired(project: Project) -> None:
    with project.store() as store:
        store.record("note", "kept", grader="me")
        store.backup()
    project.database_file.write_bytes(b"rubbish" * 1000)
    assert "was restored from" in project.repair().done
    with project.store() as store:
        assert [event.comment for event in store.events()] == ["kept"]
    assert "is sound" in project.repair().done


def test_that_the_daily_backup_is_made_on_opening(project: Project, images: Path) -> None:
    from astrolens_gui.core.labels.store import ObjectRow

    assert ObjectRow  # the store's rows are named here, so that its import is not what is timed
    with project.store() as store, store.database.write() as connection:
        connection.exec_driver_sql("INSERT INTO objects (id, name, planes, meta) VALUES (1, 'one', '[]', '{}')")
    project.store().close()
    assert len(list((project.folder / "backups").glob("labels-*-daily.sqlite"))) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "is not a project"),
        ("format = ", "is damaged"),
        ('name = "x"', "does not say its format"),
        ("format = 1\nroots = 3", "does not say its format or its roots"),
        (f"format = {FORMAT + 1}", f"newer AstroLens .format {FORMAT + 1}, this one knows {FORMAT}.; update AstroLens"),
    ],
)
def test_that_a_wrong_folder_is_refused_in_a_sentence(tmp_path: Path, content: str | None, sentence: str) -> None:
    if content is not None:
        (tmp_path / "project.toml").write_text(content)
    with pytest.raises(ProjectError, match=sentence) as refused:
        Project.open(tmp_path)
    assert str(tmp_path) in str(refused.value)


def test_that_a_project_is_not_made_over_something(project: Project, images: Path) -> None:
    with pytest.raises(ProjectError, match="is a project already; open it"):
        Project.create(project.folder)
    with pytest.raises(ProjectError, match="holds other files; name a new folder"):
        Project.create(images)
    assert [path.name for path in images.iterdir()] == ["one.fits"]


def test_that_an_unknown_root_is_refused_in_a_sentence(project: Project, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"has no root 'x' \(it has images\)"):
        project.resolve("x", "one.fits")
    with pytest.raises(ProjectError, match="has no root 'x'"):
        project.relocate("x", tmp_path)
    with pytest.raises(ProjectError, match="is not a folder; give the folder that now holds"):
        project.relocate("images", tmp_path / "nowhere")


def test_that_reading_a_project_loads_no_database_library() -> None:
    import subprocess
    import sys

    code = (
        "import sys, astrolens_gui.core.project, astrolens_gui.core.labels.schemes; print('sqlalchemy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60).stdout == "False\n"


@pytest.mark.parametrize("state", ["is missing", "is empty"])
@pytest.mark.parametrize("read_only", [False, True])
def test_that_a_lost_database_is_never_replaced_by_an_empty_one(project: Project, state: str, read_only: bool) -> None:
    from astrolens_gui.core.labels.store import StoreError

    with project.store() as store:
        store.record("note", "kept", grader="me")
        store.backup()
    project.database_file.unlink()
    if state == "is empty":
        project.database_file.touch()
    for _ in range(2):
        with pytest.raises(StoreError, match=f"{state}.*`astrolens doctor {project.folder} --repair`"):
            project.store(read_only)
    assert "was restored from labels-" in project.repair().done
    with project.store(read_only) as store:
        assert [event.comment for event in store.events()] == ["kept"]


def test_that_a_database_without_tables_is_refused(project: Project) -> None:
    import sqlite3

    from astrolens_gui.core.labels.store import StoreError

    project.database_file.unlink()
    with sqlite3.connect(project.database_file) as connection:
        connection.execute("PRAGMA user_version=3")
    connection.close()
    with pytest.raises(StoreError, match=r"holds no tables of AstroLens; `astrolens doctor .* --repair`"):
        project.store()


def test_that_a_project_whose_database_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    from astrolens_gui.core.labels.store import StoreError

    with pytest.raises(StoreError, match="mysql is not supported"):
        Project.create(tmp_path / "new.astrolens", database="mysql://me@localhost/x")
    assert list(tmp_path.iterdir()) == []


def folder_of(parent: Path, name: str = "images") -> Path:
    (parent / name).mkdir(parents=True)
    return parent / name


def test_that_what_two_windows_change_both_stays(project: Project, tmp_path: Path) -> None:
    """Each has read the file before the other wrote it."""
    project.settings["mix"] = {"top": 1.0}
    project.save()
    one, other = Project.open(project.folder), Project.open(project.folder)
    other.settings["blind"] = {"golden": 0.1}
    del other.settings["mix"]
    other.save()
    root = other.add_root(folder_of(tmp_path / "more", "later"))
    one.settings["scheme"] = "0-3"
    one.save()
    assert (one.settings["mix"], "blind" in one.settings) == ({"top": 1.0}, False)  # a window shows what it chose
    one.save()
    now = Project.open(project.folder)
    assert (now.settings["scheme"], now.settings["blind"]) == ("0-3", {"golden": 0.1})
    assert "mix" not in now.settings
    assert now.roots[root] == tmp_path / "more" / "later"
    other.settings["scheme"] = "binary"
    other.save()
    assert Project.open(project.folder).settings["scheme"] == "binary"  # of one key the last word counts


def test_that_folders_of_one_name_imported_in_two_windows_are_two_roots(project: Project, tmp_path: Path) -> None:
    one, other = Project.open(project.folder), Project.open(project.folder)
    first, second = folder_of(tmp_path / "x", "field"), folder_of(tmp_path / "y", "field")
    roots = one.add_root(first), other.add_root(second)
    assert len(set(roots)) == 2
    assert one.resolve(roots[1], "a.fits") == second / "a.fits"  # told by the file, not opened anew
    assert one.locate(roots[1], "a.fits") == f"{second}/a.fits"
    assert other.place(first).root == roots[0]
    moved = folder_of(tmp_path / "z", "field")
    one.relocate(roots[0], moved)
    other.save()
    assert Project.open(project.folder).roots == {**project.roots, roots[0]: moved, roots[1]: second}


def test_that_windows_that_import_at_once_lose_no_folder(project: Project, tmp_path: Path) -> None:
    wanted = [[folder_of(tmp_path / f"{who}{n}") for n in range(15)] for who in "ab"]
    windows = [Project.open(project.folder) for _ in wanted]

    def work(window: Project, folders: list[Path]) -> None:
        for folder in folders:
            window.add_root(folder)

    threads = [threading.Thread(target=work, args=each) for each in zip(windows, wanted, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(Project.open(project.folder).roots.values()) >= {folder for some in wanted for folder in some}
