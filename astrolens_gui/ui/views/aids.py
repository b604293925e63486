"""What helps to read the pixels: crosshair, magnifier and colour scale on one image view, on or off; decides nothing else."""

from __future__ import annotations

from typing import Any

from ..qt import QObject, Qt
from .colourscale import ColourScale
from .held import Held
from .magnifier import Magnifier
from .reticle import Reticle


class Aids(QObject):
    """Layers of the canvas, and what keeps them true. `readout` says what is at a place, `rendering` has the pixels."""

    def __init__(self, canvas: Any, rendering: Any, readout: Any, current: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._canvas, self._rendering, self._current = canvas, rendering, current
        self._held = Held(self)
        self._position: tuple[float, float] | None = None
        self._shown: tuple[Any, ...] = ()
        self.scale = ColourScale()
        self.magnifier = Magnifier()
        self.reticle = Reticle(lambda x, y: [text for text in _lines(readout.texts((x, y))) if text])
        for layer in (self.scale, self.magnifier, self.reticle):
            canvas.add_layer(layer)
        canvas.hovered.connect(self.point)
        canvas.view_changed.connect(lambda _: self._look())

    def toggle_crosshair(self) -> None:
        self.reticle.visible = not self.reticle.visible
        self.reticle.point(self._position)
        self._canvas.update()

    def toggle_magnifier(self, hold: bool = True) -> None:
        """A tap stays; held, it goes when the key is let go."""
        self.magnifier.visible = not self.magnifier.visible
        self._look()
        self._canvas.update()
        if hold and self.magnifier.visible:
            self._held.watch(Qt.Key_Z, lambda: self.toggle_magnifier(False))

    def toggle_scale(self) -> None:
        self.scale.visible = not self.scale.visible
        if self._shown:
            self.show(*self._shown)
        self._canvas.update()

    def show(self, recipe: Any, low: float, high: float, raster: Any, unit: str) -> None:
        """What is on the screen now, by these cuts."""
        self._shown = (recipe, low, high, raster, unit)
        if self.scale.visible:
            self.scale.show(recipe, low, high, raster.overview(), unit)
        self._look()

    def clear(self) -> None:
        """There is no image."""
        self._shown = ()
        self.point(None)
        self.scale.clear()

    def point(self, position: tuple[float, float] | None) -> None:
        """The pointer is over 0-based (x, y), or has left."""
        self._position = position
        self.reticle.point(position)
        self._look()

    def _look(self) -> None:
        if not self.magnifier.visible:
            return
        if self._position is None or not self._shown:
            self.magnifier.clear()
            return
        glass = self.magnifier.glass(self._canvas.view, self._position, self._canvas.devicePixelRatioF())
        self._rendering.render(glass, self.magnifier.show)


def _lines(texts: tuple[str, str, str, str]) -> list[str]:
    """The readout's four texts on a plate: value first, then the position both ways, then the pixel."""
    pixel, value, sky, degrees = texts
    return [value, sky, degrees, " ".join(pixel.split())]
