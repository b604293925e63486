"""How the pixels are shown, as the actions call it: orientation, blink, magnifier, cuts; decides nothing itself."""

from __future__ import annotations

from functools import partialmethod
from typing import Any

from .views import display


class LookCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window

    @property
    def _view(self) -> Any:
        return self._window.stage.image

    def _say(self, sentence: str) -> None:
        if sentence:
            self._window.say(sentence)

    # -- colours

    def next_stretch(self) -> None:
        display.next_stretch(self._window.current)

    def previous_stretch(self) -> None:
        display.next_stretch(self._window.current, -1)

    def auto_cuts(self) -> None:
        display.auto_cuts(self._window.current)

    def invert(self) -> None:
        display.toggle_invert(self._window.current)

    # -- where and which way up

    def fit(self) -> None:
        self._view.fit()

    def one_to_one(self) -> None:
        self._view.one_to_one()

    def north_up(self) -> None:
        self._view.canvas.north_up()
        compass = self._view.canvas.compass
        if compass is None or compass.north is None:
            self._say("This image has no sky coordinates: it stays as stored; those that have them turn north up")

    def as_stored(self) -> None:
        self._view.canvas.as_stored()

    def flip_across(self) -> None:
        self._view.canvas.flip()

    def flip_upside_down(self) -> None:
        self._view.canvas.flip(vertically=True)

    def turn_left(self) -> None:
        self._view.canvas.turn(90)

    def turn_right(self) -> None:
        self._view.canvas.turn(-90)

    # -- which pixels

    def blink(self) -> None:
        self._say(self._view.blink())

    def _band(self, place: int) -> None:
        self._say(self._view.show_band(place))

    band_1 = partialmethod(_band, 0)
    band_2 = partialmethod(_band, 1)
    band_3 = partialmethod(_band, 2)
    band_4 = partialmethod(_band, 3)
    band_5 = partialmethod(_band, 4)
    band_6 = partialmethod(_band, 5)
    band_7 = partialmethod(_band, 6)
    band_8 = partialmethod(_band, 7)
    band_9 = partialmethod(_band, 8)

    # -- reading them

    def crosshair(self) -> None:
        self._view.aids.toggle_crosshair()

    def magnifier(self) -> None:
        self._view.aids.toggle_magnifier()

    def colour_scale(self) -> None:
        self._view.aids.toggle_scale()

    def copy_position(self) -> None:
        text = self._view.copy_position()
        self._window.say(f"Copied {text}" if text else "This image has no sky coordinates")
