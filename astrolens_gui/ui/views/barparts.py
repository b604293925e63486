"""Small fields of the display bar: numbers, choices, sliders, icons; knows no recipe and no image."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ..qt import QColor, QIcon, QPalette, Qt, QtCore, QtGui, QtWidgets, QWidget, Signal


class NumberField(QtWidgets.QLineEdit):
    """A field for a pixel value of any size; Esc puts back what was there before the typing."""

    def __init__(self, tip: str) -> None:
        super().__init__(toolTip=tip, alignment=Qt.AlignRight)
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("-1.2346e-11") + 24)
        self.setFocusPolicy(Qt.ClickFocus)
        self.shown: float | None = None
        """The number as it was shown before the person typed."""

    def keyPressEvent(self, event: QtGui.QKeyEvent) -> None:
        if event.key() == Qt.Key_Escape and self.isModified() and self.shown is not None:
            self.setModified(False)
            self.show_number(self.shown)
        super().keyPressEvent(event)

    def show_number(self, value: float) -> None:
        if not (self.hasFocus() and self.isModified()):
            self.setText(f"{value:.5g}")
            self.shown = self.number

    @property
    def number(self) -> float | None:
        """The number in the field; None when it is not one."""
        try:
            value = float(self.text())
        except ValueError:
            return None
        return value if np.isfinite(value) else None


class LogSlider(QWidget):
    """A factor from `low` to `high` on a logarithmic scale, with its name and value; 0 is the left end where `zero`.

    Attributes:
        moved: (float) while a person drags or steps it; not when it follows the recipe.
    """

    moved = Signal(float)

    STEPS = 400

    def __init__(self, name: str, low: float, high: float, tip: str, *, zero: bool = False, unit: str = "") -> None:
        super().__init__(toolTip=tip)
        self._name, self._low, self._high, self._zero, self._unit = name, low, high, zero, unit
        self.label = QtWidgets.QLabel(name)
        self.label.setMinimumWidth(self.fontMetrics().horizontalAdvance(f"{name} 0.88{unit}") + 4)
        self.slider = QtWidgets.QSlider(Qt.Horizontal)
        self.slider.setRange(0, self.STEPS)
        self.slider.setPageStep(20)
        self.slider.setMinimumWidth(40)
        self.slider.setFocusPolicy(Qt.NoFocus)  # the keys are the image's
        row = QtWidgets.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.label)
        row.addWidget(self.slider, 1)
        self.slider.valueChanged.connect(self._on_moved)

    @property
    def value(self) -> float:
        place = self.slider.value() / self.STEPS
        if self._zero and not self.slider.value():
            return 0.0
        return float(f"{self._low * (self._high / self._low) ** place:.3g}")

    def show_value(self, value: float) -> None:
        """Follow the recipe, without `moved`; a value beyond the ends stands at the end, its number is right."""
        place = 0.0
        if value > 0:
            place = math.log(value / self._low) / math.log(self._high / self._low)
        self.slider.blockSignals(True)
        if self.value != value:
            self.slider.setValue(round(min(max(place, 0.0), 1.0) * self.STEPS))
        self.slider.blockSignals(False)
        self._say(value)

    def _on_moved(self) -> None:
        self._say(self.value)
        self.moved.emit(self.value)

    def _say(self, value: float) -> None:
        self.label.setText(
            f"{self._name} {value:.2g}{self._unit}" if value < 100 else f"{self._name} {value:.0f}{self._unit}"
        )


def align(sliders: Sequence[LogSlider]) -> None:
    """Names of one width, so that the sliders stand below each other."""
    widest = max(slider.label.minimumWidth() for slider in sliders)
    for slider in sliders:
        slider.label.setMinimumWidth(widest)


def choice(tip: str, letters: int) -> QtWidgets.QComboBox:
    """A list that leaves the keys to the image and may be squeezed to `letters`."""
    box = QtWidgets.QComboBox(toolTip=tip)
    box.setFocusPolicy(Qt.NoFocus)
    box.setSizeAdjustPolicy(QtWidgets.QComboBox.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(letters)
    return box


def button(text: str, tip: str, *, checkable: bool = False) -> QtWidgets.QToolButton:
    made = QtWidgets.QToolButton(text=text, toolTip=tip, checkable=checkable)
    made.setFocusPolicy(Qt.NoFocus)
    return made


def fill(box: QtWidgets.QComboBox, rows: Sequence[tuple[str, str]], chosen: str) -> None:
    """The list's (title, value), if they are others than those there; and the chosen value."""
    if [(box.itemText(row), box.itemData(row)) for row in range(box.count())] != list(rows):
        icon = box.itemIcon(0) if box.count() else QIcon()
        box.clear()
        for title, value in rows:
            box.addItem(icon, title, value)
    box.setCurrentIndex(box.findData(chosen))


def swatch(name: str) -> QIcon:
    """A colour map as a small picture."""
    from astrolens_gui.core.images.colormaps import lut

    line = np.ascontiguousarray(lut(name))
    image = QtGui.QImage(line.data, len(line), 1, 3 * len(line), QtGui.QImage.Format_RGB888)
    return QIcon(QtGui.QPixmap.fromImage(image.scaled(48, 12)))


def dot(colour: str) -> QIcon:
    """A spot of one colour."""
    pixmap = QtGui.QPixmap(24, 24)
    pixmap.fill(Qt.transparent)
    painter = QtGui.QPainter(pixmap)
    painter.setRenderHint(QtGui.QPainter.Antialiasing)
    painter.setPen(Qt.NoPen)
    painter.setBrush(QColor(colour))
    painter.drawEllipse(3, 3, 18, 18)
    painter.end()
    return QIcon(pixmap)


def half_moon(palette: QPalette) -> QIcon:
    """Dark on one side, bright on the other."""
    pixmap = QtGui.QPixmap(36, 36)
    pixmap.fill(Qt.transparent)
    painter = QtGui.QPainter(pixmap)
    painter.setRenderHint(QtGui.QPainter.Antialiasing)
    ink = palette.color(QPalette.Text)
    painter.setPen(QtGui.QPen(ink, 3))
    painter.drawEllipse(QtCore.QRectF(5, 5, 26, 26))
    painter.setPen(Qt.NoPen)
    painter.setBrush(ink)
    painter.drawPie(QtCore.QRectF(5, 5, 26, 26), 90 * 16, 180 * 16)
    painter.end()
    return QIcon(pixmap)


def padlock(letter: str, palette: QPalette) -> QIcon:
    """A lock, closed and with the letter of what it holds, or open without one."""
    pixmap = QtGui.QPixmap(36, 36)
    pixmap.fill(Qt.transparent)
    painter = QtGui.QPainter(pixmap)
    painter.setRenderHint(QtGui.QPainter.Antialiasing)
    ink = palette.color(QPalette.Highlight if letter else QPalette.Text)
    painter.setPen(QtGui.QPen(ink, 3))
    shift = 0 if letter else 8
    arc = QtGui.QPainterPath(QtCore.QPointF(11 + shift, 17))
    arc.lineTo(11 + shift, 11)
    arc.arcTo(QtCore.QRectF(11 + shift, 4, 14, 14), 180, -180)
    arc.lineTo(25 + shift, 17 if letter else 12)
    painter.drawPath(arc)
    painter.setPen(Qt.NoPen)
    painter.setBrush(ink)
    painter.drawRoundedRect(QtCore.QRectF(6, 16, 24, 17), 3, 3)
    if letter:
        font = painter.font()
        font.setPixelSize(17)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(palette.color(QPalette.Base))
        painter.drawText(QtCore.QRectF(6, 16, 24, 17), Qt.AlignCenter, letter)
    painter.end()
    return QIcon(pixmap)
