"""Two images of one sky on one grid: by their WCS, or without one by cross-correlation; knows no file and no model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...api import UserError
from ..images.align import reprojected
from ..images.prepare import levels

ALIKE = 0.3
"""Correlation of the sources below which two images are not taken for the same sky."""

_BRIGHT = 100.0
"""Sources are compared by the asinh of their flux in noise, so that one saturated star does not decide."""


@dataclass(frozen=True)
class Registered:
    """The second image on the pixels of the first.

    Attributes:
        image: float32, the shape of the first, in its own unit a pixel of its own; NaN where it has no value.
        shift: (dy, dx) in pixels of the first that the correlation found; (0, 0) by WCS.
        alike: Pearson correlation of the two where both have values, sources compressed.
    """

    image: np.ndarray
    shift: tuple[float, float]
    alike: float


def by_wcs(image: np.ndarray, wcs: Any, wcs_ref: Any, shape: tuple[int, int]) -> Registered:
    """By sky coordinates: the mean over each pixel's area where the first image's pixels are larger, else bilinear.

    Raises:
        ValueError: one of them has no WCS.
    """
    ratio = _scale(wcs_ref) / _scale(wcs) if wcs is not None and wcs_ref is not None else 1.0
    if ratio <= 1.5:
        return Registered(reprojected(image, wcs, wcs_ref, shape), (0.0, 0.0), float("nan"))
    from reproject import reproject_adaptive

    made = reproject_adaptive(
        (np.asarray(image, np.float64), wcs), wcs_ref, shape_out=shape, return_footprint=False, kernel="gaussian"
    )
    return Registered(np.asarray(made, np.float32), (0.0, 0.0), float("nan"))


def by_correlation(image: np.ndarray, reference: np.ndarray, ratio: float = 1.0, upsample: int = 20) -> Registered:
    """By what they show: scaled about their centres, then moved by the peak of their cross-correlation.

    The shift is a fraction 1/`upsample` of a pixel exact (Guizar-Sicairos et al. 2008, Opt. Lett. 33, 156); turns are not looked
    for.

    Args:
        image, reference: (h, w), of any two sizes. ratio: pixel scale of the reference over the image's.

    Raises:
        UserError: they do not show the same sky.
    """
    from skimage.registration import phase_cross_correlation

    if not (np.isfinite(ratio) and ratio > 0):
        raise ValueError(f"the ratio of the pixel scales must be above 0, not {ratio:g}")
    fixed = _sources(reference)
    laid = _moved(image, reference.shape, ratio, (0.0, 0.0))
    moving = _sources(laid)
    best: tuple[float, Any] = (-2.0, (0.0, 0.0))
    for normalisation in (None, "phase"):  # extended light and point sources have their peak in one or the other
        shift, _, _ = phase_cross_correlation(fixed, moving, upsample_factor=upsample, normalization=normalisation)
        alike = _alike(fixed, _sources(_moved(image, reference.shape, ratio, shift)))
        if alike > best[0]:
            best = (alike, shift)
    alike, shift = best
    if not alike >= ALIKE:
        raise UserError(
            f"the two images do not show the same sky (their sources correlate by {alike:.2f}, {ALIKE} is needed); "
            "check the pair, or give both a WCS"
        )
    made = _moved(image, reference.shape, ratio, shift)
    return Registered(made, (float(shift[0]), float(shift[1])), alike)


def register(image: np.ndarray, wcs: Any, reference: np.ndarray, wcs_ref: Any, ratio: float = 1.0) -> Registered:
    """By WCS where both have one, else by cross-correlation; refused either way where the sources do not match.

    Raises:
        UserError: they do not show the same sky.
    """
    if wcs is None or wcs_ref is None:
        return by_correlation(image, reference, ratio)
    found = by_wcs(image, wcs, wcs_ref, reference.shape)
    if not np.isfinite(found.image).any():
        raise UserError("by their sky coordinates the two images do not overlap; check the pair")
    alike = _alike(_sources(reference), _sources(found.image))
    return Registered(found.image, found.shift, alike)


def flux_scale(image: np.ndarray, reference: np.ndarray) -> tuple[float, float]:
    """(factor, offset) with which `image`, on the grid of `reference`, has the reference's unit and sky: the offset makes
    the skies one, the factor the light of the sources that both show (3 sigma in both, sums, so that seeing hardly matters).

    Raises:
        UserError: they have no source in common.
    """
    from scipy.ndimage import gaussian_filter, maximum_filter

    (b_ref, n_ref), (b, n) = (
        (float(one[0]) for one in levels(each[None].astype(np.float32))) for each in (reference, image)
    )
    both = np.isfinite(image) & np.isfinite(reference)
    light = [
        gaussian_filter(np.where(both, (each - sky) / noise, 0), 1.5)
        for each, sky, noise in ((reference, b_ref, n_ref), (image, b, n))
    ]
    bright = maximum_filter((light[0] > 1) & (light[1] > 1), 9) & both
    total, mine = float((reference[bright] - b_ref).sum()), float((image[bright] - b).sum())
    if not (bright.any() and total > 0 and mine > 0):
        raise UserError(
            "the two images have no source in common, so their fluxes can't be compared; give a brighter pair"
        )
    factor = total / mine
    return factor, b_ref - factor * b


def _moved(image: np.ndarray, shape: tuple[int, int], ratio: float, shift: Any) -> np.ndarray:
    """`image` scaled about its centre to `shape` and moved by `shift`: cubic, NaN where there is no value."""
    from scipy.ndimage import affine_transform, gaussian_filter

    gone = ~np.isfinite(image)
    sky = float(np.median(image[~gone])) if (~gone).any() else 0.0
    filled = np.where(gone, sky, image).astype(np.float64) - sky
    if ratio > 1.2:  # larger pixels take the light of several
        filled = gaussian_filter(filled, 0.4 * ratio)
    middle, centre = (np.array(image.shape) - 1) / 2, (np.array(shape) - 1) / 2
    offset = middle - ratio * (centre + np.asarray(shift, float))
    matrix = np.array([ratio, ratio])
    made = affine_transform(filled, matrix, offset, output_shape=shape, order=3, mode="constant", cval=0.0) + sky
    known = affine_transform(
        (~gone).astype(np.float64), matrix, offset, output_shape=shape, order=1, mode="constant", cval=0.0
    )
    made[known < 0.999] = np.nan
    return made.astype(np.float32)


def _sources(image: np.ndarray) -> np.ndarray:
    """What stands above the sky, compressed; 0 where there is no value."""
    background, noise = (float(one[0]) for one in levels(np.asarray(image, np.float32)[None]))
    made = (np.asarray(image, np.float64) - background) / noise
    made[~np.isfinite(made)] = 0
    return np.asarray(np.arcsinh(np.clip(made, 0, None) * 10 / _BRIGHT))


def _alike(a: np.ndarray, b: np.ndarray) -> float:
    known = (a != 0) | (b != 0)
    if known.sum() < 9:
        return float("nan")
    x, y = a[known] - a[known].mean(), b[known] - b[known].mean()
    norm = float(np.sqrt((x**2).sum() * (y**2).sum()))
    return float((x * y).sum() / norm) if norm > 0 else float("nan")


def _scale(wcs: Any) -> float:
    from astropy.wcs.utils import proj_plane_pixel_scales

    return float(np.mean(proj_plane_pixel_scales(wcs)))
