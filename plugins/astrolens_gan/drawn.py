"""How drawn stamps compare with those that were learnt from: diversity, power spectrum, histogram; arrays only, no network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Likeness:
    """A sample of drawn stamps against the real ones, each figure beside what halves of the real ones give.

    Attributes:
        nearest, nearest_real: median distance (root mean square a pixel) of a drawn stamp to its nearest real one, and of a
            real one to its nearest other: far below it, the drawn are copies.
        apart, apart_real: median distance of two of a kind; far below it, the drawn are all alike.
        spectrum: largest |log10| of the ratio of the mean power spectra. histogram: Kolmogorov-Smirnov distance of the pixels.
    """

    nearest: float
    nearest_real: float
    apart: float
    apart_real: float
    spectrum: float
    histogram: float


def likeness(drawn: np.ndarray, real: np.ndarray) -> Likeness:
    """Of float32 (N, s, s, bands) and (M, s, s, bands), both in one unit; at least two of each."""
    within, across = distances(real, real), distances(drawn, real)
    np.fill_diagonal(within, np.inf)
    own = distances(drawn, drawn)
    return Likeness(
        nearest=float(np.median(across.min(1))),
        nearest_real=float(np.median(within.min(1))),
        apart=float(np.median(own[~np.eye(len(own), dtype=bool)])),
        apart_real=float(np.median(within[np.isfinite(within)])),
        spectrum=float(spectra_apart(drawn, real).max()),
        histogram=histogram_distance(drawn, real),
    )


def spectra_apart(drawn: np.ndarray, real: np.ndarray) -> np.ndarray:
    """|log10| of the ratio of the mean power spectra, ring by ring and band by band."""
    ratio = power_spectrum(drawn) / np.maximum(power_spectrum(real), 1e-30)
    return np.asarray(np.abs(np.log10(np.maximum(ratio, 1e-30))))


def distances(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """float64 (N, M): root mean square difference a value of each stamp of the one to each of the other."""
    a, b = (each.reshape(len(each), -1).astype(np.float64) for each in (first, second))
    square = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
    return np.sqrt(np.maximum(square, 0) / a.shape[1])


def power_spectrum(stamps: np.ndarray) -> np.ndarray:
    """float64 (s // 2, bands): |Fourier transform|² / s², the mean over the stamps and over rings of whole wave numbers 1 to s/2."""
    side = stamps.shape[1]
    power = (np.abs(np.fft.fft2(np.asarray(stamps, np.float64), axes=(1, 2))) ** 2).mean(0) / side**2
    wave = np.fft.fftfreq(side, 1 / side)
    ring = np.rint(np.hypot(*np.meshgrid(wave, wave))).astype(int)
    return np.stack([power[ring == k].mean(0) for k in range(1, side // 2 + 1)])


def histogram_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Largest difference of the two cumulative distributions of pixel values (Kolmogorov and Smirnov), 0 to 1."""
    a, b = (np.sort(np.asarray(each, np.float64).ravel()) for each in (first, second))
    at = np.concatenate([a, b])
    below = [np.searchsorted(each, at, side="right") / len(each) for each in (a, b)]
    return float(np.abs(below[0] - below[1]).max())
