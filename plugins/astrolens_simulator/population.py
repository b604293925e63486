"""Draws galaxies: how massive, bright, large and coloured; knows no pixels."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .lensing import Lens, distance_modulus, einstein_radius_arcsec, kpc_per_arcsec
from .surveys import Survey

Kind = Literal["early", "late", "starforming"]

_SPECTRA: dict[Kind, tuple[float, float]] = {"early": (2.6, 1.2), "late": (1.2, 0.5), "starforming": (0.3, 0.15)}
"""Slope of the magnitude in -ln(wavelength) and depth in magnitudes of the 4000 Angstrom break."""

Colour = Callable[[float], float]
"""Magnitude at an observed wavelength (micrometres) up to a constant."""


def colour(kind: Kind, z: float, tilt: float = 0.0) -> Colour:
    """The spectrum of a kind of galaxy at redshift z; `tilt` makes this one redder than its kind."""
    slope, depth = _SPECTRA[kind]

    def magnitude(wavelength_um: float) -> float:
        rest = wavelength_um / (1 + z)
        return -(slope + tilt) * math.log(rest / 0.7) + depth / (1 + math.exp((rest - 0.40) / 0.04))

    return magnitude


@dataclass(frozen=True)
class Galaxy:
    """A galaxy before it has a shape: `mag` in the survey's reference band, `radius` half-light in arcsec."""

    z: float
    mag: float
    radius: float
    colour: Colour


def _galaxy(
    kind: Kind, z: float, absolute: float, radius_kpc: float, survey: Survey, rng: np.random.Generator
) -> Galaxy:
    spectrum = colour(kind, z, rng.normal(0, 0.15))
    mag = absolute + distance_modulus(z) + spectrum(survey.reference.wavelength_um)
    return Galaxy(z, mag, radius_kpc / kpc_per_arcsec(z), spectrum)


@dataclass(frozen=True)
class Deflector:
    """An early-type galaxy and the lens that it would be for a source at `z_source`."""

    galaxy: Galaxy
    n: float
    q: float
    angle: float
    lens: Lens
    z_source: float


def deflector(survey: Survey, reach: float, rng: np.random.Generator) -> Deflector:
    """An early-type galaxy massive enough to lens; `reach` (arcsec) is the largest Einstein radius the stamp can show.

    Lenses and the plain ellipticals among the impostors are drawn here alike: only the arc tells them apart. Luminosity
    follows dispersion to the fourth power, size follows luminosity (after Faber & Jackson 1976, Shen et al. 2003).
    """
    low, high = survey.theta_e_arcsec
    while True:
        z = rng.triangular(0.12, 0.45, 1.0)
        z_source = z + rng.gamma(3.0, 0.5) + 0.1
        dispersion = max(rng.normal(235, 45), 120.0)
        theta_e = einstein_radius_arcsec(dispersion, z, z_source)
        luminosity = (dispersion / 220) ** 4 * math.exp(rng.normal(0, 0.35))
        size_kpc = 4.2 * luminosity**0.6 * math.exp(rng.normal(0, 0.25))
        galaxy = _galaxy("early", z, -22.0 - 2.5 * math.log10(luminosity), size_kpc, survey, rng)
        if low <= theta_e <= min(high, reach) and galaxy.mag < survey.faintest_mag:
            break
    q, angle = float(np.clip(rng.normal(0.76, 0.13), 0.4, 0.98)), rng.uniform(0, math.pi)
    mass_q = float(np.clip(q + rng.normal(0.03, 0.08), 0.45, 0.98))
    lens = Lens(theta_e, mass_q, angle + rng.normal(0, 0.12), abs(rng.normal(0, 0.05)), rng.uniform(0, math.pi))
    return Deflector(galaxy, float(np.clip(rng.normal(4, 0.9), 1.8, 6)), q, angle, lens, z_source)


def disc(survey: Survey, rng: np.random.Generator) -> Galaxy:
    """A disc galaxy bright enough to be taken for a lens (its arms for arcs)."""
    while True:
        z, luminosity = rng.triangular(0.08, 0.4, 0.9), math.exp(rng.normal(0.1, 0.6))
        size_kpc = 5.2 * luminosity**0.4 * math.exp(rng.normal(0, 0.22))
        galaxy = _galaxy("late", z, -21.6 - 2.5 * math.log10(luminosity), size_kpc, survey, rng)
        if galaxy.mag < survey.faintest_mag:
            return galaxy


def faint(rng: np.random.Generator, *, brightest: float = 21.0, faintest: float = 26.0) -> Galaxy:
    """A small field galaxy: counts rise as 10^(0.3 mag), sizes shrink with magnitude."""
    low, high = 10 ** (0.3 * brightest), 10 ** (0.3 * faintest)
    mag = math.log10(rng.uniform(low, high)) / 0.3
    z = rng.gamma(3.0, 0.33) + 0.1
    radius = 0.33 * 10 ** (-0.09 * (mag - 23)) * math.exp(rng.normal(0, 0.35))
    kind: Kind = "starforming" if rng.random() < 0.6 else "late"
    return Galaxy(z, mag, radius, colour(kind, z, rng.normal(0, 0.3)))
