"""Pairs for the enhancer and its benchmark: simulated Euclid VIS stamps without noise, and the same through worse seeing and noise."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter

from astrolens_gui.api import build
from astrolens_gui.core.restore.degrade import blur_sigma
from astrolens_gui.core.restore.pairs import Pair

SIZE, SCALE = 64, 0.1
SHARP = 0.155
"""FWHM of the wanted images in arcsec: VIS as the simulator draws it."""
SEEING, NOISE = (0.25, 0.5), (1.0, 5.0)
"""Ranges of the FWHM in arcsec and of the noise in units of the survey's own that a poor image has, drawn evenly in the logarithm
(Schawinski et al. 2017 took 1.4 to 2.5 arcsec and 1.2 to 10 times the noise of SDSS)."""


@dataclass(frozen=True)
class Degraded:
    """One stamp: `poor` and `clean` float32 (s, s) in the survey's unit; `sigma_px` of the Gaussian between them, `noise` a pixel."""

    name: str
    is_lens: bool
    poor: np.ndarray
    clean: np.ndarray
    sigma_px: float
    noise: float


def stamps(count: int, seed: int, params: dict[str, Any] | None = None, first: int = 0) -> Iterator[Degraded]:
    """The simulator's objects number `first` and on, made poor by what `seed` and their number say."""
    from astrolens_simulator.plugin import SimulatorParams
    from astrolens_simulator.simulator import Simulator

    given = build(SimulatorParams, {"survey": "euclid_vis", "size": SIZE, **(params or {})})
    simulator = Simulator(given)
    own = simulator.survey.bands[0].sigma
    for number in range(first, first + count):
        stamp = simulator.stamp(number, seed)
        random = np.random.default_rng([seed, number, 3])
        seeing, factor = (float(np.exp(random.uniform(*np.log(each)))) for each in (SEEING, NOISE))
        sigma, noise = blur_sigma(SHARP, seeing, SCALE), factor * own
        clean = np.asarray(stamp.clean[0], np.float32)
        poor = gaussian_filter(clean, sigma, mode="nearest") + random.normal(0, noise, clean.shape)
        yield Degraded(f"sim{seed}_{number}", stamp.truth.kind == "lens", poor.astype(np.float32), clean, sigma, noise)


def pairs(count: int, seed: int) -> Iterator[Pair]:
    """As `core.restore.pairs.write_pairs` takes them."""
    for one in stamps(count, seed):
        yield Pair(one.name, one.poor[..., None], one.clean[..., None], ("VIS",), SCALE, "simulated, degraded")
