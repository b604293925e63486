"""Gravitational lensing by isothermal galaxies with external shear; knows nothing of light, pixels or noise."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SPEED_OF_LIGHT_KM_S = 299_792.458
ARCSEC = 206_264.806
HUBBLE_DISTANCE_MPC = SPEED_OF_LIGHT_KM_S / 70.0
OMEGA_MATTER = 0.3


@dataclass(frozen=True)
class Lens:
    """A singular isothermal ellipsoid at the origin.

    Attributes:
        theta_e: Einstein radius in arcsec, of the circle with the critical curve's area.
        q: axis ratio of the mass, 0 < q <= 1.
        angle: of the major axis, radians from +x.
        shear, shear_angle: external shear and its direction, radians.
        members: singular isothermal spheres beside it, each (Einstein radius, x, y) in arcsec.
        slope: of the density, 3-D; any but the isothermal 2 is drawn by lenstronomy's elliptical power law.
    """

    theta_e: float
    q: float
    angle: float
    shear: float = 0.0
    shear_angle: float = 0.0
    members: tuple[tuple[float, float, float], ...] = ()
    slope: float = 2.0

    def source_plane(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the image positions (arcsec) lie in the source plane: beta = theta - alpha(theta).

        Kormann, Schneider & Bartelmann (1994), in the form of Keeton (2001, astro-ph/0102341), without a core.
        """
        pull_x, pull_y = self._isothermal(x, y) if self.slope == 2.0 else self._power_law(x, y)
        gamma1 = self.shear * math.cos(2 * self.shear_angle)
        gamma2 = self.shear * math.sin(2 * self.shear_angle)
        beta_x = x - pull_x - (gamma1 * x + gamma2 * y)
        beta_y = y - pull_y - (gamma2 * x - gamma1 * y)
        for radius, at_x, at_y in self.members:
            dx, dy = x - at_x, y - at_y
            pull = radius / (np.sqrt(dx * dx + dy * dy) + 1e-9)
            beta_x, beta_y = beta_x - pull * dx, beta_y - pull * dy
        return beta_x, beta_y

    def _isothermal(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        q = min(self.q, 0.999)
        eccentricity = math.sqrt(1 - q * q)
        cos, sin = math.cos(self.angle), math.sin(self.angle)
        major, minor = cos * x + sin * y, cos * y - sin * x
        psi = np.sqrt(q * q * major * major + minor * minor) + 1e-9
        scale = self.theta_e * math.sqrt(q) / eccentricity
        along = scale * np.arctan(eccentricity * major / psi)
        across = scale * np.arctanh(eccentricity * minor / psi)
        return cos * along - sin * across, sin * along + cos * across

    def _power_law(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Tessore & Metcalf (2015) as lenstronomy has it (Birrer & Amara 2018)."""
        from lenstronomy.LensModel.Profiles.epl_numba import EPL_numba

        ratio = (1 - min(self.q, 0.999)) / (1 + min(self.q, 0.999))
        e1, e2 = ratio * math.cos(2 * self.angle), ratio * math.sin(2 * self.angle)
        shape = np.broadcast_shapes(np.shape(x), np.shape(y))
        flat = [np.broadcast_to(np.asarray(axis, np.float64), shape).ravel() for axis in (x, y)]
        pulls = EPL_numba().derivatives(*flat, self.theta_e, self.slope, e1, e2, 0.0, 0.0)
        return pulls[0].reshape(shape).astype(np.float32), pulls[1].reshape(shape).astype(np.float32)

    def image_counter(self, samples: int = 72, reach: float = 2.8) -> Callable[[float, float], int]:
        """A function that counts the images of a source at (x, y) in the source plane.

        It counts the triangles of a grid of `samples` nodes a side, within `reach` Einstein radii, whose rays enclose the
        source (Schneider, Ehlers & Falco 1992, §10.1.3). Triangles at a singular centre are left out: the image there has
        no flux.
        """
        axis = np.linspace(-reach * self.theta_e, reach * self.theta_e, samples)
        x, y = np.meshgrid(axis, axis)
        bx, by = self.source_plane(x, y)
        cell = axis[1] - axis[0]
        centres = axis[:-1] + cell / 2
        usable = np.ones((samples - 1, samples - 1), bool)
        for at_x, at_y in ((0.0, 0.0), *((mx, my) for _, mx, my in self.members)):
            usable &= (np.abs(centres[None, :] - at_x) > 1.01 * cell) | (np.abs(centres[:, None] - at_y) > 1.01 * cell)

        def count(source_x: float, source_y: float) -> int:
            dx, dy = bx - source_x, by - source_y
            (ax, bx_, cx, ex), (ay, by_, cy, ey) = ((p[:-1, :-1], p[:-1, 1:], p[1:, :-1], p[1:, 1:]) for p in (dx, dy))
            lower, upper = _encloses(ax, ay, bx_, by_, cx, cy), _encloses(ex, ey, cx, cy, bx_, by_)
            return int(np.count_nonzero(lower & usable) + np.count_nonzero(upper & usable))

        return count


def _encloses(ax, ay, bx, by, cx, cy) -> np.ndarray:
    """Whether the origin lies in each triangle, borders belonging to one side only."""
    first, second, third = ax * by - ay * bx >= 0, bx * cy - by * cx >= 0, cx * ay - cy * ax >= 0
    return (first == second) & (second == third)


def einstein_radius_arcsec(sigma_km_s: float, z_lens: float, z_source: float) -> float:
    """4 pi (sigma/c)^2 D_ls/D_s of an isothermal sphere, in arcsec; 0 for a source in front of the lens."""
    near, far = comoving_mpc(z_lens), comoving_mpc(z_source)
    return max(0.0, 4 * math.pi * (sigma_km_s / SPEED_OF_LIGHT_KM_S) ** 2 * (1 - near / far) * ARCSEC)


def comoving_mpc(z: float) -> float:
    """Comoving distance in a flat universe with H0 = 70 km/s/Mpc and matter 0.3, by Simpson's rule on 33 points."""
    steps = np.linspace(0.0, z, 33)
    inverse = 1 / np.sqrt(OMEGA_MATTER * (1 + steps) ** 3 + 1 - OMEGA_MATTER)
    weights = np.full(33, 2.0)
    weights[1::2] = 4.0
    weights[[0, -1]] = 1.0
    return float(HUBBLE_DISTANCE_MPC * z / 96 * np.sum(weights * inverse))


def distance_modulus(z: float) -> float:
    """5 log10 of the luminosity distance over 10 pc."""
    return 5 * math.log10(comoving_mpc(z) * (1 + z) * 1e5)


def kpc_per_arcsec(z: float) -> float:
    """Proper transverse size of one arcsec."""
    return comoving_mpc(z) / (1 + z) * 1e3 / ARCSEC
