"""Colour and cuts across images, as the actions call them; decides nothing itself."""

from __future__ import annotations

from typing import Any

from .views import display


class ColourCommands:
    """One method per action of its section; `window` is the composed Window. The recipe follows the open project."""

    def __init__(self, window: Any) -> None:
        self._window = window
        window.current.write_on(window.workbench.runner)
        window.current.said.connect(lambda sentence: window.say(sentence))
        window.session.opened.connect(lambda _: self._follow())
        window.session.closed.connect(self._follow)

    def _follow(self) -> None:
        project = self._window.workbench.project if self._window.session.is_open else None
        self._window.current.follow(project)

    def toggle_colour(self) -> None:
        current = self._window.current
        frame = self._window.stage.image.frame
        alone = self._window.stage.page == "image" and frame is not None and len(frame.image.bands) < 2
        if current.recipe.mode != "rgb" and alone:
            self._window.say(f"{frame.image.name} has one band only: there is no colour to show")
            return
        display.toggle_colour(current)

    def next_composer(self) -> None:
        self._window.say(f"Colour: {display.next_composer(self._window.current)}")

    def lock_cuts(self) -> None:
        self._window.say(display.next_lock(self._window.current))
