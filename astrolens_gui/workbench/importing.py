"""Images into a project: scan on the io lane, objects on the db lane, refusals kept; reads no pixel itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from astrolens_gui.api import Changes

from .opened import Opened, settle
from .records import ImportReport

CHUNK = 2000
"""Objects per transaction: what was read stays when somebody cancels."""


def import_images(
    opened: Opened, sources: Sequence[Path], bands: Sequence[str] | None, pixel_scale: float | None, ctx: Any
) -> ImportReport:
    """Scan, store in chunks, tell; a cancelled import keeps what was read."""
    from astrolens_gui.core.images.ingest import Refusal, scan

    refused: list[Any] = []
    new: set[int] = set()
    updated: set[int] = set()
    chunk: list[Any] = []
    unnamed = unscaled = 0

    def store() -> None:
        records = list(chunk)
        chunk.clear()
        if records:
            changes = settle(opened.submit_db(lambda: opened.tell(opened.store.add_objects(records))))
            opened.images.forget(changes.objects)
            new.update(changes.extra["new"])
            updated.update(changes.extra["updated"])

    try:
        for record in scan(sources, bands=bands, pixel_scale=pixel_scale, ctx=ctx):
            if isinstance(record, Refusal):
                refused.append(record)
                continue
            chunk.append(record)
            unnamed += not any(plane["band"] for plane in record.planes)
            unscaled += record.pixel_scale is None
            if len(chunk) >= CHUNK:
                store()
    finally:
        store()
    opened.tell(Changes(project=True, queue=True, message=f"{len(new)} objects added, {len(refused)} files refused"))
    notes = [
        f"{count} objects are shown but can't be scored: {what}; import them again with {option}"
        for count, what, option in (
            (unnamed, "no plane has a band's name", "--bands"),
            (unscaled, "the pixel scale is unknown", "--pixel-scale"),
        )
        if count
    ]
    return ImportReport(len(new), len(updated - new), refused, notes)
