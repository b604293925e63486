"""What a detector found on an image and what people said of it, as plain records; knows no widget, no store and no model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from astrolens_gui.core.detect.boxes import iou

REJECTED = "rejected"
"""The class of a box that says: a detector found something here, and there is nothing."""

SAME = 0.5
"""A person's box that overlaps a find by at least so much (intersection over union) is a word about it."""


@dataclass(frozen=True, eq=False)
class Find:
    """One box of a detector, in pixels of the image shown (0-based pixel centres, y up).

    Attributes:
        x, y, w, h: its centre and size. score: 0..1. class_name: as the model names it. model: whose find it is.
        mask: float32 (n, n) laid over the box, 0..1, row 0 at the bottom; None without one.
        points: float (n, 2), the outline of the mask where the store has kept that alone.
        verdict: "" not judged yet, "accepted" or "rejected". box: the key of the person's box that says so.
    """

    x: float
    y: float
    w: float
    h: float
    score: float
    class_name: str = "lens"
    model: str = ""
    mask: np.ndarray | None = None
    points: np.ndarray | None = None
    verdict: str = ""
    box: str = ""

    @property
    def place(self) -> tuple[float, float, float, float]:
        return (self.x, self.y, self.w, self.h)

    @property
    def ring(self) -> np.ndarray:
        """The outline of what belongs to it, float (n, 2) in pixels of the image; (0, 2) where nobody says."""
        if self.points is not None:
            return self.points
        if self.mask is None:
            return np.empty((0, 2))
        from astrolens_gui.core.detect.outlines import outline

        return outline(self.mask, np.array(self.place))

    def region(self, verdict: str) -> dict[str, Any]:
        """The box that a person's word about it becomes (see `BoxRow`)."""
        said: dict[str, Any] = {"found": {"model": self.model, "score": round(self.score, 4), "verdict": verdict}}
        name, more = self.class_name, said
        if verdict == REJECTED:
            name, more = REJECTED, {**said, "exclude": True}
        elif len(ring := self.ring) > 2:  # what the detector is trained on anew has its mask from here
            more = {**said, "points": np.round(ring, 2).tolist()}
        return {"x": self.x, "y": self.y, "w": self.w, "h": self.h, "kind": "box", "class_name": name, "more": more}


def from_detections(found: Any, classes: Sequence[str] = (), model: str = "") -> list[Find]:
    """The finds of one image, best first; `found` has the arrays of `api.Detections`, in pixels of the image."""
    masks = np.asarray(found.masks)
    made = []
    for at in np.argsort(-np.asarray(found.score), kind="stable").tolist():
        x, y, w, h = (float(value) for value in found.boxes[at])
        label = int(found.label[at])
        name = classes[label] if 0 <= label < len(classes) else "lens"
        mask = masks[at] if len(masks) == len(found.score) else None
        made.append(Find(x, y, w, h, float(found.score[at]), name, model, mask))
    return made


def from_rows(rows: Iterable[Any]) -> list[Find]:
    """The finds among stored boxes (`BoxRow`): those that follow from no person's event, best first."""
    made = []
    for row in rows:
        if row.event is not None or row.x is None:
            continue
        points = (row.more or {}).get("points")
        outline = np.asarray(points, float) if points is not None and len(points) > 2 else None
        made.append(Find(row.x, row.y, row.w, row.h, row.score or 0.0, row.class_name, row.source, None, outline))
    return sorted(made, key=lambda one: -one.score)


def judged(finds: Sequence[Find], rows: Iterable[Any]) -> list[Find]:
    """The same finds with what people's boxes say of them: overlapped by one of another model, or drawn before, counts too."""
    said: dict[int, tuple[float, str, str]] = {}
    if finds:
        places = np.array([one.place for one in finds], float)
        order = np.argsort(places[:, 0], kind="stable")
        across, widest = places[order, 0], float(places[:, 2].max())
        for row in rows:
            if row.event is None or row.x is None:
                continue
            far = (row.w + widest) / 2
            near = order[np.searchsorted(across, row.x - far) : np.searchsorted(across, row.x + far, side="right")]
            if not len(near):
                continue
            overlap = iou(places[near], np.array([[row.x, row.y, row.w, row.h]], float))[:, 0]
            for at, much in zip(near[overlap >= SAME].tolist(), overlap[overlap >= SAME].tolist(), strict=True):
                if much > said.get(at, (0.0,))[0]:
                    said[at] = (much, REJECTED if row.class_name == REJECTED else "accepted", row.box)
    made = []
    for at, one in enumerate(finds):
        _, verdict, box = said.get(at, (0.0, "", ""))
        same = (one.verdict, one.box) == (verdict, box)
        made.append(one if same else replace(one, verdict=verdict, box=box))
    return made


def as_text(finds: Iterable[Find]) -> str:
    """A table, tabs between columns."""
    lines = ["x\ty\tw\th\tscore\tclass\tverdict\tmodel"]
    lines += [
        f"{one.x:.2f}\t{one.y:.2f}\t{one.w:.2f}\t{one.h:.2f}\t{one.score:.4f}\t{one.class_name}\t{one.verdict}\t{one.model}"
        for one in finds
    ]
    return "\n".join(lines)


def stored(rows: list[Any], model: str) -> list[Find]:
    """The finds of one model among stored boxes: of the one chosen, else of the one that looked last."""
    found = [row for row in rows if row.event is None]
    last = model or (max(found, key=lambda row: row.id).source if found else "")
    return from_rows(row for row in found if row.source == last)


def summary(finds: list[Find], weaker: int, least: float) -> str:
    """What there is of a score of `least` or more, in a sentence; `weaker` are not shown."""
    if not finds:
        more = f"; {weaker} weaker: lower the threshold to see {'it' if weaker == 1 else 'them'}" if weaker else ""
        return f"Nothing of a score of {least:.2f} or more{more}."
    counts = {name: sum(one.verdict == name for one in finds) for name in ("accepted", REJECTED)}
    left = len(finds) - sum(counts.values())
    said = f"{count(len(finds))}: {left} to judge" + "".join(f", {n} {name}" for name, n in counts.items() if n)
    return f"{said}; {weaker} weaker not shown." if weaker else f"{said}."


def count(number: int) -> str:
    """In words."""
    return "1 find" if number == 1 else f"{number:,} finds"


def said_of_all(answer: Any) -> str:
    """A sentence on a search of every image."""
    images, found = getattr(answer, "images", None), getattr(answer, "found", None)
    if images is None or found is None:
        return "Every image is looked at; the finds are kept."
    return f"{count(int(found))} on {int(images):,} image{'' if images == 1 else 's'}; they are kept."
