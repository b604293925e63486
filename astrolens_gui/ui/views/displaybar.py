"""The controls of the display recipe: stretch, cuts, colours, bands; holds no recipe and renders no image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..qt import QIcon, Qt, QtCore, QtGui, QtWidgets, QWidget, Signal
from . import display
from .histogram import HistogramStrip, colour_bar

CUTS: tuple[tuple[str, str, float | None], ...] = (
    ("zscale", "zscale", None),
    *((f"{percent:g} %", "percentile", percent) for percent in (99.9, 99.5, 99.0, 98.0, 95.0, 90.0)),
    ("min – max", "minmax", None),
    ("manual", "manual", None),
)
"""(title, cuts, percentile) of the menu."""

ROW_GAP = 8

BUTTON_LETTERS = 20
"""Band names longer than this altogether make a list instead of buttons."""


class DisplayBar(QWidget):
    """The histogram between the fields of the cuts, and the choices. Follows `current`, and an ImageView if given."""

    def __init__(self, current: Any, image_view: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from astrolens_gui.core.images.stretch import COLORMAPS, STRETCHES

        self.setObjectName("displayBar")
        self._current = current
        if current.recipe.stretch not in STRETCHES:  # remembered from a plugin that is gone
            current.set_recipe(stretch=type(current.recipe)().stretch)
        self._image: Any = None
        self._cuts = (0.0, 1.0)
        self.histogram = HistogramStrip(self)
        self.low = _Number("Low cut: the pixel value drawn as the first colour")
        self.high = _Number("High cut: the pixel value drawn as the last colour")
        self.bands = _Bands()
        self.stretch = _choice("Stretch: how pixel values become brightness  [S]", 5)
        for spec in STRETCHES.values():
            self.stretch.addItem(spec.title, spec.id)
            self.stretch.setItemData(self.stretch.count() - 1, spec.doc, Qt.ToolTipRole)
        self.cuts = _choice(
            "Cuts: which pixel values are black and white; automatic ones are found anew for every image  [A]", 5
        )
        for title, _, _ in CUTS:
            self.cuts.addItem(title)
        self.colormap = _choice("Colour map", 4)
        self.colormap.setIconSize(QtCore.QSize(36, 12))
        for name in COLORMAPS:
            self.colormap.addItem(_swatch(name), name, name)
        self.invert = QtWidgets.QToolButton(
            text="Invert", checkable=True, toolTip="Dark on bright, or bright on dark  [I]"
        )
        self.reset = QtWidgets.QToolButton(
            text="Reset", toolTip="Stretch, cuts, colours, contrast and bias as on the first day"
        )
        for button in (self.invert, self.reset):
            button.setFocusPolicy(Qt.NoFocus)
        self._lay_out()
        self._connect()
        if image_view is not None:
            image_view.shown.connect(self.set_frame)
            image_view.appeared.connect(self._values.setVisible)  # the mosaic's stamps have each their own values
            self.set_frame(image_view.frame)
        self._on_recipe(current.recipe)

    def set_frame(self, frame: Any | None) -> None:
        """Follow what is on the screen: a Frame, or None where there is no image."""
        image = frame.image if frame is not None else None
        self._cuts = (frame.low, frame.high) if frame is not None else self._cuts
        if image is not self._image:
            self._image = image
            self.bands.set_bands(image.bands if image is not None else (), image.band if image is not None else "")
            self.histogram.set_image(image.data if image is not None else None, *self._cuts)
        for field in (self.low, self.high):
            field.setEnabled(image is not None)
        if frame is None:
            self.low.clear()
            self.high.clear()
            return
        self.histogram.set_cuts(*self._cuts)
        self.low.show_number(frame.low)
        self.high.show_number(frame.high)
        self._paint_bar()

    def _paint_bar(self) -> None:
        from astrolens_gui.core.images.stretch import render

        values = self.histogram.values
        bar = colour_bar(render, values, self._current.recipe, *self._cuts) if values.size else None
        self.histogram.set_bar(bar)

    def _on_recipe(self, recipe: Any) -> None:
        self.stretch.setCurrentIndex(self.stretch.findData(recipe.stretch))
        self.cuts.setCurrentIndex(_cuts_index(recipe))
        self.colormap.setCurrentIndex(self.colormap.findData(recipe.colormap))
        self.invert.setChecked(recipe.invert)

    def _choose_cuts(self, index: int) -> None:
        _, cuts, percent = CUTS[index]
        if cuts == "manual":
            display.manual_cuts(self._current, *self._cuts)
        elif percent is not None:
            self._current.set_recipe(cuts=cuts, percentile=percent, low=None, high=None)
        else:
            self._current.set_recipe(cuts=cuts, low=None, high=None)

    def _type_cuts(self) -> None:
        low, high = self.low.number, self.high.number
        if (
            low is None or high is None or low == high
        ):  # put back what holds: the fields never show what is not on the screen
            for field, cut in zip((self.low, self.high), self._cuts, strict=True):
                field.setModified(False)
                field.show_number(cut)
        elif (low, high) != (self.low.shown, self.high.shown):
            display.manual_cuts(
                self._current,
                low if low != self.low.shown else self._cuts[0],
                high if high != self.high.shown else self._cuts[1],
            )

    def _connect(self) -> None:
        set_recipe = self._current.set_recipe
        self._current.recipe_changed.connect(self._on_recipe)
        # activated, not currentIndexChanged: only what a person chose, not what followed the recipe
        self.stretch.activated.connect(lambda index: set_recipe(stretch=self.stretch.itemData(index)))
        self.cuts.activated.connect(self._choose_cuts)
        self.colormap.activated.connect(lambda index: set_recipe(colormap=self.colormap.itemData(index)))
        self.invert.clicked.connect(lambda checked: set_recipe(invert=checked))
        self.reset.clicked.connect(lambda: display.reset(self._current))
        self.bands.chosen.connect(lambda band: set_recipe(band=band))
        self.low.editingFinished.connect(self._type_cuts)
        self.high.editingFinished.connect(self._type_cuts)
        self.histogram.cuts_dragged.connect(lambda low, high: display.manual_cuts(self._current, low, high))
        self.histogram.auto_wanted.connect(lambda: display.auto_cuts(self._current))

    def _lay_out(self) -> None:
        self._values = QWidget()
        upper = QtWidgets.QHBoxLayout(self._values)
        upper.setContentsMargins(0, 0, 0, 0)
        for widget, stretch in ((self.low, 0), (self.histogram, 1), (self.high, 0)):
            upper.addWidget(widget, stretch)
        self._lower = QtWidgets.QBoxLayout(QtWidgets.QBoxLayout.LeftToRight)
        self._lower.setSpacing(ROW_GAP)
        self._first = QtWidgets.QHBoxLayout()
        self._first.setSpacing(ROW_GAP)
        self._first.addWidget(self.bands)
        self._first.addStretch(1)
        self._choices = QtWidgets.QHBoxLayout()
        self._choices.setSpacing(ROW_GAP)
        self._choices.addStretch(1)
        for box, most in ((self.stretch, 170), (self.cuts, 120), (self.colormap, 150)):
            box.setMaximumWidth(most)
            self._choices.addWidget(box, 40)
        self._buttons = QWidget()
        buttons = QtWidgets.QHBoxLayout(self._buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(ROW_GAP)
        for button in (self.invert, self.reset):
            buttons.addWidget(button)
        self._lower.addLayout(self._first, 1)
        self._lower.addLayout(self._choices, 4)
        self._lower.addWidget(self._buttons)
        column = QtWidgets.QVBoxLayout(self)
        column.setContentsMargins(8, 4, 8, 6)
        column.setSpacing(5)
        column.addWidget(self._values)
        column.addLayout(self._lower)
        self.bands.changed.connect(self._arrange)

    def resizeEvent(self, event: QtGui.QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        """Bands and choices in one row; in two where that is too narrow; bands too wide for a row become a list."""
        margins = self.layout().contentsMargins()
        room = self.width() - margins.left() - margins.right()
        buttons = self._buttons.sizeHint().width() + ROW_GAP
        self.bands.set_room(room - buttons)
        one = self.bands.needed() + self._choices.minimumSize().width() + ROW_GAP + buttons <= room
        direction = QtWidgets.QBoxLayout.LeftToRight if one else QtWidgets.QBoxLayout.TopToBottom
        if direction != self._lower.direction():
            self._lower.setDirection(direction)
            (self._lower if one else self._first).addWidget(self._buttons)


class _Number(QtWidgets.QLineEdit):
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


class _Bands(QWidget):
    """One button per band of the object on the screen, a list where they are many, nothing at all for a single one."""

    chosen = Signal(str)
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._row = QtWidgets.QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2)
        self._names: tuple[str, ...] = ()
        self._room = 0
        self.buttons: list[QtWidgets.QToolButton] = []
        self.menu = _choice("Band", 7)
        self.menu.activated.connect(lambda index: self.chosen.emit(self._names[index]))
        self.menu.hide()
        self._row.addWidget(self.menu)

    def set_bands(self, names: Sequence[str], band: str) -> None:
        if tuple(names) != self._names:
            self._names = tuple(names)
            for button in self.buttons:
                self._row.removeWidget(button)
                button.deleteLater()
            long = len(" ".join(names)) > BUTTON_LETTERS
            self.buttons = [self._button(name) for name in names] if len(names) > 1 and not long else []
            self.menu.clear()
            self.menu.addItems(self._names)
            self._show()
            self.changed.emit()
        self.menu.setCurrentIndex(self._names.index(band) if band in self._names else -1)
        for button in self.buttons:
            button.setChecked(button.property("band") == band)

    def set_room(self, room: int) -> None:
        """Show the buttons where they fit into `room` pixels, else the list."""
        if room != self._room:
            self._room = room
            self._show()

    def needed(self) -> int:
        """Pixels that what is shown now needs."""
        if self._as_buttons():
            return self._buttons_width()
        return self.menu.minimumSizeHint().width() if len(self._names) > 1 else 0

    def _buttons_width(self) -> int:
        return sum(button.minimumWidth() + self._row.spacing() for button in self.buttons)

    def _as_buttons(self) -> bool:
        return bool(self.buttons) and self._buttons_width() <= self._room

    def _show(self) -> None:
        as_buttons = self._as_buttons()
        for button in self.buttons:
            button.setVisible(as_buttons)
        self.menu.setVisible(len(self._names) > 1 and not as_buttons)

    def _button(self, name: str) -> QtWidgets.QToolButton:
        button = QtWidgets.QToolButton(
            text=name or "?", checkable=True, autoExclusive=True, toolTip=f"Show band {name}"
        )
        button.setFocusPolicy(Qt.NoFocus)
        button.setProperty("band", name)
        button.ensurePolished()
        button.setMinimumWidth(button.sizeHint().width())  # never squeezed to nothing
        button.clicked.connect(lambda: self.chosen.emit(name))
        self._row.addWidget(button)
        return button


def _choice(tip: str, letters: int) -> QtWidgets.QComboBox:
    box = QtWidgets.QComboBox(toolTip=tip)
    box.setFocusPolicy(Qt.NoFocus)  # the keys are the image's
    box.setSizeAdjustPolicy(QtWidgets.QComboBox.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(letters)
    return box


def _cuts_index(recipe: Any) -> int:
    """Row of CUTS; a percentile that is not in the menu shows as none."""
    for index, (_, cuts, percent) in enumerate(CUTS):
        if cuts == recipe.cuts and (percent is None or percent == recipe.percentile):
            return index
    return -1


def _swatch(name: str) -> QIcon:
    from astrolens_gui.core.images.colormaps import lut

    line = np.ascontiguousarray(lut(name))
    image = QtGui.QImage(line.data, len(line), 1, 3 * len(line), QtGui.QImage.Format_RGB888)
    return QIcon(QtGui.QPixmap.fromImage(image.scaled(48, 12)))
