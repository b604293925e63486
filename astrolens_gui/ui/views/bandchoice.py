"""Which band is shown, or all as a colour picture; knows no recipe and no image."""

from __future__ import annotations

from collections.abc import Sequence

from ..qt import QtWidgets, QWidget, Signal
from .barparts import button, choice

BUTTON_LETTERS = 20
"""Band names longer than this altogether make a list instead of buttons."""


class BandChoice(QWidget):
    """One button per band of the object on the screen and one for colour, a list where they are many, nothing at all for a single one.

    Attributes:
        chosen: (str) a band. colour_wanted: (bool) the colour picture, or one band again.
        changed: other bands: the room that they need may be another.
    """

    chosen = Signal(str)
    colour_wanted = Signal(bool)
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._row = QtWidgets.QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(2)
        self._names: tuple[str, ...] = ()
        self._band = ""
        self._colour = False
        self._room = 0
        self.buttons: list[QtWidgets.QToolButton] = []
        self.menu = choice("Band", 4)
        self.menu.activated.connect(lambda index: self.chosen.emit(self._names[index]))
        self.menu.hide()
        self.colour = button("RGB", "Several bands as one colour picture  [Q]", checkable=True)
        self.colour.ensurePolished()
        self.colour.setMinimumWidth(self.colour.sizeHint().width())
        self.colour.clicked.connect(lambda checked: self.colour_wanted.emit(checked))
        self.colour.hide()
        self._row.addWidget(self.menu)
        self._row.addWidget(self.colour)

    def set_bands(self, names: Sequence[str], band: str) -> None:
        self._band = band
        if tuple(names) != self._names:
            self._names = tuple(names)
            for one in self.buttons:
                self._row.removeWidget(one)
                one.deleteLater()
            long = len(" ".join(names)) > BUTTON_LETTERS
            self.buttons = [self._button(name) for name in names] if len(names) > 1 and not long else []
            self.menu.clear()
            self.menu.addItems(self._names)
            self._show()
            self.changed.emit()
        self._check()

    def set_colour(self, colour: bool) -> None:
        self._colour = colour
        self._check()

    def _check(self) -> None:
        self.colour.setChecked(self._colour)
        self.menu.setCurrentIndex(self._names.index(self._band) if self._band in self._names else -1)
        for one in self.buttons:
            one.setChecked(not self._colour and one.property("band") == self._band)

    def set_room(self, room: int) -> None:
        """Show the buttons where they fit into `room` pixels, else the list."""
        if room != self._room:
            self._room = room
            self._show()

    def needed(self) -> int:
        """Pixels that what is shown now needs."""
        if len(self._names) < 2:
            return 0
        return (
            self._buttons_width() if self._as_buttons() else self.menu.minimumSizeHint().width() + self._colour_width()
        )

    def _colour_width(self) -> int:
        return self.colour.minimumWidth() + self._row.spacing()

    def _buttons_width(self) -> int:
        return sum(one.minimumWidth() + self._row.spacing() for one in self.buttons) + self._colour_width()

    def _as_buttons(self) -> bool:
        return bool(self.buttons) and self._buttons_width() <= self._room

    def _show(self) -> None:
        as_buttons = self._as_buttons()
        for one in self.buttons:
            one.setVisible(as_buttons)
        self.menu.setVisible(len(self._names) > 1 and not as_buttons)
        self.colour.setVisible(len(self._names) > 1)

    def _button(self, name: str) -> QtWidgets.QToolButton:
        made = button(name or "?", f"Show band {name}", checkable=True)
        made.setProperty("band", name)
        made.ensurePolished()
        made.setMinimumWidth(made.sizeHint().width())  # never squeezed to nothing
        made.clicked.connect(lambda: self._choose(name))
        self._row.insertWidget(self._row.count() - 1, made)
        return made

    def _choose(self, name: str) -> None:
        self._check()  # a click on the band that is shown leaves its button down
        self.chosen.emit(name)
