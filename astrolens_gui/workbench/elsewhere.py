"""What others did to the project meanwhile, another window or another grader, told as if it were done here: grades, images, the model
in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astrolens_gui.api import Changes

if TYPE_CHECKING:
    from .opened import Opened

ORIGIN = "elsewhere"
"""Who made the change, in `Changes.origin`."""


class Elsewhere:
    """Looks for events, objects and champions that this program did not write; only on the db lane, where it can't meet one half-way."""

    def __init__(self) -> None:
        self._seen = -1
        self._own: set[int] = set()
        self._newest = self._growing = 0  # object's id: the last that was told, and the last at the look before
        self._champion: str | None = None  # None: whichever it is now is no news

    def wrote(self, changes: Changes) -> None:
        """These are this program's own."""
        if self._seen >= 0:
            self._own.update(changes.events)
            self._newest = max(self._newest, *changes.objects, 0)
            self._champion = None if changes.models else self._champion

    def look(self, opened: Opened) -> int:
        """Tell what is new since the last look; how many events. The first look only remembers where the history ends."""
        first, count = self._seen < 0, self._look_for_labels(opened)
        self._look_for_objects(opened, first)
        self._look_for_champion(opened)
        return count

    def _look_for_labels(self, opened: Opened) -> int:
        from sqlalchemy import select

        from astrolens_gui.core.labels.schema import events

        from .blind import last_event

        if self._seen < 0:
            self._seen = last_event(opened)
            return 0
        asked = select(events.c.id, events.c.object_id).where(events.c.id > self._seen).order_by(events.c.id)
        with opened.store.database.read() as connection:
            rows = connection.execute(asked).all()
        if not rows:
            return 0
        self._seen = rows[-1][0]
        new = [(event, one) for event, one in rows if event not in self._own]
        self._own.clear()
        if new:
            objects = tuple(dict.fromkeys(one for _, one in new if one is not None))
            opened.tell(
                Changes(labels=objects, origin=ORIGIN, message=f"{len(new)} labels were given in another window")
            )
        return len(new)

    def _look_for_objects(self, opened: Opened, first: bool) -> None:
        """An import that still runs is told when it is done: no new one came between two looks."""
        from sqlalchemy import func, select

        from astrolens_gui.core.labels.schema import objects

        with opened.store.database.read() as connection:
            newest = int(connection.scalar(select(func.max(objects.c.id))) or 0)
            still, self._growing = newest == self._growing, newest
            if first:
                self._newest = newest
            if newest <= self._newest or not still:
                return
            new = tuple(connection.scalars(select(objects.c.id).where(objects.c.id > self._newest)))
        self._newest = newest
        said = f"{len(new):,} objects were imported in another window"
        opened.tell(Changes(objects=new, queue=True, project=True, origin=ORIGIN, message=said))

    def _look_for_champion(self, opened: Opened) -> None:
        row = opened.store.champion()
        before, self._champion = self._champion, row.id if row is not None else ""
        if before not in (None, self._champion):
            said = f"{self._champion or 'no model'} was put in use in another window"
            models = (self._champion,) if self._champion else ()
            opened.tell(Changes(models=models, scores=True, queue=True, origin=ORIGIN, message=said))
