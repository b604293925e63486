"""Where image pixels fall on the screen: an affine map and the view that makes one; knows no pixel value and no widget.

Image coordinates are 0-based pixel centres, x to the right, y up (row 0 at the bottom). Screen coordinates are device pixels from the
view's top left corner, y down; the centre of the first screen pixel is (0.5, 0.5).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

SMALLEST_SIDE_PX = 3.0
"""Image pixels that the closest zoom still shows."""

FARTHEST = 0.25
"""Zooming out ends when the image has this part of the size at which it just fits."""


@dataclass(frozen=True)
class Affine:
    """x' = a x + b y + c, y' = d x + e y + f; numbers or numpy arrays alike."""

    a: float
    b: float
    c: float
    d: float
    e: float
    f: float

    def __call__(self, x: Any, y: Any) -> tuple[Any, Any]:
        return self.a * x + self.b * y + self.c, self.d * x + self.e * y + self.f

    @property
    def determinant(self) -> float:
        return self.a * self.e - self.b * self.d

    @property
    def inverse(self) -> Affine:
        """Raises ZeroDivisionError for a singular map."""
        a, b, d, e = (v / self.determinant for v in (self.e, -self.b, -self.d, self.a))
        return Affine(a, b, -(a * self.c + b * self.f), d, e, -(d * self.c + e * self.f))

    def after(self, first: Affine) -> Affine:
        """`first`, then this one."""
        a, d = self.a * first.a + self.b * first.d, self.d * first.a + self.e * first.d
        b, e = self.a * first.b + self.b * first.e, self.d * first.b + self.e * first.e
        c, f = self(first.c, first.f)
        return Affine(a, b, c, d, e, f)

    @classmethod
    def through(cls, source: Any, target: Any) -> Affine:
        """The map that takes three points (3, 2) to three others, or the best one for more points."""
        source, target = np.asarray(source, float), np.asarray(target, float)
        columns = np.column_stack([source, np.ones(len(source))])
        (a, d), (b, e), (c, f) = np.linalg.lstsq(columns, target, rcond=None)[0]
        return cls(float(a), float(b), float(c), float(d), float(e), float(f))


@dataclass(frozen=True)
class View:
    """What a window of `width` x `height` device pixels shows of an image.

    Attributes:
        x, y: the image pixel at the window's centre.
        scale: device pixels per image pixel.
        angle: degrees by which the image is turned counter-clockwise.
        mirrored: whether x runs to the left (before it is turned).
    """

    width: int
    height: int
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.0
    angle: float = 0.0
    mirrored: bool = False

    @property
    def to_screen(self) -> Affine:
        """Image to screen."""
        turn = math.radians(self.angle)
        # Whole quarter turns are exact, so that an upright image is sampled by rows and columns.
        cos, sin = (round(v) if self.angle % 90 == 0 else v for v in (math.cos(turn), math.sin(turn)))
        across = -self.scale if self.mirrored else self.scale
        a, b = cos * across, -sin * self.scale
        d, e = -sin * across, -cos * self.scale
        return Affine(a, b, self.width / 2 - a * self.x - b * self.y, d, e, self.height / 2 - d * self.x - e * self.y)

    @property
    def to_image(self) -> Affine:
        """Screen to image."""
        return self.to_screen.inverse

    def fitted(self, shape: tuple[int, int]) -> View:
        """The whole image of (height, width), as large as it goes, turned as it is."""
        height, width = shape
        across, down = self._extent(shape)
        scale = min(self.width / across, self.height / down)
        return replace(self, x=(width - 1) / 2, y=(height - 1) / 2, scale=scale)

    def _extent(self, shape: tuple[int, int]) -> tuple[float, float]:
        """(width, height) of the turned image in image pixels."""
        height, width = shape
        cos, sin = abs(math.cos(math.radians(self.angle))), abs(math.sin(math.radians(self.angle)))
        return max(width * cos + height * sin, 1.0), max(width * sin + height * cos, 1.0)

    def zoomed(self, factor: float, at: tuple[float, float] | None = None) -> View:
        """Closer by `factor`; the image point at the screen point `at` (default: the centre) stays where it is."""
        return self.scaled(self.scale * factor, at)

    def scaled(self, scale: float, at: tuple[float, float] | None = None) -> View:
        """With `scale` device pixels per image pixel, about `at`."""
        sx, sy = at or (self.width / 2, self.height / 2)
        x, y = self.to_image(sx, sy)
        new = replace(self, scale=scale)
        nx, ny = new.to_image(sx, sy)
        return replace(new, x=self.x + x - nx, y=self.y + y - ny)

    def panned(self, right: float, down: float) -> View:
        """The image moves with the hand, by device pixels."""
        x, y = self.to_image(self.width / 2 - right, self.height / 2 - down)
        return replace(self, x=x, y=y)

    def resized(self, width: int, height: int) -> View:
        return replace(self, width=width, height=height)

    def turned(self, degrees: float) -> View:
        """Turned further counter-clockwise, about the window's centre."""
        return replace(self, angle=(self.angle + degrees) % 360.0)

    def flipped(self, vertically: bool = False) -> View:
        """Mirrored as it is seen: left and right change places, or up and down."""
        return replace(self, mirrored=not self.mirrored, angle=((180.0 if vertically else 0.0) - self.angle) % 360.0)

    def north_up(self, north: tuple[float, float], east: tuple[float, float]) -> View:
        """North up and east left, whichever hand the image has; directions are unit vectors in image pixels (x, y)."""
        # Seen from inside the sphere, east is a quarter turn counter-clockwise of north.
        mirrored = north[0] * east[1] - north[1] * east[0] < 0
        angle = 90.0 - math.degrees(math.atan2(north[1], -north[0] if mirrored else north[0]))
        return replace(self, mirrored=mirrored, angle=angle % 360.0)

    def bounded(self, shape: tuple[int, int], farthest: float | None = None) -> View:
        """The nearest view that still shows the image: its centre on it, neither too close nor too far away."""
        height, width = shape
        across, down = self._extent(shape)
        fit = min(self.width / across, self.height / down)
        closest = max(min(self.width, self.height) / min(SMALLEST_SIDE_PX, width, height), 1.0)
        least = min(FARTHEST * fit, 1.0) if farthest is None else farthest
        return replace(
            self,
            x=min(max(self.x, -0.5), width - 0.5),
            y=min(max(self.y, -0.5), height - 0.5),
            scale=min(max(self.scale, least), max(closest, fit)),
        )
