"""The controls of the display recipe: stretch, cuts, colours, bands, locks; holds no recipe and renders no image."""

from __future__ import annotations

from typing import Any

from ..qt import Qt, QtCore, QtGui, QtWidgets, QWidget
from . import display
from .bandchoice import BandChoice
from .barparts import NumberField, button, choice, half_moon, padlock, swatch
from .colourrow import ColourRow
from .cutspanel import CutsPanel
from .histogram import HistogramStrip, colour_bar

CUTS: tuple[tuple[str, str, float | None], ...] = (
    ("zscale", "zscale", None),
    *((f"{percent:g} %", "percentile", percent) for percent in (99.9, 99.5, 99.0, 98.0, 95.0, 90.0)),
    ("min – max", "minmax", None),
    ("corner RMS", "corner_rms", None),
    ("centre", "centre", None),
    ("manual", "manual", None),
)
"""(title, cuts, percentile) of the menu."""

MORE = "parameters …"

CUTS_TIPS = {
    "zscale": "As IRAF and DS9: a line through the sorted pixels",
    "percentile": "The middle part of all pixels lies between black and white",
    "minmax": "All pixels lie between black and white",
    "corner_rms": "So many RMS of the corners below and above their sky",
    "centre": "White is a little above the brightest pixel of the middle box, black as with corner RMS",
    "manual": "The numbers beside the histogram",
}

ROW_GAP = 8


class DisplayBar(QWidget):
    """The histogram between the fields of the cuts (for colour its own controls), and the choices.

    Follows `current`, and an ImageView if given.
    """

    def __init__(self, current: Any, image_view: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from astrolens_gui.core.images.stretch import COLORMAPS, STRETCHES

        self.setObjectName("displayBar")
        self._current = current
        if current.recipe.stretch not in STRETCHES:  # remembered from a plugin that is gone
            current.set_recipe(stretch=type(current.recipe)().stretch)
        self._image: Any = None
        self._counted: Any = None
        self._single = True
        self._cuts = (0.0, 1.0)
        self.histogram = HistogramStrip(self)
        self.low = NumberField("Low cut: the pixel value drawn as the first colour")
        self.high = NumberField("High cut: the pixel value drawn as the last colour")
        self.bands = BandChoice()
        self.stretch = choice("Stretch: how pixel values become brightness  [S]", 5)
        for spec in STRETCHES.values():
            self.stretch.addItem(spec.title, spec.id)
            self.stretch.setItemData(self.stretch.count() - 1, spec.doc, Qt.ToolTipRole)
        self.cuts = choice(
            "Cuts: which pixel values are black and white; automatic ones are found anew for every image  [A]", 5
        )
        for row, (title, cuts, _) in enumerate(CUTS):
            self.cuts.addItem(title)
            self.cuts.setItemData(row, CUTS_TIPS[cuts], Qt.ToolTipRole)
        self.cuts.insertSeparator(len(CUTS))
        self.cuts.addItem(MORE)
        self.cuts.setItemData(len(CUTS) + 1, "What the cuts are counted by: per cents, sigmas, boxes", Qt.ToolTipRole)
        self.cuts.setPlaceholderText("held")
        self.lock = button("", "", checkable=True)
        self.cuts_panel = CutsPanel(current, self)
        self.colour = ColourRow(current)
        self.colormap = choice("Colour map", 4)
        self.colormap.setIconSize(QtCore.QSize(36, 12))
        for name in COLORMAPS:
            self.colormap.addItem(swatch(name), name, name)
        self.invert = button("", "Invert: dark on bright, or bright on dark  [I]", checkable=True)
        self.reset = button("Reset", "Stretch, cuts, colours, contrast and bias as on the first day")
        self._lay_out()
        self._connect()
        if image_view is not None:
            image_view.shown.connect(self.set_frame)
            image_view.appeared.connect(self._on_single)
            self.set_frame(image_view.frame)
        self._on_recipe(current.recipe)

    def set_frame(self, frame: Any | None) -> None:
        """Follow what is on the screen: a Frame, or None where there is no image."""
        image = frame.image if frame is not None else None
        self._cuts = (frame.low, frame.high) if frame is not None else self._cuts
        if image is not self._image:
            self._image = image
            bands = image.bands if image is not None else ()
            self.bands.set_bands(bands, image.band if image is not None else "")
            self.colour.set_bands(bands)
            self._show_values()
        for field in (self.low, self.high):
            field.setEnabled(image is not None)
        if frame is None:
            self._counted = None
            self.histogram.set_image(None)
            self.low.clear()
            self.high.clear()
            return
        self._count(frame.raster or frame.image.raster)
        self.histogram.set_cuts(*self._cuts)
        self.low.show_number(frame.low)
        self.high.show_number(frame.high)
        self._paint_bar()
        if not frame.title:  # the cuts of a residual are not the band's
            display.keep_locked(self._current, frame.image.band, *self._cuts)

    def _count(self, raster: Any) -> None:
        """The histogram of the pixels on the screen; not under a colour picture, where one band's may not have been read."""
        if self._current.recipe.mode != "rgb" and self._counted is not raster:
            self._counted = raster
            self.histogram.set_image(raster.overview(), *self._cuts)

    def _on_single(self, single: bool) -> None:
        self._single = single
        self._show_values()

    def _show_values(self) -> None:
        """The histogram, or colour's controls in its place; no histogram in the mosaic: its stamps have each their own values."""
        colour = self._current.recipe.mode == "rgb" and (self._image is None or len(self._image.bands) > 1)
        self._values.setCurrentWidget(self.colour if colour else self._strip)
        self._values.setVisible(self._single or colour)

    def _show_icons(self) -> None:
        from .display import LOCK_SAYS

        lock = self._current.recipe.lock
        self.invert.setIcon(half_moon(self.palette()))
        self.lock.setChecked(lock != "image")
        self.lock.setIcon(padlock({"image": "", "band": "B", "project": "P"}[lock], self.palette()))
        self.lock.setToolTip(f"{LOCK_SAYS[lock]}; next: {LOCK_SAYS[_after(lock)].lower()}  [Shift+A]")

    def changeEvent(self, event: QtCore.QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QtCore.QEvent.PaletteChange and hasattr(self, "_strip"):
            self._show_icons()

    def _paint_bar(self) -> None:
        from astrolens_gui.core.images.stretch import render

        values, recipe = self.histogram.values, self._current.recipe
        try:
            bar = colour_bar(render, values, recipe, *self._cuts) if values.size else None
        except Exception as error:  # of a plugin's stretch: the person gets the usual one, and a sentence
            usual = type(recipe)().stretch
            if recipe.stretch == usual:
                raise
            self._current.said.emit(
                f"The stretch {recipe.stretch!r} cannot be used ({error}); {usual} is shown instead"
            )
            self._current.set_recipe(stretch=usual)
            return
        self.histogram.set_bar(bar)

    def _on_recipe(self, recipe: Any) -> None:
        self.stretch.setCurrentIndex(self.stretch.findData(recipe.stretch))
        self.cuts.setCurrentIndex(self._cuts_row())
        self.colormap.setCurrentIndex(self.colormap.findData(recipe.colormap))
        self.invert.setChecked(recipe.invert)
        self.bands.set_colour(recipe.mode == "rgb")
        self._show_icons()
        self._show_values()

    def _choose_cuts(self, index: int) -> None:
        if index >= len(CUTS):
            self.cuts.setCurrentIndex(self._cuts_row())
            self.cuts_panel.open_at(self.cuts)
            return
        _, cuts, percent = CUTS[index]
        if cuts == "manual":
            display.manual_cuts(self._current, *self._cuts)
        elif percent is not None:
            display.choose_cuts(self._current, cuts, percentile=percent)
        else:
            display.choose_cuts(self._current, cuts)
        self.cuts.setCurrentIndex(self._cuts_row())

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

    def _cuts_row(self) -> int:
        """Row of CUTS; a percentile that is not in the menu shows as none, and so do locked cuts, which are of no kind."""
        from astrolens_gui.core.images.stretch import held

        recipe = self._current.recipe
        if held(recipe, self._image.band if self._image is not None else None) is not None:
            return -1
        for row, (_, cuts, percent) in enumerate(CUTS):
            if cuts == recipe.cuts and (percent is None or percent == recipe.percentile):
                return row
        return -1

    def _next_lock(self) -> None:
        display.next_lock(self._current)
        self._show_icons()

    def _connect(self) -> None:
        set_recipe = self._current.set_recipe
        self._current.recipe_changed.connect(self._on_recipe)
        # activated, not currentIndexChanged: only what a person chose, not what followed the recipe
        self.stretch.activated.connect(lambda index: set_recipe(stretch=self.stretch.itemData(index)))
        self.cuts.activated.connect(self._choose_cuts)
        self.colormap.activated.connect(lambda index: set_recipe(colormap=self.colormap.itemData(index)))
        self.invert.clicked.connect(lambda checked: set_recipe(invert=checked))
        self.reset.clicked.connect(lambda: display.reset(self._current))
        self.bands.chosen.connect(lambda band: set_recipe(band=band, mode="single"))
        self.bands.colour_wanted.connect(lambda colour: set_recipe(mode="rgb" if colour else "single"))
        self.lock.clicked.connect(lambda: self._next_lock())
        self.low.editingFinished.connect(self._type_cuts)
        self.high.editingFinished.connect(self._type_cuts)
        self.histogram.cuts_dragged.connect(lambda low, high: display.manual_cuts(self._current, low, high))
        self.histogram.auto_wanted.connect(lambda: display.auto_cuts(self._current))

    def _lay_out(self) -> None:
        self._values = QtWidgets.QStackedWidget()
        self._values.setFixedHeight(max(self.histogram.height(), self.colour.sizeHint().height()))
        self._strip = QWidget()
        self._values.addWidget(self._strip)
        self._values.addWidget(self.colour)
        upper = QtWidgets.QHBoxLayout(self._strip)
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
        for small in (self.lock, self.invert):
            small.setIconSize(QtCore.QSize(18, 18))
        self._buttons = QWidget()
        buttons = QtWidgets.QHBoxLayout(self._buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.setSpacing(ROW_GAP)
        for one in (self.lock, self.invert, self.reset):
            buttons.addWidget(one)
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


def _after(lock: str) -> str:
    from astrolens_gui.core.images.recipe import LOCKS

    return LOCKS[(LOCKS.index(lock) + 1) % len(LOCKS)]
