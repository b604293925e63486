"""Grades, comments, measurements and boxes as verbs: each step is one event on the db lane; knows no widget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import Changes
from astrolens_gui.jobs.job import Job

if TYPE_CHECKING:
    from .opened import Opened

_SKY = ("ra", "dec", "w_arcsec", "h_arcsec", "pa_deg")


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


def measure(opened: Opened, grader: str, object_id: int, values: Mapping[str, Any], origin: str) -> Job[Changes]:
    return _write(opened, grader, "measure", object_id, dict(values), origin=origin)


def measures(opened: Opened, grader: str, object_id: int | None) -> Job[dict[Any, Any]]:
    return opened.submit_db(lambda: opened.store.measures(object_id, grader))


def add_boxes(
    opened: Opened, grader: str, object_id: int, boxes: Sequence[Mapping[str, Any]], wcs: Any, origin: str
) -> Job[Changes]:
    def work() -> Changes:
        from astrolens_gui.core.images.outline import on_sky

        return opened.tell(opened.store.add_boxes(object_id, on_sky(boxes, wcs), grader=grader, origin=origin))

    return opened.submit_db(work)


def change_box(
    opened: Opened, grader: str, box: str, changed: Mapping[str, Any], wcs: Any, origin: str
) -> Job[Changes]:
    """On the db lane altogether: two changes that follow each other closely keep their order."""

    def work() -> Changes:
        return opened.tell(opened.store.change_box(box, _on_sky(changed, wcs), grader=grader, origin=origin))

    return opened.submit_db(work)


def _on_sky(changed: Mapping[str, Any], wcs: Any) -> dict[str, Any]:
    """What moved on a plane has its place on the sky by that plane alone; a change of its name moves nothing."""
    from astrolens_gui.core.images.outline import on_sky

    if "x" not in changed:
        return dict(changed)
    more = {name: value for name, value in (changed.get("more") or {}).items() if name != "sky"}
    [placed] = on_sky([{**dict.fromkeys(_SKY), **changed, "more": more}], wcs)
    return placed


def remove_box(opened: Opened, grader: str, boxes: Sequence[str], origin: str) -> Job[Changes]:
    return _write(opened, grader, "remove_box", *boxes, origin=origin)


def boxes(opened: Opened, object_id: int | None, wcs: Any) -> Job[list[Any]]:
    """Those with a place on the sky that is not in the projection of `wcs` are left out."""

    def work() -> list[Any]:
        rows = opened.on_db(lambda: opened.store.boxes(object_id))
        return rows if wcs is None else _placed(rows, wcs)

    return opened.bench.runner.submit("view", work, quiet=True)


def _placed(rows: list[Any], wcs: Any) -> list[Any]:
    from astrolens_gui.core.images.outline import on_image

    found = dict(enumerate(rows))
    for at, row in enumerate(rows):
        if row.ra is not None and row.w_arcsec is not None:
            del found[at]
    for one in on_image([{**rows[at].state, "at": at} for at in range(len(rows)) if at not in found], wcs):
        at = one.pop("at")
        found[at] = replace(rows[at], **one)
    return [found[at] for at in sorted(found)]
