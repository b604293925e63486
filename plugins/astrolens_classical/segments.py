"""Shapes of many segments at once: moments, the circle they lie on, their extent about the centre; knows no image
format and no model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SHORT = 1.2
"""Chord over radius below which an arc's circle is fitted as a short one's."""

ROUND = np.radians(220)
"""Angle about the centre above which an arc about it is a ring."""


@dataclass(frozen=True)
class Segments:
    """One row a segment, all arrays (M,).

    Attributes:
        stamp: which stamp it is in. area: pixels. flux, peak: of the weights given.
        radius: mean distance of its light from the stamp's centre, px.
        major, minor: RMS along its axes, px. tilt: angle between its major axis and the tangent there, radians 0..π/2; 0 of a ring.
        aperture: angle that it spans about the stamp's centre, radians.
        curvature: 1 / radius of the circle through it, px⁻¹; positive where that circle's centre is on the stamp's
            centre's side. offset: of the circle's centre from the stamp's centre, px (at most the stamp's size).
        ring: bool, whether it goes round the stamp's centre and leaves it free.
        length, width: of an evenly bright arc with the same spread along and across the circle, px.
    """

    stamp: np.ndarray
    area: np.ndarray
    flux: np.ndarray
    peak: np.ndarray
    radius: np.ndarray
    major: np.ndarray
    minor: np.ndarray
    tilt: np.ndarray
    aperture: np.ndarray
    curvature: np.ndarray
    offset: np.ndarray
    ring: np.ndarray
    length: np.ndarray
    width: np.ndarray

    def pick(self, chosen: np.ndarray) -> Segments:
        """The rows that a mask or index chooses."""
        return Segments(**{name: values[chosen] for name, values in self.__dict__.items()})


def measure(labels: np.ndarray, weights: np.ndarray, count: int) -> Segments:
    """labels int (n, s, s), 0 where there is none, 1..count unique over all stamps; weights (n, s, s) ≥ 0 within them."""
    stamp, y, x = np.nonzero(labels)
    of = labels[stamp, y, x] - 1
    centre = (labels.shape[1] - 1) / 2
    x, y = x - centre, y - centre
    w = np.maximum(weights[stamp, np.rint(y + centre).astype(int), np.rint(x + centre).astype(int)], 1e-6).astype(
        np.float64
    )

    def total(values: np.ndarray) -> np.ndarray:
        return np.bincount(of, values, count)

    area, flux = np.bincount(of, minlength=count), total(w)
    safe = np.maximum(flux, 1e-12)
    mx, my = total(w * x) / safe, total(w * y) / safe
    dx, dy = x - mx[of], y - my[of]
    xx, yy, xy = (total(w * product) / safe for product in (dx * dx, dy * dy, dx * dy))
    half, turn = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    major, minor = np.sqrt(half + turn + 1 / 12), np.sqrt(np.maximum(half - turn, 0) + 1 / 12)
    along = 0.5 * np.arctan2(2 * xy, xx - yy)
    away = np.abs((along - np.arctan2(my, mx)) % np.pi)  # 0 radial, π/2 tangential
    tilt = np.abs(np.pi / 2 - away)
    cx, cy, radius, blur2 = _circle(of, dx, dy, w, (xx, yy, xy), count)
    to_x, to_y = dx - cx[of], dy - cy[of]
    width = np.sqrt(12 * np.maximum(blur2, 1 / 12))
    spread, _ = _angles(of, np.arctan2(to_y, to_x), w, count)
    length = np.minimum(radius * np.sqrt(12 * np.maximum(spread - blur2 / radius**2, 0)), 2 * np.pi * radius)
    _, aperture = _angles(of, np.arctan2(y, x), w, count)
    reach = labels.shape[1]
    bent = np.where(cx * mx + cy * my <= 0, 1.0, -1.0) / np.maximum(radius, 1e-6)
    offset = np.minimum(np.hypot(cx + mx, cy + my), reach)
    owner = np.zeros(count, np.intp)
    owner[of] = stamp
    peak = np.zeros(count)
    np.maximum.at(peak, of, w)
    far = total(w * np.hypot(x, y)) / safe
    ring = (aperture > ROUND) & (offset < far / 2) & (width < far)
    tilt = np.where(ring, 0.0, tilt)
    return Segments(owner, area, flux, peak, far, major, minor, tilt, aperture, bent, offset, ring, length, width)


def _circle(
    of: np.ndarray, dx: np.ndarray, dy: np.ndarray, w: np.ndarray, seconds: tuple[np.ndarray, ...], count: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """(centre x, y relative to each segment's middle, radius, variance across), px, of the circle of least squares.

    Of long arcs by Kåsa's (1976) regression of t² + u² on t, u (along and across). A blur makes that circle too small: it
    adds its variance to the second moments and nothing to the third, so the scatter about the circle is taken off, a
    few times over. Of short arcs, whose depth is no more than the blur, by the regression of u on t and t² + u²,
    which does not divide by that depth. Radii end at 10⁴ px: that of a straight line.
    """

    def mean(values: np.ndarray) -> np.ndarray:
        return np.bincount(of, w * values, count) / flux

    flux = np.maximum(np.bincount(of, w, count), 1e-12)
    xx, yy, xy = seconds
    angle = 0.5 * np.arctan2(2 * xy, xx - yy)
    cos, sin = np.cos(angle), np.sin(angle)
    t, u = dx * cos[of] + dy * sin[of], dy * cos[of] - dx * sin[of]
    square = t * t + u * u
    tt, uu, spread = mean(t * t), mean(u * u), mean(square)
    tq, uq, qq = mean(square * t), mean(square * u), mean(square * square) - spread**2
    blur2 = np.zeros(count)
    for _ in range(6):
        left = np.maximum(uu - blur2, 1e-3 * uu + 1e-9)
        near_t, near_u = tq / 2 / np.maximum(tt - blur2, 1e-9), uq / 2 / left
        t0 = np.maximum(tt - blur2, 0.3 * tt)
        q0 = np.maximum(qq - 4 * blur2 * (spread - 2 * blur2) - 4 * blur2**2, 0.2 * qq)
        bend = t0 * uq / np.where(t0 * q0 > tq * tq, t0 * q0 - tq * tq, np.inf)
        bend = np.where(np.abs(bend) > 5e-5, bend, np.where(bend < 0, -5e-5, 5e-5))
        far_t, far_u = tq / (2 * np.maximum(t0, 1e-9)), 1 / (2 * bend)
        short = np.sqrt(12 * tt) * 2 * np.abs(bend) < SHORT
        middle_t, middle_u = np.where(short, far_t, near_t), np.where(short, far_u, near_u)
        radius = np.sqrt(np.maximum(middle_t**2 + middle_u**2 + spread - 2 * blur2, 0.25))
        off = np.hypot(t - middle_t[of], u - middle_u[of]) - radius[of]
        blur2 = np.clip(mean(off * off) - mean(off) ** 2, 0, 0.97 * uu)
    return middle_t * cos - middle_u * sin, middle_t * sin + middle_u * cos, radius, blur2


def _angles(of: np.ndarray, angle: np.ndarray, w: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """(variance of the angle, angle spanned), radians² and radians (M,), of pixels at those angles.

    The largest gap between neighbouring angles is the outside of the arc: angles are counted from its end.
    """
    rank = np.lexsort((angle, of))
    of, angle, w = of[rank], angle[rank], w[rank]
    first = np.searchsorted(of, np.arange(count))
    last = np.searchsorted(of, np.arange(count), side="right") - 1
    following = np.empty(len(angle))
    following[:-1] = angle[1:]
    following[last] = angle[first] + 2 * np.pi
    gap = following - angle
    widest = np.maximum.reduceat(gap, first)
    at = np.flatnonzero(gap >= widest[of])
    start = np.zeros(count)
    start[of[at]] = following[at] % (2 * np.pi)
    along = (angle - start[of]) % (2 * np.pi)
    along = np.where(along > 2 * np.pi - 1e-9, 0.0, along)
    flux = np.bincount(of, w, count)
    mean = np.bincount(of, w * along, count) / flux
    spread = np.bincount(of, w * (along - mean[of]) ** 2, count) / flux
    return spread, 2 * np.pi - widest
