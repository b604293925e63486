"""What is mistaken for a lens, class by class: each function draws one into the scene; knows no noise and no files."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from . import artefacts
from .light import Arms, Sersic, tidal_tail
from .population import Colour, Galaxy, colour, deflector, disc, faint
from .scenes import Scene, Truth, add_early, add_star, dimmed


def elliptical(scene: Scene) -> Truth:
    """The same galaxies that lens, with nothing behind them."""
    chosen = deflector(scene.survey, scene.population, 0.55 * scene.half_arcsec, scene.rng)
    add_early(scene, chosen)
    return Truth("elliptical", subclass="smooth", z_lens=chosen.galaxy.z, mag=chosen.galaxy.mag)


def companions(scene: Scene) -> Truth:
    """An elliptical with one to three blue companions drawn out along a circle about it, where arcs would be."""
    rng, chosen = scene.rng, deflector(scene.survey, scene.population, 0.55 * scene.half_arcsec, scene.rng)
    add_early(scene, chosen)
    count, azimuth = int(rng.integers(1, 4)), rng.uniform(0, 2 * math.pi)
    for number in range(count):
        distance = chosen.lens.theta_e * rng.uniform(0.9, 2.2) + scene.survey.reference.fwhm_arcsec * 0.6
        galaxy = faint(rng, brightest=22.0, faintest=25.0)
        blue = colour("starforming", rng.uniform(0.3, 1.5), rng.uniform(0, 0.5))
        angle = azimuth + math.pi / 2 + rng.normal(0, 0.25)
        q = rng.uniform(0.22, 0.6)
        at = (distance * math.cos(azimuth), distance * math.sin(azimuth))
        scene.add_sersic(galaxy.mag, blue, Sersic(*at, galaxy.radius, rng.uniform(0.7, 1.5), q, angle))
        azimuth += rng.uniform(0.8, 1.2) * math.pi if number == 0 else rng.uniform(0.5, 5.5)
    galaxy_mag = chosen.galaxy.mag
    return Truth("companions", subclass=f"{count} companions", z_lens=chosen.galaxy.z, mag=galaxy_mag)


def crowded(scene: Scene) -> Truth:
    """An elliptical amid small galaxies of all colours, some of its own kind, lying anyhow."""
    rng, truth = scene.rng, elliptical(scene)
    for _ in range(int(rng.integers(3, 8))):
        distance, azimuth = rng.uniform(0.15, 0.85) * scene.half_arcsec, rng.uniform(0, 2 * math.pi)
        at = (distance * math.cos(azimuth), distance * math.sin(azimuth))
        if rng.random() < 0.4:
            other = deflector(scene.survey, scene.population, math.inf, rng).galaxy
            mag = max(other.mag, truth.mag) + rng.uniform(0, 2)
            galaxy = Galaxy(other.z, mag, other.radius * 10 ** (-0.12 * (mag - other.mag)), other.colour)
            scene.add_faint(galaxy, *at, n=rng.uniform(2, 4), q=rng.uniform(0.5, 0.95))
        else:
            scene.add_faint(faint(rng, brightest=21.0, faintest=24.8), *at, n=rng.uniform(0.7, 2))
    return Truth("crowded", subclass="group", z_lens=truth.z_lens, mag=truth.mag)


def spiral(scene: Scene) -> Truth:
    """Bulge, disc and logarithmic arms with star-forming knots, at any inclination below 65 degrees."""
    rng, galaxy = scene.rng, disc(scene.survey, scene.population, scene.rng)
    q, angle = math.cos(math.radians(rng.uniform(5, 65))), rng.uniform(0, math.pi)
    bulge, in_arms = rng.uniform(0.08, 0.5), rng.uniform(0.25, 0.65)
    scale = float(np.clip(galaxy.radius / 1.68, 0.2, 0.25 * scene.half_arcsec))
    red = colour("early", galaxy.z)
    scene.add_sersic(dimmed(galaxy.mag, bulge), red, Sersic(0, 0, 0.5 * scale, 2.5, 0.5 + q / 2, angle))
    smooth = (1 - bulge) * (1 - in_arms)
    scene.add_sersic(dimmed(galaxy.mag, smooth), galaxy.colour, Sersic(0, 0, 1.68 * scale * math.sqrt(q), 1, q, angle))
    count, barred = int(rng.choice([1, 2, 2, 2, 3, 4])), rng.random() < 0.3
    if barred:
        bar = Sersic(0, 0, 0.6 * scale, 0.5, rng.uniform(0.25, 0.45) * q**0.5, rng.uniform(0, math.pi))
        share = 0.3 * bulge
        scene.add_sersic(dimmed(galaxy.mag, share), red, bar)
    arms = Arms(
        scale * 1.15, scale, q, angle, count, math.radians(rng.uniform(9, 30)),
        rng.uniform(0, 2 * math.pi), rng.uniform(1.5, 4),
    )  # fmt: skip
    image = arms.draw(scene.grid)
    blue = colour("starforming", galaxy.z, rng.uniform(0, 0.6))
    knots = rng.uniform(0, 0.4)
    mag = dimmed(galaxy.mag, (1 - bulge) * in_arms)
    scene.add(dimmed(mag, 1 - knots), blue, image)
    _knots(scene, dimmed(mag, knots), blue, image, int(rng.integers(4, 14)))
    return Truth("spiral", subclass="barred" if barred else f"{count} arms", z_lens=galaxy.z, mag=galaxy.mag)


def _knots(scene: Scene, mag: float, spectrum: Colour, image: np.ndarray, count: int) -> None:
    """Share a magnitude among point-like knots, placed where `image` is bright."""
    cumulative = np.cumsum(image, dtype=np.float64)
    shares = scene.rng.dirichlet(np.ones(count))
    places = np.searchsorted(cumulative, scene.rng.random(count) * cumulative[-1])
    for share, place in zip(shares, places, strict=True):
        row, column = divmod(min(int(place), image.size - 1), scene.grid.side)
        x, y = float(scene.grid.axis[column]), float(scene.grid.axis[row])
        scene.add_sersic(dimmed(mag, share), spectrum, Sersic(x, y, 1.2 * scene.grid.step, 0.5))


def ring(scene: Scene) -> Truth:
    """A red core within a detached blue ring, as of Hoag's object or a polar ring: the hardest impostor."""
    rng, galaxy = scene.rng, disc(scene.survey, scene.population, scene.rng)
    q, angle, in_ring = rng.uniform(0.45, 1), rng.uniform(0, math.pi), rng.uniform(0.2, 0.55)
    radius = rng.uniform(*scene.survey.theta_e_arcsec) * rng.uniform(0.9, 1.3)
    radius = min(radius, 0.6 * scene.half_arcsec)
    core = Sersic(0, 0, 0.45 * radius, 3, rng.uniform(0.7, 1), rng.uniform(0, math.pi))
    scene.add_sersic(dimmed(galaxy.mag, 1 - in_ring), colour("early", galaxy.z), core)
    arms = Arms(
        radius, rng.uniform(0.13, 0.28) * radius, q, angle, 0, math.pi / 2, rng.uniform(0, 6.28), rng.uniform(0, 0.7)
    )
    blue, image, knots = (
        colour("starforming", galaxy.z, rng.uniform(0, 0.6)),
        arms.draw(scene.grid),
        rng.uniform(0.0, 0.25),
    )
    mag = dimmed(galaxy.mag, in_ring)
    scene.add(dimmed(mag, 1 - knots), blue, image)
    _knots(scene, dimmed(mag, knots), blue, image, int(rng.integers(5, 15)))
    return Truth("ring", subclass="hoag" if q > 0.75 else "inclined", z_lens=galaxy.z, mag=galaxy.mag)


def merger(scene: Scene) -> Truth:
    """Two galaxies in contact with one or two tidal tails."""
    rng, galaxy = scene.rng, disc(scene.survey, scene.population, scene.rng)
    share, in_tails = rng.uniform(0.45, 0.85), rng.uniform(0.08, 0.3)
    separation, azimuth = galaxy.radius * rng.uniform(0.8, 2.2), rng.uniform(0, 2 * math.pi)
    separation = min(separation, 0.5 * scene.half_arcsec)
    for part, distance in ((share, 0.0), (1 - share, separation)):
        radius = galaxy.radius * rng.uniform(0.4, 0.8) * math.sqrt(part)
        x, y = distance * math.cos(azimuth), distance * math.sin(azimuth)
        profile = Sersic(x, y, radius, rng.uniform(1, 3.5), rng.uniform(0.4, 0.95), rng.uniform(0, math.pi))
        scene.add_sersic(dimmed(galaxy.mag, part * (1 - in_tails)), galaxy.colour, profile)
    for turn in range(int(rng.integers(1, 3))):
        radius, width = separation * rng.uniform(0.9, 1.5), galaxy.radius * rng.uniform(0.15, 0.35)
        opening = galaxy.radius * rng.uniform(0.1, 0.6)
        tail = tidal_tail(scene.grid, radius, width, azimuth + turn * math.pi, rng.uniform(0.8, 2.2), opening)
        scene.add(dimmed(galaxy.mag, in_tails / (turn + 1)), colour("late", galaxy.z, -0.3), tail)
    return Truth("merger", subclass="tails", z_lens=galaxy.z, mag=galaxy.mag)


def edge_on(scene: Scene) -> Truth:
    """A disc seen from the side, half of them with a dust lane."""
    rng, galaxy = scene.rng, disc(scene.survey, scene.population, scene.rng)
    q, angle, bulge = rng.uniform(0.1, 0.25), rng.uniform(0, math.pi), rng.uniform(0.05, 0.35)
    radius = float(np.clip(galaxy.radius, 0.3, 0.45 * scene.half_arcsec))
    window, image = Sersic(0, 0, radius * math.sqrt(q), 1, q, angle).draw(scene.grid)
    dusty = rng.random() < 0.5
    if dusty:
        along, across = scene.grid.offsets(window, 0.0, 0.0, angle)
        depth = rng.uniform(0.3, 0.8) * np.exp(-0.5 * (across / (0.25 * q * radius)) ** 2 - (along / (2 * radius)) ** 2)
        image = image * (1 - depth)
    scene.add(dimmed(galaxy.mag, 1 - bulge), galaxy.colour, image, window)
    core = Sersic(0, 0, 0.25 * radius, 2, rng.uniform(0.6, 0.9), angle)
    scene.add_sersic(dimmed(galaxy.mag, bulge), colour("early", galaxy.z), core)
    return Truth("edge_on", subclass="dusty" if dusty else "clear", z_lens=galaxy.z, mag=galaxy.mag)


def star(scene: Scene) -> Truth:
    """A single star, two of them, or a pair of quasars of one colour, as a doubly imaged one would look."""
    rng, drawn = scene.rng, scene.rng.random()
    mag = rng.uniform(17.5, 22.0)
    if drawn < 0.35:
        add_star(scene, mag, 0.0, 0.0)
        return Truth("star", subclass="single", mag=mag)
    low, high = scene.survey.theta_e_arcsec
    apart, azimuth = rng.uniform(1.2 * low, 2 * high), rng.uniform(0, 2 * math.pi)
    x, y = 0.5 * apart * math.cos(azimuth), 0.5 * apart * math.sin(azimuth)
    if drawn < 0.6:
        add_star(scene, mag, x, y)
        add_star(scene, mag + rng.exponential(1.0), -x, -y)
        return Truth("star", subclass="pair", mag=mag)
    blue: Colour = colour("starforming", rng.uniform(0.8, 2.5), rng.normal(0, 0.2))
    for share, sign in ((0.0, 1), (rng.uniform(0, 1.2), -1)):
        scene.add_sersic(mag + 1 + share, blue, Sersic(sign * x, sign * y, 0.7 * scene.grid.step, 0.5))
    return Truth("star", subclass="quasar pair", mag=mag)


def artefact(scene: Scene) -> Truth:
    """A galaxy or bare sky with a defect in its middle: a track, a trail, a ghost, a bad column, a saturated star."""
    rng, kinds = scene.rng, ("cosmic ray", "trail", "ghost", "column", "saturated star")
    kind = kinds[int(rng.integers(len(kinds)))]
    if kind == "saturated star":
        add_star(scene, scene.survey.saturation_mag - rng.uniform(0.2, 2.5), *rng.uniform(-0.5, 0.5, 2))
    else:
        elliptical(scene) if rng.random() < 0.7 else None
        draws: dict[str, Callable[[np.ndarray], None]] = {
            "cosmic ray": lambda images: artefacts.cosmic_rays(images, 3, rng, near=0.35),
            "trail": lambda images: artefacts.trail(images, rng, near=0.25),
            "ghost": lambda images: artefacts.ghost(images, rng),
            "column": lambda images: artefacts.bad_columns(images, rng),
        }
        scene.defects.append(draws[kind])
    return Truth("artefact", subclass=kind)


IMPOSTORS: dict[str, Callable[[Scene], Truth]] = {
    draw.__name__: draw for draw in (elliptical, spiral, ring, merger, edge_on, companions, crowded, star, artefact)
}
"""Each class of non-lenses and what draws it; their shares are a population's."""


def impostor(scene: Scene) -> Truth:
    """One of them, by the population's shares."""
    names, shares = zip(*scene.about.shares, strict=True)
    edges = np.cumsum(shares)
    return IMPOSTORS[names[int(np.searchsorted(edges, scene.rng.random() * edges[-1], side="right"))]](scene)
