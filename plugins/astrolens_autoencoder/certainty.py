"""How sure the denoiser is, by brightness, and what of a pixel's own value is kept; knows arrays, no network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

EDGES = np.array([0.0, 0.3, 0.6, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0])
"""Of the classes of brightness |answer|, in units of the sky's noise; the last is open."""
FEWEST = 50
"""Pixels of a class below which the class before it speaks."""


@dataclass(frozen=True)
class Certainty:
    """Mean square differences by class of brightness, float64 (len(EDGES),).

    Attributes:
        error: of the answer from the truth, as far as it is known (see `measured`, `blind`).
        own: share of a pixel's own value in the answer; 0 after pairs, where the network has weighed it itself.
    """

    error: np.ndarray
    own: np.ndarray

    def sigma(self, answer: np.ndarray) -> np.ndarray:
        """Standard error a pixel, float32 like the answer."""
        return np.sqrt(self.error[_classes(answer)]).astype(np.float32)

    def combined(self, image: np.ndarray, answer: np.ndarray) -> np.ndarray:
        """The answer with the pixel's own share of the image, float32."""
        return (answer + self.own[_classes(answer)] * (image - answer)).astype(np.float32)


def measured(answer: np.ndarray, wanted: np.ndarray, noise: float = 0.0) -> Certainty:
    """From held-out pairs: the mean square distance to the wanted image, less the variance of the wanted one's own noise."""
    square = _by_class(answer, np.square(answer - wanted))
    return Certainty(np.maximum(square - noise, 1e-4), np.zeros(len(EDGES)))


def blind(answer: np.ndarray, image: np.ndarray) -> Certainty:
    """From images alone, whose noise has unit variance: of v, the mean square distance of a pixel from what was foretold
    without it, 1 is the pixel's noise and v - 1 the foretelling's error; weighed by their inverses (Laine et al. 2019,
    arXiv:1901.10277, eq. 6) the pixel's own share is 1 - 1 / v and the variance of the sum as much."""
    square = np.maximum(_by_class(answer, np.square(image - answer)), 1.0 + 1e-3)
    own = 1 - 1 / square
    return Certainty(own, own)


def _classes(answer: np.ndarray) -> np.ndarray:
    return np.clip(np.searchsorted(EDGES, np.abs(answer), side="right") - 1, 0, len(EDGES) - 1)


def _by_class(answer: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Mean of the finite values in each class; a class with few takes the one before it."""
    known = np.isfinite(values)
    place = _classes(answer[known])
    total = np.bincount(place, values[known], len(EDGES))
    count = np.bincount(place, minlength=len(EDGES))
    means, last = np.empty(len(EDGES)), 1.0
    for at in range(len(EDGES)):
        last = total[at] / count[at] if count[at] >= FEWEST else last
        means[at] = last
    return means
