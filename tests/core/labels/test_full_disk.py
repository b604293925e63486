"""A disk that is really full: a sentence with the remedy, every earlier label intact, and grading goes on once there is room."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from store_records import records

from astrolens_gui.core.labels.records import StoreError
from astrolens_gui.core.labels.store import Store


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB."""
    place = tmp_path / "small"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)], capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"a small file system can't be mounted here: {done.stderr.strip()[:100]}")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=False)


def fill(store: Store, note: str = "x" * 200) -> tuple[list[tuple[int, str]], str]:
    """Grade until the disk refuses: (what was saved, the sentence)."""
    given: list[tuple[int, str]] = []
    for turn in range(100_000):
        one, grade = turn % 20 + 1, "ABCX"[turn % 4]
        try:
            store.label(one, grade, grader="ada", scheme="abcx", screen={"stretch": "asinh", "note": note})
        except StoreError as error:
            return given, str(error)
        given.append((one, grade))
    raise AssertionError("the disk is not small")


def stuff(path: Path) -> None:
    """Write a file until there is no room left."""
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 512)
    assert shutil.disk_usage(path.parent).free < 4096


def test_that_a_full_disk_refuses_a_label_in_a_sentence_and_loses_none(small_disk: Path) -> None:
    with Store(small_disk / "labels.sqlite") as store:
        store.add_objects(records(20))
        (small_disk / "other.bin").write_bytes(b"\0" * 200_000)
        given, said = fill(store)
        assert len(given) > 100
        assert "labels.sqlite: the disk is full; nothing of this step was saved, make room and try again" in said
        assert [(event.object, event.grade) for event in store.events()] == given
        for _ in range(3):
            with pytest.raises(StoreError, match="make room"):
                store.label(1, "A", grader="ada", scheme="abcx", screen={"note": "x" * 9000})
        (small_disk / "other.bin").unlink()
        store.label(1, "C", grader="ada", scheme="abcx")
        assert [(event.object, event.grade) for event in store.events()] == [*given, (1, "C")]
        assert store.integrity() == []


def test_that_a_project_on_a_full_disk_still_opens_and_shows_its_labels(small_disk: Path) -> None:
    database = small_disk / "labels.sqlite"
    with Store(database) as store:
        store.add_objects(records(20))
        (small_disk / "other.bin").write_bytes(b"\0" * 400_000)
        given, _ = fill(store)
    room = small_disk / "rest.bin"
    stuff(room)
    with Store(database) as store:
        assert len(store.events()) == len(given)
        assert store.queue_table("ada")["labelled"].sum() == 20
        assert "disk" in fill(store, "x" * 9000)[1]
    room.unlink()
    (small_disk / "other.bin").unlink()
    with Store(database) as store:
        store.label(2, "B", grader="ada", scheme="abcx")
        assert store.integrity() == []
