"""Where the pixels of one image fall among another's, by their WCS; reads no file and draws nothing."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .geometry import Affine, View

_GRID = 7
"""Points a side from which the map at a view is fitted."""

_SAME_FRAME = ("radesys", "equinox")


def band_map(
    wcs_ref: Any,
    wcs_band: Any,
    shape: tuple[int, int],
    band_shape: tuple[int, int] | None = None,
    ratio: float | None = None,
) -> Callable[[View], Affine]:
    """The affine map at a view from the screen (of the reference image) to the pixels of another band.

    The map is the least-squares one over the part of the reference image that is in view: what a projection or a
    distortion bends stays within half a screen pixel, for a view holds at most a few thousand of them.

    Without a WCS of both, the centres of the two images are taken for the same place, and the scales by `ratio`.

    Args:
        wcs_ref, wcs_band: celestial astropy WCS, or None.
        shape: (height, width) of the reference image.
        band_shape: of the other; default the same.
        ratio: reference pixels per pixel of the band (its pixel scale over the reference's); default the one at which
            both images cover the same field.
    """
    there = shape if band_shape is None else band_shape
    if wcs_ref is None or wcs_band is None:
        middle = centred(shape, there, ratio)
        return lambda view: middle.after(view.to_image)
    convert = _converter(wcs_ref, wcs_band)
    fallback = centred(shape, there, ratio)

    def at(view: View) -> Affine:
        to_image = view.to_image
        x, y = _in_view(view, to_image, shape)
        return (_through(x, y, *convert(x, y)) or fallback).after(to_image)

    return at


def window_maps(
    wcs_ref: Any, wcs_band: Any, windows: Sequence[tuple[float, float, float, float]]
) -> list[Affine | None]:
    """From the pixels of one image to those of another, by the affine that is best in each window (x0, y0, width, height) of the first.

    All windows cost one transformation. None where the other projection has no pixel there.

    Args:
        wcs_ref, wcs_band: celestial astropy WCS.
    """
    x0, y0, width, height = np.array(windows, float).T[..., None]
    part = np.linspace(0.0, 1.0, _GRID)
    across, up = (axis.ravel() for axis in np.meshgrid(part, part))
    x, y = x0 - 0.5 + across * width, y0 - 0.5 + up * height
    u, v = (axis.reshape(x.shape) for axis in _converter(wcs_ref, wcs_band)(x.ravel(), y.ravel()))
    return [_through(*one) for one in zip(x, y, u, v, strict=True)]


def _through(x: np.ndarray, y: np.ndarray, u: np.ndarray, v: np.ndarray) -> Affine | None:
    """The best map from (x, y) to (u, v), of the points that have a solution; None with fewer than three."""
    good = np.isfinite(u) & np.isfinite(v)
    if np.count_nonzero(good) < 3:
        return None
    return Affine.through(np.column_stack([x, y])[good], np.column_stack([u, v])[good])


def centred(shape: tuple[int, int], there: tuple[int, int], ratio: float | None) -> Affine:
    """From pixels of one image to those of another with the same centre and directions."""
    if ratio is None or not (math.isfinite(ratio) and ratio > 0):
        ratio = max(shape) / max(max(there), 1)
    step = 1.0 / ratio
    (h, w), (k, m) = shape, there
    return Affine(step, 0.0, (m - 1) / 2 - step * (w - 1) / 2, 0.0, step, (k - 1) / 2 - step * (h - 1) / 2)


def _in_view(view: View, to_image: Affine, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Reference pixels (x, y) of a grid over the part of the image that the view shows (all of it when that is nothing)."""
    sx, sy = np.array([0.0, view.width, view.width, 0.0]), np.array([0.0, 0.0, view.height, view.height])
    x, y = to_image(sx, sy)
    height, width = shape
    x0, x1 = max(x.min(), -0.5), min(x.max(), width - 0.5)
    y0, y1 = max(y.min(), -0.5), min(y.max(), height - 0.5)
    if x1 <= x0 or y1 <= y0:
        x0, x1, y0, y1 = -0.5, width - 0.5, -0.5, height - 0.5
    across, up = np.meshgrid(np.linspace(x0, x1, _GRID), np.linspace(y0, y1, _GRID))
    return across.ravel(), up.ravel()


def _converter(wcs_a: Any, wcs_b: Any) -> Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Pixels of A to pixels of B through the sky; by coordinate objects only where the two frames differ."""

    def plainly(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        lon, lat = wcs_a.wcs_pix2world(x, y, 0) if plain_a else wcs_a.all_pix2world(x, y, 0)
        u, v = wcs_b.wcs_world2pix(lon, lat, 0) if plain_b else _inverse(wcs_b, lon, lat)
        return u, v

    def by_objects(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        from astropy.wcs.utils import pixel_to_pixel

        u, v = pixel_to_pixel(wcs_a, wcs_b, x, y)
        return np.asarray(u), np.asarray(v)

    plain_a, plain_b = not wcs_a.has_distortion, not wcs_b.has_distortion
    return plainly if _frame(wcs_a) == _frame(wcs_b) else by_objects


def _frame(wcs: Any) -> tuple[Any, ...]:
    """What two WCS must share so that their longitudes and latitudes are the same numbers."""
    kinds = tuple(str(kind)[:4].upper() for kind in wcs.wcs.ctype)
    name = str(wcs.wcs.radesys).upper()
    year = float(wcs.wcs.equinox)
    if kinds[0][:2] != "RA":
        return kinds
    if not name:  # the standard's default (Calabretta & Greisen 2002, section 3.1)
        name = "ICRS" if not math.isfinite(year) else "FK4" if year < 1984 else "FK5"
    return (*kinds, name, "" if name == "ICRS" or not math.isfinite(year) else year)


def _inverse(wcs: Any, lon: np.ndarray, lat: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """World to pixel through a distortion; far outside the image, where it can't be inverted, without it."""
    try:
        return wcs.all_world2pix(lon, lat, 0, quiet=True)
    except Exception:
        return wcs.wcs_world2pix(lon, lat, 0)


def reprojected(array: np.ndarray, wcs: Any, wcs_ref: Any, shape: tuple[int, int]) -> np.ndarray:
    """The image on the pixels of another: float32 `shape`, NaN where it has none; bilinear, surface brightness kept.

    Raises:
        ValueError: one of them has no WCS.
    """
    if wcs is None or wcs_ref is None:
        raise ValueError("an image without sky coordinates cannot be reprojected; give both a WCS")
    from reproject import reproject_interp

    made = reproject_interp((array, wcs), wcs_ref, shape_out=shape, order="bilinear", return_footprint=False)
    return np.ascontiguousarray(made, dtype=np.float32)


def match(view: View, wcs_a: Any, wcs_b: Any) -> View:
    """The view of image B that shows what `view` shows of A: the same sky at its centre, as large, turned alike.

    Raises:
        ValueError: one of them has no WCS, or the centre lies where B's projection has no pixel.
    """
    if wcs_a is None or wcs_b is None:
        raise ValueError("images without sky coordinates are matched by pixel only")
    reach = max(2.0, 0.25 * min(view.width, view.height) / view.scale)
    x = view.x + reach * np.array([0.0, 1.0, -1.0, 0.0, 0.0])
    y = view.y + reach * np.array([0.0, 0.0, 0.0, 1.0, -1.0])
    u, v = _converter(wcs_a, wcs_b)(x, y)
    if not (np.isfinite(u).all() and np.isfinite(v).all()):
        raise ValueError("the other image's projection does not reach this part of the sky")
    to_a = Affine.through(np.column_stack([u, v]), np.column_stack([x, y]))
    screen = view.to_screen.after(to_a)
    mirrored = screen.determinant > 0  # an upright view turns y round: its determinant is negative
    sign = -1.0 if mirrored else 1.0
    # View.to_screen is scale times (sign cos, -sin; -sign sin, -cos): the nearest such map to `screen`
    cos, sin = (sign * screen.a - screen.e) / 2, (-screen.b - sign * screen.d) / 2
    angle = math.degrees(math.atan2(sin, cos)) % 360.0
    near = round(angle / 90.0) * 90.0
    if abs(angle - near) < 1e-6:
        angle = near % 360.0
    return replace(
        view, x=float(u[0]), y=float(v[0]), scale=math.sqrt(abs(screen.determinant)), angle=angle, mirrored=mirrored
    )
