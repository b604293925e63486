"""A Sérsic profile and a flat sky fitted to a stamp, arcs and neighbours left out step by step; knows no sky and no window."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from astrolens_gui.api import Context

ROUNDS = 4
CLIP = 3.0
"""σ above the model at which a pixel is taken for an arc or a neighbour."""

MODEL_ERROR = 0.04
"""Part of the model by which a galaxy may differ from a Sérsic profile: noise of the fit, besides the pixels'."""

N_RANGE = (0.3, 8.0)
OWN = 0.5
"""Within this part of the effective radius, what rises all round the centre is the galaxy's own light."""

CORE_PX = 3.0
"""Within this radius the profile is averaged over sub-pixels, and nothing is taken for an arc."""

NAMES = ("amplitude", "r_eff", "n", "x", "y", "q", "angle", "sky")


@dataclass(frozen=True)
class Fit:
    """A fitted profile; `values` and `errors` by the names of NAMES, lengths in pixels, `angle` in degrees from +x.

    Attributes:
        model: float64 (height, width), sky included. masked: pixels that were left out of the fit.
        chi2: per degree of freedom, against the pixels' σ alone, where not masked.
        at_limit: names of the parameters that ran into a bound.
    """

    values: dict[str, float]
    errors: dict[str, float]
    model: np.ndarray
    masked: np.ndarray
    chi2: float
    at_limit: tuple[str, ...] = ()
    sigma: float | np.ndarray = field(default=1.0, repr=False)


def shape(size: tuple[int, ...], r_eff: float, n: float, x: float, y: float, q: float, angle: float) -> np.ndarray:
    """A Sérsic profile of unit brightness at the effective (major) radius (Sérsic 1968, Atlas de Galaxias Australes).

    astropy's `Sersic2D`, averaged over 5 x 5 sub-pixels near the centre, where it bends within a pixel.
    """
    from astropy.modeling.functional_models import Sersic2D

    height, width = size
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    theta = math.radians(angle)
    image = Sersic2D.evaluate(columns, rows, 1.0, r_eff, n, x, y, 1 - q, theta)
    reach = math.ceil(CORE_PX)
    x0, x1 = max(round(x) - reach, 0), min(round(x) + reach + 1, width)
    y0, y1 = max(round(y) - reach, 0), min(round(y) + reach + 1, height)
    if x0 < x1 and y0 < y1:
        fine = (np.arange(5) - 2) / 5
        along = (np.arange(x0, x1)[:, None] + fine).ravel()
        down = (np.arange(y0, y1)[:, None] + fine).ravel()
        core = Sersic2D.evaluate(along[None], down[:, None], 1.0, r_eff, n, x, y, 1 - q, theta)
        image[y0:y1, x0:x1] = core.reshape(y1 - y0, 5, x1 - x0, 5).mean(axis=(1, 3))
    return image


def fit(data: np.ndarray, centre: tuple[float, float], sigma: float | np.ndarray, ctx: Context | None = None) -> Fit:
    """Fit profile and sky by least squares, masking what rises above them, until the mask stands still.

    Args:
        data: float (height, width); NaN is left out. centre: 0-based start (x, y), kept within four pixels.
        sigma: noise of a pixel, a number or an array like `data`.
    Raises:
        ValueError: too few pixels have data.
    """
    ctx = ctx or Context()
    data = np.asarray(data, np.float64)
    good = np.isfinite(data) & np.isfinite(sigma) & (np.asarray(sigma) > 0)
    if good.sum() < 5 * len(NAMES):
        raise ValueError("too few pixels have data for a fit")
    sigma_of = np.broadcast_to(np.asarray(sigma, np.float64), data.shape)
    masked = np.zeros(data.shape, bool)
    parameters = _start(data, good, centre)
    noise = sigma_of
    for turn in range(ROUNDS):
        ctx.progress(turn / ROUNDS, f"Sérsic fit, round {turn + 1} of {ROUNDS}")
        use = good & ~masked
        parameters = _solve(data, use, noise, parameters, centre, robust=turn == 0)
        model, amplitude, sky = _render(parameters, data, use, noise)
        noise = np.hypot(sigma_of, MODEL_ERROR * np.abs(model - sky))
        fresh = above(data, model, noise, good, dict(zip(NAMES, (0.0, *_named(parameters), 0.0), strict=True)))
        same = np.count_nonzero(fresh ^ masked) < 0.002 * data.size
        masked = fresh
        if same and turn:
            break
    use = good & ~masked
    values = dict(zip(NAMES, (amplitude, *_named(parameters), sky), strict=True))
    residual = (data - model)[use]
    chi2 = float(np.sum((residual / sigma_of[use]) ** 2) / max(use.sum() - len(NAMES), 1))
    weighted = float(np.sum((residual / noise[use]) ** 2) / max(use.sum() - len(NAMES), 1))
    errors = _errors(data.shape, values, use, noise, max(weighted, 1.0))
    ctx.progress(1.0, "Sérsic fit done")
    limits = [
        name for name, low, high in (("n", *N_RANGE), ("q", 0.1, 1.01)) if not low * 1.02 < values[name] < high * 0.98
    ]
    if values["r_eff"] > max(data.shape) * 1.9:
        limits.append("r_eff")
    return Fit(values, errors, model, masked & good, chi2, tuple(limits), sigma)


def above(
    data: np.ndarray, model: np.ndarray, noise: np.ndarray, good: np.ndarray, values: dict[str, float]
) -> np.ndarray:
    """Pixels of arcs and neighbours: what rises above the model by CLIP σ of the smoothed residual, and two pixels about it.

    The smoothed residual's own scatter is the σ, as noise is correlated between the pixels of a drizzled image; never
    less than that of white noise. What rises all round within half of the effective radius is the galaxy's own, which the
    model misses: there the median of each ellipse is no excess.
    """
    from scipy.ndimage import binary_dilation, binary_opening, gaussian_filter

    radius = along(data.shape, values["x"], values["y"], values["q"], math.radians(values["angle"]))
    core = radius <= CORE_PX
    left = np.where(good, data - model, 0.0)
    inner = max(2 * CORE_PX, OWN * values["r_eff"])
    for ring in range(int(inner)):
        here = good & (radius >= ring) & (radius < ring + 1)
        if here.any():
            left[here] -= np.median(left[here])
    excess = gaussian_filter(left / np.where(good, noise, 1.0), 1.0)
    white = 0.283  # 1 / (2 sqrt(pi)): what the smoothing leaves of it
    below = excess[good & (excess < 0)]
    own = 1.4826 * float(np.median(-below)) if below.size else white
    level = CLIP * max(own, white)
    # single bright pixels are noise, unless very bright
    high = binary_opening((excess > level) & ~core) | ((excess > 3 * level) & ~core)
    return np.asarray(binary_dilation(high, iterations=2) & ~core)


def along(shape: tuple[int, ...], x: Any, y: Any, q: Any, angle: Any) -> np.ndarray:
    """Semi-major axis, in pixels, of the ellipse of axis ratio q and `angle` (radians from +x) through each pixel.

    All four are numbers, or arrays of `shape`: each pixel's own ellipse.
    """
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    dx, dy = columns - x, rows - y
    cos, sin = np.cos(angle), np.sin(angle)
    return np.asarray(np.hypot(cos * dx + sin * dy, (cos * dy - sin * dx) / np.maximum(q, 0.05)))


def _start(data: np.ndarray, good: np.ndarray, centre: tuple[float, float]) -> np.ndarray:
    """(log r_eff, n, x, y, e1, e2): half the light of the inner half of the stamp gives the radius."""
    height, width = data.shape
    rows, columns = np.mgrid[:height, :width]
    radius = np.hypot(columns - centre[0], rows - centre[1])
    sky = float(np.median(data[good & (radius > 0.7 * radius.max())])) if good.any() else 0.0
    near = good & (radius < min(height, width) / 2)
    order = np.argsort(radius[near])
    light = np.cumsum(np.clip(data[near] - sky, 0, None)[order])
    half = radius[near][order][int(np.searchsorted(light, light[-1] / 2))] if light.size and light[-1] > 0 else 5.0
    return np.array([math.log(min(max(float(half), 1.5), max(height, width))), 2.5, *centre, 0.0, 0.0])


def _named(parameters: np.ndarray) -> tuple[float, float, float, float, float, float]:
    """(r_eff, n, x, y, q, angle) of the fit's own parameters; (e1, e2) = (1-q)/(1+q) (cos 2φ, sin 2φ) has no seam at q = 1."""
    log_r, n, x, y, e1, e2 = (float(v) for v in parameters)
    e = min(math.hypot(e1, e2), 0.9)
    return math.exp(log_r), n, x, y, (1 - e) / (1 + e), math.degrees(math.atan2(e2, e1)) / 2 % 180.0


def _render(
    parameters: np.ndarray, data: np.ndarray, use: np.ndarray, noise: np.ndarray
) -> tuple[np.ndarray, float, float]:
    """(model, amplitude, sky): the two in which the model is linear follow from the others by weighted least squares."""
    profile = shape(data.shape, *_named(parameters))
    weight = 1.0 / noise[use] ** 2
    p, d = profile[use], data[use]
    total, first, second = weight.sum(), (weight * p).sum(), (weight * p * p).sum()
    flux, both = (weight * d).sum(), (weight * p * d).sum()
    determinant = total * second - first * first
    if determinant <= 1e-12 * total * second:
        return np.full(data.shape, flux / total), 0.0, float(flux / total)
    amplitude = max(float((total * both - first * flux) / determinant), 0.0)
    sky = float((flux - amplitude * first) / total)
    return amplitude * profile + sky, amplitude, sky


def _solve(
    data: np.ndarray,
    use: np.ndarray,
    noise: np.ndarray,
    start: np.ndarray,
    centre: tuple[float, float],
    robust: bool,
) -> np.ndarray:
    from scipy.optimize import least_squares

    def misses(parameters: np.ndarray) -> np.ndarray:
        return ((data - _render(parameters, data, use, noise)[0]) / noise)[use]

    low = np.array([math.log(0.5), N_RANGE[0], centre[0] - 4, centre[1] - 4, -0.8, -0.8])
    high = np.array([math.log(2 * max(data.shape)), N_RANGE[1], centre[0] + 4, centre[1] + 4, 0.8, 0.8])
    start = np.clip(start, low + 1e-6, high - 1e-6)
    scale = np.array([0.1, 0.5, 0.3, 0.3, 0.1, 0.1])
    found = least_squares(
        misses, start, bounds=(low, high), x_scale=scale, loss="soft_l1" if robust else "linear", f_scale=2.0,
        max_nfev=15 if robust else 12, xtol=1e-4, ftol=1e-5, gtol=1e-6, diff_step=1e-4,
        tr_solver="lsmr",  # half the time of the exact one, whose small SVDs wait for each other in BLAS's threads
    )  # fmt: skip
    return np.asarray(found.x)


def _errors(
    size: tuple[int, int], values: dict[str, float], use: np.ndarray, noise: np.ndarray, inflate: float
) -> dict[str, float]:
    """1σ of every parameter from the curvature at the best fit, grown by √χ² where the model does not fit the data."""
    steps = {"amplitude": None, "sky": None, "r_eff": 0.01, "n": 0.01, "x": 0.02, "y": 0.02, "q": 0.005, "angle": 0.5}

    def draw(**change: float) -> np.ndarray:
        v = {**values, **change}
        q = min(max(v["q"], 0.05), 1.0)
        return v["amplitude"] * shape(size, v["r_eff"], v["n"], v["x"], v["y"], q, v["angle"])[use]

    columns = []
    for name, step in steps.items():
        if name == "sky":
            columns.append(np.ones(int(use.sum())))
        elif step is None:
            columns.append(draw() / max(values["amplitude"], 1e-300))
        else:
            size_of = step * values[name] if name in ("r_eff", "n") else step
            up = size_of if name != "q" or values["q"] + size_of <= 1 else 0.0
            down = size_of
            difference = draw(**{name: values[name] + up}) - draw(**{name: values[name] - down})
            columns.append(difference / (up + down))
    matrix = np.column_stack(columns) / noise[use][:, None]
    norm = np.linalg.norm(matrix, axis=0)
    norm[norm == 0] = 1.0
    covariance = np.linalg.pinv((matrix / norm).T @ (matrix / norm)) * inflate
    sigma = np.sqrt(np.clip(np.diag(covariance), 0, None)) / norm
    found = dict(zip(steps, sigma.tolist(), strict=True))
    return {name: found[name] for name in NAMES}
