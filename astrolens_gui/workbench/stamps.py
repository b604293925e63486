"""Pictures of a page of objects, by id: rows from the db lane, stamps from the shelf; holds no Qt and keeps nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .pixels import labels

if TYPE_CHECKING:
    from .opened import Opened


def pictures(opened: Opened, ids: Sequence[int], size: int, recipe: Any) -> list[Any]:
    """uint8 (size, size, 4) BGRA for each id, row 0 on top, or one sentence where there is no picture."""
    from astrolens_gui.core.images.thumbnails import page

    rows = {row.id: row for row in opened.images.rows(ids)}
    there = [int(id) for id in ids if int(id) in rows]
    planes = [opened.images.source(rows[id])[1] for id in there]
    drawn = page(planes, size, recipe, names=[labels(one) for one in planes])
    made = {id: str(one) if isinstance(one, Exception) else one for id, one in zip(there, drawn, strict=True)}
    return [made.get(int(id), f"there is no object number {id} in this project; reload the queue") for id in ids]
