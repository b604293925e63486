"""What models said: scores, boxes, the list of models, and the table behind the queue; knows no network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from sqlalchemy import Connection, delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from .objects import chunks
from .records import BoxRow, ModelRow, StoreError
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
        connection.execute(statement, chunk)
    return len(rows)


def get_scores(connection: Connection, model: str) -> dict[str, np.ndarray]:
    """`object` int64, `logit` and `score` float64 and one float64 array a class, in id order; NaN where there is none."""
    query = select(scores.c.object_id, scores.c.logit, scores.c.score, scores.c.classes).where(scores.c.model == model)
    rows = connection.execute(query.order_by(scores.c.object_id)).fetchall()
    table = {
        "object": np.array([row[0] for row in rows], dtype=np.int64),
        "logit": np.array([row[1] for row in rows], dtype=np.float64),
        "score": np.array([row[2] for row in rows], dtype=np.float64),
    }
    for name in dict.fromkeys(name for row in rows for name in row[3]):
        table[name] = np.array([row[3].get(name) for row in rows], dtype=np.float64)
    return table


def queue_table(connection: Connection, grader: str, model: str | None) -> dict[str, Any]:
    """Every object in id order: `object` int64, `name` list, `grade` text, `logit`, `score` float64 (NaN: none), `labelled` bool."""
    rows = connection.execute(select(objects.c.id, objects.c.name)).fetchall()
    rows.sort()
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    names = [row[1] for row in rows]
    graded = connection.execute(
        select(current.c.object_id, current.c.grade).where(current.c.grader == grader, current.c.event_id.is_not(None))
    ).fetchall()
    at = np.searchsorted(ids, np.array([row[0] for row in graded], dtype=np.int64))
    found = np.array([row[1] for row in graded], dtype=str)
    grade = np.full(len(ids), "", dtype=found.dtype if len(found) else "U1")
    grade[at] = found
    labelled = np.zeros(len(ids), dtype=bool)
    labelled[at] = True
    logit, score = np.full(len(ids), np.nan), np.full(len(ids), np.nan)
    if model is not None:
        scored = connection.execute(
            select(scores.c.object_id, scores.c.logit, scores.c.score).where(scores.c.model == model)
        ).fetchall()
        at = np.searchsorted(ids, np.array([row[0] for row in scored], dtype=np.int64))
        logit[at] = np.array([row[1] for row in scored], dtype=np.float64)
        score[at] = np.array([row[2] for row in scored], dtype=np.float64)
    return {"object": ids, "name": names, "grade": grade, "logit": logit, "score": score, "labelled": labelled}


def put_model(connection: Connection, row: ModelRow) -> None:
    """Add or replace a model; one that comes as champion takes the place of the former."""
    connection.execute(_upsert(connection, models, ("id",)), [asdict(row)])
    if row.champion:
        set_champion(connection, row.id)


def get_models(connection: Connection) -> list[ModelRow]:
    """Oldest first."""
    return [
        ModelRow(**row._mapping) for row in connection.execute(select(models).order_by(models.c.created, models.c.id))
    ]


def set_champion(connection: Connection, model: str | None) -> None:
    if model is not None and connection.scalar(select(models.c.id).where(models.c.id == model)) is None:
        raise StoreError(f"there is no model {model!r} in this project; `astrolens train` makes one")
    connection.execute(update(models).values(champion=models.c.id == (model or "")))


def champion(connection: Connection) -> ModelRow | None:
    row = connection.execute(select(models).where(models.c.champion)).first()
    return ModelRow(**row._mapping) if row else None


def put_boxes(connection: Connection, source: str, rows: Iterable[BoxRow], ids: Iterable[int] = ()) -> list[int]:
    """Replace the boxes that `source` drew on the objects of `rows` and on `ids` (which may have none now); returns these objects."""
    drawn = list(rows)
    columns = ("class_name", "score", "x", "y", "w", "h", "ra", "dec")
    new = [
        {
            "object_id": row.object,
            "source": source,
            "event_id": row.event,
            **{name: getattr(row, name) for name in columns},
        }
        for row in drawn
    ]
    touched = sorted({*(int(one) for one in ids), *(row.object for row in drawn)})
    for chunk in chunks(touched):
        connection.execute(delete(boxes).where(boxes.c.source == source, boxes.c.object_id.in_(chunk)))
    if new:
        connection.execute(insert(boxes), new)
    return touched


def get_boxes(connection: Connection, object_id: int | None = None, source: str | None = None) -> list[BoxRow]:
    query = select(boxes).order_by(boxes.c.object_id, boxes.c.id)
    if object_id is not None:
        query = query.where(boxes.c.object_id == object_id)
    if source is not None:
        query = query.where(boxes.c.source == source)
    found = []
    for row in connection.execute(query):
        values = dict(row._mapping)
        values["object"], values["event"] = values.pop("object_id"), values.pop("event_id")
        found.append(BoxRow(**values))
    return found
