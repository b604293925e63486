"""Grades as they were when a training began."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import UserError
from astrolens_gui.core.labels.schemes import worth
from astrolens_gui.core.learn import dataset

if TYPE_CHECKING:
    from .opened import Opened


def rows_then(opened: Opened, label_ids: Iterable[int], whose: str) -> list[dataset.Example]:
    """The objects that were graded in these label events, with those grades, whatever people changed since.

    Raises:
        UserError: some of the events are not in this project; `whose` (a model, a training) the sentence names.
    """
    wanted = set(label_ids)

    def read() -> tuple[list[Any], list[Any]]:
        labels = [_Label(row.id, row.object, row.grader, row.scheme, row.grade)
                  for row in opened.store.events() if row.id in wanted and row.object is not None]  # fmt: skip
        return opened.store.objects(sorted({label.object for label in labels})), labels

    objects, labels = opened.on_db(read)
    targets = worth(opened.project.folder)
    rows = dataset.examples(objects, labels, targets, source=opened.images.source)
    if gone := len(wanted) - sum(len(row.labels) for row in rows):
        raise UserError(
            f"{gone} of the {len(wanted)} grades that {whose} learnt from are not in {opened.project.name}; "
            "open the project where it was trained"
        )
    return rows


def ungraded_then(opened: Opened, ids: Iterable[int]) -> list[dataset.Example]:
    """The objects whose images a training took without a grade, graded since or not; those that are gone are missing."""
    project = opened.project
    objects = opened.on_db(lambda: opened.store.objects(list(ids))) if (ids := tuple(ids)) else []
    rule = project.settings.get("split_rule", "object")
    return dataset.ungraded(objects, int(project.settings.get("seed", 0)), rule, opened.images.source)


@dataclass(frozen=True)
class _Label:
    """A grade of the history in the columns that `dataset.examples` reads."""

    event: int
    object: int
    grader: str
    scheme: str
    grade: str
