"""Panels that move together, and one crosshair for all: who was moved, and where the others go; makes no picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..qt import Qt, QtGui
from .bond import LOCKS, Bond
from .panel import Panel

KEYS: dict[tuple[int, bool], Callable[[Any], None]] = {
    (Qt.Key_F, False): lambda canvas: canvas.fit(),
    (Qt.Key_F, True): lambda canvas: canvas.zoom_to(1.0),
    (Qt.Key_O, False): lambda canvas: canvas.north_up(),
    (Qt.Key_O, True): lambda canvas: canvas.as_stored(),
    (Qt.Key_X, False): lambda canvas: canvas.flip(),
    (Qt.Key_Y, False): lambda canvas: canvas.flip(vertically=True),
    (Qt.Key_BracketLeft, False): lambda canvas: canvas.turn(90),
    (Qt.Key_BracketRight, False): lambda canvas: canvas.turn(-90),
}
"""(key, with Shift) of the single view that mean the same here; its actions are not on while the panels are in front."""


class Lockstep:
    """Attributes:
    lock: one of LOCKS.
    lead: gives the panel that says what all show where nobody moved one.
    """

    def __init__(self, lock: str, lead: Callable[[], Panel | None]) -> None:
        self.lock = lock if lock in LOCKS else LOCKS[0]
        self.lead = lead
        self.panels: list[Panel] = []
        self._bonds: dict[tuple[int, int], Bond] = {}
        self._sizes: dict[int, tuple[int, int]] = {}
        self._busy = False

    def set_panels(self, panels: list[Panel]) -> None:
        """These, with other pixels than before."""
        self.panels = panels
        self._bonds.clear()

    def next_lock(self) -> str:
        self.lock = LOCKS[(LOCKS.index(self.lock) + 1) % len(LOCKS)]
        self.follow_lead()
        return self.lock

    def drivers(self) -> list[Panel]:
        """The panels that must be moved for all to move: the lead, or each where nothing is locked."""
        lead = self.lead()
        return list(self.panels) if self.lock == "off" or lead is None else [lead]

    def key(self, event: QtGui.QKeyEvent) -> bool:
        """Fit, turn, flip: on all that are locked; False for a key that means nothing here."""
        turn = KEYS.get((event.key(), bool(event.modifiers() & Qt.ShiftModifier)))
        if turn is None or event.modifiers() & (Qt.ControlModifier | Qt.AltModifier):
            return False
        for panel in self.drivers():
            turn(panel.canvas)
        return True

    @contextmanager
    def still(self) -> Iterator[None]:
        """Within it no panel moves another."""
        before, self._busy = self._busy, True
        try:
            yield
        finally:
            self._busy = before

    def moved(self, panel: Panel, view: Any) -> None:
        """A panel's view changed, by a person, by its new size, or by us."""
        size, before = (view.width, view.height), self._sizes.get(id(panel))
        self._sizes[id(panel)] = size
        # A panel that was made larger has not been moved by anybody: only the lead says then what all show.
        if not self._busy and panel in self.panels and (size == before or panel is self.lead()):
            self._drive(panel, view)

    def follow_lead(self) -> None:
        lead = self.lead()
        if lead is not None and lead.content is not None:
            self._drive(lead, lead.canvas.view)

    def point(self, panel: Panel, at: tuple[float, float] | None) -> None:
        """The pointer is over pixel `at` of this panel: the crosshair is at the same place of the others."""
        how = "pixel" if self.lock == "pixel" else "sky"
        for other in self.panels:
            if other.content is not None:
                own = other is panel
                other.point(at if own or at is None else self._bond(panel, other).spot(*at, how), own)

    def _bond(self, one: Panel, other: Panel) -> Bond:
        key = (id(one), id(other))
        if key not in self._bonds:
            self._bonds[key] = Bond(one.site, other.site)
        return self._bonds[key]

    def _drive(self, panel: Panel, view: Any) -> None:
        if self.lock == "off" or panel.content is None:
            return
        with self.still():
            for other in self.panels:
                if other is panel or other.content is None:
                    continue
                try:
                    other.canvas.set_view(self._bond(panel, other).follow(view, self.lock))
                    other.say(other.problem)
                except ValueError as error:
                    other.say(f"Not locked: {error}")
