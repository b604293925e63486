"""From pixels to colours by one lookup table: stretch, cuts, colour map, contrast, bias; knows no file, no widget."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np

from ...api import StretchSpec
from . import cuts as _cuts
from .colormaps import COLORMAPS, lut
from .recipe import CUTS, Recipe

__all__ = [
    "BUILTIN",
    "COLORMAPS",
    "CUTS",
    "STRETCHES",
    "Recipe",
    "held",
    "limits",
    "register",
    "render",
    "tabulated",
]

_LEVELS = 65536
_BLOCK = 1 << 16
_GRID = np.linspace(0.0, 1.0, _LEVELS, dtype=np.float64)
_GRID.flags.writeable = False


def _rank(x: np.ndarray) -> np.ndarray:
    """Each value's place among all, 0..1 (histogram equalisation of the array itself)."""
    values = np.sort(x[np.isfinite(x)], axis=None)
    if values.size < 2:
        return np.asarray(x, dtype=np.float32)
    place = (np.searchsorted(values, x, side="right") - 1) / (values.size - 1)
    return np.where(np.isfinite(x), place, np.nan).astype(np.float32)


# The constants are those of astropy.visualization, the reference of the tests.
BUILTIN: tuple[StretchSpec, ...] = (
    StretchSpec("linear", "Linear", lambda x: x, "Proportional to flux."),
    StretchSpec("sqrt", "Square root", np.sqrt, "Poisson noise looks alike everywhere."),
    StretchSpec("log", "Logarithm", lambda x: np.log1p(1000 * x) / np.log1p(1000.0), "log(1 + 1000 x), as DS9."),
    StretchSpec(
        "asinh",
        "Asinh",
        lambda x: np.arcsinh(10 * x) / np.arcsinh(10.0),
        "Linear in the faint, logarithmic in the bright.",
    ),
    StretchSpec("sinh", "Sinh", lambda x: np.sinh(3 * x) / np.sinh(3.0), "Shows the brightest only."),
    StretchSpec("power", "Power", lambda x: np.square(x), "Square of the flux."),
    StretchSpec(
        "histeq", "Histogram equalisation", _rank, "Every grey level covers equally many pixels between the cuts."
    ),
)

STRETCHES: dict[str, StretchSpec] = {spec.id: spec for spec in BUILTIN}
"""By id, in the order of the menu; `register` adds those of plugins."""


def tabulated(spec: StretchSpec) -> StretchSpec:
    """The same stretch by a table: the function is called here and never again, so that drawing can't fail in it.

    Raises:
        ValueError: one sentence: it raised, or did not give one number for each value.
    """
    try:
        table = np.array(spec.function(_GRID.copy()), dtype=np.float32)
    except (Exception, SystemExit) as error:
        raise ValueError(f"its function raised {type(error).__name__}: {' '.join(str(error).split())}") from error
    if table.shape != _GRID.shape:
        raise ValueError(f"its function gave an array of shape {table.shape} for {_GRID.shape} values")
    if not np.isfinite(table).any():
        raise ValueError("its function gave no finite value")
    return replace(spec, function=partial(np.interp, xp=_GRID, fp=table))


def register(specs: Iterable[StretchSpec]) -> None:
    """Offer the stretches of plugins, in place of those of an earlier call; the built-in ones cannot be replaced."""
    built_in = {spec.id for spec in BUILTIN}
    new = {spec.id: spec for spec in specs if spec.id not in built_in}
    for gone in STRETCHES.keys() - built_in - new.keys():
        del STRETCHES[gone]
    STRETCHES.update(new)
    _curve.cache_clear()


def limits(image: np.ndarray, recipe: Recipe, band: str | None = None) -> tuple[float, float]:
    """The cuts of an image: (low, high), finite, low < high; (0, 1) where there is no finite pixel.

    Args:
        image: float (h, w), or the pixels that stand for a larger one (`Raster.overview`).
        band: which band it is, for cuts that are locked by band; default the recipe's.
    """
    if recipe.cuts not in CUTS:
        raise ValueError(f"there are no cuts {recipe.cuts!r}; there are: {', '.join(CUTS)}")
    if (kept := held(recipe, band)) is not None:
        return _apart(*kept)
    if not np.isfinite(image).any():
        return 0.0, 1.0
    if recipe.cuts == "manual":
        whole = _cuts.minmax(image) if recipe.low is None or recipe.high is None else (0.0, 0.0)
        low = whole[0] if recipe.low is None else float(recipe.low)
        high = whole[1] if recipe.high is None else float(recipe.high)
    elif recipe.cuts == "zscale":
        low, high = _cuts.zscale(image)
    elif recipe.cuts == "minmax":
        low, high = _cuts.minmax(image)
    elif recipe.cuts == "corner_rms":
        low, high = _cuts.corner_rms(image, recipe.low_sigma, recipe.high_sigma, recipe.corner_px)
    elif recipe.cuts == "centre":
        low, high = _cuts.centre(image, recipe.low_sigma, recipe.centre_gain, recipe.centre_px, recipe.corner_px)
    else:
        low, high = _cuts.percentile(image, recipe.percentile)
    return _apart(low, high)


def held(recipe: Recipe, band: str | None = None) -> tuple[float, float] | None:
    """The cuts that the recipe holds for every image (of this band), or None where each image has its own."""
    if recipe.lock == "project":
        return recipe.locked.get("")
    return recipe.locked.get(recipe.band if band is None else band) if recipe.lock == "band" else None


def _apart(low: float, high: float) -> tuple[float, float]:
    """A range that can be divided by, also in float32: a constant image gets its constant as black."""
    if not (np.isfinite(low) and np.isfinite(high)):
        return 0.0, 1.0
    if high < low:
        low, high = high, low
    smallest = max(1e-6 * max(abs(low), abs(high)), 1e-33)
    return (low, high) if high - low >= smallest else (low, low + max(smallest, abs(low)) if low else 1.0)


def render(image: np.ndarray, recipe: Recipe, lo: float | None = None, hi: float | None = None) -> np.ndarray:
    """The image as uint8 (h, w, 3), row 0 first; NaN gets the colour of the lower cut.

    Equal within one grey level to `astropy.visualization.ImageNormalize` with the same cuts and stretch.

    Args:
        image: float (h, w); any real dtype.
        lo, hi: cuts in image units, if already known; else `limits(image, recipe)`.
    """
    image = np.asarray(image)
    if image.dtype != np.float32:
        with np.errstate(over="ignore"):
            image = image.astype(np.float32)
    if lo is None or hi is None:
        low, high = limits(image, recipe)
        lo, hi = (low if lo is None else lo), (high if hi is None else hi)
    lo, hi = _apart(float(lo), float(hi))
    if recipe.stretch == "histeq":
        table, index = _equalised(image, lo, hi)
    else:
        table, index = _curve(recipe.stretch), _index(image, lo, hi)
    colours = _colours(recipe.colormap, recipe.invert, recipe.contrast, recipe.bias)
    return _look_up(colours, table, index)


def _index(image: np.ndarray, lo: float, hi: float) -> np.ndarray:
    """Each pixel's place between the cuts as uint16, flat."""
    flat = np.ascontiguousarray(image).reshape(-1)
    index = np.empty(flat.size, np.uint16)
    scale, black = np.float32((_LEVELS - 1) / (hi - lo)), np.float32(lo)
    work = np.empty(min(_BLOCK, flat.size), np.float32)
    with np.errstate(all="ignore"):
        for start in range(0, flat.size, _BLOCK):  # blocks stay in the cache: twice as fast on a large field
            part = flat[start : start + _BLOCK]
            place = work[: part.size]
            np.subtract(part, black, out=place)
            np.multiply(place, scale, out=place)
            np.add(place, np.float32(0.5), out=place)
            np.fmax(place, np.float32(0), out=place)  # fmax, not maximum: NaN becomes 0
            np.minimum(place, np.float32(_LEVELS - 1), out=place)
            index[start : start + _BLOCK] = place
    return index.reshape(image.shape)


@lru_cache(maxsize=16)
def _curve(stretch: str) -> np.ndarray:
    """The stretch at every index, float32 (65536,) in 0..1."""
    if stretch not in STRETCHES:
        raise ValueError(f"there is no stretch {stretch!r}; there are: {', '.join(STRETCHES)}")
    y = np.asarray(STRETCHES[stretch].function(_GRID), dtype=np.float32)
    return np.clip(np.nan_to_num(y, nan=0.0), 0.0, 1.0)


def _equalised(image: np.ndarray, lo: float, hi: float) -> tuple[np.ndarray, np.ndarray]:
    """(curve, index) of histogram equalisation between the cuts.

    The index is the top half of the float32 pattern of (pixel - median): bins that are fine where pixels are many, so
    that one bright star does not squeeze the sky into a few of them.
    """
    flat = np.ascontiguousarray(image).reshape(-1)
    index = np.empty(flat.size, np.uint16)
    black, white = np.float32(lo), np.float32(hi)
    sample = _cuts.finite(image, _cuts.SAMPLES // 10)
    middle = np.median(np.clip(sample, black, white)) if sample.size else black
    count, missing = np.zeros(_LEVELS, np.int64), 0
    with np.errstate(all="ignore"):
        for start in range(0, flat.size, _BLOCK):
            part = flat[start : start + _BLOCK]
            pattern = ((np.clip(part, black, white) - middle + np.float32(0)).view(np.uint32) >> 16).astype(np.uint16)
            place = index[start : start + _BLOCK]  # the pattern of a negative number falls with its value: turned round
            np.bitwise_xor(pattern, np.where(pattern >> 15, np.uint16(0xFFFF), np.uint16(0x8000)), out=place)
            place[part >= white] = _LEVELS - 1  # what is cut off shares no bin with what is not
            place[~(part > black)] = 0
            missing += int(np.count_nonzero(np.isnan(part)))
            count += np.bincount(place, minlength=_LEVELS)
    count[0] -= missing
    curve = np.cumsum(count).astype(np.float32)
    curve -= 1
    curve /= max(float(curve[-1]), 1.0)
    return np.maximum(curve, 0, out=curve), index.reshape(image.shape)


def _colours(colormap: str, invert: bool, contrast: float, bias: float) -> np.ndarray:
    """The colour of 1,024 evenly spaced stretched values, uint8 (1024, 3)."""
    s = np.clip((np.linspace(0, 1, 1024) - bias) * contrast + 0.5, 0, 1)
    return lut(colormap)[np.rint((1 - s if invert else s) * 255).astype(np.intp)]


def _look_up(colours: np.ndarray, curve: np.ndarray, index: np.ndarray) -> np.ndarray:
    """Compose colour and curve, then one gather; a small image never touches all 65,536 entries."""
    if index.size < _LEVELS:
        return colours[(curve[index] * np.float32(1023) + np.float32(0.5)).astype(np.int16)]
    table = colours[(curve * np.float32(1023) + np.float32(0.5)).astype(np.int16)]
    return table.take(index.reshape(-1), axis=0).reshape(*index.shape, 3)
