"""How unlike the training images each object is, by a model that can tell, as scores that a queue can be ordered by."""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from astrolens_gui.api import Changes, Context, UserError

from . import scoring
from .choice import list_shipped
from .records import ScoreReport
from .restorers import choose_model_that

if TYPE_CHECKING:
    from astrolens_gui.core.labels.store import Store

    from .opened import Opened

CAPABILITY = "anomaly"


def score_any(opened: Opened, backend: str, model: str, ids: Sequence[int] | None, ctx: Context) -> ScoreReport:
    """Score with a classifier; with a backend that only wonders, how odd each object is."""
    if backend:
        can = opened.bench.plugins.backend(backend).capabilities
        if CAPABILITY in can and "classify" not in can:
            return anomaly(opened, backend, model, ids, ctx)
    return scoring.score(opened, backend, model, ids, ctx)


def anomaly(opened: Opened, backend: str, model: str, ids: Sequence[int] | None, ctx: Context) -> ScoreReport:
    """Ask and store, batch by batch: the model's scores, the oddest largest (`logit`; there is no probability). On the infer lane.

    Raises:
        UserError: no model fits the project's images, or it answers with other than one number an object.
    """
    begun = time.perf_counter()
    wanted = np.array(list(ids) if ids is not None else opened.on_db(lambda: opened.store.queue_table(""))["object"])
    spec, info = choose_model_that(opened, CAPABILITY, backend, model, wanted.tolist(), sized=True)
    predict = opened.bench.models.predictor(spec, info, CAPABILITY)
    chunks = [wanted[low : low + scoring.BATCH] for low in range(0, len(wanted), scoring.BATCH)]
    batches = opened.bench.runner.prefetch("io", lambda chunk: opened.images.batch(chunk, info.input), chunks)
    opened.on_db(lambda: list_shipped(opened, spec, info))
    refused: list[str] = []
    done = scored = 0
    try:
        for kept, images, wrong in batches:
            refused += [sentence for _, sentence in wrong]
            if len(kept):
                found = np.asarray(
                    predict(images, ctx.part(done / len(wanted), (done + len(kept)) / len(wanted))), np.float64
                )
                if found.shape != (len(kept),):
                    raise UserError(
                        f"the model {info.id} gave {found.shape} answers for {len(kept)} objects; its backend is wrong"
                    )
                opened.on_db(functools.partial(_keep, opened, info.id, kept, found))
            scored += len(kept)
            done += len(kept) + len(wrong)
            ctx.progress(done / len(wanted), f"{done:,} of {len(wanted):,} looked at")
    finally:
        opened.tell(Changes(scores=True, queue=True, models=(info.id,)))
    return ScoreReport(info.id, scored, refused, time.perf_counter() - begun, info.verdict == "provisional")


def anomalies(store: Store, able: set[str], ids: np.ndarray) -> np.ndarray:
    """On the db lane: float64 like `ids` (ascending), by a champion whose backend is in `able` and that scored any, else by the
    newest such model; NaN where none did."""
    found = np.full(len(ids), np.nan)
    newest_first = store.models()[::-1]
    for row in sorted(newest_first, key=lambda one: not one.champion):
        if row.backend not in able:
            continue
        table = store.scores(row.id)
        if len(table["object"]):
            at = np.searchsorted(ids, table["object"])
            found[at] = table["logit"]
            return found
    return found


def _keep(opened: Opened, model: str, ids: np.ndarray, found: np.ndarray) -> None:
    opened.store.put_scores(model, ids.tolist(), found, np.full(found.shape, np.nan))
