"""Which pixels of an object are on the screen in turn: raw and processed, or its bands, each with its name; reads nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..qt import QObject, Qt, QTimer, Signal
from .held import Held

NAMED_MS = 1500
"""A band's name stays over the pixels for this long after a blink; what is no data keeps its name."""


@dataclass(frozen=True)
class Processed:
    """A picture made from an object's pixels: a residual, a model.

    Attributes:
        raster: its pixels, of the object's shape. rasters: the same by title, as an engine takes it.
        display: changes a recipe to the one it is painted by; None: as it stands. plate: its name over the pixels.
    """

    title: str
    raster: Any
    rasters: dict[str, Any]
    unit: str = ""
    display: Callable[[Any], Any] | None = None
    plate: str = ""

    @classmethod
    def of(
        cls,
        title: str,
        array: np.ndarray,
        unit: str = "",
        display: Callable[[Any], Any] | None = None,
        plate: str | None = None,
    ) -> Processed:
        from astrolens_gui.core.images.raster import ArrayRaster

        raster = ArrayRaster(array)
        said = f"processed: {title} · not data" if plate is None else plate
        return cls(title, raster, {title: raster}, unit, display, said)


class Blinking(QObject):
    """Attributes:
    processed: what there is besides the raw pixels of the object, or None. shows_processed: whether that is on the screen.
    turned: raw and processed have changed places.
    """

    turned = Signal()

    def __init__(self, current: Any, canvas: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._current, self._canvas = current, canvas
        self._held = Held(self)
        self.processed: Processed | None = None
        self.shows_processed = False
        self._fade = QTimer(self, singleShot=True, interval=NAMED_MS)
        self._fade.timeout.connect(self._unname)

    def reset(self) -> None:
        """Another object."""
        self.processed, self.shows_processed = None, False
        self._unname()

    def set_processed(self, processed: Processed | None) -> None:
        """Show it, or nothing but the raw pixels again."""
        self.processed = processed
        self._turn(processed is not None)

    def blink(self, image: Any, hold: bool = True) -> str:
        """Raw and processed change places, or the next band comes; what could not be done, as a sentence, else ""."""
        if self.processed is not None:
            self._turn(not self.shows_processed)
            undo = lambda: self._turn(not self.shows_processed)  # noqa: E731
        elif len(image.bands) > 1 or self._current.recipe.mode != "single":
            former = self._current.recipe
            place = image.bands.index(image.band)
            step = 1 if former.mode == "single" else 0
            self.show_band(image, (place + step) % len(image.bands))
            undo = lambda: self._back(former)  # noqa: E731
        else:
            return "There is nothing to blink with: the object has one band, and nothing processed is shown"
        if hold:
            self._held.watch(Qt.Key_B, undo)
        return ""

    def show_band(self, image: Any, place: int) -> str:
        """The band at a place, counted from 0; what could not be done, as a sentence, else ""."""
        if place >= len(image.bands):
            return f"This object has {len(image.bands)} band{'s' if len(image.bands) > 1 else ''}"
        self.shows_processed = False
        name = image.bands[place]
        self._current.set_recipe(band=name, mode="single")
        self._say(f"{name}   ·   {place + 1} of {len(image.bands)}")
        return ""

    def _back(self, recipe: Any) -> None:
        """The key was held, and let go."""
        self._current.set_recipe(band=recipe.band, mode=recipe.mode)
        self._say(recipe.band if recipe.mode == "single" and recipe.band else "")

    def _turn(self, processed: bool) -> None:
        self.shows_processed = processed and self.processed is not None
        self.turned.emit()
        if self.shows_processed and self.processed is not None:
            self._fade.stop()
            self._canvas.name(self.processed.plate)
        else:
            self._say("raw" if self.processed is not None else "")

    def _say(self, plate: str) -> None:
        self._canvas.name(plate)
        self._fade.start()

    def _unname(self) -> None:
        if not self.shows_processed:
            self._canvas.name("")
