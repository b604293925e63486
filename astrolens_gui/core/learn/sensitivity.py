"""How an answer moves with what should not matter much: seeing, noise, colour, a shift, a turn; knows no network.

The probe of Jacobs et al. 2022 (arXiv:2112.02479) on one stamp. Every change is made to the flux in units of the sky noise, the
stamp is then prepared as any other, and the model asked once for all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from astrolens_gui.api import InputSpec

from ..images.prepare import crop, prepare
from .noise_units import NoiseUnits

Run = Callable[[np.ndarray], np.ndarray]

BLURS_PX = (0.0, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
"""FWHM of the Gaussian that the image is convolved with."""
NOISES = (1.0, 1.25, 1.5, 2.0, 3.0)
"""Noise, as a multiple of what it is."""
MAGNITUDES = (-0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75)
SHIFTS_PX = (-8, -4, -2, -1, 0, 1, 2, 4, 8)
DRAWS = 4
"""Realisations of noise where noise is added."""


@dataclass(frozen=True)
class Curve:
    """One thing that was changed.

    Attributes:
        name: "PSF", "noise", "flux of VIS", "shift x", "shift y", "orientation". axis: what `value` is, with its unit.
        value, logit: float64 (n,). scatter: float64 (n,), of the logit between realisations of the noise; 0 where none is.
    """

    name: str
    axis: str
    value: np.ndarray
    logit: np.ndarray
    scatter: np.ndarray

    @property
    def swing(self) -> float:
        """Largest less smallest logit."""
        return float(np.ptp(self.logit))


def sensitivity(
    stamp: np.ndarray, images: Mapping[str, np.ndarray], spec: InputSpec, run: Run, seed: int = 0
) -> list[Curve]:
    """Curves of the lens log-odds about one prepared stamp, float32 (size, size, bands).

    Args:
        images: {band: (h, w)} whole, as they come from the file: a shift brings in real pixels; beyond their edge, mirrored ones.
    """
    random = np.random.default_rng(seed)
    plan: list[tuple[str, str, list[float], list[np.ndarray]]] = [
        ("PSF", "FWHM of extra blur, px", list(BLURS_PX), [_blurred(stamp, spec, fwhm, random) for fwhm in BLURS_PX]),
        ("noise", "noise × what it is", list(NOISES), [_noisier(stamp, spec, times, random) for times in NOISES]),
        *(
            (f"flux of {band}", "magnitudes brighter", list(MAGNITUDES), _scaled(stamp, spec, at, random))
            for at, band in enumerate(spec.bands)
        ),
        *(
            (
                f"shift {axis}",
                "px",
                [float(px) for px in SHIFTS_PX],
                [_shifted(images, spec, px, axis) for px in SHIFTS_PX],
            )
            for axis in ("x", "y")
        ),
        (
            "orientation",
            "which of the 8 ways",
            [float(number) for number in range(8)],
            [one[None] for one in symmetries(stamp)],
        ),
    ]
    logits = run(np.concatenate([stamps for *_, variants in plan for stamps in variants]))
    curves, start = [], 0
    for name, axis, values, variants in plan:
        means, scatters = [], []
        for stamps in variants:
            part = np.asarray(logits[start : start + len(stamps)], np.float64)
            start += len(stamps)
            means.append(part.mean())
            scatters.append(part.std(ddof=1) if len(part) > 1 else 0.0)
        curves.append(Curve(name, axis, np.array(values), np.array(means), np.array(scatters)))
    return curves


def symmetries(stamp: np.ndarray) -> np.ndarray:
    """The eight ways a square can lie, (8, size, size, bands); the first is the stamp itself."""
    turned = [np.rot90(stamp, quarter, axes=(0, 1)) for quarter in range(4)]
    return np.ascontiguousarray(np.stack([*turned, *(one[:, ::-1] for one in turned)]))


def _blurred(stamp: np.ndarray, spec: InputSpec, fwhm: float, random: np.random.Generator) -> np.ndarray:
    """Convolved with a Gaussian, and as noisy as before: what smoothing took of the (white) noise is drawn anew."""
    if fwhm == 0:
        return stamp[None]
    units = NoiseUnits(stamp[None], spec.normalisation)
    sigma = fwhm / 2.3548
    reach = int(np.ceil(4 * sigma))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    flux = units.flux[0]
    padded = np.pad(flux, ((reach, reach), (reach, reach), (0, 0)), mode="reflect" if reach < len(flux) else "edge")
    for axis in (0, 1):
        padded = np.apply_along_axis(np.convolve, axis, padded, kernel, mode="valid")
    left = np.sqrt(max(1 - float((kernel**2).sum()) ** 2, 0.0))
    return units_of(units, padded + left * random.normal(size=(DRAWS, *flux.shape)))


def _noisier(stamp: np.ndarray, spec: InputSpec, times: float, random: np.random.Generator) -> np.ndarray:
    if times == 1:
        return stamp[None]
    units = NoiseUnits(stamp[None], spec.normalisation)
    more = np.sqrt(times**2 - 1) * random.normal(size=(DRAWS, *stamp.shape))
    return units_of(units, units.flux[0] + more)


def units_of(units: NoiseUnits, fluxes: np.ndarray) -> np.ndarray:
    """Several fluxes of the one stamp that `units` has, prepared with background and noise found anew."""
    return np.concatenate([units.measured_anew(flux[None]) for flux in fluxes])


def _scaled(stamp: np.ndarray, spec: InputSpec, band: int, random: np.random.Generator) -> list[np.ndarray]:
    """One band brighter or fainter. Fainter: the noise that went is drawn anew. Brighter: its noise grows along, as no one
    can take it out; the background's noise that the preparation divides by stays what it was."""
    made = []
    units = NoiseUnits(stamp[None], spec.normalisation)
    for magnitudes in MAGNITUDES:
        if magnitudes == 0:
            made.append(stamp[None])
            continue
        factor = 10 ** (0.4 * magnitudes)
        draws = DRAWS if factor < 1 else 1
        flux = np.repeat(units.flux, draws, axis=0)
        flux[..., band] *= factor
        if factor < 1:
            flux[..., band] += np.sqrt(1 - factor**2) * random.normal(size=flux.shape[:3])
        made.append(np.concatenate([units.prepared(one[None]) for one in flux]))
    return made


def _shifted(images: Mapping[str, np.ndarray], spec: InputSpec, px: int, axis: str) -> np.ndarray:
    """The stamp cut out `px` pixels further along x or y, prepared anew."""
    size, reach = spec.shape[0], max(abs(number) for number in SHIFTS_PX)
    parts = {}
    for band in spec.bands:
        whole = np.asarray(images[band], np.float32)
        missing = [max(0, size + 2 * reach + 2 - side) for side in whole.shape]
        pads = [(short // 2 + short % 2,) * 2 for short in missing]
        # An even margin on both sides keeps the centre where it was.
        wide = np.pad(whole, pads, mode="symmetric")
        moved = np.roll(wide, -px, axis=1 if axis == "x" else 0)
        parts[band] = crop(moved, size)
    return prepare(parts, spec)[None]
