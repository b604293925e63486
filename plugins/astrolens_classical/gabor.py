"""Gabor filters on the polar image and a support vector machine; knows no file and no fit.

As the Manchester entry (Hartley et al. 2017, arXiv:1705.08949): arcs around the centre are stripes along the angle.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from .finder import Finder


@lru_cache(maxsize=8)
def polar_weights(size: int, rings: int, angles: int) -> Any:
    """Sparse (rings · angles, size²): bilinear samples of a stamp at radii 0.5 … size / 2 px, all angles."""
    from scipy.sparse import csr_matrix

    centre = (size - 1) / 2
    radius = np.linspace(0.5, centre - 0.01, rings)[:, None]
    angle = np.arange(angles) / angles * 2 * np.pi
    y, x = (centre + radius * np.sin(angle)).ravel(), (centre + radius * np.cos(angle)).ravel()
    left, low = np.floor(x).astype(int), np.floor(y).astype(int)
    right, up = x - left, y - low
    corners = [(0, 0, (1 - up) * (1 - right)), (0, 1, (1 - up) * right), (1, 0, up * (1 - right)), (1, 1, up * right)]
    place = np.arange(rings * angles)
    rows = np.concatenate([place] * 4)
    columns = np.concatenate([(low + dy) * size + left + dx for dy, dx, _ in corners])
    values = np.concatenate([weight for _, _, weight in corners]).astype(np.float32)
    return csr_matrix((values, (rows, columns)), shape=(rings * angles, size * size))


def gabor_kernel(wavelength: float, angle: float) -> np.ndarray:
    """Real part, exp(-(i² + j²) / 2σ²) cos(2π (i cos θ + j sin θ) / λ) with σ = 0.56 λ (one octave), sum 0, norm 1.

    Axis 0 is the radius, so θ = 0 answers to stripes along the angle: arcs.
    """
    sigma = 0.56 * wavelength
    reach = int(np.ceil(3 * sigma))
    i, j = np.mgrid[-reach : reach + 1, -reach : reach + 1].astype(np.float64)
    envelope = np.exp(-(i**2 + j**2) / (2 * sigma**2))
    wave = envelope * np.cos(2 * np.pi * (i * np.cos(angle) + j * np.sin(angle)) / wavelength)
    wave -= envelope * wave.sum() / envelope.sum()
    return (wave / np.sqrt((wave**2).sum())).astype(np.float32)


def wavelengths(rings: int) -> tuple[float, ...]:
    """Of the bank for that many rings, in polar pixels: half octaves from 3 px to a third of the radius."""
    return tuple(3.0 * 2 ** (step / 1.5) for step in range(6) if 3.0 * 2 ** (step / 1.5) <= max(rings / 2.5, 4))


ANGLES = tuple(np.pi * step / 8 for step in range(-3, 5))
"""Orientations; all but 0 and π/2 come in mirrored pairs, whose moments are averaged: a mirrored stamp is the same."""


@lru_cache(maxsize=8)
def bank(rings: int, angles: int) -> tuple[np.ndarray, int, int]:
    """(transforms complex64 (filters, height, angles // 2 + 1), height, padding): the kernels as FFTs of the padded polar image."""
    kernels = [gabor_kernel(wavelength, angle) for wavelength in wavelengths(rings) for angle in ANGLES]
    from scipy.fft import next_fast_len, rfft2

    pad = min(max(len(kernel) for kernel in kernels) // 2, rings - 1)
    height = next_fast_len(rings + 2 * pad, real=True)
    out = np.zeros((len(kernels), height, angles), np.float32)
    for plane, kernel in zip(out, kernels, strict=True):
        reach = len(kernel) // 2
        rows = (np.arange(len(kernel)) - reach) % height
        np.add.at(plane, (rows[:, None], (np.arange(len(kernel)) - reach) % angles), kernel)
    return rfft2(out).astype(np.complex64), height, pad


def polar(stamps: np.ndarray) -> np.ndarray:
    """float32 (n, size, size, bands) → (n · bands, rings, angles)."""
    count, size, _, bands = stamps.shape
    rings, angles = grid(size)
    flat = np.ascontiguousarray(stamps.transpose(1, 2, 0, 3)).reshape(size * size, count * bands)
    return np.ascontiguousarray((polar_weights(size, rings, angles) @ flat).T).reshape(-1, rings, angles)


def grid(size: int) -> tuple[int, int]:
    """(rings, angles) of the polar image: a ring a pixel up to 48, angles twice as many."""
    rings = min(48, max(12, size // 2))
    return rings, 2 * rings


def responses(images: np.ndarray) -> np.ndarray:
    """Polar images (n, rings, angles) → (n, filters, rings, angles); around in angle, mirrored in radius."""
    from scipy.fft import irfft2, rfft2

    _, rings, angles = images.shape
    kernels, height, pad = bank(rings, angles)
    padded = np.pad(images, ((0, 0), (pad, height - rings - pad), (0, 0)), mode="symmetric")
    spectrum = rfft2(padded)[:, None] * kernels
    return irfft2(spectrum, s=(height, angles), overwrite_x=True)[:, :, pad : pad + rings]


def moments(filtered: np.ndarray) -> np.ndarray:
    """(…, rings, angles) → (…, 4): mean, log of the spread, skewness, kurtosis, the last two bounded by a log."""
    flat = filtered.reshape(*filtered.shape[:-2], -1)
    mean = flat.mean(axis=-1)
    away = flat - mean[..., None]
    square = away * away
    variance = square.mean(axis=-1)
    spread = np.sqrt(variance) + 1e-6
    third = np.einsum("...i,...i->...", square, away) / flat.shape[-1] / spread**3
    fourth = np.einsum("...i,...i->...", square, square) / flat.shape[-1] / spread**4
    return np.stack([mean, np.log(spread), np.arcsinh(third), np.log1p(fourth)], axis=-1)


class GaborSvm(Finder):
    """The backend `gabor-svm`."""

    head = "svm"

    def measures(self, stamps: np.ndarray, about: dict[str, Any]) -> np.ndarray:
        images = polar(stamps)
        out = []
        for at in range(0, len(images), 8):
            found = moments(responses(images[at : at + 8]))
            found = found.reshape(len(found), -1, len(ANGLES), 4)
            pairs = (found[:, :, :3] + found[:, :, 6:3:-1]) / 2  # θ and -θ
            out.append(np.concatenate([pairs, found[:, :, [3, 7]]], axis=2).reshape(len(found), -1))
        return np.concatenate(out).reshape(len(stamps), -1)
