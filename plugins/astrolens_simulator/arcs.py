"""Lensed arcs alone: by a given or a drawn lens, through any bands; knows no foreground light, noise or file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.signal import fftconvolve

from .lensing import ARCSEC, SPEED_OF_LIGHT_KM_S, Lens, comoving_mpc
from .light import Grid, binned
from .population import POPULATIONS, source_colour
from .sources import Source, clumpy, real


@dataclass(frozen=True)
class ArcBand:
    """What the arcs are seen through.

    Attributes:
        name: of the filter.
        wavelength_um: its middle, for the source's colour.
        zero_point: AB magnitude of one unit of flux.
        psf: point-spread function sampled at the stamp's pixel scale, any shape, unit sum not needed.
        sigma: noise of a pixel in flux units, a number or a map (size, size): sky and foreground, for the arc S/N.
        gain: electrons of one unit of flux (for the caller's shot noise; not used here).
    """

    name: str
    wavelength_um: float
    zero_point: float
    psf: np.ndarray
    sigma: float | np.ndarray
    gain: float = math.inf


@dataclass(frozen=True)
class ArcTruth:
    """What was drawn; `magnification` is of the flux within the grid, `mag_source` unlensed, in the reference band."""

    theta_e: float
    arc_snr: float
    magnification: float
    n_images: int
    kind: str
    z_lens: float
    z_source: float
    mag_source: float
    q: float
    angle: float
    shear: float
    shear_angle: float


@dataclass(frozen=True)
class Lensed:
    """A source of unit flux behind a lens: flux per sample (side, side) float32, and what it came to."""

    light: np.ndarray
    magnification: float
    n_images: int
    kind: str


def draw_arcs(
    grid: Grid,
    rng: np.random.Generator,
    bands: Sequence[ArcBand],
    *,
    oversample: int = 2,
    theta_e: float | None = None,
    arc_snr: float | None = None,
    q: float | None = None,
    angle: float | None = None,
    z_lens: float | None = None,
    z_source: float | None = None,
    mag_source: tuple[float, float] = (22.5, 26.0),
    population: str = "standard",
    sources: str = "",
) -> tuple[np.ndarray, ArcTruth]:
    """Arcs of a source behind a lens at the grid's middle, blurred, without noise.

    `grid` has `oversample` samples a pixel each way: `Grid(size * oversample, pixel_scale / oversample)`. What is None is
    drawn: `theta_e` (arcsec) from the dispersion function 130 to 330 km/s at the two redshifts, `arc_snr` from the
    source's magnitude, itself drawn between the two of `mag_source` with counts rising as 10^(0.3 mag); given
    `arc_snr`, the source is scaled to it. Give `q` and `angle` (radians from +x, array order) of the lens's light and the mass
    follows them. arc_snr is a matched filter's over all bands: sqrt(sum of arc^2 / sigma^2).

    Returns:
        light, float32 (bands, size, size) in each band's flux unit, and the truth.
    """
    z_lens = float(rng.triangular(0.15, 0.45, 0.95)) if z_lens is None else z_lens
    z_source = float(z_lens + 0.2 + rng.gamma(3.0, 0.4)) if z_source is None else z_source
    if theta_e is None:
        dispersion = float(np.clip(161 * rng.gamma(6.32 / 2.67) ** (1 / 2.67), 130, 330))
        geometry = 1 - comoving_mpc(z_lens) / comoving_mpc(z_source)
        theta_e = 4 * math.pi * (dispersion / SPEED_OF_LIGHT_KM_S) ** 2 * geometry * ARCSEC
    q = float(np.clip(rng.normal(0.78, 0.12), 0.45, 0.98)) if q is None else float(np.clip(q + 0.03, 0.4, 0.98))
    angle = float(rng.uniform(0, math.pi)) if angle is None else angle
    lens = Lens(theta_e, q, angle, abs(rng.normal(0, 0.05)), rng.uniform(0, math.pi))
    drawn = lensed(grid, lens, z_source, population, sources, rng)
    size = grid.side // oversample
    pixels = binned(drawn.light[: size * oversample, : size * oversample], oversample)
    spectrum = source_colour(z_source, population, rng)
    middle = min(bands, key=lambda band: abs(band.wavelength_um - 0.7)).wavelength_um
    low, high = (10 ** (0.3 * mag) for mag in mag_source)
    mag = math.log10(rng.uniform(low, high)) / 0.3
    planes, weight = [], 0.0
    for band in bands:
        flux = 10 ** (-0.4 * (mag + spectrum(band.wavelength_um) - spectrum(middle) - band.zero_point))
        plane = flux * np.maximum(fftconvolve(pixels, band.psf / np.sum(band.psf), mode="same"), 0)
        weight += float(np.sum((plane / band.sigma) ** 2))
        planes.append(plane)
    own = math.sqrt(weight)
    scale = 1.0 if arc_snr is None or own == 0 else arc_snr / own
    truth = ArcTruth(
        theta_e, own * scale, drawn.magnification, drawn.n_images, drawn.kind, z_lens, z_source,
        mag - 2.5 * math.log10(scale), q, angle, lens.shear, lens.shear_angle,
    )  # fmt: skip
    return (np.stack(planes) * scale).astype(np.float32), truth


def lensed(grid: Grid, lens: Lens, z_source: float, population: str, sources: str, rng: np.random.Generator) -> Lensed:
    """A source drawn where the lens makes several images of it, seen through the lens.

    Positions fall within 1.1 Einstein radii, towards the middle as the population's `concentration` says (magnification
    favours it), and are drawn again while they have a single image.
    """
    count, power = lens.image_counter(), POPULATIONS[population].concentration
    x0 = y0 = 0.0
    images = 1
    for _ in range(20):
        radius, azimuth = 1.1 * lens.theta_e * rng.random() ** power, rng.uniform(0, 2 * math.pi)
        x0, y0 = radius * math.cos(azimuth), radius * math.sin(azimuth)
        images = count(x0, y0)
        if images > 1:
            break
    given = (x0, y0, z_source, population, rng)
    source: Source = real(sources, *given) if sources else clumpy(*given)
    x, y = np.broadcast_arrays(*grid.offsets(grid.whole, 0.0, 0.0))
    light = source.at(*lens.source_plane(x, y)) * np.float32(grid.step**2)
    return Lensed(light, float(light.sum()), images, _kind(light, images, grid))


def _kind(light: np.ndarray, images: int, grid: Grid) -> str:
    """A ring when every tenth part of the azimuth holds its share of light, else by the number of images."""
    x, y = grid.offsets(grid.whole, 0.0, 0.0)
    sector = ((np.arctan2(y, x) + math.pi) * (10 / (2 * math.pi))).astype(np.int64) % 10
    shares = np.bincount(sector.ravel(), light.ravel(), 10)
    if shares.min() > 0.4 * shares.mean():
        return "ring"
    return {2: "double", 3: "arc", 4: "quad"}.get(images, "quad" if images > 4 else "arc")


def with_members(lens: Lens, members: Sequence[tuple[float, float, float]]) -> Lens:
    """The lens with isothermal spheres (Einstein radius, x, y) beside it."""
    return replace(lens, members=tuple(members))
