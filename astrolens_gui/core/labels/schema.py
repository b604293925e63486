"""The tables of a project's database, for SQLite and PostgreSQL alike; knows no row and no connection."""

from __future__ import annotations

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    event,
)

SCHEMA = 5
"""The number in `meta.schema`; every change of a table adds a step to `migrate.STEPS`."""

metadata = MetaData()
Id = BigInteger().with_variant(Integer, "sqlite")


def _text(name: str) -> Column:
    return Column(name, Text, nullable=False, server_default="")


meta = Table("meta", metadata, Column("key", Text, primary_key=True), _text("value"))

objects = Table(
    "objects",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    _text("root"),
    _text("path"),
    _text("field"),
    Column("ra", Float),
    Column("dec", Float),
    Column("pixel_scale", Float),
    Column("planes", JSON, nullable=False),
    Column("meta", JSON, nullable=False),
    Index("objects_of_path", "path"),
)
"""`root` and `path` say which file an object is, and so which object an import means; names follow from them."""

shared_names = Table("shared_names", metadata, Column("name", Text, primary_key=True), sqlite_with_rowid=False)
"""Names that several objects claimed: nobody is called so any more."""

events = Table(
    "events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("time", Text, nullable=False),
    Column("grader", Text, nullable=False),
    Column("object_id", Id, ForeignKey("objects.id")),
    Column("kind", Text, nullable=False),
    _text("scheme"),
    _text("grade"),
    _text("subtype"),
    _text("comment"),
    Column("seconds", Float),
    _text("why"),
    Column("screen", JSON(none_as_null=True)),
    Column("retracts", Id, ForeignKey("events.id")),
    Column("data", JSON(none_as_null=True)),
    Index("events_of_grader", "grader", "id"),
    Index("events_of_object", "object_id", "grader"),
    Index("events_retracted", "retracts"),
)

current = Table(
    "current",
    metadata,
    Column("grader", Text, primary_key=True),
    Column("object_id", Id, ForeignKey("objects.id"), primary_key=True, autoincrement=False),
    Column("event_id", Id, ForeignKey("events.id")),
    Column("comment_id", Id, ForeignKey("events.id")),
    _text("grade"),
    sqlite_with_rowid=False,
)
"""Derived from `events` and rebuildable at any time: the grade and the comment that stand now."""

measures = Table(
    "measures",
    metadata,
    Column("grader", Text, primary_key=True),
    Column("object_id", Id, ForeignKey("objects.id"), primary_key=True, autoincrement=False),
    Column("event_id", Id, ForeignKey("events.id"), nullable=False),
    Column("data", JSON, nullable=False),
    sqlite_with_rowid=False,
)
"""Derived from `events` and rebuildable: what a grader measured on an object, as it stands now."""

scores = Table(
    "scores",
    metadata,
    Column("model", Text, primary_key=True),
    Column("object_id", Id, ForeignKey("objects.id"), primary_key=True, autoincrement=False),
    Column("logit", Float),
    Column("score", Float),
    Column("classes", JSON, nullable=False),
    sqlite_with_rowid=False,
)

models = Table(
    "models",
    metadata,
    Column("id", Text, primary_key=True),
    _text("backend"),
    _text("folder"),
    _text("created"),
    _text("parent"),
    _text("verdict"),
    Column("champion", Boolean, nullable=False),
    Column("metrics", JSON, nullable=False),
    Column("task", Text, nullable=False, server_default="classify"),
)

boxes = Table(
    "boxes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("object_id", Id, ForeignKey("objects.id"), nullable=False),
    _text("source"),
    _text("class_name"),
    Column("score", Float),
    *(Column(name, Float, nullable=False) for name in ("x", "y", "w", "h")),
    Column("ra", Float),
    Column("dec", Float),
    Column("event_id", Id, ForeignKey("events.id")),
    _text("box"),
    Column("kind", Text, nullable=False, server_default="box"),
    _text("band"),
    _text("note"),
    *(Column(name, Float) for name in ("angle", "w_arcsec", "h_arcsec", "pa_deg")),
    Column("more", JSON(none_as_null=True)),
    Index("boxes_of_object", "object_id", "source"),
)
"""Those with an event are a person's, derived from `events` and rebuildable; those without are a model's answers."""

APPEND_ONLY: dict[str, tuple[str, ...]] = {
    "sqlite": tuple(
        f"CREATE TRIGGER events_no_{verb.lower()} BEFORE {verb} ON events "
        "BEGIN SELECT RAISE(ABORT, 'label events are append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION astrolens_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'label events are append-only'; END $$",
        "CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events "
        "FOR EACH ROW EXECUTE FUNCTION astrolens_append_only()",
    ),
}
"""The database itself refuses to change history, whoever asks."""

for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(events, "after_create", DDL(_statement).execute_if(dialect=_dialect))
