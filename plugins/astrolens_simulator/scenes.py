"""What one stamp shows, class by class: a lens with its arcs or one of the impostors; knows no noise and no files."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .light import Arms, Grid, Sersic, Window, spikes, tidal_tail
from .population import Colour, Galaxy, colour, deflector, disc, faint
from .surveys import Survey


@dataclass(frozen=True)
class Truth:
    """What the truth table says of one object; NaN where there is no lens."""

    kind: str
    theta_e: float = math.nan
    magnification: float = math.nan


class Scene:
    """Light of one object on the fine grid, float32 (bands, side, side), in units of each band's sky noise.

    `arc` is the lensed source of unit total flux before magnification, kept apart until its brightness is set.
    """

    def __init__(self, survey: Survey, grid: Grid, rng: np.random.Generator) -> None:
        self.survey, self.grid, self.rng = survey, grid, rng
        self.light = np.zeros((len(survey.bands), grid.side, grid.side), np.float32)
        self.arc: np.ndarray | None = None

    @property
    def half_arcsec(self) -> float:
        """Half the side of the stamp."""
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
    """A lensing galaxy with the arcs of a clumpy source inside its caustics."""
    rng = scene.rng
    chosen = deflector(scene.survey, 0.55 * scene.half_arcsec, rng)
    _elliptical(scene, chosen.galaxy, chosen.n, chosen.q, chosen.angle)
    x, y = scene.grid.offsets(scene.grid.whole, 0.0, 0.0)
    beta_x, beta_y = chosen.lens.source_plane(*np.broadcast_arrays(x, y))
    offset, azimuth = chosen.lens.theta_e * 0.75 * math.sqrt(rng.random()), rng.uniform(0, 2 * math.pi)
    scene.arc = _source(beta_x, beta_y, offset * math.cos(azimuth), offset * math.sin(azimuth), rng)
    scene.arc *= scene.grid.step**2
    return Truth("lens", chosen.lens.theta_e, float(scene.arc.sum()))


def _source(x: np.ndarray, y: np.ndarray, x0: float, y0: float, rng: np.random.Generator) -> np.ndarray:
    """Flux per arcsec^2 of a source of unit flux at source-plane positions: a Sérsic body, clumps in half of them."""
    radius = float(np.clip(0.16 * math.exp(rng.normal(0, 0.45)), 0.06, 0.45))
    body = Sersic(
        x0, y0, radius, float(np.clip(rng.normal(1.1, 0.35), 0.6, 2.5)), rng.uniform(0.4, 1), rng.uniform(0, math.pi)
    )
    clumps = int(rng.integers(1, 5)) if rng.random() < 0.5 else 0
    in_clumps = rng.uniform(0.15, 0.5) if clumps else 0.0
    image = (1 - in_clumps) * _profile(body, x, y)
    for _ in range(clumps):
        distance, azimuth = radius * abs(rng.normal(0.6, 0.6)), rng.uniform(0, 2 * math.pi)
        clump = Sersic(
            x0 + distance * math.cos(azimuth), y0 + distance * math.sin(azimuth), radius * rng.uniform(0.15, 0.35), 0.5
        )
        image += in_clumps / clumps * _profile(clump, x, y)
    return image


def _profile(profile: Sersic, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    cos, sin = math.cos(profile.angle), math.sin(profile.angle)
    dx, dy = x - profile.x, y - profile.y
    return profile.at(cos * dx + sin * dy, cos * dy - sin * dx)


def source_colour(rng: np.random.Generator) -> Colour:
    """Lensed sources are blue, some of them dusty."""
    return colour("starforming", rng.uniform(1.0, 3.0), abs(rng.normal(0, 0.6)))


def _elliptical(scene: Scene, galaxy: Galaxy, n: float, q: float, angle: float, x: float = 0.0, y: float = 0.0) -> None:
    scene.add_sersic(galaxy.mag, galaxy.colour, Sersic(x, y, galaxy.radius, n, q, angle))


def elliptical(scene: Scene) -> Truth:
    """The same galaxies that lens, with nothing behind them."""
    chosen = deflector(scene.survey, 0.55 * scene.half_arcsec, scene.rng)
    _elliptical(scene, chosen.galaxy, chosen.n, chosen.q, chosen.angle)
    return Truth("elliptical")


def crowded(scene: Scene) -> Truth:
    """An elliptical amid small blue galaxies where arcs would be, now and then one lying tangentially."""
    rng = scene.rng
    elliptical(scene)
    for _ in range(int(rng.integers(2, 6))):
        distance, azimuth = rng.uniform(0.2, 0.75) * scene.half_arcsec, rng.uniform(0, 2 * math.pi)
        galaxy = faint(rng, brightest=21.5, faintest=24.8)
        angle = azimuth + math.pi / 2 + rng.normal(0, 0.4) if rng.random() < 0.4 else rng.uniform(0, math.pi)
        at = (distance * math.cos(azimuth), distance * math.sin(azimuth))
        profile = Sersic(*at, galaxy.radius, rng.uniform(0.7, 2), rng.uniform(0.2, 0.8), angle)
        scene.add_sersic(galaxy.mag, galaxy.colour, profile)
    return Truth("crowded")


def spiral(scene: Scene) -> Truth:
    """Bulge, disc and logarithmic arms with star-forming knots, at any inclination below 65 degrees."""
    rng, galaxy = scene.rng, disc(scene.survey, scene.rng)
    q, angle = math.cos(math.radians(rng.uniform(5, 65))), rng.uniform(0, math.pi)
    bulge, in_arms = rng.uniform(0.08, 0.5), rng.uniform(0.25, 0.65)
    scale = float(np.clip(galaxy.radius / 1.68, 0.2, 0.25 * scene.half_arcsec))
    red = colour("early", galaxy.z)
    scene.add_sersic(_dimmed(galaxy.mag, bulge), red, Sersic(0, 0, 0.5 * scale, 2.5, 0.5 + q / 2, angle))
    smooth = (1 - bulge) * (1 - in_arms)
    scene.add_sersic(_dimmed(galaxy.mag, smooth), galaxy.colour, Sersic(0, 0, 1.68 * scale * math.sqrt(q), 1, q, angle))
    arms = Arms(
        scale * 1.15, scale, q, angle, int(rng.choice([1, 2, 2, 2, 3, 4])), math.radians(rng.uniform(9, 30)),
        rng.uniform(0, 2 * math.pi), rng.uniform(1.5, 4),
    )  # fmt: skip
    image = arms.draw(scene.grid)
    blue = colour("starforming", galaxy.z, rng.uniform(0, 0.6))
    knots = rng.uniform(0, 0.4)
    mag = _dimmed(galaxy.mag, (1 - bulge) * in_arms)
    scene.add(_dimmed(mag, 1 - knots), blue, image)
    _knots(scene, _dimmed(mag, knots), blue, image, int(rng.integers(4, 14)))
    return Truth("spiral")


def _knots(scene: Scene, mag: float, spectrum: Colour, image: np.ndarray, count: int) -> None:
    """Share a magnitude among point-like knots, placed where `image` is bright."""
    cumulative = np.cumsum(image, dtype=np.float64)
    shares = scene.rng.dirichlet(np.ones(count))
    places = np.searchsorted(cumulative, scene.rng.random(count) * cumulative[-1])
    for share, place in zip(shares, places, strict=True):
        row, column = divmod(min(int(place), image.size - 1), scene.grid.side)
        x, y = float(scene.grid.axis[column]), float(scene.grid.axis[row])
        scene.add_sersic(_dimmed(mag, share), spectrum, Sersic(x, y, 1.2 * scene.grid.step, 0.5))


def ring(scene: Scene) -> Truth:
    """A red core within a detached blue ring, as of Hoag's object or a polar ring: the hardest impostor."""
    rng, galaxy = scene.rng, disc(scene.survey, scene.rng)
    q, angle, in_ring = rng.uniform(0.45, 1), rng.uniform(0, math.pi), rng.uniform(0.2, 0.55)
    radius = rng.uniform(*scene.survey.theta_e_arcsec) * rng.uniform(0.9, 1.3)
    radius = min(radius, 0.6 * scene.half_arcsec)
    core = Sersic(0, 0, 0.45 * radius, 3, rng.uniform(0.7, 1), rng.uniform(0, math.pi))
    scene.add_sersic(_dimmed(galaxy.mag, 1 - in_ring), colour("early", galaxy.z), core)
    arms = Arms(
        radius, rng.uniform(0.13, 0.28) * radius, q, angle, 0, math.pi / 2, rng.uniform(0, 6.28), rng.uniform(0, 0.7)
    )
    blue, image, knots = (
        colour("starforming", galaxy.z, rng.uniform(0, 0.6)),
        arms.draw(scene.grid),
        rng.uniform(0.0, 0.25),
    )
    mag = _dimmed(galaxy.mag, in_ring)
    scene.add(_dimmed(mag, 1 - knots), blue, image)
    _knots(scene, _dimmed(mag, knots), blue, image, int(rng.integers(5, 15)))
    return Truth("ring")


def merger(scene: Scene) -> Truth:
    """Two galaxies in contact with one or two tidal tails."""
    rng, galaxy = scene.rng, disc(scene.survey, scene.rng)
    share, in_tails = rng.uniform(0.45, 0.85), rng.uniform(0.08, 0.3)
    separation, azimuth = galaxy.radius * rng.uniform(0.8, 2.2), rng.uniform(0, 2 * math.pi)
    separation = min(separation, 0.5 * scene.half_arcsec)
    for part, distance in ((share, 0.0), (1 - share, separation)):
        radius = galaxy.radius * rng.uniform(0.4, 0.8) * math.sqrt(part)
        x, y = distance * math.cos(azimuth), distance * math.sin(azimuth)
        profile = Sersic(x, y, radius, rng.uniform(1, 3.5), rng.uniform(0.4, 0.95), rng.uniform(0, math.pi))
        scene.add_sersic(_dimmed(galaxy.mag, part * (1 - in_tails)), galaxy.colour, profile)
    for turn in range(int(rng.integers(1, 3))):
        radius, width = separation * rng.uniform(0.9, 1.5), galaxy.radius * rng.uniform(0.15, 0.35)
        opening = galaxy.radius * rng.uniform(0.1, 0.6)
        tail = tidal_tail(scene.grid, radius, width, azimuth + turn * math.pi, rng.uniform(0.8, 2.2), opening)
        scene.add(_dimmed(galaxy.mag, in_tails / (turn + 1)), colour("late", galaxy.z, -0.3), tail)
    return Truth("merger")


def edge_on(scene: Scene) -> Truth:
    """A disc seen from the side, half of them with a dust lane."""
    rng, galaxy = scene.rng, disc(scene.survey, scene.rng)
    q, angle, bulge = rng.uniform(0.1, 0.25), rng.uniform(0, math.pi), rng.uniform(0.05, 0.35)
    radius = float(np.clip(galaxy.radius, 0.3, 0.45 * scene.half_arcsec))
    window, image = Sersic(0, 0, radius * math.sqrt(q), 1, q, angle).draw(scene.grid)
    if rng.random() < 0.5:
        along, across = scene.grid.offsets(window, 0.0, 0.0, angle)
        depth = rng.uniform(0.3, 0.8) * np.exp(-0.5 * (across / (0.25 * q * radius)) ** 2 - (along / (2 * radius)) ** 2)
        image = image * (1 - depth)
    scene.add(_dimmed(galaxy.mag, 1 - bulge), galaxy.colour, image, window)
    core = Sersic(0, 0, 0.25 * radius, 2, rng.uniform(0.6, 0.9), angle)
    scene.add_sersic(_dimmed(galaxy.mag, bulge), colour("early", galaxy.z), core)
    return Truth("edge_on")


def star(scene: Scene) -> Truth:
    """One or two stars; the bright ones with diffraction spikes where the telescope has them."""
    rng, count = scene.rng, scene.survey.spikes
    spectrum, mag = _star_colour(rng.uniform(0.5, 4.5)), rng.uniform(17.0, 21.5)
    scene.add_sersic(mag, spectrum, Sersic(0, 0, 0.7 * scene.grid.step, 0.5))
    if count:
        scene.add(
            mag + 4.5, spectrum, spikes(scene.grid, 0, 0, count, rng.uniform(0, math.pi), 0.25 * scene.half_arcsec)
        )
    if rng.random() < 0.3:
        x, y = rng.uniform(-0.6, 0.6, 2) * scene.half_arcsec
        scene.add_sersic(mag + rng.uniform(0, 3), spectrum, Sersic(x, y, 0.7 * scene.grid.step, 0.5))
    return Truth("star")


def _star_colour(slope: float) -> Colour:
    return lambda wavelength_um: -slope * math.log(wavelength_um / 0.7)


def field(scene: Scene) -> None:
    """Unrelated small galaxies, in lenses and impostors alike."""
    expected = scene.survey.neighbours_arcmin2 * (2 * scene.half_arcsec / 60) ** 2
    for _ in range(int(scene.rng.poisson(expected))):
        x, y = scene.rng.uniform(-1, 1, 2) * scene.half_arcsec
        scene.add_faint(faint(scene.rng), float(x), float(y))


def _dimmed(mag: float, share: float) -> float:
    """The magnitude of a share of the flux."""
    return mag - 2.5 * math.log10(max(share, 1e-6))


IMPOSTORS: tuple[tuple[Callable[[Scene], Truth], float], ...] = (
    (elliptical, 0.22), (spiral, 0.24), (ring, 0.08), (merger, 0.14), (edge_on, 0.08), (crowded, 0.18), (star, 0.06),
)  # fmt: skip
"""Each impostor with its share of the non-lenses."""
