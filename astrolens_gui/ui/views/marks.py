"""Boxes and other regions over the pixels: how they look and what lies under the pointer; knows no store and no WCS."""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from astrolens_gui.core.images import outline
from astrolens_gui.core.images.geometry import Affine, View

from ..qt import QColor, Qt, QtCore, QtGui
from .layer import Layer

COLOURS = {
    "lens": "#56B4E9",
    "arc": "#E69F00",
    "ring": "#F0E442",
    "galaxy": "#CC79A7",
    "star": "#009E73",
    "rejected": "#9AA3AD",
}
"""Okabe and Ito's: told apart by every kind of colour vision; the letter says the class besides."""

OTHERS = ("#D55E00", "#0072B2", "#56B4E9", "#E69F00", "#CC79A7")
CASING = QColor(0, 0, 0, 215)
GRIP = 7.0
"""Half of it is how far (screen pixels) from a handle, or from an outline, the pointer still takes hold."""

HANDLES = ((-1, -1), (0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0))
"""Where the eight handles are, in half widths and heights; each one's opposite stays where it is."""

ROOM_FOR_NAME = 64.0
MOST_NAMED = 400
"""With more of them in sight, letters would be all that one sees."""

FAR = 1e5
"""Painters lose lines whose ends are millions of pixels away."""


@dataclass(frozen=True)
class Mark:
    """One region as it is shown: `key` in the store ("": on its way there), in pixels of the image shown; `mine` can be changed."""

    key: str
    region: dict[str, Any]
    source: str = ""
    mine: bool = True

    @property
    def class_name(self) -> str:
        return str(self.region.get("class_name") or "lens")

    @property
    def note(self) -> str:
        return str(self.region.get("note") or "")


def colour_of(mark: Mark) -> QColor:
    """The class's; a colour that a region file gave wins."""
    given = QColor(str((mark.region.get("more") or {}).get("color", "")))
    if given.isValid():
        return given
    name = mark.class_name
    return QColor(COLOURS.get(name) or OTHERS[zlib.crc32(name.encode()) % len(OTHERS)])


class MarksLayer(Layer):
    """Paints `marks`; the one whose key is `selected` with handles, and `draft` (a region) in its place, or as a new one."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: list[Mark] = []
        self.selected = ""
        self.draft: dict[str, Any] | None = None
        self.drawing = False
        self.class_name = "lens"
        self._reach = np.empty((0, 3))
        self._styles: list[tuple[str, bool]] = []
        self._plates: dict[tuple[str, str, str], QtGui.QPixmap] = {}

    def set_marks(self, marks: list[Mark]) -> None:
        self.marks = marks
        sizes = [(one["x"], one["y"], math.hypot(one["w"], one["h"]) / 2) for one in (mark.region for mark in marks)]
        self._reach = np.array(sizes, float).reshape(-1, 3)
        self._styles = [(colour_of(mark).name(), is_dashed(mark)) for mark in marks]
        if not any(mark.key == self.selected for mark in marks):
            self.selected = ""
        self.changed.emit()

    def select(self, key: str) -> None:
        self.selected = key
        self.changed.emit()

    def set_draft(self, region: dict[str, Any] | None, drawing: bool = False) -> None:
        """What is being drawn, or moved or resized in place of the selected one; None: nothing."""
        self.draft, self.drawing = region, drawing
        self.changed.emit()

    def mark(self, key: str) -> Mark | None:
        return next((mark for mark in self.marks if key and mark.key == key), None)

    @property
    def chosen(self) -> Mark | None:
        """The selected one."""
        return self.mark(self.selected)

    # -- under the pointer

    def hits(self, x: float, y: float, view: View) -> list[Mark]:
        """Those that can be changed and lie under an image point, the smallest first."""
        reach = GRIP / view.scale
        found = [mark for mark in self.marks if mark.mine and mark.key and _covers(mark.region, x, y, reach)]
        return sorted(found, key=lambda mark: mark.region["w"] * mark.region["h"])

    def handle_at(self, sx: float, sy: float, view: View) -> int | None:
        """The handle of the selected one under a screen point."""
        chosen = self.chosen
        if chosen is None or chosen.region.get("kind") == "point":
            return None
        places = view.to_screen(*handles(chosen.region).T)
        far = np.hypot(places[0] - sx, places[1] - sy)
        nearest = int(np.argmin(far))
        return nearest if far[nearest] <= GRIP else None

    # -- painting

    def paint(self, painter: QtGui.QPainter, view: View) -> None:
        """All but the selected one by style, each style in two strokes: thousands of them must not hold up a pan."""
        unit = max(QtGui.QFontMetricsF(painter.font()).height() / 15.0, 0.5)
        chosen = self.chosen
        seen, styles = list[Mark](), dict[tuple[str, bool], list[Mark]]()
        for at in self._in_sight(view):
            if (mark := self.marks[at]) is not chosen:
                seen.append(mark)
                styles.setdefault(self._styles[at], []).append(mark)
        for (colour, dashed), marks in styles.items():
            stroke(painter, view, [mark.region for mark in marks], QColor(colour), unit, dashed=dashed)
        if len(seen) <= MOST_NAMED:
            to_screen = view.to_screen
            for mark in seen:
                self._paint_name(painter, view, mark, False, unit, to_screen)
        if chosen is not None:
            region = self.draft if self.draft is not None and not self.drawing else chosen.region
            self._paint_chosen(painter, view, Mark(chosen.key, region, chosen.source, chosen.mine), unit)
        if self.drawing and self.draft is not None:
            self._paint_chosen(painter, view, Mark("", {"class_name": self.class_name, **self.draft}), unit)

    def _in_sight(self, view: View) -> list[int]:
        x, y = view.to_screen(self._reach[:, 0], self._reach[:, 1])
        far = self._reach[:, 2] * view.scale + GRIP
        inside = (x + far > 0) & (x - far < view.width) & (y + far > 0) & (y - far < view.height)
        found: list[int] = np.flatnonzero(inside).tolist()
        return found

    def _paint_chosen(self, painter: QtGui.QPainter, view: View, mark: Mark, unit: float) -> None:
        stroke(painter, view, [mark.region], colour_of(mark), unit, thick=True, dashed=is_dashed(mark))
        self._paint_name(painter, view, mark, True, unit, view.to_screen)
        if mark.key and mark.region.get("kind") != "point":
            _paint_handles(painter, view, mark.region, colour_of(mark), unit)

    def _paint_name(
        self, painter: QtGui.QPainter, view: View, mark: Mark, chosen: bool, unit: float, to_screen: Affine
    ) -> None:
        """Above its highest corner on the screen: the class's letter, all of it where there is room."""
        ring = [to_screen(x, y) for x, y in outline.outlines(mark.region)[0].tolist()]
        across, lowest = [x for x, _ in ring], min(y for _, y in ring)
        wide = max(across) - min(across)
        name = mark.class_name if chosen or wide >= ROOM_FOR_NAME * unit else mark.class_name[:1].upper()
        if chosen and mark.note:
            name = f"{name} · {mark.note if len(mark.note) <= 40 else mark.note[:39] + '…'}"
        if not mark.mine and mark.source:
            name = f"{name} ({mark.source})" if chosen or len(name) > 1 else name
        plate = self._plate(name, colour_of(mark), painter, unit)
        highest = [x for x, y in ring if y <= lowest + 1.0]
        left = min(highest) - unit if len(highest) > 1 else highest[0] - plate.width() / 2
        left = min(max(left, 0.0), max(view.width - plate.width(), 0.0))
        top = lowest - plate.height() - 3 * unit
        if top < 0:  # no room above: inside, under the upper edge
            top = max(lowest, 0.0) + 3 * unit
        painter.drawPixmap(QtCore.QPointF(left, top), plate)

    def _plate(self, name: str, colour: QColor, painter: QtGui.QPainter, unit: float) -> QtGui.QPixmap:
        """The name on a dark plate, drawn once: there are few names and many marks."""
        key = (name, colour.name(), painter.font().toString())
        if key not in self._plates:
            metrics = QtGui.QFontMetricsF(painter.font())
            width, height = metrics.horizontalAdvance(name) + 8 * unit, metrics.height() + unit
            plate = QtGui.QPixmap(math.ceil(width), math.ceil(height))
            plate.fill(Qt.transparent)
            own = QtGui.QPainter(plate)
            own.setFont(painter.font())
            own.setRenderHint(QtGui.QPainter.Antialiasing)
            own.setPen(Qt.NoPen)
            own.setBrush(CASING)
            area = QtCore.QRectF(0, 0, width, height)
            own.drawRoundedRect(area, 2.5 * unit, 2.5 * unit)
            own.setPen(colour.lighter(130) if colour.lightness() < 110 else colour)
            own.drawText(area, int(Qt.AlignCenter), name)
            own.end()
            if len(self._plates) >= MOST_NAMED:
                self._plates.clear()
            self._plates[key] = plate
        return self._plates[key]


def is_dashed(mark: Mark) -> bool:
    """Somebody else's, a model's, or an exclusion."""
    return not mark.mine or bool((mark.region.get("more") or {}).get("exclude"))


def stroke(
    painter: QtGui.QPainter,
    view: View,
    regions: Sequence[Mapping[str, Any]],
    colour: QColor,
    unit: float,
    *,
    thick: bool = False,
    dashed: bool = False,
) -> None:
    """A coloured line in a dark one: readable on black, on white and on noise, and thin, for it lies on the pixels looked at."""
    to_screen, turned = view.to_screen, view.angle % 90 != 0
    path = QtGui.QPainterPath()
    plain: list[tuple[float, float, float, float]] = []
    for region in regions:
        if turned or region.get("angle") or region.get("kind", "box") != "box" or dashed:
            _add(path, region, to_screen, unit)
        else:
            plain.append((region["x"], region["y"], region["w"] / 2, region["h"] / 2))
    upright: list[QtCore.QRectF] = []
    if plain:
        x, y, half_w, half_h = np.array(plain).T
        corners = np.array([to_screen(x + side * half_w, y + side * half_h) for side in (-1, 1)]).clip(-FAR, FAR)
        low, high = corners.min(axis=0), corners.max(axis=0)
        upright = [QtCore.QRectF(*row) for row in np.column_stack([*low, *(high - low)]).tolist()]
    painter.setBrush(Qt.NoBrush)
    width = 2.2 if thick else 1.5
    for ink, wide in ((CASING, width + 2.0), (colour, width)):
        pen = QtGui.QPen(ink, wide * unit, join=Qt.MiterJoin)
        if dashed and ink is colour:
            pen.setDashPattern([4.0, 2.5])
        painter.strokePath(path, pen)
        if upright:
            painter.setPen(pen)
            painter.drawRects(upright)


def _add(path: QtGui.QPainterPath, region: Mapping[str, Any], to_screen: Affine, unit: float) -> None:
    """The lines of one region in device pixels."""
    rings = [np.clip(np.column_stack(to_screen(*ring.T)), -FAR, FAR) for ring in outline.outlines(region)]
    if region.get("kind") == "point":
        x, y = rings[0][0]
        for dx, dy in ((6, 0), (0, 6)):
            path.moveTo(x - dx * unit, y - dy * unit)
            path.lineTo(x + dx * unit, y + dy * unit)
        return
    for ring in rings:
        path.addPolygon(QtGui.QPolygonF([QtCore.QPointF(x, y) for x, y in ring.tolist()]))
        if region.get("kind") != "line":
            path.closeSubpath()
    if (region.get("more") or {}).get("exclude"):
        (left, top), (right, bottom) = rings[0].min(axis=0), rings[0].max(axis=0)
        path.moveTo(left, bottom)
        path.lineTo(right, top)


def handles(region: Mapping[str, Any]) -> np.ndarray:
    """(8, 2) image pixels, in the order of HANDLES."""
    corners = outline.corners(region)
    return np.array([_between(corners, u, v) for u, v in HANDLES])


def _between(corners: np.ndarray, u: float, v: float) -> np.ndarray:
    lower = corners[0] + (corners[1] - corners[0]) * (u + 1) / 2
    upper = corners[3] + (corners[2] - corners[3]) * (u + 1) / 2
    return np.asarray(lower + (upper - lower) * (v + 1) / 2)


def resized(region: Mapping[str, Any], handle: int, x: float, y: float, least: float) -> dict[str, Any]:
    """The region with one handle at an image point; the opposite side or corner stays, and no side becomes less than `least`."""
    turn = math.radians(region.get("angle") or 0.0)
    cos, sin = math.cos(turn), math.sin(turn)
    dx, dy = x - region["x"], y - region["y"]
    place = (dx * cos + dy * sin, dy * cos - dx * sin)
    centre, size = [0.0, 0.0], [region["w"], region["h"]]
    for axis in (0, 1):
        side = HANDLES[handle][axis]
        if side:
            still = -side * size[axis] / 2
            size[axis] = max((place[axis] - still) * side, least)
            centre[axis] = still + side * size[axis] / 2
    if region.get("kind") == "circle":  # round stays round: the longer side wins, about the corner that stays
        size = [max(size[i] for i in (0, 1) if HANDLES[handle][i])] * 2
        centre = [HANDLES[handle][i] * (size[i] - region["wh"[i]]) / 2 for i in (0, 1)]
    moved = (region["x"] + centre[0] * cos - centre[1] * sin, region["y"] + centre[0] * sin + centre[1] * cos)
    return outline.fitted(region, x=moved[0], y=moved[1], w=size[0], h=size[1])


def _covers(region: Mapping[str, Any], x: float, y: float, reach: float) -> bool:
    turn = math.radians(region.get("angle") or 0.0)
    dx, dy = x - region["x"], y - region["y"]
    u, v = dx * math.cos(turn) + dy * math.sin(turn), dy * math.cos(turn) - dx * math.sin(turn)
    return abs(u) <= region["w"] / 2 + reach and abs(v) <= region["h"] / 2 + reach


def _paint_handles(painter: QtGui.QPainter, view: View, region: Mapping[str, Any], colour: QColor, unit: float) -> None:
    side = 3.6 * unit
    for x, y in np.column_stack(view.to_screen(*handles(region).T)):
        square = QtCore.QRectF(x - side, y - side, 2 * side, 2 * side)
        painter.setPen(QtGui.QPen(CASING, 1.4 * unit))
        painter.setBrush(QColor("white"))
        painter.drawRect(square)
        painter.setPen(QtGui.QPen(colour, 1.0 * unit))
        painter.drawRect(square.adjusted(unit, unit, -unit, -unit))
