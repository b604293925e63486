"""Objects as an import would give them, without images."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any


@dataclasses.dataclass(frozen=True)
class Record:
    """The shape of `core.images.ingest.ObjectRecord`, without its module."""

    name: str
    base: Path = Path("/images/lenses")
    planes: tuple[dict[str, Any], ...] = ({"path": "a.fits", "hdu": 0, "band": "VIS"},)
    field: str = ""
    ra: float | None = None
    dec: float | None = None
    pixel_scale: float | None = 0.1
    meta: dict[str, Any] = dataclasses.field(default_factory=dict)


def records(count: int) -> list[Record]:
    return [
        Record(f"object{at:04d}", planes=({"path": f"object{at:04d}.fits", "hdu": 0, "band": "VIS"},))
        for at in range(count)
    ]
