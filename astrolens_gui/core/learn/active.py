"""What to label next: orders of the queue from scores, as numbers of usefulness; knows no store and no window.

Each function takes `scores` (a dict of equally long arrays: `logit`, `score` with NaN where unscored, `labelled`
bool) and a seed, and returns float64 (N,), larger = sooner. Where objects are unscored they keep their seeded random
order behind the scored ones.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from astrolens_gui.api import StrategySpec

from . import acquire, draws

Scores = Mapping[str, np.ndarray]


def random(scores: Scores, seed: int) -> np.ndarray:
    """A seeded shuffle: the order of a project before its first training; an object keeps its place when others are
    added."""
    with np.errstate(over="ignore"):
        return _mix(
            np.arange(len(scores["labelled"]), dtype=np.uint64)
            + np.uint64(seed % 2**32) * np.uint64(0x9E3779B97F4A7C15)
        )


def top(scores: Scores, seed: int) -> np.ndarray:
    """The most lens-like first: what finds lenses soonest."""
    return _scored_first(scores, np.asarray(scores["logit"], np.float64), seed)


def uncertain(scores: Scores, seed: int) -> np.ndarray:
    """The smallest margin between lens and non-lens first (Lewis & Gale 1994): what teaches a trained model most.

    The boundary is the logit that as many objects exceed as lenses are expected among them (the sum of the scores):
    at a prevalence of 1e-3 no calibrated score comes near 0.5, but lenses and non-lenses still mix somewhere.
    """
    logit = np.asarray(scores["logit"], np.float64)
    return _scored_first(scores, -np.abs(logit - _boundary(scores)), seed)


def mixed(scores: Scores, seed: int) -> np.ndarray:
    """In turn: one from the top, one uncertain, every tenth at random, so that the model's blind spots are seen as
    well. Turns are taken among the ungraded alone: graded ones, which a trained model puts first, would hold the places of the
    top and leave the next turns to chance."""
    wishes = np.stack([top(scores, seed), uncertain(scores, seed), random(scores, seed)])
    left = ~np.asarray(scores["labelled"], bool)
    turn = _turns(wishes)
    turn[left] = _turns(wishes[:, left])
    return -turn


def _turns(wishes: np.ndarray) -> np.ndarray:
    """When each column is due, of the rows top, uncertain and random."""
    places = np.argsort(np.argsort(-wishes, axis=1), axis=1)
    return np.minimum(np.minimum(places[0] * 2.0, places[1] * 2.0 + 1), places[2] * 10.0 + 9.5)


def entropy(scores: Scores, seed: int) -> np.ndarray:
    """The least settled by its calibrated score first (see `acquire.entropy`)."""
    return _scored_first(scores, acquire.entropy(scores, seed), seed)


def drawn(scores: Scores, seed: int) -> np.ndarray:
    """A draw without replacement by the ranks of top and uncertain (see `draws`): every object may come, the best do soonest."""
    wishes = {"top": (1.0, top(scores, seed)), "uncertain": (0.5, uncertain(scores, seed))}
    place = np.empty(len(scores["labelled"]))
    place[draws.draw(draws.weights(wishes), seed % 2**32).order] = np.arange(len(place))
    return -place


def anomaly(scores: Scores, seed: int) -> np.ndarray:
    """The oddest first: what a model that learnt these images can say least of (`anomaly`, NaN where nobody was asked)."""
    odd = scores.get("anomaly", np.full(len(scores["labelled"]), np.nan))
    return _scored_first(scores, np.asarray(odd, np.float64), seed)


def _boundary(scores: Scores) -> float:
    score, logit = np.asarray(scores["score"], np.float64), np.asarray(scores["logit"], np.float64)
    known = np.isfinite(score) & np.isfinite(logit)
    if not known.any():
        return 0.0
    expected = min(max(score[known].sum() / known.sum(), 0.0), 1.0)
    return float(np.quantile(logit[known], 1 - expected))


def _scored_first(scores: Scores, value: np.ndarray, seed: int) -> np.ndarray:
    known = np.isfinite(value)
    shuffled = random(scores, seed)
    if not known.any():
        return shuffled
    lowest = value[known].min()
    return np.where(known, value, lowest - 1 - (1 - shuffled))


def _mix(number: np.ndarray) -> np.ndarray:
    """splitmix64: uint64 → float64 in [0, 1), each object's by itself."""
    with np.errstate(over="ignore"):
        number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        number = number ^ (number >> np.uint64(31))
    return (number >> np.uint64(11)).astype(np.float64) / 2.0**53


STRATEGIES = (
    StrategySpec(
        "random", "Random", random, "A seeded shuffle; unbiased, and the order until the first accepted training."
    ),
    StrategySpec("top", "Most lens-like", top, "The highest scores first."),
    StrategySpec("uncertain", "Most uncertain", uncertain, "Where the model cannot decide between lens and non-lens."),
    StrategySpec("mixed", "Most useful", mixed, "Top and uncertain in turn, with every tenth at random."),
    StrategySpec(
        "drawn",
        "Drawn by lot",
        drawn,
        "A lottery in which the useful have more tickets: how many lenses nobody has seen can then be estimated.",
    ),
    StrategySpec(
        "anomaly", "Oddest", anomaly, "What is least like the images that a denoiser learnt from.", ("anomaly",)
    ),
    StrategySpec("entropy", "Least settled", entropy, "Where the calibrated score is nearest to a coin's."),
    StrategySpec(
        "disagreement",
        "Most disputed",
        acquire.disagreement,
        "Where a committee that learnt your grades contradicts itself: what another grade would settle.",
        ("members",),
    ),
    StrategySpec(
        "improvement",
        "Expected improvement",
        acquire.improvement,
        "What may be better than the best found yet, by a Gaussian process on the embedding (Astronomaly's way).",
        ("embedding", "target"),
    ),
    StrategySpec(
        "diverse",
        "Most different",
        acquire.diverse,
        "Spread over all that the network sees, far from what is graded.",
        ("embedding",),
    ),
    StrategySpec(
        "similar",
        "Most alike",
        acquire.alike,
        "What the network takes for most like the objects that Find similar was asked on.",
        ("embedding", "like"),
    ),
)
"""The built-in queue orders."""
