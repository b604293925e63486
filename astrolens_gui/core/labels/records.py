"""The store's rows as plain records; imports no SQL, so that every layer may name them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ...api import UserError

CLASSIFY = "classify"
"""The task whose champion ranks the queue."""

CLOSER = "merge"
"""The reason of an event that a merge writes to say again what stands; no answer of anybody."""


class StoreError(UserError):
    """One sentence: what could not be read or written, and the remedy."""


def utc(time: str | datetime) -> str:
    """A moment as the history keeps it: UTC, ISO 8601 with milliseconds; one without a zone is taken for UTC.

    Raises:
        ValueError: the text is not ISO 8601.
    """
    try:
        moment = datetime.fromisoformat(time.strip()) if isinstance(time, str) else time
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(f"the time {time!r} is not ISO 8601; write 2026-01-31T12:30:00Z") from None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class ObjectRow:
    """One object: `planes` are the dicts that the import wrote, with paths relative to root; ra, dec in degrees, pixel_scale in arcsec.

    `name` may become longer when another object comes to claim it; `meta["key"]` never changes.
    """

    id: int
    name: str
    root: str
    field: str
    ra: float | None
    dec: float | None
    pixel_scale: float | None
    planes: tuple[dict[str, Any], ...]
    meta: dict[str, Any]


class Place(NamedTuple):
    """Where an imported folder lies: `prefix` ("" or "sub/") below `root`; `inner` are roots below the folder itself, as
    (prefix below the folder, root), the deepest first: a file has one address, whichever folder it is imported by."""

    root: str
    prefix: str = ""
    inner: tuple[tuple[str, str], ...] = ()

    def of(self, path: str, planes: Sequence[dict[str, Any]]) -> tuple[str, str, list[dict[str, Any]]]:
        """(root, path, planes) of an object whose paths are relative to the folder."""
        for inside, root in self.inner:
            if path.startswith(inside) and all(plane["path"].startswith(inside) for plane in planes):
                cut = len(inside)
                return root, path[cut:], [{**plane, "path": plane["path"][cut:]} for plane in planes]
        if not self.prefix:
            return self.root, path, list(planes)
        return self.root, self.prefix + path, [{**plane, "path": self.prefix + plane["path"]} for plane in planes]


class LabelRow(NamedTuple):
    """What one grader says of one object now; `grade` is "" where there is only a comment, `seconds` the time taken."""

    event: int
    object: int
    name: str
    grader: str
    scheme: str
    grade: str
    subtype: str
    comment: str
    time: str
    seconds: float | None
    why: str


class EventRow(NamedTuple):
    """One line of the history, as it was written; `retracts` is the event that an undo (or a redo) takes back."""

    id: int
    time: str
    grader: str
    object: int | None
    kind: str
    scheme: str
    grade: str
    subtype: str
    comment: str
    seconds: float | None
    why: str
    screen: dict[str, Any] | None
    retracts: int | None
    data: dict[str, Any] | None = None


class MeasureRow(NamedTuple):
    """What one grader measured on one object, as it stands; `values` by name, such as theta_E_arcsec."""

    event: int
    object: int
    grader: str
    values: dict[str, Any]


@dataclass(frozen=True)
class ModelRow:
    """A trained model as the project lists it; `folder` is relative to the project's `models/`, `task` is `BackendSpec.task`."""

    id: str
    backend: str
    folder: str
    created: str
    parent: str
    verdict: str
    champion: bool
    metrics: dict[str, Any]
    task: str = CLASSIFY


@dataclass(frozen=True)
class BoxRow:
    """A box, or another region, of `source` (a model's id or a grader).

    Attributes:
        x, y, w, h: its centre (0-based pixel centres, row 0 at the bottom) and size in pixels of the plane `band` it was drawn on.
        ra, dec: its centre in degrees (ICRS), None where the plane has no WCS; then so are the three below.
        w_arcsec, h_arcsec: its size on the sky along its own x and y. pa_deg: of its y axis, from north through east.
        angle: degrees by which it is turned counter-clockwise in that plane.
        event: of the history that made it what it is; None for a model's. box: its key, by which it is changed.
        kind: "box", "circle", "ellipse", "annulus", "polygon" or "point". more: what belongs to its kind (vertices) or to its file.
    """

    object: int
    source: str
    class_name: str
    score: float | None
    x: float
    y: float
    w: float
    h: float
    ra: float | None = None
    dec: float | None = None
    event: int | None = None
    id: int = 0
    box: str = ""
    kind: str = "box"
    band: str = ""
    note: str = ""
    angle: float | None = None
    w_arcsec: float | None = None
    h_arcsec: float | None = None
    pa_deg: float | None = None
    more: dict[str, Any] | None = None

    @property
    def state(self) -> dict[str, Any]:
        """What an event keeps of it."""
        return {name: value for name in BOX_STATE if (value := getattr(self, name)) is not None}


BOX_STATE = tuple(one.name for one in fields(BoxRow) if one.name not in {"object", "source", "event", "id", "box"})
"""What a box says of itself; the rest is whose it is and where it stands in the history."""
