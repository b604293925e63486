"""Several panels side by side, as the actions call them."""

from __future__ import annotations

from typing import Any


class PanelCommands:
    """One method per action of its section; `window` is the composed Window."""

    def __init__(self, window: Any) -> None:
        self._window = window
        self._told: Any = None

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
        """The page is made when it is first looked at; what it says goes to the status line."""
        if self._told is not view:
            self._told = view
            view.told.connect(self._window.say)

    def _bring_processed(self, view: Any) -> None:
        """A residual that the single view has of this object gets its panel."""
        image = self._window.stage.image
        found = getattr(image, "processed", None)
        if found is None or image.frame is None:
            return
        title, array = found[0], found[1]
        if array is not None:
            from astrolens_gui.core.images.raster import ArrayRaster

            view.show_processed(image.frame.image.object_id, title, ArrayRaster(array))
