"""What part of an image one looks at, and which way up: fits, zooms, pans, turns; knows no widget and no pixel value."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from astrolens_gui.core.images.geometry import View

from .orientation import Orientation
from .sky import Compass

FARTHEST = 0.5
"""The wheel shrinks the image to this part of the size at which it just fits: farther out there is nothing to see."""

CompassAt = Callable[[float, float], Compass | None]
"""North, east and scale around a pixel."""


class Aim:
    """The verbs of a View on an image of a known shape; `_aimed` is called after each change.

    Attributes:
        orientation: which way up, for this image and those that follow.
    """

    def __init__(self) -> None:
        self.orientation = Orientation()
        self._shape = (0, 0)
        self._compass_at: CompassAt | None = None
        self._compass: Compass | None = None
        self._view = View(1, 1)
        self._fitted = True
        self._least = math.inf

    def _aimed(self) -> None:
        """The view has changed."""

    @property
    def view(self) -> View:
        return self._view

    @property
    def image_shape(self) -> tuple[int, int]:
        return self._shape

    @property
    def compass(self) -> Compass | None:
        """North, east and scale at the centre of the view."""
        return self._compass

    @property
    def is_fitted(self) -> bool:
        return self._fitted

    def set_view(self, view: View) -> None:
        """Look there, at this window's size; for views that follow another one."""
        view = view.resized(self._view.width, self._view.height)
        if (view.angle, view.mirrored) != (self._view.angle, self._view.mirrored):
            self.orientation = Orientation.of(view)
        self._fitted = False
        self._set(view)

    def fit(self) -> None:
        """Show the whole image, as large as it goes."""
        self._fitted = True
        self._least = math.inf
        if self._shape[0]:
            self._set(self._view.fitted(self._shape))

    def zoom_to(self, scale: float) -> None:
        """One image pixel becomes `scale` device pixels, about the centre of the view; 1 is 1:1."""
        self._fitted = False
        self._least = scale  # a scale that was asked for by name is allowed
        self._set(self._bounded(self._view.scaled(scale)))

    def zoom_by(self, factor: float, at: tuple[float, float] | None = None) -> None:
        """Closer by `factor`; what is at the device pixel `at` (default: the centre) stays there."""
        scale = self._bounded(self._view.zoomed(factor, at)).scale
        if scale == self._view.scale:
            return
        self._fitted = False
        # First the bound of the zoom, then the move: a zoom that is at its end must not become a pan.
        self._set(self._bounded(self._view.scaled(scale, at)))

    def drag(self, start: View, right: float, down: float) -> None:
        """The image moves with the hand: by device pixels from where it was in the view `start`."""
        self._fitted = False
        there = start.panned(right, down)
        self._set(self._bounded(replace(self._view, x=there.x, y=there.y)))

    def turn(self, degrees: float) -> None:
        """Turn further, counter-clockwise."""
        self._orient(self.orientation.turned(degrees))

    def flip(self, vertically: bool = False) -> None:
        """Left and right change places, or up and down."""
        self._orient(self.orientation.flipped(vertically))

    def north_up(self) -> None:
        """North up and east left, for this image and those that follow."""
        self._orient(Orientation(north=True))

    def as_stored(self) -> None:
        """Row 0 at the bottom, column 0 on the left."""
        self._orient(Orientation())

    def _take_shape(self, shape: tuple[int, int], compass_at: CompassAt | None) -> None:
        """Another image: the zoom stays if the former one had this shape, else it is fitted."""
        self._compass_at = compass_at
        if shape != self._shape:
            self._shape = shape
            self._fitted = True
            self._least = math.inf
        self._orient(self.orientation)

    def _take_size(self, width: int, height: int) -> None:
        """The window has so many device pixels now; what was fitted stays so."""
        if (width, height) == (self._view.width, self._view.height):
            return
        view = self._view.resized(width, height)
        if self._shape[0]:
            view = view.fitted(self._shape) if self._fitted else self._bounded(view)
        self._set(view)

    def _orient(self, orientation: Orientation) -> None:
        self.orientation = orientation
        height, width = self._shape
        centre = (self._view.x, self._view.y) if not self._fitted else ((width - 1) / 2, (height - 1) / 2)
        view = orientation.applied(self._view, self._compass_at(*centre) if self._compass_at is not None else None)
        if self._shape[0]:
            view = view.fitted(self._shape) if self._fitted else self._bounded(view)
        self._set(view, always=True)

    def _bounded(self, view: View) -> View:
        if not self._shape[0]:
            return view
        fitted = view.fitted(self._shape).scale
        return view.bounded(self._shape, min(FARTHEST * fitted, self._least))

    def _set(self, view: View, always: bool = False) -> None:
        if view == self._view and not always:
            return
        self._view = view
        self._compass = self._compass_at(view.x, view.y) if self._compass_at is not None else None
        self._aimed()
