"""A good image made poor, as if seen through worse air and for a shorter time; knows no file and no model."""

from __future__ import annotations

import math

import numpy as np

from ...api import UserError
from ..images.prepare import levels

PER_SIGMA = 2 * math.sqrt(2 * math.log(2))
"""FWHM of a Gaussian in units of its standard deviation."""


def blur_sigma(fwhm_from: float, fwhm_to: float, pixel_scale: float) -> float:
    """Standard deviation in pixels of the Gaussian that takes one seeing to another (both FWHM in arcsec).

    Raises:
        UserError: the seeing is not to become worse.
    """
    if not 0 < fwhm_from <= fwhm_to:
        raise UserError(f"the seeing can only be made worse: from {fwhm_from:g} to {fwhm_to:g} arcsec is not")
    return math.sqrt(fwhm_to**2 - fwhm_from**2) / PER_SIGMA / pixel_scale


def degrade(image: np.ndarray, sigma_px: float, noise_factor: float, random: np.random.Generator) -> np.ndarray:
    """Blur by a Gaussian and add white noise until the sky scatters `noise_factor` times as much as before.

    After Schawinski et al. 2017 (MNRAS 467, L110, arXiv:1702.00403): the added variance is (s σ0)² less what the blurred sky
    has left; where that is more already, nothing is added. Each band is given noise of its own.

    Args:
        image: (h, w) or (h, w, bands); NaN stays NaN, and its neighbours are blurred without it.

    Returns:
        float32 of the same shape and unit.
    """
    if not noise_factor >= 0:
        raise UserError(f"the noise factor must not be negative, not {noise_factor:g}")
    cube = np.asarray(image, np.float64)
    cube = cube[..., None] if cube.ndim == 2 else cube
    made = np.empty(cube.shape, np.float32)
    for band in range(cube.shape[2]):
        made[..., band] = _one(cube[..., band], sigma_px, noise_factor, random)
    return made[..., 0] if np.ndim(image) == 2 else made


def _one(plane: np.ndarray, sigma_px: float, noise_factor: float, random: np.random.Generator) -> np.ndarray:
    gone = ~np.isfinite(plane)
    before = _noise(plane)
    blurred = _blurred(plane, gone, sigma_px)
    after = _noise(np.where(gone, np.nan, blurred)) if sigma_px > 0 else before
    added = math.sqrt(max((noise_factor * before) ** 2 - after**2, 0.0))
    made = blurred + random.normal(0.0, added, plane.shape) if added > 0 else blurred
    made[gone] = np.nan
    return np.asarray(made, np.float32)


def _blurred(plane: np.ndarray, gone: np.ndarray, sigma_px: float) -> np.ndarray:
    from scipy.ndimage import gaussian_filter

    filled = np.where(gone, 0.0, plane)
    if sigma_px <= 0:
        return filled
    light = gaussian_filter(filled, sigma_px, mode="nearest")
    if not gone.any():
        return light
    share = gaussian_filter((~gone).astype(np.float64), sigma_px, mode="nearest")
    return np.divide(light, share, out=np.zeros_like(light), where=share > 1e-6)


def _noise(plane: np.ndarray) -> float:
    return float(levels(np.asarray(plane, np.float32)[None])[1][0])
