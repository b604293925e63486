"""Two windows on one project: each sees what the other gave, and nothing is lost or doubled."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from astrolens_gui.workbench import Workbench


@pytest.fixture
def other(project: Path) -> Iterator[Workbench]:
    with Workbench.start() as bench:
        bench.open(project).result(60)
        yield bench


def heard(bench: Workbench) -> list[Any]:
    told: list[Any] = []
    bench.subscribe(told.append)
    bench.look_elsewhere().result(60)
    told.clear()
    return told


def test_that_a_grade_given_in_one_window_is_told_in_the_other_once(bench, other, project):
    told = heard(other)
    ids = bench.queue("random").result(60).object
    bench.label(int(ids[0]), "B").result(60)
    bench.label(int(ids[1]), "A").result(60)
    other.label(int(ids[2]), "X").result(60)
    assert other.look_elsewhere().result(60) == 2
    assert [one.labels for one in told if one.origin == "elsewhere"] == [(int(ids[0]), int(ids[1]))]
    assert other.look_elsewhere().result(60) == 0
    assert other.label_of(int(ids[0])).result(60).grade == "B"


def test_that_an_undo_in_one_window_takes_back_what_was_last_given_in_either(bench, other, project):
    ids = bench.queue("random").result(60).object
    told = heard(bench)
    bench.label(int(ids[0]), "B").result(60)
    other.label(int(ids[1]), "A").result(60)
    other.undo().result(60)
    other.undo().result(60)
    bench.look_elsewhere().result(60)
    assert {one for change in told if change.origin == "elsewhere" for one in change.labels} == {
        int(ids[0]),
        int(ids[1]),
    }
    assert bench.queue(None).result(60).labelled.sum() == 0


def test_that_two_windows_that_grade_at_once_lose_no_update(bench, other, project):
    ids = [int(one) for one in bench.queue("random").result(60).object[:10]]
    given: list[tuple[int, str]] = []

    def grade(who: Workbench, grades: str) -> None:
        for at in range(60):
            one, value = ids[at % len(ids)], grades[at % len(grades)]
            who.label(one, value).result(60)
            given.append((one, value))

    threads = [threading.Thread(target=grade, args=each) for each in ((bench, "AB"), (other, "CX"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    opened = bench.opened
    events = opened.on_db(lambda: opened.store.events())
    assert Counter((event.object, event.grade) for event in events) == Counter(given)
    last = {event.object: event.grade for event in events}
    for who in (bench, other):
        assert {one: who.label_of(one).result(60).grade for one in ids} == last


def test_that_images_imported_in_one_window_are_told_in_the_other_once_all_are_there(
    bench, other, project, sample, tmp_path
):
    told = heard(other)
    for number, path in enumerate(sorted(sample.glob("**/*.fits"))[:3]):
        (tmp_path / "more").mkdir(exist_ok=True)
        (tmp_path / "more" / f"new_{number}.fits").write_bytes(path.read_bytes())
    before = len(other.queue("random").result(60).object)
    told.clear()
    bench.import_images([tmp_path / "more"]).result(60)
    other.look_elsewhere().result(60)
    assert told == []  # more of them may come
    other.look_elsewhere().result(60)
    [change] = told
    assert (len(change.objects), change.queue, change.origin) == (3, True, "elsewhere")
    assert change.message == "3 objects were imported in another window"
    assert len(other.queue(None).result(60).object) == before + 3
    assert other.image(change.objects[0], None).result(60).path == tmp_path / "more" / "new_0.fits"
    other.look_elsewhere().result(60)
    bench.look_elsewhere().result(60)
    mine = heard(bench)
    bench.look_elsewhere().result(60)
    assert (len(told), mine) == (1, [])


def test_that_a_model_put_in_use_in_one_window_is_told_in_the_other(bench, other, graded):
    def models(told: list[Any]) -> list[Any]:
        return [one.models for one in told if one.origin == "elsewhere" and one.models]

    told = heard(other)
    first = bench.train("toy").result(120).model
    other.look_elsewhere().result(60)
    assert models(told) == [(first,)]
    second = bench.train("toy", {"epochs": 2}).result(120).model
    other.look_elsewhere().result(60)
    told.clear()
    mine = heard(bench)
    now = bench.opened.on_db(lambda: bench.store.champion()).id
    wanted = first if now == second else second
    other.set_champion(wanted).result(60)
    other.look_elsewhere().result(60)
    bench.look_elsewhere().result(60)
    assert (models(told), models(mine)) == ([], [(wanted,)])
    assert mine[-1].message == f"{wanted} was put in use in another window"
