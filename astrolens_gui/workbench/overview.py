"""The whole project at a glance: the map of what the model sees, grades it doubts, how scores are spread; runs on the io lane."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from astrolens_gui.api import Context
from astrolens_gui.core.learn import atlas as maps
from astrolens_gui.core.learn import doubt

from .seeing import seen_now, targets

if TYPE_CHECKING:
    from .opened import Opened

BINS = 60
RANGE = (0.05, 99.95)
"""Percentiles of the logits that the histogram spans; what lies beyond is in its outermost bins."""

BACKGROUND = 20_000
"""Ungraded objects that a head of doubts takes the scale of the features from."""


@dataclass(frozen=True)
class Atlas:
    """A map: ids int64 (n,), ascending; places float32 (n, 2), each axis of unit deviation; of which `model`, by which
    `method`; `objects` in the project, those that nobody has looked at included."""

    ids: np.ndarray
    places: np.ndarray
    model: str
    method: str
    objects: int


@dataclass(frozen=True)
class Doubted:
    """Grades that a model contradicts, the most surprising first, equally long arrays.

    Attributes:
        object: int64. grade: what this grader said, "" where only others did. target: float64, all graders' mean as
            probability of a lens. given: float64, that of a model that learnt from the other grades only.
        bits: float64, how surprising the grade is to it.
        graded: of how many grades. note: why there are none, or "".
    """

    object: np.ndarray
    grade: list[str]
    target: np.ndarray
    given: np.ndarray
    bits: np.ndarray
    graded: int
    note: str = ""


@dataclass(frozen=True)
class Spread:
    """Scores as they are spread.

    Attributes:
        edges: float64 (BINS + 1,), logits; empty where nothing is scored. lenses, others, ungraded: int64 (BINS,).
        logit: float32 (n,), of all scored objects, ascending. open: the same of those that nobody graded.
    """

    edges: np.ndarray
    lenses: np.ndarray
    others: np.ndarray
    ungraded: np.ndarray
    logit: np.ndarray
    open: np.ndarray

    def above(self, threshold: float) -> tuple[int, int]:
        """(objects with at least this logit, those of them that are ungraded)."""
        found = (len(one) - int(np.searchsorted(one, np.float32(threshold))) for one in (self.logit, self.open))
        return next(found), next(found)


def atlas(opened: Opened, method: str, ctx: Context) -> Atlas:
    """Draw the map, or take the one that was drawn of the same objects.

    Raises:
        Lacking: the model in use has seen nothing yet. UserError: the method is not installed.
    """
    seen = seen_now(opened)
    objects = opened.on_db(lambda: opened.store.count())
    path = opened.project.cache_dir / "embeddings" / f"{seen.model}.{method}.npz"
    try:
        with np.load(path, allow_pickle=False) as kept:
            if np.array_equal(kept["ids"], seen.ids):
                return Atlas(kept["ids"], kept["places"], seen.model, method, objects)
    except (OSError, ValueError, KeyError):
        pass
    ctx.progress(0.1, f"{len(seen.ids):,} objects")
    places = maps.atlas(seen.features, method, int(opened.project.settings.get("seed", 0)))
    fresh = path.with_suffix(f".{time.time_ns()}.tmp.npz")
    np.savez(fresh, ids=seen.ids, places=places)
    os.replace(fresh, path)
    return Atlas(seen.ids, places, seen.model, method, objects)


def doubts(opened: Opened, sure: float) -> Doubted:
    """Hold each grade against a model that learnt from the others.

    Raises:
        Lacking: the model in use has seen nothing yet.
    """
    table = opened.on_db(lambda: opened.store.queue_table(opened.bench.grader))
    known, features = seen_now(opened).of(table["object"])
    target = np.where(known, targets(opened, table["object"]), np.nan)
    seed = int(opened.project.settings.get("seed", 0))
    graded = np.isfinite(target)
    others = np.flatnonzero(known & ~graded)
    if len(others) > BACKGROUND:
        others = np.sort(np.random.default_rng(seed).permutation(others)[:BACKGROUND])
    rows = np.concatenate([np.flatnonzero(graded), others])
    found = doubt.doubt(features[rows], target[rows], seed)
    note = ""
    if not len(found.rows):
        note = f"Doubts need {doubt.FEWEST} lenses and {doubt.FEWEST} non-lenses among the grades."
    wanted = set(found.contradicting(sure).tolist())
    kept = np.array([at for at, row in enumerate(found.rows.tolist()) if row in wanted], np.int64)
    at = rows[found.rows[kept]]
    return Doubted(
        table["object"][at],
        [str(grade) for grade in table["grade"][at]],
        found.target[kept],
        found.given[kept],
        found.loss[kept],
        int(graded.sum()),
        note,
    )


def spread(opened: Opened) -> Spread:
    """Count the logits of the model in use."""
    table = opened.on_db(lambda: opened.store.queue_table(opened.bench.grader))
    logit, target = table["logit"], targets(opened, table["object"])
    scored = np.isfinite(logit)
    if not scored.any():
        nothing, none = np.zeros(0), np.zeros(0, np.int64)
        return Spread(nothing, none, none, none, nothing.astype(np.float32), nothing.astype(np.float32))
    low, high = np.percentile(logit[scored], RANGE)
    edges = np.linspace(low, max(high, low + 1e-6), BINS + 1)

    def counted(rows: np.ndarray) -> np.ndarray:
        return np.histogram(np.clip(logit[rows], edges[0], edges[-1]), edges)[0]

    graded = np.isfinite(target)
    return Spread(
        edges,
        counted(scored & graded & (target > 0.5)),
        counted(scored & graded & (target < 0.5)),
        counted(scored & ~graded),
        np.sort(logit[scored].astype(np.float32)),
        np.sort(logit[scored & ~graded].astype(np.float32)),
    )
