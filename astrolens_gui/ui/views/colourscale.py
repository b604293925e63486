"""The colour scale over the pixels: which value has which colour between the cuts; knows no image."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from ..qt import QtCore, QtGui
from .layer import Layer
from .overlay import INK, SHADOW, write

STEPS = 256
TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Where a value is written, as parts of the way from the first colour to the last."""

SHORTEST_EM = 14


class ColourScale(Layer):
    """Equal lengths are equal steps of colour, as in DS9; the values beside them follow the stretch."""

    visible = False

    def __init__(self) -> None:
        super().__init__()
        self._bar: QtGui.QImage | None = None
        self._labels: list[str] = []
        self._lines: Any = None

    def show(self, recipe: Any, low: float, high: float, values: np.ndarray, unit: str = "") -> None:
        """For these cuts; `values` are a sample of the image, which alone knows what histogram equalisation does."""
        self._bar, self._labels = None, []
        if recipe.mode == "single":
            rgb = _colours(recipe)
            self._lines = np.ascontiguousarray(rgb[::-1])
            self._bar = QtGui.QImage(self._lines.data, 1, STEPS, 3, QtGui.QImage.Format_RGB888)
            found = levels(recipe, low, high, values, np.array(TICKS))
            self._labels = [_short(float(value), high - low) for value in found]
            self._labels[-1] = f"{self._labels[-1]} {unit}".rstrip()
        self.changed.emit()

    def clear(self) -> None:
        self._bar = None
        self.changed.emit()

    def paint(self, painter: QtGui.QPainter, view: Any) -> None:
        em = painter.fontMetrics().height()
        if self._bar is None or view.height < SHORTEST_EM * em:
            return
        metrics = QtGui.QFontMetricsF(painter.font())
        width, right = 0.8 * em, view.width - 1.0 * em
        box = QtCore.QRectF(right - width, 0.16 * view.height, width, 0.6 * view.height)
        painter.setRenderHint(QtGui.QPainter.SmoothPixmapTransform)
        painter.drawImage(box, self._bar)
        painter.setBrush(QtCore.Qt.NoBrush)
        for colour, thick in ((SHADOW, 0.2), (INK, 0.07)):
            painter.setPen(QtGui.QPen(colour, max(thick * em, 1.0)))
            painter.drawRect(box)
        for part, label in zip(TICKS, self._labels, strict=True):
            y = box.bottom() - part * box.height()
            painter.drawLine(QtCore.QPointF(box.left() - 0.25 * em, y), QtCore.QPointF(box.left(), y))
            half = metrics.horizontalAdvance(label) / 2
            write(painter, QtCore.QPointF(box.left() - 0.5 * em - half, y), label)
            painter.setPen(QtGui.QPen(INK, max(0.07 * em, 1.0)))


def _short(value: float, span: float) -> str:
    """A value to a thousandth of the span between the cuts: what is nought beside it is 0."""
    step = 10.0 ** math.floor(math.log10(span) - 3) if span > 0 else 1.0
    rounded = round(value / step) * step
    return f"{0.0 if abs(rounded) < step / 2 else rounded:.4g}" if abs(rounded) < 1e6 else f"{rounded:.3e}"


def _colours(recipe: Any) -> np.ndarray:
    """uint8 (STEPS, 3) from the first colour to the last."""
    from astrolens_gui.core.images.stretch import render

    ramp = np.linspace(0.0, 1.0, STEPS, dtype=np.float32)[np.newaxis]
    return render(ramp, replace(recipe, stretch="linear"), 0.0, 1.0)[0]


def levels(recipe: Any, low: float, high: float, values: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """The pixel values that the stretch takes to `parts` (0..1) of the way between the cuts."""
    from astrolens_gui.core.images.stretch import STRETCHES

    if recipe.stretch == "histeq":
        inside = values[(values > low) & (values < high)]
        return np.quantile(inside, parts) if inside.size else low + (high - low) * parts
    grid = np.linspace(0.0, 1.0, 4097)
    stretched = np.nan_to_num(np.asarray(STRETCHES[recipe.stretch].function(grid), float))
    rising = np.maximum.accumulate(np.clip(stretched, 0.0, 1.0))
    return low + (high - low) * np.interp(parts, rising, grid)
