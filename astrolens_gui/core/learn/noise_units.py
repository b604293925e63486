"""Prepared stamps as fluxes in units of the sky noise, and back: where a perturbation has a size; knows no network.

A stamp prepared by `asinh_noise` is asinh((flux - background) / noise), so that sinh gives the flux above the background in
units of that stamp's own noise (the scatter of its frame's sky, see `core.images.prepare`). Background and noise stay what the
preparation found, whatever is added to the flux afterwards.
"""

from __future__ import annotations

import numpy as np

from astrolens_gui.api import UserError

from ..images.prepare import NORMALISATIONS


class NoiseUnits:
    """Stamps float32 (N, size, size, bands) as a network eats them, seen as fluxes.

    Attributes:
        flux: float64 of the same shape: above the background, in units of the noise. missing: bool, pixels without a value.
    """

    def __init__(self, prepared: np.ndarray, normalisation: str) -> None:
        if normalisation not in ("asinh_noise", "none"):
            raise UserError(f"the normalisation {normalisation} has no unit of noise; choose a model with asinh_noise")
        self.normalisation = normalisation
        stamps = np.asarray(prepared, np.float64)
        self.missing = stamps == 0.0  # what the preparation writes there; a real pixel never hits it exactly
        if normalisation == "asinh_noise":
            self.background = np.zeros((len(stamps), 1, 1, stamps.shape[3]))
            self.noise = np.ones_like(self.background)
            self.flux = np.sinh(stamps)
        else:
            self.background, self.noise = _sky(stamps)
            self.flux = (stamps - self.background) / self.noise

    def prepared(self, flux: np.ndarray) -> np.ndarray:
        """Fluxes in units of the noise as the network eats them, float32; missing pixels stay missing."""
        raw = np.arcsinh(flux) if self.normalisation == "asinh_noise" else flux * self.noise + self.background
        return np.where(self.missing, 0.0, raw).astype(np.float32)

    def measured_anew(self, flux: np.ndarray) -> np.ndarray:
        """The same, but background and noise are found in the changed flux, as in an image that came so from the sky."""
        raw = np.where(self.missing, np.nan, flux * self.noise + self.background).astype(np.float32)
        made = np.empty(raw.shape, np.float32)
        for band in range(raw.shape[3]):
            made[..., band] = NORMALISATIONS[self.normalisation](np.ascontiguousarray(raw[..., band]))
        return made


def _sky(stamps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Median and 16 % distance below it of each stamp's frame, (N, 1, 1, bands), as `asinh_noise` takes them."""
    width = max(2, stamps.shape[1] // 16)
    inner = np.zeros(stamps.shape[1:3], bool)
    inner[width:-width, width:-width] = True
    frame = stamps[:, ~inner, :]
    middle = np.median(frame, axis=1)
    noise = middle - np.quantile(frame, 0.1587, axis=1)
    spread = stamps.reshape(len(stamps), -1, stamps.shape[3]).std(axis=1)
    noise = np.where(noise > 0, noise, np.where(spread > 0, spread, 1.0))
    return middle[:, None, None, :], noise[:, None, None, :]
