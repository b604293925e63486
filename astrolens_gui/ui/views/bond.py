"""How one panel follows another: by sky, by pixel or not at all; knows no widget and no file."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from astrolens_gui.core.images.align import match
from astrolens_gui.core.images.celestial import Celestial, world
from astrolens_gui.core.images.geometry import View

LOCKS = ("sky", "pixel", "off")

TITLES = {"sky": "Locked by sky", "pixel": "Locked by pixel", "off": "Not locked"}

BEYOND = 1.5
"""Two images show one field if the centre of one lies within this many half-widths of the other's; else two objects are
compared, centre on centre."""


@dataclass(frozen=True)
class Site:
    """What of a panel's image decides where its pixels lie: `wcs` or None, (height, width), arcsec per pixel or None."""

    wcs: Any
    shape: tuple[int, int]
    pixel_scale: float | None = None

    @property
    def centre(self) -> tuple[float, float]:
        return (self.shape[1] - 1) / 2, (self.shape[0] - 1) / 2


class Bond:
    """From a view of image `a` to that of image `b`.

    Attributes:
        kind: "sky": the same coordinates; "centre": another field, centre on centre, as large on the sky and turned alike;
            "scale": centre on centre by pixel scale, for one of them has no WCS.
    """

    def __init__(self, a: Site, b: Site) -> None:
        self._a, self._b = a, b
        self._wcs = b.wcs
        self.kind = "scale"
        if a.wcs is not None and b.wcs is not None:
            self.kind = "sky" if _shared(a, b) else "centre"
        if self.kind == "centre":
            self._wcs = _moved(a, b)
            self.kind = "centre" if self._wcs is not None else "scale"

    def follow(self, view: View, lock: str = "sky") -> View:
        """What `b` shows when `a` shows `view`, in a window of the same size.

        Raises:
            ValueError: `b`'s projection does not reach there.
        """
        if lock == "pixel":
            return view
        if self.kind == "scale":
            return self._scaled(view)
        return match(view, self._a.wcs, self._wcs)

    def spot(self, x: float, y: float, lock: str = "sky") -> tuple[float, float] | None:
        """Where pixel (x, y) of `a` lies in `b`; None where it has no place there."""
        try:
            found = self.follow(View(100, 100, x, y, 10.0), lock)
        except ValueError:
            return None
        return found.x, found.y

    def _scaled(self, view: View) -> View:
        a, b = self._a, self._b
        known = bool(a.pixel_scale and b.pixel_scale)  # else both images are taken to show the same field
        ratio = a.pixel_scale / b.pixel_scale if known else max(b.shape) / max(a.shape)  # type: ignore[operator]
        (ax, ay), (bx, by) = a.centre, b.centre
        return replace(view, x=bx + ratio * (view.x - ax), y=by + ratio * (view.y - ay), scale=view.scale / ratio)


def _shared(a: Site, b: Site) -> bool:
    """Whether the middle of one image lies on or near the other."""
    for here, there in ((a, b), (b, a)):
        try:
            at = match(View(100, 100, *here.centre, 10.0), here.wcs, there.wcs)
        except ValueError:
            continue
        (cx, cy), (height, width) = there.centre, there.shape
        if abs(at.x - cx) <= BEYOND * width / 2 and abs(at.y - cy) <= BEYOND * height / 2:
            back = _icrs(there.wcs, at.x, at.y), _icrs(here.wcs, *here.centre)
            # a projection may map the far side of the sky onto the near one
            if None not in back and _near(back[0], back[1]):  # type: ignore[arg-type]
                return True
    return False


def _icrs(wcs: Any, x: float, y: float) -> tuple[float, float] | None:
    """One frame for both, where there is a way to it; else the file's own."""
    celestial = Celestial.of(wcs)
    return celestial.icrs(x, y) if celestial is not None and celestial.is_icrs else world(wcs, x, y)


def _near(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return abs((one[0] - other[0] + 180) % 360 - 180) < 1.0 and abs(one[1] - other[1]) < 1.0


def _moved(a: Site, b: Site) -> Any:
    """`b`'s WCS with its middle where `a`'s is: a plain one of b's scale and direction; None where b's centre has no sky."""
    import numpy as np
    from astropy.wcs import WCS

    (bx, by), there = b.centre, world(a.wcs, *a.centre)
    east_north = _jacobian(b.wcs, bx, by)
    if there is None or east_north is None:
        return None
    plain = WCS(naxis=2)
    plain.wcs.ctype = list(a.wcs.wcs.ctype)
    plain.wcs.radesys = a.wcs.wcs.radesys
    if np.isfinite(a.wcs.wcs.equinox):
        plain.wcs.equinox = a.wcs.wcs.equinox
    kinds = {"RA": "RA---TAN DEC--TAN", "GL": "GLON-TAN GLAT-TAN", "EL": "ELON-TAN ELAT-TAN"}
    plain.wcs.ctype = kinds.get(str(plain.wcs.ctype[0])[:2], "RA---TAN DEC--TAN").split()
    plain.wcs.crval = list(there)
    plain.wcs.crpix = [bx + 1, by + 1]
    plain.wcs.cd = east_north
    plain.wcs.set()
    return plain


def _jacobian(wcs: Any, x: float, y: float) -> Any:
    """Degrees (east, north) per pixel (x, y): float (2, 2), or None."""
    import numpy as np

    here, right, up = world(wcs, x, y), world(wcs, x + 1, y), world(wcs, x, y + 1)
    if here is None or right is None or up is None:
        return None
    cosine = np.cos(np.radians(here[1]))
    steps = [(((p[0] - here[0] + 180) % 360 - 180) * cosine, p[1] - here[1]) for p in (right, up)]
    found = np.array(steps).T
    return found if np.isfinite(found).all() and abs(np.linalg.det(found)) > 0 else None
