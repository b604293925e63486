"""What is measured of the image on the screen, and what of it is kept; knows no widget and reads no pixel."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import Any

from astrolens_gui.core.measure.plate import Plate
from astrolens_gui.core.measure.record import Measured, Point

from ..qt import QObject, Signal


class MeasureState(QObject):
    """The measurements of one object as they are drawn; tools change them, layer and panel follow.

    Attributes:
        changed: something that is measured has changed, or the image has.
        line_changed: the line of the line profile.
        imaged: another image (or none) came to the screen.
        image: the LoadedImage on the screen, or None. plate: its sky.
        line: ends of the line profile, or None; width: pixels across it. Never kept.
        kept: what the store has of this object, {} for nothing.
    """

    changed = Signal()
    line_changed = Signal()
    imaged = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.image: Any = None
        self.plate = Plate()
        self.measured = Measured()
        self.kept: dict[str, Any] = {}
        self.line: tuple[Point, Point] | None = None
        self.width = 3.0
        self._touched = False
        self._seen: Any = None

    @property
    def object_id(self) -> int:
        return int(self.image.object_id) if self.image is not None else -1

    def show(self, image: Any) -> bool:
        """This image is on the screen now (None: none); whether it is of another object than the one before."""
        if image is not None and self._seen is not None and self._seen() is image:
            return False
        former, other = self.object_id, image is None or image.object_id != self.object_id
        self._seen = weakref.ref(image) if image is not None else None
        plate = Plate(image.wcs, image.pixel_scale) if image is not None else Plate()
        if other:
            self.measured, self.kept, self._touched = Measured(), {}, False
        elif self.measured:  # another band: the same places on the sky
            self.measured = Measured.of(self.measured.values(self.plate), plate)
        self.image, self.plate, self.line = image, plate, None
        self.imaged.emit()
        self.changed.emit()
        self.line_changed.emit()
        return other and self.object_id != former

    def recall(self, values: dict[str, Any]) -> None:
        """What the store has of this object; it is drawn unless something was measured meanwhile."""
        self.kept = dict(values)
        if not self._touched:
            self.measured = Measured.of(self.kept, self.plate)
        self.changed.emit()

    def stored(self, values: dict[str, Any]) -> None:
        """`values` are kept now, and are what is drawn."""
        self.kept, self._touched = dict(values), False
        self.changed.emit()

    def refresh(self, values: dict[str, Any]) -> None:
        """The store changed (an undo): draw what it has now."""
        self._touched = False
        self.recall(values)

    @property
    def is_draft(self) -> bool:
        """Whether something is measured that is not kept, or was taken away and still is."""
        return self._touched

    def set(self, **parts: Any) -> None:
        """Measure anew: `circle`, `theta`, `ruler`, `images`, `lens_light`."""
        self.measured = replace(self.measured, **parts)
        self._touched = True
        self.changed.emit()

    def set_line(self, line: tuple[Point, Point] | None) -> None:
        self.line = line
        self.line_changed.emit()

    def set_width(self, width: float) -> None:
        self.width = width
        self.line_changed.emit()

    def forget(self, part: str) -> None:
        """Take a measurement away: "circle", "ruler", "images", "lens_light"."""
        empty: dict[str, Any] = {"circle": None, "ruler": None, "images": (), "lens_light": {}}
        self.set(**{part: empty[part]}, **({"theta": 0.0} if part == "circle" else {}))

    @property
    def centre(self) -> Point | None:
        """What profiles are drawn about: the circle's centre, or that of the images; None: nothing says."""
        if self.measured.circle is not None:
            return self.measured.circle
        guess = self.measured.guess(self.plate)
        return (guess.x, guess.y) if guess is not None else None

    @property
    def theta(self) -> float | None:
        """The Einstein radius that is drawn or guessed, in the plate's unit."""
        if self.measured.circle is not None:
            return self.measured.theta
        guess = self.measured.guess(self.plate)
        return guess.radius if guess is not None else None
