"""The bar over the panels: lock, cuts, which pictures, pin, and what is under the crosshair; decides nothing."""

from __future__ import annotations

from typing import Any

from ..qt import Qt, QtWidgets, QWidget, Signal
from .bond import TITLES
from .elided import Elided


class PanelBar(QWidget):
    """Attributes:
    lock_asked, cuts_asked, pin_asked: the button was pressed. chosen: (name, on) "bands" or "colour" was switched.
    """

    lock_asked = Signal()
    cuts_asked = Signal()
    pin_asked = Signal()
    chosen = Signal(str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._row = QtWidgets.QHBoxLayout(self)
        self._row.setContentsMargins(6, 3, 6, 3)
        self._row.setSpacing(6)
        self.lock = self._button("By the sky, pixel by pixel, or each panel on its own  [Ctrl+Shift+L]")
        self.lock.clicked.connect(lambda _: self.lock_asked.emit())
        self.cuts = self._button("Each picture's own cuts, or for all those of the band that is marked")
        self.cuts.clicked.connect(lambda _: self.cuts_asked.emit())
        self.bands = self._button("All bands of the object, or the chosen one alone", "All bands", checkable=True)
        self.bands.clicked.connect(lambda on: self.chosen.emit("bands", bool(on)))
        self.colour = self._button("A colour picture beside the bands", "Colour", checkable=True)
        self.colour.clicked.connect(lambda on: self.chosen.emit("colour", bool(on)))
        self.pin = self._button("Keep this object on the panels, to compare others with it", "Pin", checkable=True)
        self.pin.clicked.connect(lambda _: self.pin_asked.emit())
        self.about = Elided(self, "muted")
        self.about.setSizePolicy(QtWidgets.QSizePolicy.Ignored, QtWidgets.QSizePolicy.Preferred)
        self._row.addWidget(self.about, 1)

    def _button(self, tip: str, text: str = "", checkable: bool = False) -> QtWidgets.QToolButton:
        button = QtWidgets.QToolButton(text=text, toolTip=tip)
        button.setFocusPolicy(Qt.NoFocus)
        button.setCheckable(checkable)
        self._row.addWidget(button)
        return button

    def show_state(self, chosen: dict[str, Any], pinned: bool) -> None:
        """Follow what holds: `chosen` has lock, shared, bands and colour."""
        self.lock.setText(TITLES[chosen["lock"]])
        self.cuts.setText("Shared cuts" if chosen["shared"] else "Own cuts")
        self.bands.setChecked(bool(chosen["bands"]))
        self.colour.setChecked(bool(chosen["colour"]))
        self.pin.setChecked(pinned)
        self.pin.setText("Pinned" if pinned else "Pin")

    def tell(self, text: str, tip: str = "") -> None:
        """What there is, or where the crosshair is."""
        self.about.setText(text)
        self.about.setToolTip(tip or text)
