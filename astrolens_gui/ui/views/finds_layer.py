"""Paints what a detector found over the pixels: dashed boxes with score, and masks; knows no detector and no store."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from astrolens_gui.core.images.geometry import Affine, View

from ..models.finds import REJECTED, Find
from ..qt import QColor, Qt, QtCore, QtGui
from .layer import Layer
from .marks import CASING, FAR, Mark, colour_of, stroke

FILL = 70
"""Opacity (of 255) of the surest place of a mask: the pixels stay to be seen."""

LEAST_MASK_PX = 10.0
"""Masks smaller than that on the screen are not worth a picture."""

LEAST_BOX_PX = 11.0
MOST_MASKS = 250
"""Of the best finds in sight: outlining thousands would hold the window for seconds, and nobody could tell them apart."""

MOST_NAMED = 300
NAMED_PX = 24.0
DASHED_PX = 16.0
MOST_DASHED = 250
"""Dashes take their time to paint: not for specks, and not for thousands."""

CONTOUR = 0.5


class FindsLayer(Layer):
    """Attributes:
    finds: those that are shown, best first. selected: the place of the one looked at, -1 for none.
    masks: whether masks are painted.
    """

    def __init__(self) -> None:
        super().__init__()
        self.finds: list[Find] = []
        self.selected = -1
        self.masks = True
        self._reach = np.empty((0, 4))
        self._pictures: dict[int, tuple[Any, QtGui.QImage, list[np.ndarray]]] = {}

    def set_finds(self, finds: list[Find], selected: int = -1) -> None:
        self.finds, self.selected = finds, selected
        self._reach = np.array([one.place for one in finds], float).reshape(-1, 4)
        known = {id(one.mask) for one in finds if one.mask is not None}
        self._pictures = {key: kept for key, kept in self._pictures.items() if key in known}
        self.changed.emit()

    def select(self, at: int) -> None:
        self.selected = at
        self.changed.emit()

    def at(self, x: float, y: float) -> int:
        """The smallest one that is not judged and lies under an image point; -1 for none."""
        inside = [
            (one.w * one.h, place)
            for place, one in enumerate(self.finds)
            if not one.verdict and abs(x - one.x) <= one.w / 2 and abs(y - one.y) <= one.h / 2
        ]
        return min(inside)[1] if inside else -1

    def paint(self, painter: QtGui.QPainter, view: View) -> None:
        unit = max(QtGui.QFontMetricsF(painter.font()).height() / 15.0, 0.5)
        seen = self._in_sight(view)
        if self.masks:
            for at in [at for at in seen if self.finds[at].verdict != REJECTED][:MOST_MASKS]:  # best first
                self._paint_mask(painter, view, self.finds[at], unit)
        open_ones = [at for at in seen if not self.finds[at].verdict and at != self.selected]
        few = len(open_ones) <= MOST_DASHED
        styles: dict[tuple[str, bool], list[dict[str, Any]]] = {}
        for at in open_ones:
            one = self.finds[at]
            dashed = few and min(one.w, one.h) * view.scale >= DASHED_PX
            styles.setdefault((_colour(one.class_name), dashed), []).append(_region(one, view))
        for (colour, dashed), regions in styles.items():
            stroke(painter, view, regions, QColor(colour), unit, dashed=dashed)
        if 0 <= self.selected < len(self.finds):
            one = self.finds[self.selected]
            stroke(
                painter,
                view,
                [_region(one, view)],
                QColor(_colour(one.class_name)),
                unit,
                thick=True,
                dashed=not one.verdict,
            )
            _brackets(painter, view, one, unit)
            self._name(painter, view, one, unit, True)
        if len(open_ones) <= MOST_NAMED:
            named = NAMED_PX * unit / view.scale
            for at in (at for at in open_ones if max(self.finds[at].w, self.finds[at].h) >= named):
                self._name(painter, view, self.finds[at], unit, False)

    def _in_sight(self, view: View) -> list[int]:
        x, y = view.to_screen(self._reach[:, 0], self._reach[:, 1])
        far = np.hypot(self._reach[:, 2], self._reach[:, 3]) / 2 * view.scale + 4
        inside = (x + far > 0) & (x - far < view.width) & (y + far > 0) & (y - far < view.height)
        found: list[int] = np.flatnonzero(inside).tolist()
        return found

    def _paint_mask(self, painter: QtGui.QPainter, view: View, one: Find, unit: float) -> None:
        if max(one.w, one.h) * view.scale < LEAST_MASK_PX:
            return
        turn, colour, lines = view.to_screen, QColor(_colour(one.class_name)), []
        if one.mask is not None:
            picture, rings = self._picture(one)
            rows, columns = one.mask.shape
            a, e = one.w / columns, one.h / rows
            turn = turn.after(Affine(a, 0, one.x - one.w / 2 + a / 2, 0, e, one.y - one.h / 2 + e / 2))
            painter.save()
            painter.setTransform(QtGui.QTransform(turn.a, turn.d, turn.b, turn.e, turn.c, turn.f), True)
            painter.setRenderHint(QtGui.QPainter.SmoothPixmapTransform)
            painter.drawImage(QtCore.QRectF(-0.5, -0.5, columns, rows), picture)
            painter.restore()
            lines = rings
        elif one.points is not None:
            lines = [one.points]
        for ring in lines:
            path = QtGui.QPainterPath()
            places = np.clip(np.column_stack(turn(ring[:, 0], ring[:, 1])), -FAR, FAR)
            path.addPolygon(QtGui.QPolygonF([QtCore.QPointF(x, y) for x, y in places.tolist()]))
            if one.mask is None:
                path.closeSubpath()
                fill = QColor(colour)
                fill.setAlpha(FILL)
                painter.fillPath(path, fill)
            painter.strokePath(path, QtGui.QPen(CASING, 2.6 * unit, join=Qt.RoundJoin))
            painter.strokePath(path, QtGui.QPen(colour.lighter(115), 1.2 * unit, join=Qt.RoundJoin))

    def _picture(self, one: Find) -> tuple[QtGui.QImage, list[np.ndarray]]:
        """The mask as a picture to lay over its box, and its outline in pixels of the mask; made once."""
        assert one.mask is not None
        kept = self._pictures.get(id(one.mask))
        if kept is None or kept[0] is not one.mask:
            from skimage.measure import find_contours

            mask = np.nan_to_num(np.asarray(one.mask, np.float32)).clip(0, 1)
            colour = QColor(_colour(one.class_name))
            pixels = np.zeros((*mask.shape, 4), np.uint8)
            pixels[..., :3] = (colour.red(), colour.green(), colour.blue())
            pixels[..., 3] = np.round(np.where(mask > 0.25, mask, 0.0) * FILL)
            height, width = mask.shape
            image = QtGui.QImage(pixels.tobytes(), width, height, 4 * width, QtGui.QImage.Format_RGBA8888).copy()
            rings = [line[:, ::-1] - 1.0 for line in find_contours(np.pad(mask, 1), CONTOUR)]
            kept = self._pictures[id(one.mask)] = (one.mask, image, rings)
        return kept[1], kept[2]

    def _name(self, painter: QtGui.QPainter, view: View, one: Find, unit: float, chosen: bool) -> None:
        """Class and score over the box's upper edge, where there is room for them; the score alone where there is little."""
        x, y, wide, tall = _on_screen(view, one)
        text = f"{one.class_name} {one.score:.2f}" + (f" · {one.verdict}" if one.verdict else "")
        metrics = QtGui.QFontMetricsF(painter.font())
        if not chosen and wide < metrics.horizontalAdvance(text):
            text = f"{one.score:.2f}"
            if wide < 0.7 * metrics.horizontalAdvance(text):
                return
        width, height = metrics.horizontalAdvance(text) + 8 * unit, metrics.height() + unit
        left = min(max(x - wide / 2 - unit, 0.0), max(view.width - width, 0.0))
        top = y + tall / 2 + 3 * unit
        if top + height > view.height:
            top = min(y + tall / 2, view.height) - height - 3 * unit
        area = QtCore.QRectF(left, top, width, height)
        painter.setPen(Qt.NoPen)
        painter.setBrush(CASING)
        painter.drawRoundedRect(area, 2.5 * unit, 2.5 * unit)
        painter.setBrush(Qt.NoBrush)
        painter.setPen(QColor("white") if chosen else QColor(_colour(one.class_name)).lighter(115))
        painter.drawText(area, int(Qt.AlignCenter), text)


@cache
def _colour(class_name: str) -> str:
    return colour_of(Mark("", {"class_name": class_name})).name()


def _region(one: Find, view: View) -> dict[str, Any]:
    """As it is drawn: never so small that it is but a dot."""
    least = LEAST_BOX_PX / view.scale
    return {"x": one.x, "y": one.y, "w": max(one.w, least), "h": max(one.h, least), "kind": "box"}


def _on_screen(view: View, one: Find) -> tuple[float, float, float, float]:
    """(x, y, width, height) of the upright box around it on the screen."""
    half_w, half_h = one.w / 2, one.h / 2
    xs, ys = view.to_screen(
        np.array([one.x - half_w, one.x + half_w, one.x + half_w, one.x - half_w]),
        np.array([one.y - half_h, one.y - half_h, one.y + half_h, one.y + half_h]),
    )
    return float(xs.mean()), float(ys.mean()), float(np.ptp(xs)), float(np.ptp(ys))


def _brackets(painter: QtGui.QPainter, view: View, one: Find, unit: float) -> None:
    """Four white corners round the one looked at: seen at once, and by every kind of colour vision."""
    x, y, wide, tall = _on_screen(view, one)
    gap = 5 * unit
    left, right, top, bottom = x - wide / 2 - gap, x + wide / 2 + gap, y - tall / 2 - gap, y + tall / 2 + gap
    arm = min(max(0.22 * min(wide, tall), 6 * unit), 22 * unit)
    path = QtGui.QPainterPath()
    for cx, cy, dx, dy in ((left, top, 1, 1), (right, top, -1, 1), (right, bottom, -1, -1), (left, bottom, 1, -1)):
        path.moveTo(cx + dx * arm, cy)
        path.lineTo(cx, cy)
        path.lineTo(cx, cy + dy * arm)
    for ink, width in ((CASING, 4.2), (QColor("white"), 2.0)):
        painter.strokePath(path, QtGui.QPen(ink, width * unit, cap=Qt.FlatCap, join=Qt.MiterJoin))
