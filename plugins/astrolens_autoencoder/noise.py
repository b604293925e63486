"""What the noise of a set of images is like, measured in the images themselves: its correlation between neighbours, its growth with
flux; knows no network.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import ndimage, signal

REACH = 2
"""Pixels over which noise is taken to be correlated; what is alike beyond is the sources' light."""
SKY = 0.6
"""Smoothed flux in units of the noise below which a pixel is sky."""
MOST_SHOT = 1.0
_FLUX = (8.0, 15.0, 30.0, 60.0, 120.0, 250.0)
_SECOND = np.outer((1, -2, 1), (1, -2, 1)) / 6.0
"""A smooth image gives 0, white noise of scatter 1 gives 1 (Immerkær 1996, CVIU 64, 300)."""
_GAIN = signal.correlate2d(_SECOND, _SECOND)
"""What each lag of the autocorrelation adds to the variance behind it."""


@dataclass(frozen=True)
class Noise:
    """Of images in units of their noise.

    Attributes:
        correlation: float64 (bands, 2 REACH + 1, 2 REACH + 1), autocorrelation by (dy, dx); 1 in the middle.
        shot: float32 (bands,), what a flux of one noise adds to the variance.
    """

    correlation: np.ndarray
    shot: np.ndarray

    @classmethod
    def of(cls, images: np.ndarray) -> Noise:
        """Of float32 (N, s, s, bands)."""
        bands = np.moveaxis(np.asarray(images, np.float32), 3, 0)
        return cls(
            np.stack([correlation(each) for each in bands]), np.array([shot(each) for each in bands], np.float32)
        )

    def draw(self, shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
        """float32 of that shape (N, s, s, bands): normal, variance 1, with this correlation."""
        white = random.standard_normal((shape[0], shape[3], *shape[1:3]), np.float32)
        made = np.fft.irfft2(np.fft.rfft2(white) * self._roots(shape[1:3]), s=shape[1:3])
        return np.ascontiguousarray(np.moveaxis(made, 1, 3), np.float32)

    def _roots(self, shape: tuple[int, ...]) -> np.ndarray:
        """Square roots of the power spectra, (bands, h, w // 2 + 1)."""
        kernel = np.zeros((len(self.correlation), *shape))
        for dy in range(-REACH, REACH + 1):
            for dx in range(-REACH, REACH + 1):
                kernel[:, dy, dx] = self.correlation[:, dy + REACH, dx + REACH]
        power = np.maximum(np.fft.rfft2(kernel).real, 1e-3)
        return np.asarray(np.sqrt(power / power.mean(axis=(1, 2), keepdims=True)))


def correlation(images: np.ndarray) -> np.ndarray:
    """Autocorrelation (2 REACH + 1, 2 REACH + 1) of the sky of (N, s, s); the sources' faint light, which reaches farther, taken off."""
    smooth = ndimage.uniform_filter(images, (0, 9, 9), mode="nearest")
    sky = (smooth < SKY) & (np.abs(images) < 4) & (images != 0)
    values = np.where(sky, images - smooth, 0).astype(np.float64)
    found = {(dy, dx): _alike(values, sky, dy, dx) for dy in range(4) for dx in range(-3, 4)}
    beyond = float(np.mean([value for (dy, dx), value in found.items() if max(dy, abs(dx)) > REACH]))
    made = np.zeros((2 * REACH + 1, 2 * REACH + 1))
    for dy in range(-REACH, REACH + 1):
        for dx in range(-REACH, REACH + 1):
            where = (dy, dx) if dy >= 0 else (-dy, -dx)
            made[dy + REACH, dx + REACH] = found[where] - beyond
    middle = made[REACH, REACH]
    if not middle > 0:
        made[:] = 0
        made[REACH, REACH] = middle = 1.0
    return made / middle


def _alike(values: np.ndarray, sky: np.ndarray, dy: int, dx: int) -> float:
    """Mean product of sky pixels that far apart."""
    high, wide = values.shape[1:]
    here = (slice(None), slice(0, high - dy), slice(max(0, -dx), wide - max(0, dx)))
    there = (slice(None), slice(dy, high), slice(max(0, dx), wide - max(0, -dx)))
    both = sky[here] & sky[there]
    return float((values[here] * values[there])[both].mean()) if both.any() else 0.0


def shot(images: np.ndarray) -> float:
    """Growth of the variance with flux, 0..MOST_SHOT, from how much rougher bright places are than the sky.

    Rough are the steep ones too, so the quieter third of each brightness decides.
    """
    rough = np.abs(ndimage.convolve(images, _SECOND[None], mode="nearest"))
    smooth = ndimage.uniform_filter(images, (0, 5, 5), mode="nearest")
    steep = ndimage.generic_gradient_magnitude(smooth, _slope) if len(images) else smooth
    quiet = rough[(smooth < SKY) & (images != 0)]
    slopes, weights = [], []
    for low, high in pairwise(_FLUX):
        inside = (smooth >= low) & (smooth < high)
        if inside.sum() < 100 or quiet.size < 100:
            continue
        flat = inside & (steep <= np.quantile(steep[inside], 1 / 3))
        ratio = np.median(rough[flat]) / np.median(quiet)
        slopes.append((ratio**2 - 1) / float(smooth[flat].mean()))
        weights.append(float(flat.sum()))
    return float(np.clip(np.average(slopes, weights=weights), 0, MOST_SHOT)) if slopes else 0.0


def _slope(images: np.ndarray, axis: int, *_: object) -> np.ndarray:
    """Central difference along rows and columns, none between images."""
    return np.zeros_like(images) if axis == 0 else np.gradient(images, axis=axis)


def level(images: np.ndarray, alike: np.ndarray) -> np.ndarray:
    """Noise of the sky, float32 (N, 1, 1, bands), of images that may have none and noise as correlated as `alike` (see
    `Noise.correlation`); 0 where neighbours differ by less than those of smooth light do."""
    clean = np.where(np.isfinite(images), images, 0)
    rough = np.abs(ndimage.convolve(clean, _SECOND[None, :, :, None], mode="nearest"))
    smooth = ndimage.uniform_filter(clean, (0, 7, 7, 0), mode="nearest")
    rough, smooth = (each[:, 2:-2, 2:-2] for each in (rough, smooth))  # at the edge neighbours are repeated
    faint = smooth <= np.median(smooth, axis=(1, 2), keepdims=True)
    grain = np.nanmedian(np.where(faint, rough, np.nan), axis=(1, 2)) / 0.6745
    found = np.where(grain > 0.1, grain / np.sqrt((alike * _GAIN).sum(axis=(1, 2))), 0)
    return found[:, None, None].astype(np.float32)
