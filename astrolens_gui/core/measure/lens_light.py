"""The lens galaxy's light taken off a stamp: model, residual, significance and a word on how well; knows no window."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from astrolens_gui.api import Context, UserError

from . import isophotes, sersic
from .circle import brightest
from .plate import Patch, Plate

LARGEST = 256
"""Pixels: of a larger image only a window of this side about the centre is fitted."""

SMALLEST = 16

FAINTEST = 15.0
"""Signal to noise within the effective radius below which no model deserves trust."""

MODELS = {"isophotes": "elliptical isophotes", "sersic": "Sérsic profile"}


@dataclass(frozen=True)
class LensLight:
    """A galaxy's light and what is left without it. Arrays are float32 (height, width) of the window.

    Attributes:
        x0, y0: the window's first pixel in the image.
        model: with the sky. residual: data − model. significance: residual / σ. masked: bool, pixels of arcs and neighbours, not fitted.
        method: "isophotes" or "sersic". sigma: σ of a pixel (the median of the map, where there is one); noise: where σ is from.
        x, y: the galaxy's centre in the image (0-based pixels). unit: of lengths, "arcsec" or "px".
        r_e, n, q, angle: of the Sérsic fit; r_e the major axis in `unit`, angle east of north (counter-clockwise from up
            where no WCS tells north), 0..180. The point spread function is not taken out of them.
        errors: 1σ by the same names. sky: of a pixel. flux: of the model without the sky, in the window.
        core: part of the light within r_e that the model misses, as |residual| where not masked.
        chi2: per pixel where not masked. quality: "good", "fair" or "poor". remark: a sentence, "" for none.
    """

    x0: int
    y0: int
    model: np.ndarray
    residual: np.ndarray
    significance: np.ndarray
    masked: np.ndarray
    method: str
    sigma: float
    noise: str
    x: float
    y: float
    unit: str
    r_e: float
    n: float
    q: float
    angle: float
    oriented: bool
    errors: dict[str, float]
    sky: float
    flux: float
    core: float
    chi2: float
    quality: str
    remark: str = ""

    def values(self) -> dict[str, Any]:
        """What is kept of it, as JSON: numbers with their unit in the name."""
        found: dict[str, Any] = {
            "model": self.method,
            f"r_e_{self.unit}": _short(self.r_e),
            f"r_e_error_{self.unit}": _short(self.errors["r_e"]),
            "n": _short(self.n),
            "n_error": _short(self.errors["n"]),
            "q": _short(self.q),
            "q_error": _short(self.errors["q"]),
            "position_angle_deg" if self.oriented else "angle_from_up_deg": _short(self.angle),
            "flux": _short(self.flux),
            "sigma": _short(self.sigma),
            "chi2": _short(self.chi2),
            "core_residual": _short(self.core),
            "quality": self.quality,
        }
        return found


def subtract(
    data: np.ndarray,
    plate: Plate,
    *,
    near: tuple[float, float] | None = None,
    method: str = "automatic",
    rms: np.ndarray | None = None,
    origin: tuple[int, int] = (0, 0),
    ctx: Context | None = None,
) -> LensLight:
    """Fit the brightest source near a point (default: the middle) and take it off.

    Args:
        data: float (height, width), at most LARGEST pixels a side (see `window`). rms: σ of each pixel, alike; without it σ is
            the scatter of the pixels that show neither galaxy nor arc.
        near: 0-based (x, y) in the image. origin: (x, y) of `data`'s first pixel in the image that `plate` belongs to.
        method: "automatic" (the one of both that leaves less of the light within r_e, with a remark), "isophotes" (falls
            back to "sersic", with a remark) or "sersic".
    Raises:
        UserError: there is nothing to fit.
    """
    ctx = ctx or Context()
    data = np.asarray(data, np.float64)
    x0, y0 = origin
    if min(data.shape) < SMALLEST or np.isfinite(data).sum() < SMALLEST**2:
        raise UserError(f"too few pixels have data for a model of the lens's light; it needs {SMALLEST} × {SMALLEST}")
    local = (near[0] - x0, near[1] - y0) if near is not None else None
    centre = brightest(data, local, width=None if local is None else 3.0)
    ctx.progress(0.05, "Lens light: centre found")
    first = _border_noise(data)
    if not first > 0:
        raise UserError("the image has no noise to judge a fit by: its pixels are all alike")
    fitted = sersic.fit(data, centre, _sound(rms, first), ctx.part(0.05, 0.6))
    sigma, noise = _noise(data, fitted, rms)
    model, masked, remark, used = fitted.model, fitted.masked, "", "sersic"
    if method != "sersic":
        try:
            ellipses = isophotes.fit(data, fitted, ctx.part(0.6, 0.98))
            if method == "automatic":
                used, remark = _better(data, fitted, ellipses, sigma)
            else:
                used = "isophotes"
            if used == "isophotes":
                model, masked = ellipses.model, ellipses.masked
        except isophotes.NoIsophotesError as error:
            remark = f"Sérsic profile instead of isophotes: {error}."
    ctx.progress(1.0, "Lens light subtracted")
    return _told(data, plate, fitted, model, masked, used, remark, sigma, noise, origin)


def window(shape: tuple[int, int], x: float, y: float, side: int = LARGEST) -> tuple[int, int, int, int]:
    """(y0, y1, x0, x1) of the window of at most `side` about a pixel, inside an image of `shape`."""
    height, width = shape
    y0 = min(max(round(y) - side // 2, 0), max(height - side, 0))
    x0 = min(max(round(x) - side // 2, 0), max(width - side, 0))
    return y0, min(y0 + side, height), x0, min(x0 + side, width)


def _sound(rms: np.ndarray | None, fallback: float) -> float | np.ndarray:
    """The RMS map with NaN where it says "no weight" (0, NaN, or 1e16 and the like)."""
    if rms is None:
        return fallback
    rms = np.asarray(rms, np.float64)
    good = np.isfinite(rms) & (rms > 0)
    if good.sum() < 0.5 * rms.size:
        return fallback
    return np.where(good & (rms < 1e3 * np.median(rms[good])), rms, np.nan)


def _border_noise(data: np.ndarray) -> float:
    """1.4826 × MAD along the stamp's border, or from differences of neighbours where a galaxy fills it."""
    height, width = data.shape
    edge = max(min(height, width) // 10, 2)
    border = np.ones(data.shape, bool)
    border[edge:-edge, edge:-edge] = False
    values = data[border & np.isfinite(data)]
    if values.size < 50:
        values = data[np.isfinite(data)]
    found = 1.4826 * float(np.median(np.abs(values - np.median(values))))
    return found if found > 0 else float(np.std(values))


def _noise(data: np.ndarray, fitted: sersic.Fit, rms: np.ndarray | None) -> tuple[float | np.ndarray, str]:
    """σ for the significance: the file's own map, else the scatter of what the fit leaves where the galaxy is faint."""
    if isinstance(fitted.sigma, np.ndarray):
        return fitted.sigma, "the file's RMS map"
    faint = np.isfinite(data) & ~fitted.masked & (np.abs(fitted.model - fitted.values["sky"]) < 3 * fitted.sigma)
    left = (data - fitted.model)[faint]
    if left.size < 100:
        return fitted.sigma, "the scatter along the border"
    return 1.4826 * float(np.median(np.abs(left - np.median(left)))), "the scatter of the background"


def _better(
    data: np.ndarray, fitted: sersic.Fit, ellipses: isophotes.Isophotes, sigma: float | np.ndarray
) -> tuple[str, str]:
    """Which model leaves less in the core, and a sentence; judged where neither masks, so that taking an arc in is no gain."""
    use = ~(fitted.masked | ellipses.masked)
    left = {
        name: _core(data, model, fitted, use, sigma)[0]
        for name, model in (("isophotes", ellipses.model), ("sersic", fitted.model))
    }
    best, other = sorted(left, key=lambda name: left[name])
    name = MODELS[best][0].upper() + MODELS[best][1:]
    return best, f"{name} chosen: {left[best]:.1%} left in the core, {left[other]:.1%} with the {MODELS[other]}."


def _core(
    data: np.ndarray, model: np.ndarray, fitted: sersic.Fit, use: np.ndarray, sigma: float | np.ndarray
) -> tuple[float, float]:
    """Of the pixels within r_e that are in `use`: part of the light that the model misses, and the light's signal to noise."""
    values, left = fitted.values, np.abs(data - model)
    rows, columns = np.mgrid[: data.shape[0], : data.shape[1]]
    near = np.hypot(columns - values["x"], rows - values["y"]) <= max(values["r_eff"], 2.0)
    inner = near & use & np.isfinite(left)
    light = float(np.sum((model - values["sky"])[inner]))
    noise = float(np.sum(np.broadcast_to(sigma, data.shape)[inner]))
    missed = max(float(np.sum(left[inner])) - 0.8 * noise, 0.0)  # mean |noise| is 0.8 σ
    return missed / light if light > 0 else math.inf, light * math.sqrt(max(int(inner.sum()), 1)) / max(noise, 1e-300)


def _told(
    data: np.ndarray,
    plate: Plate,
    fitted: sersic.Fit,
    model: np.ndarray,
    masked: np.ndarray,
    method: str,
    remark: str,
    sigma: float | np.ndarray,
    noise: str,
    origin: tuple[int, int],
) -> LensLight:
    values, errors = fitted.values, fitted.errors
    x, y = values["x"] + origin[0], values["y"] + origin[1]
    patch: Patch = plate.around(x, y)
    axis = math.radians(values["angle"])
    stretch = math.hypot(*(np.array(patch.to_sky(math.cos(axis), math.sin(axis))) - np.array(patch.to_sky(0.0, 0.0))))
    residual = data - model
    use = np.isfinite(residual) & ~masked
    core, certain = _core(data, model, fitted, use, sigma)
    with np.errstate(invalid="ignore", divide="ignore"):
        significance = residual / sigma
    quality = "good" if core < 0.05 else "fair" if core < 0.12 else "poor"
    if certain < FAINTEST:
        quality = "poor"
        remark = f"{remark} The galaxy hardly rises above the noise.".strip()
    if fitted.at_limit and method == "sersic":
        quality = "fair" if quality == "good" else quality
        names = {"n": "its Sérsic index", "q": "its axis ratio", "r_eff": "its radius"}
        remark = f"{remark} At the limit of the fit: {', '.join(names[name] for name in fitted.at_limit)}.".strip()
    return LensLight(
        x0=origin[0],
        y0=origin[1],
        model=model.astype(np.float32),
        residual=residual.astype(np.float32),
        significance=significance.astype(np.float32),
        masked=masked,
        method=method,
        sigma=float(np.nanmedian(sigma)),
        noise=noise,
        x=x,
        y=y,
        unit=patch.unit,
        r_e=values["r_eff"] * stretch,
        n=values["n"],
        q=values["q"],
        angle=patch.direction(math.cos(axis), math.sin(axis)),
        oriented=patch.oriented,
        errors={"r_e": errors["r_eff"] * stretch, "n": errors["n"], "q": errors["q"], "angle": errors["angle"]},
        sky=values["sky"],
        flux=float(np.sum(model - values["sky"])),
        core=core,
        chi2=float(np.mean(significance[use] ** 2)) if use.any() else math.nan,
        quality=quality,
        remark=remark,
    )


def _short(value: float) -> float | None:
    """Five digits, as JSON keeps them; None for what is no number."""
    return float(f"{value:.5g}") if math.isfinite(value) else None
