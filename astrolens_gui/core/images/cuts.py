"""Where black and white lie: the cuts of an image, as astropy.visualization and as lens finders find them; knows no colour."""

from __future__ import annotations

import numpy as np

SAMPLES = 1_000_000
"""Percentiles of larger images come from an evenly strided sample of about this many pixels."""


def finite(image: np.ndarray, at_most: int | None = None) -> np.ndarray:
    """The finite pixels as a flat array, from a strided sample of about `at_most` pixels if the image has more."""
    flat = np.ascontiguousarray(image).reshape(-1)
    if at_most is not None and flat.size > at_most:
        step = -(-flat.size // at_most)
        # A step that shares a factor with the width would look at a few columns only.
        while image.ndim == 2 and np.gcd(step, image.shape[1]) != 1:
            step += 1
        flat = flat[::step]
    good = np.isfinite(flat)
    return flat if good.all() else flat[good]


@np.errstate(all="ignore")
def zscale(
    image: np.ndarray, *, samples: int = 1000, contrast: float = 0.25, reject: float = 2.5
) -> tuple[float, float]:
    """IRAF's zscale: cuts from a line fitted to the sorted pixels; equals astropy.visualization's ZScaleInterval."""
    values = finite(image)
    values = values[:: max(1, int(values.size / samples))][:samples].astype(np.float64)
    values.sort()
    count = len(values)
    low, high = values[0], values[-1]
    fewest = max(5, int(count * 0.5))
    x = np.arange(count, dtype=np.float64)
    bad = np.zeros(count, dtype=bool)
    kernel = np.ones(max(1, int(count * 0.01)), dtype=bool)
    good, before, slope = count, count + 1, 0.0
    for _ in range(5):
        if good >= before or good < fewest:
            break
        keep = ~bad
        slope, offset = _line(x[keep], values[keep])
        flat = values - (slope * x + offset)
        bad[np.abs(flat) > reject * flat[keep].std()] = True
        bad = np.convolve(bad, kernel, mode="same")
        before, good = good, int((~bad).sum())
    if good >= fewest:
        slope /= contrast
        middle, median = (count - 1) // 2, float(np.median(values))
        low = max(low, median - (middle - 1) * slope)
        high = min(high, median + (count - middle) * slope)
    return float(low), float(high)


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and offset of the least-squares line."""
    xm, ym = x.mean(), y.mean()
    dx = x - xm
    norm = float(dx @ dx)
    slope = float(dx @ (y - ym)) / norm if norm else 0.0
    return slope, float(ym - slope * xm)


def percentile(image: np.ndarray, keep: float) -> tuple[float, float]:
    """Cuts that keep the middle `keep` per cent of the finite pixels."""
    edge = (100.0 - min(max(keep, 0.0), 100.0)) / 2
    low, high = np.percentile(finite(image, SAMPLES).astype(np.float64, copy=False), [edge, 100.0 - edge])
    return float(low), float(high)


def minmax(image: np.ndarray) -> tuple[float, float]:
    """The smallest and the largest finite pixel."""
    values = finite(image)
    return float(values.min()), float(values.max())


@np.errstate(all="ignore")
def corners(image: np.ndarray, side: int = 0) -> tuple[float, float]:
    """(sky, RMS) of the four corners, where a stamp shows no lens: the medians of their medians and standard deviations.

    Medians over the four, so that a neighbour in one corner counts for nothing. Corners without pixels or of one value
    (the zero wedge of a rotated frame) are left out; without any the whole image stands in, by its median deviation.

    Args:
        image: float (h, w); what is not finite is missing.
        side: of the boxes in pixels; 0 = a tenth of the shorter side, at least 5.
    """
    side = side if side > 0 else max(5, min(image.shape) // 10)
    side = max(1, min(side, *(max(1, n // 2) for n in image.shape)))
    found = []
    for box in (image[:side, :side], image[:side, -side:], image[-side:, :side], image[-side:, -side:]):
        values = box[np.isfinite(box)].astype(np.float64)
        if values.size > 1 and (rms := float(values.std())) > 0:
            found.append((float(np.median(values)), rms))
    if found:
        sky, rms = np.median(found, axis=0)
        return float(sky), float(rms)
    return spread(finite(image, SAMPLES))


def spread(values: np.ndarray) -> tuple[float, float]:
    """(median, standard deviation by the median absolute deviation) of finite values; (0, 0) of none."""
    if not values.size:
        return 0.0, 0.0
    middle = float(np.median(values))
    return middle, 1.4826 * float(np.median(np.abs(values.astype(np.float64) - middle)))


def corner_rms(image: np.ndarray, below: float, above: float, side: int = 0) -> tuple[float, float]:
    """From `below` RMS under the sky of the corners to `above` RMS over it."""
    sky, rms = corners(image, side)
    return sky - below * rms, sky + above * rms


def centre(image: np.ndarray, below: float, gain: float, box: int = 14, side: int = 0) -> tuple[float, float]:
    """From `below` RMS under the sky to `gain` times what the brightest of the middle `box` x `box` pixels has over it.

    The lens is in the middle of its stamp: a bright star beside it does not darken it. Without a pixel there that is
    brighter than the sky the brightest of the image counts.
    """
    sky, rms = corners(image, side)
    height, width = image.shape
    rows, columns = (slice(max(0, (n - box) // 2), max(0, (n - box) // 2) + max(1, box)) for n in (height, width))
    values = finite(np.ascontiguousarray(image[rows, columns]))
    peak = float(values.max()) if values.size else sky
    if peak <= sky:
        peak = float(finite(image, SAMPLES).max())
    return sky - below * rms, sky + gain * (peak - sky)
