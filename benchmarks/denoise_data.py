"""Images for the denoiser and its benchmark: simulated Euclid VIS stamps, the same without noise, and a second exposure of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from astrolens_gui.api import build
from astrolens_gui.core.restore.pairs import Pair

SIZE, SCALE = 64, 0.1
DEFECT = 6.0
"""Of a pixel's noise: what differs more from the truth is a cosmic ray or a trail, and counts for no method."""


@dataclass(frozen=True)
class Noisy:
    """One stamp in the survey's unit: `image`, `second` exposure and `clean` float32 (s, s), the last with the image's own sky (a
    plane) and NaN at defects; `arc`, what of it is lensed light, 0 without a lens; `sigma` of the sky, `shot` as
    variance per flux (both in units of sigma)."""

    name: str
    is_lens: bool
    image: np.ndarray
    second: np.ndarray
    clean: np.ndarray
    arc: np.ndarray
    sigma: float
    shot: float


def stamps(count: int, seed: int, params: dict[str, Any] | None = None, first: int = 0) -> Iterator[Noisy]:
    """The simulator's objects number `first` and on."""
    from astrolens_simulator.plugin import SimulatorParams
    from astrolens_simulator.simulator import Simulator

    class Telling(Simulator):
        """Keeps the arc that it painted."""

        arc: np.ndarray | None = None

        def _arc(self, *given: Any) -> tuple[np.ndarray, float]:
            made, snr = super()._arc(*given)
            self.arc = made[0]
            return made, snr

    simulator = Telling(build(SimulatorParams, {"survey": "euclid_vis", "size": SIZE, "repeats": 1, **(params or {})}))
    band = simulator.survey.bands[0]
    for number in range(first, first + count):
        simulator.arc = None
        stamp = simulator.stamp(number, seed)
        image, clean = (np.asarray(each[0], np.float32) / band.sigma for each in (stamp.images, stamp.clean))
        shot = 1 / (band.sigma * band.gain)
        arc = np.zeros_like(clean) if simulator.arc is None else np.asarray(simulator.arc, np.float32)
        truth = _with_sky(image, clean, np.sqrt(1 + shot * np.maximum(clean, 0)))
        every = (image, np.asarray(stamp.repeats[0][0], np.float32) / band.sigma, truth, arc)
        scaled = [np.asarray(each * band.sigma, np.float32) for each in every]
        yield Noisy(f"sim{seed}_{number}", stamp.truth.kind == "lens", *scaled, float(band.sigma), float(shot))


def _with_sky(image: np.ndarray, clean: np.ndarray, noise: np.ndarray) -> np.ndarray:
    """`clean` on the plane that the image's sky is, in units of sigma; NaN at defects."""
    y, x = np.mgrid[-1 : 1 : image.shape[0] * 1j, -1 : 1 : image.shape[1] * 1j]
    planes = np.stack([np.ones(image.size), y.ravel(), x.ravel()], 1)
    left = (image - clean) / noise
    good = np.abs(left - np.nanmedian(left)) < 4
    found, *_ = np.linalg.lstsq(planes[good.ravel()], (image - clean)[good].astype(np.float64), rcond=None)
    made = clean + (planes @ found).reshape(image.shape)
    return np.where(np.abs(image - made) < DEFECT * noise, made, np.nan).astype(np.float32)


def pairs(count: int, seed: int, wanted: str = "clean") -> Iterator[Pair]:
    """As `core.restore.pairs.write_pairs` takes them; `wanted` is "clean" or "second"."""
    for one in stamps(count, seed):
        yield Pair(one.name, one.image[..., None], getattr(one, wanted)[..., None], ("VIS",), SCALE, "simulated")
