"""The grades of a project as a campaign needs them: first and last answers, repetitions, golden objects; reads, writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import UserError
from astrolens_gui.core.grading.order import DUPLICATE
from astrolens_gui.core.labels.records import CLOSER
from astrolens_gui.core.labels.schemes import load_schemes

from . import golden as golden_objects
from . import standing

if TYPE_CHECKING:
    from astrolens_gui.core.grading.consensus import Given

    from .opened import Opened

JOINT = "joint"
"""How the reason begins of a grade that graders agreed on together: nobody's own answer, and it decides the object's list."""


@dataclass(frozen=True)
class Answers:
    """The history as a campaign needs it.

    Attributes:
        first, last: of each grader and object, as numbers from 0 to 3, in the order of time. repeats: grader → object → numbers.
        rows: (grader, grade, time, seconds, why) of each last answer. silent: (scheme, grade) without a number → how many.
        names: every graded object, by id. golden: object → is a lens. truth: the table that says so.
        joint: object → the number that graders agreed on
            together. objects: in the project. titles: number → the grade of the project's scheme.
        painted: golden objects that are not in the sky.
    """

    first: list[Given]
    last: list[Given]
    repeats: Mapping[str, Mapping[str, list[float]]]
    rows: list[tuple[str, str, str, float | None, str]]
    silent: Mapping[tuple[str, str], int]
    ids: Mapping[str, int]
    golden: Mapping[str, bool]
    truth: Path | None
    joint: Mapping[str, float]
    objects: int
    titles: Mapping[float, str]
    painted: frozenset[str] = frozenset()

    @property
    def graders(self) -> list[str]:
        return sorted({row[0] for row in self.rows})


def gathered(opened: Opened, golden: Path | None) -> Answers:
    """All grades that stand, and the golden objects; the grades taken from a truth table are nobody's.

    Raises:
        UserError: nobody graded.
    """
    from astrolens_gui.core.grading.consensus import Given, numbers

    schemes = load_schemes(opened.project.folder)
    maps = {name: numbers(scheme) for name, scheme in schemes.items()}

    def read() -> Any:
        table = opened.store.queue_table("")
        return opened.store.events(), dict(zip(table["object"].tolist(), table["name"], strict=True))

    events, names = opened.on_db(read)
    first: dict[tuple[str, int], float] = {}
    last: dict[tuple[str, int], float] = {}
    rows: dict[tuple[str, int], tuple[str, str, str, float | None, str]] = {}
    series: dict[str, dict[str, list[float]]] = {}
    again: set[tuple[str, int]] = set()
    silent, joint = Counter[tuple[str, str]](), dict[str, float]()
    standing_now = [one for one in _standing(events) if one.object in names and one.grader != standing.AUTHORITY]
    source = {(one.grader, one.object, one.time, one.grade): one for one in standing_now if one.why != CLOSER}
    for event in standing_now:
        key = (event.grader, event.object)
        number = maps.get(event.scheme, {}).get(event.grade)
        if event.why.startswith(JOINT):
            joint.pop(names[event.object], None)
            if number is not None:
                joint[names[event.object]] = number
            continue
        rows.pop(key, None)
        told = source.get((*key, event.time, event.grade), event)  # a grade that a merge said again is as it was given
        rows[key] = (event.grader, event.grade, event.time, told.seconds, told.why)
        if number is None:
            silent[event.scheme, event.grade] += 1
            last.pop(key, None)  # a grade without a number took the place of one that has one
            continue
        last.pop(key, None)
        last[key] = number
    # by the clock: a merge appends what the other project has, so numbers of events would depend on which was merged into which
    for event in sorted(standing_now, key=lambda one: one.time):
        key, number = (event.grader, event.object), maps.get(event.scheme, {}).get(event.grade)
        if number is None or event.why.startswith(JOINT):
            continue
        first.setdefault(key, number)
        again_now = event.why.startswith(DUPLICATE)
        if event.why != CLOSER and (again_now or names[event.object] not in series.get(event.grader, {})):
            series.setdefault(event.grader, {}).setdefault(names[event.object], []).append(number)
        if again_now:
            again.add(key)
    if not rows:
        raise UserError(f"nobody has graded anything in {opened.project.name} yet; grade, or take labels from a table")
    repeats: dict[str, dict[str, list[float]]] = {}
    for grader, object_id in again:
        repeats.setdefault(grader, {})[names[object_id]] = series[grader][names[object_id]]
    listed = golden_objects.ids(opened)
    path, classes = _golden(opened, golden)
    known = {names[id]: lens for id, lens in classes.items() if id in names}
    own = schemes.get(opened.project.settings["scheme"])
    return Answers(
        first=[Given(grader, names[one], number) for (grader, one), number in first.items()],
        last=[Given(grader, names[one], number) for (grader, one), number in last.items()],
        repeats=repeats,
        rows=list(rows.values()),
        silent=dict(silent),
        ids={names[one]: one for _, one in rows},
        golden=known,
        truth=path,
        joint=joint,
        objects=len(names),
        titles={number: grade for grade, number in numbers(own).items()} if own else {},
        painted=frozenset(one.name for one in listed.values() if one.kind == golden_objects.PAINTED),
    )


def _standing(events: Iterable[Any]) -> Iterable[Any]:
    """The grades that stand, oldest first: an undo takes one away, unless a redo names that undo."""
    listed = list(events)
    redone = {event.retracts for event in listed if event.kind == "retract"}
    gone = {event.retracts for event in listed if event.kind == "retract" and event.id not in redone}
    return (event for event in listed if event.kind == "grade" and event.object is not None and event.id not in gone)


def _golden(opened: Opened, golden: Path | None) -> tuple[Path | None, dict[int, bool]]:
    """(the table, object id → is a lens); without a table none is golden."""
    from astrolens_gui.core.challenge import truth

    path = golden or standing.known_truth(opened)
    if path is None:
        return None, {}
    if golden is not None and not golden.is_file():
        raise UserError(f"{golden}: there is no such table; name a CSV with the columns ID and is_lens")
    classes = truth.read(path).is_lens
    folder = path.resolve().parent.name
    here = opened.on_db(lambda: opened.store.ids([*classes, *(f"{folder}/{name}" for name in classes)]))
    found = {here[one]: lens for name, lens in classes.items() for one in (name, f"{folder}/{name}") if one in here}
    if golden is not None and not found:
        raise UserError(f"{golden}: none of its IDs is an object of {opened.project.name}; compare their names")
    return path, found
