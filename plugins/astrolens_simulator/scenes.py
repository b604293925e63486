"""Light gathered on the fine grid, and what every stamp has: the lens, its neighbours, stars; knows no noise, no files."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from . import artefacts
from .arcs import lensed
from .lensing import einstein_radius_arcsec
from .light import Grid, Sersic, Window, spikes
from .population import POPULATIONS, Colour, Deflector, Galaxy, Population, colour, deflector, faint, source_colour
from .surveys import Survey

MARGIN_PX = 4
"""Drawn around the stamp and cut off, so that the convolution brings light in across the edges."""


@dataclass(frozen=True)
class Truth:
    """What the truth table says of one object; NaN where there is no lens."""

    kind: str
    theta_e: float = math.nan
    magnification: float = math.nan
    subclass: str = ""
    z_lens: float = math.nan
    z_source: float = math.nan
    n_images: float = math.nan
    mag: float = math.nan
    sigma_km_s: float = math.nan
    q: float = math.nan
    shear: float = math.nan
    n_members: int = 0


class Scene:
    """Light of one object on the fine grid, float32 (bands, side, side), in units of each band's sky noise.

    `arc` is the lensed source of unit total flux before magnification, kept apart until its brightness is set;
    `defects` are what happens to the noisy pixels: functions of the images (bands, size, size) in sky sigmas.
    """

    def __init__(
        self,
        survey: Survey,
        grid: Grid,
        rng: np.random.Generator,
        population: str = "standard",
        sources: str = "",
        crowd: float = 1.0,
        power_law: bool = False,
    ) -> None:
        self.survey, self.grid, self.rng = survey, grid, rng
        self.population, self.sources, self.crowd, self.power_law = population, sources, crowd, power_law
        self.light = np.zeros((len(survey.bands), grid.side, grid.side), np.float32)
        self.arc: np.ndarray | None = None
        self.source_mag = math.nan
        self.arc_colour: Colour = colour("starforming", 1.5)
        self.defects: list[Callable[[np.ndarray], None]] = []

    @property
    def about(self) -> Population:
        return POPULATIONS[self.population]

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """Place in pixels of the stamp (column, row, 0-based centres) of a point in arcsec."""
        middle = (self.size - 1) / 2
        return middle + x / self.survey.pixel_scale, middle + y / self.survey.pixel_scale

    @property
    def size(self) -> int:
        """Side of the stamp in pixels, margin left out."""
        return self.grid.side // self.survey.oversample - 2 * MARGIN_PX

    @property
    def half_arcsec(self) -> float:
        """Half the side of the stamp, margin included."""
        return self.grid.side * self.grid.step / 2

    def weights(self, mag: float, spectrum: Colour) -> list[float]:
        """Flux of a magnitude in the reference band, per band, over that band's sky noise."""
        zero = spectrum(self.survey.reference.wavelength_um)
        return [band.flux(mag + spectrum(band.wavelength_um) - zero) / band.sigma for band in self.survey.bands]

    def add(self, mag: float, spectrum: Colour, image: np.ndarray, window: Window | None = None) -> None:
        """Add a template of unit flux."""
        rows, columns = window or self.grid.whole
        for plane, weight in zip(self.light, self.weights(mag, spectrum), strict=True):
            plane[rows, columns] += np.float32(weight) * image

    def add_sersic(self, mag: float, spectrum: Colour, profile: Sersic) -> None:
        window, image = profile.draw(self.grid)
        self.add(mag, spectrum, image, window)

    def add_faint(self, galaxy: Galaxy, x: float, y: float, *, n: float = 1.0, q: float | None = None) -> None:
        """A small galaxy with a random inclination."""
        ratio = self.rng.uniform(0.25, 0.95) if q is None else q
        self.add_sersic(galaxy.mag, galaxy.colour, Sersic(x, y, galaxy.radius, n, ratio, self.rng.uniform(0, math.pi)))


def lens(scene: Scene) -> Truth:
    """A lensing galaxy, now and then with others beside it, and the arcs of a source behind."""
    rng = scene.rng
    chosen = deflector(scene.survey, scene.population, 0.55 * scene.half_arcsec, rng)
    add_early(scene, chosen)
    model, members = chosen.lens, _members(scene, chosen)
    if scene.power_law:
        model = replace(model, slope=float(np.clip(rng.normal(*SLOPES), 1.7, 2.5)))
    if members:
        model = replace(model, members=members)
    drawn = lensed(scene.grid, model, chosen.z_source, scene.population, scene.sources, rng)
    scene.arc, scene.arc_colour = drawn.light, source_colour(chosen.z_source, scene.population, rng)
    galaxy = chosen.galaxy
    return Truth(
        "lens", model.theta_e, drawn.magnification, drawn.kind, galaxy.z, chosen.z_source, drawn.n_images, galaxy.mag,
        chosen.sigma_km_s, model.q, model.shear, len(members),
    )  # fmt: skip


def _members(scene: Scene, chosen: Deflector) -> tuple[tuple[float, float, float], ...]:
    """Galaxies of the lens's group within the stamp, drawn, and their masses as isothermal spheres (radius, x, y)."""
    rng, members = scene.rng, []
    if rng.random() > scene.about.groups:
        return ()
    for _ in range(int(rng.integers(1, 4))):
        sigma = float(np.clip(chosen.sigma_km_s * rng.uniform(0.35, 0.85), 70, 260))
        distance, azimuth = rng.uniform(1.6, 5.0) * chosen.lens.theta_e, rng.uniform(0, 2 * math.pi)
        x, y = distance * math.cos(azimuth), distance * math.sin(azimuth)
        ratio = (sigma / chosen.sigma_km_s) ** 4 * math.exp(rng.normal(0, 0.25))
        galaxy = chosen.galaxy
        radius = galaxy.radius * ratio**0.5
        profile = Sersic(x, y, radius, rng.uniform(2, 4.5), rng.uniform(0.55, 0.95), rng.uniform(0, math.pi))
        scene.add_sersic(dimmed(galaxy.mag, ratio), galaxy.colour, profile)
        members.append((einstein_radius_arcsec(sigma, galaxy.z, chosen.z_source), x, y))
    return tuple(members)


def add_early(scene: Scene, chosen: Deflector) -> None:
    """The light of an early-type galaxy at the middle."""
    galaxy = chosen.galaxy
    scene.add_sersic(galaxy.mag, galaxy.colour, Sersic(0, 0, galaxy.radius, chosen.n, chosen.q, chosen.angle))


def surroundings(scene: Scene) -> None:
    """Unrelated small galaxies and stars, in lenses and impostors alike."""
    rng, area = scene.rng, (2 * scene.half_arcsec / 60) ** 2
    for _ in range(int(rng.poisson(scene.survey.neighbours_arcmin2 * scene.crowd * area))):
        x, y = rng.uniform(-1, 1, 2) * scene.half_arcsec
        scene.add_faint(faint(rng), float(x), float(y))
    for _ in range(int(rng.poisson(scene.survey.stars_arcmin2 * scene.crowd * area))):
        x, y = rng.uniform(-1, 1, 2) * scene.half_arcsec
        add_star(scene, rng.uniform(17.0, 25.0), float(x), float(y))


def add_star(scene: Scene, mag: float, x: float, y: float) -> None:
    """A point source with spikes where the telescope has them; above saturation its core is cut and bleeds."""
    rng, survey = scene.rng, scene.survey
    slope = rng.uniform(0.5, 4.5)

    def spectrum(wavelength_um: float) -> float:
        return -slope * math.log(wavelength_um / 0.7)

    scene.add_sersic(mag, spectrum, Sersic(x, y, 0.7 * scene.grid.step, 0.5))
    if survey.spikes and mag < survey.saturation_mag + 3.5:
        length = 0.22 * scene.half_arcsec * 10 ** (-0.08 * (mag - survey.saturation_mag))
        image = spikes(scene.grid, x, y, survey.spikes, SPIKE_ANGLE, length)
        scene.add(mag + 4.2, spectrum, image)
    if mag < survey.saturation_mag:
        column, row = scene.pixel(x, y)
        scene.defects.append(lambda images: artefacts.bleed(images, column, row, 0.6 * float(images.max()), rng))


def dimmed(mag: float, share: float) -> float:
    """The magnitude of a share of the flux."""
    return mag - 2.5 * math.log10(max(share, 1e-6))


SPIKE_ANGLE = 0.35
"""Radians from +x: spikes belong to the telescope's spider, so all stars of a survey show them alike."""

SLOPES = 2.08, 0.16
"""Mean and scatter of the density slopes of lenses (Auger et al. 2010)."""
