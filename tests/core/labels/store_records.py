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
    planes: tuple[dict[str, Any], ...] = ()
    field: str = ""
    ra: float | None = None
    dec: float | None = None
    pixel_scale: float | None = 0.1
    meta: dict[str, Any] = dataclasses.field(default_factory=dict)
    stem: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        if not self.planes:
            object.__setattr__(self, "planes", ({"path": f"{self.name}.fits", "hdu": 0, "band": "VIS"},))


def records(count: int) -> list[Record]:
    return [Record(f"object{at:04d}") for at in range(count)]
