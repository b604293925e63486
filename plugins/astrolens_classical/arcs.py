"""Thin, long, bright features and a logistic regression on their shapes; knows no file and no fit.

As GAHEC's arcfinder (Alard 2006, astro-ph/0606757): a Mexican hat, the elongation of the light around every pixel, what
is connected of the elongated pixels, and the length, width, area and curvature of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .bands import blue_and_red
from .finder import Finder
from .segments import Segments, measure

HAT_PX2 = 4.0
"""b² of the hat exp(-r²/b²) - ½ exp(-r²/2b²) in a window of 7 px (Alard's); it suits arcs about 3 px wide."""
WINDOW = 3
"""Half width of the window in which the elongation is measured, px."""
ELONGATION = 1.35
"""Ratio of the RMS along and across at which a pixel is part of something long; a filled window has 1."""
LOW, HIGH = 1.8, 4.5
"""Answers of the hat in units of its own noise: every pixel of a segment has the first, one pixel the second."""
ELECTRONS = 16.0
"""Electrons in the flux that equals the sky's noise: 12 in Euclid's VIS, tens on the ground."""
FEWEST_PX = 10
MOST_KEPT = 3


@dataclass(frozen=True)
class Found:
    """Segments of n stamps: `labels` int32 (n, s, s), 0 where there is none; `segments` row l - 1 describes label l."""

    labels: np.ndarray
    segments: Segments


def even_noise(stamps: np.ndarray) -> np.ndarray:
    """Prepared stamps (asinh of fluxes in units of the sky's noise) → values whose noise is 1 on bright light too.

    The shot noise of a source of x is taken to be sqrt(1 + x / ELECTRONS) (Anscombe's transform of that): in asinh the
    noise on a galaxy all but vanishes and its arcs with it.
    """
    x = np.sinh(np.clip(stamps, -12, 12))
    return np.where(x > 0, 2 * ELECTRONS * (np.sqrt(1 + np.maximum(x, 0) / ELECTRONS) - 1), np.maximum(x, -20))


def detection_image(stamps: np.ndarray) -> np.ndarray:
    """(n, s, s, bands) as prepared → float32 (n, s, s): the bands' mean, of even noise."""
    return even_noise(stamps).mean(axis=-1, dtype=np.float32)


def hat(images: np.ndarray) -> np.ndarray:
    """float32 (n, s, s) → its answer to the Mexican hat of sum 0, in units of that answer's own scatter."""
    from scipy.ndimage import correlate1d

    r2 = np.arange(-3, 4) ** 2.0
    inner, outer = np.exp(-r2 / HAT_PX2), np.exp(-r2 / (2 * HAT_PX2))
    inner, outer = inner / inner.sum(), outer / outer.sum()
    out = np.empty_like(images)
    for row, image in enumerate(images):  # a stamp fits into the cache, a batch does not
        near = correlate1d(correlate1d(image, inner, 0, mode="reflect"), inner, 1, mode="reflect")
        out[row] = near - correlate1d(correlate1d(image, outer, 0, mode="reflect"), outer, 1, mode="reflect")
    flat = out.reshape(len(out), -1)
    quarter = np.quantile(flat, [0.25, 0.75], axis=1)
    return out / np.maximum((quarter[1] - quarter[0]) / 1.349, 1e-6).astype(np.float32)[:, None, None]


def elongation(positive: np.ndarray) -> np.ndarray:
    """float32 (n, s, s) ≥ 0 → ratio (≥ 1) of the RMS of the light along and across, in a window around each pixel."""
    from scipy.ndimage import correlate1d

    step = np.arange(-WINDOW, WINDOW + 1, dtype=np.float64)
    one = np.ones_like(step)
    out = np.empty_like(positive)
    for row, image in enumerate(positive):
        ups = [correlate1d(image, kernel, 0, mode="constant") for kernel in (one, step, step**2)]
        m00, mx, mxx = (correlate1d(ups[0], kernel, 1, mode="constant") for kernel in (one, step, step**2))
        my, mxy = (correlate1d(ups[1], kernel, 1, mode="constant") for kernel in (one, step))
        myy = correlate1d(ups[2], one, 1, mode="constant")
        m00 = np.maximum(m00, 1e-6)
        x, y = mx / m00, my / m00
        xx, yy, xy = mxx / m00 - x * x, myy / m00 - y * y, mxy / m00 - x * y
        half, turn = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
        out[row] = np.sqrt((half + turn + 1 / 12) / np.maximum(half - turn + 1 / 12, 1e-3))
    return out


def find(images: np.ndarray) -> Found:
    """Long features of images float32 (n, s, s) of even noise (`detection_image`)."""
    from scipy.ndimage import label

    answer = hat(images)
    positive = np.maximum(answer, 0)
    thin = (answer > LOW) & (elongation(positive) > ELONGATION)
    plane = np.zeros((3, 3, 3), bool)
    plane[1] = True
    seeds = thin & (answer > HIGH)
    labels, count = label(thin, plane)
    keep = np.zeros(count + 1, bool)
    keep[np.unique(labels[seeds])] = True
    area = np.bincount(labels.ravel(), minlength=count + 1)
    keep &= area >= FEWEST_PX
    keep[0] = False
    number = np.cumsum(keep) * keep
    labels = number[labels].astype(np.int32)
    count = int(keep.sum())
    return Found(labels, measure(labels, positive, count))


def measures_of(found: Segments, colour: np.ndarray, count: int, size: int) -> np.ndarray:
    """(count, D): of the `MOST_KEPT` most significant segments of every stamp their shapes, and sums over all."""
    m = found
    strength = np.log1p(m.flux)
    slender = np.log(np.maximum(m.length / m.width, 0.1))
    towards = m.curvature * m.radius
    good = strength * np.clip(slender, 0, 2) * np.clip(1 - m.tilt / (np.pi / 2), 0, 1) * (m.radius > 3)
    rows = np.stack(
        [strength, slender, np.cos(2 * m.tilt), m.aperture, np.clip(towards, -2, 2), np.log1p(m.radius),
         np.log1p(m.peak), np.log1p(m.offset), colour, strength * m.aperture, np.log1p(m.length),
         (np.abs(m.offset) < 0.3 * m.radius + 2) * m.aperture],
        axis=1,
    )  # fmt: skip
    order = np.lexsort((-good, m.stamp))
    stamp = m.stamp[order]
    place = np.arange(len(order)) - np.searchsorted(stamp, stamp)
    out = np.zeros((count, MOST_KEPT, rows.shape[1] + 1))
    first = place < MOST_KEPT
    out[stamp[first], place[first]] = np.concatenate([rows[order][first], np.ones((first.sum(), 1))], axis=1)
    sums = [
        np.bincount(m.stamp, values, count) for values in (good, good > 0.5, m.aperture * (m.tilt < 0.6), m.area / size)
    ]
    return np.concatenate([out.reshape(count, -1), np.log1p(np.stack(sums, axis=1))], axis=1)


class Arcs(Finder):
    """The backend `arcs`."""

    def measures(self, stamps: np.ndarray, about: dict[str, Any]) -> np.ndarray:
        found = find(detection_image(stamps))
        blue, red = blue_and_red(about["bands"])
        difference = stamps[..., blue] - stamps[..., red]
        count = len(found.segments.area)
        area = np.maximum(found.segments.area, 1)
        colour = np.bincount(found.labels.ravel(), difference.ravel(), count + 1)[1:] / area
        return measures_of(found.segments, colour, len(stamps), stamps.shape[1])
