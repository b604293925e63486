"""Several panels side by side, as the actions call them."""

from __future__ import annotations

from typing import Any


class PanelCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self._met: Any = None

    def toggle_panels(self) -> None:
        stage = self._window.stage
        stage.toggle("panels")
        if (view := stage.pages.get("panels")) is not None:
            self._meet(view)
            if stage.page == "panels":
                self._bring_processed(view)

    def cycle_lock(self) -> None:
        self._window.stage.front.cycle_lock()

    def panel_cuts(self) -> None:
        self._window.stage.front.toggle_cuts()

    def pin_object(self) -> None:
        """Pin what is on the screen; from another page the panels come to the front."""
        if self._window.stage.page != "panels":
            self.toggle_panels()
        view, object_id = self._window.stage.front, self._window.current.object_id
        view.when_seen(object_id, view.toggle_pin)

    def unpin_all(self) -> None:
        self._window.stage.front.unpin_all()

    def _meet(self, view: Any) -> None:
        """The page is made when it is first looked at; the status line and the display bar follow it while it is in front."""
        if self._met is view:
            return
        self._met = view
        stage = self._window.stage
        view.told.connect(self._window.say)
        view.shown.connect(lambda frame: stage.page == "panels" and stage.bar.set_frame(frame))
        stage.turned.connect(lambda page: page == "image" and stage.bar.set_frame(stage.image.frame))
        view.show_again()

    def _bring_processed(self, view: Any) -> None:
        """A residual that the single view has of this object gets its panel."""
        image = self._window.stage.image
        made = image.blinking.processed
        if image.frame is not None:
            there = image.frame.image.object_id
            view.show_processed(there, made.title if made else "", made.raster if made else None)
