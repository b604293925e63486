"""An object is known by its file: names change where stems come to repeat, what was said of the object stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from store_records import Record

from astrolens_gui.api import UserError
from astrolens_gui.core.images.ingest import ObjectRecord, scan
from astrolens_gui.core.labels.records import Place
from astrolens_gui.core.labels.store import Store
from astrolens_gui.core.project import Project


def write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    fits.PrimaryHDU(np.ones((20, 20), np.float32)).writeto(path)
    return path


def take(store: Store, *sources: Path) -> dict[str, str]:
    """Import; the names that changed."""
    found = [one for one in scan(sources) if isinstance(one, ObjectRecord)]
    renamed = store.add_objects(found).extra["renamed"]
    assert store.add_objects(found).objects == ()  # the same again is nothing new
    return renamed


def names(store: Store) -> list[str]:
    return [row.name for row in store.objects()]


def files(project: Project, store: Store) -> list[Path]:
    return [project.resolve(row.root, row.planes[0]["path"]) for row in store.objects()]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "lenses.astrolens")


@pytest.fixture
def ids(tmp_path: Path) -> Path:
    write(tmp_path / "ids" / "x" / "a.fits")
    return tmp_path / "ids"


def test_that_a_stem_that_comes_to_repeat_renames_the_object_and_keeps_its_grade(project: Project, ids: Path) -> None:
    with project.store() as store:
        assert take(store, ids) == {}
        assert names(store) == ["a"]
        store.label(1, "A", grader="me", scheme="abcx")
        write(ids / "y" / "a.fits")
        assert take(store, ids) == {"a": "x/a.fits"}
        assert names(store) == ["x/a.fits", "y/a.fits"]
        assert [(row.name, row.grade) for row in store.labels()] == [("x/a.fits", "A")]


def test_that_a_folder_below_a_root_gives_the_names_of_the_root(project: Project, ids: Path) -> None:
    with project.store() as store:
        take(store, ids)
        added = write(ids / "y" / "a.fits")
        assert take(store, ids / "y") == {"a": "x/a.fits"}
        assert names(store) == ["x/a.fits", "y/a.fits"]
        assert list(project.roots) == ["ids"]
        assert take(store, ids) == take(store, added) == {}
        write(ids / "z" / "a.fits")
        take(store, ids / "z")  # on its own the stem does not repeat, in the project it does
        assert names(store) == ["x/a.fits", "y/a.fits", "z/a.fits"]


def test_that_a_folder_above_a_root_gives_no_file_twice(project: Project, ids: Path) -> None:
    with project.store() as store:
        take(store, ids / "x")
        write(ids / "y" / "a.fits")
        write(ids / "b.fits")
        take(store, ids)
        assert sorted(files(project, store)) == [ids / "b.fits", ids / "x" / "a.fits", ids / "y" / "a.fits"]
        assert names(store)[0] == "a.fits"
        assert sorted(names(store)) == ["a.fits", "b", "y/a.fits"]


def test_that_the_key_is_the_first_path_for_ever(project: Project, ids: Path) -> None:
    with project.store() as store:
        take(store, ids)
        assert store.objects()[0].meta["key"] == "x/a.fits"
        write(ids / "y" / "a.fits")
        take(store, ids)
        (ids / "y" / "a.fits").unlink()
        (ids / "x" / "a.fits").rename(ids / "x" / "a.fit")
        take(store, ids)
        assert store.objects()[0].meta["key"] == "x/a.fits"


def test_that_a_file_that_moved_in_its_root_is_the_same_object(project: Project, ids: Path) -> None:
    with project.store() as store:
        take(store, ids)
        (ids / "late").mkdir()
        (ids / "x" / "a.fits").rename(ids / "late" / "a.fits")
        assert take(store, ids) == {}
        assert files(project, store) == [ids / "late" / "a.fits"]
        assert (names(store), store.objects()[0].meta["key"]) == (["a"], "x/a.fits")


def test_that_another_band_folder_joins_the_object_that_was_there(project: Project, tmp_path: Path) -> None:
    write(tmp_path / "deep" / "VIS" / "a.fits")
    with project.store() as store:
        take(store, tmp_path / "deep" / "VIS")
        store.label(1, "A", grader="me", scheme="abcx")
        write(tmp_path / "deep" / "Y" / "a.fits")
        take(store, tmp_path / "deep")
        [row] = store.objects()
        assert [project.resolve(row.root, plane["path"]) for plane in row.planes] == [
            tmp_path / "deep" / band / "a.fits" for band in ("VIS", "Y")
        ]
        assert store.counts() == {"A": 1}


def test_that_the_same_path_under_two_roots_gives_both_the_roots_name(opened: Callable[[], Store]) -> None:
    store = opened()
    store.add_objects([Record("a"), Record("b")])
    other = Record("a", base=Path("/images/nonlenses"))
    changes = store.add_objects([other])
    assert changes.extra["renamed"] == {"a": "/images/lenses/a.fits"}
    assert changes.extra["updated"] == (1,)
    assert names(store) == ["/images/lenses/a.fits", "b", "/images/nonlenses/a.fits"]
    assert opened().add_objects([other, Record("a")]).objects == ()


def test_that_an_id_never_comes_to_mean_another_object(opened: Callable[[], Store]) -> None:
    """What a table from before said of `a` must not be taken for a newcomer's, nor for one of the two."""
    store = opened()

    def record(name: str, path: str) -> Record:
        return Record(name, planes=({"path": path, "hdu": 0},), stem="a")

    store.add_objects([record("a", "x/a.fits")])
    store.add_objects([record("x/a.fits", "x/a.fits"), record("y/a.fits", "y/a.fits")])
    store = opened()
    store.add_objects([record("a", "z/a.fits")])
    assert names(store) == ["x/a.fits", "y/a.fits", "z/a.fits"]
    assert store.label_many([{"ID": "a", "grade": "A"}], grader="me", scheme="abcx").extra["unknown"] == ["a"]


def test_that_names_do_not_depend_on_the_order_or_number_of_imports(tmp_path: Path) -> None:
    records = [
        Record(name, base=tmp_path / base, planes=({"path": path},), stem=name)
        for name, base, path in [
            ("a", "one", "x/a.fits"),
            ("a", "one", "y/a.fits"),
            ("a", "two", "x/a.fits"),
            ("b", "two", "b.fits"),
            ("c", "two", "c.fits"),
            ("c", "one", "c.fits"),
        ]
    ]

    def address(root: str, path: str) -> str:
        return f"{tmp_path}/{root}/{path}"

    for one in records:
        write(one.base / one.planes[0]["path"])
    found = set()
    for at, order in enumerate([records, records[::-1], [records[place] for place in (2, 5, 0, 3, 1, 4)]]):
        for step in (1, 6):
            with Store(
                tmp_path / f"{at}-{step}.sqlite", place_of=lambda base: Place(base.name), address=address
            ) as store:
                for start in range(0, 6, step):
                    store.add_objects(order[start : start + step])
                with store.database.read() as connection:
                    query = "SELECT root, path, name FROM objects ORDER BY root, path"
                    found.add(tuple(map(tuple, connection.exec_driver_sql(query))))
    assert found == {
        (
            ("one", "c.fits", "one/c.fits"),
            ("one", "x/a.fits", "one/x/a.fits"),
            ("one", "y/a.fits", "y/a.fits"),
            ("two", "b.fits", "b"),
            ("two", "c.fits", "two/c.fits"),
            ("two", "x/a.fits", "two/x/a.fits"),
        )
    }


@pytest.mark.parametrize("scale", [0.0, -0.1, float("nan"), float("inf")])
def test_that_a_pixel_scale_that_is_none_is_refused(ids: Path, scale: float) -> None:
    with pytest.raises(UserError, match=r"--pixel-scale must be a positive number of arcsec per pixel"):
        list(scan([ids], pixel_scale=scale))
