"""What models said: scores, boxes, the list of models, and the table behind the queue; knows no network."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from typing import Any

import numpy as np
from sqlalchemy import Connection, Text, cast, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from .objects import bulk, chunks
from .records import BOX_STATE, CLASSIFY, BoxRow, ModelRow, StoreError
from .schema import boxes, current, models, objects, scores


def _upsert(connection: Connection, table: Any, keys: Sequence[str]) -> Any:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    new = dialect.insert(table)
    rest = {column.name: new.excluded[column.name] for column in table.columns if column.name not in keys}
    return new.on_conflict_do_update(index_elements=list(keys), set_=rest)


def put_scores(
    connection: Connection,
    model: str,
    ids: Sequence[int],
    logits: Any,
    values: Any,
    classes: Mapping[str, Any] | None = None,
) -> int:
    """Store one model's answers, replacing its former ones; NaN is kept as "no score". Returns how many."""
    columns = {name: np.asarray(column, dtype=np.float64).tolist() for name, column in (classes or {}).items()}
    whole = [
        [int(one) for one in ids],
        np.asarray(logits, dtype=np.float64).tolist(),
        np.asarray(values, dtype=np.float64).tolist(),
        [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        if columns
        else [{}] * len(ids),
    ]
    if len({len(column) for column in whole}) != 1:
        raise StoreError(f"scores of model {model}: ids, logits, scores and classes differ in length")
    rows = [
        {"model": model, "object_id": one, "logit": logit, "score": score, "classes": by_class}
        for one, logit, score, by_class in zip(*whole, strict=True)
    ]
    statement = _upsert(connection, scores, ("model", "object_id"))
    for chunk in chunks(rows, 20_000):
        bulk(connection, statement, chunk, ("classes",))
    return len(rows)


def _columns(connection: Connection, query: Any, *kinds: Any) -> list[Any]:
    """A query's columns, as arrays of these dtypes or (`list`) as they are, straight from the driver.

    A row object apiece costs more than the reading itself, and large chunks leave the processor's cache: this is what a million takes.
    """
    cursor: Any = connection.execute(query).cursor
    columns: list[list[Any]] = [[] if kind is list else [np.empty(0, kind)] for kind in kinds]
    while rows := cursor.fetchmany(500):
        for kind, column, values in zip(kinds, columns, zip(*rows, strict=True), strict=True):
            if kind is list:
                column.extend(values)
            else:
                column.append(np.array(values, dtype=kind))
    return [column if kind is list else np.concatenate(column) for kind, column in zip(kinds, columns, strict=True)]


def get_scores(connection: Connection, model: str) -> dict[str, np.ndarray]:
    """`object` int64, `logit` and `score` float64, one float64 array a class, in id order; NaN where there is none."""
    query = select(scores.c.object_id, scores.c.logit, scores.c.score, cast(scores.c.classes, Text))
    query = query.where(scores.c.model == model).order_by(scores.c.object_id)
    ids, logit, score, classes = _columns(connection, query, np.int64, np.float64, np.float64, list)
    table = {"object": ids, "logit": logit, "score": score}
    for start in range(0, len(classes), 500):
        rows = json.loads(f"[{','.join(classes[start : start + 500])}]")
        for name in dict.fromkeys(chain.from_iterable(rows)):
            if name not in table:
                table[name] = np.full(len(ids), np.nan)
            table[name][start : start + len(rows)] = np.array([row.get(name) for row in rows], dtype=np.float64)
    return table


def queue_table(connection: Connection, grader: str, model: str | None) -> dict[str, Any]:
    """Every object in id order, for one grader and one model.

    `object` int64, `name` list, `grade` text ("": none), `logit` and `score` float64 (NaN: none), `labelled` bool.
    """
    ids, names = _columns(connection, select(objects.c.id, objects.c.name).order_by(objects.c.id), np.int64, list)
    mine = select(current.c.object_id, current.c.grade).where(
        current.c.grader == grader, current.c.event_id.is_not(None)
    )
    graded, grades = _columns(connection, mine, np.int64, str)
    at = np.searchsorted(ids, graded)
    grade = np.full(len(ids), "", dtype=grades.dtype)
    grade[at] = grades
    labelled = np.zeros(len(ids), dtype=bool)
    labelled[at] = True
    logit, score = np.full(len(ids), np.nan), np.full(len(ids), np.nan)
    if model is not None:
        answers = select(scores.c.object_id, scores.c.logit, scores.c.score).where(scores.c.model == model)
        scored, logits, values = _columns(connection, answers, np.int64, np.float64, np.float64)
        at = np.searchsorted(ids, scored)
        logit[at], score[at] = logits, values
    return {"object": ids, "name": names, "grade": grade, "logit": logit, "score": score, "labelled": labelled}


def put_model(connection: Connection, row: ModelRow) -> None:
    """Add or replace a model; one that comes as champion takes the place of the former one of its task."""
    connection.execute(_upsert(connection, models, ("id",)), [asdict(row)])
    if row.champion:
        set_champion(connection, row.id)


def get_models(connection: Connection) -> list[ModelRow]:
    """Oldest first."""
    return [
        ModelRow(**row._mapping) for row in connection.execute(select(models).order_by(models.c.created, models.c.id))
    ]


def set_champion(connection: Connection, model: str | None, task: str = CLASSIFY) -> str:
    """Make a model the champion of its own task; None leaves `task` without one. Returns the task."""
    if model is not None:
        found = connection.scalar(select(models.c.task).where(models.c.id == model))
        if found is None:
            raise StoreError(f"there is no model {model!r} in this project; `astrolens train` makes one")
        task = str(found)
    connection.execute(update(models).where(models.c.task == task).values(champion=models.c.id == (model or "")))
    return task


def champion(connection: Connection, task: str = CLASSIFY) -> ModelRow | None:
    row = connection.execute(select(models).where(models.c.champion, models.c.task == task)).first()
    return ModelRow(**row._mapping) if row else None


def put_boxes(connection: Connection, source: str, rows: Iterable[BoxRow], ids: Iterable[int] = ()) -> list[int]:
    """Replace what the model `source` found on the objects of `rows` and on `ids` (which may have none now); returns these objects.

    Boxes that a person drew follow from the events and are not touched, whatever their grader is called.
    """
    drawn = list(rows)
    new = [
        {
            **dict.fromkeys(BOX_STATE),
            **row.state,
            "object_id": row.object,
            "source": source,
            "event_id": None,
            "box": "",
        }
        for row in drawn
    ]
    touched = sorted({*(int(one) for one in ids), *(row.object for row in drawn)})
    for chunk in chunks(touched):
        mine = (boxes.c.source == source, boxes.c.object_id.in_(chunk), boxes.c.event_id.is_(None))
        connection.execute(delete(boxes).where(*mine))
    if new:
        connection.execute(insert(boxes), new)
    return touched
