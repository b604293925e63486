"""A project's labels, objects, scores, boxes and models in one database; plain and synchronous, knows no thread, no job and no pixel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import func, select

from ...api import Changes
from . import backup, events, intake, marks, objects, opening, results, soundness
from .database import Database
from .objects import Record
from .records import CLASSIFY, BoxRow, EventRow, LabelRow, MeasureRow, ModelRow, ObjectRow, Place, StoreError
from .schema import objects as object_table
from .standing import MARKS

__all__ = ["BoxRow", "EventRow", "LabelRow", "MeasureRow", "ModelRow", "ObjectRow", "Store", "StoreError"]


class Store:
    """Opens (or migrates, or with `create` makes) a database. Used from one thread at a time, whichever it is.

    Args:
        url_or_path: a SQLite file, or `postgresql://user@host/name`.
        read_only: look without writing; a database of an older schema is refused then.
        place_of: says which root holds an imported folder (a project's `place`); without it the folder's path is the root's name.
        address: where a root's file is now (a project's `locate`).
        project: the id of the project that opens it; the database is that project's from then on, and refused to any other.
        backups: where a backup goes before a migration; beside the SQLite file by default.
        create: make the tables where there are none; a project does so once, and never again takes an empty database for its own.

    Raises:
        StoreError: one sentence, from here and from every method.
    """

    def __init__(
        self,
        url_or_path: str | Path,
        read_only: bool = False,
        *,
        place_of: Callable[[Path], Place] | None = None,
        address: Callable[[str, str], str] = "{}/{}".format,
        project: str = "",
        backups: Path | None = None,
        create: bool = True,
    ) -> None:
        self.database = Database(url_or_path, read_only, create)
        self.notices = [self.database.notice] if self.database.notice else []
        self._place_of = place_of or (lambda base: Place(base.as_posix()))
        self._address = address
        place = self.database.path
        self.backups = backups or (place.parent / "backups" if place else None)
        try:
            opening.prepare(self.database, self.backups, self._remedy())
            if project:
                opening.claim(self.database, project)
        except BaseException:
            self.close()
            raise

    def _remedy(self) -> str:
        if self.database.path is None:
            return "check the address in project.toml, or restore the server's own backup"
        return f"`astrolens doctor {self._project} --repair` restores the newest sound backup"

    @property
    def _project(self) -> str:
        return str(self.database.path.parent) if self.database.path else "PROJECT"

    def close(self) -> None:
        self.database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Objects

    def add_objects(self, records: Iterable[Record]) -> Changes:
        """Add what is new and update what changed; an object is known by its file, and named by its stem or, where that repeats, path.

        `extra` has `new` and `updated` (ids) and `renamed` ({name before: name now}, of objects whose name another one came to
        claim; they are among the updated). Committed in chunks: when `records` raises, what it gave before is kept.
        """
        added, places = objects.Added(), dict[str, Place]()

        def place_of(base: Path) -> Place:
            key = str(base)  # a path keeps its text, but would hash its parts anew for every object
            if key not in places:
                places[key] = self._place_of(base)
            return places[key]

        for chunk in objects.chunks(records):
            arrivals = [objects.arrival(record, place_of(record.base)) for record in chunk]
            with self.database.write() as connection:
                objects.add(connection, arrivals, added, self._address)
        new = set(added.new)
        updated = tuple(id for id in dict.fromkeys(added.updated) if id not in new)
        renamed = {before: now for id, (before, now) in added.renamed.items() if id not in new}
        ids = (*added.new, *updated)
        extra = {"new": tuple(added.new), "updated": updated, "renamed": renamed}
        return Changes(objects=ids, queue=bool(ids), project=bool(added.new), extra=extra)

    def objects(self, ids: Iterable[int] | None = None) -> list[ObjectRow]:
        """All in id order, or those of `ids` in that order (unknown ones left out)."""
        with self.database.read() as connection:
            return objects.rows(connection, ids)

    def find(self, name: str) -> ObjectRow | None:
        with self.database.read() as connection:
            return objects.find(connection, name)

    def ids(self, names: Iterable[str]) -> dict[str, int]:
        """The ids of those names that exist."""
        with self.database.read() as connection:
            return objects.ids_of(connection, names)

    def count(self) -> int:
        with self.database.read() as connection:
            return connection.scalar(select(func.count()).select_from(object_table)) or 0

    # Label events: each method below appends, commits and returns what changed

    def label(
        self,
        object_id: int,
        grade: str,
        *,
        grader: str,
        scheme: str,
        subtype: str = "",
        comment: str = "",
        seconds: float | None = None,
        why: str = "",
        screen: dict[str, Any] | None = None,
        origin: str = "",
    ) -> Changes:
        """Grade an object; it is on the disk when this returns. The same grade with a sub-type supersedes the one without."""
        if not grade.strip():
            raise StoreError("a label needs a grade; use undo to take one back")
        values = {
            "scheme": scheme,
            "grade": grade,
            "subtype": subtype,
            "comment": comment,
            "seconds": seconds,
            "why": why,
            "screen": screen,
        }
        return self._append(object_id, grader, origin, kind="grade", **values)

    def comment(self, object_id: int, comment: str, *, grader: str, origin: str = "") -> Changes:
        """Set the grader's remark on an object, graded or not; "" clears it."""
        return self._append(object_id, grader, origin, kind="comment", comment=comment)

    def measure(self, object_id: int, values: Mapping[str, Any], *, grader: str, origin: str = "") -> Changes:
        """Set all that the grader measured on an object (JSON-able, by name); {} clears. Grades and comments stay as they are."""
        return self._append(object_id, grader, origin, kind="measure", data=dict(values) or None)

    def measures(self, object_id: int | None, grader: str) -> dict[Any, Any]:
        """What the grader measured on an object, as it stands ({}: nothing); for None of all objects, by id."""
        with self.database.read() as connection:
            found = {row.object: row.values for row in marks.measure_rows(connection, object_id, grader)}
        return found if object_id is None else found.get(object_id, {})

    def measured(self) -> list[MeasureRow]:
        """What stands of all graders and objects."""
        with self.database.read() as connection:
            return marks.measure_rows(connection)

    def add_box(self, object_id: int, box: Mapping[str, Any], *, grader: str, origin: str = "") -> Changes:
        """Draw a box (names and units as in `BoxRow`; x, y, w, h at least); `extra["boxes"]` has its key."""
        return self.add_boxes(object_id, [box], grader=grader, origin=origin)

    def add_boxes(
        self, object_id: int, boxes: Sequence[Mapping[str, Any]], *, grader: str, origin: str = ""
    ) -> Changes:
        """Draw several in one step, which one undo takes back."""
        changes = self._append(object_id, grader, origin, kind="box", data=marks.placed(map(marks.state, boxes)))
        changes.extra["boxes"] = [f"{changes.extra['event']}.{place}" for place in range(len(boxes))]
        return changes

    def change_box(self, box: str, changed: Mapping[str, Any], *, grader: str, origin: str = "") -> Changes:
        """Give a box of the grader, known by its key, other values; what is not named stays."""
        with self.database.write() as connection:
            was = marks.standing_box(connection, box, grader)
            data = marks.placed([{"box": box, **marks.state({**was.state, **changed})}])
            return self._append_to(connection, was.object, grader, origin, kind="box", data=data)

    def remove_box(self, *boxes: str, grader: str, origin: str = "") -> Changes:
        """Take boxes of one object away, in one step; undo brings them back."""
        with self.database.write() as connection:
            [object_id] = {marks.standing_box(connection, box, grader).object for box in boxes}
            return self._append_to(connection, object_id, grader, origin, kind="box", data=marks.removed(boxes))

    def record(
        self,
        kind: str,
        text: str,
        *,
        grader: str,
        object_id: int | None = None,
        why: str = "",
        screen: dict[str, Any] | None = None,
    ) -> Changes:
        """Keep an `order` (the queue order chosen) or a `note` in the history; undo passes over it."""
        if kind not in {"order", "note"}:
            raise ValueError(f"kind is order or note, not {kind!r}")
        return self._append(object_id, grader, "", kind=kind, comment=text, why=why, screen=screen)

    def _append(self, object_id: int | None, grader: str, origin: str, **values: Any) -> Changes:
        with self.database.write() as connection:
            return self._append_to(connection, object_id, grader, origin, **values)

    @staticmethod
    def _append_to(connection: Any, object_id: int | None, grader: str, origin: str, **values: Any) -> Changes:
        [event] = events.append(connection, [{"object_id": object_id, "grader": grader, **values}])
        touched = () if object_id is None or values["kind"] not in MARKS else (object_id,)
        extra = {"event": event, "object": object_id, "kind": values["kind"]}
        return Changes(labels=touched, events=(event,), origin=origin, extra=extra)

    def label_many(
        self,
        rows: Sequence[Mapping[str, Any]],
        *,
        grader: str,
        scheme: str,
        grades: Collection[str] | None = None,
        why: str = "import",
        origin: str = "",
    ) -> Changes:
        """Labels of a table (`export.read_labels`) in one transaction; a row's own `grader`, `scheme` and `time` win.

        Rows without a grade or of an unknown object are left out, counted in `extra` as `ungraded` and named as `unknown`.
        With `grades`, those that the scheme knows, `outside` counts the others ({grade: rows}); they are kept.
        `ambiguous` has, for an unknown ID that several objects' files are called by, their names. Rows of an object for which
        the table ends with what stands already are not written again; `unchanged` counts them. A backup follows, at most hourly.
        """
        with self.database.write() as connection:
            taken = intake.take(connection, rows, grader=grader, scheme=scheme, grades=grades, why=why)
        if taken.events and self.database.is_sqlite:
            self._back_up("bulk")
        return Changes(
            labels=taken.objects, events=taken.events, queue=bool(taken.events), origin=origin, extra=taken.extra
        )

    def undo(self, grader: str, origin: str = "") -> Changes:
        """Take back the grader's newest grade, comment, measurement or box that stands; one more event.

        Nothing left: no event, and `message` says so.
        """
        with self.database.write() as connection:
            found = events.last_standing(connection, grader)
            if found is None:
                return Changes(origin=origin, message="There is nothing to undo.")
            return events.retract(connection, grader, found, origin, "Undone")

    def redo(self, grader: str, origin: str = "") -> Changes:
        """Take back the newest undo, as long as the grader did nothing new since; one more event."""
        with self.database.write() as connection:
            found = events.last_undo(connection, grader)
            if found is None:
                return Changes(origin=origin, message="There is nothing to redo.")
            return events.retract(connection, grader, found, origin, "Redone")

    def labels(self, grader: str | None = None, *, graded: bool = True) -> list[LabelRow]:
        """What stands, in object order; `graded` False adds objects that have a comment only (grade "")."""
        with self.database.read() as connection:
            return events.standing(connection, grader=grader, graded=graded)

    def label_of(self, object_id: int, grader: str) -> LabelRow | None:
        """What stands for one object, a comment without a grade included."""
        with self.database.read() as connection:
            return next(iter(events.standing(connection, grader=grader, object_id=object_id, graded=False)), None)

    def counts(self, grader: str | None = None) -> dict[str, int]:
        """How many objects carry each grade (labels, where several graders are counted together)."""
        with self.database.read() as connection:
            return events.counts(connection, grader)

    def events(self, after: int = 0, limit: int | None = None) -> list[EventRow]:
        """The whole history, oldest first."""
        with self.database.read() as connection:
            return events.history(connection, after, limit)

    # Models and what they said

    def add_model(
        self,
        id: str,
        *,
        backend: str,
        folder: str = "",
        parent: str = "",
        verdict: str = "",
        champion: bool = False,
        metrics: Mapping[str, Any] | None = None,
        created: str = "",
        task: str = CLASSIFY,
    ) -> Changes:
        """List a model (again); `folder` is relative to the project's models/ and is the id by default."""
        row = ModelRow(
            id, backend, folder or id, created or events.now(), parent, verdict, champion, dict(metrics or {}), task
        )
        with self.database.write() as connection:
            results.put_model(connection, row)
        ranks = champion and task == CLASSIFY
        return Changes(models=(id,), scores=ranks, queue=ranks)

    def models(self) -> list[ModelRow]:
        with self.database.read() as connection:
            return results.get_models(connection)

    def set_champion(self, model: str | None, task: str = CLASSIFY) -> Changes:
        """The model in use for its task; of those that classify, the one whose scores rank the queue. None: none for `task`."""
        with self.database.write() as connection:
            ranks = results.set_champion(connection, model, task) == CLASSIFY
        return Changes(models=(model,) if model else (), scores=ranks, queue=ranks)

    def champion(self, task: str = CLASSIFY) -> ModelRow | None:
        with self.database.read() as connection:
            return results.champion(connection, task)

    def put_scores(
        self, model: str, ids: Sequence[int], logits: Any, scores: Any, classes: Mapping[str, Any] | None = None
    ) -> Changes:
        """Store a model's answers (arrays as long as `ids`), replacing its former ones for these objects."""
        with self.database.write() as connection:
            results.put_scores(connection, model, ids, logits, scores, classes)
        return Changes(scores=True, queue=True)

    def scores(self, model: str | None = None) -> dict[str, np.ndarray]:
        """A model's (or the champion's) answers in id order: `object`, `logit`, `score` and one array a class."""
        with self.database.read() as connection:
            return results.get_scores(connection, self._model(connection, model) or "")

    def queue_table(self, grader: str, model: str | None = None) -> dict[str, Any]:
        """Every object in id order: `object`, `name` (list), `grade`, `logit`, `score`, `labelled`, for one grader and model (champion)."""
        with self.database.read() as connection:
            return results.queue_table(connection, grader, self._model(connection, model))

    @staticmethod
    def _model(connection: Any, model: str | None) -> str | None:
        best = results.champion(connection) if model is None else None
        return best.id if best else model

    def put_boxes(self, source: str, boxes: Iterable[BoxRow], ids: Iterable[int] = ()) -> Changes:
        """Replace what the model `source` found on the objects of `boxes` and on `ids`."""
        with self.database.write() as connection:
            return Changes(objects=tuple(results.put_boxes(connection, source, boxes, ids)))

    def boxes(self, object_id: int | None = None, source: str | None = None) -> list[BoxRow]:
        """Of people and of models, in the order of objects."""
        with self.database.read() as connection:
            return marks.box_rows(connection, object_id, source)

    # Safety

    def backup(self, folder: Path | None = None, why: str = "daily") -> Path:
        """Write a whole copy of the database below `folder` and return its path."""
        place = folder or self.backups
        if place is None:
            raise StoreError(f"{self.database.place}: name a folder for the backup")
        return backup.back_up(self.database, place, why)

    def backup_daily(self) -> Path | None:
        """A backup if today has none and there is something to keep; a failure becomes a notice, it never stops the work."""
        return self._back_up("daily")

    def _back_up(self, why: str) -> Path | None:
        if self.backups is None or self.database.read_only or not backup.is_due(self.backups, why) or not self.count():
            return None
        try:
            return self.backup(why=why)
        except StoreError as error:
            self.notices.append(str(error))
            return None

    def integrity(self) -> list[str]:
        """What is wrong with the database, one sentence each; [] when it is sound."""
        return soundness.problems(self.database, f"`astrolens doctor {self._project} --repair` derives them anew")

    def rebuild(self) -> Changes:
        """Derive current labels, measurements and boxes anew from the history."""
        with self.database.write() as connection:
            events.refresh(connection)
        return Changes(queue=True, project=True)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the SQLite file, so that the one file is complete; nothing to do on a server."""
        if self.database.is_sqlite and not self.database.read_only:
            with self.database.engine.connect() as connection:
                connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[union-attr]
