"""Shapes of galaxies, arms, rings and stars on a fine grid, and the telescope's blur; knows no magnitudes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import fft

Window = tuple[slice, slice]


@dataclass(frozen=True)
class Grid:
    """A square fine grid in arcsec from its centre; `step` arcsec a sample, `side` samples, float32."""

    side: int
    step: float

    @property
    def axis(self) -> np.ndarray:
        return _axis(self.side, self.step)

    @property
    def padded(self) -> int:
        """The side that blurring works at: the next length that transforms fast."""
        return int(fft.next_fast_len(self.side + 4, real=True))

    @property
    def whole(self) -> Window:
        return (slice(0, self.side), slice(0, self.side))

    def around(self, x: float, y: float, radius: float) -> Window:
        """The samples within `radius` of a point, as a window that may be empty."""
        half = self.side / 2

        def span(centre: float) -> slice:
            low = int(half + (centre - radius) / self.step)
            high = int(half + (centre + radius) / self.step) + 2
            return slice(min(max(low, 0), self.side), max(min(high, self.side), 0))

        return (span(y), span(x))

    def offsets(self, window: Window, x: float, y: float, angle: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Coordinates of the window's samples from (x, y), along and across `angle` (radians from +x)."""
        dx, dy = self.axis[None, window[1]] - np.float32(x), self.axis[window[0], None] - np.float32(y)
        cos, sin = np.float32(math.cos(angle)), np.float32(math.sin(angle))
        return cos * dx + sin * dy, cos * dy - sin * dx


@cache
def _axis(side: int, step: float) -> np.ndarray:
    axis = ((np.arange(side) - (side - 1) / 2) * step).astype(np.float32)
    axis.flags.writeable = False
    return axis


@dataclass(frozen=True)
class Sersic:
    """A Sérsic profile of unit flux: `radius` circularised half-light, in arcsec; `angle` of the major axis."""

    x: float
    y: float
    radius: float
    n: float
    q: float = 1.0
    angle: float = 0.0

    def at(self, along: np.ndarray, across: np.ndarray) -> np.ndarray:
        """Flux per arcsec^2 at offsets in the profile's own axes (Sérsic 1963; b_n of Ciotti & Bertin 1999)."""
        b = 2 * self.n - 1 / 3 + 0.009876 / self.n
        total = 2 * math.pi * self.n * self.radius**2 * b ** (-2 * self.n) * math.gamma(2 * self.n)
        squared = (self.q * along * along + across * across / self.q) / self.radius**2
        if self.n == 0.5:
            return np.exp(-b * squared) / total
        return np.exp(-b * (squared + 1e-4) ** (0.5 / self.n)) / total

    def draw(self, grid: Grid) -> tuple[Window, np.ndarray]:
        """Flux per sample, within the window that holds all but a trace of it."""
        reach = self.radius / math.sqrt(self.q) * (3.0 if self.n == 0.5 else 4.0 + 6.0 * self.n)
        window = grid.around(self.x, self.y, reach)
        return window, self.at(*grid.offsets(window, self.x, self.y, self.angle)) * grid.step**2


@dataclass(frozen=True)
class Arms:
    """Spiral arms, logarithmic and ragged, or with `count` 0 a ring: unit flux, in a disc seen at axis ratio `q`.

    `radius` is the disc's scale or the ring's radius, `width` the middle hole or the ring's width (arcsec).
    """

    radius: float
    width: float
    q: float
    angle: float
    count: int
    pitch: float
    phase: float
    contrast: float

    def draw(self, grid: Grid) -> np.ndarray:
        along, across = grid.offsets(grid.whole, 0.0, 0.0, self.angle)
        across = across / self.q
        r = np.sqrt(along * along + across * across) + 1e-3
        phi = np.arctan2(across, along)
        if self.count:
            winding = np.log(r / self.radius) / math.tan(self.pitch)
            wave = np.cos(self.count * (phi - self.phase - winding) + 0.5 * np.cos(3 * phi + 2 * winding + self.phase))
            ragged = 1 + 0.35 * np.cos(2.3 * winding + 7 * self.phase) + 0.3 * np.cos(phi + 3.1 * self.phase)
            fall = np.exp(-r / self.radius) * (1 - np.exp(-((r / self.width) ** 2)))
            image = np.exp(self.contrast * (wave - 1)) * ragged * fall
        else:
            image = np.exp(-0.5 * ((r - self.radius) / self.width) ** 2) * (
                1 + self.contrast * np.cos(phi - self.phase)
            )
        return image / max(float(image.sum()), 1e-12)


def tidal_tail(grid: Grid, radius: float, width: float, phase: float, extent: float, opening: float) -> np.ndarray:
    """A curved tail of unit flux over `extent` radians from `phase`; its radius grows by `opening` arcsec a radian."""
    along, across = grid.offsets(grid.whole, 0.0, 0.0, phase)
    r, phi = np.sqrt(along * along + across * across), (np.arctan2(across, along) + 1) % (2 * math.pi) - 1
    rise, fade = 1 / (1 + np.exp(-phi / 0.2)), np.exp(-((phi / extent) ** 2))
    image = np.exp(-0.5 * ((r - radius - opening * phi) / (width * (1 + 0.4 * phi))) ** 2) * rise * fade
    return image / max(float(image.sum()), 1e-12)


def spikes(grid: Grid, x: float, y: float, count: int, angle: float, length: float) -> np.ndarray:
    """Diffraction spikes of unit flux: `count` half-lines that fade with `length` arcsec."""
    image = np.zeros((grid.side, grid.side), np.float32)
    for turn in range(count // 2):
        along, across = grid.offsets(grid.whole, x, y, angle + turn * 2 * math.pi / count)
        image += np.exp(-0.5 * (across / (0.7 * grid.step)) ** 2) * np.exp(-np.abs(along) / length)
    return image / max(float(image.sum()), 1e-12)


def moffat(grid: Grid, fwhm: float, beta: float, q: float, angle: float) -> np.ndarray:
    """The Fourier transform of a Moffat point-spread function of unit flux, ready for `blur`."""
    index = fft.fftfreq(grid.padded, 1 / (grid.padded * grid.step)).astype(np.float32)
    cos, sin = math.cos(angle), math.sin(angle)
    along, across = cos * index[None, :] + sin * index[:, None], cos * index[:, None] - sin * index[None, :]
    core = fwhm / (2 * math.sqrt(2 ** (1 / beta) - 1))
    kernel = (1 + (q * along * along + across * across / q) / core**2) ** -np.float32(beta)
    return fft.rfft2(kernel / kernel.sum())


def blur(image: np.ndarray, transform: np.ndarray) -> np.ndarray:
    """Convolve with what `moffat` or `kernel` gave for this grid; what leaves one edge may come back at the other."""
    side, padded = image.shape[-1], transform.shape[0]
    spectrum = fft.rfft2(image, s=(padded, padded)) * transform
    return fft.irfft2(spectrum, s=(padded, padded))[..., :side, :side]


def binned(image: np.ndarray, factor: int) -> np.ndarray:
    """Sum blocks of `factor` x `factor` samples into pixels."""
    side = image.shape[0] // factor
    return image.reshape(side, factor, side, factor).sum(axis=(1, 3))
