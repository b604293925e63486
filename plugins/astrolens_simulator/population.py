"""Draws galaxies: how massive, bright, large and coloured, and what lies behind them; knows no pixels."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from .lensing import ARCSEC, SPEED_OF_LIGHT_KM_S, Lens, comoving_mpc, distance_modulus, kpc_per_arcsec
from .surveys import Survey, surveys

Kind = Literal["early", "late", "starforming"]

_SPECTRA: dict[Kind, tuple[float, float]] = {"early": (2.6, 1.2), "late": (1.2, 0.5), "starforming": (0.3, 0.15)}
"""Slope of the magnitude in -ln(wavelength) and depth in magnitudes of the 4000 Angstrom break."""

Colour = Callable[[float], float]
"""Magnitude at an observed wavelength (micrometres) up to a constant."""


@dataclass(frozen=True)
class Population:
    """How galaxies are distributed; the defaults are the standard universe.

    Attributes:
        sigma_star: of the velocity-dispersion function, km/s (Choi, Park & Vogeley 2007).
        favour: extra power of the Einstein radius by which lenses are favoured or shunned.
        z_source: scale of the sources' redshifts, p(z) ~ z^2 exp(-(z/z_source)^1.5).
        size: of all sources and discs, relative.
        early_size: of early-type galaxies, relative.
        dust: mean reddening of sources, in magnitudes of slope.
        clumpy: share of sources with clumps.
        groups: share of lenses with galaxies beside them.
        concentration: power of the radius at which sources fall within the caustics' reach, 0.5 being even in area.
        shares: of the non-lenses, by class.
    """

    sigma_star: float = 161.0
    favour: float = 0.0
    z_source: float = 0.9
    size: float = 1.0
    early_size: float = 1.0
    early_tilt: float = 0.0
    dust: float = 0.45
    clumpy: float = 0.55
    groups: float = 0.15
    concentration: float = 0.6
    shares: tuple[tuple[str, float], ...] = (
        ("elliptical", 0.20), ("spiral", 0.21), ("ring", 0.07), ("merger", 0.12), ("edge_on", 0.08),
        ("companions", 0.12), ("crowded", 0.09), ("star", 0.06), ("artefact", 0.05),
    )  # fmt: skip


POPULATIONS = {
    "standard": Population(),
    "shifted": Population(
        sigma_star=150.0, favour=-0.7, z_source=0.7, size=1.3, early_size=0.85, early_tilt=-0.25, dust=0.8, clumpy=0.35,
        groups=0.25, concentration=0.5,
        shares=(
            ("elliptical", 0.12), ("spiral", 0.27), ("ring", 0.10), ("merger", 0.13), ("edge_on", 0.06),
            ("companions", 0.15), ("crowded", 0.07), ("star", 0.04), ("artefact", 0.06),
        ),
    ),
}  # fmt: skip


def colour(kind: Kind, z: float, tilt: float = 0.0) -> Colour:
    """The spectrum of a kind of galaxy at redshift z; `tilt` makes this one redder than its kind.

    Below the Lyman-alpha line the intergalactic gas takes 1.2 magnitudes, below the Lyman limit six.
    """
    slope, depth = _SPECTRA[kind]

    def magnitude(wavelength_um: float) -> float:
        rest = wavelength_um / (1 + z)
        gas = 1.2 / (1 + math.exp((rest - 0.1216) / 0.006)) + 4.8 / (1 + math.exp((rest - 0.0912) / 0.004))
        return -(slope + tilt) * math.log(rest / 0.7) + depth / (1 + math.exp((rest - 0.40) / 0.04)) + gas

    return magnitude


@dataclass(frozen=True)
class Galaxy:
    """A galaxy before it has a shape: `mag` in the survey's reference band, `radius` half-light in arcsec."""

    z: float
    mag: float
    radius: float
    colour: Colour


@dataclass(frozen=True)
class Deflector:
    """An early-type galaxy and the lens that it would be for a source at `z_source`."""

    galaxy: Galaxy
    n: float
    q: float
    angle: float
    lens: Lens
    z_source: float
    sigma_km_s: float


_PROPOSALS = 240_000


@cache
def deflectors(survey: str, population: str) -> np.ndarray:
    """What lenses of a survey are: float64 rows (dispersion km/s, z, z_source, Einstein radius ", magnitude, radius ").

    Velocity dispersions follow Choi, Park & Vogeley (2007), constant in comoving volume; redshifts of the sources
    z^2 exp(-(z/z0)^1.5); a pair counts by its cross-section, the square of the Einstein radius. Luminosity follows
    dispersion to the fourth power (Faber & Jackson 1976) and brightens with redshift as old stars do, size follows
    luminosity (Shen et al. 2003) and shrinks as (1+z)^-0.75. The table is the same in every process and every run.
    """
    about, drawn = surveys()[survey], POPULATIONS[population]
    rng = np.random.default_rng(20_180_211)
    grid = np.linspace(0.0, 6.5, 651)
    distance = np.array([comoving_mpc(z) for z in grid])
    volume = np.cumsum(np.gradient(distance, grid) * distance**2 * (grid < 1.3) * (grid > 0.06))
    z = np.interp(rng.random(_PROPOSALS), volume / volume[-1], grid)
    chances = np.cumsum(grid**2 * np.exp(-((grid / drawn.z_source) ** 1.5)))
    z_source = np.interp(rng.random(_PROPOSALS), chances / chances[-1], grid)
    alpha, beta = 2.32, 2.67
    dispersion = drawn.sigma_star * rng.gamma((alpha + 4) / beta, size=_PROPOSALS) ** (1 / beta)
    near, far = np.interp(z, grid, distance), np.interp(z_source, grid, distance)
    geometry = np.clip(1 - near / np.maximum(far, 1.0), 0, None)
    theta_e = 4 * math.pi * (dispersion / SPEED_OF_LIGHT_KM_S) ** 2 * geometry * ARCSEC
    luminosity = (dispersion / 220) ** 4 * np.exp(rng.normal(0, 0.3, _PROPOSALS))
    radius_kpc = 4.6 * drawn.early_size * luminosity**0.62 * (1 + z) ** -0.75 * np.exp(rng.normal(0, 0.22, _PROPOSALS))
    modulus = 5 * np.log10(np.maximum(near, 1e-3) * (1 + z) * 1e5)
    spectrum = np.array([colour("early", at, drawn.early_tilt)(about.reference.wavelength_um) for at in grid])
    mag = -22.0 - 2.5 * np.log10(luminosity) - 0.9 * z + modulus + np.interp(z, grid, spectrum)
    radius = radius_kpc / np.maximum(near / (1 + z) * 1e3 / ARCSEC, 1e-6)
    low, high = about.theta_e_arcsec
    with np.errstate(divide="ignore"):
        chance = geometry**2 * np.where(theta_e > 0, theta_e / low, np.inf) ** drawn.favour
    fits = (
        (theta_e >= low)
        & (theta_e <= high)
        & (mag > about.brightest_mag)
        & (mag < about.faintest_mag)
        & (z_source > z + 0.1)
    )
    kept = fits & (rng.random(_PROPOSALS) < chance)
    return np.stack([dispersion, z, z_source, theta_e, mag, radius], axis=1)[kept]


def deflector(survey: Survey, population: str, reach: float, rng: np.random.Generator) -> Deflector:
    """An early-type galaxy massive enough to lens; `reach` (arcsec) is the largest Einstein radius the stamp can show.

    Lenses and the plain ellipticals among the impostors are drawn here alike: only the arc tells them apart.
    """
    table = deflectors(survey.name, population)
    while True:
        row = table[int(rng.integers(len(table)))]
        if row[3] <= max(reach, survey.theta_e_arcsec[0] * 1.2):
            break
    sigma, z, z_source, theta_e, mag, radius = (float(value) for value in row)
    spectrum = colour("early", z, POPULATIONS[population].early_tilt + rng.normal(0, 0.15))
    q, angle = float(np.clip(rng.normal(0.76, 0.13), 0.4, 0.98)), rng.uniform(0, math.pi)
    mass_q = float(np.clip(q + rng.normal(0.03, 0.08), 0.45, 0.98))
    lens = Lens(theta_e, mass_q, angle + rng.normal(0, 0.12), abs(rng.normal(0, 0.05)), rng.uniform(0, math.pi))
    n = float(np.clip(rng.normal(4, 0.9), 1.8, 6))
    return Deflector(Galaxy(z, mag, radius, spectrum), n, q, angle, lens, z_source, sigma)


MOST_TRIES = 10_000


def disc(survey: Survey, population: str, rng: np.random.Generator) -> Galaxy:
    """A disc galaxy as bright as the lenses are, so that brightness does not tell them apart."""
    table, size = deflectors(survey.name, population), POPULATIONS[population].size
    mag = float(table[int(rng.integers(len(table))), 4] + rng.normal(0, 0.25))
    for _ in range(MOST_TRIES):
        z = rng.triangular(0.06, 0.25, 0.8)
        spectrum = colour("late", z, rng.normal(0, 0.15))
        absolute = mag - distance_modulus(z) - spectrum(survey.reference.wavelength_um)
        if -23.4 < absolute < -19.3:
            break
    else:  # brighter than any disc at these redshifts: the nearest and largest that there is
        z, absolute = 0.06, -23.4
        spectrum = colour("late", z)
    luminosity = 10 ** (-0.4 * (absolute + 21.6))
    size_kpc = 5.2 * size * luminosity**0.4 * math.exp(rng.normal(0, 0.22))
    return Galaxy(z, mag, size_kpc / kpc_per_arcsec(z), spectrum)


def faint(rng: np.random.Generator, *, brightest: float = 20.0, faintest: float = 27.0) -> Galaxy:
    """A small field galaxy: counts rise as 10^(0.3 mag), sizes shrink with magnitude."""
    low, high = 10 ** (0.3 * brightest), 10 ** (0.3 * faintest)
    mag = math.log10(rng.uniform(low, high)) / 0.3
    z = rng.gamma(3.0, 0.33) + 0.1
    radius = 0.33 * 10 ** (-0.09 * (mag - 23)) * math.exp(rng.normal(0, 0.35))
    kind: Kind = "starforming" if rng.random() < 0.6 else "late"
    return Galaxy(z, mag, radius, colour(kind, z, rng.normal(0, 0.3)))


def source_colour(z: float, population: str, rng: np.random.Generator) -> Colour:
    """Lensed sources are blue, some of them dusty."""
    return colour("starforming", z, abs(rng.normal(0, POPULATIONS[population].dust)))
