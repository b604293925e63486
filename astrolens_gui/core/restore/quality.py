"""How near a restored image is to the truth, in figures that are defined here and nowhere else; knows no model.

All take (h, w) images in one linear unit. Pixels where either has no value do not count.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def psnr(image: np.ndarray, truth: np.ndarray, peak: float | None = None) -> float:
    """10 log10(peak² / mean square error) in dB, in linear flux; `peak` is the truth's range (largest less smallest)
    unless another is stated. Infinite for equal images, NaN where nothing can be compared."""
    known = np.isfinite(image) & np.isfinite(truth)
    if not known.any():
        return math.nan
    there = np.asarray(truth, np.float64)[known]
    error = float(((np.asarray(image, np.float64)[known] - there) ** 2).mean())
    span = float(there.max() - there.min()) if peak is None else float(peak)
    if error == 0:
        return math.inf
    return 10 * math.log10(span**2 / error) if span > 0 else math.nan


def gain_db(raw: np.ndarray, image: np.ndarray, truth: np.ndarray) -> float:
    """How much nearer to the truth than the raw image, in dB of the mean square error: independent of any peak."""
    return psnr(image, truth, 1.0) - psnr(raw, truth, 1.0)


def ssim(image: np.ndarray, truth: np.ndarray) -> float:
    """Structural similarity (Wang et al. 2004, IEEE TIP 13, 600) with their Gaussian window of 1.5 px, in linear flux with the
    truth's range; missing pixels are the truth's in both."""
    from skimage.metrics import structural_similarity

    known = np.isfinite(image) & np.isfinite(truth)
    if not known.any():
        return math.nan
    there = np.where(known, truth, 0.0).astype(np.float64)
    here = np.where(known, image, 0.0).astype(np.float64)
    span = float(there[known].max() - there[known].min())
    if span <= 0 or min(there.shape) < 11:
        return math.nan
    found = structural_similarity(
        here, there, data_range=span, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    return float(found)


def aperture_flux(image: np.ndarray, places: Sequence[tuple[float, float]], radius: float) -> np.ndarray:
    """float64 (n,): summed flux in circles around (x, y) in 0-based pixels, exact at the rim; NaN with a missing pixel."""
    from photutils.aperture import CircularAperture, aperture_photometry

    if not len(places):
        return np.zeros(0)
    table = aperture_photometry(np.asarray(image, np.float64), CircularAperture(list(places), r=radius))
    return np.asarray(table["aperture_sum"], np.float64)


def flux_bias(
    image: np.ndarray, truth: np.ndarray, places: Sequence[tuple[float, float]], radius: float, background: float = 0.0
) -> float:
    """(sum of the flux in the apertures) / (the truth's) - 1, skies of `background` taken off both; NaN without light."""
    area = math.pi * radius**2 * len(places)
    here, there = (float(aperture_flux(one, places, radius).sum()) - background * area for one in (image, truth))
    return here / there - 1 if there > 0 else math.nan


def arc_snr(image: np.ndarray, arc: np.ndarray, noise: float) -> float:
    """Matched-filter S/N of an arc: sum(image x arc) / (noise sqrt(sum(arc²))), white noise assumed.

    Args:
        image: with the sky and the lens taken off. arc: the noise-free arc. noise: of a pixel, measured in the same image.
    """
    known = np.isfinite(image) & np.isfinite(arc)
    shape = np.where(known, arc, 0.0).astype(np.float64)
    norm = math.sqrt(float((shape**2).sum()))
    if not (norm > 0 and noise > 0):
        return math.nan
    return float((np.where(known, image, 0.0) * shape).sum()) / (noise * norm)
