"""Images into a project: scan on the io lane, objects on the db lane, refusals kept; reads no pixel itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from astrolens_gui.api import Cancelled, Changes

from .records import ImportReport

if TYPE_CHECKING:
    from .bench import Workbench

CHUNK = 2000
"""Objects per transaction: what was read stays when somebody cancels."""


def import_images(
    bench: Workbench, sources: Sequence[Path], bands: Sequence[str] | None, pixel_scale: float | None, ctx: Any
) -> ImportReport:
    """Scan, store in chunks, tell; a cancelled import keeps the chunks before."""
    from astrolens_gui.core.images.ingest import Refusal, scan

    refused: list[Any] = []
    new: set[int] = set()
    updated: set[int] = set()

    def store(chunk: list[Any]) -> None:
        if chunk:
            changes = bench.on_db(lambda: bench.tell(bench.store.add_objects(chunk)))
            new.update(changes.extra["new"])
            updated.update(changes.extra["updated"])

    chunk: list[Any] = []
    try:
        for record in _cancellable(scan(sources, bands=bands, pixel_scale=pixel_scale, ctx=ctx)):
            if isinstance(record, Refusal):
                refused.append(record)
                continue
            chunk.append(record)
            if len(chunk) >= CHUNK:
                store(chunk)
                chunk = []
    except Cancelled:
        store(chunk)
        raise
    store(chunk)
    bench.tell(Changes(project=True, queue=True, message=f"{len(new)} objects added, {len(refused)} files refused"))
    return ImportReport(len(new), len(updated - new), refused)


def _cancellable(records: Iterator[Any]) -> Iterator[Any]:
    yield from records
