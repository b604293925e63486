"""What the mosaic and the queue ask of a project besides pixels: grades given together, and columns to sort and filter by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import Changes
from astrolens_gui.jobs.job import Job

if TYPE_CHECKING:
    from .opened import Opened

DISAGREEMENT = "disagreement"


def label(opened: Opened, grader: str, rows: Sequence[Mapping[str, Any]], grade: str, origin: str) -> Job[Changes]:
    """One step of many grades; the job is done once all are committed."""
    scheme, given = opened.project.settings["scheme"], [dict(row) for row in rows]

    def work() -> Changes:
        from astrolens_gui.core.labels import together

        return opened.tell(
            together.label(opened.store, given, grader=grader, scheme=scheme, grade=grade, origin=origin)
        )

    return opened.submit_db(work)


def step(opened: Opened, grader: str, verb: str, origin: str) -> Job[Changes]:
    """One `undo` or `redo`: of a single mark, or of grades that were given together."""

    def work() -> Changes:
        from astrolens_gui.core.labels import together

        return opened.tell(getattr(together, verb)(opened.store, grader, origin=origin))

    return opened.submit_db(work)


def facts(opened: Opened, grader: str, name: str) -> Job[Any]:
    """The columns there are (""), how the other graders differ (DISAGREEMENT), or one column."""
    schemes = opened.bench.schemes()
    scheme = schemes.get(opened.project.settings["scheme"]) or next(iter(schemes.values()))
    places = {grade.value: place for place, grade in enumerate(scheme.grades)}

    def work() -> Any:
        from astrolens_gui.core.labels import facts as columns

        with opened.store.database.read() as connection:
            if not name:
                return columns.names(connection)
            if name == DISAGREEMENT:
                return columns.others(connection, grader, places)
            return columns.column(connection, name)

    return opened.submit_db(work)
