"""Data on the left of a line, what was restored on the right, on the single view; restores nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .qt import QObject, Signal


class Split(QObject):
    """Attributes:
    changed: it was turned on or off, or the line was moved.
    is_made: tells whether something restored is on the screen: else there is nothing to split.
    """

    changed = Signal()

    def __init__(self, window: Any, is_made: Callable[[], bool]) -> None:
        from .views.notdata import SplitLayer, SplitTool

        super().__init__(window)
        self._window, self._is_made = window, is_made
        self._image = window.stage.image
        self._reference: tuple[Any, Any] = (None, None)
        self.layer = SplitLayer(self._pixels)
        self.tool = SplitTool(self._image.canvas, self.layer)
        self._image.canvas.add_layer(self.layer)
        self.tool.dragged.connect(self._on_dragged)
        self.tool.left.connect(lambda: self._set(False))
        self._image.shown.connect(lambda _: self.layer.forget())
        window.current.recipe_changed.connect(lambda _: self.layer.forget())

    @property
    def on(self) -> bool:
        return self.layer.visible

    @property
    def at(self) -> float:
        """Where the line is, 0..1 of the width; 0 where there is none."""
        return self.layer.at if self.on else 0.0

    def begin(self) -> None:
        self._set(True)
        self._image.canvas.set_tool(self.tool)

    def end(self) -> None:
        if self.on:
            self._image.canvas.set_tool(None)

    def engine(self, image: Any) -> Any:
        """Paints the data alone, whatever is on the screen; says their cuts."""
        from astrolens_gui.core.images.engine import Engine

        if self._reference[0] is not image:
            engine = Engine()
            engine.set_rasters({image.band: image.raster})
            self._reference = (image, engine)
        return self._reference[1]

    def _set(self, on: bool) -> None:
        self.layer.visible = on
        self.layer.forget()
        self.changed.emit()

    def _on_dragged(self, at: float) -> None:
        self.layer.put(at)
        self.changed.emit()

    def _pixels(self, view: Any) -> Any:
        frame = self._image.frame
        if frame is None or not self._is_made():
            return None
        engine = self.engine(frame.image)
        recipe = replace(self._window.current.recipe, band=frame.image.band, mode="single")
        return engine.paint(engine.sample(view, recipe), recipe)
