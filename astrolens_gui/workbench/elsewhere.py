"""What others wrote into the project's history meanwhile, another window or another grader, told as if it were done here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from astrolens_gui.api import Changes

if TYPE_CHECKING:
    from .opened import Opened

ORIGIN = "elsewhere"
"""Who made the change, in `Changes.origin`."""


class Elsewhere:
    """Looks for events that this program did not write; only on the db lane, where it can't meet one half-way."""

    def __init__(self) -> None:
        self._seen = -1
        self._own: set[int] = set()

    def wrote(self, events: tuple[int, ...]) -> None:
        """These are this program's own."""
        if self._seen >= 0:
            self._own.update(events)

    def look(self, opened: Opened) -> int:
        """Tell what is new since the last look; how many events. The first look only remembers where the history ends."""
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
