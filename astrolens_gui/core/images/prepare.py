"""From fluxes to network input and back: centre crop, background, noise, asinh, always finite; knows no file and no network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import numpy as np

from ...api import InputSpec

FARTHEST = 1e9
"""Normalised values are clipped to ± this many noise levels before asinh: beyond it only broken pixels lie."""

_CHUNK = 1 << 18


def prepare(images: Mapping[str, np.ndarray], spec: InputSpec) -> np.ndarray:
    """One object's bands as float32 (size, size, bands), finite.

    Args:
        images: {band: (h, w)}, each at least `spec.size` on both sides (see `InputSpec.mismatch`); more is cropped around the centre.

    Raises:
        ValueError: when a band is missing or too small, or the normalisation is unknown.
    """
    return prepare_many({band: image[None] for band, image in images.items()}, spec)[0]


def prepare_many(stacks: Mapping[str, np.ndarray], spec: InputSpec) -> np.ndarray:
    """N objects at once: {band: (N, h, w)} → float32 (N, size, size, bands); equal to `prepare` on each."""
    size, _, depth = spec.shape
    normalise = NORMALISATIONS.get(spec.normalisation)
    if normalise is None:
        raise ValueError(f"there is no normalisation {spec.normalisation!r}; there are: {', '.join(NORMALISATIONS)}")
    shapes = {band: stack.shape[1:] for band, stack in stacks.items()}
    if why := InputSpec(spec.bands, None, size).mismatch(shapes, None):
        raise ValueError(why)
    count = len(next(iter(stacks.values())))
    out = np.empty((count, size, size, depth), np.float32)
    step = max(1, _CHUNK // (size * size))  # a chunk stays in the processor's cache
    for at in range(0, count, step):
        for channel, band in enumerate(spec.bands):
            part = crop(stacks[band][at : at + step], size)
            out[at : at + step, ..., channel] = normalise(np.array(part, dtype=np.float32, order="C"))
    return out


def crop(stack: np.ndarray, size: int) -> np.ndarray:
    """The central size x size pixels of the last two axes, a view; the centre of an even image is its pixel h // 2."""
    top, left = (stack.shape[-2] - size + 1) // 2, (stack.shape[-1] - size + 1) // 2
    if stack.shape[-2] % 2 == size % 2:
        top = (stack.shape[-2] - size) // 2
    if stack.shape[-1] % 2 == size % 2:
        left = (stack.shape[-1] - size) // 2
    return stack[..., top : top + size, left : left + size]


@lru_cache(maxsize=64)
def _border(height: int, across: int) -> np.ndarray:
    """Flat indices of the frame, a sixteenth of the shorter side wide (at least 2 pixels), where the sky is."""
    size = min(height, across)
    width = min(max(2, size // 16), max(1, size // 2))
    inner = np.zeros((height, across), bool)
    inner[width : height - width, width : across - width] = True
    return np.flatnonzero(~inner.reshape(-1))


def asinh_noise(stack: np.ndarray) -> np.ndarray:
    """(N, s, s) fluxes → asinh((flux - background) / noise), in place; missing pixels become 0, the background.

    Background is the frame's median; noise the distance from it to the 16 % quantile: sources stand on the upper side only. Where
    more than half of the frame is one value (a wedge without data, a noiseless simulation) the whole stamp's deviations count.
    """
    with np.errstate(all="ignore"):
        return _asinh(_in_noise(stack, *levels(stack)))


def noise(stack: np.ndarray) -> np.ndarray:
    """(N, s, s) fluxes → (flux - background) / noise, in place; missing pixels become 0, the background.

    Background and noise as in `asinh_noise`, but linear and nothing clipped: sums of flux stay sums of flux, and
    `noise x level + background` (see `levels`) is the flux again.
    """
    with np.errstate(all="ignore"):
        made = _in_noise(stack, *levels(stack))
    made[~np.isfinite(made)] = 0
    return made


def levels(stack: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(background, noise) of (N, h, w) fluxes, float32 (N,) each, in their unit, as `asinh_noise` and `noise` take them.

    Always finite, noise above 0; a stamp without any value has (0, 1).
    """
    count, height, width = stack.shape
    flat = stack.reshape(count, -1)
    with np.errstate(all="ignore"):
        frame = flat[:, _border(height, width)].astype(np.float32, copy=False)
        frame[~np.isfinite(frame)] = np.nan
        frame.sort(axis=1)  # NaN last
        good = frame.shape[1] - np.isnan(frame).sum(axis=1)
        background = _quantile(frame, good, 0.5)
        noise = background - _quantile(frame, good, 0.1587)
        for row in np.flatnonzero(~(noise > np.abs(background) * 1e-7) | ~np.isfinite(noise)):
            background[row], noise[row] = _fallback(flat[row], background[row])
    return background, noise


def _in_noise(stack: np.ndarray, background: np.ndarray, noise: np.ndarray) -> np.ndarray:
    stack -= background[:, None, None]
    stack /= noise[:, None, None]
    return stack


def _quantile(ordered: np.ndarray, good: np.ndarray, q: float) -> np.ndarray:
    """The q quantile of each row's first `good` values (float32), NaN where there are none."""
    place = np.maximum(good - 1, 0) * q
    below = np.floor(place).astype(np.intp)
    above = np.minimum(below + 1, np.maximum(good - 1, 0))
    rows = np.arange(len(ordered))
    low, high = ordered[rows, below], ordered[rows, above]
    value = low + (high - low) * (place - below).astype(np.float32)
    return np.where(good > 0, value, np.float32(np.nan))


def _fallback(pixels: np.ndarray, background: np.float32) -> tuple[float, float]:
    """(background, noise) of a stamp whose frame tells nothing; noise is never 0."""
    values = pixels[np.isfinite(pixels)].astype(np.float64)
    if not values.size:
        return 0.0, 1.0
    centre = float(background) if np.isfinite(background) else float(np.median(values))
    away = np.abs(values - centre)
    away = away[away > abs(centre) * 1e-7]
    noise = float(np.quantile(away, 0.3173)) if away.size else 0.0
    smallest = float(np.finfo(np.float32).tiny)
    return centre, noise if np.isfinite(noise) and noise > smallest else max(abs(centre), 1.0)


def _asinh(x: np.ndarray) -> np.ndarray:
    """asinh in float32 by log(|x| + sqrt(x² + 1)): numpy's own is ten times slower; NaN → 0. Overwrites `x`."""
    np.clip(x, -FARTHEST, FARTHEST, out=x)
    size = np.abs(x)
    root = size * size
    root += np.float32(1)
    np.sqrt(root, out=root)
    root += size
    np.log(root, out=root)
    np.copysign(root, x, out=root)
    root[np.isnan(root)] = 0
    return root


def none(stack: np.ndarray) -> np.ndarray:
    """Fluxes as they are, missing pixels 0."""
    stack[~np.isfinite(stack)] = 0
    return stack


NORMALISATIONS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "asinh_noise": asinh_noise,
    "none": none,
    "noise": noise,
}
"""By the name that `InputSpec.normalisation` and `model.json` carry; each may overwrite its (N, size, size) input."""
