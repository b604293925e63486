"""Grades, comments, measurements, boxes and undo as verbs: each step is one event on the db lane; knows no widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import Changes
from astrolens_gui.jobs.job import Job

if TYPE_CHECKING:
    from .opened import Opened


def _write(opened: Opened, grader: str, verb: str, *arguments: Any, origin: str, **more: Any) -> Job[Changes]:
    """A method of the store that appends one event; its changes are told once they are committed."""

    def work() -> Changes:
        return opened.tell(getattr(opened.store, verb)(*arguments, grader=grader, origin=origin, **more))

    return opened.submit_db(work)


def label(
    opened: Opened, grader: str, object_id: int, grade: str, said: Mapping[str, Any], origin: str
) -> Job[Changes]:
    scheme = opened.project.settings["scheme"]
    return _write(opened, grader, "label", object_id, grade, scheme=scheme, origin=origin, **said)


def comment(opened: Opened, grader: str, object_id: int, text: str, origin: str) -> Job[Changes]:
    return _write(opened, grader, "comment", object_id, text, origin=origin)


def step(opened: Opened, grader: str, verb: str, origin: str) -> Job[Changes]:
    """One `undo` or `redo`."""
    return _write(opened, grader, verb, origin=origin)


def measure(opened: Opened, grader: str, object_id: int, values: Mapping[str, Any], origin: str) -> Job[Changes]:
    return _write(opened, grader, "measure", object_id, dict(values), origin=origin)


def measures(opened: Opened, grader: str, object_id: int | None) -> Job[dict[Any, Any]]:
    return opened.submit_db(lambda: opened.store.measures(object_id, grader))


def add_boxes(
    opened: Opened, grader: str, object_id: int, boxes: Sequence[Mapping[str, Any]], origin: str
) -> Job[Changes]:
    return _write(opened, grader, "add_boxes", object_id, [dict(box) for box in boxes], origin=origin)


def change_box(opened: Opened, grader: str, box: str, changed: Mapping[str, Any], origin: str) -> Job[Changes]:
    return _write(opened, grader, "change_box", box, dict(changed), origin=origin)


def remove_box(opened: Opened, grader: str, boxes: Sequence[str], origin: str) -> Job[Changes]:
    return _write(opened, grader, "remove_box", *boxes, origin=origin)


def boxes(opened: Opened, object_id: int | None) -> Job[list[Any]]:
    return opened.submit_db(lambda: opened.store.boxes(object_id))
