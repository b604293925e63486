"""A person's own schemes are written as they are read, refused row by row, and say what a change does to labels."""

from __future__ import annotations

from pathlib import Path

import pytest

from astrolens_gui.core import paths
from astrolens_gui.core.labels.events import given
from astrolens_gui.core.labels.schemecheck import faults, faults_of_own
from astrolens_gui.core.labels.schemefiles import as_toml, consequences, copy_of, save_own, values_of
from astrolens_gui.core.labels.schemes import SchemeError, load_schemes, parse, shipped
from astrolens_gui.core.labels.store import Store
from astrolens_gui.core.project import Project

ABCX = shipped()["abcx"]


@pytest.mark.parametrize("name", sorted(shipped()))
def test_that_a_scheme_written_is_the_scheme_read(name: str) -> None:
    assert parse(as_toml(values_of(shipped()[name])), "written") == shipped()[name]


def test_that_any_text_survives_the_file() -> None:
    values = values_of(ABCX) | {"doc": 'A "quote", a \\ and\na second line, 0.5″ \x7f'}
    assert parse(as_toml(values), "written").doc == values["doc"]


def test_that_each_fault_names_its_row_and_field() -> None:
    values = copy_of(ABCX, shipped())
    values["grades"][1] |= {"value": "A", "positive": 2.0}
    values["grades"][2] |= {"criterion": " ", "colour": "blue"}
    values["subtypes"][3]["key"] = "G"
    found = {(one.table, one.row, one.field) for one in faults_of_own(values, {"abcx"}, {"p": "Next panel"})}
    assert found == {
        ("grades", 1, "value"),
        ("grades", 1, "positive"),
        ("grades", 2, "criterion"),
        ("grades", 2, "colour"),
        ("subtypes", 1, "key"),  # p is taken in the window
        ("subtypes", 3, "key"),  # G is g of another row
    }


@pytest.mark.parametrize(
    ("name", "said"), [("abcx", "already"), ("Two words", "file's name"), ("../up", "file's name")]
)
def test_that_an_id_is_new_and_fit_for_a_file(name: str, said: str) -> None:
    (fault,) = faults_of_own(values_of(ABCX) | {"id": name}, {"abcx"}, {})
    assert (fault.row, fault.field) == (-1, "id")
    assert said in fault.sentence


def test_that_a_copy_has_an_id_of_its_own_and_is_sound() -> None:
    first = copy_of(ABCX, {"abcx"})
    second = copy_of(ABCX, {"abcx", first["id"]})
    assert (first["id"], second["id"]) == ("my-abcx", "my-abcx-2")
    assert not faults_of_own(second, {"abcx", first["id"]}, {})


def test_that_a_saved_scheme_is_found_and_one_with_a_fault_writes_nothing() -> None:
    values = copy_of(ABCX, shipped())
    (path,) = save_own(values)
    assert path == paths.home() / "schemes" / "my-abcx.toml"
    assert load_schemes()["my-abcx"].title == "A / B / C / X (my own)"
    with pytest.raises(SchemeError, match="criterion must be given"):
        save_own(values | {"grades": [values["grades"][0] | {"criterion": ""}]})
    assert len(load_schemes()["my-abcx"].grades) == 4
    assert not list(path.parent.glob("*.partial"))


def test_that_the_copy_of_a_project_follows_and_the_file_keeps_its_name(tmp_path: Path) -> None:
    values = copy_of(ABCX, shipped())
    (path,) = save_own(values)
    path.rename(path.with_name("as I call it.toml"))
    project = Project.create(tmp_path / "p.astrolens", scheme="my-abcx")
    written = save_own(values | {"title": "Ours"}, project.folder)
    assert [one.name for one in written] == ["as I call it.toml"] * 2
    assert load_schemes(project.folder)["my-abcx"].title == "Ours"


def test_that_a_folder_that_is_none_is_said_with_its_path() -> None:
    (paths.home() / "schemes").write_text("a file stands where the folder should be")
    with pytest.raises(SchemeError, match=r"my-abcx\.toml cannot be written"):
        save_own(copy_of(ABCX, shipped()))


def test_that_labels_are_counted_by_scheme_as_they_stand_now(store: Store) -> None:
    for target, grade, scheme, kind in ((1, "A", "abcx", ""), (2, "A", "abcx", "ring"), (3, "3", "0-3", "")):
        store.label(target, grade, grader="ann", scheme=scheme, subtype=kind)
    store.label(1, "X", grader="ann", scheme="abcx")
    store.label(2, "A", grader="bob", scheme="abcx", subtype="ring")
    store.comment(4, "no grade", grader="ann")
    with store.database.read() as connection:
        assert given(connection, "abcx") == {("X", ""): 1, ("A", "ring"): 2}
        assert given(connection, "sled") == {}


def test_that_labels_there_are_told_what_a_change_does_to_them() -> None:
    counts = {("A", ""): 3, ("A", "ring"): 1, ("X", "spiral"): 2000}
    assert consequences(ABCX, values_of(ABCX), counts) == []
    after = values_of(ABCX)
    after["grades"] = [after["grades"][0] | {"positive": 0.9, "criterion": "An arc."}, *after["grades"][1:3]]
    after["subtypes"] = [row for row in after["subtypes"] if row["value"] != "ring"]
    learnt, criterion, gone, numbers, kind = consequences(ABCX, after, counts)
    assert learnt == "4 labels are A; models learn from them as a lens with probability 0.9, not as before."
    assert criterion == "4 labels are A by the criterion that stood before."
    assert "2,000 labels are X, no grade of the scheme any more" in gone
    assert numbers.startswith("Means and lists by number change")
    assert "1 label is of the kind ring" in kind
    assert consequences(ABCX, after, {}) == []


def test_that_new_keys_and_titles_need_no_warning() -> None:
    after = values_of(ABCX)
    after["grades"] = [row | {"key": str(9 - at), "title": "New"} for at, row in enumerate(after["grades"])]
    assert consequences(ABCX, after, {("A", ""): 3}) == []
    assert not faults(after)
