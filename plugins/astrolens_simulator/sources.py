"""What is lensed: clumpy analytic galaxies, or real images from a folder of FITS; knows no lens and no telescope."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
from scipy import ndimage

from astrolens_gui.api import UserError

from .lensing import kpc_per_arcsec
from .light import Sersic
from .population import POPULATIONS

FITS_ENDINGS = (".fits", ".fit", ".fits.gz")


class Source(Protocol):
    """Light of unit flux that can be looked up anywhere in the source plane."""

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Flux per arcsec^2 at positions in arcsec; any shape, the same shape back."""


@dataclass(frozen=True)
class Clumpy:
    """A Sérsic body with Gaussian clumps, each with its share of the flux."""

    parts: tuple[tuple[float, Sersic], ...]

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        image = np.zeros(np.shape(x), np.float32)
        for share, part in self.parts:
            cos, sin = math.cos(part.angle), math.sin(part.angle)
            dx, dy = x - part.x, y - part.y
            image += np.float32(share) * part.at(cos * dx + sin * dy, cos * dy - sin * dx).astype(np.float32)
        return image


def clumpy(x0: float, y0: float, z: float, population: str, rng: np.random.Generator) -> Clumpy:
    """A star-forming galaxy at (x0, y0): sizes as of 10^10 solar masses at its redshift (van der Wel et al. 2014)."""
    about = POPULATIONS[population]
    size_kpc = 3.4 * about.size * (1 + z) ** -0.75 * math.exp(rng.normal(0, 0.4))
    radius = float(np.clip(size_kpc / kpc_per_arcsec(z), 0.05, 0.6))
    q, angle = rng.uniform(0.35, 1), rng.uniform(0, math.pi)
    n = float(np.clip(rng.normal(1.1, 0.35), 0.6, 2.5))
    count = int(rng.integers(1, 7)) if rng.random() < about.clumpy else 0
    in_clumps = rng.uniform(0.15, 0.55) if count else 0.0
    parts = [(1 - in_clumps, Sersic(x0, y0, radius, n, q, angle))]
    shares = rng.dirichlet(np.full(count, 1.5)) * in_clumps if count else ()
    for share in shares:
        distance, azimuth = radius * abs(rng.normal(0.7, 0.6)), rng.uniform(0, 2 * math.pi)
        u, v = distance * math.cos(azimuth), distance * math.sin(azimuth) * q
        x, y = x0 + math.cos(angle) * u - math.sin(angle) * v, y0 + math.sin(angle) * u + math.cos(angle) * v
        parts.append((float(share), Sersic(x, y, radius * rng.uniform(0.12, 0.3), 0.5)))
    return Clumpy(tuple(parts))


@dataclass(frozen=True)
class Pixels:
    """A real image as a source: `coefficients` of a cubic spline, `scale` arcsec a pixel, turned by `angle`."""

    coefficients: np.ndarray
    scale: float
    x: float
    y: float
    angle: float

    def at(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        dx, dy = (x - self.x) / self.scale, (y - self.y) / self.scale
        height, width = self.coefficients.shape
        place = [(cos * dy - sin * dx) + (height - 1) / 2, (cos * dx + sin * dy) + (width - 1) / 2]
        image = ndimage.map_coordinates(self.coefficients, place, order=3, prefilter=False, mode="constant")
        return np.maximum(image, 0).astype(np.float32) / np.float32(self.scale**2)


def real(folder: str, x0: float, y0: float, z: float, population: str, rng: np.random.Generator) -> Pixels:
    """One of the folder's images, its half-light radius brought to that of a galaxy at redshift z, turned at random."""
    images = library(folder)
    coefficients, radius_px = images[int(rng.integers(len(images)))]
    size_kpc = 3.4 * POPULATIONS[population].size * (1 + z) ** -0.75 * math.exp(rng.normal(0, 0.4))
    radius = float(np.clip(size_kpc / kpc_per_arcsec(z), 0.05, 0.6))
    return Pixels(coefficients, radius / radius_px, x0, y0, rng.uniform(0, 2 * math.pi))


@cache
def library(folder: str) -> tuple[tuple[np.ndarray, float], ...]:
    """Every galaxy image of a folder as spline coefficients of unit flux and its half-light radius in pixels.

    Raises:
        UserError: no such folder, no FITS image in it, or none with a galaxy in its middle.
    """
    place = Path(folder).expanduser()
    if not place.is_dir():
        raise UserError(f"{folder}: no such folder of source images; give a folder of FITS stamps of galaxies")
    files = sorted(path for path in place.iterdir() if path.name.lower().endswith(FITS_ENDINGS))
    found = [cut for cut in map(_cut_out, files) if cut is not None]
    if not found:
        raise UserError(f"{folder}: no FITS stamp with a galaxy in its middle; give a folder of centred galaxy images")
    return tuple(found)


def _cut_out(path: Path) -> tuple[np.ndarray, float] | None:
    """The central galaxy alone: background subtracted, everything that does not hang together with it set to zero."""
    from astropy.io import fits

    try:
        with fits.open(path) as hdus:
            image = next((h.data for h in hdus if h.data is not None and h.data.ndim == 2), None)
    except OSError as error:
        raise UserError(f"{path}: not a readable FITS image ({error}); take it out of the folder of sources") from error
    if image is None or min(image.shape) < 8:
        return None
    image = np.nan_to_num(np.asarray(image, np.float64))
    border = np.concatenate([image[:3].ravel(), image[-3:].ravel(), image[:, :3].ravel(), image[:, -3:].ravel()])
    level = float(np.median(border))
    sigma = 1.4826 * float(np.median(np.abs(border - level)))
    image -= level
    labels, _ = ndimage.label(ndimage.gaussian_filter(image, 1.0) > 1.5 * sigma / 3.5)
    label = labels[image.shape[0] // 2, image.shape[1] // 2]
    if label == 0:
        return None
    image = np.where(ndimage.binary_dilation(labels == label, iterations=2), image, 0.0)
    total = image.sum()
    if total <= 0:
        return None
    y, x = np.indices(image.shape)
    weight = np.maximum(image, 0)
    cy, cx = (weight * y).sum() / weight.sum(), (weight * x).sum() / weight.sum()
    image = ndimage.shift(image, ((image.shape[0] - 1) / 2 - cy, (image.shape[1] - 1) / 2 - cx), order=3)
    r = np.hypot(y - (image.shape[0] - 1) / 2, x - (image.shape[1] - 1) / 2)
    order = np.argsort(r, axis=None)
    inside = np.cumsum(image.ravel()[order]) / image.sum()
    radius = float(r.ravel()[order][int(np.searchsorted(inside, 0.5))])
    smooth = ndimage.gaussian_filter(image, 0.7)  # the noise of its pixels must not become clumps of the arc
    return ndimage.spline_filter(smooth / smooth.sum(), order=3).astype(np.float32), max(radius, 1.0)
