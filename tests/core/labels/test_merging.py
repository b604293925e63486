"""Merging histories: exact, repeatable, the same in any order, and no event twice."""

from __future__ import annotations

import itertools

import pytest
from store_records import Record

from astrolens_gui.core.labels import merging, turns
from astrolens_gui.core.labels.store import Store

NAMES = ("a", "b", "c")


def grade(store, name, value, who, minute, **more):
    row = {"ID": name, "grade": value, "grader": who, "time": f"2026-05-01T10:{minute:02d}:00Z", **more}
    store.label_many([row], grader=who, scheme="abcx", why="queue")


@pytest.fixture
def make(tmp_path):
    opened = []

    def store(name, order=NAMES, address=None):
        made = Store(address or tmp_path / f"{name}.sqlite")
        made.add_objects([Record(one) for one in order])
        opened.append(made)
        return made

    yield store
    for one in opened:
        one.close()


def merge(store, other):
    ids = store.ids(NAMES)
    theirs = {row.id: ids[row.name] for row in other.objects()}
    with store.database.write() as connection:
        return merging.merge(connection, other.events(), theirs)


def said(store):
    """All that stands, and the whole history but the merges' own events, by content."""
    names = {row.id: row.name for row in store.objects()}
    stand = {
        (one.name, one.grader): (one.grade, one.subtype, one.comment, one.time, one.seconds)
        for one in store.labels(graded=False)
    }
    measured = {(names[one.object], one.grader): one.values for one in store.measured()}
    boxes = sorted((names[one.object], one.source, one.x, one.class_name) for one in store.boxes())
    events = sorted(
        (names.get(one.object), one.grader, one.time, one.kind, one.grade, one.comment, one.seconds, one.why)
        for one in store.events()
        if one.why != merging.CLOSER
    )
    return stand, measured, boxes, events


def test_that_a_merge_is_exact_and_the_second_adds_nothing(make, address):
    """Into either engine, from a file."""
    here, there = make("here", address=address), make("there", NAMES[::-1])
    grade(here, "a", "A", "ada", 1)
    grade(there, "a", "B", "bob", 2, subtype="ring", comment="thin, red", seconds=4.5)
    id = there.ids(["b"])["b"]
    there.label(id, "X", grader="bob", scheme="abcx")
    there.undo("bob")
    there.redo("bob")
    there.measure(id, {"theta_E_arcsec": 1.25}, grader="bob")
    there.add_box(id, {"class_name": "arc", "x": 3.0, "y": 4.0, "w": 2.0, "h": 2.0}, grader="bob")
    [box] = there.boxes()
    there.change_box(box.box, {"x": 5.0}, grader="bob")
    theirs = said(there)
    made = merge(here, there)
    assert made.taken == {"bob": 7}
    assert made.twice == 0
    mine = said(here)
    assert {key: value for key, value in mine[0].items() if key[1] == "bob"} == theirs[0]
    assert mine[1:3] == theirs[1:3]
    assert mine[2] == [("b", "bob", 5.0, "arc")]
    assert [one for one in mine[3] if one[1] == "bob"] == theirs[3]
    again = merge(here, there)
    assert (again.ids, again.here) == ([], 7)
    assert said(here) == mine


def test_that_every_order_of_merging_ends_in_the_same(make):
    """Copies of one project on three machines, one grader at two of them, with undos on either side."""

    def three(tag):
        stores = [make(f"{tag}{n}") for n in range(3)]
        for at, store in enumerate(stores):
            grade(store, "a", "A", "ada", 1)  # before they parted
            grade(store, "a", "BCX"[at], "ada", 30 - at)
            grade(store, "b", "X", "ada" if at else "bob", 5 + at, comment=f"from {at}")
        stores[2].undo("ada")
        return stores

    ends = []
    for at, order in enumerate(list(itertools.permutations(range(3)))[1::2]):
        stores = three(f"o{at}")
        target = stores[order[0]]
        for other in order[1:]:
            merge(target, stores[other])
        before = said(target)
        for other in order[1:]:
            assert merge(target, stores[other]).ids == []
        assert said(target) == before
        stand, measured, boxes, events = before
        ends.append((stand, measured, boxes, [event for event in events if event[3] != "retract"]))
    assert all(end == ends[0] for end in ends)
    assert ends[0][0]["a", "ada"][0] == "B"  # 10:30, the latest by the clock, whatever came last
    assert sum(event[2].endswith("10:01:00.000Z") for event in ends[0][3]) == 1  # what they shared is there once


@pytest.mark.parametrize("later", ["A", "B"])
def test_that_both_directions_end_in_the_same_grade_time_and_count(make, later):
    """One grader graded one object on two machines; a copy of either merges the other, and each then takes the first's end."""

    def machines(tag):
        early, late = make(f"{tag} early"), make(f"{tag} late")
        grade(early, "a", "A", "ada", 1, seconds=7.0, comment="an arc")
        grade(late, "a", later, "ada", 5, seconds=3.0)
        for store, only in ((early, "b"), (late, "c")):
            grade(store, only, "X", "ada", 2)
        return early, late

    early, late = machines("one")
    other_early, other_late = machines("two")
    assert merge(early, late).twice == merge(other_late, other_early).twice == 1
    assert said(early) == said(other_late)
    assert said(early)[0]["a", "ada"] == (later, "", "an arc", "2026-05-01T10:05:00.000Z", 3.0)
    with early.database.read() as connection:
        assert [why for _, why in turns.lately(connection, "ada", 9)].count(merging.CLOSER) == 0
    empty = make("empty")
    for store in (late, other_early, empty):  # the end, taken by those it was made of, and by one that had nothing
        assert merge(store, other_late).twice == 0
        assert said(store) == said(early)
        assert merge(store, other_late).ids == []


def test_that_what_only_the_other_has_stands_as_it_does_there(make):
    """A table with times of its own was taken last: the clock does not decide what one person decided in one project."""
    there, here = make("there"), make("here")
    grade(there, "a", "A", "ada", 9)
    grade(there, "a", "C", "ada", 3)
    made = merge(here, there)
    assert (made.twice, said(here)) == (0, said(there))
    assert said(here)[0]["a", "ada"][0] == "C"


def test_that_labels_of_objects_that_are_not_here_are_counted(make):
    here, there = make("h", NAMES[:2]), make("t")
    grade(there, "c", "A", "bob", 1)
    ids = here.ids(NAMES)
    theirs = {row.id: ids[row.name] for row in there.objects() if row.name in ids}
    with here.database.write() as connection:
        made = merging.merge(connection, there.events(), theirs)
    assert (made.foreign, made.ids) == (1, [])
