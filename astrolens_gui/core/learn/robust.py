"""How small a change of the image flips a verdict, in units of the sky noise; knows no network, only answers and gradients.

The fast gradient sign method (Goodfellow, Shlens & Szegedy 2015, arXiv:1412.6572, equation 1 of section 4: the panda), with the
change made to the flux: every pixel moves by the same number of sky sigmas, up or down, as the gradient's sign says. As
prepared = asinh(flux) rises with the flux, the derivative by the flux has the sign of the derivative by the prepared value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from astrolens_gui.api import Context

from .noise_units import NoiseUnits

Run = Callable[[np.ndarray], np.ndarray]

LIMIT = 4.0
"""Sky sigmas a pixel: beyond, the change is as visible as a source."""

SMALLEST = LIMIT / 1024
HALVINGS = 7
"""After the first strength that flips is known to a factor 2: to 1 % of it."""


@dataclass(frozen=True)
class Robustness:
    """Of N stamps and S strengths.

    Attributes:
        eps: float64 (S,), the strengths tried: sky sigmas a pixel, the first 0.
        logit: float64 (N,), of the stamps as they are. lens: bool (N,), the verdict: logit above the threshold.
        attacked, control: float64 (N, S), the logit after the attack, and after a change of the same size and random sign.
        smallest: float64 (N,), the smallest strength found whose attack flips the verdict; inf where none up to the limit does.
        smallest_random: float64 (N,): of the strengths tried, the first at which random signs flip it; inf likewise.
    """

    eps: np.ndarray
    logit: np.ndarray
    lens: np.ndarray
    attacked: np.ndarray
    control: np.ndarray
    smallest: np.ndarray
    smallest_random: np.ndarray
    threshold: float = 0.0

    @property
    def flipped(self) -> np.ndarray:
        """float64 (S,): share of verdicts that the attack flips at each strength."""
        return np.asarray(((self.attacked > self.threshold) != self.lens[:, None]).mean(axis=0))

    @property
    def flipped_random(self) -> np.ndarray:
        """float64 (S,): the same for random signs."""
        return np.asarray(((self.control > self.threshold) != self.lens[:, None]).mean(axis=0))

    def accuracy(self, is_lens: np.ndarray) -> np.ndarray:
        """float64 (S,): share of verdicts that are right and stay so under the attack."""
        right = self.lens == np.asarray(is_lens, bool)
        stays = (self.attacked > self.threshold) == self.lens[:, None]
        return np.asarray((right[:, None] & stays).mean(axis=0))


def strengths(limit: float = LIMIT) -> np.ndarray:
    """0 and powers of 2 up to the limit, in sky sigmas a pixel."""
    number = max(1, round(np.log2(limit / SMALLEST)))
    return np.array([0.0, *(limit / 2.0**step for step in range(number, -1, -1))])


def directions(units: NoiseUnits, slopes: np.ndarray, lens: np.ndarray) -> np.ndarray:
    """+1, 0 or -1 a pixel, like the stamps: which way takes the verdict to the other side; 0 where no value is."""
    towards = np.where(lens, -1.0, 1.0)[:, None, None, None]
    return np.where(units.missing, 0.0, towards * np.sign(slopes))


def attacked(stamps: np.ndarray, units: NoiseUnits, signs: np.ndarray, eps: np.ndarray) -> np.ndarray:
    """The stamps with `eps` (N,) sky sigmas a pixel added along `signs`; where eps is 0 the very same values."""
    much = np.asarray(eps, np.float64)[:, None, None, None]
    return np.where(much == 0, stamps, units.prepared(units.flux + much * signs)).astype(np.float32)


def robustness(
    stamps: np.ndarray,
    normalisation: str,
    run: Run,
    slope: Run,
    ctx: Context,
    *,
    limit: float = LIMIT,
    threshold: float = 0.0,
    seed: int = 0,
) -> Robustness:
    """Attack each of N prepared stamps, float32 (N, size, size, bands), at growing strength, then halve towards its flip.

    Args:
        run: stamps → lens log-odds (n,). slope: stamps → d(log-odds)/d(stamp), like the stamps.
        threshold: log-odds above which the verdict is "lens".

    The way is one step along the gradient's signs, so `smallest` is an upper bound: a longer search may find less.
    """
    stamps = np.asarray(stamps, np.float32)
    units, eps = NoiseUnits(stamps, normalisation), strengths(limit)
    logit = np.asarray(run(stamps), np.float64)
    lens = logit > threshold
    signs = directions(units, slope(stamps), lens)
    coin = np.random.default_rng(seed).integers(0, 2, stamps.shape) * 2.0 - 1.0
    coin[units.missing] = 0.0
    steps = 2 * (len(eps) - 1) + HALVINGS
    found = {"attack": [logit], "control": [logit]}
    for number, strength in enumerate(eps[1:]):
        for name, way in (("attack", signs), ("control", coin)):
            found[name].append(run(attacked(stamps, units, way, np.full(len(stamps), strength))))
        ctx.progress(2 * (number + 1) / steps, f"{strength:.2g} sigma a pixel")
    under, control = (np.stack(found[name], axis=1).astype(np.float64) for name in ("attack", "control"))
    first, smallest_random = (_first(eps, (logits > threshold) != lens[:, None]) for logits in (under, control))
    smallest = first.copy()
    rows = np.flatnonzero(np.isfinite(first))
    low = np.where(first[rows] == eps[1], 0.0, first[rows] / 2)
    high = first[rows]
    for halving in range(HALVINGS):
        if rows.size:
            middle = (low + high) / 2
            part = NoiseUnits(stamps[rows], normalisation)
            over = (run(attacked(stamps[rows], part, signs[rows], middle)) > threshold) != lens[rows]
            low, high = np.where(over, low, middle), np.where(over, middle, high)
        ctx.progress((2 * (len(eps) - 1) + halving + 1) / steps, "closing in")
    smallest[rows] = high
    return Robustness(eps, logit, lens, under, control, smallest, smallest_random, threshold)


def _first(eps: np.ndarray, flips: np.ndarray) -> np.ndarray:
    """The first strength at which each row flips, inf where none does."""
    return np.where(flips.any(axis=1), eps[flips.argmax(axis=1)], np.inf)
