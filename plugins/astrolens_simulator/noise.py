"""What the telescope adds to a clean stamp: sky and shot noise, a sloping background, masked blocks; knows no galaxy."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .surveys import Survey


@dataclass(frozen=True)
class Nuisance:
    """How the observing varies from stamp to stamp; factors of the survey's own values.

    Attributes:
        noise, noise_scatter: median factor of the sky noise and its lognormal scatter.
        seeing, seeing_scatter: median factor of the PSF's width and a scatter added in quadrature to the survey's.
        ellipticity: scatter of the PSF's 1 - q.
        background, slope: scatter of the level and of the gradient across the stamp, in sky sigmas.
        artefacts: factor of the rates of cosmic rays, trails, bright stars and masks; `floor` is the least rate.
    """

    noise: float = 1.0
    noise_scatter: float = 0.07
    seeing: float = 1.0
    seeing_scatter: float = 0.0
    ellipticity: float = 0.03
    background: float = 0.1
    slope: float = 0.04
    correlation: float = 1.0
    artefacts: float = 1.0
    floor: float = 0.0


NUISANCES = {
    "standard": Nuisance(),
    "harsh": Nuisance(1.25, 0.2, 1.12, 0.06, 0.06, 0.3, 0.25, 1.5, 3.0, 0.02),
}


def correlated(white: np.ndarray, weights: tuple[float, ...]) -> np.ndarray:
    """Unit-variance noise (height, width) smeared along both axes by the neighbours' weights; circular at the edges."""
    if not weights:
        return white
    norm = np.float32(1 + 2 * sum(weight**2 for weight in weights))
    for axis in (0, 1):
        smeared = white.copy()
        for step, weight in enumerate(weights, start=1):
            smeared += np.float32(weight) * (np.roll(white, step, axis) + np.roll(white, -step, axis))
        white = smeared
    return white / norm


def add_noise(
    clean: np.ndarray, variance: np.ndarray, survey: Survey, nuisance: Nuisance, rng: np.random.Generator
) -> np.ndarray:
    """`clean` (bands, s, s) in sky sigmas with noise of that variance and a background slightly off zero."""
    out = np.empty_like(clean)
    side = clean.shape[-1]
    ramp = np.linspace(-0.5, 0.5, side, dtype=np.float32)
    level, slope_x, slope_y = rng.normal(0, 1, 3)
    for band, plane, var, image in zip(survey.bands, clean, variance, out, strict=True):
        weights = tuple(weight * nuisance.correlation for weight in band.noise_kernel)
        noise = correlated(rng.standard_normal(plane.shape, np.float32), weights)
        own_level = nuisance.background * (0.7 * level + 0.7 * rng.normal())
        tilt = (
            np.float32(nuisance.slope * slope_x) * ramp[None, :] + np.float32(nuisance.slope * slope_y) * ramp[:, None]
        )
        image[...] = plane + noise * np.sqrt(var) + np.float32(own_level) + tilt
    return out


def sky_factors(survey: Survey, nuisance: Nuisance, rng: np.random.Generator) -> np.ndarray:
    """Factor of every band's sky noise in this stamp, float32 (bands,): half of the scatter is common to the bands."""
    common, own = rng.normal(), rng.normal(size=len(survey.bands))
    spread = nuisance.noise_scatter * (math.sqrt(0.5) * common + math.sqrt(0.5) * own)
    return (nuisance.noise * np.exp(spread)).astype(np.float32)


def masked_blocks(shape: tuple[int, int, int], rng: np.random.Generator) -> np.ndarray:
    """Bool (bands, s, s), true where nothing was observed: an edge of the tile, bars and boxes as of star masks.

    Most blocks lie in every band; some in one, as when a single band's dither leaves a gap.
    """
    bands, side, _ = shape
    mask = np.zeros(shape, bool)
    for _ in range(1 + int(rng.random() < 0.3)):
        where = slice(None) if rng.random() < 0.7 else slice(int(rng.integers(bands)), None, bands)
        kind = rng.random()
        if kind < 0.4:
            block = np.zeros((side, side), bool)
            block[: int(side * rng.beta(1.2, 3.5)) + 1] = True
        elif kind < 0.65:
            block, width = np.zeros((side, side), bool), int(side * rng.uniform(0.02, 0.12)) + 1
            low = int(rng.integers(0, side - width))
            block[low : low + width] = True
        else:
            block = np.zeros((side, side), bool)
            height, width = (int(side * rng.uniform(0.08, 0.45)) + 1 for _ in range(2))
            top, left = (
                int(rng.integers(-height // 2, side - height // 2)),
                int(rng.integers(-width // 2, side - width // 2)),
            )
            block[max(top, 0) : max(top + height, 0), max(left, 0) : max(left + width, 0)] = True
        mask[where] |= np.rot90(block, int(rng.integers(4)))
    return mask
