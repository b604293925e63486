"""Which way up an image is looked at, as a wish that outlives the image: north or rows up, turned, mirrored; knows no widget."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from astrolens_gui.core.images.geometry import View


@dataclass(frozen=True)
class Orientation:
    """What was wished, relative to what it was wished of.

    Attributes:
        north: turned and mirrored relative to north up and east left, found anew for each image; else to the pixels as stored.
        angle: degrees counter-clockwise, as seen. mirrored: left and right change places before that.
    """

    north: bool = False
    angle: float = 0.0
    mirrored: bool = False

    def turned(self, degrees: float) -> Orientation:
        return replace(self, angle=(self.angle + degrees) % 360.0)

    def flipped(self, vertically: bool = False) -> Orientation:
        return replace(self, mirrored=not self.mirrored, angle=((180.0 if vertically else 0.0) - self.angle) % 360.0)

    def applied(self, view: View, compass: Any) -> View:
        """`view` turned this way; `compass` (sky.Compass or None) says where north and east are."""
        base = replace(view, angle=0.0, mirrored=False)
        if self.north and compass is not None and compass.north is not None:
            base = base.north_up(compass.north, compass.east)
        own = -base.angle if self.mirrored else base.angle
        angle = (self.angle + own) % 360.0
        if abs(angle - round(angle / 90) * 90) < 1e-9:  # rounding must not cost the fast path of quarter turns
            angle = round(angle / 90) * 90.0 % 360.0
        return replace(view, angle=angle, mirrored=base.mirrored != self.mirrored)

    @classmethod
    def of(cls, view: View) -> Orientation:
        """A view's own, whatever the sky is."""
        return cls(False, view.angle, view.mirrored)
