"""Elliptical isophotes of a galaxy under its arcs, as a model image; knows no sky and no window."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from astrolens_gui.api import Context

from .sersic import CORE_PX, MODEL_ERROR, OWN, Fit, above, along

ROUNDS = 2
FEWEST = 8
"""Isophotes; with fewer there is no model."""

STEP = 0.15
"""Each isophote's semi-major axis is larger by this part."""

BLEND = 0.8
"""From this part of the outermost isophote on, the Sérsic profile takes over: isophotes end, galaxies don't."""


COVERED = 0.2
"""Where arcs cover this part of an ellipse, it keeps the shape of the one within: their edges would bend it."""


class NoIsophotesError(ValueError):
    """The isophotes could not be followed; its text says why."""


@dataclass(frozen=True)
class Isophotes:
    """A model of ellipses.

    Attributes:
        model: float64 (height, width), sky included. masked: pixels filled by the model while it was fitted.
        count: how many isophotes. converged: part of those that were fitted, not only measured.
        outermost: semi-major axis in pixels.
    """

    model: np.ndarray
    masked: np.ndarray
    count: int
    converged: float
    outermost: float


def fit(data: np.ndarray, begun: Fit, ctx: Context | None = None) -> Isophotes:
    """Follow the isophotes (photutils.isophote; Jedrzejewski 1987, MNRAS 226, 747) from a Sérsic fit of the same stamp.

    Arcs and neighbours are filled with the model so far before the ellipses are fitted, so that a ring has no pull; then
    the mask is made anew from the better model.

    Raises:
        NoIsophotesError: the ellipses did not converge.
    """
    ctx = ctx or Context()
    data = np.asarray(data, np.float64)
    good = np.isfinite(data)
    values = begun.values
    sigma = np.broadcast_to(np.asarray(begun.sigma, np.float64), data.shape)
    good &= np.isfinite(sigma)
    radius = along(data.shape, values["x"], values["y"], values["q"], math.radians(values["angle"]))
    # Ellipses may follow the middle, where the Sérsic profile could not: a twist there is no arc.
    masked, model = begun.masked & (radius > max(2 * CORE_PX, OWN * values["r_eff"])), begun.model
    for turn in range(ROUNDS):
        ctx.progress(turn / ROUNDS, f"Isophotes, round {turn + 1} of {ROUNDS}")
        filled = np.where(masked | ~good, model, data) - values["sky"]
        found = _follow(filled, begun, _free(masked, begun))
        raw = _image(found, begun)
        reach = float(found[-1].sma)
        outer = np.clip(
            (along(data.shape, found[-1].x0, found[-1].y0, 1 - found[-1].eps, found[-1].pa) / reach - BLEND)
            / (1 - BLEND),
            0.0,
            1.0,
        )
        model = (1 - outer) * (raw + values["sky"]) + outer * begun.model
        noise = np.hypot(sigma, MODEL_ERROR * np.abs(model - values["sky"]))
        masked = above(data, model, noise, good, values) & good
    if not np.isfinite(model).all():
        raise NoIsophotesError("the isophotes' model has holes")
    fitted = [isophote.stop_code in (0, 2) for isophote in found if isophote.stop_code != 4]
    ctx.progress(1.0, "Isophotes done")
    return Isophotes(model, masked, len(found), float(np.mean(fitted)) if fitted else 0.0, reach)


def _free(masked: np.ndarray, begun: Fit) -> float:
    """The semi-major axis in pixels out to which ellipses are free of arcs, at most 0.6 of the half side."""
    values, half = begun.values, min(masked.shape) / 2
    radius = along(masked.shape, values["x"], values["y"], values["q"], math.radians(values["angle"]))
    ring = np.minimum(radius, 0.6 * half).astype(int).ravel()
    covered = np.bincount(ring, masked.ravel()) / np.maximum(np.bincount(ring), 1)
    least = max(2 * CORE_PX, 0.3 * values["r_eff"])
    crossed = [place for place, part in enumerate(covered) if place >= least and part > COVERED]
    return float(crossed[0] if crossed else 0.6 * half)


def _follow(image: np.ndarray, begun: Fit, free: float) -> Any:
    """photutils' IsophoteList, innermost first."""
    from astropy import log
    from photutils.isophote import Ellipse, EllipseGeometry

    values, half = begun.values, min(image.shape) / 2
    start = min(max(values["r_eff"] / 2, 4.0), 0.8 * free)
    geometry = EllipseGeometry(
        values["x"], values["y"], sma=start, eps=min(max(1 - values["q"], 0.02), 0.8), pa=math.radians(values["angle"])
    )
    found: Any = ()
    with warnings.catch_warnings(), log.log_to_list() as _:
        warnings.simplefilter("ignore")
        for fixed in (False, True):  # a free centre follows a lopsided galaxy; a faint one needs to be told
            try:
                found = Ellipse(image, geometry, threshold=0.1).fit_image(
                    minsma=1.0, maxsma=1.3 * half, maxrit=free, step=STEP, sclip=3.0, n_clip=2, fflag=0.5,
                    minit=5, maxit=15, conver=0.1, fix_center=fixed,
                )  # fmt: skip
            except (IndexError, ValueError, RuntimeError, ZeroDivisionError, np.linalg.LinAlgError):
                continue
            if len(found) >= FEWEST:
                return found
    raise NoIsophotesError(f"only {len(found)} ellipses could be fitted")


def _image(found: Any, begun: Fit) -> np.ndarray:
    """The galaxy without the sky, painted from its ellipses.

    What the Sérsic image loses when it is sampled on ellipses and painted again (most where it is steep within a pixel)
    is lost to the galaxy as well, and given back.
    """
    from scipy.ndimage import map_coordinates

    values, shape = begun.values, begun.model.shape
    axis = math.radians(values["angle"])
    sound = [each for each in found if np.isfinite([each.intens, each.eps, each.pa, each.x0, each.y0]).all()]
    if len(sound) < FEWEST:
        raise NoIsophotesError("the isophotes make no smooth model")
    sma, level, eps, pa, x, y = np.array([(o.sma, o.intens, o.eps, o.pa, o.x0, o.y0) for o in sound], np.float64).T
    own = along(shape, values["x"], values["y"], values["q"], axis)
    ellipses = x, y, eps * np.cos(2 * pa), eps * np.sin(2 * pa)  # no seam between 180° and 0°
    radius = own
    for _ in range(5):  # the ellipse through a pixel is that of its own radius
        x, y, flat, turned = (np.interp(radius, sma, each) for each in ellipses)
        radius = along(shape, x, y, 1 - np.hypot(flat, turned), np.arctan2(turned, flat) / 2)
    clean = begun.model - values["sky"]
    turn = np.linspace(0, 2 * np.pi, 128, endpoint=False)
    u, v = np.outer(sma, np.cos(turn)), values["q"] * np.outer(sma, np.sin(turn))
    across = values["x"] + math.cos(axis) * u - math.sin(axis) * v
    up = values["y"] + math.sin(axis) * u + math.cos(axis) * v
    sampled = np.nanmean(map_coordinates(clean, [up, across], order=1, cval=np.nan), axis=1)
    return clean + _painted(radius, sma, level) - _painted(own, sma, sampled)


def _painted(radius: np.ndarray, sma: np.ndarray, level: np.ndarray) -> np.ndarray:
    from scipy.interpolate import PchipInterpolator

    return np.asarray(PchipInterpolator(sma, level)(np.minimum(radius, sma[-1])))
