"""The lens's light taken off, what is left detected, tangential arcs kept by the published cuts; knows no file and no fit.

As YattaLensLite (Sonnenfeld et al. 2018, PASJ 70, S29; Metcalf et al. 2019 §4), with sep for SExtractor.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from .arcs import ELECTRONS
from .bands import blue_and_red
from .finder import Finder
from .segments import Segments, measure

SIGMAS, FEWEST_PX = 3.0, 10
"""Detection: every pixel of at least that many, after smoothing, this far above the noise."""
NEAREST_PX, FARTHEST_PX, MOST_PX = 3.0, 30.0, 500
TANGENTIAL, SLENDER, APERTURE, STRICT = np.radians(30), 1.4, np.radians(25), np.radians(35)
"""An arc: its angle to the tangent, its axis ratio, the angle that it spans about the centre (and what is a safe one)."""
FAINTEST = 0.5
"""Light of a ring, in units of the sky's noise a pixel, at which the lens ends."""
MOST_KEPT = 2


@lru_cache(maxsize=8)
def rings(size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(ring number of every pixel, pixels a ring, radius of every pixel in px); a ring is a pixel wide."""
    middle = (size - 1) / 2
    y, x = np.mgrid[:size, :size] - middle
    radius = np.hypot(y, x)
    ring = np.minimum(radius.astype(np.intp), size // 2)
    return ring.ravel(), np.bincount(ring.ravel()), radius


def truncation(images: np.ndarray) -> np.ndarray:
    """Radius (n,), px, of float (n, s, s) in units of the sky's noise where the light of the central galaxy ends: the
    mean of a ring falls below `FAINTEST`, or rises outwards."""
    count, size, _ = images.shape
    ring, pixels, _ = rings(size)
    place = np.arange(count)[:, None] * len(pixels) + ring
    profile = (
        np.bincount(place.ravel(), images.reshape(count, -1).ravel(), count * len(pixels)).reshape(count, -1) / pixels
    )
    ends = np.zeros(profile.shape, bool)
    ends[:, 2:] = (profile[:, 2:] < FAINTEST) | (profile[:, 2:] - profile[:, 1:-1] > 3 / np.sqrt(pixels[2:]))
    ends[:, -1] = True
    return ends.argmax(axis=1).astype(np.float64)


def subtract(stamps: np.ndarray, bands: tuple[str, ...] | list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Prepared stamps (n, s, s, bands) → (the bluest band less the lens, its errors), float32 (n, s, s) in units of the
    sky's noise; the errors hold the shot noise and that of what was taken off.

    With two bands or more the lens is the reddest band, scaled to the light of the innermost pixels (red lens, blue arcs);
    with one band it is the stamp itself turned by 180° about its centre. Both end at the radius of `truncation`.
    """
    blue, red = blue_and_red(bands)
    size = stamps.shape[1]
    _, _, radius = rings(size)
    target = _fluxes(stamps[..., blue])
    if blue == red:
        model, scale = target[:, ::-1, ::-1], np.ones(len(stamps))
    else:
        model = _fluxes(stamps[..., red])
        core = radius < max(2.5, size / 32)
        both, own = (target[:, core] * model[:, core]).sum(axis=1), (model[:, core] ** 2).sum(axis=1)
        scale = np.clip(both / np.maximum(own, 1e-6), 0, 100)
    taken = (radius < truncation(model)[:, None, None]) * scale[:, None, None]
    variance = _variance(target) + taken**2 * _variance(model)
    return (target - taken * model).astype(np.float32), np.sqrt(variance).astype(np.float32)


def _fluxes(stamps: np.ndarray) -> np.ndarray:
    return np.sinh(np.clip(stamps, -12, 12)).astype(np.float64)


def _variance(light: np.ndarray) -> np.ndarray:
    return 1 + np.maximum(light, 0) / ELECTRONS


def detect(residuals: np.ndarray, errors: np.ndarray) -> tuple[np.ndarray, Segments]:
    """(labels int32 (n, s, s), segments) of residuals float32 (n, s, s) with their errors, by sep."""
    import sep

    labels = np.zeros(residuals.shape, np.int32)
    count = 0
    for row, (image, error) in enumerate(zip(residuals, errors, strict=True)):
        try:
            found, places = sep.extract(
                np.ascontiguousarray(image), SIGMAS, err=np.ascontiguousarray(error), minarea=FEWEST_PX,
                segmentation_map=True, deblend_cont=0.01, clean=False,
            )  # fmt: skip
        except Exception as error_of_sep:
            if "pixel" not in str(error_of_sep) and "deblend" not in str(error_of_sep):
                raise
            continue  # more sources than sep's buffers hold: a stamp full of light has no arcs to offer
        labels[row] = np.where(places > 0, places + count, 0)
        count += len(found)
    # Objects that lost all their pixels to a neighbour leave a number unused.
    used = np.zeros(count + 1, bool)
    used[labels.ravel()] = True
    used[0] = False
    number = (np.cumsum(used) * used).astype(np.int32)
    labels = number[labels]
    return labels, measure(labels, np.maximum(residuals / errors, 0), int(used.sum()))


def is_arc(found: Segments) -> np.ndarray:
    """bool (M,): the published cuts on place, size, direction, axis ratio and aperture; a ring has neither of the two."""
    place = (found.radius > NEAREST_PX) & (found.radius < FARTHEST_PX) & (found.area > 20) & (found.area < MOST_PX)
    return (
        place
        & (found.tilt < TANGENTIAL)
        & ((found.major > SLENDER * found.minor) | found.ring)
        & (found.aperture > APERTURE)
    )


def measures_of(found: Segments, colour: np.ndarray, count: int) -> np.ndarray:
    """(count, D): for each stamp its best arcs, aperture times signal-to-noise first, and how much there is of all."""
    strength = np.log1p(found.flux / np.sqrt(np.maximum(found.area, 1)))
    arc = is_arc(found)
    score = found.aperture * strength
    near = (found.radius > NEAREST_PX) & (found.radius < FARTHEST_PX)
    rows = np.stack(
        [score, arc * score, arc & (found.aperture > STRICT), strength, found.aperture, found.tilt,
         np.log(found.major / found.minor), np.log1p(found.radius), np.log1p(found.area), colour,
         np.clip(found.curvature * found.radius, -2, 2), np.log1p(found.offset)],
        axis=1,
    ).astype(np.float64)  # fmt: skip
    order = np.lexsort((-score * (1 + arc) * near, found.stamp))
    stamp = found.stamp[order]
    place = np.arange(len(order)) - np.searchsorted(stamp, stamp)
    first = (place < MOST_KEPT) & near[order]
    out = np.zeros((count, MOST_KEPT, rows.shape[1] + 1))
    out[stamp[first], place[first]] = np.concatenate([rows[order][first], np.ones((first.sum(), 1))], axis=1)
    kinds = (arc, near, near & (found.tilt < TANGENTIAL), near * found.flux, arc * found.aperture)
    sums = np.stack([np.bincount(found.stamp, values, count) for values in kinds], axis=1)
    return np.concatenate([out.reshape(count, -1), np.log1p(sums)], axis=1)


class Yatta(Finder):
    """The backend `yatta`."""

    def measures(self, stamps: np.ndarray, about: dict[str, Any]) -> np.ndarray:
        bands = about["bands"]
        labels, found = detect(*subtract(stamps, bands))
        blue, red = blue_and_red(bands)
        count = len(found.area)
        difference = (stamps[..., blue] - stamps[..., red]).ravel()
        colour = np.bincount(labels.ravel(), difference, count + 1)[1:] / np.maximum(found.area, 1)
        return measures_of(found, colour, len(stamps))
